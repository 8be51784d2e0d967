/** Sends a file of history to a device in portions, and adds up what became of it. */
import { Problem } from './api.js';

/** @typedef {{received: number, stored: number, merged: number, duplicate: number, conflict: number, late: number, rejected: number}} Totals */
/** @typedef {{line: number, code: string, detail: string}} LineError */
/** @typedef {{share: number, line: number, totals: Totals, errors: LineError[]}} Progress `share` of the file, 0 to 1 */

/** A browser reads no answer before all of a request is sent, so a file goes in several: this is how progress is seen, and how it is stopped. */
const PORTION = 4 * 1024 * 1024;
const LONGEST_LINE = 16 * PORTION;
const MOST_ERRORS = 100;
const NEWLINE = 10;
/** @type {(keyof Totals)[]} */
const NAMES = ['received', 'stored', 'merged', 'duplicate', 'conflict', 'late', 'rejected'];

/** @param {Blob} file @param {string} name @returns {Promise<{isCSV: boolean, first: string}>} what it is, and its first line */
export async function lookInto(file, name) {
  const text = (await file.slice(0, 65_536).text()).replace(/^\uFEFF/, ''), first = text.split(/\r?\n/, 1)[0];
  return { isCSV: !/\.(ndjson|jsonl)$/i.test(name) && !first.trimStart().startsWith('{'), first };
}

/**
 * @param {string} device @param {Blob} file @param {boolean} isCSV
 * @param {{signal: AbortSignal, onProgress: (progress: Progress) => void}} options
 * @returns {Promise<Progress>} at the end
 */
export async function importHistory(device, file, isCSV, { signal, onProgress }) {
  /** @type {Progress} */
  const progress = { share: 0, line: 0, totals: /** @type {Totals} */ (Object.fromEntries(NAMES.map((name) => [name, 0]))), errors: [] };
  let header = new Uint8Array(), offset = 0;
  while (offset < file.size) {
    const bytes = await portion(file, offset);
    if (isCSV && offset === 0) header = bytes.slice(0, bytes.indexOf(NEWLINE) + 1);
    const isFirst = offset === 0, before = progress.line, base = { ...progress.totals }, repeated = isCSV && !isFirst ? 1 : 0;
    const answer = await send(device, new Blob(repeated ? [header, bytes] : [bytes]), isCSV, signal);
    let isDone = false;
    for await (const line of linesOf(answer)) {
      isDone = line.done === true;
      for (const name of NAMES) progress.totals[name] = base[name] + (line[name] ?? 0);
      for (const error of line.errors ?? []) if (progress.errors.length < MOST_ERRORS) progress.errors.push({ ...error, line: before + error.line - repeated });
      if (line.line) progress.line = before + line.line - repeated;
      onProgress(progress);
      if (line.failure) throw new Problem(0, line.failure.code, line.failure.detail);
    }
    if (!isDone) throw new Problem(0, 'offline', 'The connection was lost.');
    offset += bytes.length;
    progress.line = before + lineCount(bytes);
    progress.share = offset / file.size;
    onProgress(progress);
  }
  return progress;
}

/** The bytes from an offset to the end of a line. @param {Blob} file @param {number} offset */
async function portion(file, offset) {
  for (let size = PORTION; size <= LONGEST_LINE; size *= 2) {
    const bytes = new Uint8Array(await file.slice(offset, offset + size).arrayBuffer()), end = bytes.lastIndexOf(NEWLINE);
    if (offset + bytes.length >= file.size) return bytes;
    if (end >= 0) return bytes.slice(0, end + 1);
  }
  throw new Problem(0, 'line-too-long', 'A line of this file is longer than 64 MiB. Is this the right file?');
}

/** @param {Uint8Array} bytes */
function lineCount(bytes) {
  let count = bytes.length > 0 && bytes[bytes.length - 1] !== NEWLINE ? 1 : 0;
  for (const byte of bytes) if (byte === NEWLINE) count += 1;
  return count;
}

/** @param {string} device @param {Blob} body @param {boolean} isCSV @param {AbortSignal} signal */
async function send(device, body, isCSV, signal) {
  let response;
  try {
    response = await fetch(`/api/v1/devices/${device}/telemetry?evaluate=false`, {
      method: 'POST', body, signal, credentials: 'same-origin', headers: { 'content-type': isCSV ? 'text/csv' : 'application/x-ndjson', accept: 'application/x-ndjson, application/problem+json' },
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Problem(0, 'offline', 'The connection was lost.');
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => null);
  throw new Problem(response.status, problem?.code ?? 'error', problem?.errors?.[0]?.detail ?? problem?.detail ?? `The server answered ${response.status}.`, problem?.errors ?? []);
}

/** @param {Response} response @returns {AsyncGenerator<any>} its lines of JSON, as they come */
async function* linesOf(response) {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    const lines = (rest + part.value).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line);
  }
  if (rest.trim() !== '') yield JSON.parse(rest);
}
