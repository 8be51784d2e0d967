/** What became of everything a device sent: in words, by day, with conflicts and a clock that is wrong. */
import { get } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { formatCount, formatWithUnit, plural } from '../core/format.js';
import { plant } from '../core/plant.js';
import { formatDuration, formatFullTime } from '../core/time.js';
import { card } from '../components/layout.js';
import { emptyState, showLoaded } from '../components/states.js';
import { clockWords, ledgerWords } from './ledger-words.js';

/** @typedef {{received: number, stored: number, merged: number, duplicate: number, conflict: number, late: number, rejected: number, gaps: number, gapSeconds: number, sequenceGaps: number}} Counts */
/** @typedef {Counts & {day: string}} Day */
/** @typedef {{device: string, since: string | null, total: Counts, days: Day[], clock: {offsetSeconds: number | null, suspicious: boolean}, newest: string | null, expectedInterval: number | null}} Ledger */

const FEW_DAYS = 7, DAYS = 30;

/** The parts of a bar, in the order in which they are drawn. @type {{name: keyof Counts, text: string}[]} */
const PARTS = [{ name: 'stored', text: 'stored' }, { name: 'merged', text: 'merged' }, { name: 'duplicate', text: 'told twice' }, { name: 'conflict', text: 'in conflict' }, { name: 'rejected', text: 'rejected' }];

/** @type {{name: keyof Counts, title: string, meaning: string}[]} */
const COLUMNS = [
  { name: 'received', title: 'Received', meaning: 'Readings that came, however often' }, { name: 'stored', title: 'Stored', meaning: 'New rows in the store' },
  { name: 'merged', title: 'Merged', meaning: 'Added missing values to a stored reading of the same time' }, { name: 'duplicate', title: 'Told twice', meaning: 'Were stored already, with the same values' },
  { name: 'conflict', title: 'In conflict', meaning: 'Other values than those stored for the same time' }, { name: 'late', title: 'Late', meaning: 'Stored, but older than the newest: no rule looked at them' },
  { name: 'rejected', title: 'Rejected', meaning: 'Could not be accepted' }, { name: 'gaps', title: 'Gaps', meaning: 'Times without readings, longer than expected' },
  { name: 'sequenceGaps', title: 'Never came', meaning: 'Messages that the sequence of its Sparkplug edge node left out; of which of its devices they were is unknown' },
];

/** @param {string} device @param {AbortSignal} signal */
export function deviceLedger(device, signal) {
  const body = h('div', { class: 'flush' });
  const load = () => showLoaded(body, signal, () => get(`/api/v1/devices/${device}/ledger?days=${DAYS}`, signal), (/** @type {Ledger} */ ledger) => view(ledger, signal));
  load();
  return card({ title: 'Ledger', id: 'ledger', class: 'ledger' }, body);
}

/** @param {Ledger} ledger @param {AbortSignal} signal */
function view(ledger, signal) {
  const words = ledgerWords(ledger, new Date().toISOString().slice(0, 10)), clock = clockWords(ledger.clock);
  if (ledger.total.received + ledger.total.sequenceGaps === 0) return emptyState('history', 'Nothing came yet', words.text);
  return [
    h('div', { class: 'ledger-words' }, h('p', { class: words.isGood ? 'is-good' : 'is-doubtful' }, icon(words.isGood ? 'circle-check' : 'triangle-alert'), h('span', null, words.text)),
      clock ? h('p', { class: 'is-doubtful' }, icon('alarm-clock'), h('span', null, clock)) : null),
    dayTable(ledger),
    ledger.total.conflict > 0 ? conflictList(ledger, signal) : null,
  ];
}

/** @param {Ledger} ledger */
function dayTable({ days, total, since }) {
  const newestFirst = days.toSorted((a, b) => b.day.localeCompare(a.day)), most = Math.max(1, ...days.map(({ received }) => received)), holder = h('tbody');
  const columns = COLUMNS.filter(({ name }) => ['received', 'stored', 'duplicate', 'rejected', 'gaps'].includes(name) || total[name] > 0);
  const cell = (/** @type {Counts} */ counts, /** @type {keyof Counts} */ name) => h('td', { class: `numeric${counts[name] === 0 ? ' is-zero' : ''}`, title: name === 'gaps' && counts.gapSeconds ? `${formatDuration(counts.gapSeconds * 1000)} in all` : null }, formatCount(counts[name]));
  const show = (/** @type {number} */ count) => fill(holder, newestFirst.slice(0, count).map((day) => h('tr', null, h('th', { scope: 'row', class: 'nowrap' }, dayName(day.day)),
    h('td', { class: 'ledger-bar-cell' }, bar(day, most)), columns.map(({ name }) => cell(day, name)))));
  show(FEW_DAYS);
  const more = h('button', { type: 'button', class: 'button small', on: { click: () => {
    show(DAYS);
    more.parentElement?.remove();
  } } }, `Show ${Math.min(DAYS, days.length)} days`);
  return [
    h('div', { class: 'ledger-scroller', tabIndex: 0, role: 'group', 'aria-label': 'Ledger by day' }, h('table', { class: 'plain-table ledger-table' }, h('caption', { class: 'visually-hidden' }, 'What became of the readings, by day'),
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Day'), h('th', { scope: 'col' }, h('span', { class: 'visually-hidden' }, 'Shares')), columns.map(({ title, meaning }) => h('th', { scope: 'col', class: 'numeric', title: meaning }, title)))),
      holder, h('tfoot', null, h('tr', null, h('th', { scope: 'row' }, since ? `Since ${dayName(since.slice(0, 10))}` : 'In all'), h('td', { class: 'ledger-bar-cell' }, legend(total)), columns.map(({ name }) => cell(total, name)))))),
    days.length > FEW_DAYS ? h('div', { class: 'table-foot' }, more) : null,
  ];
}

/** @param {Day} day @param {number} most */
function bar(day, most) {
  const shares = PARTS.filter(({ name }) => day[name] > 0).map(({ name, text }) => ({ name, text: `${formatCount(day[name])} ${text}`, share: day[name] / most }));
  return h('div', { class: 'ledger-bar', role: 'img', 'aria-label': shares.map(({ text }) => text).join(', ') || 'nothing' },
    shares.map(({ name, text, share }) => h('span', { class: `part-${name}`, title: text, style: { 'flex-basis': `${share * 100}%` } })));
}

/** @param {Counts} total */
const legend = (total) => h('span', { class: 'ledger-legend' }, PARTS.filter(({ name }) => total[name] > 0 || name === 'stored').map(({ name, text }) => h('span', null, h('i', { class: `part-${name}`, 'aria-hidden': 'true' }), text)));

const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' });

/** @param {string} day like 2026-11-22, in UTC */
const dayName = (day) => day === new Date().toISOString().slice(0, 10) ? 'Today' : dayFormat.format(Date.parse(`${day}T00:00:00Z`));

/** Both values of each conflict, loaded when they are asked for. @param {Ledger} ledger @param {AbortSignal} signal */
function conflictList({ device, total }, signal) {
  const body = h('div');
  const details = h('details', { class: 'conflicts' }, h('summary', null, `${plural(total.conflict, 'reading')} in conflict: both values`), body);
  details.addEventListener('toggle', () => {
    if (!details.open || body.childElementCount > 0) return;
    showLoaded(body, signal, () => get(`/api/v1/devices/${device}/conflicts?limit=100`, signal), ({ items }) => items.length === 0
      ? h('p', { class: 'soft' }, 'They are older than what is kept of conflicts.')
      : h('div', { class: 'chart-table' }, h('table', { class: 'plain-table' }, h('caption', { class: 'visually-hidden' }, 'Conflicts'),
        h('thead', null, h('tr', null, ['Time of the reading', 'Metric', 'Stored (came first)', 'Came later'].map((title) => h('th', { scope: 'col' }, title)))),
        h('tbody', null, items.flatMap((/** @type {any} */ conflict) => differing(conflict).map((metric, at) => h('tr', null,
          h('td', { class: 'nowrap' }, at === 0 ? formatFullTime(conflict.ts) : ''), h('td', null, plant.metric(device, metric)?.name ?? metric),
          h('td', null, formatWithUnit(conflict.stored[metric], plant.metric(device, metric))), h('td', null, formatWithUnit(conflict.values[metric], plant.metric(device, metric)))))))), undefined));
  });
  return details;
}

/** @param {{values: Record<string, any>, stored: Record<string, any>}} conflict */
const differing = ({ values, stored }) => Object.keys(values).filter((metric) => values[metric] !== null && stored[metric] !== null && JSON.stringify(values[metric]) !== JSON.stringify(stored[metric]));
