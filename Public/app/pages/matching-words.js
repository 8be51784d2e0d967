/** Which equipment of the ERP is which asset: the states of that, and how sure a proposal is. */
import { h, icon } from '../core/dom.js';

/** @typedef {{reference: string, name: string, serial: string | null, tag: string | null, location: string | null, retired: boolean}} Equipment */
/** @typedef {'linked' | 'proposed' | 'unmatched-equipment' | 'unmatched-asset' | 'duplicate' | 'drift'} MatchState */
/** @typedef {{equipment: Equipment | null, asset: {key: string, name: string, path: string[] | string, reference?: string | null} | null, state: MatchState, score: number, reasons: string[]}} Match */

/** @type {Record<MatchState, {text: string, many: string, icon: string, className: string}>} in the order of the filter */
export const MATCH_STATES = {
  proposed: { text: 'Proposed', many: 'Proposed', icon: 'circle-question-mark', className: 'info' },
  drift: { text: 'Changed in the ERP', many: 'Changed', icon: 'triangle-alert', className: 'warning' },
  duplicate: { text: 'Linked twice', many: 'Linked twice', icon: 'copy', className: 'bad' },
  'unmatched-asset': { text: 'No equipment', many: 'Assets without', icon: 'circle', className: '' },
  'unmatched-equipment': { text: 'No asset', many: 'Equipment without', icon: 'circle', className: '' },
  linked: { text: 'Linked', many: 'Linked', icon: 'circle-check', className: 'good' },
};

/** @param {Match} match the same row keeps its key, whatever its state */
export const matchKey = ({ asset, equipment }) => asset ? `asset ${asset.key}` : `equipment ${equipment?.reference}`;

/** @param {MatchState} state */
export function stateBadge(state) {
  const known = MATCH_STATES[state];
  return h('span', { class: `badge ${known?.className ?? ''}`.trim() }, icon(known?.icon ?? 'circle'), known?.text ?? state);
}

/** @param {Match} match */
export function scoreCell({ state, score, reasons }) {
  const percent = Math.round(score * 100), words = score >= 0.9 ? 'Very likely' : score >= 0.6 ? 'Likely' : 'Perhaps';
  return [
    state === 'proposed' ? h('p', { class: 'score' }, h('span', { class: 'meter', 'aria-hidden': 'true' }, h('span', { style: { 'inline-size': `${percent}%` } })), h('span', null, `${words}, ${percent} %`)) : stateBadge(state),
    reasons.length ? h('ul', { class: 'reasons' }, reasons.map((reason) => h('li', null, reason))) : null,
  ];
}

/** @param {Equipment} equipment */
export const equipmentDetails = ({ serial, tag, location }) => [tag ? `Tag ${tag}` : null, serial ? `Serial ${serial}` : null, location].filter(Boolean).join(' · ');

/** @param {Equipment | null} equipment @param {string | null} [linked] what its asset names, where the ERP has no such thing */
export function equipmentCell(equipment, linked = null) {
  if (!equipment) return linked ? h('code', null, linked) : h('span', { class: 'soft' }, '–');
  return [h('span', { class: 'main' }, h('code', null, equipment.reference), ` ${equipment.name}`, equipment.retired ? h('span', { class: 'badge warning' }, 'Retired') : null), h('span', { class: 'sub' }, equipmentDetails(equipment))];
}

/** Where an asset is, from the top of the tree. @param {string[] | string} path */
export const placeText = (path) => Array.isArray(path) ? path.join(' › ') : path;

/** @param {Match['asset']} asset */
export function assetCell(asset) {
  if (!asset) return h('span', { class: 'soft' }, '–');
  return [h('a', { class: 'main', href: `/plant/${asset.key}` }, asset.name), h('span', { class: 'sub' }, placeText(asset.path))];
}
