/** What keeps a mapping from doing too much: a person’s word, one open order an asset, a limit. */
import { h } from '../core/dom.js';
import { checkControl, durationControl, numberControl } from './controls.js';

/** @typedef {import('./controls.js').Control} Control */

/** @param {string} name @param {string} label @param {string} help @returns {Control} a box that is not ticked by itself */
export function optIn(name, label, help) {
  const control = checkControl({ name, label, help });
  return { ...control, set: (value) => control.set(value ?? false) };
}

/** At most so many deliveries an asset and time. @returns {Control} */
export function guardLimits() {
  const perAsset = numberControl({ name: 'perAsset', label: 'At most, for each asset', placeholder: 'no limit' });
  const per = durationControl({ name: 'per', label: 'In', unit: 'D', help: 'What is beyond it is not sent, and shown as superseded.' });
  return {
    name: 'limits', element: h('div', { class: 'form-grid span-all' }, perAsset.element, per.element),
    get: () => perAsset.get() === null ? null : { perAsset: perAsset.get(), per: per.get() ?? 'P1D' },
    set: (value) => {
      perAsset.set(value?.perAsset);
      per.set(value?.per ?? 'P1D');
    },
    fail: (rest, detail) => (rest === '/per' ? per : perAsset).fail('', detail),
    clear: () => [perAsset, per].forEach((control) => control.clear()),
  };
}

/**
 * A control that is there only when it applies; else the document has no such member.
 * @param {Control} control @param {() => boolean} applies @returns {Control & {refresh: () => void}}
 */
export function when(control, applies) {
  const refresh = () => {
    control.element.hidden = !applies();
  };
  return {
    ...control, refresh, get: () => applies() ? control.get() : undefined,
    set: (value) => {
      control.set(value);
      refresh();
    },
    fail: (rest, detail) => applies() ? control.fail(rest, detail) : null,
  };
}

/** What a metric's readings become in the ERP's books. @returns {Control[]} */
export const quantityControls = () => [
  durationControl({ name: 'window', label: 'Book once every', unit: 'H', placeholder: '1', help: 'One booking for each such window.' }),
  numberControl({ name: 'step', label: 'Smallest quantity', placeholder: 'any', help: 'Less than this waits for the next window.' }),
  numberControl({ name: 'deadBand', label: 'Dead band', placeholder: 'none', help: 'Changes within it are noise of the sensor.' }),
  numberControl({ name: 'factor', label: 'Factor', placeholder: '1', help: 'ERP units for one unit of the metric: 1000 from t to kg.' }),
];

