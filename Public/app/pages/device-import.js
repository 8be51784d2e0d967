/** Imports a device's history from a file: what it must look like, progress, and what became of each line. */
import { Problem } from '../core/api.js';
import { fill, h, icon, uniqueId } from '../core/dom.js';
import { formatBytes, formatCount, plural } from '../core/format.js';
import { importHistory, lookInto } from '../core/import-history.js';
import { plant } from '../core/plant.js';
import { guardLeaving } from '../core/router.js';
import { card, iconButton } from '../components/layout.js';
import { toast } from '../components/toast.js';

/** @typedef {import('../core/import-history.js').Progress} Progress */

const ENDED = 'input, button';

/** @param {string} device @param {AbortSignal} signal @param {() => void} imported */
export function deviceImport(device, signal, imported) {
  return new ImportPanel(device, signal, imported).element;
}

class ImportPanel {
  #input = h('input', { class: 'input', type: 'file', id: uniqueId('file'), accept: '.csv,.txt,.ndjson,.jsonl,.json,text/csv,application/x-ndjson' });
  #chosen = h('div', { 'aria-live': 'polite' });
  #result = h('div', { 'aria-live': 'polite' });
  /** @type {File | null} */
  #file = null;
  #isCSV = true;

  /** @param {string} device @param {AbortSignal} signal @param {() => void} imported */
  constructor(device, signal, imported) {
    this.device = device;
    this.signal = signal;
    this.imported = imported;
    this.keys = plant.metricsOf(device).map(({ key }) => key);
    this.#input.addEventListener('change', () => this.#look());
    this.element = card({ title: 'Import history', id: 'import' }, h('div', { class: 'form' },
      h('p', { class: 'soft' }, 'Stores readings of the past from a CSV or NDJSON file. No rule looks at them, so nothing is raised or sent. A line that is stored already counts as told twice, so a file can be imported again.'),
      this.#format(),
      h('div', { class: 'field' }, h('label', { class: 'field-label', htmlFor: this.#input.id }, 'File'), this.#input), this.#chosen, this.#result));
  }

  #format() {
    const header = ['ts', ...this.keys].join(',');
    const copy = iconButton('copy', 'Copy the header', async () => {
      await navigator.clipboard.writeText(header).then(() => toast('Header copied'), () => toast('The browser does not let us copy', 'failed'));
    });
    return h('details', { class: 'import-format' }, h('summary', null, 'What the file looks like'), h('div', { class: 'form' },
      h('p', null, h('strong', null, 'CSV'), ': a header with the time and any of the metrics, then a line for each reading. Times are Unix milliseconds or RFC 3339; an empty cell is no value.'),
      h('div', { class: 'copyable' }, h('pre', { tabIndex: 0, 'aria-label': 'Header and an example' }, h('code', null, `${header}\n${this.#example().join(',')}`)), copy),
      h('p', null, h('strong', null, 'NDJSON'), ': one JSON object a line, as devices send it.'),
      h('pre', { tabIndex: 0, 'aria-label': 'Example of NDJSON' }, h('code', null, JSON.stringify(Object.fromEntries(['ts', ...this.keys].map((key, at) => [key, this.#sample(key, this.#example()[at])])))))));
  }

  #example() {
    return [new Date(Date.now() - 86_400_000).toISOString(), ...plant.metricsOf(this.device).map(({ kind, key }) => kind === 'state' ? (key === 'running' ? 'true' : 'idle') : kind === 'location' ? '52.37 4.89' : '12.5')];
  }

  /** @param {string} key @param {string} text */
  #sample(key, text) {
    const kind = plant.metric(this.device, key)?.kind;
    return kind === 'location' ? { lat: 52.37, lon: 4.89 } : kind === undefined ? text : text === 'true' ? true : kind === 'state' ? text : Number(text);
  }

  async #look() {
    const file = this.#input.files?.[0] ?? null;
    this.#file = file;
    fill(this.#result);
    if (!file) return fill(this.#chosen);
    const { isCSV, first } = await lookInto(file, file.name);
    this.#isCSV = isCSV;
    const { mistake, notes } = isCSV ? this.#checkHeader(first) : { mistake: null, notes: [] };
    const begin = h('button', { type: 'button', class: 'button primary', disabled: mistake !== null, on: { click: () => this.#run() } }, icon('arrow-up'), 'Import');
    this.#input.setAttribute('aria-invalid', String(mistake !== null));
    fill(this.#chosen, h('div', { class: 'form' },
      h('p', null, h('strong', null, file.name), h('span', { class: 'soft' }, ` · ${isCSV ? 'CSV' : 'NDJSON'}, ${formatBytes(file.size)}`)),
      mistake ? h('p', { class: 'field-error' }, icon('circle-alert'), mistake) : null, notes.map((note) => h('p', { class: 'soft' }, note)), h('div', { class: 'actions' }, begin)));
  }

  /** @param {string} header @returns {{mistake: string | null, notes: string[]}} */
  #checkHeader(header) {
    const columns = header.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1')), known = columns.filter((name) => this.keys.includes(name));
    const unknown = columns.filter((name) => name !== 'ts' && name !== 'receivedAt' && !this.keys.includes(name));
    if (columns.length === 1 && /[;\t]/.test(header)) return { mistake: 'The columns of this file are not separated by commas.', notes: [] };
    if (!columns.includes('ts')) return { mistake: `The first line must be a header with a column “ts”; it is “${header.slice(0, 80)}”.`, notes: [] };
    if (known.length === 0) return { mistake: `No column has the key of a metric. This profile has ${this.keys.join(', ')}.`, notes: [] };
    return { mistake: null, notes: [`Takes ${known.join(', ')}.`, ...(unknown.length ? [`Leaves out ${unknown.join(', ')}: the profile has no such metric.`] : [])] };
  }

  async #run() {
    const file = this.#file;
    if (!file) return;
    const stop = new AbortController(), bar = h('progress', { max: 1, value: 0, 'aria-label': 'Imported share of the file' }), words = h('p', { class: 'soft numeric' }, 'Sending …');
    const leave = () => stop.abort();
    this.signal.addEventListener('abort', leave);
    guardLeaving(() => stop.signal.aborted ? null : 'The import is not finished. Leave and stop it?', stop.signal);
    this.#setBusy(true);
    fill(this.#result, h('div', { class: 'form import-progress' }, bar, words, h('div', { class: 'actions' }, h('button', { type: 'button', class: 'button', on: { click: () => stop.abort() } }, 'Stop'))));
    /** @type {Progress | null} */
    let last = null;
    try {
      const done = await importHistory(this.device, file, this.#isCSV, { signal: stop.signal, onProgress: (progress) => {
        last = progress;
        bar.value = progress.share;
        words.textContent = `${Math.round(progress.share * 100)} % · ${plural(progress.line, 'line')} · ${formatCount(progress.totals.stored)} stored`;
      } });
      this.#show(done, null);
      this.imported();
    } catch (error) {
      if (!(error instanceof Problem) && !stop.signal.aborted) throw error;
      this.#show(last, stop.signal.aborted ? 'Stopped.' : /** @type {Problem} */ (error).message);
    } finally {
      stop.abort();
      this.signal.removeEventListener('abort', leave);
      this.#setBusy(false);
    }
  }

  /** @param {boolean} isBusy */
  #setBusy(isBusy) {
    for (const control of [this.#input, ...this.#chosen.querySelectorAll(ENDED)]) /** @type {HTMLInputElement} */ (control).disabled = isBusy;
  }

  /** @param {Progress | null} progress @param {string | null} failure */
  #show(progress, failure) {
    const { totals, errors, line } = progress ?? { totals: null, errors: [], line: 0 };
    const rest = totals ? [['merged', 'merged'], ['duplicate', 'told twice'], ['conflict', 'in conflict'], ['rejected', 'rejected']]
      .filter(([name]) => totals[/** @type {keyof typeof totals} */ (name)] > 0).map(([name, text]) => `${formatCount(totals[/** @type {keyof typeof totals} */ (name)])} ${text}`) : [];
    fill(this.#result, h('div', { class: 'form' },
      failure ? h('p', { class: 'test-result is-bad' }, icon('circle-x'), h('span', null, h('strong', null, line ? `Stopped after line ${formatCount(line)}. ` : 'Not imported. '), failure, line ? ' What came before is stored; importing the file again is safe.' : '')) : null,
      totals && !failure ? h('p', { class: `test-result ${totals.rejected ? 'is-mixed' : 'is-good'}` }, icon(totals.rejected ? 'triangle-alert' : 'circle-check'),
        h('span', null, h('strong', null, `${plural(totals.stored, 'reading')} stored`), ` of ${formatCount(totals.stored + totals.merged + totals.duplicate + totals.conflict + totals.rejected)}${rest.length ? `; ${rest.join(', ')}` : ''}.`)) : null,
      errors.length ? h('div', { class: 'chart-table', tabIndex: 0, role: 'group', 'aria-label': 'Lines with mistakes' }, h('table', { class: 'plain-table' }, h('caption', { class: 'visually-hidden' }, 'Lines that were rejected'),
        h('thead', null, h('tr', null, h('th', { scope: 'col', class: 'numeric' }, 'Line'), h('th', { scope: 'col' }, 'Why'))),
        h('tbody', null, errors.map((error) => h('tr', null, h('td', { class: 'numeric' }, formatCount(error.line)), h('td', null, error.detail)))))) : null,
      totals && totals.rejected > errors.length ? h('p', { class: 'sub' }, `The first ${errors.length} are shown.`) : null));
  }
}
