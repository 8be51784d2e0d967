/** `<pw-chart-panel>`: a device's metrics as charts that share one time axis: spans, zoom, live values. Emits `range`. */
import { all, get, withQuery } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { PlantElement } from '../core/element.js';
import { live } from '../core/live.js';
import { plant } from '../core/plant.js';
import { formatTime } from '../core/time.js';
import { upsert, withOrder } from '../components/alarm-parts.js';
import { card, segmented } from '../components/layout.js';
import { emptyState, errorState, skeleton } from '../components/states.js';
import { Chart } from './chart.js';
import { seriesOf } from './series.js';
import { spanOrders } from './span-orders.js';
import { COLOURS, resolutionText, SPANS, USUAL_SPAN } from './spans.js';
import { StateStrip } from './state-strip.js';

/** @typedef {import('./series.js').Range} Range */
/** @typedef {import('../components/alarm-parts.js').Alarm} Alarm */

export class ChartPanel extends PlantElement {
  #span = USUAL_SPAN;
  /** @type {Range | null} */
  #zoomed = null;
  /** @type {Range} */
  #range = { from: 0, to: 1 };
  /** @type {Map<string, Chart | StateStrip>} */
  #charts = new Map();
  /** @type {Alarm[]} */
  #alarms = [];
  /** What the charts draw, by metric; live values are added to it. @type {Map<string, import('./series.js').Series>} */
  #series = new Map();
  #bucket = 0;
  #body = h('div', { class: 'charts' }, skeleton(6));
  #zoomBar = h('div', { class: 'zoom-bar' });
  #resolution = h('p', { class: 'chart-resolution soft' });
  #loads = 0;
  /** @type {ReturnType<typeof spanOrders> | null} */
  #orders = null;

  /** @param {string} device @param {import('../core/dom.js').Child} [title] */
  constructor(device, title = 'History') {
    super();
    this.heading = title;
    this.device = device;
    this.metrics = plant.metricsOf(device).filter(({ kind }) => kind !== 'location');
  }

  connected() {
    const spans = segmented({
      label: 'Time span', value: String(this.#span), options: SPANS,
      onChange: (value) => {
        this.#span = Number(value);
        this.#zoom(null);
      },
    });
    this.#orders = spanOrders(this.device, this.signal);
    fill(this, card({ title: this.heading, class: 'chart-card', actions: [this.#zoomBar, spans] }, this.metrics.length ? h('div', null, this.#body, this.#resolution, this.#orders.element)
      : emptyState('activity', 'Nothing to draw', 'This profile has no metrics with numbers or states.')));
    if (this.metrics.length === 0) return;
    this.addEventListener('zoom', (event) => this.#zoom(/** @type {CustomEvent} */ (event).detail), { signal: this.signal });
    live.subscribe({ topic: 'device', device: this.device }, (values) => values.device === this.device && this.#append(values), this.signal);
    live.onChange('alarm', (alarm) => alarm.device.key === this.device && this.#alarmChanged(alarm), this.signal);
    live.onChange('delivery', (delivery) => {
      const changed = withOrder(this.#alarms, delivery);
      if (!changed) return;
      this.#alarms = changed;
      this.#draw();
    }, this.signal);
    live.onChange('work-order', (order) => order.device?.key === this.device && this.#orders?.load(this.#currentRange()), this.signal);
    this.listen(live, 'resync', () => this.#load());
    this.every(15_000, () => !this.#zoomed && this.#bucket > 0 && !document.hidden && this.#load());
    this.#zoom(null);
  }

  /** Asks for the readings again, for example after an import. */
  reload() {
    if (this.isConnected && this.metrics.length > 0) this.#load();
  }

  /** @param {Range | null} range */
  #zoom(range) {
    this.#zoomed = range;
    fill(this.#zoomBar, range ? h('span', { class: 'soft' }, `${formatTime(range.from)} – ${formatTime(range.to)}`) : null,
      range ? h('button', { type: 'button', class: 'button small', on: { click: () => this.#zoom(null) } }, icon('rotate-ccw'), 'Reset zoom') : null,
      ['CSV', 'NDJSON'].map((format) => h('a', { class: 'button small plain', href: this.#download(format.toLowerCase()), download: `${this.device}.${format.toLowerCase()}`, title: `Every reading of this time as ${format}` }, icon('download'), format)));
    this.#load();
  }

  #currentRange() {
    const now = Date.now();
    return this.#zoomed ?? { from: now - this.#span, to: now };
  }

  /** @param {string} format */
  #download(format) {
    const { from, to } = this.#currentRange();
    return withQuery(`/api/v1/devices/${this.device}/readings.${format}`, { from: new Date(from).toISOString(), to: new Date(to).toISOString() });
  }

  async #load() {
    const load = ++this.#loads, begun = performance.now(), range = this.#currentRange(), path = `/api/v1/devices/${this.device}/readings`;
    const times = { from: new Date(range.from).toISOString(), to: new Date(range.to).toISOString() };
    this.#body.setAttribute('aria-busy', 'true');
    this.dispatchEvent(new CustomEvent('range', { detail: range }));
    this.#orders?.load(range);
    try {
      const [answer, alarms] = await Promise.all([
        get(withQuery(path, { metrics: this.metrics.map(({ key }) => key).join(','), points: Math.max(900, this.clientWidth), ...times }), this.signal),
        all(withQuery('/api/v1/alarms', { device: this.device, ...times }), this.signal),
      ]);
      if (load !== this.#loads || this.signal.aborted) return;
      this.#bucket = answer.bucket;
      this.#series = new Map(this.metrics.map(({ key }) => [key, seriesOf(answer, key)]));
      this.#alarms = alarms;
      this.#range = range;
      this.#resolution.textContent = resolutionText(answer.resolution, answer.bucket);
      this.#draw();
      live.replay(begun, 'alarm', (alarm) => alarm.device.key === this.device && this.#alarmChanged(alarm));
    } catch (error) {
      if (load !== this.#loads || this.signal.aborted) return;
      if (this.#charts.size === 0) fill(this.#body, errorState(error, () => this.#load()));
    } finally {
      if (load === this.#loads) this.#body.removeAttribute('aria-busy');
    }
  }

  #draw() {
    if (this.#series.size === 0) return;
    if (this.#charts.size === 0) {
      this.metrics.forEach((metric, at) => {
        const settings = { metric, colour: COLOURS[at % COLOURS.length], interval: plant.patienceWith(this.device) / 3, group: `device-${this.device}` };
        this.#charts.set(metric.key, metric.kind === 'state' ? new StateStrip(settings) : new Chart(settings));
      });
      fill(this.#body, [...this.#charts.values()]);
    }
    for (const [key, chart] of this.#charts) chart.set(this.#series.get(key) ?? { times: [], bucket: 0, values: [] }, this.#range, this.#alarms);
  }

  /** @param {import('../core/live.js').Values} message */
  #append({ ts, values }) {
    if (this.#zoomed || this.#series.size === 0 || this.#bucket > 0) return;
    this.#range = this.#currentRange();
    for (const [key, chart] of this.#charts) if (key in values) chart.push(ts, values[key], this.#range);
  }

  /** @param {Alarm} alarm */
  #alarmChanged(alarm) {
    this.#alarms = upsert(this.#alarms, alarm);
    this.#draw();
  }
}
customElements.define('pw-chart-panel', ChartPanel);
