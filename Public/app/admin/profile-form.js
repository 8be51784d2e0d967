/** The form of a profile. */
import { numberControl, selectControl, textControl } from './controls.js';
import { retentionControl } from './retention-control.js';
import { rowsControl } from './rows.js';

export const KINDS = [
  { value: 'gauge', text: 'Gauge: a measured value' }, { value: 'counter', text: 'Counter: only grows' }, { value: 'state', text: 'State: text or on/off' },
  { value: 'location', text: 'Location: lat and lon' },
];

/** The kind of a metric and, of a counter, where it rolls over. @returns {import('./controls.js').Control[]} */
function kindControls() {
  const kind = selectControl({ name: 'kind', label: 'Kind', choices: KINDS }), rollover = numberControl({ name: 'rollover', label: 'Rolls over at' });
  const input = /** @type {HTMLInputElement} */ (rollover.element.querySelector('input'));
  const isCounter = () => kind.get() === 'counter';
  const follow = () => {
    input.disabled = !isCounter();
    input.placeholder = isCounter() ? 'never' : '';
  };
  kind.element.addEventListener('input', follow);
  return [
    { ...kind, set: (value) => {
      kind.set(value);
      follow();
    } },
    { ...rollover, get: () => isCounter() ? rollover.get() : null },
  ];
}

/** @type {Pick<import('./sections.js').Section, 'groups' | 'toBody'>} */
export const profileForm = {
  groups: () => [
    {
      title: 'Profile',
      controls: [
        textControl({ name: 'name', label: 'Name', required: true }),
        numberControl({ name: 'reportingInterval', label: 'Reports every (seconds)', help: 'A device that is quiet for three times as long counts as silent.' }),
        retentionControl(),
      ],
    },
    {
      title: 'Metrics',
      help: 'What a device of this kind measures. A metric that you take away is retired; its old readings stay. A counter that begins at 0 again at a known value rolls over there, '
        + 'such as at 65536 for 16 bits or 10000000 for seven digits: a fall across it counts as growth if that makes at most half of the range, else as a reset to 0.',
      controls: [rowsControl({
        name: 'metrics', label: 'Metrics', hideLabel: true, columns: 'minmax(0, 1.1fr) minmax(0, 1.4fr) minmax(0, 0.7fr) minmax(0, 1.3fr) minmax(0, 0.9fr)', heads: ['Key in the message', 'Name', 'Unit (UCUM)', 'Kind', 'Rolls over at'],
        addText: 'Add a metric', minimum: 1, blank: { key: '', name: '', unit: '', kind: 'gauge', rollover: null },
        row: () => [
          textControl({ name: 'key', label: 'Key in the message', mono: true }), textControl({ name: 'name', label: 'Name' }),
          textControl({ name: 'unit', label: 'Unit (UCUM)', mono: true, placeholder: 'Cel, bar, %' }), ...kindControls(),
        ],
      })],
    },
  ],
  toBody: (body) => ({ ...body, metrics: body.metrics.map((/** @type {any} */ metric) => ({ ...metric, name: metric.name || metric.key })) }),
};
