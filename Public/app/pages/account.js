/** One's own account: who one is, and where one is signed in. */
import { get, remove } from '../core/api.js';
import { fill, h, hiddenText, icon } from '../core/dom.js';
import { Page } from '../core/element.js';
import { sentence } from '../core/format.js';
import { session } from '../core/session.js';
import { formatFullTime } from '../core/time.js';
import { browserName } from '../core/browser-name.js';
import { age } from '../components/age.js';
import { DataTable } from '../components/data-table.js';
import { card, facts, pageHeader } from '../components/layout.js';
import { emptyState, showLoaded } from '../components/states.js';
import { toast } from '../components/toast.js';

/** @typedef {{id: string, createdAt: string, lastSeenAt: string, userAgent: string | null, current: boolean}} Place */

export class AccountPage extends Page {
  #body = h('div', { class: 'flush' });
  #elsewhere = h('button', { type: 'button', class: 'button', hidden: true, on: { click: () => this.#end('/api/v1/account/sessions', 'Signed out everywhere else') } }, icon('log-out'), 'Sign out elsewhere');

  connected() {
    this.pageTitle = 'Account';
    const { email, role } = session();
    fill(this, pageHeader({ title: 'Account', lead: 'Who you are here, and where you are signed in.' }),
      card({}, facts([['E-mail address', email], ['Role', sentence(role)]], 'is-wide')),
      card({ title: 'Where you are signed in', id: 'sessions', actions: this.#elsewhere }, this.#body));
    this.#load();
  }

  #load() {
    return showLoaded(this.#body, this.signal, () => get('/api/v1/account/sessions', this.signal), ({ items }) => {
      this.#elsewhere.hidden = !items.some((/** @type {Place} */ place) => !place.current);
      const table = new DataTable({
        caption: 'Sessions', key: (/** @type {Place} */ place) => place.id, empty: () => emptyState('monitor', 'Nowhere', 'A program with a token has no sessions.'),
        columns: [
          { title: 'Browser', class: 'wide', cell: (place) => [h('span', { class: 'main', title: place.userAgent }, browserName(place.userAgent)), place.current ? h('span', { class: 'sub' }, 'This one') : null] },
          { title: 'Last used', class: 'nowrap', cell: (place) => age(place.lastSeenAt) },
          { title: 'Signed in', class: 'nowrap', cell: (place) => h('span', { title: formatFullTime(place.createdAt) }, age(place.createdAt)) },
          { title: 'Action', hideTitle: true, class: 'end fit no-label', cell: (place) => place.current ? null : h('button', { type: 'button', class: 'button small', on: { click: () => this.#end(`/api/v1/account/sessions/${place.id}`, 'Signed out there') } }, 'Sign out', hiddenText(` of ${browserName(place.userAgent)}`)) },
        ],
      });
      table.set(items);
      return table.element;
    });
  }

  /** @param {string} path @param {string} said */
  async #end(path, said) {
    try {
      await remove(path);
      toast(said);
      await this.#load();
    } catch (error) {
      if (!this.signal.aborted) toast(error instanceof Error ? error.message : String(error), 'failed');
    }
  }
}
customElements.define('pw-account-page', AccountPage);
