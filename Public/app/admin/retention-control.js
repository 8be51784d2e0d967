/** How long the raw readings of a profile are kept, with what that means. */
import { h } from '../core/dom.js';
import { plural } from '../core/format.js';
import { retentionDays } from '../core/retention.js';
import { labelled } from './controls.js';

const USUAL_DAYS = '90';

/** @returns {import('./controls.js').Control} */
export function retentionControl() {
  const choice = h('select', { class: 'input' }, h('option', { value: '' }, 'For ever'), h('option', { value: 'days' }, 'For some days'));
  const days = h('input', { class: 'input', type: 'text', inputmode: 'numeric', 'aria-label': 'Days that raw readings are kept' });
  const words = h('span', { 'aria-live': 'polite' });
  const around = labelled({ name: 'retention', label: 'Raw readings are kept', help: words }, choice, h('div', { class: 'input-pair retention' }, choice, days));
  const read = () => choice.value === '' ? null : /^[1-9]\d*$/.test(days.value.trim()) ? `P${days.value.trim()}D` : `P${days.value.trim()}`;
  const describe = () => {
    days.hidden = choice.value === '';
    if (!days.hidden && days.value === '') days.value = USUAL_DAYS;
    const count = retentionDays(read());
    words.textContent = choice.value === '' ? 'Nothing is deleted. Months that are over are packed and take little space.'
      : count === null ? 'A whole number of days, at least 1.'
        : `A reading is deleted, with its month, once it is older than ${plural(count, 'day')}. Charts keep their summaries; alarms and orders stay. This cannot be undone.`;
  };
  choice.addEventListener('change', describe);
  days.addEventListener('input', () => {
    around.clear();
    describe();
  });
  describe();
  return {
    name: 'retention', ...around, get: read,
    set: (value) => {
      choice.value = value ? 'days' : '';
      days.value = value ? String(retentionDays(value) ?? value) : '';
      describe();
    },
    fail: (rest, detail) => {
      around.fail(rest, detail);
      return days.hidden ? choice : days;
    },
  };
}
