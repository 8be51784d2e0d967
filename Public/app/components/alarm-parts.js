/** Pieces that every view of alarms and their orders shares. */
import { h } from '../core/dom.js';
import { sentence } from '../core/format.js';
import { outcomeText, phaseBadge } from './order-parts.js';

/** @typedef {import('../core/severity.js').Severity} Severity */
/** @typedef {{key: string, name: string}} Named */
/** @typedef {{deliveryId: string, state: string, externalId: string | null}} AlarmOrder */
/** @typedef {{order: string, phase: string, outcome: string | null, failureCode: string | null, finishedAt: string | null}} Outcome what became of an alarm's order */
/**
 * @typedef {{id: string, rule: Named, device: Named, asset: Named | null, severity: Severity, state: 'open' | 'cleared',
 *   raisedAt: string, receivedAt: string, clearedAt: string | null, acknowledgedAt: string | null,
 *   acknowledgedBy: string | null, note?: string | null, orders: AlarmOrder[], outcome?: Outcome | null}} Alarm
 */

/** @type {Record<string, [string, string]>} state → [words, class] */
const STATES = {
  held: ['To approve', 'warning'], waiting: ['Waiting', 'info'], leased: ['Sending', 'info'], uncertain: ['Checking', 'warning'], delivered: ['Delivered', 'good'],
  dead: ['Failed', 'bad'], superseded: ['Superseded', ''], dismissed: ['Dismissed', ''],
};

/** @param {string} state of a delivery */
export function deliveryState(state) {
  const [text, className] = STATES[state] ?? [sentence(state), ''];
  return h('span', { class: `badge ${className}` }, text);
}

/** The order's number in the ERP, or how far it is. @param {AlarmOrder} order */
export function orderLink(order) {
  return h('a', { href: `/deliveries/${order.deliveryId}`, class: 'order-link' },
    order.externalId ? h('span', { class: 'mono' }, order.externalId) : deliveryState(order.state));
}

/** The orders of an alarm, and what was found and done. @param {Alarm} alarm */
export function ordersCell({ orders, outcome }) {
  return [orders.map(orderLink), outcome ? h('span', { class: 'sub outcome' }, phaseBadge(outcome.phase), ' ', outcomeText(outcome)) : null];
}

/** Where an alarm is: device and asset. @param {{device: Named | null, asset: Named | null}} item */
export function whereabouts({ device, asset }) {
  const deviceLink = device && h('a', { href: `/devices/${device.key}` }, device.name);
  const assetLink = asset && h('a', { href: `/plant/${asset.key}` }, asset.name);
  if (device?.name === asset?.name) return deviceLink ?? '–';
  return deviceLink && assetLink ? [deviceLink, ' · ', assetLink] : deviceLink ?? assetLink ?? '–';
}

/**
 * Follows the orders of alarms: an order's state changes without the alarm itself changing.
 * @param {Alarm[]} alarms @param {any} delivery that has changed
 * @returns {Alarm[] | null} the list with that order, or null when it concerns none of them
 */
export function withOrder(alarms, delivery) {
  const at = alarms.findIndex(({ id }) => id === delivery.alarmId);
  if (at < 0) return null;
  const order = { deliveryId: delivery.id, state: delivery.state, externalId: delivery.externalId };
  const others = alarms[at].orders.filter(({ deliveryId }) => deliveryId !== delivery.id);
  return alarms.with(at, { ...alarms[at], orders: [...others, order] });
}

/** Puts a changed item into a list that is kept newest first. @template {{id: string}} T @param {T[]} items @param {T} changed */
export function upsert(items, changed) {
  const at = items.findIndex(({ id }) => id === changed.id);
  if (at < 0) return [changed, ...items];
  return items.with(at, changed);
}
