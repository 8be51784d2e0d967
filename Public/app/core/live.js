/**
 * The live connection. After a reconnect it goes on from the last cursor, so that no change of an alarm, delivery, work
 * order or stock figure is missed; subscriptions are kept and replayed, their values are only ever the newest.
 *
 * Events: `connection` (state changed), `status` (server's health), `change` (one entity), `resync` (changes may have
 * been missed: load anew).
 */

/** @typedef {{topic: string, device?: string, asset?: string}} Topic */
/** @typedef {{device: string, ts: number, values: Record<string, any>}} Values */
/** @typedef {'connecting' | 'open' | 'lost'} ConnectionState */

const FIRST_DELAY = 250;
const LONGEST_DELAY = 5000;
const SILENCE = 45_000;
const TRY_AGAIN_LATER = 1013;
/** The server's word that whoever opened the connection may no longer look. */
const SIGNED_OUT = 1008;
/** How many changes are kept to be replayed over what was loaded meanwhile. */
const RECENT = 300;

export class LiveConnection extends EventTarget {
  /** @type {ConnectionState} */
  state = 'connecting';
  /** @type {{database?: boolean, broker?: boolean, messagesPerSecond?: number, warnings?: string[]}} */
  status = {};

  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {Map<number, {topic: Topic, onValues: (values: Values) => void}>} */
  #subscriptions = new Map();
  #nextId = 1;
  #attempts = 0;
  /** @type {string | null} */
  #cursor = null;
  /** @type {{at: number, kind: string, entity: any}[]} */
  #recent = [];
  #wasOpen = false;
  /** Whether pages have loaded before the first greeting: what changed in between would be missed. */
  #pagesWentAhead = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #watchdog;

  start() {
    addEventListener('online', () => this.#retryNow());
    document.addEventListener('visibilitychange', () => document.hidden || this.#retryNow());
    this.#open();
  }

  /** Resolves when changes are being followed, or after a while without: pages load what they show afterwards. */
  async ready(patience = 1500) {
    if (this.state === 'open') return;
    await new Promise((resolve) => {
      this.addEventListener('connection', resolve, { once: true });
      setTimeout(resolve, patience);
    });
    if (!this.#wasOpen) this.#pagesWentAhead = true;
  }

  /**
   * Receives values until the signal is aborted.
   * @param {Topic} topic @param {(values: Values) => void} onValues @param {AbortSignal} signal
   */
  subscribe(topic, onValues, signal) {
    if (signal.aborted) return;
    const id = this.#nextId++;
    this.#subscriptions.set(id, { topic, onValues });
    if (this.state === 'open') this.#send({ type: 'subscribe', id, ...topic });
    signal.addEventListener('abort', () => {
      this.#subscriptions.delete(id);
      if (this.state === 'open') this.#send({ type: 'unsubscribe', id });
    });
  }

  /**
   * Receives changed entities of a kind until the signal is aborted.
   * @param {string} kind @param {(entity: any) => void} handler @param {AbortSignal} signal
   */
  onChange(kind, handler, signal) {
    this.addEventListener('change', (event) => {
      const { detail } = /** @type {CustomEvent} */ (event);
      if (detail.kind === kind) handler(detail.entity);
    }, { signal });
  }

  /**
   * Changes that have come since a moment once more. Whoever loads a list by REST calls this with the moment at which
   * the loading began: a change that arrived meanwhile may be newer than what was loaded.
   * @param {number} begun `performance.now()` of then @param {string} kind @param {(entity: any) => void} handler
   */
  replay(begun, kind, handler) {
    for (const change of this.#recent) if (change.at >= begun && change.kind === kind) handler(change.entity);
  }

  #open() {
    clearTimeout(this.#timer);
    const address = new URL('/live', location.href.replace(/^http/, 'ws'));
    if (this.#cursor) address.searchParams.set('cursor', this.#cursor);
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.addEventListener('message', (event) => this.#receive(event.data));
    socket.addEventListener('close', (event) => this.#closed(socket, event.code));
    this.#watch();
  }

  /** @param {string} text */
  #receive(text) {
    this.#watch();
    const message = JSON.parse(text);
    if (message.type === 'hello') this.#greeted(message);
    else if (message.type === 'values') {
      for (const { onValues } of this.#subscriptions.values()) onValues(message);
    } else if (message.type === 'change') {
      this.#cursor = message.cursor;
      this.#recent = [...this.#recent, { at: performance.now(), kind: message.kind, entity: message.entity }].slice(-RECENT);
      this.#emit('change', message);
    } else if (message.type === 'status') {
      this.status = message;
      this.#emit('status', message);
    } else if (message.type === 'error') {
      console.warn('live:', message.detail);
    }
  }

  /** @param {{cursor: string, resumed: boolean}} greeting where the server goes on from */
  #greeted({ cursor, resumed }) {
    for (const [id, { topic }] of this.#subscriptions) this.#send({ type: 'subscribe', id, ...topic });
    if (this.#pagesWentAhead || (this.#wasOpen && !resumed)) this.#emit('resync');
    this.#cursor = cursor;
    this.#wasOpen = true;
    this.#pagesWentAhead = false;
    this.#attempts = 0;
    this.#become('open');
  }

  /** @param {WebSocket} socket @param {number} code */
  #closed(socket, code) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    clearTimeout(this.#watchdog);
    if (code === SIGNED_OUT) return location.assign('/sign-in');
    if (code !== TRY_AGAIN_LATER) this.#become('lost');
    const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#attempts++);
    this.#timer = setTimeout(() => this.#open(), code === TRY_AGAIN_LATER ? 0 : longest * (0.5 + Math.random() / 2));
  }

  /** A connection that has said nothing for long is dead, whatever the operating system believes. */
  #watch() {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#socket?.close(), SILENCE);
  }

  #retryNow() {
    if (this.#socket === null) this.#open();
  }

  /** @param {object} message */
  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** @param {ConnectionState} state */
  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.#emit('connection');
  }

  /** @param {string} type @param {unknown} [detail] */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

export const live = new LiveConnection();
