/** What a mapping, as it stands in the form, would have sent in the last days. Nothing is sent. */
import { get, post, Problem, remove } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { formatCount, plural, sentence } from '../core/format.js';
import { formatTime } from '../core/time.js';
import { errorState } from '../components/states.js';
import { requestView } from './request-view.js';

const INTERVAL = 500;
const SPANS = [7, 30, 90, 366];

/** Why a cause made no delivery. @type {Record<string, string>} */
const REASONS = {
  condition: 'the condition was not fulfilled', 'max-age': 'too old when they came', limit: 'beyond the limit of their asset', attached: 'added to an order that was open',
  attach: 'added to an order that was open', 'no-order': 'no order to do it to', 'not-recurred': 'did not come again', step: 'below the smallest quantity', superseded: 'a newer one took their place',
};

/** @param {import('./entry-form.js').EntryForm} form @param {AbortSignal} signal */
export function dryRunPanel(form, signal) {
  const result = h('div', { class: 'form', 'aria-live': 'polite' });
  const span = h('select', { class: 'input', 'aria-label': 'Days' }, SPANS.map((days) => h('option', { value: String(days), selected: days === 30 }, days === 366 ? 'on the last year' : `on the last ${days} days`)));
  const start = h('button', { type: 'button', class: 'button' }, icon('history'), 'Run on history');
  /** @type {string | null} */
  let running = null;
  signal.addEventListener('abort', () => running && remove(`/api/v1/dry-runs/${running}`).catch(() => {}));

  const run = async () => {
    start.disabled = true;
    fill(result, h('p', { class: 'soft' }, 'Starting …'));
    try {
      const { id } = await post(`/api/v1/mappings/${form.key ?? 'draft'}/dry-run`, { mapping: form.read(), days: Number(span.value) }, signal);
      running = id;
      const bar = progressBar(async () => {
        await remove(`/api/v1/dry-runs/${id}`);
      });
      fill(result, bar.element);
      bar.cancel.focus();
      for (;;) {
        const answer = await get(`/api/v1/dry-runs/${id}`, signal);
        if (answer.state !== 'running') {
          running = null;
          fill(result, outcome(answer));
          break;
        }
        bar.show(answer);
        await new Promise((resolve) => setTimeout(resolve, INTERVAL));
      }
    } catch (error) {
      if (signal.aborted) return;
      running = null;
      const errors = error instanceof Problem ? error.errors : [];
      const homeless = errors.filter(({ pointer, detail }) => form.fail(pointer.replace(/^\/mapping/, ''), detail) === null);
      fill(result, errors.length && homeless.length === 0 ? h('p', { class: 'form-error' }, 'The mapping has a mistake; see its field.') : errorState(error));
    } finally {
      const hadFocus = !document.activeElement || document.activeElement === document.body;
      start.disabled = false;
      if (hadFocus && !signal.aborted) start.focus({ preventScroll: true });
    }
  };
  start.addEventListener('click', run);
  return h('section', { class: 'card', 'aria-label': 'Dry run' }, h('div', { class: 'card-head' }, h('h2', null, 'Try before you trust')),
    h('div', { class: 'form' }, h('p', { class: 'soft' }, 'What the mapping, as it stands here, would have sent. Nothing is sent or stored.'), h('div', { class: 'actions' }, span, start), result));
}

/** @param {() => Promise<void>} stop */
function progressBar(stop) {
  const bar = h('progress', { class: 'progress', max: 1, value: 0, 'aria-label': 'Progress of the dry run' }), words = h('p', { class: 'soft', 'aria-live': 'off' });
  const cancel = h('button', { type: 'button', class: 'button small' }, icon('x'), 'Cancel');
  cancel.addEventListener('click', () => {
    cancel.disabled = true;
    stop().catch(() => {});
  });
  return {
    cancel, element: h('div', { class: 'dry-progress' }, bar, words, cancel),
    show: (/** @type {any} */ { progress, causes, deliveries }) => {
      bar.value = progress;
      words.textContent = `${Math.round(progress * 100)} % · ${plural(causes ?? 0, 'cause')}, ${formatCount(deliveries ?? 0)} would be sent`;
    },
  };
}

/** @param {any} answer */
function outcome({ state, days, causes, deliveries, suppressed = [], failed, examples = [], difference, assumptions = [], error }) {
  if (state === 'cancelled') return h('p', { class: 'soft' }, 'Cancelled.');
  if (state === 'failed') return h('p', { class: 'form-error' }, error?.detail ?? error ?? 'The dry run failed.');
  return h('div', { class: 'form' },
    h('p', null, h('strong', { class: 'big' }, `${plural(deliveries, 'delivery', 'deliveries')} in ${plural(days, 'day')}`), h('span', { class: 'sub' }, `from ${plural(causes, 'cause')}`)),
    h('ul', { class: 'dry-counts' }, suppressed.map((/** @type {any} */ { reason, count }) => h('li', null, icon('minus'), `${formatCount(count)} ${REASONS[reason] ?? sentence(reason).toLowerCase()}`)),
      failed ? h('li', { class: 'is-bad' }, icon('circle-alert'), `${formatCount(failed)} would fail; see the examples`) : null),
    difference ? differenceView(difference) : null,
    examples.length ? h('div', null, h('h3', null, 'Examples'), h('ul', { class: 'dry-examples' }, examples.map(example))) : null,
    assumptions.length ? h('details', null, h('summary', null, 'What this run takes for granted'), h('ul', { class: 'assumptions soft' }, assumptions.map((/** @type {string} */ text) => h('li', null, text)))) : null);
}

/** @param {any} difference to the saved version */
function differenceView({ version, added, removed, changed, examples = [] }) {
  if (!added && !removed && !changed) return h('p', { class: 'notice is-good' }, icon('circle-check'), h('span', null, `The same as version ${version}, which is in use.`));
  return h('div', null, h('p', { class: 'notice' }, icon('info'), h('span', null, h('strong', null, `Against version ${version}, which is in use: `), `${formatCount(added)} more, ${formatCount(removed)} fewer, ${formatCount(changed)} with another content.`)),
    examples.length ? h('ul', { class: 'dry-examples' }, examples.map((/** @type {any} */ one) => h('li', null, h('details', null, h('summary', null, `${sentence(one.change ?? 'changed')}: ${one.device?.name ?? one.device ?? ''}, ${formatTime(one.at)}`),
      h('dl', { class: 'before-after' }, changedFields(one).map(([name, before, after]) => h('div', null, h('dt', null, sentence(name)), h('dd', null, before === undefined ? null : h('del', null, String(before)), ' ', after === undefined ? null : h('ins', null, String(after)))))))))) : null);
}

/** @param {any} example @returns {[string, any, any][]} */
function changedFields({ before = {}, after = {}, fields }) {
  const then = before ?? {}, now = after ?? fields ?? {};
  return [...new Set([...Object.keys(then), ...Object.keys(now)])].filter((name) => then[name] !== now[name]).map((name) => [name, then[name], now[name]]);
}

/** @param {any} one */
function example({ at, device, fields, request, requests, issues = [] }) {
  const title = fields?.title ?? fields?.item ?? fields?.text ?? device?.name ?? '';
  return h('li', null, h('details', null, h('summary', null, issues.length ? icon('circle-alert', 'is-bad') : null, `${formatTime(at)}, ${device?.name ?? device ?? ''}: ${title}`),
    issues.length ? h('ul', { class: 'issues' }, issues.map((/** @type {any} */ { detail }) => h('li', null, icon('circle-alert'), detail))) : null,
    (requests ?? (request ? [request] : [])).map((/** @type {any} */ one) => requestView(one))));
}
