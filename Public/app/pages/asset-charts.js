/** The history of one of an asset's devices; which one can be chosen. */
import { fill, h } from '../core/dom.js';
import { rank } from '../core/severity.js';
import { ChartPanel } from '../chart/chart-panel.js';

/** @param {import('../core/plant.js').Device[]} devices @param {import('../components/alarm-parts.js').Alarm[]} open alarms */
export function assetCharts(devices, open) {
  const holder = h('div');
  const worstOf = (/** @type {string} */ key) => Math.max(0, ...open.filter(({ device }) => device.key === key).map(({ severity }) => rank(severity)));
  const first = devices.toSorted((a, b) => worstOf(b.key) - worstOf(a.key))[0];
  /** @param {string} key */
  const show = (key) => {
    const hadFocus = holder.contains(document.activeElement);
    const picker = h('select', { class: 'input device-picker', 'aria-label': 'Device', on: { change: () => show(picker.value) } },
      devices.map((device) => h('option', { value: device.key, selected: device.key === key }, device.name)));
    fill(holder, new ChartPanel(key, devices.length === 1 ? 'History' : ['History of ', picker]));
    if (hadFocus) picker.focus();
  };
  show(first.key);
  return holder;
}
