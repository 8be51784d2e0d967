/** The form of a connector: where the ERP is, how we sign in, the way there, and what its kind has to be told. */
import { h } from '../core/dom.js';
import { labelled, textControl } from './controls.js';
import { connectionGroup, secretPointer, withSecrets } from './connection-fields.js';
import { connectorCare } from './connector-care.js';
import { credentialsControl } from './credentials.js';
import { kindChooser, kindNamed } from './kinds.js';
import { forgetChoices, limitsControl, optionControl } from './option-fields.js';
import { pausing } from './pausing.js';
import { preflightPanel } from './preflight.js';
import { CALLS, callControl } from './rest-calls.js';

/** @typedef {import('./controls.js').Control} Control */
/** @typedef {import('./kinds.js').Kind} Kind */

/** For kinds that this server does not have (any more). @param {string} kind @returns {Kind} */
const unknown = (kind) => ({ kind, title: kind, summary: '', addressExample: '', credentials: [], options: [], connection: { options: [], credentials: [] }, operations: [], capabilities: [] });

/** @type {Pick<import('./sections.js').Section, 'groups' | 'toForm' | 'toBody' | 'pointerOf' | 'aside' | 'below' | 'before' | 'head'>} */
export const connectorForm = {
  before: ({ kinds }, prefill) => kindNamed(kinds, prefill.kind) ? null : kindChooser(kinds),
  groups: ({ kinds }, value) => {
    const kind = kindNamed(kinds, value.kind) ?? unknown(value.kind), calls = new Set(kind.kind === 'rest' ? CALLS.map(({ name }) => name) : []);
    const options = kind.options.filter(({ name }) => !calls.has(name)).map((field) => optionControl(field, value.key ?? null));
    const shown = [...kind.options, ...kind.connection.options];
    return [
      {
        title: 'Connector', help: kind.summary,
        controls: [
          textControl({ name: 'name', label: 'Name', required: true, placeholder: kind.kind === 'rest' ? 'Maintenance ERP' : kind.title }), fixed('kind', 'Kind', kind.title),
          textControl({ name: 'url', label: 'Address', required: true, mono: true, span: true, placeholder: kind.addressExample, help: 'Scheme, host and, if needed, the beginning of the path.' }),
        ],
      },
      { title: 'Sign-in', help: 'Kept encrypted, and never shown again.', controls: [credentialsControl(value, kind.credentials)] },
      ...connectionGroup(kind, value),
      calls.size ? {
        title: 'Calls', help: 'Paths and texts may hold a mapping’s fields and idempotencyKey as ${name}. They are filled in when an order is sent.',
        controls: [...CALLS.map(callControl), ...options, others(shown)],
      } : { title: 'Options', controls: options.length ? [...options, others(shown)] : [] },
      { title: 'Limits', help: `How often Plantwright may call ${kind.title === 'REST' ? 'the ERP' : kind.title}. Deliveries beyond it wait, and none is lost.`, controls: [limitsControl()] },
    ].filter(({ controls }) => controls.length > 0);
  },
  toForm: (value) => ({ options: {}, ...value, ...Object.fromEntries(Object.entries(value.options ?? {}).map(([name, option]) => [`option/${name}`, option])) }),
  toBody: (read) => {
    const body = withSecrets(read), entries = Object.entries(body), isOption = (/** @type {string} */ name) => name.startsWith('option/');
    const options = entries.filter(([name, option]) => isOption(name) && option !== null).map(([name, option]) => [name.slice(7), option]);
    return { ...Object.fromEntries(entries.filter(([name]) => !isOption(name) && name !== 'options')), options: { ...body.options, ...Object.fromEntries(options) } };
  },
  pointerOf: (pointer) => {
    const secret = secretPointer(pointer);
    if (secret) return secret;
    const found = /^\/options\/([^/]+)(.*)$/.exec(pointer);
    return found ? `/option/${found[1]}${found[2]}` : pointer;
  },
  head: (value) => pausing(value),
  aside: (form, { kinds }, signal) => {
    form.element.addEventListener('saved', forgetChoices, { signal });
    const kind = form.read().kind;
    return preflightPanel(form, kind === 'rest' ? 'the ERP' : kindNamed(kinds, kind)?.title ?? kind, signal);
  },
  below: (_form, value, _signal, { kinds }) => connectorCare(value, kindNamed(kinds, value.kind) ?? unknown(value.kind)),
};

/** A value that is part of the document and cannot be changed. @param {string} name @param {string} label @param {string} text @returns {Control} */
function fixed(name, label, text) {
  const input = h('input', { class: 'input', type: 'text', readOnly: true, value: text });
  /** @type {any} */
  let kept = null;
  return { name, ...labelled({ name, label }, input), get: () => kept, set: (value) => kept = value };
}

/** Options that no field shows are kept as they are. @param {import('./kinds.js').Field[]} fields @returns {Control} */
function others(fields) {
  const shown = new Set(fields.map(({ name }) => name));
  /** @type {Record<string, any>} */
  let kept = {};
  return {
    name: 'options', element: h('span', { hidden: true }), fail: () => null, clear: () => {}, get: () => kept,
    set: (value) => kept = Object.fromEntries(Object.entries(value ?? {}).filter(([name]) => !shown.has(name))),
  };
}
