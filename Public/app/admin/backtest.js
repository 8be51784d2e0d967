/** Tries a rule on stored readings before it goes live. */
import { post, Problem } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { formatCount, plural } from '../core/format.js';
import { plant } from '../core/plant.js';
import { formatDuration, formatTime } from '../core/time.js';
import { errorState, skeleton } from '../components/states.js';

const DAY = 86_400_000;
const SPANS = [['the last 24 hours', DAY], ['the last 7 days', 7 * DAY], ['the last 30 days', 30 * DAY]];
const SHOWN = 12;

/** @param {import('./entry-form.js').EntryForm} form @param {AbortSignal} signal */
export function backtestPanel(form, signal) {
  const result = h('div', { 'aria-live': 'polite' });
  const span = h('select', { class: 'input', 'aria-label': 'Time span' }, SPANS.map(([text, length]) => h('option', { value: String(length) }, `on ${text}`)));
  const button = h('button', { type: 'button', class: 'button' }, icon('history'), 'Try it');
  button.addEventListener('click', async () => {
    button.disabled = true;
    fill(result, skeleton(3));
    const now = Date.now();
    try {
      const answer = await post(`/api/v1/rules/${form.key ?? 'draft'}/backtest`,
        { rule: form.read(), from: new Date(now - Number(span.value)).toISOString(), to: new Date(now).toISOString() }, signal);
      fill(result, summary(answer));
    } catch (error) {
      const errors = error instanceof Problem ? error.errors : [];
      const homeless = errors.filter(({ pointer, detail }) => form.fail(pointer.replace(/^\/rule/, ''), detail) === null);
      fill(result, errors.length && homeless.length === 0 ? h('p', { class: 'form-error' }, 'The rule has a mistake; see its field.') : errorState(error));
    } finally {
      button.disabled = false;
    }
  });
  return h('section', { class: 'card aside-card', 'aria-label': 'Backtest' }, h('div', { class: 'card-head' }, h('h2', null, 'Try before you trust')),
    h('div', { class: 'form' }, h('p', { class: 'soft' }, 'Runs the rule, as it stands here, on stored readings. Nothing is raised or sent.'),
      h('div', { class: 'actions' }, span, button), result));
}

/** @param {any} answer */
function summary({ alarms, count, readings }) {
  return h('div', { class: 'form' },
    h('p', null, h('strong', { class: 'big' }, plural(count ?? alarms.length, 'alarm')), h('span', { class: 'sub' }, `in ${formatCount(readings)} readings`)),
    alarms.length ? h('div', { class: 'chart-table' }, h('table', { class: 'plain-table' },
      h('caption', { class: 'visually-hidden' }, 'Alarms it would have raised'),
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Device'), h('th', { scope: 'col' }, 'Raised'), h('th', { scope: 'col' }, 'Lasted'))),
      h('tbody', null, alarms.slice(0, SHOWN).map((/** @type {any} */ alarm) => h('tr', null, h('td', null, plant.devices.get(alarm.device)?.name ?? alarm.device),
        h('td', { class: 'nowrap' }, formatTime(alarm.raisedAt)),
        h('td', { class: 'nowrap' }, alarm.clearedAt ? formatDuration(Date.parse(alarm.clearedAt) - Date.parse(alarm.raisedAt)) : 'still')))))) : null,
    alarms.length > SHOWN ? h('p', { class: 'sub' }, `and ${formatCount((count ?? alarms.length) - SHOWN)} more`) : null);
}
