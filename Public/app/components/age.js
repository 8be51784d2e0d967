/** `<pw-age>`: a point in time as its age, kept current; the full time is its tooltip. */
import { h } from '../core/dom.js';
import { formatAge, formatFullTime, toMilliseconds } from '../core/time.js';

/** @type {Set<Age>} */
const ages = new Set();
setInterval(() => {
  if (document.hidden) return;
  const now = Date.now();
  for (const age of ages) age.refresh(now);
}, 1000);

export class Age extends HTMLElement {
  #at = NaN;

  connectedCallback() {
    ages.add(this);
    this.refresh(Date.now());
  }

  disconnectedCallback() {
    ages.delete(this);
  }

  /** @param {string | number | null | undefined} time */
  set time(time) {
    const at = toMilliseconds(time);
    if (at === this.#at) return;
    this.#at = at;
    this.title = formatFullTime(at);
    this.refresh(Date.now());
  }

  /** @param {number} now */
  refresh(now) {
    const text = formatAge(this.#at, now);
    if (this.textContent !== text) this.textContent = text;
  }
}
customElements.define('pw-age', Age);

/** @param {string | number | null | undefined} time @returns {Age} */
export function age(time) {
  const element = /** @type {Age} */ (h('pw-age'));
  element.time = time;
  return element;
}
