/** The time spans that a chart offers, and its colours. */

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

/** @type {{value: string, text: string}[]} values in milliseconds */
export const SPANS = [['15 min', 15 * MINUTE], ['1 h', HOUR], ['24 h', DAY], ['7 d', 7 * DAY], ['30 d', 30 * DAY]].map(([text, value]) => ({ value: String(value), text: String(text) }));
export const USUAL_SPAN = HOUR;
export const COLOURS = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-6'];

/** How fine the shown values are, in words. @param {string | undefined} resolution `raw`, `PT1M`, `PT10M`, `PT1H` @param {number} bucket in seconds */
export function resolutionText(resolution, bucket) {
  if (bucket === 0) return 'Every reading';
  const source = { PT1M: '1 min', PT10M: '10 min', PT1H: '1 h' }[resolution ?? ''];
  const width = bucket < 90 ? `${Number(bucket.toFixed(1))} s` : bucket < 5400 ? `${Math.round(bucket / 60)} min` : `${Math.round(bucket / 3600)} h`;
  return `Lowest, mean and highest per ${width}${source && source !== width ? ` (from ${source} summaries)` : ''}`;
}
