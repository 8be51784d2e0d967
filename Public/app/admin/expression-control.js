/** Inputs in which names are completed: one for an expression, one for a template. */
import { withCompletion } from './completion.js';
import { labelled } from './controls.js';
import { h } from '../core/dom.js';

/** @typedef {import('./controls.js').Control} Control */
/** @typedef {import('./completion.js').Name} Name */

/**
 * @param {import('./controls.js').Common & {placeholder?: string, nullable?: boolean}} options @param {() => Name[]} names @returns {Control}
 */
export function expressionControl(options, names) {
  const input = h('input', { class: 'input mono', type: 'text', spellcheck: 'false', autocomplete: 'off', placeholder: options.placeholder });
  const words = () => [...names(), ...['and', 'or', 'not', 'true', 'false'].map((name) => ({ name, hint: '' }))];
  return {
    name: options.name, ...labelled(options, input, withCompletion(input, 'expression', words)),
    get: () => options.nullable && input.value.trim() === '' ? null : input.value.trim(),
    set: (value) => input.value = value ?? '',
  };
}
