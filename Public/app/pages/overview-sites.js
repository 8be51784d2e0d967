/** The plant at a glance: on a map, or as a list that says the same. */
import { fill, h, icon } from '../core/dom.js';
import { formatWithUnit, plural, sentence } from '../core/format.js';
import { plant } from '../core/plant.js';
import { SEVERITIES, severityBadge, severityIcon, statusDot } from '../core/severity.js';
import { card, segmented } from '../components/layout.js';
import { DataTable } from '../components/data-table.js';
import { emptyState } from '../components/states.js';
import { pointsOf } from '../map/features.js';
import { hasWebGL, PlantMap } from '../map/plant-map.js';

/** @typedef {import('../map/features.js').OverviewAsset} OverviewAsset */
/** @typedef {import('../map/features.js').Point} Point */

export class SitesView {
  #map = new PlantMap();
  #body = h('div', { class: 'sites-body flush' });
  /** @type {OverviewAsset[]} */
  #assets = [];
  /** @type {Map<string, {lat: number, lon: number}>} */
  #positions = new Map();
  /** @type {Map<string, any>} */
  #values = new Map();
  #drawing = false;
  #canMap = hasWebGL();

  #table = new DataTable({
    caption: 'Sites and assets with their worst open alarm',
    key: (/** @type {Point} */ point) => point.asset.key,
    empty: () => emptyState('map', 'Nothing has a place yet', 'Give an asset a location, or a profile a location metric.'),
    columns: [
      { title: 'State', class: 'fit', cell: (point) => statusDot(SEVERITIES[point.rank - 1] ?? null) },
      { title: 'Name', class: 'wide', cell: (point) => h('a', { href: `/plant/${point.asset.key}`, class: 'main' }, point.asset.name) },
      { title: 'Level', cell: (point) => sentence(point.asset.level) },
      { title: 'Devices', class: 'numeric', cell: (point) => String(point.devices.length) },
    ],
  });

  constructor() {
    const view = segmented({
      label: 'View', value: this.#canMap ? 'map' : 'list',
      options: [{ value: 'map', text: [icon('map'), 'Map'] }, { value: 'list', text: [icon('list'), 'List'] }],
      onChange: (value) => this.#show(value),
    });
    this.element = card({ title: 'Sites', class: 'sites-card', actions: this.#canMap ? view : null }, this.#body, legend());
    this.#map.describe = (point) => this.#popup(point);
    this.#show(this.#canMap ? 'map' : 'list');
  }

  /** @param {Map<string, any>} values newest values by device, kept current by the page @param {AbortSignal} signal */
  start(values, signal) {
    this.#values = values;
    signal.addEventListener('abort', () => this.#stopPopup?.());
  }

  /** @param {OverviewAsset[]} assets */
  set(assets) {
    this.#assets = assets;
    for (const { devices } of assets) {
      for (const { key, location } of devices) if (location && !this.#positions.has(key)) this.#positions.set(key, location);
    }
    this.#draw();
  }

  /** @param {string} device @param {{lat: number, lon: number}} place */
  move(device, place) {
    this.#positions.set(device, place);
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      this.#draw();
    });
  }

  #draw() {
    const points = pointsOf(this.#assets, this.#positions);
    this.#map.points = points;
    if (this.#table.element.isConnected) this.#fillTable(points);
  }

  /** @param {Point[]} points */
  #fillTable(points) {
    this.#table.set([...points].sort((a, b) => b.rank - a.rank || a.asset.name.localeCompare(b.asset.name)));
  }

  /** @param {string} view */
  #show(view) {
    fill(this.#body, view === 'map' ? this.#map : this.#table.element);
    this.#body.classList.toggle('is-list', view !== 'map');
    if (view !== 'map') this.#fillTable(pointsOf(this.#assets, this.#positions));
  }

  /** @type {(() => void) | null} */
  #stopPopup = null;

  /** @param {Point} point */
  #popup(point) {
    const severity = SEVERITIES[point.rank - 1];
    const list = h('dl', { class: 'popup-values' });
    const shown = point.devices.length === 1 ? point.devices[0] : null;
    const update = () => fill(list, shown
      ? plant.metricsOf(shown.key).filter(({ kind }) => kind !== 'location').slice(0, 5).map((metric) => h('div', null,
        h('dt', null, metric.name), h('dd', null, formatWithUnit(this.#values.get(shown.key)?.[metric.key], metric))))
      : h('div', null, h('dt', null, 'Devices'), h('dd', null, plural(point.devices.length, 'device'))));
    update();
    this.#stopPopup?.();
    const timer = setInterval(() => list.isConnected && update(), 1000);
    this.#stopPopup = () => clearInterval(timer);
    return h('div', { class: 'popup' }, h('h3', null, point.asset.name),
      h('p', null, severity ? severityBadge(severity) : h('span', { class: 'badge good' }, icon('circle-check'), 'No alarm')), list,
      h('a', { href: `/plant/${point.asset.key}`, class: 'button small' }, 'Open', icon('arrow-right')));
  }
}

function legend() {
  return h('p', { class: 'map-legend flush', 'aria-label': 'Legend' },
    h('span', null, icon('circle-check', 'severity-icon severity-none'), 'No alarm'),
    SEVERITIES.map((severity) => h('span', null, severityIcon(severity), sentence(severity))));
}
