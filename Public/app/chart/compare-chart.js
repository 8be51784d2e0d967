/** `<pw-compare-chart>`: the same metric of several devices as lines of one chart, with a legend. Emits `zoom` (detail: Range). */
import { fill, h } from '../core/dom.js';
import { PlantElement } from '../core/element.js';
import { formatWithUnit, unitSign } from '../core/format.js';
import { loadUPlot } from '../core/load-script.js';
import { formatTime } from '../core/time.js';
import { chartTable } from './chart-table.js';
import { colour } from './colours.js';
import { axes, yRange, zoomBy } from './options.js';
import { extremes, mainColumn, plotColumns } from './series.js';
import { COLOURS } from './spans.js';

/** @typedef {import('./series.js').Series} Series */
/** @typedef {import('./series.js').Range} Range */
/** @typedef {{device: string, name: string, series: Series, interval: number}} Line */

const HEIGHT = 320;

export class CompareChart extends PlantElement {
  /** @type {any} */
  #plot = null;
  /** @type {Line[]} */
  #lines = [];
  /** @type {Range} */
  #range = { from: 0, to: 1 };
  /** @type {Set<string>} */
  #hidden = new Set();
  #holder = h('div', { class: 'chart-plot' });
  #legend = h('ul', { class: 'compare-legend', 'aria-label': 'Devices' });
  #readout = h('p', { class: 'chart-readout' });
  #table = h('details', { class: 'compare-table' });
  #observer = new ResizeObserver(() => this.#plot?.setSize({ width: this.#holder.clientWidth || 600, height: HEIGHT }));

  /** @param {import('../core/format.js').Metric} metric */
  constructor(metric) {
    super();
    this.metric = metric;
  }

  connected() {
    const unit = unitSign(this.metric.unit);
    fill(this, h('div', { class: 'chart-head' }, h('h3', null, this.metric.name, unit ? h('span', { class: 'soft' }, ` ${unit}`) : null), this.#readout), this.#holder, this.#legend, this.#table);
    this.#observer.observe(this.#holder);
    this.listen(document, 'themechange', () => this.#rebuild());
    this.#rebuild();
  }

  disconnected() {
    this.#observer.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
  }

  /** @param {Line[]} lines @param {Range} range */
  set(lines, range) {
    const isSame = this.#lines.map(({ device }) => device).join() === lines.map(({ device }) => device).join();
    this.#lines = lines;
    this.#range = range;
    if (this.#plot && isSame) this.#plot.setData(this.#columns());
    else this.#rebuild();
    this.#describe();
  }

  #columns() {
    const tables = this.#lines.map(({ series, interval }) => {
      const columns = plotColumns(series, interval);
      return [columns[0], columns.length === 2 ? columns[1] : columns[3]];
    });
    return tables.length === 0 ? [[], []] : /** @type {any} */ (globalThis).uPlot.join(tables);
  }

  async #rebuild() {
    const UPlot = await loadUPlot();
    if (this.signal.aborted || !this.isConnected) return;
    this.#plot?.destroy();
    const lines = this.#lines.map(({ device, name }, at) => ({
      label: name, stroke: colour(COLOURS[at % COLOURS.length]), width: 1.6, dash: at < COLOURS.length ? undefined : [6, 4], points: { show: false }, spanGaps: false, show: !this.#hidden.has(device),
    }));
    this.#plot = new UPlot({
      width: this.#holder.clientWidth || 600, height: HEIGHT, padding: [10, 10, 0, 0], legend: { show: false },
      cursor: { y: false, drag: { x: true, y: false, setScale: false } },
      scales: { x: { time: true, range: () => [this.#range.from / 1000, this.#range.to / 1000] }, y: { range: yRange } },
      axes: axes(), series: [{}, ...lines],
      hooks: {
        setSelect: [zoomBy((detail) => this.dispatchEvent(new CustomEvent('zoom', { detail, bubbles: true })))],
        setCursor: [(/** @type {any} */ plot) => this.#showCursor(plot.cursor.idx ?? null)],
      },
    }, this.#columns(), this.#holder);
    this.#plot.ctx.canvas.setAttribute('role', 'img');
    this.#drawLegend();
    this.#describe();
  }

  #drawLegend() {
    fill(this.#legend, this.#lines.map(({ device, name }, at) => {
      const button = h('button', { type: 'button', class: 'legend-entry', 'aria-pressed': String(!this.#hidden.has(device)), data: { device } },
        h('span', { class: `legend-line${at < COLOURS.length ? '' : ' is-dashed'}`, 'aria-hidden': 'true', style: { '--line-colour': `var(${COLOURS[at % COLOURS.length]})` } }), name, h('strong', { class: 'legend-value' }));
      button.addEventListener('click', () => {
        this.#hidden[this.#hidden.has(device) ? 'delete' : 'add'](device);
        button.setAttribute('aria-pressed', String(!this.#hidden.has(device)));
        this.#plot?.setSeries(at + 1, { show: !this.#hidden.has(device) });
      });
      return h('li', null, button);
    }));
  }

  /** @param {number | null} index */
  #showCursor(index) {
    const data = this.#plot?.data ?? [];
    this.#readout.textContent = index === null ? '' : formatTime(data[0]?.[index] * 1000);
    this.#lines.forEach(({ series }, at) => {
      const value = index === null ? extremes(series).last : valueBefore(data[at + 1] ?? [], index);
      const place = this.#legend.children[at]?.querySelector('.legend-value');
      if (place) place.textContent = typeof value === 'number' ? formatWithUnit(value, this.metric) : '–';
    });
  }

  #describe() {
    const words = this.#lines.map(({ name, series }) => {
      const { min, max, last } = extremes(series);
      return mainColumn(series).length && Number.isFinite(min) ? `${name} ${formatWithUnit(min, this.metric)} to ${formatWithUnit(max, this.metric)}, last ${formatWithUnit(last, this.metric)}` : `${name} no readings`;
    });
    this.#plot?.ctx.canvas.setAttribute('aria-label', `${this.metric.name} from ${formatTime(this.#range.from)} to ${formatTime(this.#range.to)}: ${words.join('; ')}`);
    this.#showCursor(null);
    const isOpen = this.#table.open;
    fill(this.#table, h('summary', null, 'As tables'), h('div', { class: 'charts' }, this.#lines.map(({ name, series }) => h('div', null, h('h4', null, name),
      h('div', { class: 'chart-table', tabIndex: 0, role: 'group', 'aria-label': `${this.metric.name} of ${name}` }, chartTable(this.metric, series))))));
    this.#table.open = isOpen;
  }
}
customElements.define('pw-compare-chart', CompareChart);

/** The value that holds at a place: devices report at times of their own, so the column has holes (undefined); null is a gap. @param {(number | null | undefined)[]} column @param {number} index */
function valueBefore(column, index) {
  let at = index;
  while (at > 0 && column[at] === undefined) at -= 1;
  return column[at];
}
