/** How much the readings take, how fast it grows, and until when the disk lasts. */
import { get } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { Page } from '../core/element.js';
import { formatBytes, formatCount, formatNumber, plural, sentence } from '../core/format.js';
import { retentionText } from '../core/retention.js';
import { formatDuration, formatFullTime } from '../core/time.js';
import { DataTable } from '../components/data-table.js';
import { card, facts, pageHeader } from '../components/layout.js';
import { emptyState, showLoaded } from '../components/states.js';

/** @typedef {{rows: number, points: number, bytes: number, bytesPerPoint: number | null, oldest?: string | null, newest?: string | null}} Figures */
/** @typedef {{name: string, retention: string, month: string, rows: number, bytes: number, state: 'open' | 'closed' | 'packing' | 'packed'}} Partition */
/**
 * @typedef {{databaseBytes: number, disk: {path: string, totalBytes: number, freeBytes: number} | null, growthBytesPerDay: number | null, fullOn: string | null,
 *   readings: Figures, packed: Figures, rollups: {bytes: number, dirty: number, behindSeconds: number}, partitions: Partition[], tables: {name: string, bytes: number}[]}} Storage
 */

const REFRESH = 30_000;
/** Days before the disk is full that are worth a warning. */
const SOON = 30;
const DAY = 86_400_000;
const MOST_TABLES = 8;

const monthFormat = new Intl.DateTimeFormat(undefined, { month: 'long', year: 'numeric', timeZone: 'UTC' });
const dateFormat = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });

/** What people call the tables that grow; others keep their own name. @type {Record<string, string>} */
const TABLES = {
  ledger_batch: 'Counts of what became of messages', change: 'Events for open browsers', delivery: 'Deliveries', delivery_attempt: 'Calls of deliveries', work_order: 'Work orders', alarm: 'Alarms',
  configuration_change: 'History of the configuration', asset: 'Assets', device: 'Devices', rejected_message: 'Rejected messages', quarantined_message: 'Quarantine', inventory_record: 'Stock figures',
};

/** @type {Record<Partition['state'], {text: string, className: string, meaning: string}>} */
const STATES = {
  open: { text: 'Open', className: 'good', meaning: 'Takes new readings' }, closed: { text: 'Closed', className: '', meaning: 'Its month is over; it will be packed' },
  packing: { text: 'Packing', className: 'info', meaning: 'Is being packed in the background' }, packed: { text: 'Packed', className: '', meaning: 'Takes far fewer bytes; queries do not notice' },
};

export class StoragePage extends Page {
  #body = h('div');

  connected() {
    this.pageTitle = 'Storage';
    fill(this, pageHeader({ title: 'Storage', lead: 'What the readings take, how fast it grows, and how long the disk lasts.' }), this.#body);
    const load = () => get('/api/v1/storage', this.signal);
    showLoaded(this.#body, this.signal, load, view);
    this.every(REFRESH, () => document.hidden || this.#body.contains(document.activeElement) || load().then((storage) => fill(this.#body, view(storage))).catch(() => {}));
  }
}
customElements.define('pw-storage-page', StoragePage);

/** @param {Storage} storage */
function view(storage) {
  const { readings, packed, rollups } = storage;
  return [
    h('div', { class: 'key-figures' },
      figure('Disk', storage.disk ? formatBytes(storage.disk.freeBytes) : '–', storage.disk ? 'free' : '', storage.disk ? diskBar(storage.disk) : 'The disk of the database is not on this machine.'),
      figure('Full', ...fullWords(storage)),
      figure('Growth', storage.growthBytesPerDay === null ? '–' : formatBytes(storage.growthBytesPerDay), storage.growthBytesPerDay === null ? '' : 'a day', `The database takes ${formatBytes(storage.databaseBytes)}.`),
      figure('One value takes', readings.bytesPerPoint === null ? '–' : formatNumber(readings.bytesPerPoint), 'bytes', packed.bytesPerPoint && packed.points > 0 ? `${formatNumber(packed.bytesPerPoint)} bytes once its month is packed` : 'Less once its month is over and packed.')),
    h('div', { class: 'stack' },
      card({ title: 'Readings' }, facts([
        ['Not packed yet', figuresText(readings)], ['Packed', packed.points > 0 ? figuresText(packed) : 'None'], ['From', readings.oldest ? formatFullTime(readings.oldest) : null], ['To', readings.newest ? formatFullTime(readings.newest) : null],
        ['Summaries for charts', formatBytes(rollups.bytes)], ['Summaries are', lagWords(rollups)],
      ])),
      card({ title: 'By month', id: 'partitions' }, h('div', { class: 'flush' }, partitionTable(storage.partitions.toSorted((a, b) => b.month.localeCompare(a.month) || a.name.localeCompare(b.name))))),
      otherTables(storage.tables)),
  ];
}

/** @param {string} name @param {import('../core/dom.js').Child} value @param {string} unit @param {import('../core/dom.js').Child} note @param {string} [className] */
function figure(name, value, unit, note, className = '') {
  return card({ class: className }, h('div', { class: 'key-figure' }, h('p', { class: 'name' }, name), h('p', { class: 'figure' }, value, unit ? h('small', null, unit) : null), h('div', { class: 'note' }, note)));
}

/** @param {{path: string, totalBytes: number, freeBytes: number}} disk */
function diskBar({ path, totalBytes, freeBytes }) {
  const share = 1 - freeBytes / totalBytes;
  return h('div', { class: 'disk' }, h('div', { class: `meter${share > 0.9 ? ' is-bad' : ''}`, role: 'img', 'aria-label': `${Math.round(share * 100)} % used` }, h('span', { style: { 'inline-size': `${share * 100}%` } })),
    h('span', null, `${Math.round(share * 100)} % of ${formatBytes(totalBytes)} used · `, h('code', null, path)));
}

/** @param {Storage} storage @returns {[string, string, import('../core/dom.js').Child]} */
function fullWords({ fullOn, growthBytesPerDay, disk }) {
  if (!disk) return ['–', '', ''];
  if (!fullOn) return [growthBytesPerDay === null ? '–' : 'Not soon', '', growthBytesPerDay === null ? 'Known after a day of growth.' : growthBytesPerDay > 0 ? 'Not within a hundred years.' : 'It does not grow.'];
  const days = Math.round((Date.parse(fullOn) - Date.now()) / DAY), soon = days <= SOON;
  const when = `On ${dateFormat.format(Date.parse(fullOn))}, if it goes on like this.`;
  return [days < 1 ? 'Today' : days > 730 ? `${Math.round(days / 365)} years` : plural(days, 'day'), days < 1 ? '' : 'left', soon ? h('span', { class: 'is-bad' }, icon('triangle-alert'), when) : when];
}

/** @param {Figures} figures */
const figuresText = ({ rows, points, bytes }) => points === 0 && bytes > 0 ? `${formatBytes(bytes)}, not counted yet` : `${formatCount(points)} values in ${plural(rows, 'reading')}, ${formatBytes(bytes)}`;

/** @param {{dirty: number, behindSeconds: number}} rollups */
function lagWords({ dirty, behindSeconds }) {
  const late = behindSeconds > 900;
  return h('span', { class: late ? 'is-bad' : '' }, behindSeconds < 120 ? 'Up to date' : `${formatDuration(behindSeconds * 1000)} behind`, dirty ? h('span', { class: 'sub' }, `${plural(dirty, 'stretch', 'stretches')} to compute again, for late readings`) : null);
}

/** What is not readings or their summaries, the largest first. @param {{name: string, bytes: number}[]} tables */
function otherTables(tables) {
  const others = tables.filter(({ name }) => !/^(reading|rollup)(_packed)?$/.test(name)).sort((a, b) => b.bytes - a.bytes), shown = others.slice(0, MOST_TABLES);
  const rest = others.slice(MOST_TABLES).reduce((sum, { bytes }) => sum + bytes, 0);
  return others.length === 0 ? null : card({ title: 'Everything else' },
    facts([...shown.map(({ name, bytes }) => /** @type {[string, string]} */ ([TABLES[name] ?? sentence(name.replaceAll('_', ' ')), formatBytes(bytes)])), ['All others', rest > 0 ? formatBytes(rest) : null]]));
}

/** @param {Partition[]} partitions */
function partitionTable(partitions) {
  const most = Math.max(1, ...partitions.map(({ bytes }) => bytes));
  const table = new DataTable({
    caption: 'Readings by month', key: (/** @type {Partition} */ { name }) => name, empty: () => emptyState('layers', 'No readings yet', 'Readings are kept by the month; each gets a row here.'),
    columns: [
      { title: 'Month', class: 'nowrap wide', cell: ({ month, name }) => h('span', { class: 'main', title: `Table ${name}` }, monthFormat.format(Date.parse(`${month}-01T00:00:00Z`))) },
      { title: 'Kept', class: 'nowrap', cell: ({ retention }) => retentionText(retention) },
      { title: 'State', cell: ({ state }) => h('span', { class: `badge ${STATES[state]?.className ?? ''}`, title: STATES[state]?.meaning }, STATES[state]?.text ?? state) },
      { title: 'Readings', class: 'numeric', cell: ({ rows }) => formatCount(rows) },
      { title: 'Size', class: 'numeric nowrap', cell: ({ bytes }) => formatBytes(bytes) },
      { title: 'Share', hideTitle: true, class: 'share-cell no-label', cell: ({ bytes }) => h('div', { class: 'meter', 'aria-hidden': 'true' }, h('span', { style: { 'inline-size': `${bytes / most * 100}%` } })) },
    ],
  });
  table.set(partitions);
  return table.element;
}
