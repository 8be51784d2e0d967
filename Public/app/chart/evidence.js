/** The readings around a delivery's cause, as small charts. */
import { get, withQuery } from '../core/api.js';
import { h } from '../core/dom.js';
import { plant } from '../core/plant.js';
import { showLoaded } from '../components/states.js';
import { Chart } from './chart.js';
import { seriesOf } from './series.js';

const BEFORE = 20 * 60_000, AFTER = 10 * 60_000;
const SHOWN = 2;

/** @param {any} delivery @param {any} alarm */
export function evidenceChart(delivery, alarm) {
  const holder = h('div', { class: 'charts' }), device = delivery.device.key;
  const metrics = plant.metricsOf(device).filter(({ kind }) => kind === 'gauge' || kind === 'counter').slice(0, SHOWN);
  const at = Date.parse(delivery.readingTs), range = { from: at - BEFORE, to: Math.min(at + AFTER, Math.max(Date.now(), at + 60_000)) };
  const path = withQuery(`/api/v1/devices/${device}/readings`, {
    metrics: metrics.map(({ key }) => key).join(','), points: 1000, from: new Date(range.from).toISOString(), to: new Date(range.to).toISOString(),
  });
  const alarms = alarm ? [{ ...alarm, orders: alarm.orders?.length ? alarm.orders : [{ deliveryId: delivery.id, state: delivery.state, externalId: delivery.externalId }] }] : [];
  showLoaded(holder, new AbortController().signal, () => metrics.length ? get(path) : Promise.resolve(null), (answer) => answer
    ? metrics.map((metric, index) => {
      const chart = new Chart({ metric, colour: `--series-${index + 1}`, interval: plant.patienceWith(device) / 3, group: `evidence-${delivery.id}` });
      chart.set(seriesOf(answer, metric.key), range, alarms);
      return chart;
    })
    : h('p', { class: 'soft' }, 'This device has nothing to draw.'));
  return holder;
}
