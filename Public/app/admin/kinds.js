/** The kinds of ERP systems that can be connected, as their manifests describe them. */
import { h, icon } from '../core/dom.js';

/** @typedef {{value: string, label: string}} Choice */
/**
 * @typedef {{name: string, label: string, help: string, kind: 'text' | 'multiline' | 'number' | 'boolean' | 'choice' | 'item' | 'object', required: boolean, initial: any,
 *   maximumLength: number | null, choices: Choice[], list: string | null}} Field of a connector's options or of an operation
 */
/** @typedef {{scheme: string, label: string, help: string, labels: Record<string, string>}} CredentialScheme */
/** @typedef {{operation: string, title: string, fields: Field[]}} Operation */
/**
 * @typedef {{kind: string, title: string, summary: string, addressExample: string, credentials: CredentialScheme[], options: Field[],
 *   connection: {options: Field[], credentials: Field[]},
 *   operations: Operation[], capabilities: string[]}} Kind
 */

/** What a kind can do beside orders, in words. @type {Record<string, string>} */
const CAPABILITIES = { equipment: 'Equipment', items: 'Items', stock: 'Stock', 'order-state': 'Order status', changes: 'Orders made there' };

/** @param {Kind[]} kinds @param {string} name */
export const kindNamed = (kinds, name) => kinds.find(({ kind }) => kind === name);

/** @param {Kind[]} kinds @returns {HTMLElement} a card for each kind; a press begins its form */
export function kindChooser(kinds) {
  return h('section', { 'aria-label': 'Kinds of ERP systems' },
    h('p', { class: 'lead kind-lead' }, 'Which system should Plantwright talk to?'),
    h('ul', { class: 'kind-cards' }, [...kinds].sort((a, b) => Number(a.kind === 'rest') - Number(b.kind === 'rest')).map(card)));
}

/** @param {Kind} kind */
function card({ kind, title, summary, operations, capabilities }) {
  const parts = [...new Set(operations.map(({ operation }) => operation.startsWith('work-order') ? 'Orders' : operation.startsWith('stock') ? 'Stock' : operation.startsWith('meter') ? 'Meters' : 'Parts')),
    ...capabilities.filter((name) => name !== 'stock').map((name) => CAPABILITIES[name] ?? name)];
  return h('li', { class: 'card kind-card' },
    h('h2', null, h('a', { href: `/admin/connectors?new&kind=${kind}` }, title)), h('p', { class: 'soft' }, summary),
    parts.length ? h('p', { class: 'kind-parts' }, [...new Set(parts)].map((part) => h('span', { class: 'badge' }, icon('check'), part))) : null);
}
