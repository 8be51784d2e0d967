/** The history of one of an asset's devices, or one metric of several of them; which can be chosen. */
import { fill, h } from '../core/dom.js';
import { plant } from '../core/plant.js';
import { rank } from '../core/severity.js';
import { ChartPanel } from '../chart/chart-panel.js';
import { ComparePanel } from '../chart/compare-panel.js';

/** @typedef {import('../core/plant.js').Device} Device */

/** @param {Device[]} devices @param {import('../components/alarm-parts.js').Alarm[]} open alarms */
export function assetCharts(devices, open) {
  const holder = h('div');
  const worstOf = (/** @type {string} */ key) => Math.max(0, ...open.filter(({ device }) => device.key === key).map(({ severity }) => rank(severity)));
  const first = devices.toSorted((a, b) => worstOf(b.key) - worstOf(a.key))[0], comparable = comparisons(devices);
  /** @param {string} chosen a device's key, or `profile/metric` */
  const show = (chosen) => {
    const hadFocus = holder.contains(document.activeElement), comparison = comparable.find(({ value }) => value === chosen);
    const option = (/** @type {string} */ value, /** @type {string} */ text) => h('option', { value, selected: value === chosen }, text);
    const list = devices.map(({ key, name }) => option(key, name));
    const picker = h('select', { class: 'input device-picker', 'aria-label': 'Device or comparison', on: { change: () => show(picker.value) } },
      comparable.length ? [h('optgroup', { label: 'One device' }, list), h('optgroup', { label: 'Devices compared' }, comparable.map(({ value, text }) => option(value, text)))] : list);
    fill(holder, comparison ? new ComparePanel(comparison.devices, comparison.metric, ['History of ', picker])
      : new ChartPanel(chosen, devices.length === 1 ? 'History' : ['History of ', picker]));
    if (hadFocus) picker.focus();
  };
  show(first.key);
  return holder;
}

/** Each metric with numbers that at least two devices of a profile have. @param {Device[]} devices */
function comparisons(devices) {
  const profiles = [...new Set(devices.map(({ profile }) => profile))].map((key) => ({ key, own: devices.filter(({ profile }) => profile === key) })).filter(({ own }) => own.length > 1);
  return profiles.flatMap(({ key, own }) => (plant.profiles.get(key)?.metrics ?? []).filter(({ kind }) => kind === 'gauge')
    .map((metric) => ({ value: `${key}/${metric.key}`, text: `${metric.name}${profiles.length > 1 ? ` (${plant.profiles.get(key)?.name ?? key})` : ''}`, metric, devices: own })));
}
