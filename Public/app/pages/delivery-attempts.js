/** The calls that were made for a delivery, one under the other. */
import { h, icon } from '../core/dom.js';
import { sentence } from '../core/format.js';
import { formatDuration, formatTime } from '../core/time.js';
import { emptyState } from '../components/states.js';

/** @type {Record<string, string>} */
const PURPOSES = { create: 'Create', 'look-up': 'Look up by key', write: 'Write' };

/** @param {any} delivery */
export function attempts({ timeline = [] }) {
  if (timeline.length === 0) return emptyState('clock', 'Not tried yet', 'The first call is about to be made.');
  return h('ol', { class: 'attempts' }, timeline.map(attempt));
}

/** @param {any} entry */
function attempt(entry) {
  const isGood = entry.outcome === 'done' || entry.outcome === 'found', isNeutral = !entry.endedAt || entry.outcome === 'not-found';
  const length = entry.endedAt ? formatDuration(Date.parse(entry.endedAt) - Date.parse(entry.startedAt)) : 'no answer yet';
  return h('li', { class: isGood ? 'is-good' : isNeutral ? '' : 'is-bad' },
    h('span', { class: 'attempt-mark' }, icon(isGood ? 'check' : isNeutral ? 'clock' : 'x')),
    h('div', { class: 'grow' },
      h('p', { class: 'attempt-head' }, h('strong', null, `${entry.number}. ${PURPOSES[entry.purpose] ?? sentence(entry.purpose)}`),
        h('span', { class: `badge ${isGood ? 'good' : isNeutral ? 'info' : 'bad'}` }, entry.outcome ? sentence(entry.outcome) : 'Running'),
        h('span', { class: 'soft' }, `${entry.status ? `HTTP ${entry.status} · ` : ''}${formatTime(entry.startedAt)} · ${length}`)),
      entry.request || entry.response
        ? h('details', null, h('summary', null, 'Request and answer'),
          entry.request ? h('pre', { tabIndex: 0, 'aria-label': 'Request' }, h('code', null, entry.request)) : null,
          entry.response ? h('pre', { tabIndex: 0, 'aria-label': 'Answer' }, h('code', null, entry.response)) : null)
        : null));
}
