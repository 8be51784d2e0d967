/** `<pw-banner>`: says when the live connection, the database or the broker is missing, and what that means. */
import { fill, h, icon } from '../core/dom.js';
import { PlantElement } from '../core/element.js';
import { live } from '../core/live.js';

/** How long a connection may be away before it is worth a word. */
const GRACE = 1500;
const READY_INTERVAL = 15_000;

class Banner extends PlantElement {
  #lost = false;
  /** @type {string[]} */
  #reasons = [];
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
    this.#show(reasons);
  }

  async #askReady() {
    try {
      const response = await fetch('/readyz', { signal: this.signal });
      if (response.ok) return this.#show([]);
      const body = await response.json().catch(() => ({}));
      const list = body.reasons ?? [];
      this.#show(list.map((/** @type {{part: string}} */ { part }) => part));
    } catch {
      // Not reachable: the live connection says so already.
    }
  }

  /** @param {string[]} reasons */
  #show(reasons) {
    if (reasons.join() === this.#reasons.join()) return;
    this.#reasons = reasons;
    this.#render();
  }

  #render() {
    const items = [];
    if (this.#lost) items.push(message('wifi-off', 'Connection lost.', 'What you see may be out of date. Trying to reconnect …'));
    for (const reason of this.#lost ? [] : this.#reasons) items.push(explain(reason));
    fill(this, items);
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
  return message('loader-circle', 'Plantwright is starting.', 'This page goes on by itself.');
}

/** @param {string} iconName @param {string} title @param {string} text */
function message(iconName, title, text) {
  return h('div', { class: 'banner-message' }, icon(iconName), h('p', null, h('strong', null, title), ' ', text));
}
