/** The way from a reading to an ERP order, with how long each step took. */
import { get } from '../core/api.js';
import { newestDeliveries } from '../core/deliveries.js';
import { fill, h, icon } from '../core/dom.js';
import { formatCount, plural } from '../core/format.js';
import { formatDuration, percentile } from '../core/time.js';
import { card } from '../components/layout.js';

/** @typedef {import('../core/dom.js').Child} Child */

const DAY = 86_400_000;

export class OrderFlow {
  #body = h('ol', { class: 'flow' });
  element = card({ title: 'From reading to order' }, this.#body);

  /** @param {AbortSignal} signal */
  async load(signal) {
    const [{ items: alarms }, deliveries] = await Promise.all([
      get('/api/v1/alarms?limit=200', signal), newestDeliveries({ operation: 'work-order.create', state: 'delivered', limit: 200 }, signal),
    ]);
    const since = Date.now() - DAY;
    const fresh = (/** @type {string} */ time) => Date.parse(time) > since;
    const raised = alarms.filter((/** @type {any} */ alarm) => fresh(alarm.raisedAt));
    const done = deliveries.filter((/** @type {any} */ delivery) => fresh(delivery.createdAt));
    const toAlarm = lengths(raised, 'raisedAt', 'receivedAt');
    const toOrder = lengths(done, 'createdAt', 'finishedAt');
    const whole = lengths(done, 'readingTs', 'finishedAt');
    const latest = done[0];
    fill(this.#body,
      step('radio', 'Reading', 'Stored before the broker’s delivery is acknowledged'),
      link(toAlarm),
      step('bell', 'Alarm', `${plural(raised.length, 'alarm')} in 24 hours`),
      link(toOrder),
      step('clipboard-list', 'ERP order', `${plural(done.length, 'order')} in 24 hours`, latest
        ? h('a', { href: `/deliveries/${latest.id}` }, `Latest: ${latest.externalId ?? 'order'}`) : null),
      h('li', { class: 'flow-total' }, h('strong', null, formatDuration(percentile(whole, 0.5))),
        h('span', null, 'from reading to order'),
        h('span', { class: 'sub' }, whole.length ? `95 % within ${formatDuration(percentile(whole, 0.95))}` : `${formatCount(0)} orders yet`)));
  }
}

/** @param {any[]} items @param {string} begin @param {string} end */
function lengths(items, begin, end) {
  return items.map((item) => Date.parse(item[end]) - Date.parse(item[begin]))
    .filter((length) => Number.isFinite(length) && length >= 0).sort((a, b) => a - b);
}

/** @param {string} iconName @param {string} name @param {Child} text @param {Child} [extra] */
function step(iconName, name, text, extra) {
  return h('li', { class: 'flow-step' }, h('span', { class: 'flow-icon' }, icon(iconName)),
    h('div', null, h('h3', null, name), h('p', { class: 'sub' }, text), extra));
}

/** @param {number[]} times sorted */
function link(times) {
  const text = times.length ? formatDuration(percentile(times, 0.5)) : '–';
  return h('li', { class: 'flow-link', title: 'Median of the last 24 hours' }, h('span', { class: 'visually-hidden' }, 'takes '), text);
}
