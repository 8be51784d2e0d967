/** One metric's readings in columns, raw or as min, max and mean of buckets. */

/** @typedef {(number | null)[]} Column */
/**
 * @typedef {{times: number[], bucket: number, values?: any[], min?: Column, max?: Column, avg?: Column, increase?: Column}} Series
 * Times are Unix milliseconds, `bucket` is in seconds, 0 for raw readings. A null stands where nothing came for long.
 */
/** @typedef {{from: number, to: number}} Range */

/**
 * One metric's columns. Where no metric has a value the server saw a gap, and its null stays, unless the readings around
 * are as far apart (imported history may be sparse). Where only this metric has none, the message did not hold it, and the
 * line goes on.
 * @param {any} answer of the readings endpoint @param {string} metric @returns {Series}
 */
export function seriesOf(answer, metric) {
  const columns = answer.series[metric] ?? { values: [] }, all = Object.values(answer.series).map(mainColumn), own = mainColumn(columns);
  const known = answer.times.filter((/** @type {number} */ _, /** @type {number} */ at) => isValue(own[at]));
  const isKept = (/** @type {any} */ _, /** @type {number} */ at) => isValue(own[at]) || (!all.some((column) => isValue(column[at])) && isGapAround(known, answer.times[at]));
  return { times: answer.times.filter(isKept), bucket: answer.bucket ?? 0, ...Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, /** @type {any[]} */ (values).filter(isKept)])) };
}

/** Whether a time lies between two readings that are much farther apart than those around. @param {number[]} times @param {number} time */
function isGapAround(times, time) {
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] > time) high = middle;
    else low = middle + 1;
  }
  return low < times.length && isGapBefore(times, low, 0);
}

/** @param {any} value */
const isValue = (value) => value !== null && value !== undefined;

/** The values to speak of: raw ones, or the means. @param {{values?: any[], avg?: any[]}} series @returns {any[]} */
export const mainColumn = (series) => series.values ?? series.avg ?? [];

/** Adds a live value, and forgets what has left the range. @param {Series} series @param {number} ts @param {any} value @param {number} from */
export function appendValue(series, ts, value, from) {
  if (!series.values || ts <= (series.times.at(-1) ?? 0)) return false;
  series.times.push(ts);
  series.values.push(value ?? null);
  while (series.times.length > 0 && series.times[0] < from) {
    series.times.shift();
    series.values.shift();
  }
  return true;
}

/**
 * The columns as uPlot wants them, seconds first, with a null where readings are missing for long: longer than expected
 * and longer than the readings around are apart (imported history may be sparser than the device reports today).
 * @param {Series} series @param {number} interval expected between readings, in milliseconds
 * @returns {Column[]}
 */
export function plotColumns(series, interval) {
  const patience = Math.max(interval * 3.5, series.bucket * 1500);
  const sources = series.values ? [series.values] : [series.min ?? [], series.max ?? [], series.avg ?? []];
  /** @type {Column[]} */
  const result = [[], ...sources.map(() => [])];
  series.times.forEach((time, at) => {
    if (isGapBefore(series.times, at, patience)) {
      result[0].push((series.times[at - 1] + 1) / 1000);
      for (let column = 1; column < result.length; column += 1) result[column].push(null);
    }
    result[0].push(time / 1000);
    sources.forEach((source, column) => result[column + 1].push(numeric(source[at])));
  });
  return result;
}

/**
 * Whether readings are missing before a reading: it came later than expected, and than the readings around are apart.
 * @param {number[]} times @param {number} at @param {number} patience in milliseconds
 */
export function isGapBefore(times, at, patience) {
  if (at === 0) return false;
  const around = Math.max(spacing(times, at - 1), spacing(times, at + 1));
  return times[at] - times[at - 1] > Math.max(patience, around * 3.5);
}

/** Time from the reading before, in milliseconds; 0 at the ends. @param {number[]} times @param {number} at */
const spacing = (times, at) => at > 0 && at < times.length ? times[at] - times[at - 1] : 0;

/** @param {any} value */
const numeric = (value) => typeof value === 'number' ? value : null;

/** @param {Series} series @returns {{min: number, max: number, last: number | null}} */
export function extremes(series) {
  let min = Infinity, max = -Infinity;
  for (const value of series.min ?? series.values ?? []) if (typeof value === 'number' && value < min) min = value;
  for (const value of series.max ?? series.values ?? []) if (typeof value === 'number' && value > max) max = value;
  const last = mainColumn(series).findLast((/** @type {any} */ value) => value !== null) ?? null;
  return { min, max, last };
}
