/** The asset tree, with the worst open alarm of each branch. */
import { fill, h, icon } from '../core/dom.js';
import { plant } from '../core/plant.js';
import { severityIcon, worst } from '../core/severity.js';

/** @typedef {import('../core/plant.js').Asset} Asset */
/** @typedef {import('../components/alarm-parts.js').Alarm} Alarm */

/** @param {string} current @param {Alarm[]} alarms open ones */
export function assetTree(current, alarms) {
  const open = new Set(plant.pathTo(current).map(({ key }) => key));
  /** @type {Map<string, HTMLElement>} */
  const marks = new Map();

  /** @param {Asset} asset @returns {HTMLElement} */
  const node = (asset) => {
    const children = plant.childrenOf(asset.key), mark = h('span', { class: 'tree-mark' });
    marks.set(asset.key, mark);
    const link = h('a', { href: `/plant/${asset.key}`, class: 'tree-link', 'aria-current': asset.key === current ? 'page' : null }, h('span', { class: 'truncate' }, asset.name), mark);
    if (children.length === 0) return h('li', { class: 'is-leaf' }, link);
    const list = h('ul', { hidden: !open.has(asset.key) }, children.map(node));
    const toggle = h('button', { type: 'button', class: 'tree-toggle', 'aria-expanded': String(!list.hidden), 'aria-label': asset.name }, icon('chevron-right'));
    toggle.addEventListener('click', () => {
      list.hidden = !list.hidden;
      toggle.setAttribute('aria-expanded', String(!list.hidden));
    });
    return h('li', null, h('div', { class: 'tree-row' }, toggle, link), list);
  };

  /** @param {Alarm[]} nowOpen */
  const update = (nowOpen) => {
    /** @type {Map<string, Alarm[]>} */
    const byAsset = new Map();
    for (const alarm of nowOpen) {
      for (const { key } of plant.pathTo(alarm.asset?.key)) byAsset.set(key, [...byAsset.get(key) ?? [], alarm]);
    }
    for (const [key, mark] of marks) {
      const severity = worst((byAsset.get(key) ?? []).map((alarm) => alarm.severity));
      fill(mark, severity ? [severityIcon(severity), h('span', { class: 'visually-hidden' }, `, ${severity} alarm`)] : null);
    }
  };

  const roots = plant.roots.map(node);
  update(alarms);
  const narrow = matchMedia('(max-width: 80rem)').matches;
  const element = h('nav', { class: 'tree card', 'aria-label': 'Asset tree' },
    h('details', { open: !narrow }, h('summary', null, 'Asset tree'), h('ul', null, roots)));
  return { element, update };
}
