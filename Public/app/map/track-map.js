/** `<pw-track-map>`: the way of one vehicle on the map. Emits `zoomed` (detail: metres that a pixel is wide). */
import { isDark } from '../components/theme-toggle.js';
import { PlantElement } from '../core/element.js';
import { loadMapLibre } from '../core/load-script.js';
import { basemapStyle, palette } from './style.js';

/** @typedef {[number, number, number]} TrackPoint longitude, latitude, Unix milliseconds */

/** Metres around the equator by pixels of the world at zoom 0 (tiles of 512). */
const METRES_AT_ZOOM_0 = 40_075_016.7 / 512;

export class TrackMap extends PlantElement {
  /** @type {any} */
  #map = null;
  /** @type {TrackPoint[][]} */
  #segments = [];
  #fittedTo = '';

  async connected() {
    const maplibre = await loadMapLibre();
    if (this.signal.aborted) return;
    this.#map = new maplibre.Map({
      container: this, style: this.#style(), center: [5.2, 52.2], zoom: 6, minZoom: 1, maxZoom: 16, attributionControl: { compact: true },
      dragRotate: false, pitchWithRotate: false, fadeDuration: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 200, cooperativeGestures: true,
    });
    this.#map.addControl(new maplibre.NavigationControl({ showCompass: false }), 'top-right');
    this.#map.getCanvas().setAttribute('aria-label', 'Map of the track. The facts below say the same in words.');
    this.#map.touchZoomRotate.disableRotation();
    this.#map.on('zoomend', (/** @type {any} */ event) => event.originalEvent && this.#tellZoom());
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

  /** @param {TrackPoint[][]} segments @param {string} view another one is fitted to the map anew */
  show(segments, view) {
    this.#segments = segments;
    this.#map?.getSource('track')?.setData(this.#data());
    if (view !== this.#fittedTo) {
      this.#fittedTo = view;
      this.#fit();
    }
  }

  #tellZoom() {
    const metres = METRES_AT_ZOOM_0 * Math.cos(this.#map.getCenter().lat * Math.PI / 180) / 2 ** this.#map.getZoom();
    this.dispatchEvent(new CustomEvent('zoomed', { detail: metres }));
  }

  #fit() {
    const points = this.#segments.flat();
    if (!this.#map || points.length === 0) return;
    const longitudes = points.map(([lon]) => lon), latitudes = points.map(([, lat]) => lat);
    this.#map.fitBounds([[Math.min(...longitudes), Math.min(...latitudes)], [Math.max(...longitudes), Math.max(...latitudes)]], { padding: 40, maxZoom: 13, animate: false });
  }

  #data() {
    const ends = this.#segments.length ? [['start', this.#segments[0][0]], ['end', this.#segments.at(-1)?.at(-1)]] : [];
    return {
      type: 'FeatureCollection',
      features: [
        ...this.#segments.filter((segment) => segment.length > 1).map((segment) => ({ type: 'Feature', properties: { kind: 'way' }, geometry: { type: 'LineString', coordinates: segment.map(([lon, lat]) => [lon, lat]) } })),
        ...this.#segments.slice(1).map((segment, at) => ({ type: 'Feature', properties: { kind: 'gap' }, geometry: { type: 'LineString', coordinates: [this.#segments[at].at(-1)?.slice(0, 2), segment[0].slice(0, 2)] } })),
        ...ends.map(([kind, point]) => ({ type: 'Feature', properties: { kind }, geometry: { type: 'Point', coordinates: /** @type {TrackPoint} */ (point).slice(0, 2) } })),
      ],
    };
  }

  #style() {
    const dark = isDark(), style = basemapStyle(dark), { text, textHalo } = palette(dark), line = dark ? '#6fb0ee' : '#245f9e';
    style.sources.track = { type: 'geojson', data: this.#data() };
    const of = (/** @type {string} */ kind) => ['==', ['get', 'kind'], kind];
    style.layers.push(
      { id: 'gap', type: 'line', source: 'track', filter: of('gap'), paint: { 'line-color': line, 'line-width': 1.5, 'line-dasharray': [2, 3], 'line-opacity': 0.6 } },
      { id: 'way-halo', type: 'line', source: 'track', filter: of('way'), layout: { 'line-join': 'round', 'line-cap': 'round' }, paint: { 'line-color': textHalo, 'line-width': 6, 'line-opacity': 0.8 } },
      { id: 'way', type: 'line', source: 'track', filter: of('way'), layout: { 'line-join': 'round', 'line-cap': 'round' }, paint: { 'line-color': line, 'line-width': 3 } },
      { id: 'ends', type: 'circle', source: 'track', filter: ['in', ['get', 'kind'], ['literal', ['start', 'end']]], paint: {
        'circle-radius': ['match', ['get', 'kind'], 'end', 7, 5], 'circle-color': ['match', ['get', 'kind'], 'end', line, textHalo], 'circle-stroke-color': ['match', ['get', 'kind'], 'end', textHalo, line], 'circle-stroke-width': 2.5 } },
      { id: 'end-names', type: 'symbol', source: 'track', filter: ['in', ['get', 'kind'], ['literal', ['start', 'end']]],
        layout: { 'text-field': ['match', ['get', 'kind'], 'end', 'Last', 'First'], 'text-font': ['Inter, system-ui, sans-serif'], 'text-size': 12, 'text-offset': [0, 1.1], 'text-anchor': 'top', 'text-allow-overlap': true },
        paint: { 'text-color': text, 'text-halo-color': textHalo, 'text-halo-width': 1.6 } });
    return style;
  }
}
customElements.define('pw-track-map', TrackMap);
