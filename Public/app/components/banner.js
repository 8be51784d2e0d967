/** `<pw-banner>`: says when the live connection, the database or the broker is missing, and what that means. */
import { fill, h, icon } from '../core/dom.js';
import { PlantElement } from '../core/element.js';
import { live } from '../core/live.js';
import { iconButton } from './layout.js';

/** How long a connection may be away before it is worth a word. */
const GRACE = 1500;
const READY_INTERVAL = 15_000;
const READ_KEY = 'plantwright.read-warnings';

class Banner extends PlantElement {
  #lost = false;
  /** @type {string[]} */
  #reasons = [];
  /** What works, but not as it should. @type {string[]} */
  #warnings = [];
  /** Those that the user has read. @type {Set<string>} */
  #read = new Set(JSON.parse(sessionStorage.getItem(READ_KEY) ?? '[]'));
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  connected() {
    this.setAttribute('role', 'status');
    this.setAttribute('aria-live', 'polite');
    this.listen(live, 'connection', () => this.#connectionChanged());
    this.listen(live, 'status', () => this.#statusChanged());
    this.every(READY_INTERVAL, () => this.#askReady());
    this.#askReady();
  }

  #connectionChanged() {
    clearTimeout(this.#timer);
    if (live.state === 'open') {
      this.#lost = false;
      this.#askReady();
      this.#render();
    } else {
      this.#timer = setTimeout(() => {
        this.#lost = live.state !== 'open';
        this.#render();
      }, GRACE);
    }
  }

  #statusChanged() {
    /** @type {string[]} */
    const reasons = [];
    if (live.status.database === false) reasons.push('database');
    if (live.status.broker === false) reasons.push('broker');
    reasons.push(...this.#reasons.filter((reason) => reason !== 'database' && reason !== 'broker'));
    this.#show(reasons, live.status.warnings ?? this.#warnings);
  }

  async #askReady() {
    try {
      const response = await fetch('/readyz', { signal: this.signal });
      const body = await response.json().catch(() => ({}));
      const list = response.ok ? [] : body.reasons ?? [];
      this.#show(list.map((/** @type {{part: string}} */ { part }) => part), body.warnings ?? []);
    } catch {
      // Not reachable: the live connection says so already.
    }
  }

  /** @param {string[]} reasons @param {string[]} warnings */
  #show(reasons, warnings) {
    if (reasons.join() === this.#reasons.join() && warnings.join('\n') === this.#warnings.join('\n')) return;
    this.#reasons = reasons;
    this.#warnings = warnings;
    this.#render();
  }

  #render() {
    const items = [];
    if (this.#lost) items.push(message('wifi-off', 'Connection lost.', 'What you see may be out of date. Trying to reconnect …'));
    for (const reason of this.#lost ? [] : this.#reasons) items.push(explain(reason));
    for (const warning of this.#warnings) if (!this.#lost && !this.#read.has(warning)) items.push(this.#warning(warning));
    fill(this, items);
  }

  /** @param {string} text */
  #warning(text) {
    const element = message('triangle-alert', 'Warning.', text);
    element.append(iconButton('x', 'Dismiss this warning', () => {
      this.#read.add(text);
      sessionStorage.setItem(READ_KEY, JSON.stringify([...this.#read]));
      this.#render();
    }));
    return element;
  }
}
customElements.define('pw-banner', Banner);

/** @param {string} reason the missing part: `database`, `broker` or `schema` */
function explain(reason) {
  if (reason === 'database') {
    return message('unplug', 'The database cannot be reached.',
      'New readings wait in the broker and nothing is lost; they appear here once the database is back.');
  }
  if (reason === 'broker') {
    return message('unplug', 'The MQTT broker cannot be reached.', 'No new readings arrive until it is back. Plantwright keeps trying.');
  }
  if (reason === 'ingest') return message('loader-circle', 'Another server takes the readings.', 'This one stands by and takes over when the other is gone.');
  return message('loader-circle', 'Plantwright is starting.', 'This page goes on by itself.');
}

/** @param {string} iconName @param {string} title @param {string} text */
function message(iconName, title, text) {
  return h('div', { class: 'banner-message' }, icon(iconName), h('p', null, h('strong', null, title), ' ', text));
}
