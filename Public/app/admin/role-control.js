/** The choice of a role, with what each may do. */
import { h } from '../core/dom.js';

/** @typedef {'viewer' | 'operator' | 'admin'} Role */

/** @type {[Role, string, string][]} */
export const ROLES = [
  ['viewer', 'Viewer', 'looks at everything'],
  ['operator', 'Operator', 'also acts: acknowledges alarms, retries deliveries, sends telemetry'],
  ['admin', 'Admin', 'also configures, and manages people and tokens'],
];

/** @param {Role} value */
export function roleSelect(value) {
  return h('select', { class: 'input' }, ROLES.map(([role, text]) => h('option', { value: role, selected: role === value }, text)));
}

/** The same as words, for those who choose. */
export const roleHelp = () => ROLES.map(([, text, may]) => `${text} ${may}`).join('; ') + '.';
