/** `<pw-chart>`: one metric over time, with alarms and orders on the time axis. Emits `zoom` (detail: Range). */
import { fill, h } from '../core/dom.js';
import { PlantElement } from '../core/element.js';
import { formatWithUnit, unitSign } from '../core/format.js';
import { loadUPlot } from '../core/load-script.js';
import { formatTime } from '../core/time.js';
import { chartTable } from './chart-table.js';
import { drawEvents } from './events.js';
import { barColumns, increaseBars, totalIncrease } from './increase.js';
import { plotOptions } from './options.js';
import { appendValue, extremes, mainColumn, plotColumns } from './series.js';

/** @typedef {import('./series.js').Series} Series */
/** @typedef {import('./series.js').Range} Range */
/** @typedef {import('../core/format.js').Metric} Metric */
/** @typedef {import('../components/alarm-parts.js').Alarm} Alarm */
/** @typedef {{metric: Metric, colour: string, interval: number, group: string}} ChartSettings */

export class Chart extends PlantElement {
  /** @type {any} */
  #plot = null;
  #shape = '';
  /** @type {Series} */
  #series = { times: [], bucket: 0, values: [] };
  /** @type {Range} */
  #range = { from: 0, to: 1 };
  /** @type {Alarm[]} */
  #alarms = [];
  #holder = h('div', { class: 'chart-plot' });
  #events = h('div', { class: 'chart-events' });
  #readout = h('p', { class: 'chart-readout' });
  #table = h('div', { class: 'chart-table', hidden: true });
  #observer = new ResizeObserver(() => this.#resize());

  /** @param {ChartSettings} settings */
  constructor(settings) {
    super();
    this.settings = settings;
  }

  connected() {
    const { metric } = this.settings, unit = unitSign(metric.unit);
    fill(this,
      h('div', { class: 'chart-head' }, h('h3', null, metric.name, this.#isCounter ? h('span', { class: 'soft' }, ', increase') : null, unit ? h('span', { class: 'soft' }, ` ${unit}`) : null), this.#readout,
        tableSwitch((shown) => this.#showTable(shown), metric.name)),
      this.#holder, this.#table);
    this.#observer.observe(this.#holder);
    this.listen(document, 'themechange', () => this.#rebuild());
    this.#rebuild();
  }

  disconnected() {
    this.#observer.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
  }

  /** @param {Series} series @param {Range} range @param {Alarm[]} alarms */
  set(series, range, alarms) {
    this.#series = series;
    this.#range = range;
    this.#alarms = alarms;
    if (this.#plot && this.#shape === this.#shapeOf(series)) this.#refresh();
    else this.#rebuild();
  }

  /** @param {number} ts @param {any} value @param {Range} range */
  push(ts, value, range) {
    this.#range = range;
    if (appendValue(this.#series, ts, value, range.from)) this.#refresh();
  }

  get #isCounter() {
    return this.settings.metric.kind === 'counter';
  }

  /** What uPlot draws. */
  get #columns() {
    return this.#isCounter ? barColumns(this.#bars) : plotColumns(this.#series, this.settings.interval);
  }

  get #bars() {
    return increaseBars(this.#series, this.#range, this.settings.metric.rollover);
  }

  /** @param {Series} series */
  #shapeOf(series) {
    return `${series.values ? 'raw' : 'bucketed'} ${series.times.length < 40}`;
  }

  async #rebuild() {
    const UPlot = await loadUPlot();
    if (this.signal.aborted || !this.isConnected) return;
    this.#plot?.destroy();
    this.#shape = this.#shapeOf(this.#series);
    const options = plotOptions({
      bars: this.#isCounter ? UPlot.paths.bars({ size: [0.86, 48] }) : undefined,
      isBucketed: !this.#series.values, seriesColour: this.settings.colour, group: this.settings.group, fewPoints: this.#series.times.length < 40,
      range: () => this.#range, onCursor: (index) => this.#showReadout(index), onDraw: (plot) => this.#drawEvents(plot),
      onZoom: (detail) => this.dispatchEvent(new CustomEvent('zoom', { detail, bubbles: true })),
    });
    options.width = this.#holder.clientWidth || 600;
    this.#plot = new UPlot(options, this.#columns, this.#holder);
    this.#plot.over.append(this.#events);
    this.#plot.ctx.canvas.setAttribute('role', 'img');
    this.#refresh();
  }

  #refresh() {
    if (!this.#plot) return;
    this.#plot.setData(this.#columns);
    this.#drawEvents(this.#plot);
    this.#plot.ctx.canvas.setAttribute('aria-label', this.#description());
    this.#showReadout(null);
    if (!this.#table.hidden) fill(this.#table, this.#asTable());
  }

  #resize() {
    const width = this.#holder.clientWidth;
    if (this.#plot && width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: this.#plot.height });
  }

  /** @param {any} plot */
  #drawEvents(plot) {
    const { from, to } = this.#range;
    drawEvents(this.#events, this.#alarms, (time) => (time - from) / (to - from), Math.min(Date.now(), to));
    plot.over.classList.toggle('is-empty', this.#series.times.length === 0);
  }

  /** @param {number | null} index of the plotted columns */
  #showReadout(index) {
    const { metric } = this.settings, data = this.#plot?.data;
    const value = index === null ? null : data?.at(-1)?.[index];
    if (this.#isCounter) return this.#showIncrease(index, value);
    if (index !== null && typeof value === 'number') {
      fill(this.#readout, h('strong', null, formatWithUnit(value, metric)), ` at ${formatTime(data[0][index] * 1000)}`);
      return;
    }
    const { min, max } = extremes(this.#series);
    fill(this.#readout, Number.isFinite(min) ? `${formatWithUnit(min, metric)} to ${formatWithUnit(max, metric)}` : 'No readings in this time');
  }

  /** @param {number | null} index of the bar @param {unknown} value */
  #showIncrease(index, value) {
    const { metric } = this.settings, bars = this.#bars, total = totalIncrease(bars);
    if (index !== null && typeof value === 'number') {
      fill(this.#readout, h('strong', null, `+${formatWithUnit(value, metric)}`), ` from ${formatTime(bars.times[index])} to ${formatTime(bars.times[index] + bars.width)}`);
    } else fill(this.#readout, total === null ? 'No readings in this time' : ['grew by ', formatWithUnit(total, metric)]);
  }

  #asTable() {
    const { metric } = this.settings;
    if (!this.#isCounter) return chartTable(metric, this.#series);
    const { times, values, width } = this.#bars;
    return chartTable({ ...metric, name: 'Increase' }, { times, values, bucket: width / 1000 });
  }

  #description() {
    if (this.#isCounter) {
      const total = totalIncrease(this.#bars), { metric } = this.settings;
      return `${metric.name} from ${formatTime(this.#range.from)} to ${formatTime(this.#range.to)}: ${total === null ? 'no readings' : `grew by ${formatWithUnit(total, metric)}`}`;
    }
    const { metric } = this.settings, { min, max, last } = extremes(this.#series);
    if (mainColumn(this.#series).length === 0) return `${metric.name}: no readings in this time`;
    return `${metric.name} from ${formatTime(this.#range.from)} to ${formatTime(this.#range.to)}: lowest ${formatWithUnit(min, metric)}, `
      + `highest ${formatWithUnit(max, metric)}, last ${formatWithUnit(last, metric)}`;
  }

  /** @param {boolean} shown */
  #showTable(shown) {
    this.#table.hidden = !shown;
    this.#holder.hidden = shown;
    if (shown) fill(this.#table, this.#asTable());
  }
}
customElements.define('pw-chart', Chart);

/** @param {(shown: boolean) => void} onChange @param {string} name */
export function tableSwitch(onChange, name) {
  const button = h('button', { type: 'button', class: 'button small plain', 'aria-pressed': 'false' }, 'Table', h('span', { class: 'visually-hidden' }, ` of ${name}`));
  button.addEventListener('click', () => {
    const shown = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(shown));
    onChange(shown);
  });
  return button;
}
