/** The recurring pieces of a page: headers, cards, breadcrumbs, facts, segmented choices. */
import { h, icon, uniqueId } from '../core/dom.js';

/** @typedef {import('../core/dom.js').Child} Child */

/** @param {{title: Child, lead?: Child, above?: Child, actions?: Child}} parts */
export function pageHeader({ title, lead, above, actions }) {
  return h('header', { class: 'page-header' },
    h('div', { class: 'page-heading' }, above, h('h1', null, title), lead ? h('p', { class: 'lead' }, lead) : null),
    actions ? h('div', { class: 'actions' }, actions) : null);
}

/**
 * @param {{title?: Child, actions?: Child, class?: string, level?: 2 | 3, id?: string}} options @param {...Child} children
 */
export function card({ title, actions, class: className = '', level = 2, id }, ...children) {
  const head = title || actions
    ? h('div', { class: 'card-head' }, title ? h(`h${level}`, null, title) : null, actions ? h('div', { class: 'actions' }, actions) : null)
    : null;
  return h('section', { class: `card ${className}`.trim(), id }, head, ...children);
}

/** @param {{name: string, href?: string}[]} steps the last one is the current page */
export function breadcrumbs(steps) {
  return h('nav', { class: 'breadcrumbs', 'aria-label': 'Breadcrumbs' },
    h('ol', null, steps.map(({ name, href }, at) => h('li', null,
      at > 0 ? icon('chevron-right') : null,
      href ? h('a', { href }, name) : h('span', { 'aria-current': 'page' }, name)))));
}

/** Name and value pairs. @param {[string, Child][]} entries @param {string} [className] `is-wide` for long values: one a line on a phone */
export function facts(entries, className = '') {
  return h('dl', { class: `facts ${className}`.trim() }, entries.filter(([, value]) => value !== null && value !== undefined && value !== false)
    .map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value))));
}

/**
 * A row of choices of which one holds: radio buttons that look like one control.
 * @param {{label: string, options: {value: string, text: Child}[], value: string, onChange: (value: string) => void}} settings
 */
export function segmented({ label, options, value, onChange }) {
  const name = uniqueId('segmented');
  return h('fieldset', { class: 'segmented' }, h('legend', { class: 'visually-hidden' }, label),
    options.map((option) => h('label', null,
      h('input', {
        type: 'radio', name, value: option.value, checked: option.value === value,
        on: { change: () => onChange(option.value) },
      }), h('span', null, option.text))));
}

/** @param {string} iconName @param {string} label @param {() => void} action @param {string} [className] */
export function iconButton(iconName, label, action, className = '') {
  return h('button', { type: 'button', class: `icon-button ${className}`.trim(), 'aria-label': label, title: label, on: { click: action } },
    icon(iconName));
}

/** A link to somewhere outside Plantwright. @param {string} href @param {Child} text @param {string} [className] */
export function externalLink(href, text, className = 'external-link') {
  return h('a', { href, target: '_blank', rel: 'noopener noreferrer', class: className }, text, icon('external-link'),
    h('span', { class: 'visually-hidden' }, ' (opens in a new tab)'));
}
