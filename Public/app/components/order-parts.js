/** Pieces that every view of orders in the ERP shares. */
import { h, icon } from '../core/dom.js';
import { formatNumber, sentence } from '../core/format.js';

/**
 * @typedef {{id: string, externalId: string, number?: string | null, title: string, status: string, phase?: string, doneAt: string | null, createdAt: string,
 *   connector: {key: string, name: string}, device: any, asset: any, alarmId: string | null, deliveryId: string | null, link?: string | null, assignee?: string | null,
 *   dueAt?: string | null, startedAt?: string | null, finishedAt?: string | null, cost?: number | null, currency?: string | null, outcome?: string | null,
 *   failureCode?: string | null, madeBy?: 'plantwright' | 'erp', equipment?: string | null}} WorkOrder
 */

/** @type {Record<string, {text: string, icon: string, className: string}>} */
export const PHASES = {
  open: { text: 'Open', icon: 'circle', className: 'info' }, 'in-progress': { text: 'In progress', icon: 'wrench', className: 'info' }, done: { text: 'Done', icon: 'circle-check', className: 'good' },
  cancelled: { text: 'Cancelled', icon: 'circle-x', className: '' }, gone: { text: 'Gone', icon: 'circle-alert', className: 'bad' },
};

/** @param {WorkOrder} order older servers tell only whether it is done */
export const phaseOf = (order) => order.phase ?? (order.doneAt ? 'done' : 'open');

/** @param {string} phase @param {string} [status] in the ERP's own words */
export function phaseBadge(phase, status) {
  const known = PHASES[phase];
  return h('span', { class: `badge ${known?.className ?? ''}`.trim(), title: status ? `The ERP says: ${status}` : null }, icon(known?.icon ?? 'circle'), known?.text ?? sentence(phase));
}

/** @param {number | null | undefined} cost @param {string | null | undefined} currency ISO 4217 */
export function costText(cost, currency) {
  if (cost === null || cost === undefined) return null;
  if (!currency) return formatNumber(cost);
  try {
    return new Intl.NumberFormat(undefined, { style: 'currency', currency }).format(cost);
  } catch {
    return `${formatNumber(cost)} ${currency}`;
  }
}

/** What was found and done. @param {{outcome?: string | null, failureCode?: string | null}} of */
export function outcomeText({ outcome, failureCode }) {
  if (!outcome && !failureCode) return null;
  return [outcome ?? null, failureCode ? h('code', { class: 'failure-code', title: 'Failure code in the ERP' }, failureCode) : null];
}

/** The two views of orders. @param {'/orders' | '/work-orders'} current */
export function orderTabs(current) {
  const tabs = [['/orders', 'send', 'Deliveries'], ['/work-orders', 'clipboard-list', 'Work orders']];
  return h('nav', { class: 'tabs', 'aria-label': 'Orders' }, h('ul', null, tabs.map(([href, iconName, text]) =>
    h('li', null, h('a', { href, 'aria-current': href === current ? 'page' : null }, icon(iconName), text)))));
}
