/** `<pw-map>`: the plant on a map. Emits `open` (detail: asset key) when a marker is chosen. */
import { isDark } from '../components/theme-toggle.js';
import { PlantElement } from '../core/element.js';
import { loadMapLibre } from '../core/load-script.js';
import { boundsOf, geoJSON } from './features.js';
import { drawMarker } from './markers.js';
import { basemapStyle, palette } from './style.js';

/** @typedef {import('./features.js').Point} Point */

export function hasWebGL() {
  const canvas = document.createElement('canvas');
  return Boolean(canvas.getContext('webgl2') ?? canvas.getContext('webgl'));
}

export class PlantMap extends PlantElement {
  /** @type {any} */
  #map = null;
  /** @type {any} */
  #popup = null;
  /** @type {Point[]} */
  #points = [];
  #fitted = false;
  /** @type {(point: Point) => HTMLElement} */
  describe = () => document.createElement('div');

  async connected() {
    const maplibre = await loadMapLibre();
    if (this.signal.aborted) return;
    this.#map = new maplibre.Map({
      container: this, style: this.#style(), center: [5.2, 52.2], zoom: 6, minZoom: 1, maxZoom: 15, attributionControl: { compact: true },
      dragRotate: false, pitchWithRotate: false, fadeDuration: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 200,
      cooperativeGestures: matchMedia('(pointer: coarse)').matches,
    });
    this.#map.addControl(new maplibre.NavigationControl({ showCompass: false }), 'top-right');
    this.#map.getCanvas().setAttribute('aria-label', 'Map of the plant. The list view has the same content.');
    this.#map.touchZoomRotate.disableRotation();
    this.#map.on('styleimagemissing', (/** @type {{id: string}} */ { id }) => this.#addImage(id));
    this.#map.on('click', 'points', (/** @type {any} */ event) => this.#openPopup(maplibre, event.features[0].properties.key));
    this.#map.on('click', 'clusters', (/** @type {any} */ event) => this.#enterCluster(event.features[0]));
    for (const layer of ['points', 'clusters']) {
      this.#map.on('mouseenter', layer, () => this.#map.getCanvas().style.setProperty('cursor', 'pointer'));
      this.#map.on('mouseleave', layer, () => this.#map.getCanvas().style.removeProperty('cursor'));
    }
    this.#map.once('idle', () => {
      this.toggleAttribute('ready', true);
      this.querySelector('.maplibregl-ctrl-attrib')?.classList.remove('maplibregl-compact-show');
    });
    this.listen(document, 'themechange', () => this.#map.setStyle(this.#style()));
    this.#fit();
  }

  disconnected() {
    this.#map?.remove();
    this.#map = null;
  }

  /** @param {Point[]} points */
  set points(points) {
    this.#points = points;
    this.#map?.getSource('plant')?.setData(geoJSON(points));
    const shown = this.#popup && points.find(({ asset }) => asset.key === this.#popup.key);
    if (shown) this.#popup.control.setLngLat([shown.place.lon, shown.place.lat]);
    this.#fit();
  }

  /** Shows everything, once. */
  #fit() {
    const bounds = boundsOf(this.#points);
    if (!this.#map || !bounds || this.#fitted) return;
    this.#fitted = true;
    this.#map.fitBounds(bounds, { padding: { top: 60, bottom: 50, left: 60, right: 70 }, maxZoom: 12, animate: false });
  }

  #style() {
    const dark = isDark(), style = basemapStyle(dark), { text, textHalo } = palette(dark), font = ['Inter, system-ui, sans-serif'];
    style.sources.plant = {
      type: 'geojson', data: geoJSON(this.#points), cluster: true, clusterRadius: 26, clusterMaxZoom: 13,
      clusterProperties: { rank: ['max', ['get', 'rank']] },
    };
    const paint = { 'text-color': text, 'text-halo-color': textHalo, 'text-halo-width': 1.6 };
    style.layers.push({
      id: 'points', type: 'symbol', source: 'plant', filter: ['!', ['has', 'point_count']],
      layout: {
        'icon-image': ['concat', ['get', 'kind'], '-', ['to-string', ['get', 'rank']]], 'icon-allow-overlap': true,
        'text-field': ['get', 'name'], 'text-font': font, 'text-size': 12, 'text-offset': [0, 1.35], 'text-anchor': 'top',
        'text-optional': true, 'symbol-sort-key': ['-', 0, ['get', 'rank']],
      },
      paint,
    }, {
      id: 'clusters', type: 'symbol', source: 'plant', filter: ['has', 'point_count'],
      layout: {
        'icon-image': ['concat', 'cluster-', ['to-string', ['get', 'rank']]], 'icon-allow-overlap': true,
        'text-field': ['get', 'point_count_abbreviated'], 'text-font': font, 'text-size': 14, 'text-allow-overlap': true,
        'text-offset': ['match', ['get', 'rank'], 3, ['literal', [0, 0.25]], ['literal', [0, 0]]],
      },
      paint: { 'text-color': dark ? '#0d1311' : '#ffffff' },
    });
    return style;
  }

  /** @param {string} id */
  #addImage(id) {
    const picture = drawMarker(id, isDark());
    if (picture && !this.#map.hasImage(id)) this.#map.addImage(id, picture.image, { pixelRatio: picture.ratio });
  }

  /** @param {any} maplibre @param {string} key */
  #openPopup(maplibre, key) {
    const point = this.#points.find(({ asset }) => asset.key === key);
    if (!point) return;
    this.#popup?.control.remove();
    const control = new maplibre.Popup({ maxWidth: '320px', offset: 18, focusAfterOpen: true })
      .setLngLat([point.place.lon, point.place.lat]).setDOMContent(this.describe(point)).addTo(this.#map);
    const popup = { key, control };
    this.#popup = popup;
    control.on('close', () => {
      if (this.#popup === popup) this.#popup = null;
    });
  }

  /** @param {any} feature */
  async #enterCluster(feature) {
    const zoom = await this.#map.getSource('plant').getClusterExpansionZoom(feature.properties.cluster_id);
    this.#map.easeTo({ center: feature.geometry.coordinates, zoom: zoom + 0.5 });
  }
}
customElements.define('pw-map', PlantMap);
