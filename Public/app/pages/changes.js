/** The history of the configuration: who changed what, from which to which, and going back. */
import { get, post, withQuery } from '../core/api.js';
import { fill, h, hiddenText, icon } from '../core/dom.js';
import { Page } from '../core/element.js';
import { sentence } from '../core/format.js';
import { plant } from '../core/plant.js';
import { formatFullTime } from '../core/time.js';
import { changeBadge, changeList, changeTable, outcomeWords, singular } from '../admin/change-list.js';
import { SECTIONS } from '../admin/sections.js';
import { age } from '../components/age.js';
import { ask } from '../components/dialog.js';
import { pageHeader } from '../components/layout.js';
import { emptyState, showLoaded } from '../components/states.js';
import { toast } from '../components/toast.js';

/** @typedef {import('../admin/change-list.js').EntryChange & {id: number, at: string, author: string | null, before: any, after: any}} Change */

const PORTION = 50;

export class ChangesPage extends Page {
  #section = h('select', { class: 'input', 'aria-label': 'Kind' }, h('option', { value: '' }, 'Everything'), SECTIONS.map(({ name, title }) => h('option', { value: name }, title)));
  #key = h('input', { class: 'input', type: 'search', placeholder: 'Key, such as motor-03', 'aria-label': 'Key', spellcheck: 'false', autocomplete: 'off' });
  #body = h('div', { class: 'flush' });

  connected() {
    this.pageTitle = 'History';
    const query = new URLSearchParams(location.search);
    this.#section.value = query.get('section') ?? '';
    this.#key.value = query.get('key') ?? '';
    this.listen(this.#section, 'change', () => this.#choose());
    this.listen(this.#key, 'change', () => this.#choose());
    fill(this, pageHeader({ title: 'History', lead: 'Who changed what in the configuration, the newest first. Nothing is ever removed from it, and no secret is in it.' }),
      h('section', { class: 'card', 'aria-label': 'Changes' },
        h('div', { class: 'toolbar' }, h('div', { class: 'inline-field' }, this.#section), h('div', { class: 'inline-field search-field' }, icon('search'), this.#key)), this.#body));
    this.#load();
  }

  #choose() {
    history.replaceState(null, '', withQuery('/admin/changes', { section: this.#section.value, key: this.#key.value.trim() }));
    this.#load();
  }

  /** @param {string | null} [cursor] */
  #page(cursor = null) {
    return get(withQuery('/api/v1/configuration/changes', { section: this.#section.value, key: this.#key.value.trim(), limit: PORTION, cursor }), this.signal);
  }

  #load() {
    return showLoaded(this.#body, this.signal, () => this.#page(), ({ items, nextCursor }) => {
      if (items.length === 0) return emptyState('history', 'No changes', this.#section.value || this.#key.value ? 'None of what you look for was changed.' : 'What people, programs and commands change in the configuration is noted here.');
      const list = h('ol', { class: 'versions' }, items.map((/** @type {Change} */ change) => this.#row(change)));
      const more = h('button', { type: 'button', class: 'button', hidden: !nextCursor, on: { click: async () => {
        more.disabled = true;
        try {
          const page = await this.#page(nextCursor);
          list.append(...page.items.map((/** @type {Change} */ change) => this.#row(change)));
          nextCursor = page.nextCursor;
          more.hidden = !nextCursor;
        } catch (error) {
          toast(error instanceof Error ? error.message : String(error), 'failed');
        } finally {
          more.disabled = false;
        }
      } } }, 'Show earlier ones');
      return [list, h('div', { class: 'actions list-more' }, more)];
    });
  }

  /** @param {Change} change */
  #row(change) {
    const table = h('div'), name = change.after?.name ?? change.before?.name ?? change.key, what = `${singular(change.section)} ${change.key}`;
    const details = h('details', { on: { toggle: () => details.open && table.childElementCount === 0 && table.append(changeTable(change)) } },
      h('summary', null, 'What was changed', hiddenText(` of ${what}`)), table);
    const undo = h('button', { type: 'button', class: 'button small', on: { click: () => this.#undo(change, undo) } }, icon('rotate-ccw'), 'Go back', hiddenText(` to before this change of ${what}`));
    return h('li', null, h('div', { class: 'version-head' }, h('h2', { class: 'change-title' }, change.after ? h('a', { href: `/admin/${change.section}/${change.key}` }, name) : name),
      changeBadge(change.change), h('span', { class: 'soft' }, sentence(singular(change.section)), ' ', h('span', { class: 'mono' }, change.key)),
      h('span', { class: 'soft', title: formatFullTime(change.at) }, age(change.at), ` by ${change.author ?? 'Plantwright itself'}`), undo), details);
  }

  /** @param {Change} change @param {HTMLButtonElement} button */
  async #undo(change, button) {
    const path = `/api/v1/configuration/changes/${change.id}/undo`;
    button.disabled = true;
    try {
      const outcome = await post(`${path}?dryRun=true`, undefined, this.signal);
      if (outcome.items.length === 0) return toast('It is like that already');
      const answer = await ask({ title: `Go back to before ${formatFullTime(change.at)}?`, body: changeList(outcome), actions: [{ value: 'yes', text: 'Go back', class: outcome.deleted ? 'danger' : 'primary' }] });
      if (answer !== 'yes') return;
      const done = await post(path, undefined, this.signal);
      plant.forget();
      toast(outcomeWords(done));
      await this.#load();
    } catch (error) {
      if (!this.signal.aborted) toast(error instanceof Error ? error.message : String(error), 'failed');
    } finally {
      button.disabled = false;
    }
  }
}
customElements.define('pw-changes-page', ChangesPage);
