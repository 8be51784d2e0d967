/** The names that conditions and field templates may use. */
import { plant } from '../core/plant.js';
import { unitSign } from '../core/format.js';

/** @typedef {import('./completion.js').Name} Name */

/** @type {Name[]} */
export const FUNCTIONS = [
  { name: 'round', hint: 'round(x, n): to n decimals' }, { name: 'abs', hint: 'abs(x)' }, { name: 'min', hint: 'min(x, y)' }, { name: 'max', hint: 'max(x, y)' },
];

/** @type {Name[]} */
const ALWAYS = [
  { name: 'device.name', hint: 'Device' }, { name: 'device.key', hint: 'Key of the device' }, { name: 'asset.name', hint: 'Asset' },
  { name: 'asset.key', hint: 'Key of the asset' }, { name: 'asset.equipment', hint: 'Its reference in this ERP' },
  { name: 'reading.ts', hint: 'Time of the reading' }, { name: 'link', hint: 'Address of the evidence page' }, { name: 'idempotencyKey', hint: 'Unique key of the order' },
];

/** @type {Name[]} */
const WITH_ALARM = [
  { name: 'alarm.severity', hint: 'low, medium, high or critical' }, { name: 'alarm.raisedAt', hint: 'When it was raised' }, { name: 'alarm.id', hint: 'Id of the alarm' },
  { name: 'rule.name', hint: 'Rule' }, { name: 'rule.key', hint: 'Key of the rule' },
];

/** @type {Name[]} */
const WITH_WINDOW = [
  { name: 'window.start', hint: 'When the window began' }, { name: 'window.end', hint: 'When the window ended' }, { name: 'window.value', hint: 'The quantity, or what the meter shows' },
];

/** @param {string | null | undefined} profileKey none: those of every profile @returns {Name[]} */
export function metricNames(profileKey) {
  const profiles = profileKey ? [plant.profiles.get(profileKey)] : [...plant.profiles.values()];
  /** @type {Map<string, Name>} */
  const names = new Map();
  for (const metric of profiles.flatMap((profile) => profile?.metrics ?? [])) {
    const unit = unitSign(metric.unit);
    names.set(metric.key, { name: metric.key, hint: unit ? `${metric.name}, ${unit}` : metric.name });
  }
  return [...names.values()];
}

/**
 * @param {{profile: string | null | undefined, alarm: boolean, returned?: boolean, window?: boolean, lookups?: string[]}} scope
 * @returns {Name[]}
 */
export const templateNames = ({ profile, alarm, returned, window, lookups = [] }) => [
  ...metricNames(profile), ...ALWAYS, ...(alarm ? WITH_ALARM : []), ...(returned ? [{ name: 'alarm.clearedAt', hint: 'When it returned to normal' }] : []),
  ...(window ? WITH_WINDOW : []), ...lookups.map((name) => ({ name: `lookups.${name}`, hint: 'From the look-up table' })), ...FUNCTIONS,
];
