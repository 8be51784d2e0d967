/** A counter as bars: how much it grew in each stretch of time. */

import { isGapBefore } from './series.js';

/** @typedef {import('./series.js').Series} Series */
/** @typedef {import('./series.js').Range} Range */
/** @typedef {{times: number[], values: (number | null)[], width: number}} Bars beginnings and width in milliseconds */

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const WIDTHS = [SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 7 * DAY, 30 * DAY];
const MOST_BARS = 64;

/** @param {Series} series @param {Range} range @param {number | null} [rollover] where the counter begins at 0 again @returns {Bars} */
export function increaseBars(series, { from, to }, rollover = null) {
  const width = WIDTHS.find((candidate) => candidate >= series.bucket * 1000 && (to - from) / candidate <= MOST_BARS) ?? 365 * DAY;
  const offset = width >= HOUR ? new Date(from).getTimezoneOffset() * MINUTE : 0;
  const first = Math.floor((from - offset) / width) * width + offset;
  const times = Array.from({ length: Math.max(0, Math.ceil((to - first) / width)) }, (_, at) => first + at * width);
  /** @type {(number | null)[]} */
  const values = times.map(() => null);
  rises(series, rollover, (begin, end, rise) => {
    const low = Math.floor((begin - first) / width), high = Math.max(low, Math.ceil((end - first) / width) - 1);
    for (let at = Math.max(0, low); at <= Math.min(high, values.length - 1); at += 1) {
      const share = end > begin ? (Math.min(end, first + (at + 1) * width) - Math.max(begin, first + at * width)) / (end - begin) : 1;
      values[at] = (values[at] ?? 0) + rise * share;
    }
  });
  return { times, values, width };
}

/**
 * Each growth with the time in which it came: between two readings, or at the later one when many are missing in between.
 * @param {Series} series @param {number | null} rollover @param {(begin: number, end: number, rise: number) => void} take
 */
function rises({ times, increase, values }, rollover, take) {
  if (increase) return increase.forEach((rise, at) => rise !== null && take(times[at], times[at], rise));
  const known = (values ?? []).flatMap((value, at) => typeof value === 'number' ? [{ time: times[at], value, isAfterGap: values?.[at - 1] === null }] : []);
  const moments = known.map(({ time }) => time);
  known.forEach(({ time, value, isAfterGap }, at) => {
    const last = known[at - 1];
    if (last) take(isAfterGap || isGapBefore(moments, at, 0) ? time : last.time, time, stepIncrease(last.value, value, rollover));
  });
}

/**
 * How much a counter grew from one value to the next, as the server judges it: one that fell rolled over when that makes at most half of its range, else it was reset to 0.
 * @param {number} before @param {number} after @param {number | null} [rollover]
 */
export function stepIncrease(before, after, rollover = null) {
  if (after >= before) return after - before;
  const over = rollover !== null && after >= 0 && before <= rollover ? rollover - before + after : Infinity;
  return rollover !== null && over <= rollover / 2 ? over : Math.max(0, after);
}

/** What uPlot draws: seconds at the middle of each bar. @param {Bars} bars @returns {(number | null)[][]} */
export const barColumns = ({ times, values, width }) => [times.map((time) => (time + width / 2) / 1000), values];

/** @param {Bars} bars */
export const totalIncrease = ({ values }) => values.reduce((/** @type {number | null} */ sum, value) => value === null ? sum : (sum ?? 0) + value, null);
