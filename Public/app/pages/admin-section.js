/** The list of one section of the configuration, or its empty form with `?new`. */
import { all } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { Page } from '../core/element.js';
import { byName } from '../core/plant.js';
import { SECTIONS } from '../admin/sections.js';
import { DataTable } from '../components/data-table.js';
import { pageHeader } from '../components/layout.js';
import { emptyState, showLoaded } from '../components/states.js';
import { showEntry } from './admin-entry.js';
import { NotFoundPage } from './not-found.js';

/** @param {string} current */
export function sectionTabs(current) {
  return h('nav', { class: 'tabs', 'aria-label': 'Configuration' }, h('ul', null, SECTIONS.map(({ name, title, icon: iconName }) =>
    h('li', null, h('a', { href: `/admin/${name}`, 'aria-current': name === current ? 'page' : null }, icon(iconName), title)))));
}

export class AdminSectionPage extends Page {
  connected() {
    const section = SECTIONS.find(({ name }) => name === (this.params.section ?? 'devices'));
    if (!section) return this.replaceChildren(new NotFoundPage());
    const query = new URLSearchParams(location.search);
    if (query.has('new')) return showEntry(this, section.name, null, Object.fromEntries(query));
    this.pageTitle = section.title;
    const body = h('div', { class: 'flush' });
    const addLink = h('a', { class: 'button primary', href: `/admin/${section.name}?new` }, icon('plus'), `New ${section.singular.toLowerCase()}`);
    fill(this, pageHeader({ title: section.title, lead: section.lead, actions: addLink }), sectionTabs(section.name),
      h('section', { class: 'card', 'aria-label': section.title }, body));
    showLoaded(body, this.signal, () => all(`/api/v1/${section.name}`, this.signal), (items) => list(section, items.sort(byName)));
  }
}
customElements.define('pw-admin-section-page', AdminSectionPage);

/** @param {Omit<import('../admin/sections.js').Section, 'groups'>} section @param {any[]} items */
function list(section, items) {
  const table = new DataTable({
    caption: section.title, key: (item) => item.key,
    empty: () => items.length ? emptyState('search', 'Nothing matches') : emptyState(section.icon, `No ${section.title.toLowerCase()} yet`, section.lead,
      h('a', { class: 'button primary', href: `/admin/${section.name}?new` }, icon('plus'), `New ${section.singular.toLowerCase()}`)),
    columns: [
      { title: 'Name', class: 'wide', cell: (item) => [h('a', { class: 'main', href: `/admin/${section.name}/${item.key}` }, item.name), h('span', { class: 'sub mono' }, item.key)] },
      ...section.columns,
    ],
  });
  table.set(items);
  if (items.length < 12) return table.element;
  const search = h('input', { class: 'input', type: 'search', placeholder: 'Name or key', 'aria-label': 'Search', on: { input: () => {
    const words = search.value.trim().toLowerCase();
    table.set(items.filter(({ key, name }) => `${key} ${name}`.toLowerCase().includes(words)));
  } } });
  return [h('div', { class: 'toolbar' }, h('div', { class: 'inline-field search-field' }, icon('search'), search), h('p', { class: 'soft result-count' }, String(items.length))), table.element];
}
