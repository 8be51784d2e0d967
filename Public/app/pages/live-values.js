/** A device's values now, each with its unit, and how old they are. */
import { fill, h } from '../core/dom.js';
import { PlantElement } from '../core/element.js';
import { formatValue, unitSign } from '../core/format.js';
import { live } from '../core/live.js';
import { plant } from '../core/plant.js';
import { toMilliseconds } from '../core/time.js';
import { age } from '../components/age.js';
import { emptyState } from '../components/states.js';

class ValueGrid extends PlantElement {
  /** @type {LiveValues | null} */
  owner = null;

  connected() {
    this.owner?.start(this.signal);
    this.every(2000, () => this.owner?.checkSilence());
  }
}
customElements.define('pw-values', ValueGrid);

export class LiveValues {
  element = /** @type {ValueGrid} */ (h('pw-values'));
  age = h('span', { class: 'soft' });
  state = h('span', { class: 'badge' });
  /** @type {Record<string, any>} */
  #values = {};
  #ts = NaN;
  /** @type {Map<string, HTMLElement>} */
  #cells = new Map();
  #age = age(null);

  /** @param {string} device @param {any} latest @param {number} [most] how many metrics to show */
  constructor(device, latest, most = Infinity) {
    this.device = device;
    this.metrics = plant.metricsOf(device).slice(0, most);
    this.element.owner = this;
    fill(this.age, this.#age);
    if (latest?.ts) this.#take(toMilliseconds(latest.ts), latest.values);
    else fill(this.element, emptyState('radio', 'Nothing heard yet', 'Values appear here with the first reading.'));
    this.checkSilence();
  }

  /** @param {AbortSignal} signal */
  start(signal) {
    live.subscribe({ topic: 'device', device: this.device }, ({ device, ts, values }) => device === this.device && this.#take(ts, values), signal);
  }

  checkSilence() {
    const [text, className] = Number.isNaN(this.#ts) ? ['No readings', '']
      : Date.now() - this.#ts > plant.patienceWith(this.device) ? ['Silent', 'warning'] : ['Reporting', 'good'];
    if (this.state.textContent === text) return;
    fill(this.state, text);
    this.state.className = `badge ${className}`;
  }

  /** @param {number} ts @param {Record<string, any>} values */
  #take(ts, values) {
    if (this.#cells.size === 0) this.#build();
    this.#ts = Math.max(Number.isNaN(this.#ts) ? 0 : this.#ts, ts);
    this.#values = { ...this.#values, ...values };
    this.#age.time = this.#ts;
    for (const { key } of this.metrics) {
      const cell = this.#cells.get(key), text = formatValue(this.#values[key]);
      if (cell && cell.textContent !== text) cell.textContent = text;
    }
    this.checkSilence();
  }

  #build() {
    fill(this.element, h('dl', { class: 'values' }, this.metrics.map((metric) => {
      const value = h('span', { class: metric.kind === 'location' ? 'value is-place' : 'value' }, '–'), unit = unitSign(metric.unit);
      this.#cells.set(metric.key, value);
      return h('div', null, h('dt', null, metric.name), h('dd', null, value, unit ? h('span', { class: 'unit' }, unit) : null));
    })));
  }
}
