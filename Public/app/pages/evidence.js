/** The evidence of an order: what was measured, which rule and mapping acted on it, what was sent and answered, what came of it. To be printed. */
import { get } from '../core/api.js';
import { h, icon } from '../core/dom.js';
import { deliveryTitle, operationName } from '../core/deliveries.js';
import { Page } from '../core/element.js';
import { formatWithUnit, sentence } from '../core/format.js';
import { plant } from '../core/plant.js';
import { reasonInside } from '../core/reasons.js';
import { severityBadge } from '../core/severity.js';
import { formatDuration, formatFullTime } from '../core/time.js';
import { deliveryState } from '../components/alarm-parts.js';
import { breadcrumbs, card, facts, pageHeader } from '../components/layout.js';
import { outcomeText, phaseBadge, phaseOf } from '../components/order-parts.js';
import { showLoaded } from '../components/states.js';
import { attempts } from './delivery-attempts.js';
import { orderFacts, sentFields } from './delivery.js';
import { readingsCharts, readingsOf } from './evidence-readings.js';

export class EvidencePage extends Page {
  /** The colours of the screen while those of paper are shown. @type {string | undefined} */
  #theme;

  connected() {
    this.pageTitle = 'Evidence';
    this.listen(window, 'beforeprint', () => this.#paper(true));
    this.listen(window, 'afterprint', () => this.#paper(false));
    showLoaded(this, this.signal, async () => {
      const [evidence] = await Promise.all([get(`/api/v1/deliveries/${this.params.id}/evidence`, this.signal), plant.load()]);
      return evidence;
    }, (evidence) => this.#render(evidence));
  }

  /** Paper is light; the charts are drawn anew for it. @param {boolean} on */
  #paper(on) {
    const { dataset } = document.documentElement;
    if (on) this.#theme = dataset.theme ?? '';
    if (on) dataset.theme = 'light';
    else if (this.#theme) dataset.theme = this.#theme;
    else delete dataset.theme;
    document.dispatchEvent(new CustomEvent('themechange'));
  }

  /** @param {any} evidence */
  #render(evidence) {
    const { delivery, alarm, order } = evidence, title = deliveryTitle(delivery);
    this.pageTitle = `Evidence: ${title}`;
    return h('article', { class: 'evidence stack' },
      pageHeader({
        above: breadcrumbs([{ name: 'Orders', href: '/orders' }, { name: order?.number ?? delivery.externalId ?? operationName(delivery.operation), href: `/deliveries/${delivery.id}` }, { name: 'Evidence' }]),
        title: [title, deliveryState(delivery.state)], lead: `${operationName(delivery.operation)} in ${delivery.connector.name}`,
        actions: h('button', { type: 'button', class: 'button', on: { click: () => print() } }, icon('download'), 'Print or save'),
      }),
      card({ title: 'What happened' }, story(evidence)),
      card({ title: 'What was measured', actions: delivery.device ? h('a', { href: `/devices/${delivery.device.key}` }, delivery.device.name) : null }, measured(evidence)),
      card({ title: 'Why an order was made' }, why(evidence)),
      evidence.approval ? card({ title: 'Who approved it' }, approval(evidence.approval)) : null,
      card({ title: 'What was sent' }, sentFields(delivery), h('div', { class: 'evidence-attempts' }, attempts({ ...delivery, timeline: evidence.attempts ?? [] }, { open: true }))),
      card({ title: 'What came of it' }, order ? orderFacts(order) : h('p', { class: 'soft' }, delivery.state === 'delivered' ? 'The ERP has told nothing about it yet.' : `There is no order in the ERP: ${reasonInside(delivery.reason ?? delivery.state)}.`), others(evidence)),
      alarm ? card({ title: 'The picture', actions: h('a', { href: chartOf(alarm), download: `alarm-${alarm.id}.png` }, 'Download') }, picture(evidence)) : null,
      h('p', { class: 'evidence-foot soft' }, `Idempotency key ${delivery.idempotencyKey}`, alarm ? ` · alarm ${alarm.id}` : '', ` · delivery ${delivery.id} · ${location.origin}/deliveries/${delivery.id}/evidence`));
  }
}
customElements.define('pw-evidence-page', EvidencePage);

/** The chain of events in order, each with its time. @param {any} evidence */
function story({ delivery, alarm, order, approval: decision }) {
  /** @type {[string, import('../core/dom.js').Child][]} */
  const steps = [[delivery.readingTs, ['A reading of ', h('strong', null, delivery.device?.name ?? 'a device'), delivery.asset ? ` (${delivery.asset.name})` : '', alarm ? ` fulfilled the rule “${alarm.rule.name}”.` : ' changed.']]];
  if (alarm?.receivedAt) steps.push([alarm.receivedAt, ['It was received, and an alarm was raised: ', severityBadge(alarm.severity)]]);
  steps.push([delivery.createdAt, `The delivery to ${delivery.connector.name} was stored together with ${alarm ? 'the alarm' : 'the reading'}: neither is there without the other.`]);
  if (decision) steps.push([decision.at, `${decision.by} ${decision.approved === false ? 'did not approve it' : 'approved it'}.`]);
  if (delivery.finishedAt) steps.push([delivery.finishedAt, delivery.state === 'delivered' ? ['The ERP had it', delivery.externalId ? [' as ', h('strong', { class: 'mono' }, order?.number ?? delivery.externalId)] : '', `, ${formatDuration(Date.parse(delivery.finishedAt) - Date.parse(delivery.readingTs))} after the reading.`] : `It ended as ${sentence(delivery.state).toLowerCase()}: ${reasonInside(delivery.reason ?? 'failed')}.`]);
  if (alarm?.clearedAt) steps.push([alarm.clearedAt, 'The alarm returned to normal.']);
  if (alarm?.acknowledgedAt) steps.push([alarm.acknowledgedAt, `${alarm.acknowledgedBy ?? 'Somebody'} acknowledged the alarm.`]);
  if (order?.startedAt) steps.push([order.startedAt, `${order.assignee ?? 'Somebody'} began the work.`]);
  if (order?.finishedAt ?? order?.doneAt) steps.push([order.finishedAt ?? order.doneAt, ['The order was finished. ', outcomeText(order)]]);
  return h('ol', { class: 'story' }, steps.filter(([at]) => at).sort(([a], [b]) => Date.parse(a) - Date.parse(b)).map(([at, words]) => h('li', null, h('time', { datetime: at }, formatFullTime(at)), h('span', null, words))));
}

/** @param {any} evidence */
function measured({ delivery, alarm, readings }) {
  const { metrics, times, columns, range } = readingsOf(readings, delivery.device?.key);
  const at = Date.parse(delivery.readingTs), index = times.reduce((best, time, now) => Math.abs(time - at) < Math.abs(times[best] - at) ? now : best, 0);
  if (times.length === 0) return h('p', { class: 'soft' }, 'No readings of this time are kept any more.');
  return h('div', { class: 'form' },
    h('dl', { class: 'facts' }, metrics.map((metric, number) => h('div', null, h('dt', null, `${metric.name} then`), h('dd', null, formatWithUnit(columns[number][index], metric))))),
    readingsCharts({ metrics, times, columns, range }, delivery, alarm), h('p', { class: 'soft' }, `Readings from ${formatFullTime(range.from)} to ${formatFullTime(range.to)}.`));
}

/** @param {any} alarm */
const chartOf = (alarm) => `/api/v1/alarms/${alarm.id}/chart.png`;

/** The readings up to the alarm as an order carries them, and what became of sending it. @param {any} evidence */
function picture({ alarm, delivery, readings, picture: sent }) {
  const described = `Chart of ${delivery.device?.name ?? 'the device'} up to the alarm “${alarm.rule.name}” at ${formatFullTime(alarm.raisedAt)}; the same readings stand under “What was measured”.`;
  const words = sent ? [h('a', { href: `/deliveries/${sent.id}` }, 'It goes to the order as a file'), ': ', deliveryState(sent.state), sent.detail ? ` ${sent.detail}` : null] : 'The mapping sends no picture with its orders.';
  const image = h('img', { src: chartOf(alarm), alt: described, class: 'evidence-picture', loading: 'lazy' });
  image.addEventListener('error', () => image.replaceWith(h('p', { class: 'soft' }, 'There is nothing to draw: its readings are no longer kept.')));
  return h('figure', { class: 'form' }, readings ? image : null, h('figcaption', { class: 'soft' }, words));
}

/** @param {any} evidence */
function why({ rule, mapping, delivery }) {
  const document = mapping?.document ?? {}, templates = Object.entries(document.fields ?? {});
  return h('div', { class: 'form' }, facts([
    ['Rule', rule && [h('a', { href: `/admin/rules/${rule.key}` }, rule.name), ` (version ${rule.version})`]], ['Condition', rule && h('code', null, rule.condition)],
    ['Mapping', mapping && [h('a', { href: `/admin/mappings/${mapping.key}` }, mapping.name), ` (version ${mapping.version})`]],
    ['Only if', document.condition && h('code', null, document.condition)], ['Operation', operationName(document.operation ?? delivery.operation)],
  ]), templates.length ? h('div', { class: 'difference' }, h('table', { class: 'plain-table' }, h('caption', { class: 'visually-hidden' }, 'Templates and what they gave'),
    h('thead', null, h('tr', null, ['Field', 'Template', 'Gave'].map((title) => h('th', { scope: 'col' }, title)))),
    h('tbody', null, templates.map(([name, template]) => h('tr', null, h('th', { scope: 'row' }, sentence(name)), h('td', null, h('code', null, String(template))), h('td', null, String(delivery.fields?.[name] ?? '–'))))))) : null);
}

/** @param {{approved?: boolean, by: string, at: string, note: string | null}} decision */
const approval = ({ approved, by, at, note }) => facts([[approved === false ? 'Rejected by' : 'Approved by', by], ['At', formatFullTime(at)], ['Note', note]]);

/** Other orders of the same cause. @param {any} evidence */
function others({ order, orders = [] }) {
  const rest = orders.filter((/** @type {any} */ other) => other.id !== order?.id);
  return rest.length === 0 ? null : h('div', null, h('h3', null, 'Other orders of this alarm'), h('ul', { class: 'order-list' }, rest.map((/** @type {any} */ other) =>
    h('li', null, h('a', { class: 'mono', href: other.deliveryId ? `/deliveries/${other.deliveryId}` : null }, other.number ?? other.externalId), phaseBadge(phaseOf(other), other.status), h('span', null, other.title)))));
}
