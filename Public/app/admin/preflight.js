/** Everything that is tried before a connector goes live, what is missing, and what to do about it. */
import { post, Problem } from '../core/api.js';
import { fill, h, hiddenText, icon } from '../core/dom.js';
import { ask } from '../components/dialog.js';
import { errorState } from '../components/states.js';
import { toast } from '../components/toast.js';

/** @typedef {{name: string, title: string, result: 'ok' | 'warning' | 'failed' | 'skipped', detail: string, remedy: string | null, step: string | null}} Check */

/** @type {Record<Check['result'], {icon: string, word: string, className: string}>} */
const RESULTS = {
  ok: { icon: 'circle-check', word: 'Passed', className: 'is-good' }, warning: { icon: 'triangle-alert', word: 'Warning', className: 'is-warning' },
  failed: { icon: 'circle-x', word: 'Failed', className: 'is-bad' }, skipped: { icon: 'minus', word: 'Skipped', className: '' },
};

/** @param {import('./entry-form.js').EntryForm} form @param {string} title what the ERP is called @param {AbortSignal} signal */
export function preflightPanel(form, title, signal) {
  const result = h('div', { 'aria-live': 'polite' }), note = h('p', { class: 'soft' });
  const button = h('button', { type: 'button', class: 'button' }, icon('plug'), 'Check the connection');
  const isStored = () => form.key !== null && !form.isDirty;
  const refresh = () => note.textContent = isStored() ? 'Asks the ERP with the stored address and sign-in. Nothing is changed there.'
    : `Asks the ERP with what stands in the form${form.key === null ? '' : '; a sign-in that is unchanged is the stored one'}. Nothing is changed there.`;
  const check = async () => {
    button.disabled = true;
    result.setAttribute('aria-busy', 'true');
    fill(result, h('p', { class: 'soft' }, `Asking ${title} …`));
    try {
      const answer = await post(`/api/v1/connectors/${form.key ?? 'draft'}/preflight`, isStored() ? undefined : { connector: form.read() }, signal);
      if (!signal.aborted) fill(result, summary(answer), list(answer.checks ?? []));
    } catch (error) {
      if (signal.aborted) return;
      const errors = error instanceof Problem ? error.errors : [];
      const homeless = errors.filter(({ pointer, detail }) => form.fail(pointer.replace(/^\/connector/, ''), detail) === null);
      fill(result, errors.length && homeless.length === 0 ? h('p', { class: 'form-error' }, 'The form has a mistake; see its field.')
        : homeless.length ? h('ul', { class: 'issues' }, homeless.map(({ detail }) => h('li', null, icon('circle-alert'), detail))) : errorState(error));
    } finally {
      button.disabled = false;
      result.removeAttribute('aria-busy');
    }
  };
  /** @param {Check[]} checks */
  const list = (checks) => checks.length === 0 ? null : h('ul', { class: 'checks' }, checks.map((one) => checkView(one, () => take(one))));
  /** Does a step in the ERP once the admin has agreed to it. @param {Check} step */
  const take = async (step) => {
    if (!isStored()) return toast('Save the connector first: the step is done with what is stored.', 'failed');
    const answer = await ask({
      title: `Change something in ${title}?`, actions: [{ value: 'yes', text: `Do it in ${title}` }],
      body: [h('p', { class: 'consent' }, step.remedy ?? step.detail), h('p', null, `It is done once, at ${form.read().url}, as the user that Plantwright signs in as. You can do it there by hand instead, and check again.`)],
    });
    if (!answer) return;
    try {
      const done = await post(`/api/v1/connectors/${form.key}/prepare`, { step: step.step }, signal);
      toast(done.detail, done.result === 'failed' ? 'failed' : 'done');
    } catch (error) {
      toast(error instanceof Error ? error.message : String(error), 'failed');
    }
    await check();
    button.focus();
  };
  for (const type of ['draft', 'saved', 'change']) form.element.addEventListener(type, refresh, { signal });
  button.addEventListener('click', check);
  refresh();
  return h('section', { class: 'card aside-card', 'aria-label': 'Connection check' }, h('div', { class: 'card-head' }, h('h2', null, 'Check before it goes live')),
    h('div', { class: 'form' }, note, h('div', null, button), result));
}

/** @param {{ok: boolean, detail: string}} answer */
function summary({ ok, detail }) {
  return h('p', { class: `test-result ${ok ? 'is-good' : 'is-bad'}` }, icon(ok ? 'circle-check' : 'circle-x'), h('span', null, h('strong', null, ok ? 'It works. ' : 'It would fail. '), detail));
}

/** @param {Check} check @param {() => void} take does its step */
function checkView({ title, result, detail, remedy, step }, take) {
  const known = RESULTS[result] ?? RESULTS.skipped;
  return h('li', { class: known.className }, icon(known.icon), h('div', null,
    h('h3', null, hiddenText(`${known.word}: `), title), h('p', { class: 'soft' }, detail),
    remedy ? h('p', { class: 'remedy' }, icon('wrench'), h('span', null, remedy)) : null,
    step ? h('button', { type: 'button', class: 'button small', on: { click: take } }, icon('check'), 'Do this …', hiddenText(` ${title}`)) : null));
}
