/** `<pw-traffic>`: what comes through a source, as it comes, and what became of each message. */
import { get, withQuery } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { PlantElement } from '../core/element.js';
import { fateBadge, FATES, reasonText } from '../core/fates.js';
import { formatBytes, formatCount, plural } from '../core/format.js';
import { formatFullTime } from '../core/time.js';
import { DataTable } from '../components/data-table.js';
import { card, segmented } from '../components/layout.js';
import { emptyState } from '../components/states.js';

/** @typedef {{cursor: string, receivedAt: string, topic: string, payload: string, payloadBase64: string | null, size: number, fate: string, reason: string | null, detail: string | null, identifiers: string[], readings: number}} Message */
/** @typedef {(sample: import('../core/payload.js').Sample) => void} Use */

/** The server keeps as many and gives no more at once. */
const PAGE = 100;
const INTERVAL = 1500, KEPT = 200;
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23' });

/** @param {any} source @param {AbortSignal} _signal @param {Use | null} use takes a message as the sample */
export function trafficPanel(source, _signal, use) {
  return new TrafficPanel(source, use);
}

class TrafficPanel extends PlantElement {
  /** @type {Message[]} newest first */
  #messages = [];
  /** @type {string | null} */
  #cursor = null;
  #fate = 'all';
  #isPaused = false;
  #waiting = 0;
  #isAsking = false;
  #received = 0;
  /** @type {Map<string, HTMLElement>} */
  #counts = new Map();
  #note = h('p', { class: 'soft result-count', role: 'status' });
  #pause = h('button', { type: 'button', class: 'button small', 'aria-pressed': 'false' });
  /** @type {DataTable<Message>} */
  #table;

  /** @param {any} source @param {Use | null} use */
  constructor(source, use) {
    super();
    this.source = source;
    this.#table = new DataTable({
      caption: 'Live traffic, newest first', class: 'traffic-table', key: (message) => message.cursor, empty: () => this.#empty(),
      columns: [
        { title: 'Time', class: 'nowrap', cell: ({ receivedAt }) => h('span', { class: 'numeric', title: formatFullTime(receivedAt) }, clock.format(Date.parse(receivedAt))) },
        { title: 'Became', class: 'fit', cell: ({ fate }) => fateBadge(fate) },
        { title: 'Topic', class: 'wide', cell: (message) => [h('code', { class: 'topic' }, message.topic), this.#about(message)] },
        { title: 'Payload', class: 'wide', cell: ({ payload, payloadBase64 }) => h('code', { class: 'payload' }, payloadBase64 ? `${payloadBase64.slice(0, 120)} (base64)` : payload) },
        { title: 'Size', class: 'numeric nowrap', cell: ({ size }) => formatBytes(size) },
        ...(use ? [{ title: 'Action', hideTitle: true, class: 'end fit no-label', cell: (/** @type {Message} */ message) => h('button', { type: 'button', class: 'button small', on: { click: () => use(message) } }, 'Use as sample') }] : []),
      ],
    });
  }

  connected() {
    const count = (/** @type {string} */ name) => {
      const element = h('span', { class: 'choice-count' });
      this.#counts.set(name, element);
      return element;
    };
    const filter = segmented({
      label: 'Show', value: this.#fate,
      options: [{ value: 'all', text: ['All', count('received')] }, ...Object.entries(FATES).map(([value, { text }]) => ({ value, text: [text, count(value)] }))],
      onChange: (value) => {
        this.#fate = value;
        this.#draw();
      },
    });
    this.#pause.addEventListener('click', () => this.#setPaused(!this.#isPaused), { signal: this.signal });
    this.#setPaused(this.#isPaused);
    fill(this, card({ title: 'Live traffic', actions: this.#pause, id: 'traffic' },
      h('div', { class: 'flush' }, h('div', { class: 'toolbar' }, filter, this.#note), this.#table.element)));
    const scroller = this.#table.element.querySelector('.table-scroller');
    for (const [name, value] of [['tabindex', '0'], ['role', 'group'], ['aria-label', 'Messages, scrolls']]) scroller?.setAttribute(name, value);
    this.#table.set([]);
    this.every(INTERVAL, () => document.hidden || this.#ask());
    this.#ask();
  }

  /** @param {boolean} isPaused */
  #setPaused(isPaused) {
    this.#isPaused = isPaused;
    this.#waiting = 0;
    this.#pause.setAttribute('aria-pressed', String(isPaused));
    fill(this.#pause, icon(isPaused ? 'play' : 'pause'), isPaused ? 'Go on' : 'Pause');
    this.#draw();
  }

  async #ask() {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const { items, nextCursor, counts } = await get(withQuery(`/api/v1/sources/${this.source.key}/traffic`, { after: this.#cursor, limit: PAGE }), this.signal);
      if (counts.received < this.#received) return this.#beginAgain();
      this.#received = counts.received;
      this.#cursor = nextCursor ?? this.#cursor;
      for (const [name, element] of this.#counts) element.textContent = counts[name] ? formatCount(counts[name]) : '';
      if (items.length > 0) this.#take(items);
      else this.#say();
    } catch (error) {
      if (!this.signal.aborted) this.#note.textContent = error instanceof Error ? error.message : String(error);
    } finally {
      this.#isAsking = false;
    }
  }

  /** The server has started anew and counts from the beginning. */
  #beginAgain() {
    this.#received = 0;
    this.#cursor = null;
    this.#messages = [];
  }

  /** @param {Message[]} items newest last */
  #take(items) {
    this.#messages = [...items.toReversed(), ...this.#messages].slice(0, KEPT);
    if (this.#isPaused) {
      this.#waiting += items.length;
      this.#say();
    } else this.#draw();
  }

  #draw() {
    if (!this.isConnected) return;
    this.#table.set(this.#messages.filter(({ fate }) => this.#fate === 'all' || fate === this.#fate));
    this.#say();
  }

  #say() {
    const text = !this.#isPaused ? '' : this.#waiting ? `Paused; ${plural(this.#waiting, 'new message')}` : 'Paused';
    if (this.#note.textContent !== text) this.#note.textContent = text;
  }

  /** @param {Message} message */
  #about({ fate, reason, detail, identifiers, readings }) {
    if (detail || reason) return h('span', { class: 'sub' }, reason && fate === 'rejected' ? `${reasonText(reason)}: ` : '', detail ?? reasonText(reason ?? ''));
    return h('span', { class: 'sub' }, [identifiers.slice(0, 3).join(', '), identifiers.length > 3 ? `and ${identifiers.length - 3} more` : '', readings > 1 ? plural(readings, 'reading') : ''].filter(Boolean).join(' · '));
  }

  #empty() {
    if (this.#messages.length > 0) return emptyState('search', 'None of these', 'No recent message ended this way.');
    if (this.source.enabled === false) return emptyState('pause', 'This source is off', 'Its topics are not subscribed. Turn it on and save to see its messages.');
    return emptyState('radio', 'Nothing came yet', ['Waiting for messages on ', h('code', null, this.source.topicFilter), '.']);
  }
}
customElements.define('pw-traffic', TrafficPanel);
