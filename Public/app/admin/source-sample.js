/** A sample message beside the form of a source: its fields to click, and at once what the draft would make of it. */
import { all, post, Problem } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { exampleTopic, filterTakes } from '../core/mqtt.js';
import { fieldPath, hexDump, parsedJSON } from '../core/payload.js';
import { card, segmented } from '../components/layout.js';
import { labelled } from './controls.js';
import { exampleOf } from './source-examples.js';
import { mapField } from './map-field.js';
import { payloadTree } from './payload-tree.js';
import { previewView } from './source-preview.js';

/** @typedef {import('../core/payload.js').Sample} Sample */
/** @typedef {import('./source-preview.js').Preview} Preview */

const PATIENCE = 300;

/** @param {import('./entry-form.js').EntryForm} form @param {AbortSignal} signal */
export function samplePanel(form, signal) {
  return new SamplePanel(form, signal).element;
}

class SamplePanel {
  #topic = h('input', { class: 'input mono', type: 'text', spellcheck: 'false', autocomplete: 'off' });
  #payload = h('textarea', { class: 'input mono', rows: 7, spellcheck: 'false', placeholder: 'Paste a message here, or pick one from the live traffic.' });
  #topicField = labelled({ name: 'topic', label: 'Topic' }, this.#topic);
  #payloadField = labelled({ name: 'payload', label: 'Payload' }, this.#payload);
  #fields = h('div');
  #result = h('div', { class: 'preview-body', 'aria-live': 'polite' });
  #view = 'fields';
  /** @type {string | null} bytes that are no text */
  #bytes = null;
  /** @type {Preview | null} */
  #preview = null;
  #asked = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {import('./entry-form.js').EntryForm} form @param {AbortSignal} signal */
  constructor(form, signal) {
    this.form = form;
    this.signal = signal;
    const choice = h('div', null, this.#choice());
    const example = h('button', { type: 'button', class: 'button small', on: { click: () => this.#takeExample() } }, icon('flask-conical'), 'Example');
    this.element = h('div', { class: 'aside-card source-aside' },
      card({ title: 'Sample message', actions: [example, choice], id: 'sample' }, h('div', { class: 'form' }, this.#topicField.element, this.#fields)),
      h('section', { class: 'card', 'aria-label': 'Preview' }, h('div', { class: 'card-head' }, h('h2', null, 'What becomes of it'), h('span', { class: 'badge info' }, 'Preview')),
        h('div', null, this.#result)));
    form.element.addEventListener('draft', () => this.#soon(), { signal });
    form.element.addEventListener('sample', (event) => this.take(/** @type {CustomEvent} */ (event).detail, choice), { signal });
    for (const input of [this.#topic, this.#payload]) input.addEventListener('input', () => this.#edited());
    signal.addEventListener('abort', () => clearTimeout(this.#timer));
    this.#draw();
    this.#show();
    this.#takeAddressed(choice);
  }

  #choice() {
    return segmented({ label: 'Show the payload as', value: this.#view, options: [{ value: 'fields', text: 'Fields' }, { value: 'text', text: 'Text' }], onChange: (value) => {
      this.#view = value;
      this.#draw();
    } });
  }

  /** @param {Sample} sample @param {HTMLElement} choice */
  take(sample, choice) {
    this.#topic.value = sample.topic;
    this.#payload.value = sample.payload;
    this.#bytes = sample.payloadBase64 ?? null;
    this.#view = 'fields';
    fill(choice, this.#choice());
    this.#draw();
    this.#soon(0);
    // Beside the form it sticks to the window, so it is seen whole where the form begins.
    const isBeside = this.element.offsetLeft > this.form.element.offsetLeft;
    (isBeside ? this.element.parentElement : this.element)?.scrollIntoView({ block: 'start' });
    this.#topic.focus({ preventScroll: true });
  }

  /** The rejected message, or the newest of an unknown sender, that the address names. @param {HTMLElement} choice */
  async #takeAddressed(choice) {
    const query = new URLSearchParams(location.search), id = query.get('rejected'), sender = query.get('unknown');
    if (!id && !sender) return;
    const messages = await all(id ? '/api/v1/rejected-messages' : '/api/v1/quarantine', this.signal, 2000).catch(() => []);
    const found = messages.find((message) => id ? String(message.id) === id : message.identifier === sender);
    if (found && !this.signal.aborted) this.take(found, choice);
  }

  #takeExample() {
    const { topicFilter, decoder } = this.form.read(), { topic, payload } = exampleOf(decoder, exampleTopic(topicFilter ?? ''));
    this.#topic.value = topic;
    this.#payload.value = payload;
    this.#bytes = null;
    this.#draw();
    this.#soon(0);
  }

  #edited() {
    this.#bytes = null;
    this.#soon();
  }

  #soon(patience = PATIENCE) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), patience);
  }

  async #ask() {
    const number = ++this.#asked;
    if (this.#payload.value === '' && !this.#bytes) return this.#show(this.#preview = null);
    const payload = this.#bytes ? { payloadBase64: this.#bytes } : { payload: this.#payload.value };
    try {
      const answer = await post('/api/v1/sources/preview', { source: this.form.read(), topic: this.#topic.value, ...payload }, this.signal);
      if (number !== this.#asked) return;
      this.#preview = answer;
      this.#clearFields();
      this.#placeProblems(answer);
      this.#show();
    } catch (error) {
      if (number !== this.#asked || this.signal.aborted) return;
      this.#preview = null;
      this.#show(null, this.#homeless(error));
    }
    this.#checkTopic();
    if (this.#view === 'fields') this.#draw();
  }

  /** Mistakes of the draft stand at their field; what has none is shown here. @param {unknown} error @returns {string[]} */
  #homeless(error) {
    this.#clearFields();
    if (!(error instanceof Problem) || error.errors.length === 0) return [error instanceof Error ? error.message : String(error)];
    const isEarly = (/** @type {string} */ code) => this.form.key === null && code === 'required';
    const rest = error.errors.filter(({ pointer, code, detail }) => !isEarly(code ?? '') && this.form.fail(pointer.replace(/^\/source/, ''), detail) === null).map(({ detail }) => detail);
    if (rest.length) return rest;
    return [error.errors.every(({ code }) => isEarly(code ?? '')) ? 'Fill in what is needed first, such as the topic filter.' : 'The draft has a mistake; see its field.'];
  }

  #clearFields() {
    this.form.control('fields').clear();
  }

  /** @param {Preview} answer */
  #placeProblems({ readings }) {
    const shown = new Set();
    for (const { metric, problem } of readings.flatMap(({ fields }) => fields)) {
      if (!metric || !problem || shown.has(metric)) continue;
      shown.add(metric);
      const { code = '', detail } = typeof problem === 'string' ? { detail: problem } : problem;
      const part = code.includes('unit') ? 'unit' : code.includes('expression') || code.includes('name') ? 'expression' : 'path';
      if (metric in this.form.read().fields) this.form.fail(`/fields/${metric}/${part}`, detail);
    }
  }

  #checkTopic() {
    const filter = this.form.read().topicFilter ?? '';
    this.#topicField.clear();
    if (filter && this.#topic.value && !filterTakes(filter, this.#topic.value)) this.#topicField.fail('', 'The topic filter of this source does not take this topic.');
  }

  /** @param {Preview | null} [preview] @param {string[]} [mistakes] */
  #show(preview = this.#preview, mistakes = []) {
    fill(this.#result, previewView(preview, mistakes, (leaf, profile) => this.#map(leaf, profile)));
  }

  #draw() {
    const json = this.#view === 'fields' && !this.#bytes ? parsedJSON(this.#payload.value) : null;
    if (this.#bytes) fill(this.#fields, h('pre', { tabIndex: 0, 'aria-label': 'Payload, in hexadecimal' }, h('code', null, hexDump(this.#bytes))));
    else if (!json) fill(this.#fields, this.#payloadField.element);
    else {
      const { decoder, options } = this.form.read(), isFree = decoder === 'json', mapped = this.form.control('fields').paths();
      const own = (/** @type {string} */ path) => fieldPath(path, options?.items ?? null);
      fill(this.#fields, payloadTree(json.value, {
        isPickable: (path) => isFree && own(path) !== null && own(path) !== options?.time,
        metricOf: (path) => mapped.get(own(path) ?? '') ?? this.#found(own(path))?.metric ?? null,
        onPick: ({ path, value }) => this.#map({ path: own(path) ?? path, value }, this.#preview?.readings[0]?.profile ?? null),
      }));
    }
  }

  /** @param {string | null} path */
  #found(path) {
    return this.#preview?.readings.flatMap(({ fields }) => fields).find((field) => field.path === path);
  }

  /** @param {import('./payload-tree.js').Leaf} leaf @param {string | null} profile */
  async #map({ path, value }, profile) {
    const fields = this.form.control('fields');
    const metric = await mapField({ path, value, profile, taken: [...fields.paths().values()] });
    if (!metric || this.signal.aborted) return;
    fields.map(metric, path);
    this.#draw();
    this.#soon(0);
  }
}
