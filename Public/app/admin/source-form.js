/** The form of a source: topics, decoder, how the device is found, fields; beside it a sample, below it the live traffic. */
import { get } from '../core/api.js';
import { fill, h } from '../core/dom.js';
import { filterInWords, filterMistake } from '../core/mqtt.js';
import { card, facts } from '../components/layout.js';
import { withCompletion } from './completion.js';
import { checkControl, labelled, selectControl, textControl } from './controls.js';
import { decoderOptions } from './decoder-options.js';
import { fieldMapping } from './field-mapping.js';
import { samplePanel } from './source-sample.js';
import { sparkplugPanel } from './sparkplug-panel.js';
import { trafficPanel } from './source-traffic.js';

/** @typedef {import('./controls.js').Control} Control */
/** @typedef {{name: string, type: string, default: any, description: string, choices?: string[]}} DecoderOption */
/** @typedef {{decoder: string, name: string, description: string, defaultTopicFilter: string | null, defaultDeviceKey: string | null, options: DecoderOption[]}} Decoder */

const COMPRESSIONS = [
  { value: 'none', text: 'Not compressed' }, { value: 'auto', text: 'Found out by itself' }, { value: 'gzip', text: 'gzip' }, { value: 'zstd', text: 'Zstandard' },
];

/** @type {Pick<import('./sections.js').Section, 'groups' | 'toForm' | 'toBody' | 'aside' | 'below' | 'builtIn'>} */
export const sourceForm = {
  groups: async (_context, value) => {
    /** @type {Decoder[]} */
    const decoders = (await get('/api/v1/sources/decoders')).items;
    const find = (/** @type {string} */ name) => decoders.find(({ decoder }) => decoder === name);
    const description = h('span'), words = h('span', { 'aria-live': 'polite' });
    const filter = filterControl(words);
    const decoder = selectControl({ name: 'decoder', label: 'Decoder', help: description, choices: decoders.map(({ decoder: name, name: text }) => ({ value: name, text })) });
    const device = deviceControl(filter.get);
    const options = decoderOptions();
    const fields = fieldMapping();
    const select = /** @type {HTMLSelectElement} */ (decoder.element.querySelector('select'));
    let current = find(value.decoder ?? 'json');
    const follow = () => {
      fill(description, current?.description ?? '');
      device.suggest(current?.defaultDeviceKey ?? null);
      options.build(current?.options ?? []);
    };
    select.addEventListener('change', () => {
      const before = current;
      current = find(select.value);
      if (current?.defaultTopicFilter && [before?.defaultTopicFilter, ''].includes(filter.get())) filter.set(current.defaultTopicFilter);
      follow();
      select.dispatchEvent(new Event('input', { bubbles: true }));
    });
    follow();
    return [
      { title: 'Source', controls: [textControl({ name: 'name', label: 'Name', required: true, placeholder: 'Packaging hall' }), filter, decoder,
        selectControl({ name: 'compression', label: 'Payload', choices: COMPRESSIONS }), checkControl({ name: 'enabled', label: 'This source is on', help: 'Off: its topics are not subscribed.' })] },
      { title: 'Device', help: 'A message belongs to the device whose identifier this gives. Messages of other identifiers wait in quarantine.', controls: [device, options] },
      { title: 'Fields', help: 'Which value of a message is which metric. Values that have a metric’s key as their name need no row. A click on a field of the sample adds one. A location takes two paths with a comma between them: gps.lat, gps.lon.', controls: [fields] },
    ];
  },
  toForm: (value) => ({ ...value, deviceKey: value.deviceKey ?? '' }),
  toBody: (body) => ({ ...body, deviceKey: body.deviceKey || null }),
  aside: (form, _context, signal) => samplePanel(form, signal),
  below: (form, value, signal) => h('div', { class: 'stack source-below' }, value.decoder === 'sparkplug-b' ? sparkplugPanel(value, signal) : null,
    trafficPanel(value, signal, (sample) => form.element.dispatchEvent(new CustomEvent('sample', { detail: sample })))),
  builtIn: (value, signal) => h('div', { class: 'stack' },
    card({ title: 'About' }, facts([['Topics', h('code', null, value.topicFilter.split('/').flatMap((/** @type {string} */ level, /** @type {number} */ at) => at ? ['/', h('wbr'), level] : [level]))], ['Format', 'JSON, the keys of the metrics as names'],
      ['Device', 'The third level of the topic is its identifier'], ['Configuration', 'Built in; nothing to set']]),
    h('div', { class: 'form' }, h('pre', { tabIndex: 0, 'aria-label': 'Example' }, h('code', null, `${value.topicFilter.replace('+', 'motor-03')}\n{"ts": ${Date.now()}, "temperature": 71.4, "running": true}`)))),
    trafficPanel(value, signal, null)),
};

/** @param {HTMLElement} words what the filter means @returns {Control} */
function filterControl(words) {
  const syntax = h('details', { class: 'syntax-help' }, h('summary', null, 'How topic filters work'), h('dl', null,
    h('div', null, h('dt', null, h('code', null, '+')), h('dd', null, 'exactly one level: ', h('code', null, 'factory/+/data'), ' takes factory/press-7/data')),
    h('div', null, h('dt', null, h('code', null, '#')), h('dd', null, 'this level and all below, only at the end: ', h('code', null, 'factory/#'))),
    h('div', null, h('dt', null, h('code', null, '/')), h('dd', null, 'separates levels; capital and small letters differ')),
    h('div', null, h('dt', null, h('code', null, '$share')), h('dd', null, 'shared subscriptions are not possible: a device’s messages must stay in order'))));
  const control = textControl({ name: 'topicFilter', label: 'Topic filter', required: true, mono: true, span: true, placeholder: 'factory/+/data', help: words });
  control.element.append(syntax);
  const input = /** @type {HTMLInputElement} */ (control.element.querySelector('input'));
  const describe = () => words.textContent = filterMistake(control.get()) === null ? filterInWords(control.get()) : '';
  input.addEventListener('input', describe);
  input.addEventListener('blur', () => {
    const mistake = control.get() === '' ? null : filterMistake(control.get());
    if (mistake) control.fail('', mistake);
  });
  return { ...control, set: (value) => {
    control.set(value);
    describe();
  } };
}

/** @param {() => string} filter @returns {Control & {suggest: (text: string | null) => void}} */
function deviceControl(filter) {
  const input = h('input', { class: 'input mono', type: 'text', spellcheck: 'false', autocomplete: 'off' });
  const names = () => [
    ...filter().split('/').flatMap((level, at) => level === '#' ? [1, 2].map((more) => ({ name: `topic.${at + more}`, hint: `Level ${at + more} of the topic` }))
      : [{ name: `topic.${at + 1}`, hint: level === '+' ? `Level ${at + 1} of the topic` : `Always “${level}”` }]),
    { name: 'payload.', hint: 'A path in the payload, such as payload.device.id' },
  ];
  const help = h('span');
  return {
    name: 'deviceKey', ...labelled({ name: 'deviceKey', label: 'Identifier of the device', span: true, help }, input, withCompletion(input, 'template', names)),
    get: () => input.value.trim(), set: (value) => input.value = value ?? '',
    suggest: (text) => {
      input.placeholder = text ?? 'found by the decoder';
      fill(help, 'A template: ', h('code', null, '${topic.2}'), ' is the second level of the topic, ', h('code', null, '${payload.id}'), ' a value of the message. ',
        text ? ['Left empty: ', h('code', null, text), '.'] : 'Left empty, the decoder finds it.');
    },
  };
}
