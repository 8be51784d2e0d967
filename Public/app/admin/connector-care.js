/** What is done with a connector that exists: its deliveries, matching its equipment, an address for its calls. */
import { post, remove } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { card } from '../components/layout.js';
import { copyButton } from '../components/copy.js';
import { confirmDanger } from '../components/dialog.js';
import { toast } from '../components/toast.js';

/** @typedef {import('./kinds.js').Kind} Kind */

/** @param {any} connector @param {Kind} kind */
export function connectorCare(connector, kind) {
  return h('div', { class: 'stack care' }, deliveries(connector), kind.capabilities.includes('equipment') ? matching(connector, kind) : null, webhook(connector, kind));
}

/** @param {unknown} error */
const complain = (error) => toast(error instanceof Error ? error.message : String(error), 'failed');

/** @param {any} connector */
function deliveries({ key, name }) {
  return card({ title: 'Deliveries' }, h('div', { class: 'care-row' }, h('p', { class: 'soft' }, `What was sent to ${name}, what waits, and what it answered.`),
    h('a', { class: 'button', href: `/orders?kind=&connector=${key}` }, icon('clipboard-list'), 'Show deliveries')));
}

/** @param {any} connector @param {Kind} kind */
function matching(connector, kind) {
  return card({ title: 'Equipment' }, h('div', { class: 'care-row' },
    h('p', { class: 'soft' }, `Reads the equipment of ${kind.title} and proposes which of your assets each is, so that orders name the right machine.`),
    h('a', { class: 'button', href: `/admin/connectors/${connector.key}/matching` }, icon('link'), 'Match equipment')));
}

/** @param {any} connector @param {Kind} kind */
function webhook(connector, kind) {
  const body = h('div', { class: 'form', 'aria-live': 'polite' });
  const make = async () => {
    try {
      const { path } = await post(`/api/v1/connectors/${connector.key}/webhook`);
      const address = new URL(path, location.origin).href;
      fill(body, h('p', { class: 'notice is-good' }, icon('circle-check'), h('span', null, h('strong', null, 'Copy the address now: '), 'it is shown only this once. Whoever knows it can make Plantwright look for changes, and nothing else.')),
        h('div', { class: 'secret-line' }, h('code', { tabIndex: 0, 'aria-label': 'Address for the ERP’s calls' }, address), copyButton(address, 'the address')), actions(true));
      /** @type {HTMLElement | null} */ (body.querySelector('.copy-button'))?.focus();
    } catch (error) {
      complain(error);
    }
  };
  const end = async () => {
    if (!await confirmDanger('Remove this address?', 'Calls to it are refused from then on; changes are still found by asking every so often.', 'Remove')) return;
    try {
      await remove(`/api/v1/connectors/${connector.key}/webhook`);
      toast('The address was removed');
      show(false);
    } catch (error) {
      complain(error);
    }
  };
  const actions = (/** @type {boolean} */ exists) => h('div', { class: 'actions' },
    h('button', { type: 'button', class: 'button', on: { click: make } }, icon(exists ? 'refresh-cw' : 'plus'), exists ? 'Replace it by a new one' : 'Make an address'),
    exists ? h('button', { type: 'button', class: 'button', on: { click: end } }, icon('trash-2'), 'Remove') : null);
  const show = (/** @type {boolean} */ exists) => fill(body,
    h('p', { class: 'soft' }, exists ? 'There is an address, which is not shown again. A new one takes its place.'
      : `Plantwright asks ${kind.kind === 'rest' ? 'the ERP' : kind.title} every so often what has changed. If the ERP calls this address when an order changes, it asks at once.`), actions(exists));
  show(Boolean(connector.webhook));
  return card({ title: 'Calls from the ERP' }, body);
}
