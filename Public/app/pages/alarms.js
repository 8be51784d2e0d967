/** All alarms, open or cleared; new ones slide in as they are raised and are spoken. */
import { get, put, withQuery } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { Page } from '../core/element.js';
import { live } from '../core/live.js';
import { mayOperate } from '../core/session.js';
import { rank, SEVERITIES, severityBadge } from '../core/severity.js';
import { sentence } from '../core/format.js';
import { age } from '../components/age.js';
import { ordersCell, upsert, whereabouts, withOrder } from '../components/alarm-parts.js';
import { DataTable } from '../components/data-table.js';
import { ask } from '../components/dialog.js';
import { pageHeader, segmented } from '../components/layout.js';
import { emptyState, showLoaded } from '../components/states.js';
import { toast } from '../components/toast.js';

/** @typedef {import('../components/alarm-parts.js').Alarm} Alarm */

export class AlarmsPage extends Page {
  #state = new URLSearchParams(location.search).get('state') === 'cleared' ? 'cleared' : 'open';
  #severity = '';
  #text = '';
  /** @type {Alarm[]} */
  #alarms = [];
  #body = h('div', { class: 'flush' });
  #announcer = h('p', { class: 'visually-hidden', role: 'status', 'aria-live': 'assertive' });
  #count = h('p', { class: 'soft result-count' });

  #table = new DataTable({
    caption: 'Alarms', class: 'alarm-table',
    key: (/** @type {Alarm} */ alarm) => alarm.id,
    empty: () => this.#empty(),
    rowClass: (alarm) => alarm.state === 'open' && !alarm.acknowledgedAt ? 'is-unacknowledged' : '',
    columns: [
      { title: 'Severity', class: 'fit', cell: (alarm) => severityBadge(alarm.severity) },
      { title: 'Alarm', class: 'wide', cell: (alarm) => [h('span', { class: 'main' }, alarm.rule.name), h('span', { class: 'sub' }, whereabouts(alarm))] },
      { title: 'Raised', class: 'nowrap', cell: (alarm) => age(alarm.raisedAt) },
      { title: 'State', cell: stateCell },
      { title: 'Order', cell: ordersCell },
      { title: 'Action', hideTitle: true, class: 'end fit no-label', cell: (alarm) => this.#action(alarm) },
    ],
  });

  connected() {
    this.pageTitle = 'Alarms';
    fill(this,
      pageHeader({ title: 'Alarms', lead: 'What the plant’s rules have found, newest first.' }), this.#announcer,
      h('section', { class: 'card', 'aria-label': 'Alarms' }, this.#toolbar(), this.#body));
    live.onChange('alarm', (alarm) => this.#changed(alarm), this.signal);
    live.onChange('delivery', (delivery) => {
      this.#alarms = withOrder(this.#alarms, delivery) ?? this.#alarms;
      this.#render();
    }, this.signal);
    this.listen(live, 'resync', () => this.#load());
    this.#load();
  }

  #toolbar() {
    return h('div', { class: 'toolbar' },
      segmented({
        label: 'State', value: this.#state, options: [{ value: 'open', text: 'Open' }, { value: 'cleared', text: 'Cleared' }],
        onChange: (value) => {
          this.#state = value;
          history.replaceState(null, '', withQuery('/alarms', { state: value === 'open' ? '' : value }));
          this.#load();
        },
      }),
      h('label', { class: 'inline-field' }, h('span', { class: 'visually-hidden' }, 'Severity'),
        h('select', { class: 'input', on: { change: (/** @type {any} */ event) => this.#filter({ severity: event.target.value }) } },
          h('option', { value: '' }, 'Every severity'), SEVERITIES.toReversed().map((value) => h('option', { value }, `${sentence(value)}${value === 'critical' ? '' : ' and worse'}`)))),
      h('label', { class: 'inline-field search-field' }, h('span', { class: 'visually-hidden' }, 'Search'), icon('search'),
        h('input', { class: 'input', type: 'search', placeholder: 'Rule, device or asset', on: { input: (/** @type {any} */ event) => this.#filter({ text: event.target.value }) } })),
      this.#count);
  }

  #load() {
    return showLoaded(this.#body, this.signal, () => get(withQuery('/api/v1/alarms', { state: this.#state, limit: 500 }), this.signal), ({ items }, begun) => {
      this.#alarms = items;
      this.#render();
      live.replay(begun, 'alarm', (alarm) => this.#changed(alarm));
      const wanted = new URLSearchParams(location.search).get('alarm');
      if (wanted) this.#table.highlight(wanted);
      return this.#table.element;
    });
  }

  /** @param {{severity?: string, text?: string}} change */
  #filter({ severity = this.#severity, text = this.#text }) {
    this.#severity = severity;
    this.#text = text;
    this.#render();
  }

  #render() {
    const words = this.#text.trim().toLowerCase();
    const shown = this.#alarms.filter((alarm) => rank(alarm.severity) >= rank(this.#severity)
      && (words === '' || [alarm.rule.name, alarm.device.name, alarm.asset?.name].some((name) => name?.toLowerCase().includes(words))));
    this.#table.set(shown);
    fill(this.#count, shown.length === this.#alarms.length ? `${shown.length}` : `${shown.length} of ${this.#alarms.length}`,
      ` alarm${this.#alarms.length === 1 ? '' : 's'}`);
  }

  /** @param {Alarm} alarm */
  #changed(alarm) {
    const isNew = !this.#alarms.some(({ id }) => id === alarm.id);
    if (alarm.state === this.#state) this.#alarms = upsert(this.#alarms, alarm).sort((a, b) => b.raisedAt.localeCompare(a.raisedAt));
    else this.#alarms = this.#alarms.filter(({ id }) => id !== alarm.id);
    this.#render();
    if (!isNew || alarm.state !== this.#state) return;
    this.#table.highlight(alarm.id);
    if (alarm.state === 'open') fill(this.#announcer, `New ${alarm.severity} alarm: ${alarm.rule.name}, ${alarm.device.name}`);
  }

  /** @param {Alarm} alarm */
  #action(alarm) {
    if (alarm.acknowledgedAt || !mayOperate()) return null;
    return h('button', { type: 'button', class: 'button small', on: { click: () => this.#acknowledge(alarm) } }, icon('check'), 'Acknowledge');
  }

  /** @param {Alarm} alarm */
  async #acknowledge(alarm) {
    const note = h('textarea', { class: 'input', rows: 2, name: 'note', maxlength: 1000 });
    const answer = await ask({
      title: 'Acknowledge alarm',
      body: [h('p', null, `${alarm.rule.name}, ${alarm.device.name}`), h('label', { class: 'field' }, h('span', { class: 'field-label' }, 'Note (optional)'), note)],
      actions: [{ value: 'acknowledge', text: 'Acknowledge' }],
    });
    if (!answer) return;
    try {
      const text = note.value.trim();
      this.#changed(await put(`/api/v1/alarms/${alarm.id}/acknowledgement`, text ? { note: text } : {}) ?? alarm);
      toast('Alarm acknowledged');
    } catch (error) {
      toast(error instanceof Error ? error.message : String(error), 'failed');
    }
  }

  #empty() {
    if (this.#alarms.length > 0) return emptyState('search', 'Nothing matches', 'Change the severity or the search words.');
    return this.#state === 'open'
      ? emptyState('circle-check', 'No open alarms', 'Everything is within its rules. New alarms appear here by themselves.')
      : emptyState('history', 'No cleared alarms yet');
  }
}
customElements.define('pw-alarms-page', AlarmsPage);

/** @param {Alarm} alarm */
function stateCell(alarm) {
  const first = alarm.state === 'open' ? h('span', null, 'Active') : h('span', null, 'Cleared ', age(alarm.clearedAt));
  const second = alarm.acknowledgedAt
    ? h('span', { class: 'sub', title: alarm.note ?? '' }, 'Acknowledged', alarm.acknowledgedBy ? ` by ${alarm.acknowledgedBy}` : '')
    : h('span', { class: 'sub' }, 'Not acknowledged');
  return [first, second];
}
