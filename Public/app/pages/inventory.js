/** Inventory: the stock figures that Plantwright keeps in step with the ERP. */
import { get } from '../core/api.js';
import { fill, h } from '../core/dom.js';
import { Page } from '../core/element.js';
import { formatNumber } from '../core/format.js';
import { live } from '../core/live.js';
import { age } from '../components/age.js';
import { whereabouts } from '../components/alarm-parts.js';
import { DataTable } from '../components/data-table.js';
import { pageHeader } from '../components/layout.js';
import { emptyState, showLoaded } from '../components/states.js';

/** @typedef {{connector: {key: string, name: string}, item: string, quantity: number, device: any, asset: any, readingTs: string, updatedAt: string}} Stock */

/** @param {Stock} stock */
const keyOf = (stock) => `${stock.connector.key}/${stock.item}`;

export class InventoryPage extends Page {
  /** @type {Stock[]} */
  #items = [];
  #body = h('div', { class: 'flush' });
  #table = new DataTable({
    caption: 'Stock figures', key: keyOf,
    empty: () => emptyState('package', 'No stock figures yet', 'A mapping with a stock operation, for example the level of a silo, keeps one here.'),
    columns: [
      { title: 'Item', class: 'wide', cell: (/** @type {Stock} */ stock) => [h('span', { class: 'main mono' }, stock.item), h('span', { class: 'sub' }, stock.connector.name)] },
      { title: 'Quantity', class: 'numeric', cell: (stock) => h('strong', null, formatNumber(stock.quantity)) },
      { title: 'Measured by', class: 'wide', cell: (stock) => whereabouts(stock) },
      { title: 'Measured', class: 'nowrap', cell: (stock) => age(stock.readingTs) },
      { title: 'In the ERP since', class: 'nowrap', cell: (stock) => age(stock.updatedAt) },
    ],
  });

  connected() {
    this.pageTitle = 'Inventory';
    fill(this, pageHeader({ title: 'Inventory', lead: 'Stock that is measured instead of counted.' }),
      h('section', { class: 'card', 'aria-label': 'Inventory' }, this.#body));
    live.onChange('inventory', (stock) => this.#changed(stock), this.signal);
    this.listen(live, 'resync', () => this.#load());
    this.#load();
  }

  /** @param {Stock} stock */
  #changed(stock) {
    const at = this.#items.findIndex((item) => keyOf(item) === keyOf(stock));
    this.#items = at < 0 ? [...this.#items, stock] : this.#items.with(at, stock);
    this.#table.set(this.#items);
    this.#table.highlight(keyOf(stock));
  }

  #load() {
    return showLoaded(this.#body, this.signal, () => get('/api/v1/inventory?limit=1000', this.signal), ({ items }, begun) => {
      this.#items = items;
      this.#table.set(items);
      live.replay(begun, 'inventory', (stock) => this.#changed(stock));
      return this.#table.element;
    });
  }
}
customElements.define('pw-inventory-page', InventoryPage);
