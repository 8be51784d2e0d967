/** A readable difference of two documents. */
import { h } from '../core/dom.js';
import { difference, pathText, valueText } from '../core/difference.js';

/** Members that say nothing about what a document does. */
const IGNORED = ['key', 'version', 'revision', 'updatedAt', 'warnings'];

/** @param {any} document */
const bare = (document) => Object.fromEntries(Object.entries(document ?? {}).filter(([name]) => !IGNORED.includes(name)));

/** @param {any} before @param {any} after @param {{caption: string, before: string, after: string, same: string}} words */
export function differenceTable(before, after, words) {
  const changes = difference(bare(before), bare(after));
  if (changes.length === 0) return h('p', { class: 'soft' }, words.same);
  return h('div', { class: 'difference' }, h('table', { class: 'plain-table' },
    h('caption', { class: 'visually-hidden' }, words.caption),
    h('thead', null, h('tr', null, ['What', words.before, words.after].map((title) => h('th', { scope: 'col' }, title)))),
    h('tbody', null, changes.map((change) => h('tr', null, h('th', { scope: 'row' }, pathText(change.path)),
      h('td', null, change.before === undefined ? h('span', { class: 'soft' }, 'not there') : h('del', null, valueText(change.before))),
      h('td', null, change.after === undefined ? h('span', { class: 'soft' }, 'not there') : h('ins', null, valueText(change.after))))))));
}
