/** Messages of devices that nobody has told us about: adopt them, or dismiss them. */
import { get, remove } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { Page } from '../core/element.js';
import { formatCount, plural } from '../core/format.js';
import { mayAdmin } from '../core/session.js';
import { age } from '../components/age.js';
import { DataTable } from '../components/data-table.js';
import { confirmDanger } from '../components/dialog.js';
import { pageHeader } from '../components/layout.js';
import { emptyState, showLoaded } from '../components/states.js';
import { toast } from '../components/toast.js';
import { SourceNames } from './source-names.js';

/** @typedef {{identifier: string, topic: string, source?: string | null, messages: number, firstSeen: string, lastSeen: string, payload: string}} Stranger */

export class QuarantinePage extends Page {
  #sources = new SourceNames();
  #body = h('div', { class: 'flush' });
  #table = new DataTable({
    caption: 'Unknown devices', key: (/** @type {Stranger} */ stranger) => stranger.identifier,
    empty: () => emptyState('shield', 'No unknown devices', 'When something publishes under an identifier that no device has, it waits here.'),
    columns: [
      { title: 'Identifier', class: 'wide', cell: (stranger) => [h('span', { class: 'main mono' }, stranger.identifier), h('span', { class: 'sub mono' }, stranger.topic), this.#sources.link(stranger.source ?? this.#sources.keyFor(stranger.topic), { unknown: stranger.identifier })] },
      { title: 'Messages', class: 'numeric', cell: (stranger) => formatCount(stranger.messages) },
      { title: 'Last', class: 'nowrap', cell: (stranger) => age(stranger.lastSeen) },
      { title: 'Newest message', class: 'wide', cell: (stranger) => h('code', { class: 'payload' }, stranger.payload) },
      { title: 'Action', hideTitle: true, class: 'end fit wide no-label', cell: (stranger) => this.#actions(stranger) },
    ],
  });

  connected() {
    this.pageTitle = 'Quarantine';
    fill(this, pageHeader({ title: 'Quarantine', lead: 'Messages of devices that are not in the configuration. Nothing of them is stored as a reading.' }),
      h('section', { class: 'card', 'aria-label': 'Quarantine' }, this.#body));
    this.#load();
  }

  #load() {
    return showLoaded(this.#body, this.signal, async () => {
      await this.#sources.load(this.signal);
      return get('/api/v1/quarantine?limit=1000', this.signal);
    }, ({ items }) => {
      this.#table.set(items);
      return this.#table.element;
    });
  }

  /** @param {Stranger} stranger */
  #actions(stranger) {
    if (!mayAdmin()) return null;
    const query = new URLSearchParams({ name: stranger.identifier, identifier: stranger.identifier });
    return h('div', { class: 'actions nowrap' }, h('a', { class: 'button small primary', href: `/admin/devices?new&${query}` }, icon('check'), 'Adopt'),
      h('button', { type: 'button', class: 'button small', on: { click: () => this.#dismiss(stranger) } }, 'Dismiss'));
  }

  /** @param {Stranger} stranger */
  async #dismiss({ identifier, messages }) {
    if (!await confirmDanger('Dismiss these messages?', `${plural(messages, 'message')} of “${identifier}” deleted; new ones come here again.`, 'Dismiss')) return;
    try {
      const name = encodeURIComponent(identifier);
      await remove(identifier.includes('/') ? `/api/v1/quarantine?identifier=${name}` : `/api/v1/quarantine/${name}`);
      toast('Dismissed');
      this.#load();
    } catch (error) {
      toast(error instanceof Error ? error.message : String(error), 'failed');
    }
  }
}
customElements.define('pw-quarantine-page', QuarantinePage);
