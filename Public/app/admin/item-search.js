/** Finds an item of stock in the ERP's own list. */
import { get, post, withQuery } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { formatCount, plural } from '../core/format.js';
import { age } from '../components/age.js';
import { chooseByWords } from '../components/search-dialog.js';

/** @typedef {{readAt: string | null, reading: boolean, count: number | null, error: string | null, total: number, items: {reference: string, name: string, unit: string | null}[]}} Items */

const LIMIT = 40, INTERVAL = 1000;

/** @param {string} connector its key @returns {Promise<string | null>} the reference of the chosen item */
export function chooseItem(connector) {
  const standing = h('div', { class: 'item-standing', role: 'status' });
  let again = () => {};
  /** One for all searches: words are typed while a long list is being read. @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const path = `/api/v1/connectors/${connector}/items`;
  const readAgain = async () => {
    try {
      await post(`${path}/read`);
      again();
    } catch (error) {
      fill(standing, h('p', { class: 'notice is-bad' }, icon('circle-alert'), error instanceof Error ? error.message : String(error)));
    }
  };
  /** @param {Items} items */
  const show = ({ readAt, reading, count, error, total }) => fill(standing,
    reading ? h('p', { class: 'soft' }, `The items are being read from the ERP …${count ? ` ${formatCount(count)} so far` : ''}`) : null,
    error ? h('p', { class: 'notice is-bad' }, icon('circle-alert'), h('span', null, h('strong', null, 'The items could not be read. '), error)) : null,
    readAt && !reading ? h('p', { class: 'soft' }, `${plural(total, 'item')}, read from the ERP `, age(readAt), '.') : null,
    reading ? null : h('button', { type: 'button', class: 'button small', on: { click: readAgain } }, icon('refresh-cw'), readAt || error ? 'Read again' : 'Read from the ERP'));
  return chooseByWords({
    title: 'Which item is it?', label: 'Number or name of the item', verb: 'Take', foot: standing,
    find: async (words, repeat) => {
      again = repeat;
      const found = /** @type {Items} */ (await get(withQuery(path, { search: words, limit: LIMIT })));
      show(found);
      clearTimeout(timer);
      if (found.reading) timer = setTimeout(repeat, INTERVAL);
      return { candidates: found.items.map(({ reference, name, unit }) => ({ value: reference, name: reference, details: unit ? `${name} · in ${unit}` : name })), more: found.items.length === LIMIT };
    },
  });
}
