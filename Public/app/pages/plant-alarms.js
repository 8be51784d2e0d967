/** The alarms of one device or asset, newest first, kept live. */
import { get, withQuery } from '../core/api.js';
import { h } from '../core/dom.js';
import { live } from '../core/live.js';
import { plant } from '../core/plant.js';
import { severityBadge } from '../core/severity.js';
import { formatDuration } from '../core/time.js';
import { age } from '../components/age.js';
import { ordersCell, upsert, withOrder } from '../components/alarm-parts.js';
import { DataTable } from '../components/data-table.js';
import { card } from '../components/layout.js';
import { emptyState, showLoaded } from '../components/states.js';

/** @typedef {import('../components/alarm-parts.js').Alarm} Alarm */

const SHOWN = 10;

/** @param {{device?: string, asset?: string}} scope @param {AbortSignal} signal */
export function alarmsOf(scope, signal) {
  /** @type {Alarm[]} */
  let alarms = [];
  const body = h('div', { class: 'flush' });
  const table = new DataTable({
    caption: 'Alarms', key: (/** @type {Alarm} */ alarm) => alarm.id,
    empty: () => emptyState('circle-check', 'No alarms so far'),
    columns: [
      { title: 'Severity', class: 'fit', cell: (alarm) => severityBadge(alarm.severity) },
      {
        title: 'Alarm', class: 'wide',
        cell: (alarm) => [h('span', { class: 'main' }, alarm.rule.name), scope.asset ? h('a', { class: 'sub', href: `/devices/${alarm.device.key}` }, alarm.device.name) : null],
      },
      { title: 'Raised', class: 'nowrap', cell: (alarm) => age(alarm.raisedAt) },
      {
        title: 'State',
        cell: (alarm) => alarm.clearedAt ? `Cleared after ${formatDuration(Date.parse(alarm.clearedAt) - Date.parse(alarm.raisedAt))}` : h('strong', null, 'Active'),
      },
      { title: 'Order', class: 'end', cell: ordersCell },
    ],
  });
  const changed = (/** @type {Alarm} */ alarm) => {
    const isOurs = scope.device ? alarm.device.key === scope.device : plant.pathTo(alarm.asset?.key).some(({ key }) => key === scope.asset);
    if (!isOurs) return;
    alarms = upsert(alarms, alarm).slice(0, SHOWN);
    table.set(alarms);
    table.highlight(alarm.id);
  };
  const load = () => showLoaded(body, signal, () => get(withQuery('/api/v1/alarms', { ...scope, limit: SHOWN }), signal), ({ items }, begun) => {
    alarms = items;
    table.set(alarms);
    live.replay(begun, 'alarm', changed);
    return table.element;
  });
  live.onChange('alarm', changed, signal);
  live.onChange('delivery', (delivery) => {
    alarms = withOrder(alarms, delivery) ?? alarms;
    table.set(alarms);
  }, signal);
  live.addEventListener('resync', load, { signal });
  load();
  return card({ title: 'Alarms' }, body);
}
