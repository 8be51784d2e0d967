/** The exact requests that a mapping would send, kept current while it is being written. */
import { post, Problem } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { byName, plant } from '../core/plant.js';
import { requestView } from './request-view.js';

const PATIENCE = 350;

/** @param {import('./entry-form.js').EntryForm} form @param {AbortSignal} signal */
export function mappingPreview(form, signal) {
  const body = h('div', { class: 'preview-body', 'aria-live': 'polite', 'aria-atomic': 'true' });
  const sample = h('select', { class: 'input', 'aria-label': 'Sample device' });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let asked = 0;

  const refresh = async () => {
    const number = ++asked, draft = form.read();
    offerSamples(sample, draft);
    try {
      const request = { mapping: draft, ...(sample.value ? { sample: { device: sample.value } } : {}) };
      const answer = await post(`/api/v1/mappings/${form.key ?? 'draft'}/preview`, request, signal);
      if (number === asked) show(answer);
    } catch (error) {
      if (number !== asked || signal.aborted) return;
      if (error instanceof Problem && error.errors.length) show({ request: null, issues: error.errors });
      else fill(body, h('p', { class: 'soft' }, error instanceof Error ? error.message : String(error)));
    }
  };
  /** @param {any} answer */
  const show = ({ request, requests, fields = {}, issues = [], warnings = [], condition = null }) => {
    const place = (/** @type {any} */ { pointer, code, detail }) => {
      const isEarly = form.key === null && code === 'required';
      return isEarly || form.fail(pointer.replace(/^\/mapping/, ''), detail) !== null;
    };
    const unplaced = issues.filter((/** @type {any} */ issue) => !place(issue)), list = requests ?? (request ? [request] : []);
    form.control('fields')?.measure?.(fields);
    fill(body, condition === false ? h('p', { class: 'notice' }, icon('info'), h('span', null, 'This sample does not fulfil the condition: nothing would be sent.')) : null,
      list.length ? list.map((/** @type {any} */ one, /** @type {number} */ at) => requestView(one, list.length > 1 ? at === 0 ? 'First' : 'Then' : undefined))
        : h('p', { class: 'soft' }, 'The request appears here once trigger, connector and fields are chosen.'),
      unplaced.length + warnings.length ? h('ul', { class: 'issues' }, unplaced.map((/** @type {any} */ { detail }) => h('li', null, icon('circle-alert'), detail)),
        warnings.map((/** @type {any} */ { detail }) => h('li', { class: 'is-warning' }, icon('triangle-alert'), detail))) : null);
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, PATIENCE);
  };
  form.element.addEventListener('draft', soon, { signal });
  form.element.addEventListener('change', soon, { signal });
  sample.addEventListener('change', refresh);
  signal.addEventListener('abort', () => clearTimeout(timer));
  queueMicrotask(refresh);
  return h('section', { class: 'card preview', 'aria-label': 'Preview' },
    h('div', { class: 'card-head' }, h('h2', null, 'The exact request'), h('span', { class: 'badge info' }, 'Preview')),
    h('div', { class: 'form' }, h('label', { class: 'field' }, h('span', { class: 'field-label' }, 'With values of'), sample), body));
}

/** The devices whose newest values can fill the templates. @param {HTMLSelectElement} select @param {any} draft */
function offerSamples(select, draft) {
  const profile = draft.trigger?.profile ?? plant.rules.get(draft.trigger?.rule)?.profile;
  const devices = [...plant.devices.values()].filter((device) => !profile || device.profile === profile).sort(byName);
  const wanted = devices.map(({ key }) => key).join();
  if (select.dataset.offered === wanted) return;
  select.dataset.offered = wanted;
  fill(select, h('option', { value: '' }, 'a sample'), devices.map(({ key, name }) => h('option', { value: key }, name)));
}
