/** The fields of a mapping: those that the ERP's operation has, or free ones where the ERP does not say. */
import { fill, h } from '../core/dom.js';
import { plural } from '../core/format.js';
import { fieldRow } from './field-row.js';
import { freeFields, nameChips } from './template-fields.js';

/** @typedef {import('./controls.js').Control} Control */
/** @typedef {import('./completion.js').Name} Name */
/** @typedef {import('./field-row.js').FieldRow} FieldRow */
/** @typedef {import('./kinds.js').Field} Field */
/** @typedef {{connector: string | null, name: string, operation: string, fields: Field[] | null, automatic: string | null}} Target where the fields go; no fields where the ERP does not say; `automatic`: the one that is measured */

/** @param {string} name @param {string} erp @returns {Field} of a field that the ERP does not have (any more) */
const stranger = (name, erp) => ({ name, label: name, help: `${erp} has no such field here. Empty it to leave it out.`, kind: 'text', required: false, initial: null, maximumLength: null, choices: [], list: null });

/**
 * @param {() => Name[]} names @param {() => Target} target
 * @returns {Control & {offer: () => void, retarget: () => void, measure: (computed: Record<string, any>) => void}}
 */
export function operationFields(names, target) {
  /** @type {HTMLInputElement | HTMLTextAreaElement | null} the field that a clicked name goes to */
  let last = null;
  /** @type {FieldRow[] | null} null while the fields are free */
  let rows = null;
  let shown = '';
  const focused = (/** @type {HTMLInputElement | HTMLTextAreaElement} */ input) => last = input;
  const free = freeFields(names, focused), holder = h('div', { class: 'form' });
  /** @returns {(HTMLInputElement | HTMLTextAreaElement)[]} */
  const inputs = () => [.../** @type {NodeListOf<HTMLInputElement>} */ (holder.querySelectorAll('.completion-holder :is(input, textarea)'))].filter((input) => input.offsetParent);
  const chips = nameChips(names, () => last?.isConnected && last.offsetParent ? last : inputs().at(-1) ?? null);

  const get = () => {
    if (!rows) return free.get();
    return Object.fromEntries(rows.map((row) => [row.name, row.get()]).filter(([, value]) => value !== ''));
  };
  /** @param {Record<string, any>} values */
  const build = (values) => {
    const { connector, fields, name, automatic } = target();
    if (!fields) {
      rows = null;
      free.set(values);
      return fill(holder, free.element);
    }
    const others = Object.keys(values).filter((key) => !fields.some((field) => field.name === key)).map((key) => stranger(key, name));
    rows = [...fields, ...others].map((field) => fieldRow(field.name === automatic ? { ...field, required: false, initial: '', help: `${field.help} Empty: what was measured.` } : field, connector ?? '', names, focused));
    for (const row of rows) row.set(values[row.name]);
    const isMain = (/** @type {FieldRow} */ row) => row.get() !== '' || fields.some((field) => field.name === row.name && (field.required || field.initial !== null));
    const main = rows.filter(isMain), more = rows.filter((row) => !isMain(row));
    fill(holder, main.map(({ element }) => element),
      more.length ? h('details', { class: 'call span-all more-fields' }, h('summary', null, h('span', { class: 'call-title' }, plural(more.length, 'more field')), h('span', { class: 'soft truncate' }, more.map(({ element }) => element.querySelector('label')?.textContent).join(', '))),
        h('div', { class: 'form' }, more.map(({ element }) => element))) : null);
  };
  /** What an operation begins with. @param {Field[]} fields */
  const initial = (fields) => Object.fromEntries(fields.filter((field) => field.initial !== null && field.name !== target().automatic).map((field) => [field.name, String(field.initial)]));
  const identity = () => {
    const { connector, operation, fields, automatic } = target();
    return `${fields ? `${connector} ${automatic}` : ''} ${operation} ${fields !== null}`;
  };
  return {
    name: 'fields', get, offer: chips.offer,
    element: h('div', { class: 'form span-all' }, holder, chips.element),
    set: (value) => {
      const { fields } = target();
      shown = identity();
      build(value ?? (fields ? initial(fields) : {}));
      if (!value) free.suggest(target().operation);
      chips.offer();
    },
    retarget: () => {
      const now = identity();
      if (now === shown) return;
      const { fields, operation } = target(), before = get();
      shown = now;
      if (!fields) {
        build(before);
        free.suggest(operation);
      } else build({ ...initial(fields), ...Object.fromEntries(Object.entries(before).filter(([name]) => fields.some((field) => field.name === name))) });
      chips.offer();
    },
    measure: (computed) => rows?.forEach((row) => row.measure(computed[row.name])),
    clear: () => rows ? rows.forEach((row) => row.clear()) : free.clear(),
    fail: (rest, detail) => {
      const name = rest.slice(1).split('/')[0].replaceAll('~1', '/').replaceAll('~0', '~');
      if (!rows) return free.fail(rest, detail);
      const row = rows.find((candidate) => candidate.name === name) ?? rows[0];
      const more = row?.element.closest('details');
      if (more) more.open = true;
      return row?.fail(detail) ?? null;
    },
  };
}
