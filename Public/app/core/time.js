/** Points in time and lengths of time as people read them. */

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const dayClock = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const full = new Intl.DateTimeFormat(undefined, {
  weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
});

/** @param {string | number | null | undefined} time */
export function toMilliseconds(time) {
  if (time === null || time === undefined) return NaN;
  return typeof time === 'number' ? time : Date.parse(time);
}

/** Today as a clock time, else with the day. @param {string | number | null | undefined} time */
export function formatTime(time) {
  const at = toMilliseconds(time);
  if (Number.isNaN(at)) return '–';
  const today = new Date().toDateString() === new Date(at).toDateString();
  return (today ? clock : dayClock).format(at);
}

/** @param {string | number | null | undefined} time */
export function formatFullTime(time) {
  const at = toMilliseconds(time);
  return Number.isNaN(at) ? '–' : full.format(at);
}

/** `just now`, `12 s ago`, `5 min ago`, `3 h ago`, `4 d ago`. @param {number} at @param {number} now */
export function formatAge(at, now) {
  const seconds = (now - at) / 1000;
  if (Number.isNaN(seconds)) return '–';
  if (seconds < -2) return formatTime(at);
  if (seconds < 2) return 'just now';
  return `${formatDuration(Math.max(1, Math.floor(seconds)) * 1000).replace(/\.0 s$/, ' s')} ago`;
}

/** A length of time in one unit. @param {number} milliseconds */
export function formatDuration(milliseconds) {
  if (!Number.isFinite(milliseconds)) return '–';
  const seconds = milliseconds / 1000;
  if (seconds < 1) return `${Math.round(milliseconds)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** The value at a share of a sorted list. @param {number[]} sorted @param {number} share */
export function percentile(sorted, share) {
  if (sorted.length === 0) return NaN;
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
