/** How our charts look and behave, in uPlot's terms. */
import { colour, faded } from './colours.js';

/** @typedef {import('./series.js').Range} Range */

const MINUTE = 60, DAY = 86_400;
const seconds = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const minutes = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const days = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

/** @param {any} _plot @param {number[]} splits @param {number} _axis @param {number} _space @param {number} increment */
function timeLabels(_plot, splits, _axis, _space, increment) {
  return splits.map((split) => {
    const date = new Date(split * 1000);
    if (increment >= DAY || (date.getHours() === 0 && date.getMinutes() === 0 && increment >= MINUTE)) return days.format(date);
    return (increment >= MINUTE ? minutes : seconds).format(date);
  });
}

/** As many decimals as the distance of the lines asks for: 2.5 wants one. @param {any} _plot @param {number[]} splits @param {number} _axis @param {number} _space @param {number} increment */
function valueLabels(_plot, splits, _axis, _space, increment) {
  const digits = [0, 1, 2, 3].find((count) => Math.abs(Math.round(increment * 10 ** count) / 10 ** count - increment) < increment * 1e-6) ?? 4;
  const format = new Intl.NumberFormat(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return splits.map((split) => format.format(split));
}

/** The y range: what is there, with some air, and never a flat line in a sliver. @param {any} _plot @param {number | null} min @param {number | null} max */
function valueRange(_plot, min, max) {
  if (min === null || max === null || !Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
  const air = Math.max((max - min) * 0.12, Math.abs(max) * 0.01, 0.01);
  const low = min - air;
  return [min >= 0 && low < 0 ? 0 : low, max + air];
}

/** Bars stand on zero. @param {any} _plot @param {number | null} _min @param {number | null} max */
const barRange = (_plot, _min, max) => [0, max === null || !(max > 0) ? 1 : max * 1.1];

/** What a dragged stretch does. @param {(range: Range) => void} onZoom */
export const zoomBy = (onZoom) => (/** @type {any} */ plot) => {
  if (plot.select.width < 4) return;
  const from = plot.posToVal(plot.select.left, 'x') * 1000, to = plot.posToVal(plot.select.left + plot.select.width, 'x') * 1000;
  plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  onZoom({ from, to });
};

/** @returns {any} */
function axis() {
  return {
    stroke: colour('--text-faint'), font: '11.5px Inter, system-ui, sans-serif', gap: 4,
    grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false },
  };
}

/** Both axes. */
export const axes = () => [{ ...axis(), values: timeLabels, size: 26, space: 70 }, { ...axis(), size: 52, space: 34, values: valueLabels }];
/** The y scale's range. */
export const yRange = valueRange;

/**
 * @param {{isBucketed: boolean, seriesColour: string, range: () => Range, group: string, onZoom: (range: Range) => void,
 *   onCursor: (index: number | null) => void, onDraw: (plot: any) => void, fewPoints: boolean, bars?: any}} settings `bars`: the path builder, for bars instead of a line
 */
export function plotOptions({ isBucketed, seriesColour, range, group, onZoom, onCursor, onDraw, fewPoints, bars }) {
  const line = { stroke: colour(seriesColour), width: 1.6, points: { show: fewPoints, size: 4 }, spanGaps: false };
  const edge = { stroke: 'transparent', width: 0, points: { show: false }, spanGaps: false };
  const column = { stroke: colour(seriesColour), fill: faded(seriesColour, 0.55), width: 1, paths: bars, points: { show: false } };
  return {
    width: 600, height: 180, padding: [10, 10, 0, 0], legend: { show: false },
    cursor: {
      sync: { key: group }, y: false, drag: { x: true, y: false, setScale: false },
      points: { size: 7, stroke: colour('--surface'), width: 2, fill: colour(seriesColour) },
    },
    scales: { x: { time: true, range: () => [range().from / 1000, range().to / 1000] }, y: { range: bars ? barRange : valueRange } },
    axes: axes(),
    series: bars ? [{}, column] : isBucketed ? [{}, edge, edge, line] : [{}, { ...line, fill: faded(seriesColour, 0.07) }],
    bands: isBucketed && !bars ? [{ series: [2, 1], fill: faded(seriesColour, 0.18) }] : [],
    hooks: {
      setSelect: [zoomBy(onZoom)],
      setCursor: [(/** @type {any} */ plot) => onCursor(plot.cursor.idx ?? null)],
      draw: [onDraw],
    },
  };
}
