/** A JSON payload as a tree of fields; a click on one makes it a metric. */
import { h, icon } from '../core/dom.js';
import { plural } from '../core/format.js';

/** @typedef {{path: string, value: any}} Leaf */

/** Longer lists are cut: the elements look alike. */
const MOST_ELEMENTS = 20;
const MOST_TEXT = 60;

/** @param {any} value */
export function valueText(value) {
  const text = typeof value === 'string' ? `“${value}”` : JSON.stringify(value) ?? '–';
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text;
}

/** @param {any} value */
const isBranch = (value) => typeof value === 'object' && value !== null && Object.keys(value).length > 0;

/**
 * @param {any} value of the whole payload
 * @param {{onPick: (leaf: Leaf) => void, metricOf: (path: string) => string | null, isPickable: (path: string) => boolean}} options
 */
export function payloadTree(value, options) {
  return h('div', { class: 'payload-tree' }, isBranch(value) ? branch(value, '', options) : leaf('', 'The whole payload', value, options));
}

/** @param {any} value @param {string} path @param {Parameters<typeof payloadTree>[1]} options @returns {HTMLElement} */
function branch(value, path, options) {
  const entries = Object.entries(value), shown = Array.isArray(value) ? entries.slice(0, MOST_ELEMENTS) : entries;
  return h('ul', null, shown.map(([name, child]) => {
    const below = path ? `${path}.${name}` : name;
    if (!isBranch(child)) return h('li', null, leaf(below, name, child, options));
    const size = Object.keys(child).length, degrees = ['lat lon', 'latitude longitude', 'lat lng'].map((pair) => pair.split(' ')).find(([lat, lon]) => typeof child[lat] === 'number' && typeof child[lon] === 'number');
    return h('li', null, h('details', { open: true },
      h('summary', null, h('span', { class: 'tree-name' }, name), h('span', { class: 'soft' }, Array.isArray(child) ? plural(size, 'element') : plural(size, 'field')),
        degrees && options.isPickable(below) ? pickButton(degrees.map((part) => `${below}.${part}`).join(', '), child, options, options.metricOf(`${below}.${degrees[0]}`) ?? 'use as location') : null),
      branch(child, below, options)));
  }), entries.length > shown.length ? h('li', { class: 'soft' }, `and ${entries.length - shown.length} more`) : null);
}

/** @param {string} path @param {any} value @param {Parameters<typeof payloadTree>[1]} options @param {string} text */
function pickButton(path, value, options, text) {
  return h('button', { type: 'button', class: 'chip', on: { click: (/** @type {Event} */ event) => {
    event.preventDefault();
    options.onPick({ path, value });
  } } }, text);
}

/** @param {string} path @param {string} name @param {any} value @param {Parameters<typeof payloadTree>[1]} options */
function leaf(path, name, value, options) {
  const metric = options.metricOf(path), words = metric ? `${path}, is metric ${metric}` : `Make ${path} a metric`;
  const content = [h('span', { class: 'tree-name' }, name), h('span', { class: `tree-value is-${value === null ? 'null' : typeof value}` }, valueText(value)),
    metric ? h('span', { class: 'badge good' }, icon('check'), metric) : null];
  return options.isPickable(path)
    ? h('button', { type: 'button', class: `tree-leaf${metric ? ' is-mapped' : ''}`, title: words, 'aria-label': `${name}: ${valueText(value)}. ${words}`, on: { click: () => options.onPick({ path, value }) } }, content,
      metric ? null : h('span', { class: 'tree-add', 'aria-hidden': 'true' }, icon('plus')))
    : h('div', { class: 'tree-leaf' }, content);
}
