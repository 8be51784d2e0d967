/** The frame around every page: navigation, live indicator, user, banner, main landmark. */
import { get } from '../core/api.js';
import { fill, h, hiddenText, icon } from '../core/dom.js';
import { live } from '../core/live.js';
import { mayAdmin, session, signOut } from '../core/session.js';
import './banner.js';
import { iconButton } from './layout.js';
import { themeToggle } from './theme-toggle.js';

/** @typedef {{href: string, text: string, icon: string, matches: RegExp, badge?: HTMLElement}} Entry */

const FOREVER = new AbortController().signal;
const alarmBadge = h('span', { class: 'nav-badge', hidden: true });

/** @returns {Entry[]} */
function mainEntries() {
  return [
    { href: '/', text: 'Overview', icon: 'layout-dashboard', matches: /^\/$/ },
    { href: '/alarms', text: 'Alarms', icon: 'bell', matches: /^\/alarms/, badge: alarmBadge },
    { href: '/orders', text: 'Orders', icon: 'clipboard-list', matches: /^\/(orders|work-orders|deliveries)/ },
    { href: '/inventory', text: 'Inventory', icon: 'package', matches: /^\/inventory/ },
    { href: '/plant', text: 'Plant', icon: 'folder-tree', matches: /^\/(plant|devices)/ },
  ];
}

/** @returns {Entry[]} */
function adminEntries() {
  return [
    { href: '/admin/devices', text: 'Configuration', icon: 'settings', matches: /^\/admin(?!\/(storage|users|configuration|changes)$)/ },
    { href: '/quarantine', text: 'Quarantine', icon: 'shield', matches: /^\/quarantine/ },
    { href: '/rejected', text: 'Rejected', icon: 'inbox', matches: /^\/rejected/ },
    { href: '/admin/storage', text: 'Storage', icon: 'layers', matches: /^\/admin\/storage/ },
    { href: '/admin/users', text: 'Users and tokens', icon: 'users', matches: /^\/admin\/users$/ },
    { href: '/admin/changes', text: 'History', icon: 'history', matches: /^\/admin\/changes$/ },
    { href: '/admin/configuration', text: 'Export and import', icon: 'download', matches: /^\/admin\/configuration$/ },
  ];
}

/** @param {Entry} entry */
function navLink(entry) {
  const link = h('a', { href: entry.href, class: 'nav-link' }, icon(entry.icon), h('span', { class: 'nav-text' }, entry.text), entry.badge);
  const mark = () => {
    if (entry.matches.test(location.pathname)) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  };
  document.addEventListener('routed', mark);
  mark();
  return h('li', null, link);
}

function liveIndicator() {
  const text = h('span');
  const element = h('p', { class: 'live-indicator' }, h('span', { class: 'live-dot', 'aria-hidden': 'true' }), text);
  const update = () => {
    element.dataset.state = live.state;
    const rate = live.status.messagesPerSecond;
    text.textContent = live.state !== 'open' ? 'Reconnecting …' : rate === undefined ? 'Live' : `Live · ${Math.round(rate)} msg/s`;
  };
  live.addEventListener('connection', update);
  live.addEventListener('status', update);
  update();
  return element;
}

function brand() {
  const logo = new URL('../../favicon.svg', import.meta.url).href;
  return h('a', { href: '/', class: 'brand' }, h('img', { src: logo, alt: '', width: 28, height: 28 }), h('span', null, 'Plantwright'));
}

/** Builds the frame into the body. @returns {HTMLElement} where pages go */
export function buildShell() {
  const main = h('main', { id: 'main', tabIndex: -1 });
  const sidebar = h('nav', { class: 'sidebar', id: 'sidebar', 'aria-label': 'Main' },
    brand(),
    h('ul', { class: 'nav-list' }, mainEntries().map(navLink)),
    mayAdmin() ? h('p', { class: 'nav-heading', id: 'admin-heading' }, 'Administration') : null,
    mayAdmin() ? h('ul', { class: 'nav-list', 'aria-labelledby': 'admin-heading' }, adminEntries().map(navLink)) : null,
    h('div', { class: 'sidebar-foot' }, liveIndicator(), themeToggle(), userRow()));
  const menu = iconButton('menu', 'Menu', () => toggleMenu(sidebar, menu), 'menu-button');
  menu.setAttribute('aria-controls', 'sidebar');
  menu.setAttribute('aria-expanded', 'false');
  sidebar.addEventListener('click', (event) => {
    if (/** @type {Element} */ (event.target).closest('a')) toggleMenu(sidebar, menu, false);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !sidebar.classList.contains('is-open')) return;
    toggleMenu(sidebar, menu, false);
    menu.focus();
  });
  fill(document.body,
    h('a', { href: '#main', class: 'skip-link' }, 'Skip to content'),
    h('div', { class: 'shell' },
      h('header', { class: 'topbar' }, menu, brand(), liveIndicator()),
      sidebar, h('div', { class: 'content' }, h('pw-banner'), main)));
  followAlarms();
  return main;
}

/** @param {HTMLElement} sidebar @param {HTMLElement} button @param {boolean} [open] */
function toggleMenu(sidebar, button, open = !sidebar.classList.contains('is-open')) {
  sidebar.classList.toggle('is-open', open);
  button.setAttribute('aria-expanded', String(open));
  if (open) /** @type {HTMLElement | null} */ (sidebar.querySelector('a'))?.focus();
}

function userRow() {
  const { name, email, role } = session();
  return h('div', { class: 'user-row' },
    h('span', { class: 'avatar', 'aria-hidden': 'true' }, (name || email || '?').charAt(0).toUpperCase()),
    h('a', { class: 'user-name', href: '/account' }, name || email, h('small', null, role), hiddenText(' (account)')),
    iconButton('log-out', 'Sign out', () => signOut()));
}

/** Keeps the number of open alarms beside the link. */
async function followAlarms() {
  /** @type {Set<string>} */
  const open = new Set();
  const show = () => {
    alarmBadge.hidden = open.size === 0;
    fill(alarmBadge, String(open.size), hiddenText(' open'));
  };
  const changed = (/** @type {any} */ alarm) => {
    open[alarm.state === 'open' ? 'add' : 'delete'](alarm.id);
    show();
  };
  const load = async () => {
    const begun = performance.now();
    const { items } = await get('/api/v1/alarms?state=open&limit=1000');
    open.clear();
    for (const { id } of items) open.add(id);
    live.replay(begun, 'alarm', changed);
    show();
  };
  live.onChange('alarm', changed, FOREVER);
  live.addEventListener('resync', () => load().catch(() => {}));
  await load().catch(() => {});
}
