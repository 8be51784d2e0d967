/** How long raw readings are kept: for ever, or a number of days as ISO 8601 (“P90D”). */
import { plural } from './format.js';

/** @param {string | null | undefined} retention @returns {number | null} days; null for ever */
export function retentionDays(retention) {
  const found = /^P(\d+)D$/.exec(retention ?? '');
  return found ? Number(found[1]) : null;
}

/** @param {string | null | undefined} retention */
export function retentionText(retention) {
  const days = retentionDays(retention);
  return days === null ? 'For ever' : plural(days, 'day');
}
