/** What a draft would make of a sample: readings with their device, time and metric values, problems beside the field. */
import { h, icon } from '../core/dom.js';
import { formatWithUnit, plural } from '../core/format.js';
import { plant } from '../core/plant.js';
import { formatFullTime } from '../core/time.js';
import { valueText } from './payload-tree.js';

/** @typedef {string | {code?: string, detail: string} | null} FieldProblem */
/** @typedef {{path: string, value: any, metric: string | null, metricValue: any, problem: FieldProblem}} Field */
/** @typedef {{identifier: string | null, device: string | null, profile: string | null, ts: string | null, fields: Field[]}} Reading */
/** @typedef {{readings: Reading[], problem: {code: string, detail: string} | null}} Preview */
/** @typedef {(leaf: import('./payload-tree.js').Leaf, profile: string | null) => void} Pick */

const SHOWN = 5;

/** @param {Preview | null} preview @param {string[]} mistakes @param {Pick} onPick */
export function previewView(preview, mistakes, onPick) {
  if (mistakes.length) return mistakeList(mistakes);
  if (!preview) return h('p', { class: 'soft' }, 'Choose a sample message: the readings that it would become appear here. Nothing is stored by this.');
  const { readings, problem } = preview;
  return [
    problem ? mistakeList([problem.detail]) : null,
    readings.length > 1 ? h('p', { class: 'soft' }, plural(readings.length, 'reading')) : null,
    readings.slice(0, SHOWN).map((reading) => readingView(reading, onPick)),
    readings.length > SHOWN ? h('p', { class: 'soft' }, `and ${readings.length - SHOWN} more`) : null,
  ];
}

/** @param {string[]} mistakes */
const mistakeList = (mistakes) => h('ul', { class: 'issues' }, mistakes.map((text) => h('li', null, icon('circle-alert'), text)));

/** @param {Reading} reading @param {Pick} onPick */
function readingView({ identifier, device, profile, ts, fields }, onPick) {
  const known = device ? plant.devices.get(device) : null;
  return h('article', { class: 'preview-reading' },
    h('p', { class: 'preview-head' },
      device ? h('a', { href: `/devices/${device}`, target: '_blank' }, icon('cpu'), known?.name ?? device, h('span', { class: 'visually-hidden' }, ' (opens in a new tab)'))
        : h('span', { class: 'badge warning' }, icon('shield'), identifier ? `Unknown device ${identifier}` : 'No identifier found'),
      h('span', { class: 'soft' }, ts ? formatFullTime(ts) : 'time of receipt')),
    device ? null : h('p', { class: 'sub' }, identifier ? ['It would wait in quarantine until a device with this identifier exists. ', newDeviceLink(identifier)] : 'Check the identifier template.'),
    fields.length === 0 ? h('p', { class: 'soft' }, 'No values found.') : h('table', { class: 'plain-table preview-table' },
      h('caption', { class: 'visually-hidden' }, `Fields of the reading of ${identifier}`),
      h('thead', null, h('tr', null, ['Field', 'Value', 'Becomes'].map((title) => h('th', { scope: 'col' }, title)))),
      h('tbody', null, fields.map((field) => fieldRow(field, device, profile, onPick)))));
}

/** @param {string} identifier */
function newDeviceLink(identifier) {
  const query = new URLSearchParams({ name: identifier, identifier });
  return h('a', { href: `/admin/devices?new&${query}`, target: '_blank' }, 'Make the device', h('span', { class: 'visually-hidden' }, ' (opens in a new tab)'));
}

/** @param {Field} field @param {string | null} device @param {string | null} profile @param {Pick} onPick */
function fieldRow({ path, value, metric, metricValue, problem }, device, profile, onPick) {
  const detail = typeof problem === 'string' ? problem : problem?.detail;
  const known = plant.profiles.get(profile ?? '')?.metrics.find(({ key }) => key === metric) ?? (device && metric ? plant.metric(device, metric) : undefined);
  return h('tr', { class: detail ? 'has-problem' : metric ? 'is-mapped' : '' },
    h('td', null, h('code', null, path)), h('td', null, value === null ? h('span', { class: 'soft' }, '–') : valueText(value)),
    h('td', null, detail ? h('span', { class: 'field-error' }, icon('circle-alert'), detail)
      : metric ? [h('strong', null, formatWithUnit(metricValue, known)), h('span', { class: 'sub' }, known?.name ?? metric)]
        : h('button', { type: 'button', class: 'button small', 'aria-label': `Make ${path} a metric`, on: { click: () => onPick({ path, value }, profile) } }, icon('plus'), 'Metric')));
}
