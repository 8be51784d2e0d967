/** How a source looks in the list: its decoder's name, its messages, its state. */
import { get } from '../core/api.js';
import { fill, h } from '../core/dom.js';
import { formatCount } from '../core/format.js';
import { age } from '../components/age.js';

/** @type {Record<string, string>} */
const NAMES = {
  json: 'JSON', 'sparkplug-b': 'Sparkplug B', senml: 'SenML (JSON)', 'senml-cbor': 'SenML (CBOR)', chirpstack: 'ChirpStack', 'the-things-stack': 'The Things Stack',
  csv: 'CSV', 'line-protocol': 'InfluxDB line protocol', thingsboard: 'ThingsBoard',
};

/** @param {string} decoder */
export const decoderName = (decoder) => NAMES[decoder] ?? decoder;

/** What came and how much of it needs a look. @param {any} source */
export function messageCounts(source) {
  const cell = h('div', null, '–');
  const show = (/** @type {any} */ counts) => {
    const trouble = [['rejected', 'rejected'], ['quarantined', 'of unknown devices'], ['conflict', 'in conflict']]
      .filter(([name]) => counts[name] > 0).map(([name, words]) => `${formatCount(counts[name])} ${words}`);
    fill(cell, h('span', { class: 'main' }, formatCount(counts.received)), trouble.length ? h('span', { class: 'sub' }, trouble.join(', ')) : null);
  };
  if (source.counts) show(source.counts);
  else get(`/api/v1/sources/${source.key}/traffic?limit=1`).then(({ counts }) => show(counts)).catch(() => {});
  return cell;
}

/** @param {any} source */
export function sourceState({ enabled, status }) {
  if (enabled === false) return h('span', { class: 'badge' }, 'Off');
  if (status?.state === 'failed') return [h('span', { class: 'badge bad' }, 'Failed'), status.detail ? h('span', { class: 'sub' }, status.detail) : null];
  return [h('span', { class: 'badge good' }, 'On'), status?.lastMessageAt ? h('span', { class: 'sub' }, age(status.lastMessageAt)) : null];
}
