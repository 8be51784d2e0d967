/** One call of the REST connector: method, path, body, and where in the answer things are. */
import { fill, h, icon } from '../core/dom.js';
import { jsonControl, selectControl, textControl } from './controls.js';

/** @typedef {import('./controls.js').Control} Control */
/** @typedef {{name: string, title: string, help: string, parts: string[], method: string, path: string}} Call */

/** @type {Call[]} */
export const CALLS = [
  { name: 'create', title: 'Create an order', help: 'Sent once for each order.', parts: ['body', 'id'], method: 'POST', path: '/api/orders' },
  { name: 'find', title: 'Find an order by its key', help: 'Asked when an answer was lost, so that no order is made twice.', parts: ['items', 'id'], method: 'GET', path: '/api/orders?reference=${idempotencyKey}' },
  { name: 'status', title: 'Read an order’s status', help: '${id} is the ERP’s id of the order.', parts: ['state', 'done'], method: 'GET', path: '/api/orders/${id}' },
  {
    name: 'attach', title: 'Attach a picture to an order', help: 'For mappings that attach a chart. ${id} is the ERP’s id of the order, ${fileName} a name with the key in it; a body has ${picture} for the picture in base 64. Without a body the picture itself is sent.',
    parts: ['body', 'form', 'headers', 'find'], method: 'POST', path: '/api/orders/${id}/files',
  },
  { name: 'stock', title: 'Set a stock level', help: 'For mappings that keep stock.', parts: ['body'], method: 'PUT', path: '/api/stock/${item}' },
  { name: 'meter', title: 'Record a meter reading', help: 'For mappings that record meters.', parts: ['body'], method: 'POST', path: '/api/meters' },
];

/** @type {Record<string, () => Control>} */
const PARTS = {
  body: () => jsonControl({ name: 'body', label: 'Body', span: true, rows: 6, placeholder: '{ "subject": "${title}" }' }),
  id: () => textControl({ name: 'id', label: 'Id in the answer', mono: true, placeholder: 'id', nullable: true, help: 'Dotted path' }),
  items: () => textControl({ name: 'items', label: 'List in the answer', mono: true, placeholder: 'items', nullable: true, help: 'Dotted path; empty if the answer is the list' }),
  state: () => textControl({ name: 'state', label: 'Status in the answer', mono: true, placeholder: 'status', nullable: true, help: 'Dotted path' }),
  form: () => textControl({ name: 'form', label: 'Field of a form', mono: true, placeholder: 'file', nullable: true, help: 'Sends a form (multipart) with the picture in this field; the body has the others' }),
  headers: () => jsonControl({ name: 'headers', label: 'Header fields', rows: 4, placeholder: '{ "X-Atlassian-Token": "no-check" }' }),
  find: () => jsonControl({ name: 'find', label: 'Find it again', span: true, rows: 4, placeholder: '{ "path": "/api/orders/${id}/files", "items": "items", "key": "name" }' }),
  done: () => {
    const control = textControl({ name: 'done', label: 'Means done', mono: true, placeholder: 'done, cancelled', help: 'Values, with commas between them' });
    return {
      ...control,
      get: () => control.get().split(',').map((/** @type {string} */ text) => text.trim()).filter(Boolean),
      set: (value) => control.set((value ?? []).join(', ')),
    };
  },
};

/** @param {Call} call @returns {Control} */
export function callControl({ name, title, help, parts, method, path }) {
  const controls = [
    selectControl({ name: 'method', label: 'Method', choices: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map((value) => ({ value, text: value })) }),
    textControl({ name: 'path', label: 'Path', mono: true, placeholder: path }), ...parts.map((part) => PARTS[part]()),
  ];
  const error = h('p', { class: 'field-error' }), preview = h('code', { class: 'soft truncate' });
  const details = h('details', { class: 'call span-all' },
    h('summary', null, h('span', { class: 'call-title' }, title), preview), h('p', { class: 'field-help' }, help), h('div', { class: 'form-grid call-grid' }, controls.map(({ element }) => element)), error);
  const describe = () => fill(preview, controls[1].get() ? `${controls[0].get()} ${controls[1].get()}` : 'not used');
  details.addEventListener('input', describe);
  return {
    name: `option/${name}`,
    element: details,
    get: () => {
      const value = Object.fromEntries(controls.map((control) => [control.name, control.get()]).filter(([, part]) => part !== null && part !== undefined));
      return value.path === '' ? null : value;
    },
    set: (value) => {
      for (const control of controls) control.set(value?.[control.name] ?? (control.name === 'method' ? method : undefined));
      details.open = name === 'create' && value === undefined;
      describe();
    },
    clear: () => {
      fill(error);
      controls.forEach((control) => control.clear());
    },
    fail: (rest, detail) => {
      details.open = true;
      const part = rest.split('/')[1], control = controls.find((candidate) => candidate.name === part);
      if (control) return control.fail('', detail);
      fill(error, icon('circle-alert'), detail);
      return details.querySelector('summary');
    },
  };
}
