/** The operation of a mapping: what the chosen connector can do, in the ERP's own words. */
import { fill, h } from '../core/dom.js';
import { operationName } from '../core/deliveries.js';
import { labelled } from './controls.js';

/** @typedef {import('./kinds.js').Operation} Operation */

/** What a connector of templates can do. @type {Operation[]} */
const FREE_OPERATIONS = ['work-order.create', 'stock.set', 'meter.record'].map((operation) => ({ operation, title: '', fields: [] }));

/** The same, with what this one's templates add. @param {{options?: Record<string, any>} | undefined} connector @returns {Operation[]} */
export const freeOperations = (connector) => connector?.options?.attach ? [...FREE_OPERATIONS, { operation: 'work-order.attach', title: '', fields: [] }] : FREE_OPERATIONS;

/** @param {() => Operation[]} operations @returns {import('./controls.js').Control & {refresh: () => void}} */
export function operationControl(operations) {
  const input = h('select', { class: 'input' });
  // Pictures go with orders: a switch of theirs asks for them.
  const offered = () => operations().filter(({ operation }) => operation !== 'work-order.attach');
  const set = (/** @type {any} */ value) => {
    const list = offered(), known = list.some(({ operation }) => operation === value);
    fill(input, list.map(({ operation, title }) => h('option', { value: operation }, title && title !== operationName(operation) ? `${operationName(operation)}: ${title}` : operationName(operation))),
      value && !known ? h('option', { value }, `${operationName(value)} (not in this ERP)`) : null);
    input.value = value ?? list[0]?.operation ?? '';
  };
  return {
    name: 'operation', ...labelled({ name: 'operation', label: 'Operation' }, input), get: () => input.value || null, set,
    refresh: () => {
      const list = offered();
      set(list.some(({ operation }) => operation === input.value) ? input.value : list[0]?.operation);
    },
  };
}
