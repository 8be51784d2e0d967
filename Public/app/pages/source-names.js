/** The sources by key, and which of them takes a topic: for lists of messages. */
import { all } from '../core/api.js';
import { h, icon } from '../core/dom.js';
import { filterTakes } from '../core/mqtt.js';
import { mayAdmin } from '../core/session.js';

export class SourceNames {
  /** @type {Map<string, {key: string, name: string, topicFilter: string}>} */
  #sources = new Map();

  /** Without them the keys are shown. @param {AbortSignal} signal */
  async load(signal) {
    const items = await all('/api/v1/sources', signal).catch(() => []);
    this.#sources = new Map(items.map((source) => [source.key, source]));
  }

  /** @param {string} key */
  nameOf(key) {
    return this.#sources.get(key)?.name ?? key;
  }

  /** The source that a topic belongs to, when the message does not say it. @param {string} topic @returns {string | null} */
  keyFor(topic) {
    return [...this.#sources.values()].find(({ topicFilter }) => filterTakes(topicFilter, topic))?.key ?? null;
  }

  /** @param {string | null | undefined} key @param {Record<string, string>} [query] which message is the sample */
  link(key, query = {}) {
    if (!key || key === 'native') return null;
    const text = [icon('radio'), this.nameOf(key)];
    return mayAdmin() ? h('a', { class: 'sub source-link', href: `/admin/sources/${key}?${new URLSearchParams(query)}`.replace(/\?$/, '') }, text) : h('span', { class: 'sub source-link' }, text);
  }
}
