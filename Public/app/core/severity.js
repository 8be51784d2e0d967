/** Alarm severities: each has its own colour, shape and word, so that none of them is needed alone. */
import { h, icon } from './dom.js';
import { sentence } from './format.js';

/** @typedef {'low' | 'medium' | 'high' | 'critical'} Severity */

/** From least to worst. @type {Severity[]} */
export const SEVERITIES = ['low', 'medium', 'high', 'critical'];

/** @type {Record<Severity, string>} */
const ICONS = { low: 'circle-alert', medium: 'diamond', high: 'triangle-alert', critical: 'octagon-alert' };

/** 0 for none, 4 for critical. @param {string | null | undefined} severity */
export function rank(severity) {
  return SEVERITIES.indexOf(/** @type {Severity} */ (severity)) + 1;
}

/** @param {Iterable<string | null | undefined>} severities @returns {Severity | null} */
export function worst(severities) {
  let highest = 0;
  for (const severity of severities) highest = Math.max(highest, rank(severity));
  return highest === 0 ? null : SEVERITIES[highest - 1];
}

/** @param {Severity} severity */
export const severityIcon = (severity) => icon(ICONS[severity] ?? 'circle-alert', `severity-icon severity-${severity}`);

/** Icon and word. @param {Severity} severity */
export function severityBadge(severity) {
  return h('span', { class: `badge severity-badge severity-${severity}` }, severityIcon(severity), sentence(severity));
}

/** What an asset or device looks like at a glance: its worst open alarm, or all well. @param {Severity | null} severity */
export function statusDot(severity) {
  if (severity) return h('span', { class: 'status' }, severityIcon(severity), h('span', { class: 'visually-hidden' }, `${sentence(severity)} alarm`));
  return h('span', { class: 'status status-ok' }, icon('circle-check', 'severity-icon severity-none'),
    h('span', { class: 'visually-hidden' }, 'No alarm'));
}
