/** All configuration as one document: export, and import with the differences shown before they are applied. */
import { Problem, request, withQuery } from '../core/api.js';
import { fill, h, icon, uniqueId } from '../core/dom.js';
import { Page } from '../core/element.js';
import { formatBytes, plural } from '../core/format.js';
import { plant } from '../core/plant.js';
import { changeList, outcomeWords } from '../admin/change-list.js';
import { confirmDanger } from '../components/dialog.js';
import { card, pageHeader } from '../components/layout.js';
import { toast } from '../components/toast.js';

/** @typedef {import('../admin/change-list.js').Outcome} Outcome */

export class ConfigurationPage extends Page {
  #file = h('input', { class: 'input', type: 'file', id: uniqueId('file'), accept: '.json,application/json' });
  #prune = h('input', { type: 'checkbox' });
  #result = h('div', { 'aria-live': 'polite' });
  /** @type {{name: string, document: unknown} | null} */
  #chosen = null;

  connected() {
    this.pageTitle = 'Export and import';
    const download = h('button', { type: 'button', class: 'button primary', on: { click: () => this.#download(download) } }, icon('download'), 'Download');
    this.listen(this.#file, 'change', () => this.#choose());
    // The same file, mended, may be chosen again: without this the browser would not tell.
    this.listen(this.#file, 'click', () => this.#file.value = '');
    this.listen(this.#prune, 'change', () => this.#chosen && this.#preview());
    fill(this, pageHeader({ title: 'Export and import', lead: 'Profiles, assets, devices, sources, rules, connectors and mappings as one JSON document, always in the same order: keep it under version control, or bring it to another installation.' }),
      card({ title: 'Export' }, h('div', { class: 'form' },
        h('p', { class: 'soft' }, 'Credentials, users and readings are not in it. On the command line: ', h('code', null, 'plantwright config export'), '.'), h('div', { class: 'actions' }, download))),
      card({ title: 'Import', id: 'import' }, h('div', { class: 'form' },
        h('p', { class: 'soft' }, 'Nothing is changed before you have seen what would be, and then wholly or not at all. Credentials stay as they are. On the command line: ', h('code', null, 'plantwright config apply FILE'), '.'),
        h('div', { class: 'field' }, h('label', { class: 'field-label', htmlFor: this.#file.id }, 'Document'), this.#file),
        h('label', { class: 'check' }, this.#prune, h('span', null, 'Also delete what is not in the document', h('span', { class: 'sub' }, 'Off: what is not in it stays as it is. On: of each kind that the document has, such as rules, only its entries remain.'))), this.#result)));
  }

  /** As the server wrote it: parsed and written again, keys that are numbers would change places. @param {HTMLButtonElement} button */
  async #download(button) {
    button.disabled = true;
    try {
      const response = await fetch('/api/v1/configuration', { signal: this.signal });
      if (!response.ok) throw new Problem(response.status, 'error', `The server answered ${response.status}.`);
      const address = URL.createObjectURL(await response.blob());
      const link = h('a', { href: address, download: `plantwright-${new Date().toISOString().slice(0, 10)}.json` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    } catch (error) {
      if (!this.signal.aborted) toast(error instanceof Error ? error.message : String(error), 'failed');
    } finally {
      button.disabled = false;
    }
  }

  async #choose() {
    const file = this.#file.files?.[0];
    this.#chosen = null;
    if (!file) return fill(this.#result);
    try {
      this.#chosen = { name: `${file.name}, ${formatBytes(file.size)}`, document: JSON.parse(await file.text()) };
    } catch (error) {
      return fill(this.#result, mistakes('This file is not JSON.', [{ pointer: '', detail: error instanceof Error ? error.message : String(error) }]));
    }
    await this.#preview();
  }

  /** @param {boolean} dryRun @returns {Promise<Outcome>} */
  #apply(dryRun) {
    return request('PUT', withQuery('/api/v1/configuration', { dryRun: String(dryRun), prune: String(this.#prune.checked) }), { body: this.#chosen?.document, signal: this.signal });
  }

  async #preview() {
    fill(this.#result, h('p', { class: 'soft' }, 'Comparing …'));
    try {
      const outcome = await this.#apply(true);
      const apply = h('button', { type: 'button', class: 'button primary', on: { click: () => this.#commit(outcome, apply) } }, icon('check'), `Apply ${plural(outcome.items.length, 'change')}`);
      fill(this.#result, h('div', { class: 'form' }, h('p', null, h('strong', null, outcomeWords(outcome)), h('span', { class: 'soft' }, ` · ${this.#chosen?.name}`)),
        credentialsNotice(outcome), changeList(outcome), outcome.items.length ? h('div', { class: 'actions' }, apply) : null));
    } catch (error) {
      this.#refused(error);
    }
  }

  /** @param {Outcome} outcome @param {HTMLButtonElement} button */
  async #commit(outcome, button) {
    if (outcome.deleted && !await confirmDanger('Apply with deletions?', `${plural(outcome.deleted, 'entry', 'entries')} will be deleted. The history keeps what they said.`, 'Apply')) return;
    button.disabled = true;
    try {
      const done = await this.#apply(false);
      plant.forget();
      toast(`Applied: ${outcomeWords(done)}`);
      this.#file.value = '';
      this.#chosen = null;
      fill(this.#result, h('div', { class: 'form' }, h('p', { class: 'notice is-good' }, icon('circle-check'), h('span', null, h('strong', null, `${outcomeWords(done)}. `), 'It is in force. ', h('a', { href: '/admin/changes' }, 'See the history'))),
        credentialsNotice(done), changeList(done)));
    } catch (error) {
      this.#refused(error);
    }
  }

  /** @param {unknown} error */
  #refused(error) {
    if (this.signal.aborted) return;
    const text = error instanceof Error ? error.message : String(error);
    fill(this.#result, mistakes(error instanceof Problem && error.errors.length ? `The document was refused; nothing was changed. ${plural(error.errors.length, 'mistake')}:` : text, error instanceof Problem ? error.errors : []));
  }
}
customElements.define('pw-configuration-page', ConfigurationPage);

/** @param {Outcome} outcome */
function credentialsNotice({ missingCredentials }) {
  if (missingCredentials.length === 0) return null;
  return h('p', { class: 'notice' }, icon('info'), h('span', null, 'These connectors do not work before their credentials are entered: ',
    missingCredentials.map(({ connector }, at) => [at ? ', ' : '', h('a', { href: `/admin/connectors/${connector}` }, connector)]), '.'));
}

/** @param {string} title @param {{pointer: string, detail: string}[]} errors */
function mistakes(title, errors) {
  return h('div', { class: 'form', role: 'alert' }, h('p', { class: 'notice is-bad' }, icon('circle-alert'), h('span', null, title)),
    errors.length ? h('ul', { class: 'issues' }, errors.map(({ pointer, detail }) => h('li', null, icon('circle-alert'), h('span', null, h('code', null, pointer || '/'), ` ${detail}`)))) : null);
}
