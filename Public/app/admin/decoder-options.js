/** The options of a decoder as controls; which there are, the server says. */
import { fill, h } from '../core/dom.js';
import { sentence } from '../core/format.js';
import { labelled, numberControl, selectControl, textControl } from './controls.js';

/** @typedef {import('./controls.js').Control} Control */
/** @typedef {import('./source-form.js').DecoderOption} DecoderOption */

/** `timeFormat` → `Time format`. @param {string} name */
const label = (name) => sentence(name.replace(/([A-Z])/g, ' $1').toLowerCase());

/** @param {DecoderOption} option @returns {Control} */
function optionControl(option) {
  const { name, type, description } = option, common = { name, label: label(name), help: description };
  const usual = option.default === null || option.default === undefined || option.default === '' ? '' : String(option.default);
  const choices = option.choices ?? (type.includes('|') ? type.split('|').map((text) => text.trim().replaceAll('"', '')) : null);
  if (choices) return selectControl({ ...common, empty: usual ? `Usual (${usual})` : 'Not set', choices: choices.map((value) => ({ value, text: value })) });
  if (type === 'flag' || type.startsWith('bool')) return booleanControl(common, option.default === true);
  if (type === 'number' || type === 'integer') return numberControl({ ...common, placeholder: usual });
  if (type === 'list') return listControl(common);
  return textControl({ ...common, mono: true, nullable: true, placeholder: usual });
}

/** @param {import('./controls.js').Common} common @returns {Control} */
function listControl(common) {
  const control = textControl({ ...common, mono: true, placeholder: 'with commas between them' });
  return {
    ...control, set: (value) => control.set((value ?? []).join(', ')),
    get: () => control.get() === '' ? null : control.get().split(',').map((/** @type {string} */ text) => text.trim()).filter(Boolean),
  };
}

/** @param {import('./controls.js').Common} common @param {boolean} usual @returns {Control} */
function booleanControl(common, usual) {
  const input = h('select', { class: 'input' }, h('option', { value: '' }, `Usual (${usual ? 'yes' : 'no'})`), h('option', { value: 'true' }, 'Yes'), h('option', { value: 'false' }, 'No'));
  return { name: common.name, ...labelled(common, input), get: () => input.value === '' ? null : input.value === 'true', set: (value) => input.value = value === null || value === undefined ? '' : String(value) };
}

/** @returns {Control & {build: (options: DecoderOption[]) => void}} */
export function decoderOptions() {
  const holder = h('div', { class: 'form-grid' });
  const element = h('div', { class: 'form span-all', hidden: true }, h('h3', null, 'Options of the decoder'), holder);
  /** @type {Control[]} */
  let controls = [];
  /** @type {Record<string, any>} what no control shows is kept */
  let kept = {};
  const get = () => ({ ...kept, ...Object.fromEntries(controls.map((control) => [control.name, control.get()]).filter(([, value]) => value !== null)) });
  const set = (/** @type {any} */ value) => {
    const names = new Set(controls.map(({ name }) => name));
    kept = Object.fromEntries(Object.entries(value ?? {}).filter(([name]) => !names.has(name)));
    for (const control of controls) control.set(value?.[control.name] ?? null);
  };
  return {
    name: 'options', element, get, set,
    build: (options) => {
      const now = get(), names = new Set(options.map(({ name }) => name));
      controls = options.map(optionControl);
      element.hidden = options.length === 0;
      fill(holder, controls.map((control) => control.element));
      set(Object.fromEntries(Object.entries(now).filter(([name]) => names.has(name))));
    },
    clear: () => controls.forEach((control) => control.clear()),
    fail: (rest, detail) => controls.find(({ name }) => name === rest.split('/')[1])?.fail('', detail) ?? null,
  };
}
