/** The base of our custom elements: what is begun while connected ends when disconnected. */
export class PlantElement extends HTMLElement {
  #controller = new AbortController();

  /** Aborted when the element leaves the page. */
  get signal() {
    return this.#controller.signal;
  }

  connectedCallback() {
    this.#controller = new AbortController();
    this.connected();
  }

  disconnectedCallback() {
    this.#controller.abort();
    this.disconnected();
  }

  /** Called each time the element enters the page. */
  connected() {}

  /** Called each time the element leaves the page. */
  disconnected() {}

  /**
   * Listens for as long as the element is on the page.
   * @param {EventTarget} target @param {string} type @param {(event: any) => void} listener
   */
  listen(target, type, listener) {
    target.addEventListener(type, listener, { signal: this.signal });
  }

  /**
   * Calls back every so often for as long as the element is on the page.
   * @param {number} milliseconds @param {() => void} action
   */
  every(milliseconds, action) {
    const timer = setInterval(action, milliseconds);
    this.signal.addEventListener('abort', () => clearInterval(timer));
  }
}

/** A page: knows the parts of its path and says its title. */
export class Page extends PlantElement {
  /** @type {Record<string, string>} */
  params = {};

  /** @param {string} title */
  set pageTitle(title) {
    document.title = title ? `${title} · Plantwright` : 'Plantwright';
  }
}
