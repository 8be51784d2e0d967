/** What an application of configuration does, or did: entry by entry, value by value. */
import { h, hiddenText } from '../core/dom.js';
import { pathText, valueText } from '../core/difference.js';
import { plural } from '../core/format.js';

/** @typedef {{pointer: string, before?: any, after?: any}} FieldChange an absent member was, or will be, absent */
/** @typedef {'created' | 'changed' | 'deleted'} ChangeKind */
/** @typedef {{section: string, key: string, change: ChangeKind, fields: FieldChange[]}} EntryChange */
/** @typedef {{dryRun: boolean, created: number, changed: number, deleted: number, unchanged: number, items: EntryChange[], missingCredentials: {connector: string, kind: string}[]}} Outcome */

/** @type {Record<ChangeKind, {done: string, planned: string, className: string}>} */
const KINDS = {
  created: { done: 'Created', planned: 'Will be created', className: 'good' },
  changed: { done: 'Changed', planned: 'Will be changed', className: 'info' },
  deleted: { done: 'Deleted', planned: 'Will be deleted', className: 'bad' },
};

/** @param {string} section */
export const singular = (section) => section.replace(/s$/, '');

/** @param {ChangeKind} change @param {boolean} [isPlanned] */
export const changeBadge = (change, isPlanned = false) => h('span', { class: `badge ${KINDS[change].className}` }, isPlanned ? KINDS[change].planned : KINDS[change].done);

/** The parts of a JSON pointer. @param {string} pointer */
const parts = (pointer) => pointer.split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

/** @param {FieldChange[]} fields @param {string} caption */
export function fieldTable(fields, caption) {
  if (fields.length === 0) return h('p', { class: 'soft' }, 'Nothing else is said about it.');
  const value = (/** @type {'before' | 'after'} */ side, /** @type {FieldChange} */ field) => !(side in field) ? h('span', { class: 'soft' }, 'not there')
    : h(side === 'before' ? 'del' : 'ins', null, field[side] === null ? 'nothing' : valueText(field[side]));
  return h('div', { class: 'difference', tabIndex: 0, role: 'region', 'aria-label': caption }, h('table', { class: 'plain-table' },
    h('caption', { class: 'visually-hidden' }, caption),
    h('thead', null, h('tr', null, ['What', 'Before', 'After'].map((title) => h('th', { scope: 'col' }, title)))),
    h('tbody', null, fields.map((field) => h('tr', null, h('th', { scope: 'row' }, pathText(parts(field.pointer)) || 'Everything'),
      h('td', null, value('before', field)), h('td', null, value('after', field)))))));
}

/** A document as its members, for entries that are made or deleted. @param {EntryChange} item @returns {FieldChange[]} */
function members(item) {
  const [whole] = item.fields;
  const side = item.change === 'created' ? 'after' : 'before';
  if (item.change === 'changed' || !whole || whole.pointer !== '' || typeof whole[side] !== 'object' || whole[side] === null) return item.fields;
  return [...Object.entries(whole[side]).filter(([, value]) => value !== null).map(([name, value]) => ({ pointer: `/${name}`, [side]: value })), ...item.fields.slice(1)];
}

/** What becomes of one entry. @param {EntryChange} item */
export const changeTable = (item) => fieldTable(members(item), `${singular(item.section)} ${item.key}`);

/** @param {Outcome} outcome @returns {HTMLElement} */
export function changeList(outcome) {
  const deletedFirst = outcome.items.toSorted((a, b) => Number(b.change === 'deleted') - Number(a.change === 'deleted'));
  return h('ol', { class: 'change-list' }, deletedFirst.map((item) => h('li', null, h('details', { open: item.change === 'changed' && outcome.items.length <= 20 },
    h('summary', null, changeBadge(item.change, outcome.dryRun), h('span', { class: 'soft' }, singular(item.section)), h('span', { class: 'mono' }, item.key),
      item.change === 'changed' ? h('span', { class: 'soft' }, plural(item.fields.length, 'value')) : null, hiddenText(': show what')),
    changeTable(item)))));
}

/** @param {Outcome} outcome */
export function outcomeWords({ created, changed, deleted, unchanged }) {
  const said = [created ? `${created} created` : '', changed ? `${changed} changed` : '', deleted ? `${deleted} deleted` : ''].filter(Boolean);
  return said.length ? `${said.join(', ')}, ${unchanged} left alone` : 'Nothing differs';
}
