/** One field of an operation, as the ERP describes it: a template, a choice of its pick list or one of its items; with its limit. */
import { fill, h, hiddenText, icon, uniqueId } from '../core/dom.js';
import { formatCount } from '../core/format.js';
import { withCompletion } from './completion.js';
import { chooseItem } from './item-search.js';
import { asOptions, liveChoices } from './option-fields.js';

/** @typedef {import('./kinds.js').Field} Field */
/** @typedef {{name: string, element: HTMLElement, get: () => string, set: (value: any) => void, fail: (detail: string) => HTMLElement, clear: () => void, measure: (computed: unknown) => void}} FieldRow */

const TEMPLATE = '\u0000template';
/** Texts that are usually long. */
const LONG = /^(description|text|reason|note|longText|details)$/;

/**
 * @param {Field} field @param {string} connector @param {() => import('./completion.js').Name[]} names
 * @param {import('./template-fields.js').Focused} focused @returns {FieldRow}
 */
export function fieldRow(field, connector, names, focused) {
  const id = uniqueId('field'), error = h('p', { class: 'field-error', id: `${id}-error` }), counter = h('span', { class: 'counter', id: `${id}-counter` });
  const attributes = { class: `input mono`, spellcheck: 'false', autocomplete: 'off', id, 'aria-describedby': `${id}-help ${id}-counter ${id}-error`, 'aria-required': field.required ? 'true' : null };
  const input = LONG.test(field.name) ? h('textarea', { ...attributes, rows: 3 }) : h('input', { ...attributes, type: 'text' });
  const choice = field.choices.length || field.list || field.kind === 'boolean' ? h('select', { class: 'input', 'aria-label': field.label, 'aria-describedby': `${id}-help ${id}-error` }) : null;
  const holder = withCompletion(input, 'template', names);
  const element = h('div', { class: 'field span-all operation-field' },
    h('div', { class: 'field-head' }, h('label', { class: 'field-label', htmlFor: id }, field.label), field.required ? h('span', { class: 'badge' }, 'Required') : null, counter),
    choice, holder, field.kind === 'item' && connector ? finder() : null, h('p', { class: 'field-help', id: `${id}-help` }, field.help), error);
  /** Looks the item up in the ERP instead of knowing its number. */
  function finder() {
    const find = async () => {
      const reference = await chooseItem(connector);
      if (reference === null) return;
      input.value = reference;
      input.focus();
      input.dispatchEvent(new Event('input', { bubbles: true }));
    };
    return h('div', { class: 'actions' }, h('button', { type: 'button', class: 'button small', on: { click: find } }, icon('search'), 'Find in the ERP …', hiddenText(` ${field.label}`)));
  }
  const clear = () => {
    fill(error);
    input.removeAttribute('aria-invalid');
    element.classList.remove('has-error');
  };
  const get = () => choice && choice.value !== TEMPLATE ? choice.value : input.value;
  /** @param {unknown} computed the value for the sample, when it is known */
  const measure = (computed) => {
    if (!field.maximumLength) return;
    const text = typeof computed === 'string' ? computed : input.value.includes('${') ? null : input.value;
    const isShortened = typeof computed === 'string' && computed.length >= field.maximumLength && computed.endsWith('…');
    counter.textContent = text === null ? `at most ${formatCount(field.maximumLength)} characters` : `${formatCount([...text].length)} of ${formatCount(field.maximumLength)} characters${isShortened ? ', shortened' : ''}`;
    counter.classList.toggle('is-full', isShortened || (text !== null && [...text].length > field.maximumLength));
  };
  const showInput = () => {
    holder.hidden = choice !== null && choice.value !== TEMPLATE;
  };
  /** @param {import('./kinds.js').Choice[]} choices */
  const offer = (choices) => {
    if (!choice) return;
    const before = choice.options.length ? get() : '';
    fill(choice, h('option', { value: '' }, field.required ? 'Choose …' : 'Not set'), asOptions(choices).map(({ value, text }) => h('option', { value }, text)), h('option', { value: TEMPLATE }, 'A template …'));
    set(before);
  };
  const set = (/** @type {any} */ value) => {
    const text = value === null || value === undefined ? '' : String(value);
    input.value = text;
    if (choice) choice.value = [...choice.options].some((option) => option.value === text) ? text : TEMPLATE;
    showInput();
    measure(undefined);
  };
  input.addEventListener('focus', () => focused(input));
  input.addEventListener('input', () => {
    clear();
    measure(undefined);
  });
  choice?.addEventListener('change', () => {
    clear();
    if (choice.value === TEMPLATE) input.value = field.initial && String(field.initial).includes('${') ? String(field.initial) : '';
    showInput();
    if (choice.value === TEMPLATE) input.focus();
  });
  offer(field.kind === 'boolean' ? [{ value: 'true', label: 'Yes' }, { value: 'false', label: 'No' }] : field.choices);
  if (field.list && connector) liveChoices(connector, field.list).then((choices) => offer([...field.choices, ...choices]), () => element.classList.add('is-offline'));
  return {
    name: field.name, element, get, set, clear, measure,
    fail: (detail) => {
      const shown = choice && choice.value !== TEMPLATE ? choice : input;
      fill(error, icon('circle-alert'), detail);
      input.setAttribute('aria-invalid', 'true');
      element.classList.add('has-error');
      return shown;
    },
  };
}
