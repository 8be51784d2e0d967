/** The versions of a mapping: who saved what when, what each changed, and going back to one. */
import { get } from '../core/api.js';
import { fill, h, hiddenText, icon } from '../core/dom.js';
import { formatFullTime } from '../core/time.js';
import { age } from '../components/age.js';
import { card } from '../components/layout.js';
import { emptyState, showLoaded } from '../components/states.js';
import { toast } from '../components/toast.js';
import { differenceTable } from './difference-table.js';

/** @typedef {{version: number, savedAt: string, savedBy: string | null, document: any}} Version */

/** @param {import('./entry-form.js').EntryForm} form @param {string} key @param {AbortSignal} signal */
export function versionsPanel(form, key, signal) {
  const body = h('div', { class: 'flush' });
  const load = () => showLoaded(body, signal, () => get(`/api/v1/mappings/${key}/versions`, signal), ({ items }) => {
    const sorted = items.toSorted((/** @type {Version} */ a, /** @type {Version} */ b) => b.version - a.version);
    return sorted.length === 0 ? emptyState('history', 'No versions yet')
      : h('ol', { class: 'versions' }, sorted.map((/** @type {Version} */ version, /** @type {number} */ at) => row(version, sorted[at + 1] ?? null, at === 0, form)));
  });
  form.element.addEventListener('saved', load, { signal });
  load();
  return h('div', { class: 'care' }, card({ title: 'Versions', id: 'versions' }, body));
}

/** @param {Version} version @param {Version | null} before @param {boolean} isNewest @param {import('./entry-form.js').EntryForm} form */
function row(version, before, isNewest, form) {
  const name = `version ${version.version}`, changes = h('div');
  const details = h('details', { on: { toggle: () => details.open && fill(changes, before
    ? differenceTable(before.document, version.document, { caption: `What ${name} changed`, before: `Version ${before.version}`, after: `Version ${version.version}`, same: 'Nothing changed.' })
    : differenceTable({}, version.document, { caption: `What ${name} said`, before: 'Before', after: 'Version 1', same: 'It was empty.' })) } },
  h('summary', null, before ? 'What it changed' : 'What it said', hiddenText(` in ${name}`)), changes);
  const restore = h('button', { type: 'button', class: 'button small', on: { click: () => {
    form.fillWith(version.document);
    form.element.querySelector('input')?.focus();
    toast(`Version ${version.version} is in the form; save it to use it`);
  } } }, icon('history'), 'Restore', hiddenText(` ${name}`));
  return h('li', null, h('div', { class: 'version-head' }, h('h3', null, `Version ${version.version}`), isNewest ? h('span', { class: 'badge good' }, 'In use') : null,
    h('span', { class: 'soft', title: formatFullTime(version.savedAt) }, age(version.savedAt), version.savedBy ? ` by ${version.savedBy}` : ''), isNewest ? null : restore), details);
}
