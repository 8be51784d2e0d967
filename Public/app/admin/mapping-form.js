/** The form of a mapping: trigger, connector, operation, field templates; beside it the exact request. */
import { checkControl, selectControl, textControl } from './controls.js';
import { mappingPreview } from './mapping-preview.js';
import { templateNames } from './names.js';
import { templateFields, USUAL } from './template-fields.js';
import { triggerControl } from './trigger.js';
import { operationName } from '../core/deliveries.js';

/** Those that the server can do. */
const OPERATIONS = ['work-order.create', 'stock.set'];

/** @type {Pick<import('./sections.js').Section, 'groups' | 'toForm' | 'aside'>} */
export const mappingForm = {
  groups: ({ connectors, rules }) => {
    const trigger = triggerControl(rules);
    const fields = templateFields(() => templateNames(trigger.profile(), trigger.hasAlarm()));
    const operation = selectControl({ name: 'operation', label: 'Operation', choices: OPERATIONS.map((name) => ({ value: name, text: operationName(name) })) });
    trigger.element.addEventListener('change', fields.offer);
    operation.element.addEventListener('change', () => fields.suggest(operation.get()));
    return [
      { title: 'Mapping', controls: [textControl({ name: 'name', label: 'Name', required: true, placeholder: 'Bearing work order' })] },
      { title: 'When', controls: [trigger] },
      {
        title: 'What to do',
        controls: [
          selectControl({ name: 'connector', label: 'Connector', empty: 'Choose …', choices: connectors.map(({ key, name }) => ({ value: key, text: name })) }), operation, fields,
          checkControl({ name: 'enabled', label: 'This mapping is on' }),
        ],
      },
    ];
  },
  toForm: (value) => value.fields ? value : { ...value, fields: USUAL[value.operation] },
  aside: (form, _context, signal) => mappingPreview(form, signal),
};
