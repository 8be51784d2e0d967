/** The row of key figures on the overview. */
import { fill, h, hiddenText, icon } from '../core/dom.js';
import { formatCount, sentence } from '../core/format.js';
import { SEVERITIES, severityIcon } from '../core/severity.js';

/** @typedef {import('../core/dom.js').Child} Child */

const HISTORY = 40;

class Figure {
  #figure = h('p', { class: 'figure' });
  #note = h('p', { class: 'note' });

  /** @param {string} iconName @param {string} name @param {string} [href] */
  constructor(iconName, name, href) {
    const title = h('h2', { class: 'name' }, icon(iconName), href ? h('a', { href, class: 'soft' }, name) : name);
    this.element = h('div', { class: 'card' }, h('div', { class: 'key-figure' }, title, this.#figure, this.#note));
  }

  /** @param {Child} figure @param {Child} note */
  set(figure, note) {
    fill(this.#figure, figure);
    fill(this.#note, note);
  }
}

export class KeyFigures {
  #devices = new Figure('cpu', 'Devices reporting');
  #alarms = new Figure('bell', 'Open alarms', '/alarms');
  #orders = new Figure('clipboard-list', 'Open ERP orders', '/orders');
  #rate = new Figure('activity', 'Messages per second');
  /** @type {number[]} */
  #rates = [];

  constructor() {
    this.element = h('div', { class: 'key-figures' },
      [this.#devices, this.#alarms, this.#orders, this.#rate].map(({ element }) => element));
    this.#rate.set('–', 'waiting for the first figure');
  }

  /** @param {any} overview */
  set({ devices, alarms, orders }) {
    this.#devices.set([formatCount(devices.reporting), h('small', null, `of ${formatCount(devices.total)}`)],
      devices.silent > 0
        ? h('span', null, icon('circle-alert', 'severity-icon severity-medium'), `${formatCount(devices.silent)} silent`)
        : h('span', null, icon('circle-check', 'severity-icon severity-none'), 'all of them'));
    const open = SEVERITIES.reduce((sum, severity) => sum + (alarms[severity] ?? 0), 0);
    this.#alarms.set(formatCount(open), open === 0
      ? h('span', null, icon('circle-check', 'severity-icon severity-none'), 'nothing needs attention')
      : SEVERITIES.toReversed().filter((severity) => alarms[severity] > 0)
        .map((severity) => h('span', { title: sentence(severity) }, severityIcon(severity), String(alarms[severity]), hiddenText(` ${severity}`))));
    this.#orders.set(formatCount(orders.open), [
      h('span', null, icon('clock'), `${formatCount(orders.waiting)} waiting`),
      h('span', { class: orders.dead > 0 ? 'is-bad' : null }, icon('circle-x'), `${formatCount(orders.dead)} failed`),
    ]);
  }

  /** @param {number | undefined} rate */
  setRate(rate) {
    if (rate === undefined) return;
    this.#rates = [...this.#rates, rate].slice(-HISTORY);
    this.#rate.set(formatCount(Math.round(rate)), sparkline(this.#rates));
  }
}

/** A small line of the last values; decoration only. @param {number[]} values */
function sparkline(values) {
  const width = 140, height = 24, most = Math.max(...values, 1) * 1.15;
  const points = values.map((value, at) => `${at * (width / (HISTORY - 1))},${height - value / most * height}`);
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'sparkline');
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
  line.setAttribute('points', points.join(' '));
  svg.append(line);
  return svg;
}
