/** The form of a mapping: trigger, condition, connector, operation and its fields, tables, guards; beside it the exact requests. */
import { h } from '../core/dom.js';
import { checkControl, durationControl, selectControl, textControl } from './controls.js';
import { dryRunPanel } from './dry-run.js';
import { expressionControl } from './expression-control.js';
import { guardLimits, optIn, quantityControls, when } from './guards.js';
import { kindNamed } from './kinds.js';
import { lookupsControl } from './lookups.js';
import { mappingPreview } from './mapping-preview.js';
import { templateNames } from './names.js';
import { freeOperations, operationControl } from './operation-control.js';
import { operationFields } from './operation-fields.js';
import { triggerControl } from './trigger.js';
import { versionsPanel } from './versions.js';

/** Those that book a quantity for each window of time. */
const WINDOWED = ['stock.consume', 'stock.receive', 'meter.record'];

/** @type {Pick<import('./sections.js').Section, 'groups' | 'toBody' | 'aside' | 'below'>} */
export const mappingForm = {
  groups: ({ connectors, rules, kinds }) => {
    const trigger = triggerControl(rules);
    const connector = selectControl({ name: 'connector', label: 'Connector', empty: 'Choose …', choices: connectors.map(({ key, name }) => ({ value: key, text: name })) });
    const chosenConnector = () => connectors.find(({ key }) => key === connector.get()), chosenKind = () => kindNamed(kinds, chosenConnector()?.kind);
    const operations = () => chosenKind()?.operations.length ? /** @type {import('./kinds.js').Kind} */ (chosenKind()).operations : freeOperations(chosenConnector());
    const operation = operationControl(operations), chosen = () => operation.get() ?? '';
    const isWindowed = () => !trigger.hasAlarm() && WINDOWED.includes(chosen()), isOrder = () => chosen().startsWith('work-order') || chosen() === 'parts.check';
    const names = () => templateNames({ profile: trigger.profile(), alarm: trigger.hasAlarm(), returned: trigger.moment() === 'returned', window: isWindowed(), lookups: lookups.names() });
    const lookups = lookupsControl(() => templateNames({ profile: trigger.profile(), alarm: trigger.hasAlarm() }));
    const fields = operationFields(names, () => ({
      connector: connector.get(), name: chosenKind()?.title ?? 'The ERP', operation: chosen(), automatic: trigger.hasAlarm() ? null : chosen().startsWith('stock.') ? 'quantity' : chosen() === 'meter.record' ? 'value' : null,
      fields: chosenKind()?.operations.find((candidate) => candidate.operation === chosen())?.fields ?? null,
    }));
    const quantities = quantityControls().map((control) => when(control, () => isWindowed() || (control.name === 'deadBand' && !trigger.hasAlarm() && chosen() === 'stock.set')));
    const guards = [
      when(optIn('approval', 'A person approves each delivery', 'It is held, and can be approved or rejected under Orders.'), () => true),
      when(optIn('attach', 'One open order for each asset', 'While an order of the asset is not done, a new alarm adds a comment to it instead of making a second order.'), () => chosen() === 'work-order.create' && operations().some(({ operation: name }) => name === 'work-order.comment')),
      when(guardLimits(), isOrder),
      when(durationControl({ name: 'maxAge', label: 'Nothing older than', unit: 'D', placeholder: '1', help: 'An alarm that reached us later than this after it was raised makes no delivery.' }), trigger.hasAlarm),
    ];
    const extras = [
      when(optIn('attachChart', 'Attach a picture of the readings', 'A chart of the metrics that raised the alarm, up to that moment, as PNG. It follows once the ERP has the order.'), () => trigger.hasAlarm() && chosen() === 'work-order.create' && operations().some(({ operation: name }) => name === 'work-order.attach')),
    ];
    const refresh = () => {
      [...quantities, ...extras, ...guards].forEach((control) => control.refresh());
      fields.offer();
    };
    trigger.element.addEventListener('change', () => {
      fields.retarget();
      refresh();
    });
    lookups.element.addEventListener('input', fields.offer);
    connector.element.addEventListener('change', () => {
      operation.refresh();
      fields.retarget();
      refresh();
    });
    operation.element.addEventListener('change', () => {
      fields.retarget();
      refresh();
    });
    return [
      { title: 'Mapping', controls: [textControl({ name: 'name', label: 'Name', required: true, placeholder: 'Bearing work order' }), checkControl({ name: 'enabled', label: 'This mapping is on' })] },
      { title: 'When', controls: [trigger, expressionControl({ name: 'condition', label: 'Only if', span: true, nullable: true, placeholder: 'always', help: 'An expression over the reading, such as: running == true. Empty means always.' }, names)] },
      { title: 'What to do', controls: [connector, operation, ...quantities, fields] },
      { title: 'With the order', controls: extras },
      { title: 'Look-up tables', help: 'For codes that the ERP wants and the plant does not have: a rule’s failure code, an asset’s cost centre.', controls: [lookups] },
      { title: 'Guards', help: 'All are off unless you set them.', controls: guards },
    ];
  },
  toBody: (body) => Object.fromEntries(Object.entries(body).filter(([name, value]) => !(name === 'maxAge' && value === null))),
  aside: (form, _context, signal) => h('div', { class: 'aside-stack aside-card' }, mappingPreview(form, signal), dryRunPanel(form, signal)),
  below: (form, value, signal) => versionsPanel(form, value.key, signal),
};
