/** `<pw-compare-panel>`: one metric of several devices over a time span, in one request. */
import { get, withQuery } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { PlantElement } from '../core/element.js';
import { plural } from '../core/format.js';
import { plant } from '../core/plant.js';
import { formatTime } from '../core/time.js';
import { card, segmented } from '../components/layout.js';
import { errorState } from '../components/states.js';
import { CompareChart } from './compare-chart.js';
import { seriesOf } from './series.js';
import { resolutionText, SPANS, USUAL_SPAN } from './spans.js';

/** @typedef {import('./series.js').Range} Range */
/** @typedef {import('../core/plant.js').Device} Device */

/** More lines than these cannot be told apart. */
export const MOST_LINES = 12;
const REFRESH = 10_000;

export class ComparePanel extends PlantElement {
  #span = USUAL_SPAN;
  /** @type {Range | null} */
  #zoomed = null;
  #loads = 0;
  #zoomBar = h('div', { class: 'zoom-bar' });
  #error = h('div');
  #resolution = h('p', { class: 'chart-resolution soft' });
  #chart;

  /** @param {Device[]} devices @param {import('../core/format.js').Metric} metric @param {import('../core/dom.js').Child} title */
  constructor(devices, metric, title) {
    super();
    this.devices = devices.slice(0, MOST_LINES);
    this.left = devices.length - this.devices.length;
    this.metric = metric;
    this.heading = title;
    this.#chart = new CompareChart(metric);
  }

  connected() {
    const spans = segmented({ label: 'Time span', value: String(this.#span), options: SPANS, onChange: (value) => {
      this.#span = Number(value);
      this.#zoom(null);
    } });
    fill(this, card({ title: this.heading, class: 'chart-card', actions: [this.#zoomBar, spans] },
      h('div', null, this.#error, this.#chart, this.left > 0 ? h('p', { class: 'soft' }, `${plural(this.left, 'device')} more are left out; open a smaller asset to see them.`) : null, this.#resolution)));
    this.addEventListener('zoom', (event) => this.#zoom(/** @type {CustomEvent} */ (event).detail), { signal: this.signal });
    this.every(REFRESH, () => !this.#zoomed && !document.hidden && this.#load());
    this.#zoom(null);
  }

  /** @param {Range | null} range */
  #zoom(range) {
    this.#zoomed = range;
    fill(this.#zoomBar, range ? [h('span', { class: 'soft' }, `${formatTime(range.from)} – ${formatTime(range.to)}`),
      h('button', { type: 'button', class: 'button small', on: { click: () => this.#zoom(null) } }, icon('rotate-ccw'), 'Reset zoom')] : null);
    this.#load();
  }

  async #load() {
    const load = ++this.#loads, now = Date.now(), range = this.#zoomed ?? { from: now - this.#span, to: now };
    this.#chart.setAttribute('aria-busy', 'true');
    try {
      const answer = await get(withQuery('/api/v1/readings', {
        series: this.devices.map(({ key }) => `${key}.${this.metric.key}`).join(','), points: Math.max(600, Math.round(this.clientWidth / 2)),
        from: new Date(range.from).toISOString(), to: new Date(range.to).toISOString(),
      }), this.signal);
      if (load !== this.#loads || this.signal.aborted) return;
      fill(this.#error);
      this.#chart.set(this.devices.flatMap(({ key, name }) => {
        const found = answer.series.find((/** @type {any} */ series) => series.device === key && series.metric === this.metric.key);
        return found ? [{ device: key, name, interval: plant.patienceWith(key) / 3, series: lineOf(found, answer.bucket ?? 0) }] : [];
      }), range);
      const coarsest = [answer, ...answer.series].reduce((coarse, { bucket, resolution }) => (bucket ?? 0) > coarse.bucket ? { bucket, resolution } : coarse, { bucket: 0, resolution: 'raw' });
      this.#resolution.textContent = resolutionText(coarsest.resolution, coarsest.bucket).replace('Lowest, mean and highest', 'Mean');
    } catch (error) {
      if (load === this.#loads && !this.signal.aborted) fill(this.#error, errorState(error, () => this.#load()));
    } finally {
      if (load === this.#loads) this.#chart.removeAttribute('aria-busy');
    }
  }
}
customElements.define('pw-compare-panel', ComparePanel);

/** @param {any} found one series of the answer @param {number} bucket @returns {import('./series.js').Series} */
function lineOf({ device: _device, metric, unit: _unit, resolution: _resolution, times, bucket: own, ...columns }, bucket) {
  return seriesOf({ times, bucket: own ?? bucket, series: { [metric]: columns } }, metric);
}
