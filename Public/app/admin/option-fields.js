/** Controls made of a manifest's fields: text, number, yes or no, pick lists that the ERP may know itself, documents. */
import { get } from '../core/api.js';
import { fill, h } from '../core/dom.js';
import { checkControl, jsonControl, numberControl, selectControl, textControl } from './controls.js';

/** @typedef {import('./controls.js').Control} Control */
/** @typedef {import('./kinds.js').Field} Field */
/** @typedef {import('./kinds.js').Choice} Choice */

/** Lists that were read from an ERP. @type {Map<string, Promise<Choice[]>>} */
const lists = new Map();

/** A pick list as the ERP has it now; read once for a while. @param {string} connector @param {string} list @returns {Promise<Choice[]>} */
export function liveChoices(connector, list) {
  const name = `${connector}/${list}`;
  if (!lists.has(name)) {
    lists.set(name, get(`/api/v1/connectors/${connector}/choices/${list}`).then(({ items }) => items));
    lists.get(name)?.catch(() => lists.delete(name));
  }
  return /** @type {Promise<Choice[]>} */ (lists.get(name));
}

/** Lists may differ after the connector was changed. */
export const forgetChoices = () => lists.clear();

/** @param {Choice[]} choices */
export const asOptions = (choices) => choices.map(({ value, label }) => ({ value, text: label }));

/** @param {unknown} initial */
const initialText = (initial) => initial === null || initial === undefined ? undefined : String(initial);

/** @param {Field} field @param {string | null} connector a saved one, whose ERP can be asked @returns {Control} */
export function optionControl(field, connector) {
  const { label, help, required, kind, initial, maximumLength } = field, common = { name: `option/${field.name}`, label, help, required };
  if (kind === 'boolean') {
    const control = checkControl(common);
    return { ...control, set: (value) => control.set(value ?? initial ?? false) };
  }
  if (kind === 'number') return numberControl({ ...common, placeholder: initialText(initial) });
  if (kind === 'object') return { ...jsonControl({ ...common, span: true, rows: 5, placeholder: initial ? JSON.stringify(initial) : undefined }) };
  if (kind === 'multiline') return textControl({ ...common, nullable: true, mono: true, span: true, rows: 6, placeholder: '-----BEGIN CERTIFICATE-----' });
  if (kind === 'choice' && field.list) return liveControl(field, connector);
  if (kind === 'choice') return selectControl({ ...common, empty: required ? undefined : emptyText(field), choices: asOptions(field.choices) });
  const control = textControl({ ...common, nullable: true, placeholder: initialText(initial) });
  if (maximumLength) control.element.querySelector('input')?.setAttribute('maxlength', String(maximumLength));
  return control;
}

/** @param {Field} field */
function emptyText({ initial, choices }) {
  const usual = choices.find(({ value }) => value === initial)?.label;
  return usual ? `As usual: ${usual}` : 'Not set';
}

/** A pick list of the ERP: typed as text until the ERP can be asked. @param {Field} field @param {string | null} connector @returns {Control} */
function liveControl({ name, label, help, required, list }, connector) {
  const holder = h('div');
  /** @param {string} note */
  const typed = (note) => textControl({ name: `option/${name}`, label, help: `${help} ${note}`, required, nullable: true, mono: true });
  let control = typed(connector ? 'The list is read from the ERP …' : 'Type its id; once the connector is saved, it can be chosen from the ERP’s own list.');
  const swap = (/** @type {Control} */ next) => {
    const value = control.get(), hadFocus = holder.contains(document.activeElement);
    control = next;
    control.set(value);
    fill(holder, control.element);
    if (hadFocus) /** @type {HTMLElement | null} */ (holder.querySelector('input, select'))?.focus();
  };
  fill(holder, control.element);
  if (connector && list) {
    liveChoices(connector, list).then((choices) => swap(selectControl({ name: `option/${name}`, label, help, required, empty: required ? 'Choose …' : 'Not set', choices: asOptions(choices) })),
      () => swap(typed('The ERP’s list cannot be read now; type the id.')));
  }
  return { name: `option/${name}`, element: holder, get: () => control.get(), set: (value) => control.set(value), fail: (rest, detail) => control.fail(rest, detail), clear: () => control.clear() };
}

/** How many calls the ERP may get; nothing means no limit. @returns {Control} */
export function limitsControl() {
  const controls = [
    numberControl({ name: 'perMinute', label: 'Calls per minute', placeholder: 'no limit' }), numberControl({ name: 'perHour', label: 'Calls per hour', placeholder: 'no limit' }),
    numberControl({ name: 'concurrent', label: 'Calls at the same time', placeholder: 'no limit' }),
  ];
  return {
    name: 'limits', element: h('div', { class: 'form-grid span-all' }, controls.map(({ element }) => element)),
    get: () => {
      const entries = controls.map((control) => [control.name, control.get()]);
      return entries.every(([, value]) => value === null) ? undefined : Object.fromEntries(entries);
    },
    set: (value) => controls.forEach((control) => control.set(value?.[control.name])),
    fail: (rest, detail) => (controls.find(({ name }) => name === rest.slice(1)) ?? controls[0]).fail('', detail),
    clear: () => controls.forEach((control) => control.clear()),
  };
}

