/** How a connector signs in. What is stored is never sent back, so “unchanged” is a choice of its own. */
import { fill, h, uniqueId } from '../core/dom.js';

/** @typedef {import('./controls.js').Control} Control */
/** @typedef {{name: string, label: string, secret?: boolean}} Part */

/** @type {Record<string, {text: string, parts: Part[]}>} */
const KINDS = {
  none: { text: 'None', parts: [] },
  bearer: { text: 'Bearer token', parts: [{ name: 'bearer', label: 'Token', secret: true }] },
  basic: { text: 'User and password', parts: [{ name: 'username', label: 'User' }, { name: 'password', label: 'Password', secret: true }] },
  header: { text: 'A header', parts: [{ name: 'header', label: 'Header' }, { name: 'value', label: 'Value', secret: true }] },
  oauth: {
    text: 'OAuth 2 client credentials',
    parts: [{ name: 'tokenUrl', label: 'Token address' }, { name: 'clientId', label: 'Client id' }, { name: 'clientSecret', label: 'Client secret', secret: true }, { name: 'scope', label: 'Scope' }],
  },
};

/** @param {any} stored the connector as the server shows it @returns {Control} */
export function credentialsControl(stored) {
  const isNew = stored.key === undefined, id = uniqueId('credentials');
  const parts = h('div', { class: 'form-grid' }), error = h('p', { class: 'field-error', id: `${id}-error` });
  const kind = h('select', { class: 'input', id, 'aria-describedby': `${id}-error` },
    isNew ? null : h('option', { value: 'unchanged' }, 'Unchanged'), Object.entries(KINDS).map(([value, { text }]) => h('option', { value }, text)));
  /** @type {Map<string, HTMLInputElement>} */
  let inputs = new Map();
  const build = () => {
    inputs = new Map();
    fill(parts, (KINDS[kind.value]?.parts ?? []).map(({ name, label, secret }) => {
      const input = h('input', { class: 'input mono', type: secret ? 'password' : 'text', autocomplete: 'off', spellcheck: 'false' });
      inputs.set(name, input);
      return h('label', { class: 'field' }, h('span', { class: 'field-label' }, label), input);
    }));
  };
  kind.addEventListener('change', build);
  return {
    name: 'credentials',
    element: h('div', { class: 'form span-all' }, h('div', { class: 'field' }, h('label', { class: 'field-label', htmlFor: id }, 'Kind of sign-in'), kind, error), parts),
    set: () => {
      kind.value = isNew ? 'none' : 'unchanged';
      build();
    },
    get: () => {
      if (kind.value === 'unchanged') return undefined;
      return Object.fromEntries([...inputs].filter(([, input]) => input.value !== '').map(([name, input]) => [name, input.value]));
    },
    clear: () => fill(error),
    fail: (rest, detail) => {
      error.textContent = detail;
      return inputs.get(rest.slice(1)) ?? kind;
    },
  };
}
