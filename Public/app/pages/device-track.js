/** Where a vehicle was during the charts' time: on the map, and in figures. */
import { get, withQuery } from '../core/api.js';
import { fill, h } from '../core/dom.js';
import { formatCount, formatNumber, formatValue, plural } from '../core/format.js';
import { formatFullTime } from '../core/time.js';
import { card, facts } from '../components/layout.js';
import { emptyState, errorState } from '../components/states.js';
import { isGapBefore } from '../chart/series.js';
import { hasWebGL } from '../map/plant-map.js';
import { TrackMap } from '../map/track-map.js';

/** @typedef {import('../map/track-map.js').TrackPoint} TrackPoint */
/** @typedef {import('../chart/series.js').Range} Range */
/** @typedef {{segments?: TrackPoint[][], points?: TrackPoint[], total: number, tolerance: number}} Track */

const EARTH_RADIUS = 6371.0088;
const FIRST_TOLERANCE = 100;

/**
 * @param {string} device @param {import('../core/format.js').Metric} metric @param {AbortSignal} signal
 * @returns {{element: HTMLElement, setRange: (range: Range) => void}}
 */
export function deviceTrack(device, metric, signal) {
  const map = hasWebGL() ? new TrackMap() : null, words = h('div', { 'aria-live': 'polite' }), note = h('span', { class: 'soft' });
  /** @type {Range | null} */
  let range = null;
  let tolerance = FIRST_TOLERANCE, asked = 0;
  const load = async () => {
    const number = ++asked, wanted = range;
    if (!wanted) return;
    try {
      /** @type {Track} */
      const track = await get(withQuery(`/api/v1/devices/${device}/track`, {
        metric: metric.key, from: new Date(wanted.from).toISOString(), to: new Date(wanted.to).toISOString(), tolerance: Math.round(tolerance * 10) / 10,
      }), signal);
      if (number !== asked || signal.aborted) return;
      const segments = joined(track.segments ?? [track.points ?? []]);
      // The span moves on with every look; the map is fitted again only when its length or the day is another.
      map?.show(segments, `${Math.round((wanted.to - wanted.from) / 60_000)} ${segments.length > 0}`);
      note.textContent = track.total ? `${plural(segments.flat().length, 'point')} of ${formatCount(track.total)}, within ${formatNumber(track.tolerance)} m` : '';
      fill(words, summary(segments));
      if (map) map.hidden = segments.length === 0;
    } catch (error) {
      if (number === asked && !signal.aborted) fill(words, errorState(error, load));
    }
  };
  map?.addEventListener('zoomed', (event) => {
    const metres = /** @type {CustomEvent<number>} */ (event).detail;
    if (metres > tolerance / 2 && metres < tolerance * 2) return;
    tolerance = Math.min(5000, Math.max(1, metres));
    load();
  });
  return {
    element: card({ title: metric.name === 'Position' ? 'Track' : `Track: ${metric.name}`, actions: note, class: 'track-card', id: 'track' }, map ? h('div', { class: 'flush track-holder' }, map) : null, words),
    setRange: (next) => {
      if (range === null || Math.abs(next.to - next.from - (range.to - range.from)) > 60_000) tolerance = Math.max(5, (next.to - next.from) / 86_400_000 * 20);
      range = next;
      load();
    },
  };
}

/** @param {TrackPoint[][]} segments */
function summary(segments) {
  const first = segments[0]?.[0], last = segments.at(-1)?.at(-1);
  if (!first || !last) return emptyState('map-pin', 'No positions in this time', 'Choose a longer time above.');
  const place = (/** @type {TrackPoint} */ [lon, lat, at]) => [formatValue({ lat, lon }), h('span', { class: 'sub' }, formatFullTime(at))];
  return facts([
    ['Distance', `${formatNumber(segments.reduce((sum, segment) => sum + length(segment), 0))} km`], ['First', place(first)], ['Last', place(last)],
    ['Gaps', segments.length > 1 ? `${plural(segments.length - 1, 'stretch', 'stretches')} without positions` : 'none'],
  ]);
}

/** Without the gaps that are as long as the ways around them: positions may come rarely. @param {TrackPoint[][]} segments */
function joined(segments) {
  const times = segments.flat().map(([, , at]) => at);
  /** @type {TrackPoint[][]} */
  const result = [];
  let count = 0;
  for (const segment of segments) {
    if (segment.length === 0) continue;
    if (count > 0 && !isGapBefore(times, count, 0)) result.at(-1)?.push(...segment);
    else result.push([...segment]);
    count += segment.length;
  }
  return result;
}

/** Along the points, in kilometres. @param {TrackPoint[]} points */
function length(points) {
  let sum = 0;
  for (let at = 1; at < points.length; at += 1) sum += distance(points[at - 1], points[at]);
  return sum;
}

/** Great-circle distance in kilometres (haversine). @param {TrackPoint} from @param {TrackPoint} to */
function distance([lon1, lat1], [lon2, lat2]) {
  const radians = Math.PI / 180, a = Math.sin((lat2 - lat1) * radians / 2) ** 2 + Math.cos(lat1 * radians) * Math.cos(lat2 * radians) * Math.sin((lon2 - lon1) * radians / 2) ** 2;
  return 2 * EARTH_RADIUS * Math.asin(Math.sqrt(Math.min(1, a)));
}
