/** A mapping’s fields when the ERP's side is free: names that the admin makes up, templates of ours; and the names to click. */
import { fill, h } from '../core/dom.js';
import { labelled, textControl } from './controls.js';
import { insertName, withCompletion } from './completion.js';
import { rowsControl } from './rows.js';

/** @typedef {import('./controls.js').Control} Control */
/** @typedef {import('./completion.js').Name} Name */
/** @typedef {(input: HTMLInputElement | HTMLTextAreaElement) => void} Focused told of the input that a clicked name goes to */

/** What the operations usually take. @type {Record<string, Record<string, string>>} */
export const USUAL = {
  'work-order.create': { title: '${rule.name} at ${asset.name}', equipment: '${asset.equipment}', priority: '${alarm.severity}', description: 'Raised at ${alarm.raisedAt}. Evidence: ${link}' },
  'stock.set': { item: '', quantity: '' },
  'meter.record': { equipment: '${asset.equipment}', meter: '', value: '' },
};

/** @param {() => Name[]} names @param {Focused} focused @returns {Control & {suggest: (operation: string) => void}} */
export function freeFields(names, focused) {
  const templateControl = () => {
    const input = h('input', { class: 'input mono', type: 'text', spellcheck: 'false', autocomplete: 'off' });
    input.addEventListener('focus', () => focused(input));
    return { name: 'template', ...labelled({ name: 'template', label: 'Template' }, input, withCompletion(input, 'template', names)), get: () => input.value, set: (/** @type {any} */ value) => input.value = value ?? '' };
  };
  const rows = rowsControl({
    name: 'fields', label: 'Fields', columns: 'minmax(7rem, 0.5fr) minmax(0, 2fr)', heads: ['Field', 'Template'], addText: 'Add a field', blank: { name: '', template: '' },
    row: () => [textControl({ name: 'name', label: 'Field', mono: true }), templateControl()],
  });
  const get = () => Object.fromEntries(rows.get().filter((/** @type {any} */ row) => row.name !== '').map((/** @type {any} */ row) => [row.name, row.template]));
  const set = (/** @type {any} */ value) => rows.set(Object.entries(value ?? {}).map(([name, template]) => ({ name, template })));
  return {
    name: 'fields', element: rows.element, clear: rows.clear, get, set,
    suggest: (operation) => {
      const isUntouched = Object.keys(get()).length === 0 || Object.values(USUAL).some((usual) => JSON.stringify(usual) === JSON.stringify(get()));
      if (isUntouched && USUAL[operation]) set(USUAL[operation]);
    },
    fail: (rest, detail) => {
      const at = rows.get().findIndex((/** @type {any} */ row) => row.name === rest.slice(1).split('/')[0].replaceAll('~1', '/').replaceAll('~0', '~'));
      return rows.fail(at < 0 ? '' : `/${at}/template`, detail);
    },
  };
}

/**
 * The names as buttons, each of which puts itself where the caret is.
 * @param {() => Name[]} names @param {() => HTMLInputElement | HTMLTextAreaElement | null} target @returns {{element: HTMLElement, offer: () => void}}
 */
export function nameChips(names, target) {
  const chips = h('ul', { class: 'chips', 'aria-label': 'Names you can use' });
  let shown = '';
  const offer = () => {
    const list = names(), text = list.map(({ name }) => name).join();
    if (text === shown) return;
    shown = text;
    fill(chips, list.map(({ name, hint }) => h('li', null, h('button', {
      type: 'button', class: 'chip', title: hint, on: { click: () => {
        const input = target();
        if (input) insertName(input, 'template', name === 'round' ? 'round(, 1)' : name);
      } },
    }, name))));
  };
  return { element: h('div', null, h('p', { class: 'field-help' }, 'Names you can use; a click puts one where the caret is.'), chips), offer };
}
