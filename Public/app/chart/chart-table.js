/** A chart's readings as a table, thinned out to what a person can read. */
import { h } from '../core/dom.js';
import { formatValue, unitSign } from '../core/format.js';
import { formatFullTime } from '../core/time.js';

const MOST_ROWS = 120;

/** @param {import('../core/format.js').Metric} metric @param {import('./series.js').Series} series newest first in the table */
export function chartTable(metric, series) {
  const step = Math.max(1, Math.ceil(series.times.length / MOST_ROWS));
  const unit = unitSign(metric.unit), columns = series.values
    ? [{ title: metric.name, values: series.values }]
    : [{ title: 'Lowest', values: series.min ?? [] }, { title: 'Mean', values: series.avg ?? [] }, { title: 'Highest', values: series.max ?? [] }];
  const rows = [];
  for (let at = series.times.length - 1; at >= 0; at -= step) {
    if (columns.every(({ values }) => values[at] === null || values[at] === undefined)) continue;
    rows.push(h('tr', null, h('td', { class: 'nowrap' }, formatFullTime(series.times[at])),
      columns.map(({ values }) => h('td', { class: 'numeric' }, formatValue(values[at])))));
  }
  return h('table', { class: 'plain-table' },
    h('caption', { class: 'visually-hidden' }, `${metric.name}, newest first${step > 1 ? `, every ${step}th point` : ''}`),
    h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Time'), columns.map(({ title }) => h('th', { scope: 'col', class: 'numeric' }, unit ? `${title} (${unit})` : title)))),
    h('tbody', null, rows));
}
