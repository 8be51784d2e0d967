/** The way to an ERP: a proxy, a certificate authority of one's own, a client certificate. Most connectors need none of it. */
import { fill, h, hiddenText, icon } from '../core/dom.js';
import { labelled } from './controls.js';
import { optionControl } from './option-fields.js';

/** @typedef {import('./controls.js').Control} Control */
/** @typedef {import('./kinds.js').Field} Field */
/** @typedef {import('./kinds.js').Kind} Kind */

/** Which part of the stored credentials a field belongs to, as the server names it. @type {Record<string, string>} */
const PART = { proxyUsername: 'proxy', proxyPassword: 'proxy', clientCertificate: 'certificate', clientKey: 'certificate' };

/** Controls of secrets have this in front of their member's name. */
const SECRET = 'secret/';

/** @param {Kind} kind @param {any} value the connector as the server shows it @returns {import('./entry-form.js').Group[]} none for kinds without */
export function connectionGroup(kind, value) {
  const { options, credentials } = kind.connection;
  if (options.length === 0) return [];
  /** @type {string[]} */
  const stored = value.storedCredentials ?? [];
  const secrets = credentials.map((field) => secretControl(field, stored.includes(PART[field.name])));
  const named = (/** @type {string} */ name) => secrets.find((control) => control.name === SECRET + name);
  const [proxy, authority] = ['proxy', 'certificateAuthority'].map((name) => options.find((field) => field.name === name));
  const isUsed = options.some(({ name }) => value.options?.[name]) || stored.some((part) => part !== 'sign-in');
  return [{
    title: 'Connection', folded: !isUsed,
    help: 'For a proxy on the way, a certificate authority of your own, or a certificate that the ERP asks for. It also holds for the token address of OAuth 2. Most connectors need none of it.',
    controls: [
      proxy && wide(optionControl({ ...proxy }, null), 'http://proxy.example:3128'), named('proxyUsername'), named('proxyPassword'),
      authority && optionControl(authority, null), named('clientCertificate'), named('clientKey'),
    ].filter((control) => control !== undefined),
  }];
}

/** @param {Control} control @param {string} placeholder @returns {Control} */
function wide(control, placeholder) {
  control.element.classList.add('span-all');
  const input = control.element.querySelector('input');
  input?.classList.add('mono');
  input?.setAttribute('placeholder', placeholder);
  return control;
}

/** What is stored is not shown: nothing typed keeps it, and a press removes it. @param {Field} field @param {boolean} isStored @returns {Control} */
function secretControl({ name, label, help, kind }, isStored) {
  const isLong = kind === 'multiline', attributes = { class: 'input mono', autocomplete: 'off', spellcheck: 'false' };
  const input = isLong ? h('textarea', { ...attributes, rows: 4 }) : h('input', { ...attributes, type: name === 'proxyPassword' ? 'password' : 'text' });
  let isRemoved = false;
  const button = h('button', { type: 'button', class: 'button small', hidden: !isStored });
  const show = () => {
    input.placeholder = isRemoved ? 'Will be removed' : isStored ? 'Stored, not shown' : isLong ? `-----BEGIN ${name === 'clientKey' ? 'PRIVATE KEY' : 'CERTIFICATE'}-----` : '';
    fill(button, icon(isRemoved ? 'rotate-ccw' : 'trash-2'), isRemoved ? 'Keep what is stored' : 'Remove what is stored', hiddenText(` (${label})`));
  };
  button.addEventListener('click', () => {
    isRemoved = !isRemoved;
    input.value = '';
    show();
    input.dispatchEvent(new Event('input', { bubbles: true }));
  });
  input.addEventListener('input', () => {
    if (input.value !== '') isRemoved = false;
    show();
  });
  show();
  const around = labelled({ name, label, help, span: isLong }, input, h('div', { class: 'secret-input' }, input, button));
  return {
    ...around, name: SECRET + name,
    get: () => input.value.trim() !== '' ? input.value.trim() : isRemoved ? null : undefined,
    set: () => {
      input.value = '';
      isRemoved = false;
      show();
    },
  };
}

/**
 * Puts the secrets to the sign-in, as the parts of `credentials` that this document mentions.
 * @param {Record<string, any>} body as the controls say it
 * @returns {Record<string, any>}
 */
export function withSecrets(body) {
  const secrets = Object.entries(body).filter(([name]) => name.startsWith(SECRET)).map(([name, value]) => [name.slice(SECRET.length), value]);
  const rest = Object.fromEntries(Object.entries(body).filter(([name]) => !name.startsWith(SECRET)));
  if (rest.credentials === undefined && secrets.length === 0) return rest;
  const signIn = rest.credentials ?? {};
  // An empty document would remove everything; this removes the sign-in alone.
  const none = rest.credentials !== undefined && Object.keys(signIn).length === 0 ? { bearer: null } : {};
  return { ...rest, credentials: { ...none, ...signIn, ...Object.fromEntries(secrets) } };
}

/** Where a mistake of the connection's secrets is shown; null for pointers of other fields. @param {string} pointer */
export function secretPointer(pointer) {
  const found = /^\/credentials\/([^/]+)$/.exec(pointer);
  return found && found[1] in PART ? `/${SECRET}${found[1]}` : null;
}
