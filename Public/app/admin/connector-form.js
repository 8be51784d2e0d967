/** The form of a connector: where the ERP is, how we sign in, and for REST which calls do what. */
import { post } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { sentence } from '../core/format.js';
import { credentialsControl } from './credentials.js';
import { jsonControl, labelled, numberControl, selectControl, textControl } from './controls.js';
import { CALLS, callControl } from './rest-calls.js';

/** @typedef {import('./controls.js').Control} Control */

/** Those that the server has; it names them when it refuses another. */
const KINDS = ['rest'];
/** @type {Record<string, string>} */
const NAMES = { rest: 'REST: any ERP with a JSON interface' };

/** @type {Pick<import('./sections.js').Section, 'groups' | 'toForm' | 'toBody' | 'pointerOf' | 'aside'>} */
export const connectorForm = {
  groups: (_context, value) => {
    const kind = value.kind ?? 'rest', isNew = value.key === undefined;
    return [
      {
        title: 'Connector',
        controls: [
          textControl({ name: 'name', label: 'Name', required: true, placeholder: 'Maintenance ERP' }),
          isNew ? selectControl({ name: 'kind', label: 'Kind', choices: KINDS.map((name) => ({ value: name, text: NAMES[name] ?? sentence(name) })) }) : fixed('kind', 'Kind', NAMES[kind] ?? sentence(kind)),
          textControl({ name: 'url', label: 'Address', required: true, mono: true, span: true, placeholder: 'https://erp.example.com', help: 'Scheme, host and, if needed, the beginning of the path.' }),
        ],
      },
      { title: 'Sign-in', help: 'Kept encrypted, and never shown again.', controls: [credentialsControl(value)] },
      kind === 'rest'
        ? {
          title: 'Calls', help: 'Paths and texts may hold a mapping’s fields and idempotencyKey as ${name}. They are filled in when an order is sent.',
          controls: [
            ...CALLS.map(callControl),
            textControl({ name: 'option/link', label: 'Link to an order', mono: true, nullable: true, placeholder: 'https://erp.example.com/orders/${id}', help: 'Where people open an order; shown beside it.' }),
            numberControl({ name: 'option/settle', label: 'Settle time (seconds)', placeholder: '60', help: 'How long the ERP may still be saving after we lost its answer.' }),
          ],
        }
        : { title: 'Options', controls: [jsonControl({ name: 'options', label: 'Options', span: true, rows: 10 })] },
    ];
  },
  toForm: (value) => ({ ...value, ...Object.fromEntries(Object.entries(value.options ?? {}).map(([name, option]) => [`option/${name}`, option])) }),
  toBody: ({ options, ...body }) => {
    const entries = Object.entries(body), isOption = (/** @type {string} */ name) => name.startsWith('option/');
    const calls = entries.filter(([name, option]) => isOption(name) && option !== null).map(([name, option]) => [name.slice(7), option]);
    return { ...Object.fromEntries(entries.filter(([name]) => !isOption(name))), options: options ?? Object.fromEntries(calls) };
  },
  pointerOf: (pointer) => {
    const found = /^\/options\/([^/]+)(.*)$/.exec(pointer);
    return found ? `/option/${found[1]}${found[2]}` : pointer;
  },
  aside: (form, _context, signal) => testPanel(form, signal),
};

/** A value that is part of the document and cannot be changed. @param {string} name @param {string} label @param {string} text @returns {Control} */
function fixed(name, label, text) {
  const input = h('input', { class: 'input', type: 'text', readOnly: true, value: text });
  /** @type {any} */
  let kept = null;
  return { name, ...labelled({ name, label }, input), get: () => kept, set: (value) => kept = value };
}

/** @param {import('./entry-form.js').EntryForm} form @param {AbortSignal} signal */
function testPanel(form, signal) {
  const result = h('div', { 'aria-live': 'polite' });
  const button = h('button', { type: 'button', class: 'button' }, icon('plug'), 'Test connection');
  const note = h('p', { class: 'soft' });
  const refresh = () => {
    button.disabled = form.key === null || form.isDirty;
    note.textContent = button.disabled ? 'Save first: the test uses what is stored.' : 'Calls the ERP with the stored address and sign-in. Nothing is created.';
  };
  form.element.addEventListener('draft', refresh, { signal });
  form.element.addEventListener('saved', refresh, { signal });
  button.addEventListener('click', async () => {
    button.disabled = true;
    fill(result, h('p', { class: 'soft' }, 'Calling …'));
    try {
      const { ok, detail } = await post(`/api/v1/connectors/${form.key}/test`, {}, signal);
      fill(result, h('p', { class: `test-result ${ok ? 'is-good' : 'is-bad'}` }, icon(ok ? 'circle-check' : 'circle-x'), h('span', null, h('strong', null, ok ? 'It works. ' : 'It failed. '), detail)));
    } catch (error) {
      fill(result, h('p', { class: 'test-result is-bad' }, icon('circle-x'), error instanceof Error ? error.message : String(error)));
    } finally {
      refresh();
    }
  });
  refresh();
  return h('section', { class: 'card aside-card', 'aria-label': 'Connection test' }, h('div', { class: 'card-head' }, h('h2', null, 'Connection')),
    h('div', { class: 'form' }, note, h('div', null, button), result));
}
