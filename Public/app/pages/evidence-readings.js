/** The readings that are kept with an order's evidence, as charts of their own: not asked for again. */
import { h } from '../core/dom.js';
import { plant } from '../core/plant.js';
import { toMilliseconds } from '../core/time.js';
import { Chart } from '../chart/chart.js';
import { COLOURS } from '../chart/spans.js';
import { StateStrip } from '../chart/state-strip.js';

/** @typedef {import('../core/format.js').Metric} Metric */
/** @typedef {{metrics: Metric[], times: number[], columns: any[][], range: {from: number, to: number}}} Readings in columns, times in Unix milliseconds */

/**
 * @param {{metrics: (string | Metric)[], rows: any[], from: string, to: string} | null} readings rows are `[time, value …]` or `{ts, values}`
 * @param {string | undefined} device @returns {Readings}
 */
export function readingsOf(readings, device) {
  const given = readings?.metrics ?? [], rows = readings?.rows ?? [];
  const known = given.map((metric) => typeof metric === 'string' ? plant.metric(device ?? '', metric) ?? { key: metric, name: metric, unit: '', kind: /** @type {const} */ ('gauge') } : metric);
  const at = known.map(({ kind }, index) => ({ kind, index })).filter(({ kind }) => kind !== 'location').map(({ index }) => index);
  const value = (/** @type {any} */ row, /** @type {number} */ index) => Array.isArray(row) ? row[index + 1] : Array.isArray(row.values) ? row.values[index] : (row.values ?? row)[known[index].key];
  return {
    metrics: at.map((index) => known[index]), times: rows.map((row) => toMilliseconds(Array.isArray(row) ? row[0] : row.ts)), columns: at.map((index) => rows.map((row) => value(row, index) ?? null)),
    range: { from: toMilliseconds(readings?.from), to: toMilliseconds(readings?.to) },
  };
}

/** @param {Readings} readings @param {any} delivery @param {any} alarm */
export function readingsCharts({ metrics, times, columns, range }, delivery, alarm) {
  const order = { deliveryId: delivery.id, state: delivery.state, externalId: delivery.externalId }, alarms = alarm ? [{ ...alarm, orders: alarm.orders?.length ? alarm.orders : [order] }] : [];
  return h('div', { class: 'charts' }, metrics.map((metric, index) => {
    const settings = { metric, colour: COLOURS[index % COLOURS.length], interval: plant.patienceWith(delivery.device?.key ?? '') / 3, group: `evidence-${delivery.id}` };
    const chart = metric.kind === 'state' ? new StateStrip(settings) : new Chart(settings);
    chart.set({ times: [...times], bucket: 0, values: columns[index] }, range, alarms);
    return chart;
  }));
}
