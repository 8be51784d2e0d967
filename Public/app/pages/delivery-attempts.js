/** What became of a delivery, one under the other: the calls that were made for it, and what people decided. */
import { h, hiddenText, icon } from '../core/dom.js';
import { sentence } from '../core/format.js';
import { formatDuration, formatTime } from '../core/time.js';
import { copyButton } from '../components/copy.js';
import { emptyState } from '../components/states.js';

/** @type {Record<string, string>} */
const PURPOSES = { create: 'Create', 'look-up': 'Look up by key', write: 'Write' };
/** @type {Record<string, string>} */
const OUTCOMES = { done: 'Done', found: 'Found', 'not-found': 'Not found', refused: 'Refused', transient: 'Try again later', uncertain: 'No answer', failed: 'Failed' };
/** @type {Record<string, [string, string]>} what people did → [words, icon] */
const ACTS = {
  approved: ['Approved', 'check'], rejected: ['Not approved', 'x'], edited: ['Fields changed', 'pencil'], retried: ['Retried', 'rotate-ccw'], dismissed: ['Dismissed', 'minus'],
  'stepped-aside': ['The later ones of its asset go first', 'send'],
};

/** @param {any} delivery @param {{open?: boolean}} [options] `open` shows every exchange, as for a printed page */
export function attempts({ state, nextAttemptAt, timeline = [], acts = [] }, { open = false } = {}) {
  const entries = [...timeline.map((/** @type {any} */ entry) => ({ at: entry.startedAt, element: attempt(entry, open) })), ...acts.map((/** @type {any} */ entry) => ({ at: entry.at, element: act(entry) }))];
  if (entries.length === 0) {
    return state === 'held' ? emptyState('pause', 'Not sent yet', 'It waits for somebody to approve it.') : emptyState('clock', 'Not tried yet', 'The first call is about to be made.');
  }
  const next = ['waiting', 'uncertain'].includes(state) && nextAttemptAt ? nextAttempt(nextAttemptAt) : null;
  return h('ol', { class: 'attempts' }, entries.sort((a, b) => a.at.localeCompare(b.at)).map(({ element }) => element), next);
}

/** @param {string} at */
function nextAttempt(at) {
  return h('li', { class: 'is-next' }, h('span', { class: 'attempt-mark' }, icon('clock')), h('div', { class: 'grow' },
    h('p', { class: 'attempt-head' }, h('strong', null, 'Next attempt'), h('span', { class: 'soft' }, Date.parse(at) <= Date.now() ? 'at once' : `at ${formatTime(at)}`))));
}

/** @param {any} entry @param {boolean} open */
function attempt(entry, open) {
  const isGood = entry.outcome === 'done' || entry.outcome === 'found', isNeutral = !entry.endedAt || entry.outcome === 'not-found';
  const length = entry.endedAt ? formatDuration(Date.parse(entry.endedAt) - Date.parse(entry.startedAt)) : 'no answer yet';
  const exchanges = entry.exchanges?.length ? entry.exchanges : entry.request || entry.response ? [entry] : [];
  return h('li', { class: isGood ? 'is-good' : isNeutral ? '' : 'is-bad' },
    h('span', { class: 'attempt-mark' }, icon(isGood ? 'check' : isNeutral ? 'clock' : 'x')),
    h('div', { class: 'grow' },
      h('p', { class: 'attempt-head' }, h('strong', null, `${entry.number}. ${PURPOSES[entry.purpose] ?? sentence(entry.purpose)}`),
        h('span', { class: `badge ${isGood ? 'good' : isNeutral ? 'info' : 'bad'}` }, entry.outcome ? OUTCOMES[entry.outcome] ?? sentence(entry.outcome) : 'Running'),
        h('span', { class: 'soft' }, `${entry.status ? `HTTP ${entry.status} · ` : ''}${formatTime(entry.startedAt)} · ${length}`)),
      entry.note ? h('p', { class: 'soft' }, entry.note) : null,
      // Without an answer, what is kept in its place is why none came.
      !isGood && !entry.status && entry.response ? h('p', { class: 'soft' }, entry.response) : null,
      exchanges.length ? h('details', { open }, h('summary', null, exchanges.length > 1 ? `${exchanges.length} requests and answers` : 'Request and answer', hiddenText(` of attempt ${entry.number}`)),
        h('ol', { class: 'exchanges' }, exchanges.map((/** @type {any} */ one, /** @type {number} */ at) => exchange(one, at, exchanges.length)))) : null));
}

/** @param {{request: string | null, status: number | null, response: string | null}} exchange @param {number} at @param {number} count */
function exchange({ request, status, response }, at, count) {
  const number = count > 1 ? ` ${at + 1}` : '';
  return h('li', null,
    request ? block(`Request${number}`, request) : null,
    response || status ? block(`Answer${number}${status ? ` (${status})` : ''}`, response ? pretty(response) : 'No body') : h('p', { class: 'soft' }, 'No answer came.'));
}

/** @param {string} name @param {string} text */
const block = (name, text) => h('div', { class: 'exchange' }, h('div', { class: 'exchange-head' }, h('h3', null, name), copyButton(text, name.toLowerCase(), 'button small plain')), h('pre', { tabIndex: 0, 'aria-label': name }, h('code', null, text)));

/** @param {string} text */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** @param {{act: string, at: string, by: string, note: string | null}} entry */
function act({ act: name, at, by, note }) {
  const [words, iconName] = ACTS[name] ?? [sentence(name), 'user'];
  return h('li', { class: 'is-act' }, h('span', { class: 'attempt-mark' }, icon(iconName)),
    h('div', { class: 'grow' }, h('p', { class: 'attempt-head' }, h('strong', null, words), h('span', { class: 'soft' }, `${by ? `by ${by} · ` : ''}${formatTime(at)}`)), note ? h('p', { class: 'soft' }, note) : null));
}
