/** The orders that were made in the time that a chart shows: from a point of the chart to what it caused. */
import { get, withQuery } from '../core/api.js';
import { fill, h, hiddenText, icon } from '../core/dom.js';
import { formatTime } from '../core/time.js';
import { externalLink } from '../components/layout.js';
import { outcomeText, phaseBadge, phaseOf } from '../components/order-parts.js';

const MOST = 50;

/** @param {string} device @param {AbortSignal} signal */
export function spanOrders(device, signal) {
  const list = h('div', { class: 'span-orders', 'aria-live': 'polite' });
  let asked = 0;
  return {
    element: list,
    /** @param {{from: number, to: number}} range */
    load: async (range) => {
      const number = ++asked;
      try {
        const { items } = await get(withQuery('/api/v1/work-orders', { device, from: new Date(range.from).toISOString(), to: new Date(range.to).toISOString(), limit: MOST }), signal);
        if (number === asked) fill(list, items.length ? view(items) : null);
      } catch {
        if (number === asked && !signal.aborted) fill(list, h('p', { class: 'soft' }, 'The orders of this time cannot be read now.'));
      }
    },
  };
}

/** @param {import('../components/order-parts.js').WorkOrder[]} orders */
function view(orders) {
  return [h('h3', null, `Orders in this time (${orders.length})`), h('ul', { class: 'order-list' }, orders.map((order) => {
    const name = order.number ?? order.externalId;
    return h('li', null, h('time', { datetime: order.createdAt, class: 'soft' }, formatTime(order.createdAt)),
      order.deliveryId ? h('a', { class: 'mono', href: `/deliveries/${order.deliveryId}` }, name) : order.link ? externalLink(order.link, h('span', { class: 'mono' }, name)) : h('span', { class: 'mono' }, name),
      phaseBadge(phaseOf(order), order.status), h('span', { class: 'grow' }, order.title, order.madeBy === 'erp' ? h('span', { class: 'soft' }, ' (made by hand)') : null, outcomeText(order) ? h('span', { class: 'sub outcome' }, outcomeText(order)) : null),
      order.deliveryId ? h('a', { class: 'button small plain', href: `/deliveries/${order.deliveryId}/evidence` }, icon('list'), 'Evidence', hiddenText(` of ${name}`)) : null);
  }))];
}
