/** `<pw-state-strip>`: a metric that has states instead of numbers, as a strip of coloured stretches. */
import { fill, h } from '../core/dom.js';
import { PlantElement } from '../core/element.js';
import { formatValue } from '../core/format.js';
import { formatTime } from '../core/time.js';
import { chartTable } from './chart-table.js';
import { tableSwitch } from './chart.js';
import { drawEvents } from './events.js';
import { appendValue, isGapBefore, mainColumn } from './series.js';

/** @typedef {import('./series.js').Series} Series */
/** @typedef {import('./series.js').Range} Range */
/** @typedef {{from: number, to: number, value: any}} Stretch */

export class StateStrip extends PlantElement {
  /** @type {Series} */
  #series = { times: [], bucket: 0, values: [] };
  /** @type {Range} */
  #range = { from: 0, to: 1 };
  #readout = h('p', { class: 'chart-readout' });
  #strip = h('div', { class: 'strip', role: 'img' });
  #events = h('div', { class: 'chart-events' });
  #holder = h('div', { class: 'strip-holder' }, this.#strip, this.#events);
  #table = h('div', { class: 'chart-table', hidden: true });

  /** @param {import('./chart.js').ChartSettings} settings */
  constructor(settings) {
    super();
    this.settings = settings;
  }

  connected() {
    fill(this, h('div', { class: 'chart-head' }, h('h3', null, this.settings.metric.name), this.#readout, tableSwitch((shown) => {
      this.#table.hidden = !shown;
      this.#holder.hidden = shown;
      this.#render();
    }, this.settings.metric.name)), this.#holder, this.#table);
  }

  /** @param {Series} series @param {Range} range @param {import('../components/alarm-parts.js').Alarm[]} alarms */
  set(series, range, alarms) {
    this.#series = series;
    this.#range = range;
    drawEvents(this.#events, alarms, (time) => (time - range.from) / (range.to - range.from), Math.min(Date.now(), range.to));
    this.#render();
  }

  /** @param {number} ts @param {any} value @param {Range} range */
  push(ts, value, range) {
    this.#range = range;
    if (appendValue(this.#series, ts, value, range.from)) this.#render();
  }

  #render() {
    const { from, to } = this.#range, stretches = this.#stretches();
    fill(this.#strip, stretches.map((stretch) => h('span', {
      class: `stretch ${stretchClass(stretch.value)}`, title: `${formatValue(stretch.value)}, ${formatTime(stretch.from)} to ${formatTime(stretch.to)}`,
      style: { left: `${(stretch.from - from) / (to - from) * 100}%`, width: `${(stretch.to - stretch.from) / (to - from) * 100}%` },
    }, h('span', null, formatValue(stretch.value)))));
    const last = mainColumn(this.#series).findLast((value) => value !== null && value !== undefined);
    this.#strip.setAttribute('aria-label', `${this.settings.metric.name}: ${stretches.length} changes, last ${formatValue(last)}`);
    fill(this.#readout, this.#series.times.length ? `now ${formatValue(last)}` : 'No readings in this time');
    if (!this.#table.hidden) fill(this.#table, chartTable(this.settings.metric, this.#series));
  }

  /** Equal neighbours become one stretch; a long silence ends it. @returns {Stretch[]} */
  #stretches() {
    /** @type {Stretch[]} */
    const stretches = [];
    const values = mainColumn(this.#series), patience = Math.max(this.settings.interval * 3.5, this.#series.bucket * 1500);
    const width = Math.max(this.settings.interval, this.#series.bucket * 1000);
    let isAfterGap = false;
    this.#series.times.forEach((time, at) => {
      if (values[at] === null || values[at] === undefined) return isAfterGap = true;
      const current = stretches.at(-1), goesOn = current !== undefined && !isAfterGap && !isGapBefore(this.#series.times, at, patience);
      isAfterGap = false;
      if (goesOn) current.to = time;
      if (goesOn && current.value === values[at]) current.to = time + width;
      else stretches.push({ from: time, to: time + width, value: values[at] });
    });
    const { from, to } = this.#range;
    return stretches.map((stretch) => ({ ...stretch, from: Math.max(from, stretch.from), to: Math.min(to, stretch.to) }))
      .filter((stretch) => stretch.to > stretch.from);
  }
}
customElements.define('pw-state-strip', StateStrip);

/** @param {any} value */
function stretchClass(value) {
  if (value === false || value === 0 || /^(off|idle|stopped|standby)$/i.test(String(value))) return 'is-idle';
  if (/fault|error|alarm|fail/i.test(String(value))) return 'is-fault';
  if (value === true || value === 1 || /^(on|run|running)$/i.test(String(value))) return 'is-on';
  return `is-other-${[...String(value)].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 3}`;
}
