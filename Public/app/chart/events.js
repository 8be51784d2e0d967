/** Alarms as bands and ERP orders as flags over a chart: real links, placed by the chart's own scale. */
import { h, icon } from '../core/dom.js';
import { formatTime } from '../core/time.js';

/** @typedef {import('../components/alarm-parts.js').Alarm} Alarm */
/** @typedef {(milliseconds: number) => number} Place from a time to a share of the width, 0 to 1 */

/** @param {Alarm} alarm */
export const alarmAddress = (alarm) => `/alarms?${alarm.state === 'cleared' ? 'state=cleared&' : ''}alarm=${alarm.id}`;

/** @param {Event} event keeps a press on a link from beginning a zoom */
const hold = (event) => event.stopPropagation();

/**
 * @param {HTMLElement} layer @param {Alarm[]} alarms @param {Place} place @param {number} now
 */
export function drawEvents(layer, alarms, place, now) {
  const parts = [];
  for (const alarm of alarms) {
    const begin = clamp(place(Date.parse(alarm.raisedAt))), end = clamp(place(alarm.clearedAt ? Date.parse(alarm.clearedAt) : now));
    if (end <= 0 || begin >= 1) continue;
    const words = `${alarm.severity} alarm: ${alarm.rule.name}, ${formatTime(alarm.raisedAt)} to ${alarm.clearedAt ? formatTime(alarm.clearedAt) : 'now'}`;
    parts.push(h('div', { class: `chart-alarm severity-${alarm.severity}`, style: { left: percent(begin), width: percent(end - begin) } },
      h('a', { href: alarmAddress(alarm), title: words, 'aria-label': words, on: { mousedown: hold } })));
    for (const order of begin > 0 ? alarm.orders : []) {
      const name = order.externalId ? `Order ${order.externalId}` : `Order, ${order.state}`;
      parts.push(h('a', {
        class: 'chart-order', href: `/deliveries/${order.deliveryId}`, title: name, 'aria-label': name, style: { left: `min(${percent(begin)}, 100% - 28px)` }, on: { mousedown: hold },
      }, icon('clipboard-list')));
    }
  }
  layer.replaceChildren(...parts);
}

/** @param {number} share */
const clamp = (share) => Math.min(1, Math.max(0, share));
/** @param {number} share */
const percent = (share) => `${(share * 100).toFixed(3)}%`;
