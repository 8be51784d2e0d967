/** Deliveries: everything that Plantwright has asked ERP systems to do, how far it is, and what needs a person. */
import { all, get, post, withQuery } from '../core/api.js';
import { deliveryTitle, newestDeliveries, OPERATIONS, operationName } from '../core/deliveries.js';
import { fill, h, icon } from '../core/dom.js';
import { Page } from '../core/element.js';
import { formatCount, formatNumber, plural } from '../core/format.js';
import { live } from '../core/live.js';
import { reasonWords } from '../core/reasons.js';
import { mayOperate } from '../core/session.js';
import { formatDuration } from '../core/time.js';
import { pausing } from '../admin/pausing.js';
import { age } from '../components/age.js';
import { deliveryState, upsert, whereabouts } from '../components/alarm-parts.js';
import { DataTable } from '../components/data-table.js';
import { externalLink, pageHeader, segmented } from '../components/layout.js';
import { orderTabs, phaseBadge, phaseOf } from '../components/order-parts.js';
import { emptyState, showLoaded } from '../components/states.js';
import { toast } from '../components/toast.js';
import { dismiss, retryButton } from './delivery-care.js';

/** @typedef {import('../core/deliveries.js').Delivery} Delivery */

/** @type {Record<string, string>} */
const FILTERS = { '': 'All', held: 'To approve', pending: 'Pending', delivered: 'Delivered', dead: 'Failed', superseded: 'Superseded', dismissed: 'Dismissed' };
/** @type {Record<string, string[]>} */
const STATES = { held: ['held'], pending: ['held', 'waiting', 'leased', 'uncertain'], delivered: ['delivered'], dead: ['dead'], superseded: ['superseded'], dismissed: ['dismissed'] };
/** Those that a retry of many leaves to a person. */
const LEFT_OUT = 'outcome-unknown';

export class OrdersPage extends Page {
  #query = new URLSearchParams(location.search);
  #choice = { kind: this.#query.get('kind') ?? '', state: this.#query.get('state') ?? '', connector: this.#query.get('connector') ?? '', reason: '' };
  /** @type {Delivery[]} */
  #deliveries = [];
  /** Dismissed, but not yet on the server. @type {Set<string>} */
  #hidden = new Set();
  /** @type {Map<string, any>} work orders by delivery */
  #workOrders = new Map();
  #body = h('div', { class: 'flush' });
  #notices = h('div', { class: 'notices' });
  #connector = h('select', { class: 'input', 'aria-label': 'Connector' });
  #reason = h('select', { class: 'input', 'aria-label': 'Reason', hidden: true });
  #retryAll = h('button', { type: 'button', class: 'button small', hidden: true });

  #table = new DataTable({
    caption: 'Deliveries to ERP systems', class: 'order-table',
    key: (/** @type {Delivery} */ delivery) => delivery.id,
    empty: () => Object.values(this.#choice).some(Boolean) ? emptyState('clipboard-list', 'None of these', 'No delivery is of this kind and in this state.')
      : emptyState('clipboard-list', 'No orders yet', 'When a mapping’s rule raises an alarm, its order appears here.'),
    columns: [
      { title: 'Order', class: 'wide', cell: orderCell },
      { title: 'Where', class: 'wide', cell: (delivery) => whereabouts(delivery) },
      { title: 'Delivery', cell: (delivery) => [deliveryState(delivery.state), reasonOf(delivery)] },
      { title: 'In the ERP', cell: (delivery) => this.#erpCell(delivery) },
      { title: 'Created', class: 'nowrap', cell: (delivery) => age(delivery.createdAt) },
      { title: 'Took', class: 'numeric nowrap', cell: (delivery) => tookCell(delivery) },
      { title: 'Action', hideTitle: true, class: 'end fit no-label', cell: (delivery) => this.#actions(delivery) },
    ],
  });

  connected() {
    this.pageTitle = 'Orders';
    const kind = h('select', { class: 'input', 'aria-label': 'Kind', on: { change: () => this.#choose({ kind: kind.value }) } },
      h('option', { value: '' }, 'Everything'), OPERATIONS.map((operation) => h('option', { value: operation, selected: operation === this.#choice.kind }, operationName(operation))));
    fill(this,
      pageHeader({ title: 'Orders', lead: 'What Plantwright has asked your ERP to do. Each is created once, whatever fails on the way.' }), orderTabs('/orders'), this.#notices,
      h('section', { class: 'card', 'aria-label': 'Orders' }, h('div', { class: 'toolbar' },
        segmented({ label: 'State', value: this.#choice.state, options: Object.entries(FILTERS).map(([value, text]) => ({ value, text })), onChange: (state) => this.#choose({ state, reason: '' }) }),
        kind, this.#connector, this.#reason, mayOperate() ? this.#retryAll : null), this.#body));
    this.listen(this.#connector, 'change', () => this.#choose({ connector: this.#connector.value }));
    this.listen(this.#reason, 'change', () => {
      this.#choice.reason = this.#reason.value;
      this.#draw();
    });
    this.listen(this.#retryAll, 'click', () => this.#retryMany());
    live.onChange('delivery', (delivery) => this.#changed(delivery), this.signal);
    live.onChange('work-order', (order) => this.#orderChanged(order), this.signal);
    this.listen(live, 'resync', () => this.#load());
    this.#loadConnectors();
    this.#load();
  }

  /** @param {{kind?: string, state?: string, connector?: string, reason?: string}} change */
  #choose(change) {
    this.#choice = { ...this.#choice, ...change };
    const { kind, state, connector } = this.#choice;
    history.replaceState(null, '', withQuery('/orders', { state, kind, connector }));
    this.#load();
  }

  /** Those to choose from; paused ones are said above the list. */
  async #loadConnectors() {
    const connectors = await all('/api/v1/connectors', this.signal).catch(() => []);
    fill(this.#connector, h('option', { value: '' }, 'Every connector'), connectors.map(({ key, name }) => h('option', { value: key, selected: key === this.#choice.connector }, name)));
    this.#connector.hidden = connectors.length < 2;
    fill(this.#notices, connectors.flatMap((connector) => {
      if (!connector.paused) return connector.circuit === 'open' ? [h('p', { class: 'notice' }, icon('unplug'), h('span', null, h('strong', null, `${connector.name} does not answer. `), 'Its deliveries wait, and go out by themselves when it is back.'))] : [];
      const { button, notice } = pausing(connector);
      if (mayOperate()) notice.append(button);
      return [notice];
    }));
  }

  #load() {
    const { kind, state, connector } = this.#choice;
    return showLoaded(this.#body, this.signal, () => Promise.all([
      newestDeliveries({ operation: kind, state, connector, limit: 200 }, this.signal), get('/api/v1/work-orders?limit=1000', this.signal),
    ]), ([deliveries, orders], begun) => {
      this.#deliveries = deliveries;
      this.#workOrders = new Map(orders.items.map((/** @type {any} */ order) => [order.deliveryId, order]));
      this.#draw();
      live.replay(begun, 'delivery', (delivery) => this.#changed(delivery));
      live.replay(begun, 'work-order', (order) => this.#orderChanged(order));
      return this.#table.element;
    });
  }

  #draw() {
    const isFailed = this.#choice.state === 'dead', reasons = [...new Set(this.#deliveries.map(({ reason }) => reason).filter(Boolean))].sort();
    if (!reasons.includes(this.#choice.reason)) this.#choice.reason = '';
    this.#reason.hidden = !isFailed || reasons.length < 2;
    if (isFailed) fill(this.#reason, h('option', { value: '' }, 'Every reason'), reasons.map((reason) => h('option', { value: reason, selected: reason === this.#choice.reason }, reasonWords(reason))));
    const shown = this.#deliveries.filter(({ id, reason }) => !this.#hidden.has(id) && (!isFailed || this.#choice.reason === '' || reason === this.#choice.reason));
    const count = shown.filter(({ reason }) => reason !== LEFT_OUT).length;
    this.#retryAll.hidden = !isFailed || count === 0;
    fill(this.#retryAll, icon('rotate-ccw'), count === 1 ? 'Retry it' : `Retry all ${formatCount(count)}`);
    this.#table.set(shown);
  }

  async #retryMany() {
    const { kind, connector, reason } = this.#choice;
    this.#retryAll.disabled = true;
    try {
      const { retried } = await post('/api/v1/deliveries/retry', Object.fromEntries(Object.entries({ operation: kind, connector, reason }).filter(([, value]) => value !== '')));
      toast(retried === 0 ? 'None of these can be retried together; open them one by one' : `${plural(retried, 'delivery', 'deliveries')} tried again`);
      await this.#load();
    } catch (error) {
      toast(error instanceof Error ? error.message : String(error), 'failed');
    } finally {
      this.#retryAll.disabled = false;
    }
  }

  /** @param {Delivery} delivery */
  #changed(delivery) {
    const { kind, state, connector } = this.#choice, isNew = !this.#deliveries.some(({ id }) => id === delivery.id);
    const fits = (kind === '' || kind === delivery.operation) && (state === '' || STATES[state]?.includes(delivery.state)) && (connector === '' || connector === delivery.connector.key);
    this.#deliveries = fits ? upsert(this.#deliveries, delivery) : this.#deliveries.filter(({ id }) => id !== delivery.id);
    this.#draw();
    if (isNew && fits) this.#table.highlight(delivery.id);
  }

  /** @param {any} order */
  #orderChanged(order) {
    if (!order.deliveryId) return;
    this.#workOrders.set(order.deliveryId, order);
    this.#deliveries = this.#deliveries.map((delivery) => delivery.id === order.deliveryId ? { ...delivery } : delivery);
    this.#draw();
  }

  /** @param {Delivery} delivery */
  #erpCell(delivery) {
    const order = this.#workOrders.get(delivery.id), name = order?.number ?? delivery.externalId;
    const number = name ? h('span', { class: 'mono' }, name) : null;
    if (delivery.attachedTo) return [h('a', { href: `/deliveries/${delivery.attachedTo}`, class: 'mono' }, delivery.externalId ?? 'its order'), h('span', { class: 'sub' }, 'added to an open order')];
    if (!order) return number ?? h('span', { class: 'soft' }, delivery.state === 'delivered' ? delivery.connector.name : '–');
    return [order.link ? externalLink(order.link, number ?? 'Open') : number, ' ', phaseBadge(phaseOf(order), order.status)];
  }

  /** @param {Delivery} delivery */
  #actions(delivery) {
    if (!mayOperate()) return null;
    if (delivery.state === 'held') return h('a', { class: 'button small primary', href: `/deliveries/${delivery.id}` }, icon('check'), 'Decide …');
    if (delivery.state !== 'dead') return null;
    const view = (/** @type {'add' | 'delete'} */ verb) => () => {
      this.#hidden[verb](delivery.id);
      this.#draw();
    };
    return h('div', { class: 'actions nowrap' },
      delivery.reason === LEFT_OUT ? h('a', { class: 'button small', href: `/deliveries/${delivery.id}` }, icon('search'), 'Look …') : retryButton(delivery),
      h('button', { type: 'button', class: 'button small', on: { click: () => dismiss(delivery, { hide: view('add'), show: view('delete') }) } }, 'Dismiss'));
  }
}
customElements.define('pw-orders-page', OrdersPage);

/** @param {Delivery} delivery */
function orderCell(delivery) {
  const { quantity, unit } = delivery.fields ?? {};
  return [
    h('a', { href: `/deliveries/${delivery.id}`, class: 'main' }, deliveryTitle(delivery)),
    h('span', { class: 'sub' }, operationName(delivery.operation), typeof quantity === 'number' ? `: ${formatNumber(quantity)} ${unit ?? ''}`.trimEnd() : ''),
  ];
}

/** @param {Delivery} delivery */
function reasonOf(delivery) {
  if (!delivery.reason || delivery.state === 'delivered') return null;
  return h('span', { class: 'sub', title: delivery.detail ?? '' }, reasonWords(delivery.reason));
}

/** @param {Delivery} delivery */
function tookCell(delivery) {
  if (delivery.state !== 'delivered') return delivery.attempts > 1 ? h('span', { class: 'soft' }, `${delivery.attempts} tries`) : '';
  return h('span', { title: 'From the reading to the answer of the ERP' }, formatDuration(Date.parse(delivery.finishedAt) - Date.parse(delivery.readingTs)));
}
