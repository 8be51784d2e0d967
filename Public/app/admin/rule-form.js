/** The form of a rule, with a try against stored history. */
import { sentence } from '../core/format.js';
import { byName, plant } from '../core/plant.js';
import { SEVERITIES } from '../core/severity.js';
import { backtestPanel } from './backtest.js';
import { checkControl, durationControl, selectControl, textControl } from './controls.js';
import { expressionControl } from './expression-control.js';
import { FUNCTIONS, metricNames } from './names.js';

/** @type {Pick<import('./sections.js').Section, 'groups' | 'toForm' | 'toBody' | 'aside'>} */
export const ruleForm = {
  groups: (_context, value) => {
    const profile = selectControl({
      name: 'profile', label: 'For devices of profile', empty: value.assets ? 'By asset (see below)' : 'Choose …',
      choices: [...plant.profiles.values()].sort(byName).map(({ key, name }) => ({ value: key, text: name })),
    });
    const names = () => [...metricNames(profile.get()), ...FUNCTIONS];
    return [
      {
        title: 'Rule',
        controls: [
          textControl({ name: 'name', label: 'Name', required: true, placeholder: 'Bearing temperature high' }), profile,
          selectControl({ name: 'severity', label: 'Severity', choices: SEVERITIES.map((severity) => ({ value: severity, text: sentence(severity) })) }),
          ...(value.assets ? [textControl({ name: 'assets', label: 'For devices of these assets', mono: true, help: 'Asset keys, with commas between them.' })] : []),
        ],
      },
      {
        title: 'Condition', help: 'Metric keys, numbers, comparisons, and, or, not. Names are completed while you type; Ctrl+Space lists them.',
        controls: [
          expressionControl({ name: 'condition', label: 'Raise when', required: true, span: true, placeholder: 'temperature > 80' }, names),
          durationControl({ name: 'for', label: 'True for at least', help: '0 raises with the first reading.' }),
          expressionControl({ name: 'clear', label: 'Clear when', nullable: true, placeholder: 'the condition is no longer true', help: 'Optional: a distance that keeps an alarm from flickering.' }, names),
          checkControl({ name: 'enabled', label: 'This rule is on' }),
        ],
      },
    ];
  },
  toForm: (value) => ({ ...value, assets: value.assets?.join(', ') }),
  toBody: ({ assets, profile, ...body }) => assets ? { ...body, assets: assets.split(/[\s,]+/).filter(Boolean) } : { ...body, profile },
  aside: (form, _context, signal) => backtestPanel(form, signal),
};
