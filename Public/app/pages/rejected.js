/** Messages that could not be accepted, and why: retry them when the cause is mended, or dismiss them. */
import { all, post, remove } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { Page } from '../core/element.js';
import { FATES, reasonText } from '../core/fates.js';
import { formatCount, plural } from '../core/format.js';
import { plant } from '../core/plant.js';
import { mayAdmin } from '../core/session.js';
import { age } from '../components/age.js';
import { DataTable } from '../components/data-table.js';
import { pageHeader } from '../components/layout.js';
import { emptyState, showLoaded } from '../components/states.js';
import { toast } from '../components/toast.js';
import { undoable } from '../components/undo.js';
import { SourceNames } from './source-names.js';

/** @typedef {{id: number | string, source?: string | null, device: string | null, topic: string, payload: string, receivedAt: string, reason: string, detail: string}} Rejected */

const MOST = 1000, SHOWN = 200;

export class RejectedPage extends Page {
  /** @type {Rejected[]} */
  #messages = [];
  /** Dismissed, but not yet on the server. @type {Set<string>} */
  #hidden = new Set();
  #sources = new SourceNames();
  #source = h('select', { class: 'input', 'aria-label': 'Source' });
  #reason = h('select', { class: 'input', 'aria-label': 'Reason' });
  #device = h('select', { class: 'input', 'aria-label': 'Device' });
  #count = h('p', { class: 'soft result-count', role: 'status' });
  #retryAll = h('button', { type: 'button', class: 'button small' });
  #toolbar = h('div', { class: 'toolbar' }, this.#source, this.#reason, this.#device, this.#count, mayAdmin() ? this.#retryAll : null);
  #body = h('div', { class: 'flush' });
  #table = new DataTable({
    caption: 'Rejected messages', key: (/** @type {Rejected} */ { id }) => String(id),
    empty: () => this.#messages.length ? emptyState('search', 'None of these', 'No rejected message fits this choice.')
      : emptyState('inbox', 'Nothing rejected', 'Messages that cannot be read, or that do not fit their profile, are kept here with the reason.'),
    columns: [
      { title: 'Received', class: 'nowrap', cell: (message) => age(message.receivedAt) },
      { title: 'From', cell: (message) => this.#from(message) },
      { title: 'Why', class: 'wide', cell: (message) => [h('span', { class: 'main' }, reasonText(message.reason)), h('span', { class: 'sub' }, message.detail)] },
      { title: 'Message', class: 'wide', cell: (message) => h('code', { class: 'payload' }, message.payload) },
      { title: 'Action', hideTitle: true, class: 'end fit wide no-label', cell: (message) => this.#actions(message) },
    ],
  });

  connected() {
    this.pageTitle = 'Rejected messages';
    fill(this, pageHeader({ title: 'Rejected messages', lead: 'What arrived and could not be accepted, with the reason. Nothing else suffers from it.' }),
      h('section', { class: 'card', 'aria-label': 'Rejected messages' }, this.#body));
    for (const select of [this.#source, this.#reason, this.#device]) this.listen(select, 'change', () => this.#draw());
    this.listen(this.#retryAll, 'click', () => this.#retryShown());
    this.#load();
  }

  #load() {
    return showLoaded(this.#body, this.signal, async () => {
      await Promise.all([plant.load(), this.#sources.load(this.signal)]);
      return all('/api/v1/rejected-messages', this.signal, MOST);
    }, (items) => {
      this.#messages = items;
      this.#offer();
      this.#draw();
      return [this.#toolbar, this.#table.element];
    });
  }

  /** The choices are what there is, with how often. */
  #offer() {
    const offer = (/** @type {HTMLSelectElement} */ select, /** @type {string} */ any, /** @type {(message: Rejected) => string | null | undefined} */ valueOf, /** @type {(value: string) => string} */ name) => {
      /** @type {Map<string, number>} */
      const counts = new Map();
      for (const message of this.#messages) counts.set(valueOf(message) ?? '', (counts.get(valueOf(message) ?? '') ?? 0) + 1);
      counts.delete('');
      const before = select.value;
      fill(select, h('option', { value: '' }, any), [...counts].map(([value, count]) => h('option', { value }, `${name(value)} (${formatCount(count)})`)));
      select.value = counts.has(before) ? before : '';
      select.hidden = counts.size === 0;
    };
    offer(this.#source, 'Every source', ({ source }) => source, (key) => this.#sources.nameOf(key));
    offer(this.#reason, 'Every reason', ({ reason }) => reason, reasonText);
    offer(this.#device, 'Every device', ({ device }) => device, (key) => plant.devices.get(key)?.name ?? key);
  }

  get #chosen() {
    const fits = (/** @type {HTMLSelectElement} */ { value }, /** @type {string | null | undefined} */ own) => value === '' || value === own;
    return this.#messages.filter((message) => !this.#hidden.has(String(message.id)) && fits(this.#source, message.source) && fits(this.#reason, message.reason) && fits(this.#device, message.device));
  }

  #draw() {
    const chosen = this.#chosen;
    this.#table.set(chosen.slice(0, SHOWN));
    this.#toolbar.hidden = this.#messages.length === 0;
    this.#count.textContent = chosen.length > SHOWN ? `${SHOWN} of ${formatCount(chosen.length)}` : chosen.length ? plural(chosen.length, 'message') : '';
    fill(this.#retryAll, icon('refresh-cw'), chosen.length === this.#messages.length ? 'Retry all' : `Retry these ${formatCount(chosen.length)}`);
    this.#retryAll.disabled = chosen.length === 0;
  }

  /** @param {Rejected} message */
  #from({ device, topic, source }) {
    return [device ? h('a', { class: 'main', href: `/devices/${device}` }, plant.devices.get(device)?.name ?? device) : null, h('code', { class: 'topic' }, topic), this.#sources.link(source)];
  }

  /** @param {Rejected} message */
  #actions(message) {
    if (!mayAdmin()) return null;
    const { id, source } = message;
    return h('div', { class: 'actions nowrap' },
      source && source !== 'native' ? h('a', { class: 'button small', href: `/admin/sources/${source}?rejected=${id}` }, icon('wrench'), 'Mend') : null,
      h('button', { type: 'button', class: 'button small', on: { click: () => this.#retry(message) } }, icon('refresh-cw'), 'Retry'),
      h('button', { type: 'button', class: 'button small', on: { click: () => this.#dismiss(message) } }, 'Dismiss'));
  }

  /** @param {Rejected} message */
  async #retry(message) {
    try {
      const { fate, reason, detail } = await post(`/api/v1/rejected-messages/${message.id}/retry`, {});
      if (fate === 'rejected') {
        toast(`Still rejected: ${detail ?? reasonText(reason ?? '')}`, 'failed');
        if (reason) this.#replace(message, { ...message, reason, detail: detail ?? message.detail });
        return;
      }
      const known = FATES[/** @type {import('../core/fates.js').Fate} */ (fate)];
      toast(`${known?.text ?? fate}. ${known?.meaning ?? ''}`.trim());
      this.#replace(message, null);
    } catch (error) {
      toast(error instanceof Error ? error.message : String(error), 'failed');
    }
  }

  /** @param {Rejected} message @param {Rejected | null} now */
  #replace(message, now) {
    this.#messages = this.#messages.flatMap((other) => other.id === message.id ? (now ? [now] : []) : [other]);
    this.#offer();
    this.#draw();
  }

  /** The server retries by source and device; a choice by reason goes one by one. */
  async #retryShown() {
    const chosen = this.#chosen;
    this.#retryAll.disabled = true;
    fill(this.#retryAll, icon('loader-circle'), 'Retrying …');
    try {
      const { retried, accepted, rejected } = this.#reason.value === '' && this.#hidden.size === 0
        ? await post('/api/v1/rejected-messages/retry', { source: this.#source.value || null, device: this.#device.value || null }) : await this.#oneByOne(chosen);
      toast(retried === 0 ? 'There was nothing to retry' : `${plural(accepted, 'message')} accepted, ${formatCount(rejected)} still rejected`, retried > 0 && accepted === 0 ? 'failed' : 'done');
      this.#messages = await all('/api/v1/rejected-messages', this.signal, MOST);
      this.#offer();
    } catch (error) {
      if (!this.signal.aborted) toast(error instanceof Error ? error.message : String(error), 'failed');
    }
    this.#draw();
  }

  /** @param {Rejected[]} messages */
  async #oneByOne(messages) {
    let accepted = 0;
    for (const { id } of messages) if ((await post(`/api/v1/rejected-messages/${id}/retry`, {}, this.signal)).fate !== 'rejected') accepted += 1;
    return { retried: messages.length, accepted, rejected: messages.length - accepted };
  }

  /** @param {Rejected} message */
  #dismiss(message) {
    const id = String(message.id);
    this.#hidden.add(id);
    this.#draw();
    undoable('Message dismissed', {
      undo: () => {
        this.#hidden.delete(id);
        this.#draw();
      },
      act: async () => {
        try {
          await remove(`/api/v1/rejected-messages/${id}`);
          this.#messages = this.#messages.filter((other) => String(other.id) !== id);
        } catch (error) {
          toast(error instanceof Error ? error.message : String(error), 'failed');
        }
        this.#hidden.delete(id);
        this.#offer();
        this.#draw();
      },
    });
  }
}
customElements.define('pw-rejected-page', RejectedPage);
