/** A table whose rows are kept by key, so that live changes touch only their own row. Becomes cards on a phone. */
import { fill, h } from '../core/dom.js';

/** @typedef {import('../core/dom.js').Child} Child */
/**
 * @template T
 * @typedef {{title: string, cell: (item: T) => Child, class?: string, hideTitle?: boolean}} Column
 */

/** @template T */
export class DataTable {
  /** @type {Map<string, {item: T, row: HTMLTableRowElement}>} */
  #rows = new Map();
  #body = h('tbody');
  #empty = h('div', { hidden: true });
  #scroller;

  /**
   * @param {{caption: string, columns: Column<T>[], key: (item: T) => string, empty: () => Child,
   *   rowClass?: (item: T) => string, class?: string}} options
   */
  constructor(options) {
    this.options = options;
    const head = options.columns.map(({ title, class: className, hideTitle }) =>
      h('th', { scope: 'col', class: className }, h('span', { class: hideTitle ? 'visually-hidden' : null }, title)));
    this.#scroller = h('div', { class: 'table-scroller' },
      h('table', { class: `data-table ${options.class ?? ''}`.trim() },
        h('caption', { class: 'visually-hidden' }, options.caption), h('thead', null, h('tr', null, head)), this.#body));
    this.element = h('div', { class: 'table-holder' }, this.#scroller, this.#empty);
  }

  /** Shows just these items, in this order. @param {T[]} items */
  set(items) {
    const wanted = new Set(items.map((item) => this.options.key(item)));
    for (const [key, { row }] of this.#rows) {
      if (!wanted.has(key)) {
        row.remove();
        this.#rows.delete(key);
      }
    }
    items.forEach((item, index) => {
      const row = this.#row(item);
      if (this.#body.children[index] !== row) this.#body.insertBefore(row, this.#body.children[index] ?? null);
    });
    const isEmpty = items.length === 0;
    this.#scroller.hidden = isEmpty;
    this.#empty.hidden = !isEmpty;
    if (isEmpty) fill(this.#empty, this.options.empty());
  }

  /** Draws the eye to a row that has just come or changed. @param {string} key */
  highlight(key) {
    const row = this.#rows.get(key)?.row;
    row?.classList.add('is-new');
    row?.addEventListener('animationend', () => row.classList.remove('is-new'), { once: true });
  }

  /** @param {T} item */
  #row(item) {
    const key = this.options.key(item);
    const known = this.#rows.get(key);
    if (known && known.item === item) return known.row;
    const cells = this.options.columns.map(({ title, cell, class: className }) =>
      h('td', { class: className, data: { label: title } }, cell(item)));
    const row = known?.row ?? h('tr', { data: { key } });
    row.className = this.options.rowClass?.(item) ?? '';
    const hadFocus = row.contains(document.activeElement);
    row.replaceChildren(...cells);
    if (hadFocus) /** @type {HTMLElement | null} */ (row.querySelector('a, button'))?.focus();
    this.#rows.set(key, { item, row });
    return row;
  }
}
