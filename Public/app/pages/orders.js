/** Orders: every delivery to an ERP with how far it is, and the ERP's own word on it. */
import { get, post } from '../core/api.js';
import { newestDeliveries, operationName } from '../core/deliveries.js';
import { fill, h, icon } from '../core/dom.js';
import { Page } from '../core/element.js';
import { sentence } from '../core/format.js';
import { live } from '../core/live.js';
import { mayOperate } from '../core/session.js';
import { formatDuration } from '../core/time.js';
import { age } from '../components/age.js';
import { deliveryState, upsert, whereabouts } from '../components/alarm-parts.js';
import { DataTable } from '../components/data-table.js';
import { externalLink, pageHeader, segmented } from '../components/layout.js';
import { emptyState, showLoaded } from '../components/states.js';
import { toast } from '../components/toast.js';

/** @typedef {import('../core/deliveries.js').Delivery} Delivery */

/** @type {Record<string, string>} */
const KINDS = { 'work-order.create': 'Work orders', 'stock.set': 'Stock', '': 'All' };
/** @type {Record<string, string>} */
const FILTERS = { '': 'All', pending: 'Pending', delivered: 'Delivered', dead: 'Failed', superseded: 'Superseded' };
/** @type {Record<string, string[]>} */
const STATES = { pending: ['waiting', 'leased', 'uncertain'], delivered: ['delivered'], dead: ['dead'], superseded: ['superseded'] };

export class OrdersPage extends Page {
  #kind = new URLSearchParams(location.search).get('kind') ?? 'work-order.create';
  #filter = new URLSearchParams(location.search).get('state') ?? '';
  /** @type {Delivery[]} */
  #deliveries = [];
  /** @type {Map<string, any>} work orders by delivery */
  #workOrders = new Map();
  #body = h('div', { class: 'flush' });

  #table = new DataTable({
    caption: 'Deliveries to ERP systems', class: 'order-table',
    key: (/** @type {Delivery} */ delivery) => delivery.id,
    empty: () => emptyState('clipboard-list', this.#filter || this.#kind !== 'work-order.create' ? 'None of these' : 'No orders yet',
      this.#filter || this.#kind !== 'work-order.create' ? 'No delivery is of this kind and in this state.' : 'When a mapping’s rule raises an alarm, its order appears here.'),
    columns: [
      { title: 'Order', class: 'wide', cell: orderCell },
      { title: 'Where', class: 'wide', cell: (delivery) => whereabouts(delivery) },
      { title: 'Delivery', cell: (delivery) => [deliveryState(delivery.state), reasonOf(delivery)] },
      { title: 'In the ERP', cell: (delivery) => this.#erpCell(delivery) },
      { title: 'Created', class: 'nowrap', cell: (delivery) => age(delivery.createdAt) },
      { title: 'Took', class: 'numeric nowrap', cell: (delivery) => tookCell(delivery) },
      { title: 'Action', hideTitle: true, class: 'end fit no-label', cell: (delivery) => retryButton(delivery) },
    ],
  });

  connected() {
    this.pageTitle = 'Orders';
    fill(this,
      pageHeader({ title: 'Orders', lead: 'What Plantwright has asked your ERP to do. Each is created once, whatever fails on the way.' }),
      h('section', { class: 'card', 'aria-label': 'Orders' }, h('div', { class: 'toolbar' },
        segmented({ label: 'Kind', value: this.#kind, options: choices(KINDS), onChange: (kind) => this.#choose({ kind }) }),
        segmented({ label: 'State', value: this.#filter, options: choices(FILTERS), onChange: (state) => this.#choose({ state }) })), this.#body));
    live.onChange('delivery', (delivery) => this.#changed(delivery), this.signal);
    live.onChange('work-order', (order) => this.#orderChanged(order), this.signal);
    this.listen(live, 'resync', () => this.#load());
    this.#load();
  }

  /** @param {{kind?: string, state?: string}} choice */
  #choose({ kind = this.#kind, state = this.#filter }) {
    this.#kind = kind;
    this.#filter = state;
    const query = new URLSearchParams({ ...(state ? { state } : {}), ...(kind === 'work-order.create' ? {} : { kind }) });
    history.replaceState(null, '', query.size ? `/orders?${query}` : '/orders');
    this.#load();
  }

  #load() {
    return showLoaded(this.#body, this.signal, () => Promise.all([
      newestDeliveries({ operation: this.#kind, state: this.#filter, limit: 200 }, this.signal), get('/api/v1/work-orders?limit=1000', this.signal),
    ]), ([deliveries, orders], begun) => {
      this.#deliveries = deliveries;
      this.#workOrders = new Map(orders.items.map((/** @type {any} */ order) => [order.deliveryId, order]));
      this.#table.set(this.#deliveries);
      live.replay(begun, 'delivery', (delivery) => this.#changed(delivery));
      live.replay(begun, 'work-order', (order) => this.#orderChanged(order));
      return this.#table.element;
    });
  }

  /** @param {Delivery} delivery */
  #changed(delivery) {
    const isNew = !this.#deliveries.some(({ id }) => id === delivery.id);
    const fits = (this.#kind === '' || this.#kind === delivery.operation) && (this.#filter === '' || STATES[this.#filter]?.includes(delivery.state));
    this.#deliveries = fits ? upsert(this.#deliveries, delivery) : this.#deliveries.filter(({ id }) => id !== delivery.id);
    this.#table.set(this.#deliveries);
    if (isNew && fits) this.#table.highlight(delivery.id);
  }

  /** @param {any} order */
  #orderChanged(order) {
    this.#workOrders.set(order.deliveryId, order);
    this.#deliveries = this.#deliveries.map((delivery) => delivery.id === order.deliveryId ? { ...delivery } : delivery);
    this.#table.set(this.#deliveries);
  }

  /** @param {Delivery} delivery */
  #erpCell(delivery) {
    const order = this.#workOrders.get(delivery.id);
    const number = delivery.externalId ? h('span', { class: 'mono' }, delivery.externalId) : null;
    if (!order) return number ?? h('span', { class: 'soft' }, delivery.state === 'delivered' ? delivery.connector.name : '–');
    const status = h('span', { class: `badge ${order.doneAt ? 'good' : 'info'}` }, sentence(order.status || 'created'));
    return [order.link ? externalLink(order.link, number ?? 'Open') : number, ' ', status];
  }
}
customElements.define('pw-orders-page', OrdersPage);

/** @param {Delivery} delivery */
function orderCell(delivery) {
  const title = delivery.fields?.title ?? delivery.fields?.item ?? delivery.mapping.name;
  return [
    h('a', { href: `/deliveries/${delivery.id}`, class: 'main' }, String(title)),
    h('span', { class: 'sub' }, operationName(delivery.operation)),
  ];
}

/** @param {Record<string, string>} texts by value */
const choices = (texts) => Object.entries(texts).map(([value, text]) => ({ value, text }));

/** @param {Delivery} delivery */
function reasonOf(delivery) {
  if (!delivery.reason || delivery.state === 'delivered') return null;
  return h('span', { class: 'sub', title: delivery.detail ?? '' }, sentence(delivery.reason));
}

/** @param {Delivery} delivery */
function tookCell(delivery) {
  if (delivery.state !== 'delivered') return delivery.attempts > 1 ? h('span', { class: 'soft' }, `${delivery.attempts} tries`) : '';
  return h('span', { title: 'From the reading to the answer of the ERP' }, formatDuration(Date.parse(delivery.finishedAt) - Date.parse(delivery.readingTs)));
}

/** @param {Delivery} delivery */
export function retryButton(delivery) {
  if (delivery.state !== 'dead' || !mayOperate()) return null;
  const button = h('button', { type: 'button', class: 'button small' }, icon('rotate-ccw'), 'Retry');
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      await post(`/api/v1/deliveries/${delivery.id}/retry`);
      toast('The delivery is tried again');
    } catch (error) {
      button.disabled = false;
      toast(error instanceof Error ? error.message : String(error), 'failed');
    }
  });
  return button;
}
