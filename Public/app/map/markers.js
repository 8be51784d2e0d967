/** Marker pictures, drawn on a canvas: shape and colour both say how bad it is. */

/** @typedef {{fill: string, stroke: string}} Colours */

/** By rank: none, low, medium, high, critical. @type {Record<'light' | 'dark', string[]>} */
const FILLS = {
  light: ['#17734f', '#2f74bd', '#b88700', '#d4580a', '#c3182f'],
  dark: ['#3fae7f', '#6fb0ee', '#e3b93a', '#ff9147', '#ff6b72'],
};
const SIZE = 34;

/**
 * The picture for an image name such as `site-3`, `truck-0` or `cluster-4`; null for a foreign name.
 * @param {string} name @param {boolean} dark
 */
export function drawMarker(name, dark) {
  const found = /^(site|truck|cluster)-([0-4])$/.exec(name);
  if (!found) return null;
  const kind = found[1], rank = Number(found[2]);
  const size = kind === 'cluster' ? 44 : SIZE, ratio = Math.min(3, Math.ceil(devicePixelRatio || 1));
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size * ratio;
  const context = canvas.getContext('2d');
  if (!context) return null;
  context.scale(ratio, ratio);
  context.translate(size / 2, size / 2);
  const outline = shape(rank, size / 2 - 4);
  context.shadowColor = 'rgb(0 0 0 / 35%)';
  context.shadowBlur = 3 * ratio;
  context.shadowOffsetY = ratio;
  context.lineJoin = 'round';
  context.lineWidth = 2.5;
  context.fillStyle = FILLS[dark ? 'dark' : 'light'][rank];
  context.strokeStyle = dark ? '#0d1311' : '#ffffff';
  context.stroke(outline);
  context.shadowColor = 'transparent';
  context.fill(outline);
  context.stroke(outline);
  context.strokeStyle = context.fillStyle = dark ? '#0d1311' : '#ffffff';
  if (kind === 'truck') context.fill(TRUCK);
  else if (kind === 'site') mark(context, rank);
  return { image: context.getImageData(0, 0, canvas.width, canvas.height), ratio };
}

/** Circle, circle, diamond, triangle, octagon. @param {number} rank @param {number} radius */
function shape(rank, radius) {
  const path = new Path2D();
  if (rank <= 1) path.arc(0, 0, radius, 0, 2 * Math.PI);
  else if (rank === 2) polygon(path, 4, radius * 1.12, 0);
  else if (rank === 3) polygon(path, 3, radius * 1.28, -Math.PI / 2, radius * 0.22);
  else polygon(path, 8, radius * 1.06, Math.PI / 8);
  path.closePath();
  return path;
}

/** @param {Path2D} path @param {number} corners @param {number} radius @param {number} turn @param {number} [down] */
function polygon(path, corners, radius, turn, down = 0) {
  for (let at = 0; at < corners; at += 1) {
    const angle = turn + at * 2 * Math.PI / corners;
    path.lineTo(Math.cos(angle) * radius, Math.sin(angle) * radius + down);
  }
}

/** A tick when all is well, an exclamation mark otherwise. @param {CanvasRenderingContext2D} context @param {number} rank */
function mark(context, rank) {
  context.lineWidth = 2.4;
  context.lineCap = 'round';
  context.beginPath();
  if (rank === 0) {
    context.moveTo(-4.5, 0.5);
    context.lineTo(-1.2, 3.8);
    context.lineTo(4.8, -3.2);
  } else {
    context.moveTo(0, -5);
    context.lineTo(0, 1.2);
    context.moveTo(0, 5);
    context.lineTo(0, 5.01);
  }
  context.stroke();
}

const TRUCK = new Path2D('M-7.5-4.5h8.500v7h-8.500zM2-2.500h3l2.500 2.600v2.400H2z M-3 3a1.900 1.900 0 1 1-3.800 0a1.900 1.900 0 1 1 3.800 0z M6.200 3a1.900 1.900 0 1 1-3.800 0a1.900 1.900 0 1 1 3.800 0z');
