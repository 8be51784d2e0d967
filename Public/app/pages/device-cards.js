/** The devices of an asset as small live cards, those with alarms first. */
import { get } from '../core/api.js';
import { fill, h } from '../core/dom.js';
import { PlantElement } from '../core/element.js';
import { formatWithUnit } from '../core/format.js';
import { live } from '../core/live.js';
import { byName, plant } from '../core/plant.js';
import { rank, statusDot, worst } from '../core/severity.js';
import { toMilliseconds } from '../core/time.js';
import { age } from '../components/age.js';

/** @typedef {import('../core/plant.js').Device} Device */
/** @typedef {import('../components/alarm-parts.js').Alarm} Alarm */

/** Beyond these, a device's first values come with its first message. */
const ASKED = 60;
const METRICS = 4;

class Cards extends PlantElement {
  /** @type {((signal: AbortSignal) => void) | null} */
  begin = null;

  connected() {
    this.begin?.(this.signal);
  }
}
customElements.define('pw-device-cards', Cards);

export class DeviceCards {
  element = /** @type {Cards} */ (h('pw-device-cards', { class: 'device-cards' }));
  /** @type {Map<string, {element: HTMLElement, mark: HTMLElement, cells: Map<string, HTMLElement>, age: import('../components/age.js').Age}>} */
  #cards = new Map();

  /** @param {string} asset @param {Device[]} devices @param {Alarm[]} alarms open ones */
  constructor(asset, devices, alarms) {
    this.devices = devices;
    for (const device of devices) this.#cards.set(device.key, buildCard(device));
    this.setAlarms(alarms);
    this.element.begin = (signal) => {
      live.subscribe({ topic: 'asset', asset }, ({ device, ts, values }) => this.#take(device, ts, values), signal);
      for (const { key } of devices.slice(0, ASKED)) {
        get(`/api/v1/devices/${key}/latest`, signal).then(({ ts, values }) => ts && this.#take(key, toMilliseconds(ts), values)).catch(() => {});
      }
    };
  }

  /** @param {Alarm[]} alarms open ones */
  setAlarms(alarms) {
    const severities = new Map(this.devices.map(({ key }) => [key, worst(alarms.filter(({ device }) => device.key === key).map(({ severity }) => severity))]));
    const sorted = this.devices.toSorted((a, b) => rank(severities.get(b.key)) - rank(severities.get(a.key)) || byName(a, b));
    for (const { key } of sorted) {
      const card = this.#cards.get(key), severity = severities.get(key) ?? null;
      if (!card) continue;
      fill(card.mark, statusDot(severity));
      card.element.dataset.severity = severity ?? 'none';
    }
    const elements = sorted.map(({ key }) => this.#cards.get(key)?.element);
    if (elements.some((element, at) => this.element.children[at] !== element)) fill(this.element, elements);
  }

  /** @param {string} device @param {number} ts @param {Record<string, any>} values */
  #take(device, ts, values) {
    const card = this.#cards.get(device);
    if (!card) return;
    card.age.time = ts;
    card.element.classList.toggle('is-silent', Date.now() - ts > plant.patienceWith(device));
    for (const [key, cell] of card.cells) {
      if (!(key in values)) continue;
      const text = formatWithUnit(values[key], plant.metric(device, key));
      if (cell.textContent !== text) cell.textContent = text;
    }
  }
}

/** @param {Device} device */
function buildCard(device) {
  const mark = h('span'), cells = new Map(), seen = age(null);
  const metrics = plant.metricsOf(device.key).filter(({ kind }) => kind !== 'location').slice(0, METRICS);
  const element = h('article', { class: 'device-card' },
    h('div', { class: 'device-card-head' }, mark, h('h2', null, h('a', { href: `/devices/${device.key}` }, device.name)), seen),
    h('dl', null, metrics.map((metric) => {
      const cell = h('dd', null, '–');
      cells.set(metric.key, cell);
      return h('div', null, h('dt', null, metric.name), cell);
    })));
  return { element, mark, cells, age: seen };
}
