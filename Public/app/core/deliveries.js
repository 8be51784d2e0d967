/** Deliveries to ERP systems, as lists need them. */
import { get, withQuery } from './api.js';

/** @typedef {any} Delivery */

/** The operations that can be done, with what people call them. @type {Record<string, string>} */
const NAMES = {
  'work-order.create': 'Work order', 'work-order.update': 'Change of an order', 'work-order.cancel': 'Cancelled order', 'work-order.comment': 'Comment on an order', 'work-order.attach': 'Picture at an order',
  'stock.set': 'Stock level', 'stock.consume': 'Consumption', 'stock.receive': 'Receipt', 'meter.record': 'Meter reading', 'parts.check': 'Check of parts',
};

/** In the order of lists. */
export const OPERATIONS = Object.keys(NAMES);

/** @param {string} operation */
export const operationName = (operation) => NAMES[operation] ?? operation;

/** What people call a delivery. @param {any} delivery */
export function deliveryTitle({ operation, fields, mapping, device, externalId }) {
  if (operation === 'work-order.attach') return `Chart for order ${externalId ?? ''}`.trim() + (device ? `: ${device.name}` : '');
  return String(fields?.title ?? fields?.item ?? fields?.text ?? mapping.name);
}

/** How many pages are looked through, should the server not choose by operation itself. */
const MOST_PAGES = 3;

/**
 * The newest deliveries of an operation.
 * @param {{operation: string, state?: string, connector?: string, limit: number}} wanted an empty member means any
 * @param {AbortSignal} signal
 * @returns {Promise<Delivery[]>}
 */
export async function newestDeliveries({ operation, state, connector, limit }, signal) {
  /** @type {Delivery[]} */
  const found = [];
  let cursor = null;
  for (let page = 0; page < MOST_PAGES && found.length < limit; page += 1) {
    const answer = await get(withQuery('/api/v1/deliveries', { operation, state, connector, limit: page === 0 ? limit : 1000, cursor }), signal);
    found.push(...answer.items.filter((/** @type {Delivery} */ delivery) => operation === '' || delivery.operation === operation));
    cursor = answer.nextCursor;
    if (!cursor) break;
  }
  return found.slice(0, limit);
}
