/** What sets a mapping off: an alarm of a rule, or a metric that changes. */
import { fill, h } from '../core/dom.js';
import { byName, plant } from '../core/plant.js';
import { segmented } from '../components/layout.js';
import { durationControl, numberControl, selectControl } from './controls.js';

/** @typedef {import('./controls.js').Control} Control */

const MOMENTS = [
  { value: 'raised', text: 'is raised' }, { value: 'returned', text: 'returns to normal' }, { value: 'recurred', text: 'comes again' },
];

/** @param {any[]} rules @returns {Control & {profile: () => string | null, hasAlarm: () => boolean, moment: () => string}} */
export function triggerControl(rules) {
  const rule = selectControl({ name: 'rule', label: 'Rule', empty: 'Choose …', choices: rules.toSorted(byName).map(({ key, name }) => ({ value: key, text: name })) });
  const on = selectControl({ name: 'on', label: 'When its alarm', choices: MOMENTS });
  const within = durationControl({ name: 'within', label: 'Again within', unit: 'D', help: 'Counted from when the one before was raised. Empty: whenever.' });
  const profile = selectControl({ name: 'profile', label: 'Profile', empty: 'Choose …', choices: [...plant.profiles.values()].sort(byName).map(({ key, name }) => ({ value: key, text: name })) });
  const change = numberControl({ name: 'minChange', label: 'Smallest change', placeholder: 'any' });
  const interval = durationControl({ name: 'minInterval', label: 'At most once every' });
  const metricHolder = h('div'), holder = h('div', { class: 'form-grid' }), choice = h('div');
  let metric = selectControl({ name: 'metric', label: 'Metric', empty: 'Choose …', choices: [] });
  let kind = 'rule';

  /** The metrics to choose from follow the profile. @param {any} chosen */
  const buildMetric = (chosen) => {
    const metrics = plant.profiles.get(profile.get())?.metrics ?? [];
    metric = selectControl({ name: 'metric', label: 'Metric', empty: 'Choose …', choices: metrics.map(({ key, name }) => ({ value: key, text: name })) });
    metric.set(chosen);
    fill(metricHolder, metric.element);
  };
  const show = () => {
    fill(holder, kind === 'rule' ? [rule.element, on.element, within.element] : [profile.element, metricHolder, change.element, interval.element]);
    within.element.hidden = on.get() !== 'recurred';
  };
  profile.element.addEventListener('change', () => buildMetric(null));
  on.element.addEventListener('change', show);
  const drawChoice = () => fill(choice, segmented({
    label: 'Trigger', value: kind, options: [{ value: 'rule', text: 'A rule raises an alarm' }, { value: 'metric', text: 'A metric changes' }],
    onChange: (value) => {
      kind = value;
      show();
    },
  }));
  const controls = () => kind === 'rule' ? [rule, on, ...(on.get() === 'recurred' ? [within] : [])] : [profile, metric, change, interval];
  return {
    name: 'trigger', element: h('div', { class: 'form span-all' }, choice, holder),
    get: () => Object.fromEntries(controls().map((control) => [control.name, control.get()]).filter(([name, value]) => value !== null && !(name === 'on' && value === 'raised'))),
    set: (value) => {
      kind = value?.metric ? 'metric' : 'rule';
      rule.set(value?.rule);
      on.set(value?.on ?? 'raised');
      within.set(value?.within);
      profile.set(value?.profile);
      change.set(value?.minChange);
      interval.set(value?.minInterval ?? 'PT1M');
      buildMetric(value?.metric);
      drawChoice();
      show();
    },
    fail: (rest, detail) => (controls().find((control) => control.name === rest.slice(1)) ?? controls()[0]).fail('', detail),
    clear: () => [rule, on, within, profile, metric, change, interval].forEach((control) => control.clear()),
    profile: () => kind === 'rule' ? rules.find(({ key }) => key === rule.get())?.profile ?? null : profile.get(),
    hasAlarm: () => kind === 'rule',
    moment: () => kind === 'rule' ? on.get() ?? 'raised' : 'metric',
  };
}
