/**
 * Form controls: each knows its part of the document, its pointer, and where its mistake is shown. A control is told
 * of a mistake by the JSON pointer below its own; it answers whether it has shown it.
 */
import { fill, h, icon, uniqueId } from '../core/dom.js';

/** @typedef {import('../core/dom.js').Child} Child */
/**
 * @typedef {{name: string, element: HTMLElement, get: () => any, set: (value: any) => void,
 *   fail: (rest: string, detail: string) => HTMLElement | null, clear: () => void}} Control
 */
/** @typedef {{name: string, label: string, help?: Child, required?: boolean, span?: boolean}} Common */

/**
 * Puts label, help and error around an input.
 * @param {Common} common @param {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} input @param {Node} [shown] what stands in its place
 * @returns {{element: HTMLElement, fail: Control['fail'], clear: () => void}}
 */
export function labelled({ label, help, required, span }, input, shown = input) {
  const id = uniqueId('field'), error = h('p', { class: 'field-error', id: `${id}-error` });
  input.id = id;
  input.required = required ?? false;
  input.setAttribute('aria-describedby', `${id}-error${help ? ` ${id}-help` : ''}`);
  const element = h('div', { class: `field${span ? ' span-all' : ''}` },
    h('label', { class: 'field-label', htmlFor: id }, label, required ? null : null), shown,
    help ? h('p', { class: 'field-help', id: `${id}-help` }, help) : null, error);
  const clear = () => {
    fill(error);
    input.removeAttribute('aria-invalid');
    element.classList.remove('has-error');
  };
  input.addEventListener('input', clear);
  return {
    element, clear,
    fail: (_rest, detail) => {
      fill(error, icon('circle-alert'), detail);
      input.setAttribute('aria-invalid', 'true');
      element.classList.add('has-error');
      return input;
    },
  };
}

/** @param {Common & {placeholder?: string, mono?: boolean, readOnly?: boolean, rows?: number, nullable?: boolean}} options @returns {Control} */
export function textControl(options) {
  const { name, placeholder, mono, readOnly, rows, nullable } = options;
  const attributes = { class: `input${mono ? ' mono' : ''}`, placeholder, readOnly, spellcheck: mono ? 'false' : null, autocomplete: 'off' };
  const input = rows ? h('textarea', { ...attributes, rows }) : h('input', { ...attributes, type: 'text' });
  return {
    name, ...labelled(options, input),
    get: () => nullable && input.value.trim() === '' ? null : input.value.trim(),
    set: (value) => input.value = value ?? '',
  };
}

/** @param {Common & {unit?: string, placeholder?: string}} options @returns {Control} */
export function numberControl(options) {
  const input = h('input', { class: 'input', type: 'text', inputmode: 'decimal', placeholder: options.placeholder });
  return {
    name: options.name, ...labelled(options, input),
    get: () => {
      const text = input.value.trim().replace(',', '.');
      return text === '' ? null : Number.isNaN(Number(text)) ? text : Number(text);
    },
    set: (value) => input.value = value === null || value === undefined ? '' : String(value),
  };
}

/** @typedef {{value: string, text: string}} Choice */

/** @param {Common & {choices: Choice[], empty?: string}} options an `empty` text allows for no choice @returns {Control} */
export function selectControl(options) {
  const { choices, empty } = options;
  const input = h('select', { class: 'input' }, empty === undefined ? null : h('option', { value: '' }, empty),
    choices.map(({ value, text }) => h('option', { value }, text)));
  return {
    name: options.name, ...labelled(options, input),
    get: () => input.value === '' ? null : input.value,
    set: (value) => {
      if (value && !choices.some((choice) => choice.value === value)) input.append(h('option', { value }, value));
      input.value = value ?? (empty === undefined ? choices[0]?.value ?? '' : '');
    },
  };
}

/** @param {Common} options @returns {Control} */
export function checkControl({ name, label, help }) {
  const input = h('input', { type: 'checkbox' }), error = h('p', { class: 'field-error' });
  return {
    name,
    element: h('div', { class: 'field span-all' }, h('label', { class: 'check-field' }, input, h('span', null, label, help ? h('span', { class: 'sub' }, help) : null)), error),
    get: () => input.checked,
    set: (value) => input.checked = value ?? true,
    clear: () => fill(error),
    fail: (_rest, detail) => {
      fill(error, icon('circle-alert'), detail);
      return input;
    },
  };
}

/** @type {[string, string, RegExp][]} */
const UNITS = [['S', 'seconds', /^PT([\d.]+)S$/], ['M', 'minutes', /^PT([\d.]+)M$/], ['H', 'hours', /^PT([\d.]+)H$/], ['D', 'days', /^P([\d.]+)D$/]];

/** A length of time, kept as ISO 8601. @param {Common & {placeholder?: string, unit?: string}} options `unit`: the code that an empty one begins with @returns {Control} */
export function durationControl(options) {
  const amount = h('input', { class: 'input', type: 'text', inputmode: 'decimal', placeholder: options.placeholder });
  const unit = h('select', { class: 'input', 'aria-label': `${options.label}, unit` }, UNITS.map(([code, text]) => h('option', { value: code }, text)));
  return {
    name: options.name, ...labelled(options, amount, h('div', { class: 'input-pair' }, amount, unit)),
    get: () => {
      const text = amount.value.trim().replace(',', '.');
      return text === '' ? null : /^[\d.]+$/.test(text) ? `P${unit.value === 'D' ? '' : 'T'}${text}${unit.value}` : text;
    },
    set: (value) => {
      const found = UNITS.map(([code, , pattern]) => ({ code, match: pattern.exec(value ?? '') })).find(({ match }) => match);
      amount.value = found?.match?.[1] ?? value ?? '';
      unit.value = found?.code ?? options.unit ?? 'S';
    },
  };
}

/** A field of the document that holds any JSON. @param {Common & {rows?: number, placeholder?: string}} options @returns {Control} */
export function jsonControl(options) {
  const input = h('textarea', { class: 'input mono', rows: options.rows ?? 6, spellcheck: 'false', placeholder: options.placeholder });
  const around = labelled(options, input);
  input.addEventListener('change', () => {
    try {
      if (input.value.trim() !== '') input.value = JSON.stringify(JSON.parse(input.value), null, 2);
    } catch (error) {
      around.fail('', `This is not valid JSON: ${error instanceof Error ? error.message : error}`);
    }
  });
  return {
    name: options.name, ...around,
    get: () => {
      if (input.value.trim() === '') return undefined;
      try {
        return JSON.parse(input.value);
      } catch {
        return input.value;
      }
    },
    set: (value) => input.value = value === undefined || value === null ? '' : JSON.stringify(value, null, 2),
  };
}
