/** Which value of a message is which metric: rows of metric, path, unit on the wire and expression. */
import { h } from '../core/dom.js';
import { withCompletion } from './completion.js';
import { labelled, textControl } from './controls.js';
import { FUNCTIONS, metricNames } from './names.js';
import { rowsControl } from './rows.js';

/** @typedef {import('./controls.js').Control} Control */
/** @typedef {import('./completion.js').Name} Name */
/** @typedef {{metric: string, path: string, unit: string, expression: string}} Row */

/** @type {Name} */
const VALUE = { name: 'value', hint: 'The value as it came' };

/** @param {string} name @param {string} label @param {string} placeholder @param {() => Name[]} names @returns {Control} */
function completed(name, label, placeholder, names) {
  const input = h('input', { class: 'input mono', type: 'text', spellcheck: 'false', autocomplete: 'off', placeholder });
  return { name, ...labelled({ name, label }, input, withCompletion(input, 'expression', names)), get: () => input.value.trim(), set: (value) => input.value = value ?? '' };
}

/** A location has two paths, with a comma between them. @param {Row} row @returns {any} */
function fieldOf({ path, unit, expression }) {
  const [lat, lon] = path.split(',').map((part) => part.trim());
  if (lon !== undefined) return { lat, lon };
  return unit || expression ? { path, ...(unit ? { unit } : {}), ...(expression ? { expression } : {}) } : path;
}

/** @param {string} metric @param {any} field @returns {Row} */
function rowOf(metric, field) {
  if (typeof field === 'string') return { metric, path: field, unit: '', expression: '' };
  return { metric, path: field.path ?? `${field.lat}, ${field.lon}`, unit: field.unit ?? '', expression: field.expression ?? '' };
}

/** @returns {Control & {map: (metric: string, path: string) => void, paths: () => Map<string, string>}} */
export function fieldMapping() {
  const rows = rowsControl({
    name: 'fields', label: 'Fields', hideLabel: true, columns: 'minmax(0, 1fr) minmax(0, 1.5fr) minmax(0, 0.7fr) minmax(0, 1.1fr)',
    heads: ['Metric', 'Path in the message', 'Unit there', 'Expression'], addText: 'Add a field', blank: { metric: '', path: '', unit: '', expression: '' },
    row: () => [
      completed('metric', 'Metric', 'temperature', () => metricNames(null)), textControl({ name: 'path', label: 'Path in the message', mono: true, placeholder: 'sensors.0.temp' }),
      textControl({ name: 'unit', label: 'Unit there', mono: true, placeholder: 'as metric' }), completed('expression', 'Expression', 'value * 0.1', () => [VALUE, ...FUNCTIONS]),
    ],
  });
  rows.element.classList.add('field-mapping');
  rows.element.addEventListener('change', () => {
    const metrics = rows.get().map((/** @type {Row} */ { metric }) => metric);
    metrics.forEach((/** @type {string} */ metric, /** @type {number} */ at) => {
      if (metric !== '' && metrics.indexOf(metric) < at) rows.fail(`/${at}/metric`, 'This metric has a row already.');
    });
  });
  /** @returns {Row[]} */
  const read = () => rows.get().filter((/** @type {Row} */ row) => Object.values(row).some((text) => text !== ''));
  /** @param {Row[]} values */
  const write = (values) => rows.set(values);
  return {
    name: 'fields', element: rows.element, clear: rows.clear,
    get: () => Object.fromEntries(read().map((row) => [row.metric, fieldOf(row)])),
    set: (value) => write(Object.entries(value ?? {}).map(([metric, field]) => rowOf(metric, field))),
    fail: (rest, detail) => {
      const [, metric = '', part] = rest.split('/').map((text) => text.replaceAll('~1', '/').replaceAll('~0', '~'));
      const at = rows.get().findIndex((/** @type {Row} */ row) => row.metric === metric);
      return at < 0 ? rows.fail('', detail) : rows.fail(`/${at}/${part === 'unit' || part === 'expression' ? part : 'path'}`, detail);
    },
    map: (metric, path) => {
      const before = read(), row = before.find((candidate) => candidate.metric === metric);
      if (row) row.path = path;
      write(row ? before : [...before, { metric, path, unit: '', expression: '' }]);
      rows.element.querySelector('.row-editor')?.dispatchEvent(new Event('input', { bubbles: true }));
    },
    paths: () => new Map(read().flatMap(({ path, metric }) => path.split(',').map((part) => [part.trim(), metric]))),
  };
}
