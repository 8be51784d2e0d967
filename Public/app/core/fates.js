/** What can become of a message; each has its own word, icon and colour. */
import { h, icon } from './dom.js';

/** @typedef {'stored' | 'duplicate' | 'conflict' | 'late' | 'rejected' | 'quarantined'} Fate */

/** @type {Record<Fate, {text: string, icon: string, className: string, meaning: string}>} */
export const FATES = {
  stored: { text: 'Stored', icon: 'circle-check', className: 'good', meaning: 'In the store.' },
  duplicate: { text: 'Duplicate', icon: 'copy', className: '', meaning: 'Was stored before, with the same values.' },
  conflict: { text: 'Conflict', icon: 'triangle-alert', className: 'warning', meaning: 'Other values were stored for the same time; both are kept.' },
  late: { text: 'Late', icon: 'clock', className: 'info', meaning: 'Older than the newest; stored, but no rule looks at it.' },
  rejected: { text: 'Rejected', icon: 'circle-x', className: 'bad', meaning: 'Could not be accepted; kept with the reason.' },
  quarantined: { text: 'Unknown', icon: 'shield', className: 'warning', meaning: 'No device has this identifier; kept in quarantine.' },
};

/** @param {string} fate */
export function fateBadge(fate) {
  const known = FATES[/** @type {Fate} */ (fate)];
  return h('span', { class: `badge ${known?.className ?? ''}`.trim(), title: known?.meaning }, icon(known?.icon ?? 'circle'), known?.text ?? fate);
}

/** Why the server refuses a message, as people say it. @type {Record<string, string>} */
const REASONS = {
  'bad-topic': 'Topic not understood', 'bad-json': 'Not JSON', 'malformed-json': 'Not JSON', 'too-large': 'Too large', 'bad-shape': 'Not the expected shape',
  'bad-time': 'Time not acceptable', 'wrong-type': 'Wrong type', 'no-values': 'No values', 'too-many-states': 'Too many different states', 'not-storable': 'Not storable',
  'unknown-device': 'Unknown device',
};

/** @param {string} reason */
export function reasonText(reason) {
  const words = reason.replaceAll('-', ' ');
  return REASONS[reason] ?? words.charAt(0).toUpperCase() + words.slice(1);
}
