/** One delivery: what caused it, what was sent, and what the ERP answered. */
import { get } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { Page } from '../core/element.js';
import { formatWithUnit, sentence } from '../core/format.js';
import { live } from '../core/live.js';
import { deliveryTitle, operationName } from '../core/deliveries.js';
import { plant } from '../core/plant.js';
import { formatDuration, formatFullTime } from '../core/time.js';
import { deliveryState } from '../components/alarm-parts.js';
import { breadcrumbs, card, externalLink, facts, pageHeader } from '../components/layout.js';
import { costText, outcomeText, phaseBadge, phaseOf } from '../components/order-parts.js';
import { showLoaded } from '../components/states.js';
import { evidenceChart } from '../chart/evidence.js';
import { attempts } from './delivery-attempts.js';
import { deliveryCare } from './delivery-care.js';

export class DeliveryPage extends Page {
  /** What is asked of a person, and for which state of the delivery. @type {{state: string, element: HTMLElement | null} | null} */
  #care = null;

  connected() {
    this.pageTitle = 'Delivery';
    const load = (/** @type {boolean} */ keeps) => showLoaded(this, this.signal, () => this.#load(), (found) => this.#render(found, keeps, () => load(false)), this.#care ? null : undefined);
    live.onChange('delivery', ({ id }) => id === this.params.id && load(true), this.signal);
    live.onChange('work-order', ({ deliveryId }) => deliveryId === this.params.id && load(true), this.signal);
    load(false);
  }

  /** A change elsewhere must not take what somebody is writing. @param {any} delivery @param {boolean} keeps @param {() => void} reload */
  #careFor(delivery, keeps, reload) {
    const before = this.#care;
    if (keeps && before && before.state === delivery.state) return before.element;
    const element = deliveryCare(delivery, reload);
    this.#care = { state: delivery.state, element };
    return element;
  }

  async #load() {
    const delivery = await get(`/api/v1/deliveries/${this.params.id}`, this.signal);
    const [alarm, order, reading] = await Promise.all([
      delivery.alarmId ? get(`/api/v1/alarms/${delivery.alarmId}`, this.signal).catch(() => null) : null,
      delivery.alarmId ? get(`/api/v1/work-orders?alarm=${delivery.alarmId}`, this.signal)
        .then(({ items }) => items.find((/** @type {any} */ item) => item.deliveryId === delivery.id)) : null,
      this.#reading(delivery).catch(() => null),
    ]);
    return { delivery, alarm, order, reading };
  }

  /** The values of the reading that caused the delivery. @param {any} delivery */
  async #reading(delivery) {
    const metrics = plant.metricsOf(delivery.device?.key).filter(({ kind }) => kind !== 'location');
    if (metrics.length === 0) return null;
    const at = Date.parse(delivery.readingTs);
    const query = new URLSearchParams({
      metrics: metrics.map(({ key }) => key).join(','), from: new Date(at).toISOString(), to: new Date(at + 2000).toISOString(), points: '100',
    });
    const { series } = await get(`/api/v1/devices/${delivery.device.key}/readings?${query}`, this.signal);
    return metrics.map((metric) => ({ metric, value: series[metric.key]?.values?.[0] ?? null })).filter(({ value }) => value !== null);
  }

  /** @param {{delivery: any, alarm: any, order: any, reading: any}} found @param {boolean} keeps @param {() => void} reload */
  #render({ delivery, alarm, order, reading }, keeps, reload) {
    const title = deliveryTitle(delivery), focused = document.activeElement;
    this.pageTitle = title;
    const content = h('div', null,
      pageHeader({
        above: breadcrumbs([{ name: 'Orders', href: '/orders' }, { name: delivery.externalId ?? operationName(delivery.operation) }]),
        title: [title, deliveryState(delivery.state)],
        lead: `${operationName(delivery.operation)} in ${delivery.connector.name}`,
        actions: [h('a', { class: 'button', href: `/deliveries/${delivery.id}/evidence` }, icon('list'), 'Evidence'), order?.link ? externalLink(order.link, 'Open in the ERP', 'button') : null],
      }),
      this.#careFor(delivery, keeps, reload),
      trace(delivery, alarm, order, reading),
      h('div', { class: 'delivery-grid' },
        h('div', { class: 'stack' },
          card({ title: 'Time line' }, attempts(delivery)),
          delivery.device ? card({ title: 'Readings around it', actions: h('a', { href: `/devices/${delivery.device.key}` }, delivery.device.name) }, evidenceChart(delivery, alarm)) : null),
        h('div', { class: 'stack' },
          order ? card({ title: 'In the ERP' }, orderFacts(order)) : null,
          card({ title: delivery.state === 'held' ? 'Would be sent' : 'Sent to the ERP' }, sentFields(delivery)),
          card({ title: 'Details' }, facts([
            ['Mapping', [h('a', { href: `/admin/mappings/${delivery.mapping.key}` }, delivery.mapping.name), ` (version ${delivery.mapping.revision})`]],
            ['Connector', delivery.connector.name],
            ['Idempotency key', h('code', null, delivery.idempotencyKey)],
            ['Added to the order of', delivery.attachedTo && h('a', { href: `/deliveries/${delivery.attachedTo}` }, 'an earlier alarm')],
            ['Picture', delivery.picture && [h('a', { href: `/deliveries/${delivery.picture.id}` }, 'Chart of the readings'), ' ', deliveryState(delivery.picture.state), delivery.picture.detail ? h('span', { class: 'sub' }, delivery.picture.detail) : null]],
            ['For the order of', delivery.operation === 'work-order.attach' && delivery.targetId && h('a', { href: `/deliveries/${delivery.targetId}` }, delivery.externalId ?? 'its delivery')],
            ['Approved by', delivery.approvedBy], ['Note', delivery.note],
            ['Created', formatFullTime(delivery.createdAt)],
            ['Finished', delivery.finishedAt && formatFullTime(delivery.finishedAt)],
            ['Attempts', String(delivery.attempts)],
          ])))));
    fill(this, content);
    if (focused instanceof HTMLElement && this.contains(focused)) focused.focus({ preventScroll: true });
  }
}
customElements.define('pw-delivery-page', DeliveryPage);

/** What the ERP is told; a field that was left empty is not sent. @param {any} delivery */
export function sentFields({ operation, fields, alarmId, device }) {
  const filled = Object.entries(fields ?? {}).filter(([, value]) => value !== null && value !== '');
  if (filled.length) return facts(filled.map(([name, value]) => [sentence(name), String(value)]));
  if (operation !== 'work-order.attach' || !alarmId) return h('p', { class: 'soft' }, 'No fields.');
  const picture = h('img', { src: `/api/v1/alarms/${alarmId}/chart.png`, alt: `Chart of the readings of ${device?.name ?? 'the device'} up to the alarm`, class: 'evidence-picture', loading: 'lazy' });
  picture.addEventListener('error', () => picture.replaceWith(h('p', { class: 'soft' }, 'A chart of the readings. They are no longer kept, so it cannot be drawn here again.')));
  return h('div', null, picture);
}

/** What the ERP says about the order. @param {import('../components/order-parts.js').WorkOrder} order */
export function orderFacts(order) {
  return facts([
    ['Number', h('span', { class: 'mono' }, order.number ?? order.externalId)], ['Phase', phaseBadge(phaseOf(order), order.status)], ['Assigned to', order.assignee],
    ['Due', order.dueAt && formatFullTime(order.dueAt)], ['Begun', order.startedAt && formatFullTime(order.startedAt)], ['Finished', (order.finishedAt ?? order.doneAt) && formatFullTime(order.finishedAt ?? order.doneAt)],
    ['Outcome', outcomeText(order)], ['Cost', costText(order.cost, order.currency)],
  ]);
}

/** The chain from cause to effect. @param {any} delivery @param {any} alarm @param {any} order @param {any[] | null} reading */
function trace(delivery, alarm, order, reading) {
  const values = reading?.slice(0, 3).map(({ metric, value }) => h('span', { class: 'sub' }, `${metric.name} ${formatWithUnit(value, metric)}`));
  const took = delivery.finishedAt ? Date.parse(delivery.finishedAt) - Date.parse(delivery.readingTs) : NaN;
  const step = (/** @type {string} */ iconName, /** @type {string} */ name, /** @type {any[]} */ ...content) =>
    h('li', null, h('span', { class: 'flow-icon' }, icon(iconName)), h('div', null, h('h2', null, name), ...content));
  const body = h('ol', { class: 'trace flush' },
    step('radio', 'Reading', h('span', { class: 'sub' }, formatFullTime(delivery.readingTs)), values ?? null),
    alarm ? step('bell', 'Alarm', h('span', { class: 'sub' }, alarm.rule.name, alarm.rule.revision ? `, version ${alarm.rule.revision}` : ''),
      h('span', { class: 'sub' }, `${sentence(alarm.severity)}, ${alarm.state === 'open' ? 'active' : 'cleared'}`)) : null,
    step('route', 'Mapping', h('span', { class: 'sub' }, `${delivery.mapping.name}, version ${delivery.mapping.revision}`)),
    step('clipboard-list', 'ERP', delivery.externalId ? h('strong', { class: 'mono' }, delivery.externalId) : deliveryState(delivery.state),
      order ? h('span', { class: 'sub' }, `Status: ${sentence(order.status || 'created')}`) : null,
      Number.isFinite(took) && delivery.state === 'delivered' ? h('span', { class: 'sub' }, `${formatDuration(took)} after the reading`) : null));
  return h('section', { class: 'card trace-card', 'aria-label': 'Cause and effect' }, body);
}
