/** How a connector signs in. What is stored is never sent back, so “unchanged” is a choice of its own. */
import { fill, h, icon, uniqueId } from '../core/dom.js';

/** @typedef {import('./controls.js').Control} Control */
/** @typedef {import('./kinds.js').CredentialScheme} CredentialScheme */
/** @typedef {{name: string, label: string, secret?: boolean}} Part */

/** What each scheme consists of, with the words of those ERPs that have none of their own. @type {Record<string, Part[]>} */
const PARTS = {
  none: [],
  bearer: [{ name: 'bearer', label: 'Token', secret: true }],
  basic: [{ name: 'username', label: 'User' }, { name: 'password', label: 'Password', secret: true }],
  header: [{ name: 'header', label: 'Header' }, { name: 'value', label: 'Value', secret: true }],
  oauth2: [{ name: 'tokenUrl', label: 'Token address' }, { name: 'clientId', label: 'Client id' }, { name: 'clientSecret', label: 'Client secret', secret: true }, { name: 'scope', label: 'Scope' }],
};

/** @param {any} stored the connector as the server shows it @param {CredentialScheme[]} schemes as the kind has them @returns {Control} */
export function credentialsControl(stored, schemes) {
  const isNew = stored.key === undefined, isStored = stored.storedCredentials ? stored.storedCredentials.includes('sign-in') : stored.hasCredentials;
  const id = uniqueId('credentials');
  const parts = h('div', { class: 'form-grid' }), error = h('p', { class: 'field-error', id: `${id}-error` }), help = h('p', { class: 'field-help', id: `${id}-help` });
  const kind = h('select', { class: 'input', id, 'aria-describedby': `${id}-help ${id}-error` },
    isNew ? null : h('option', { value: 'unchanged' }, isStored ? 'Unchanged (stored, not shown)' : 'Unchanged (none)'),
    schemes.map(({ scheme, label }) => h('option', { value: scheme }, label)));
  /** @type {Map<string, HTMLInputElement>} */
  let inputs = new Map();
  const build = () => {
    const chosen = schemes.find(({ scheme }) => scheme === kind.value);
    inputs = new Map();
    fill(help, chosen?.help ?? (isStored ? 'Choose a kind of sign-in to replace what is stored.' : ''));
    fill(error);
    fill(parts, (PARTS[kind.value] ?? []).map(({ name, label, secret }) => {
      const input = h('input', { class: 'input mono', type: secret ? 'password' : 'text', autocomplete: 'off', spellcheck: 'false' });
      inputs.set(name, input);
      return h('label', { class: 'field' }, h('span', { class: 'field-label' }, chosen?.labels[name] ?? label), input);
    }));
  };
  kind.addEventListener('change', build);
  return {
    name: 'credentials',
    element: h('div', { class: 'form span-all' }, h('div', { class: 'field' }, h('label', { class: 'field-label', htmlFor: id }, 'Kind of sign-in'), kind, help, error), parts),
    set: () => {
      kind.value = isNew ? schemes[0]?.scheme ?? '' : 'unchanged';
      build();
    },
    get: () => {
      if (kind.value === 'unchanged') return undefined;
      return Object.fromEntries([...inputs].filter(([, input]) => input.value !== '').map(([name, input]) => [name, input.value]));
    },
    clear: () => fill(error),
    fail: (rest, detail) => {
      fill(error, icon('circle-alert'), detail);
      return inputs.get(rest.slice(1)) ?? kind;
    },
  };
}
