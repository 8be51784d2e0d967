/** `<pw-sparkplug>`: the edge nodes and devices of a Sparkplug source. */
import { get, post } from '../core/api.js';
import { fill, h } from '../core/dom.js';
import { PlantElement } from '../core/element.js';
import { card } from '../components/layout.js';
import { emptyState, errorState, skeleton } from '../components/states.js';
import { toast } from '../components/toast.js';
import { nodeView } from './sparkplug-node.js';

/** @typedef {import('./sparkplug-node.js').SparkplugNode} SparkplugNode */

const INTERVAL = 3000;

/** @param {any} source @param {AbortSignal} _signal */
export function sparkplugPanel(source, _signal) {
  return new SparkplugPanel(source);
}

class SparkplugPanel extends PlantElement {
  #body = h('div', null, skeleton(3));
  #host = h('span', { class: 'badge' });
  #shown = '';
  /** The parts that the user has opened. @type {Set<string>} */
  #open = new Set();

  /** @param {any} source */
  constructor(source) {
    super();
    this.source = source;
  }

  connected() {
    fill(this, card({ title: 'Edge nodes', actions: this.#host, id: 'sparkplug' }, this.#body));
    this.every(INTERVAL, () => document.hidden || this.#load());
    this.#load();
  }

  async #load() {
    if (this.source.enabled === false) return fill(this.#body, emptyState('pause', 'This source is off', 'Its edge nodes are seen when it is turned on and saved.'));
    try {
      const answer = await get(`/api/v1/sources/${this.source.key}/sparkplug`, this.signal);
      if (this.signal.aborted) return;
      fill(this.#host, `Host ${answer.hostId ?? ''} ${answer.online ? 'online' : 'offline'}`);
      this.#host.className = `badge ${answer.online ? 'good' : 'warning'}`;
      this.#show(answer.nodes);
    } catch (error) {
      if (!this.signal.aborted && this.#shown === '') fill(this.#body, errorState(error, () => this.#load()));
    }
  }

  /** @param {SparkplugNode[]} nodes */
  #show(nodes) {
    const text = JSON.stringify(nodes);
    if (text === this.#shown) return;
    this.#shown = text;
    const active = document.activeElement, focused = this.#body.contains(active) ? /** @type {HTMLElement} */ (active).dataset.part : undefined;
    fill(this.#body, nodes.length === 0
      ? emptyState('radio', 'No edge node was born yet', 'Nodes appear with their birth certificate (NBIRTH). A node that was running before can be asked for one once it publishes.')
      : h('ul', { class: 'nodes' }, nodes.map((node) => nodeView(node, this.#open, this.source, () => this.#rebirth(node)))));
    if (focused) /** @type {HTMLElement | undefined} */ ([...this.#body.querySelectorAll('[data-part]')].find((part) => /** @type {HTMLElement} */ (part).dataset.part === focused))?.focus();
  }

  /** @param {SparkplugNode} node */
  async #rebirth({ group, node }) {
    try {
      await post(`/api/v1/sources/${this.source.key}/sparkplug/rebirth`, { group, node });
      toast(`Asked ${node} for its birth certificate`);
      this.#shown = '';
      await this.#load();
    } catch (error) {
      toast(error instanceof Error ? error.message : String(error), 'failed');
    }
  }
}
customElements.define('pw-sparkplug', SparkplugPanel);
