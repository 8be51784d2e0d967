/** The form of a profile. */
import { numberControl, selectControl, textControl } from './controls.js';
import { retentionControl } from './retention-control.js';
import { rowsControl } from './rows.js';

export const KINDS = [
  { value: 'gauge', text: 'Gauge: a measured value' }, { value: 'counter', text: 'Counter: only grows' }, { value: 'state', text: 'State: text or on/off' },
  { value: 'location', text: 'Location: lat and lon' },
];

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
      title: 'Metrics', help: 'What a device of this kind measures. A metric that you take away is retired; its old readings stay.',
      controls: [rowsControl({
        name: 'metrics', label: 'Metrics', hideLabel: true, columns: 'minmax(0, 1.1fr) minmax(0, 1.4fr) minmax(0, 0.7fr) minmax(0, 1.4fr)', heads: ['Key in the message', 'Name', 'Unit (UCUM)', 'Kind'],
        addText: 'Add a metric', minimum: 1, blank: { key: '', name: '', unit: '', kind: 'gauge' },
        row: () => [
          textControl({ name: 'key', label: 'Key in the message', mono: true }), textControl({ name: 'name', label: 'Name' }),
          textControl({ name: 'unit', label: 'Unit (UCUM)', mono: true, placeholder: 'Cel, bar, %' }), selectControl({ name: 'kind', label: 'Kind', choices: KINDS }),
        ],
      })],
    },
  ],
  toBody: (body) => ({ ...body, metrics: body.metrics.map((/** @type {any} */ metric) => ({ ...metric, name: metric.name || metric.key })) }),
};
