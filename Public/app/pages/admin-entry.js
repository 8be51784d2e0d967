/** One entry of the configuration in its form; or a new one. */
import { all, get } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { Page } from '../core/element.js';
import { plant } from '../core/plant.js';
import { EntryForm } from '../admin/entry-form.js';
import { sectionWithForm } from '../admin/sections.js';
import { breadcrumbs, pageHeader } from '../components/layout.js';
import { showLoaded } from '../components/states.js';
import { NotFoundPage } from './not-found.js';

export class AdminEntryPage extends Page {
  connected() {
    showEntry(this, this.params.section, this.params.key);
  }
}
customElements.define('pw-admin-entry-page', AdminEntryPage);

/** What forms of a section offer to choose from. @type {Record<string, (keyof typeof LISTS)[]>} */
const NEEDS = { assets: ['connectors'], connectors: ['kinds'], mappings: ['connectors', 'rules', 'kinds'] };
const LISTS = { connectors: 'connectors', rules: 'rules', kinds: 'connector-kinds' };

/** @param {Page} page @param {string} sectionName @param {string | null} key @param {Record<string, string>} [prefill] of a new entry */
export function showEntry(page, sectionName, key, prefill = {}) {
  showLoaded(page, page.signal, async () => {
    const section = await sectionWithForm(sectionName);
    if (!section) return null;
    const needs = NEEDS[sectionName] ?? [];
    const [value, , ...lists] = await Promise.all([
      key === null ? { ...section.blank, ...known(prefill) } : get(`/api/v1/${sectionName}/${key}`, page.signal),
      plant.load(), ...needs.map((name) => all(`/api/v1/${LISTS[name]}`, page.signal)),
    ]);
    const context = { connectors: [], rules: [], kinds: [], ...Object.fromEntries(needs.map((name, at) => [name, lists[at]])) };
    const question = key === null ? section.before?.(context, prefill) : null;
    return { section, value, context, question, groups: question ? [] : await section.groups(context, key === null ? { ...value, key: undefined } : value) };
  }, (found) => {
    if (!found) return new NotFoundPage();
    const { section, value, context, question, groups } = found;
    const title = key === null ? `New ${section.singular.toLowerCase()}` : value.name;
    page.pageTitle = title;
    const head = key === null ? null : section.head?.(value);
    const past = key === null || value.builtIn ? null : h('a', { class: 'button', href: `/admin/changes?section=${section.name}&key=${key}` }, icon('history'), 'History');
    const header = pageHeader({ actions: [head?.button, past], above: breadcrumbs([{ name: 'Configuration', href: '/admin/devices' }, { name: section.title, href: `/admin/${section.name}` }, { name: title }]), title });
    if (question) return fill(page, header, question);
    if (value.builtIn && section.builtIn) return fill(page, header, section.builtIn(value, page.signal));
    const form = new EntryForm(section, key, value, groups, page.signal);
    const aside = section.aside?.(form, context, page.signal);
    fill(page, header, head?.notice, h('div', { class: `entry-layout${aside ? ' has-aside' : ''}${section.name === 'mappings' ? ' is-wide' : ''}` }, form.element, aside),
      key === null ? null : section.below?.(form, value, page.signal, context));
  });
}

/** @param {Record<string, string>} prefill */
function known({ new: _new, ...rest }) {
  return rest;
}
