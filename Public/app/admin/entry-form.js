/** The one form of all configuration: fields by section, mistakes at their field, nothing lost by leaving. */
import { Problem, put, remove, versionOf } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { plant } from '../core/plant.js';
import { guardLeaving, navigate } from '../core/router.js';
import { confirmDanger } from '../components/dialog.js';
import { toast } from '../components/toast.js';
import { textControl } from './controls.js';

/** @typedef {import('./controls.js').Control} Control */
/** @typedef {{title: string, help?: string, controls: Control[], folded?: boolean}} Group `folded` is said where a group can be closed */
/** @typedef {import('./sections.js').Section} Section */

/** Parts of a document that only the server sets. */
const SERVER_ONLY = ['key', 'hasCredentials', 'storedCredentials', 'revision', 'updatedAt', 'builtIn', 'status', 'counts', 'paused', 'webhook', 'version', 'circuit', 'warnings'];

/** @param {string} text */
export const slug = (text) => text.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 63);

export class EntryForm {
  #summary = h('div', { class: 'form-summary', role: 'alert', tabIndex: -1, hidden: true });
  #saved = '';
  /** @type {Record<string, any>} as it was loaded; what no control shows is kept */
  #value = {};
  /** @type {string | null} the version that the form was filled from */
  #version = null;
  #saveButton = h('button', { type: 'submit', class: 'button primary' }, 'Save');
  #key = textControl({ name: 'key', label: 'Key', mono: true, required: true, help: 'Lower-case letters, digits and hyphens; it stays the same for good.' });
  /** @type {Control[]} */
  #controls;

  /**
   * @param {Section} section @param {string | null} key null for a new entry @param {any} value @param {Group[]} groups
   * @param {AbortSignal} signal
   */
  constructor(section, key, value, groups, signal) {
    this.section = section;
    this.key = key;
    this.#controls = groups.flatMap(({ controls }) => controls);
    this.#fillIn(value);
    this.element = h('form', { class: 'form', noValidate: true, on: { submit: (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#save();
    } } }, this.#summary, groups.map((group, at) => this.#group(group, at === 0)), this.#actions());
    this.element.addEventListener('input', () => this.element.dispatchEvent(new CustomEvent('draft')));
    guardLeaving(() => this.isDirty ? 'There are unsaved changes. Leave without saving them?' : null, signal);
  }

  get isDirty() {
    return JSON.stringify(this.read()) !== this.#saved;
  }

  /** @param {string} name @returns {any} the control of that name */
  control(name) {
    return this.#controls.find((control) => control.name === name);
  }

  /** The document as it stands in the form. */
  read() {
    /** @type {Record<string, any>} */
    const body = {};
    for (const control of this.#controls) {
      const value = control.get();
      if (value !== undefined) body[control.name] = value;
    }
    const known = new Set([...SERVER_ONLY, ...this.#controls.map(({ name }) => name)]);
    const kept = Object.entries(this.#value).filter(([name, value]) => !known.has(name) && value !== null);
    return { ...Object.fromEntries(kept), ...this.section.toBody ? this.section.toBody(body) : body };
  }

  /** Puts another document into the fields; it is saved when the user says so. @param {any} document */
  fillWith(document) {
    this.#clear();
    const shown = this.section.toForm ? this.section.toForm(document) : document;
    for (const control of this.#controls) control.set(shown[control.name]);
    this.element.dispatchEvent(new CustomEvent('draft'));
  }

  /** @param {any} value */
  #fillIn(value) {
    this.#value = this.key === null ? {} : value;
    this.#version = versionOf(value);
    const shown = this.section.toForm ? this.section.toForm(value) : value;
    for (const control of this.#controls) control.set(shown[control.name]);
    this.#saved = JSON.stringify(this.read());
    if (this.key !== null) return;
    const name = this.#controls.find((control) => control.name === 'name');
    const keyInput = /** @type {HTMLInputElement} */ (this.#key.element.querySelector('input'));
    this.#key.set(value.key ?? slug(value.name ?? ''));
    let isOwn = Boolean(value.key);
    keyInput.addEventListener('input', () => isOwn = true);
    name?.element.addEventListener('input', () => isOwn || this.#key.set(slug(name.get())));
  }

  /** @param {Group} group @param {boolean} isFirst */
  #group({ title, help, controls, folded }, isFirst) {
    const elements = controls.map(({ element }) => element);
    if (isFirst && this.key === null) elements.splice(1, 0, this.#key.element);
    const about = help ? h('p', { class: 'soft' }, help) : null, grid = h('div', { class: 'form-grid' }, elements);
    if (folded === undefined) return h('section', { class: 'card form-section' }, h('div', null, h('h2', null, title), about), grid);
    return h('section', { class: 'card form-section' }, h('details', { class: 'folding', open: !folded }, h('summary', null, h('h2', null, title)), about, grid));
  }

  #actions() {
    return h('div', { class: 'form-actions' }, this.#saveButton, h('a', { class: 'button', href: `/admin/${this.section.name}` }, 'Cancel'),
      this.key === null ? null : h('button', { type: 'button', class: 'button danger', on: { click: () => this.#delete() } }, icon('trash-2'), 'Delete'));
  }

  async #save() {
    const key = this.key ?? this.#key.get();
    this.#clear();
    const early = [];
    if (this.#controls.find(({ name }) => name === 'name')?.get() === '') early.push({ pointer: '/name', detail: 'A name is needed.' });
    if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(key)) early.push({ pointer: '/key', detail: 'A key has lower-case letters, digits and hyphens, for example “line-2”.' });
    if (early.length > 0) return this.#show(early);
    this.#saveButton.disabled = true;
    try {
      const body = this.read();
      this.#version = versionOf(await put(`/api/v1/${this.section.name}/${key}`, body, this.#conditions));
      this.#saved = JSON.stringify(this.read());
      plant.forget();
      await plant.load();
      toast(`${this.section.singular} saved`);
      if (this.key === null) await navigate(`/admin/${this.section.name}/${key}`, { replace: true });
      this.element.dispatchEvent(new CustomEvent('saved'));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#refuse(error);
    } finally {
      this.#saveButton.disabled = false;
    }
  }

  /** Only over what the form was filled from; a new entry only where there is none. @returns {Record<string, string>} */
  get #conditions() {
    if (this.key === null) return { 'if-none-match': '*' };
    return this.#version === null ? {} : { 'if-match': this.#version };
  }

  /** @param {Problem} problem */
  #refuse(problem) {
    if (problem.status !== 412) return this.#show(problem.errors.length ? problem.errors : [{ pointer: '', detail: problem.message }]);
    const name = this.section.singular.toLowerCase();
    this.#show(this.key === null ? [{ pointer: '/key', detail: `There is a ${name} with this key already.` }]
      : [{ pointer: '', detail: `Someone else changed this ${name} meanwhile. Reload the page to see their version, then make your change again.` }]);
  }

  #clear() {
    this.#summary.hidden = true;
    for (const control of [this.#key, ...this.#controls]) control.clear();
  }

  /** Shows each mistake at its field; what has no field goes to the top. @param {import('../core/api.js').FieldError[]} errors */
  #show(errors) {
    /** @type {HTMLElement | null} */
    let first = null;
    const homeless = errors.filter(({ pointer, detail }) => {
      const place = this.fail(pointer, detail);
      first ??= place;
      return place === null;
    });
    if (homeless.length > 0) {
      this.#summary.hidden = false;
      fill(this.#summary, h('strong', null, 'This could not be saved.'), h('ul', null, homeless.map(({ detail }) => h('li', null, detail))));
      first ??= this.#summary;
    }
    /** @type {HTMLElement | null} */ (first)?.focus();
  }

  /** Marks the field of a pointer. @param {string} pointer @param {string} detail @returns {HTMLElement | null} what to focus */
  fail(pointer, detail) {
    const own = this.section.pointerOf ? this.section.pointerOf(pointer) : pointer;
    if (own === '/key' && this.key === null) return this.#key.fail('', detail);
    const control = this.#controls.find(({ name }) => own === `/${name}` || own.startsWith(`/${name}/`));
    // What is folded away cannot be focused.
    control?.element.closest('details')?.setAttribute('open', '');
    return control?.fail(own.slice(control.name.length + 1), detail) ?? null;
  }

  async #delete() {
    const name = this.section.singular.toLowerCase();
    if (!await confirmDanger(`Delete this ${name}?`, `“${this.read().name}” is removed from the configuration. This cannot be undone.`, 'Delete')) return;
    try {
      await remove(`/api/v1/${this.section.name}/${this.key}`, this.#conditions);
      this.#saved = JSON.stringify(this.read());
      plant.forget();
      await plant.load();
      toast(`${this.section.singular} deleted`);
      await navigate(`/admin/${this.section.name}`);
    } catch (error) {
      this.#refuse(error instanceof Problem ? error : new Problem(0, 'error', String(error)));
    }
  }
}
