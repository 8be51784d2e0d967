/** Look-up tables of a mapping: what stands here in place of what (a rule and its failure code, an asset and its cost centre). */
import { fill, h, icon } from '../core/dom.js';
import { textControl } from './controls.js';
import { expressionControl } from './expression-control.js';
import { rowsControl } from './rows.js';

/** @typedef {import('./controls.js').Control} Control */
/** @typedef {import('./completion.js').Name} Name */
/** @typedef {{name: Control, expression: Control, table: Control, fallback: Control, element: HTMLElement}} Table */

/** @param {() => Name[]} names that an expression may use @returns {Control & {names: () => string[]}} */
export function lookupsControl(names) {
  /** @type {Table[]} */
  let tables = [];
  const holder = h('div', { class: 'lookups' }), error = h('p', { class: 'field-error', role: 'alert' });
  const changed = () => holder.dispatchEvent(new Event('input', { bubbles: true }));

  /** @param {string} name @param {{expression?: string, table?: Record<string, any>, default?: string | null}} value @param {boolean} [isNew] */
  const add = (name, value, isNew = false) => {
    const table = build(names, name, value, () => {
      tables = tables.filter((other) => other !== table);
      table.element.remove();
      changed();
      addButton.focus();
    });
    tables.push(table);
    holder.append(table.element);
    if (isNew) {
      table.element.querySelector('input')?.focus();
      changed();
    }
  };
  const addButton = h('button', { type: 'button', class: 'button small', on: { click: () => add('', { expression: 'rule.key', table: { '': '' } }, true) } }, icon('plus'), 'Add a table');
  return {
    name: 'lookups', element: h('div', { class: 'form span-all' }, holder, error, h('div', null, addButton)), names: () => tables.map(({ name }) => name.get()).filter(Boolean),
    get: () => {
      const entries = tables.filter(({ name }) => name.get() !== '').map(({ name, expression, table, fallback }) => [name.get(), {
        expression: expression.get(), default: fallback.get(),
        table: Object.fromEntries(table.get().filter((/** @type {any} */ row) => row.value !== '').map((/** @type {any} */ row) => [row.value, row.result])),
      }]);
      return Object.fromEntries(entries);
    },
    set: (value) => {
      tables = [];
      fill(holder);
      for (const [name, table] of Object.entries(value ?? {})) add(name, table);
    },
    clear: () => {
      fill(error);
      for (const { name, expression, table, fallback } of tables) [name, expression, table, fallback].forEach((control) => control.clear());
    },
    fail: (rest, detail) => {
      const [, name = '', part, row] = rest.split('/').map((text) => text.replaceAll('~1', '/').replaceAll('~0', '~'));
      const found = tables.find((table) => table.name.get() === name);
      if (!found) {
        fill(error, icon('circle-alert'), detail);
        return addButton;
      }
      if (part === 'expression') return found.expression.fail('', detail);
      if (part === 'default') return found.fallback.fail('', detail);
      if (part !== 'table') return found.name.fail('', detail);
      const at = found.table.get().findIndex((/** @type {any} */ entry) => entry.value === row);
      return found.table.fail(at < 0 ? '' : `/${at}/result`, detail);
    },
  };
}

/** @param {() => Name[]} names @param {string} given @param {{expression?: string, table?: Record<string, any>, default?: string | null}} value @param {() => void} remove @returns {Table} */
function build(names, given, value, remove) {
  const name = textControl({ name: 'name', label: 'Name', mono: true, required: true, placeholder: 'failureCode' });
  const expression = expressionControl({ name: 'expression', label: 'Looks up', placeholder: 'rule.key' }, names);
  const fallback = textControl({ name: 'default', label: 'Anything else gives', nullable: true, placeholder: 'nothing' });
  const table = rowsControl({
    name: 'table', label: 'Table', hideLabel: true, columns: 'minmax(0, 1fr) minmax(0, 1fr)', heads: ['When it is', 'It gives'], addText: 'Add a row', blank: { value: '', result: '' },
    row: () => [textControl({ name: 'value', label: 'When it is', mono: true }), textControl({ name: 'result', label: 'It gives' })],
  });
  name.set(given);
  expression.set(value.expression);
  fallback.set(value.default);
  table.set(Object.entries(value.table ?? {}).map(([key, result]) => ({ value: key, result: String(result) })));
  const use = h('code'), describe = () => use.textContent = `\${lookups.${name.get() || '…'}}`;
  name.element.addEventListener('input', describe);
  describe();
  return {
    name, expression, table, fallback,
    element: h('fieldset', { class: 'lookup' }, h('legend', { class: 'visually-hidden' }, `Look-up table ${given}`),
      h('div', { class: 'form-grid' }, name.element, expression.element, fallback.element), table.element,
      h('p', { class: 'lookup-foot' }, h('span', { class: 'field-help' }, 'In templates: ', use),
        h('button', { type: 'button', class: 'button small plain', on: { click: remove } }, icon('trash-2'), 'Remove this table'))),
  };
}
