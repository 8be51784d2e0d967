/** Messages that could not be accepted, and why. */
import { get } from '../core/api.js';
import { fill, h } from '../core/dom.js';
import { Page } from '../core/element.js';
import { sentence } from '../core/format.js';
import { plant } from '../core/plant.js';
import { age } from '../components/age.js';
import { DataTable } from '../components/data-table.js';
import { pageHeader } from '../components/layout.js';
import { emptyState, showLoaded } from '../components/states.js';

export class RejectedPage extends Page {
  connected() {
    this.pageTitle = 'Rejected messages';
    const body = h('div', { class: 'flush' });
    const table = new DataTable({
      caption: 'Rejected messages', key: (/** @type {any} */ message) => String(message.id),
      empty: () => emptyState('inbox', 'Nothing rejected', 'Messages that cannot be read, or that do not fit their profile, are kept here with the reason.'),
      columns: [
        { title: 'Received', class: 'nowrap', cell: (message) => age(message.receivedAt) },
        { title: 'From', cell: (message) => message.device ? h('a', { href: `/devices/${message.device}` }, plant.devices.get(message.device)?.name ?? message.device) : h('code', null, message.topic) },
        { title: 'Why', class: 'wide', cell: (message) => [h('span', { class: 'main' }, sentence(message.reason)), h('span', { class: 'sub' }, message.detail)] },
        { title: 'Message', class: 'wide', cell: (message) => h('code', { class: 'payload' }, message.payload) },
      ],
    });
    fill(this, pageHeader({ title: 'Rejected messages', lead: 'What arrived and could not be accepted, with the reason. Nothing else suffers from it.' }),
      h('section', { class: 'card', 'aria-label': 'Rejected messages' }, body));
    showLoaded(body, this.signal, () => get('/api/v1/rejected-messages?limit=200', this.signal), ({ items }) => {
      table.set(items);
      return table.element;
    });
  }
}
customElements.define('pw-rejected-page', RejectedPage);
