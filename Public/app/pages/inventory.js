/** Inventory: the stock figures that Plantwright keeps in step with the ERP. */
import { get, withQuery } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { Page } from '../core/element.js';
import { formatNumber, plural } from '../core/format.js';
import { live } from '../core/live.js';
import { mayOperate } from '../core/session.js';
import { kindNamed } from '../admin/kinds.js';
import { age } from '../components/age.js';
import { whereabouts } from '../components/alarm-parts.js';
import { DataTable } from '../components/data-table.js';
import { pageHeader } from '../components/layout.js';
import { emptyState, showLoaded } from '../components/states.js';

/** @typedef {{connector: {key: string, name: string}, item: string, itemName: string | null, itemUnit: string | null, quantity: number, unit: string | null, location: string | null, device: any, asset: any, readingTs: string, updatedAt: string}} Stock */
/** @typedef {{state: 'asking'} | {state: 'known', onHand: number, available: number | null} | {state: 'failed', detail: string}} Answer what the ERP says of an item */

/** @param {Stock} stock */
const keyOf = (stock) => `${stock.connector.key}/${stock.item}`;
/** @param {number} quantity @param {string | null} unit */
const amount = (quantity, unit) => [h('strong', null, formatNumber(quantity)), unit ? ` ${unit}` : null];

export class InventoryPage extends Page {
  /** @type {Stock[]} */
  #items = [];
  /** What the ERP said when it was asked. @type {Map<string, Answer>} */
  #answers = new Map();
  #body = h('div', { class: 'flush' });
  #compareButton = h('button', { type: 'button', class: 'button', hidden: true }, icon('refresh-cw'), 'Compare with the ERP');
  #status = h('p', { class: 'visually-hidden', role: 'status' });
  /** Keys of the connectors whose ERP tells what it has. @type {Set<string>} */
  #comparable = new Set();
  /** @type {DataTable<Stock> | null} */
  #table = null;

  #makeTable() {
    const isComparable = this.#items.some((stock) => this.#comparable.has(stock.connector.key)) && mayOperate();
    this.#compareButton.hidden = !isComparable;
    const answer = { title: 'The ERP says', cell: (/** @type {Stock} */ stock) => answerCell(stock, this.#answers.get(keyOf(stock))) };
    return new DataTable({
      caption: 'Stock figures', key: keyOf,
      empty: () => emptyState('package', 'No stock figures yet', 'A mapping with a stock operation, for example the level of a silo, keeps one here.'),
      columns: [
        { title: 'Item', class: 'wide', cell: itemCell },
        { title: 'Quantity', class: 'numeric nowrap', cell: (/** @type {Stock} */ stock) => amount(stock.quantity, stock.unit) },
        { title: 'Measured by', class: 'wide', cell: (/** @type {Stock} */ stock) => whereabouts(stock) },
        { title: 'Measured', class: 'nowrap', cell: (/** @type {Stock} */ stock) => age(stock.readingTs) },
        { title: 'In the ERP since', class: 'nowrap', cell: (/** @type {Stock} */ stock) => age(stock.updatedAt) },
        ...(isComparable ? [answer] : []),
      ],
    });
  }

  connected() {
    this.pageTitle = 'Inventory';
    fill(this, pageHeader({ title: 'Inventory', lead: 'Stock that is measured instead of counted.', actions: this.#compareButton }), this.#status,
      h('section', { class: 'card', 'aria-label': 'Inventory' }, this.#body));
    this.listen(this.#compareButton, 'click', () => this.#compare());
    live.onChange('inventory', (stock) => this.#changed(stock), this.signal);
    this.listen(live, 'resync', () => this.#load());
    this.#load();
  }

  /** Asks the ERP for each item in turn: somebody may have changed a figure there. */
  async #compare() {
    this.#compareButton.disabled = true;
    const asked = this.#items.filter((stock) => this.#comparable.has(stock.connector.key));
    for (const stock of asked) this.#note(stock, { state: 'asking' });
    for (const stock of asked) {
      const { connector, item, location } = stock;
      try {
        const { onHand, available } = await get(withQuery(`/api/v1/connectors/${connector.key}/stock`, { item, location: location ?? '' }), this.signal);
        this.#note(stock, { state: 'known', onHand, available });
      } catch (error) {
        if (this.signal.aborted) return;
        this.#note(stock, { state: 'failed', detail: error instanceof Error ? error.message : String(error) });
      }
    }
    this.#compareButton.disabled = false;
    const failed = this.#items.filter((stock) => this.#answers.get(keyOf(stock))?.state === 'failed').length, others = this.#items.filter((stock) => differs(stock, this.#answers.get(keyOf(stock)))).length;
    this.#status.textContent = `${plural(others, 'figure')} ${others === 1 ? 'differs' : 'differ'} from the ERP’s${failed ? `; ${plural(failed, 'item')} could not be asked for` : ''}.`;
  }

  /** @param {Stock} stock @param {Answer} answer */
  #note(stock, answer) {
    this.#answers.set(keyOf(stock), answer);
    this.#items = this.#items.map((item) => keyOf(item) === keyOf(stock) ? { ...item } : item);
    this.#table?.set(this.#items);
  }

  /** @param {Stock} stock */
  #changed(stock) {
    const at = this.#items.findIndex((item) => keyOf(item) === keyOf(stock));
    // What the ERP said before is about the figure before.
    this.#answers.delete(keyOf(stock));
    this.#items = at < 0 ? [...this.#items, stock] : this.#items.with(at, stock);
    this.#table?.set(this.#items);
    this.#table?.highlight(keyOf(stock));
  }

  #load() {
    const load = () => Promise.all([get('/api/v1/inventory?limit=1000', this.signal), get('/api/v1/connectors?limit=1000', this.signal), get('/api/v1/connector-kinds', this.signal)]);
    return showLoaded(this.#body, this.signal, load, ([{ items }, { items: connectors }, { items: kinds }], begun) => {
      this.#items = items;
      this.#comparable = new Set(connectors.filter((/** @type {any} */ { kind }) => kindNamed(kinds, kind)?.capabilities.includes('stock')).map((/** @type {any} */ { key }) => key));
      this.#table = this.#makeTable();
      this.#table.set(items);
      live.replay(begun, 'inventory', (stock) => this.#changed(stock));
      return this.#table.element;
    });
  }
}

/** @param {Stock} stock */
function itemCell({ item, itemName, connector, location }) {
  const place = location ? ` · ${location}` : '';
  return itemName && itemName !== item ? [h('span', { class: 'main' }, itemName), h('span', { class: 'sub' }, h('span', { class: 'mono' }, item), ` · ${connector.name}${place}`)]
    : [h('span', { class: 'main mono' }, item), h('span', { class: 'sub' }, `${connector.name}${place}`)];
}

/** Whether the ERP has another figure; one in another unit cannot be compared. @param {Stock} stock @param {Answer | undefined} answer */
function differs({ quantity, unit, itemUnit }, answer) {
  if (answer?.state !== 'known' || unit !== itemUnit) return false;
  return Math.abs(answer.onHand - quantity) > Math.max(Math.abs(quantity), 1) * 1e-6;
}

/** @param {Stock} stock @param {Answer | undefined} answer */
function answerCell(stock, answer) {
  if (!answer) return h('span', { class: 'soft' }, '–');
  if (answer.state === 'asking') return h('span', { class: 'soft' }, 'Asking …');
  if (answer.state === 'failed') return [h('span', { class: 'badge bad' }, icon('circle-alert'), 'Not answered'), h('span', { class: 'sub' }, answer.detail)];
  const more = answer.onHand - stock.quantity, isOther = differs(stock, answer);
  return [h('span', { class: 'main' }, amount(answer.onHand, stock.itemUnit)),
    stock.unit !== stock.itemUnit ? null : isOther ? h('span', { class: 'badge warning' }, icon('triangle-alert'), `${formatNumber(Math.abs(more))} ${more > 0 ? 'more' : 'less'}`) : h('span', { class: 'badge good' }, icon('circle-check'), 'The same'),
    answer.available !== null && answer.available !== answer.onHand ? h('span', { class: 'sub' }, `${formatNumber(answer.available)} not promised`) : null];
}

customElements.define('pw-inventory-page', InventoryPage);
