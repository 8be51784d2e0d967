/** Work orders as the ERP has them: who does what until when, what it cost, what was found; also those made there by hand. */
import { all } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { Page } from '../core/element.js';
import { live } from '../core/live.js';
import { formatFullTime } from '../core/time.js';
import { age } from '../components/age.js';
import { upsert, whereabouts } from '../components/alarm-parts.js';
import { DataTable } from '../components/data-table.js';
import { externalLink, pageHeader, segmented } from '../components/layout.js';
import { costText, orderTabs, outcomeText, PHASES, phaseBadge, phaseOf } from '../components/order-parts.js';
import { emptyState, showLoaded } from '../components/states.js';

/** @typedef {import('../components/order-parts.js').WorkOrder} WorkOrder */

const MOST = 2000, SHOWN = 300;

export class WorkOrdersPage extends Page {
  #phase = new URLSearchParams(location.search).get('phase') ?? '';
  #maker = '';
  #words = '';
  /** @type {WorkOrder[]} */
  #orders = [];
  #body = h('div', { class: 'flush' });
  #notices = h('div', { class: 'notices', role: 'status' });
  #count = h('p', { class: 'soft result-count', role: 'status' });
  #table = new DataTable({
    caption: 'Work orders', class: 'work-order-table', key: (/** @type {WorkOrder} */ { id }) => id,
    rowClass: (order) => phaseOf(order) === 'gone' ? 'is-gone' : '',
    empty: () => this.#orders.length ? emptyState('search', 'None of these', 'No order is in this phase or has these words.')
      : emptyState('clipboard-list', 'No orders yet', 'Orders appear here as soon as the ERP has them, also those that people make there for equipment that is matched.'),
    columns: [
      { title: 'Order', class: 'wide', cell: orderCell },
      { title: 'Where', class: 'wide', cell: (order) => [whereabouts(order), order.equipment ? h('span', { class: 'sub mono' }, order.equipment) : null] },
      { title: 'Phase', cell: (order) => [phaseBadge(phaseOf(order), order.status), phaseOf(order) === 'gone' ? h('span', { class: 'sub' }, 'deleted in the ERP') : null] },
      { title: 'Assigned to', cell: (order) => [order.assignee ?? h('span', { class: 'soft' }, '–'), dueOf(order)] },
      { title: 'Outcome', class: 'wide', cell: outcomeCell },
      { title: 'Cost', class: 'numeric nowrap', cell: (order) => costText(order.cost, order.currency) ?? '' },
      { title: 'Created', class: 'nowrap', cell: (order) => age(order.createdAt) },
    ],
  });

  connected() {
    this.pageTitle = 'Work orders';
    fill(this, pageHeader({ title: 'Work orders', lead: 'What the ERP says about its orders: those of Plantwright, and those that people made there.' }), orderTabs('/work-orders'), this.#notices,
      h('section', { class: 'card', 'aria-label': 'Work orders' }, h('div', { class: 'toolbar' },
        segmented({ label: 'Phase', value: this.#phase, options: [{ value: '', text: 'All' }, ...Object.entries(PHASES).map(([value, { text }]) => ({ value, text }))], onChange: (phase) => {
          this.#phase = phase;
          history.replaceState(null, '', phase ? `/work-orders?phase=${phase}` : '/work-orders');
          this.#draw();
        } }),
        h('select', { class: 'input', 'aria-label': 'Made by', on: { change: (/** @type {any} */ event) => this.#filter({ maker: event.target.value }) } },
          h('option', { value: '' }, 'Made by anyone'), h('option', { value: 'plantwright' }, 'Made by Plantwright'), h('option', { value: 'erp' }, 'Made by hand')),
        h('label', { class: 'inline-field search-field' }, h('span', { class: 'visually-hidden' }, 'Search'), icon('search'),
          h('input', { class: 'input', type: 'search', placeholder: 'Number, title, person or asset', on: { input: (/** @type {any} */ event) => this.#filter({ words: event.target.value }) } })),
        this.#count), this.#body));
    live.onChange('work-order', (order) => this.#changed(order), this.signal);
    this.listen(live, 'resync', () => this.#load());
    this.#load();
  }

  #load() {
    return showLoaded(this.#body, this.signal, () => all('/api/v1/work-orders', this.signal, MOST), (orders, begun) => {
      this.#orders = orders;
      this.#draw();
      live.replay(begun, 'work-order', (order) => this.#changed(order));
      return this.#table.element;
    });
  }

  /** @param {{maker?: string, words?: string}} change */
  #filter({ maker = this.#maker, words = this.#words }) {
    this.#maker = maker;
    this.#words = words;
    this.#draw();
  }

  #draw() {
    const words = this.#words.trim().toLowerCase();
    const shown = this.#orders.filter((order) => (this.#phase === '' || phaseOf(order) === this.#phase) && (this.#maker === '' || (order.madeBy ?? 'plantwright') === this.#maker)
      && (words === '' || [order.number, order.externalId, order.title, order.assignee, order.asset?.name, order.device?.name, order.equipment].some((text) => text?.toLowerCase().includes(words))));
    const gone = this.#orders.filter((order) => phaseOf(order) === 'gone').length;
    this.#table.set(shown.slice(0, SHOWN));
    fill(this.#count, shown.length > SHOWN ? `${SHOWN} of ${shown.length}` : String(shown.length), ` order${shown.length === 1 ? '' : 's'}`);
    fill(this.#notices, gone > 0 && this.#phase !== 'gone' ? h('p', { class: 'notice' }, icon('triangle-alert'), h('span', null, h('strong', null, `${gone} order${gone === 1 ? ' is' : 's are'} gone from the ERP. `), 'Somebody deleted them there; their alarms have no order any more.')) : null);
  }

  /** @param {WorkOrder} order */
  #changed(order) {
    this.#orders = upsert(this.#orders, order);
    this.#draw();
    this.#table.highlight(order.id);
  }
}
customElements.define('pw-work-orders-page', WorkOrdersPage);

/** @param {WorkOrder} order */
export function orderCell(order) {
  const number = h('span', { class: 'mono' }, order.number ?? order.externalId), title = order.title || order.number || order.externalId;
  return [
    order.deliveryId ? h('a', { class: 'main', href: `/deliveries/${order.deliveryId}` }, title) : h('span', { class: 'main' }, title),
    h('span', { class: 'sub' }, order.link ? externalLink(order.link, number) : number, order.madeBy === 'erp' ? h('span', { class: 'badge by-hand' }, icon('user'), 'Made by hand') : null),
  ];
}

/** @param {WorkOrder} order */
function dueOf(order) {
  if (!order.dueAt || ['done', 'cancelled', 'gone'].includes(phaseOf(order))) return null;
  const isLate = Date.parse(order.dueAt) < Date.now();
  return h('span', { class: `sub${isLate ? ' is-late' : ''}`, title: formatFullTime(order.dueAt) }, isLate ? 'was due ' : 'due ', age(order.dueAt));
}

/** @param {WorkOrder} order */
function outcomeCell(order) {
  const text = outcomeText(order), finished = order.finishedAt ?? order.doneAt;
  if (!text && !finished) return order.startedAt ? h('span', { class: 'soft' }, 'begun ', age(order.startedAt)) : null;
  return [h('span', { class: 'outcome' }, text ?? 'No words about it'), finished ? h('span', { class: 'sub' }, age(finished)) : null];
}
