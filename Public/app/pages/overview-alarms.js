/** The newest alarms, as a short live list. */
import { get } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { live } from '../core/live.js';
import { severityIcon } from '../core/severity.js';
import { age } from '../components/age.js';
import { orderLink, upsert, withOrder } from '../components/alarm-parts.js';
import { card } from '../components/layout.js';
import { emptyState, showLoaded } from '../components/states.js';

/** @typedef {import('../components/alarm-parts.js').Alarm} Alarm */

const SHOWN = 8;

/** @param {AbortSignal} signal */
export function recentAlarms(signal) {
  const list = h('ul', { class: 'alarm-list' });
  const body = h('div', { class: 'flush' });
  /** @type {Alarm[]} */
  let alarms = [];
  const render = () => {
    fill(list, alarms.slice(0, SHOWN).map(item));
    fill(body, alarms.length ? list : emptyState('bell', 'No alarms yet', 'Alarms appear here the moment a rule raises one.'));
  };
  const changed = (/** @type {Alarm} */ alarm) => {
    alarms = upsert(alarms, alarm).sort((a, b) => b.raisedAt.localeCompare(a.raisedAt)).slice(0, SHOWN);
    render();
  };
  const load = () => showLoaded(body, signal, () => get(`/api/v1/alarms?limit=${SHOWN}`, signal), ({ items }, begun) => {
    alarms = items;
    render();
    live.replay(begun, 'alarm', changed);
  });
  live.onChange('alarm', changed, signal);
  live.onChange('delivery', (delivery) => {
    alarms = withOrder(alarms, delivery) ?? alarms;
    render();
  }, signal);
  live.addEventListener('resync', load, { signal });
  load();
  return card({ title: 'Latest alarms', class: 'alarms-card', actions: h('a', { href: '/alarms' }, 'All alarms') }, body);
}

/** @param {Alarm} alarm */
function item(alarm) {
  return h('li', { class: alarm.state === 'open' ? 'is-open' : 'is-cleared' },
    alarm.state === 'open' ? severityIcon(alarm.severity) : icon('circle-check', 'severity-icon'),
    h('div', { class: 'grow' },
      h('a', { href: `/devices/${alarm.device.key}`, class: 'alarm-name' }, alarm.rule.name),
      h('p', { class: 'sub' }, h('span', { class: 'visually-hidden' }, `${alarm.severity}, ${alarm.state}. `),
        [...new Set([alarm.device.name, alarm.asset?.name])].filter(Boolean).join(' · '))),
    h('div', { class: 'alarm-side' }, age(alarm.raisedAt), alarm.orders.slice(0, 1).map(orderLink)));
}
