/** A mapping’s fields: names of the ERP’s side, templates of ours, with completion and clickable names. */
import { fill, h } from '../core/dom.js';
import { labelled, textControl } from './controls.js';
import { insertName, withCompletion } from './completion.js';
import { rowsControl } from './rows.js';

/** @typedef {import('./controls.js').Control} Control */
/** @typedef {import('./completion.js').Name} Name */

/** What the operations usually take. @type {Record<string, Record<string, string>>} */
export const USUAL = {
  'work-order.create': { title: '${rule.name} at ${asset.name}', equipment: '${asset.equipment}', priority: '${alarm.severity}', description: 'Raised at ${alarm.raisedAt}. Evidence: ${link}' },
  'stock.set': { item: '', quantity: '' },
};

/** @param {() => Name[]} names @returns {Control & {offer: () => void, suggest: (operation: string) => void}} */
export function templateFields(names) {
  /** @type {HTMLInputElement | null} the field that a clicked name goes to */
  let last = null;
  const templateControl = () => {
    const input = h('input', { class: 'input mono', type: 'text', spellcheck: 'false', autocomplete: 'off' });
    input.addEventListener('focus', () => last = input);
    return { name: 'template', ...labelled({ name: 'template', label: 'Template' }, input, withCompletion(input, 'template', names)), get: () => input.value, set: (/** @type {any} */ value) => input.value = value ?? '' };
  };
  const rows = rowsControl({
    name: 'fields', label: 'Fields', columns: 'minmax(7rem, 0.5fr) minmax(0, 2fr)', heads: ['Field', 'Template'], addText: 'Add a field', blank: { name: '', template: '' },
    row: () => [textControl({ name: 'name', label: 'Field', mono: true }), templateControl()],
  });
  const chips = h('ul', { class: 'chips', 'aria-label': 'Names you can use' });
  const offer = () => fill(chips, names().map(({ name, hint }) => h('li', null, h('button', {
    type: 'button', class: 'chip', title: hint, on: { click: () => {
      const target = last?.isConnected ? last : /** @type {HTMLInputElement | null} */ ([...rows.element.querySelectorAll('.completion-holder input')].at(-1));
      if (target) insertName(target, 'template', name === 'round' ? 'round(, 1)' : name);
    } },
  }, name))));
  const get = () => Object.fromEntries(rows.get().filter((/** @type {any} */ row) => row.name !== '').map((/** @type {any} */ row) => [row.name, row.template]));
  return {
    name: 'fields', offer, clear: rows.clear, get,
    element: h('div', { class: 'form span-all' }, rows.element, h('div', null, h('p', { class: 'field-help' }, 'Names you can use; a click puts one where the caret is.'), chips)),
    set: (value) => {
      rows.set(Object.entries(value ?? {}).map(([name, template]) => ({ name, template })));
      offer();
    },
    suggest: (operation) => {
      const isUntouched = Object.keys(get()).length === 0 || Object.values(USUAL).some((usual) => JSON.stringify(usual) === JSON.stringify(get()));
      if (isUntouched && USUAL[operation]) rows.set(Object.entries(USUAL[operation]).map(([name, template]) => ({ name, template })));
    },
    fail: (rest, detail) => {
      const at = rows.get().findIndex((/** @type {any} */ row) => row.name === rest.slice(1).split('/')[0].replaceAll('~1', '/').replaceAll('~0', '~'));
      return rows.fail(at < 0 ? '' : `/${at}/template`, detail);
    },
  };
}
