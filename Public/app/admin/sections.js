/** What can be configured: for each section its words, its list, and its form. */
import { h } from '../core/dom.js';
import { sentence } from '../core/format.js';
import { plant } from '../core/plant.js';
import { severityBadge } from '../core/severity.js';
import { decoderName, messageCounts, sourceState } from './source-cells.js';

/** @typedef {import('./entry-form.js').Group} Group */
/** @typedef {{connectors: any[], rules: any[], kinds: import('./kinds.js').Kind[]}} Context what forms offer to choose from, besides the plant */
/**
 * @typedef {{name: string, title: string, singular: string, icon: string, lead: string, columns: {title: string, cell: (item: any) => any, class?: string}[],
 *   blank: any, groups: (context: Context, value: any) => Group[] | Promise<Group[]>, toForm?: (value: any) => any, toBody?: (body: any) => any,
 *   pointerOf?: (pointer: string) => string, aside?: (form: import('./entry-form.js').EntryForm, context: Context, signal: AbortSignal) => HTMLElement,
 *   below?: (form: import('./entry-form.js').EntryForm, value: any, signal: AbortSignal, context: Context) => HTMLElement, builtIn?: (value: any, signal: AbortSignal) => HTMLElement,
 *   head?: (value: any) => {button: HTMLElement, notice: HTMLElement}, before?: (context: Context, prefill: Record<string, string>) => HTMLElement | null}} Section
 *   `aside` stands beside the form, `below` under both, `head` at the title of a saved one; `builtIn` shows an entry that cannot be changed; `before` is a question that comes before a new entry’s form
 */

/** @param {any} item */
const enabled = (item) => item.enabled === false ? h('span', { class: 'badge' }, 'Off') : h('span', { class: 'badge good' }, 'On');

/** @type {Record<string, () => Promise<Pick<Section, 'groups' | 'toForm' | 'toBody' | 'pointerOf' | 'aside' | 'below' | 'builtIn' | 'before' | 'head'>>>} */
const FORMS = {
  profiles: async () => (await import('./profile-form.js')).profileForm,
  assets: async () => (await import('./asset-form.js')).assetForm,
  devices: async () => (await import('./device-form.js')).deviceForm,
  sources: async () => (await import('./source-form.js')).sourceForm,
  rules: async () => (await import('./rule-form.js')).ruleForm,
  connectors: async () => (await import('./connector-form.js')).connectorForm,
  mappings: async () => (await import('./mapping-form.js')).mappingForm,
};

/** @type {Omit<Section, 'groups'>[]} */
export const SECTIONS = [
  {
    name: 'profiles', title: 'Profiles', singular: 'Profile', icon: 'layers', lead: 'Kinds of devices: what they measure, in which units, and how often.',
    blank: { metrics: [{ key: '', name: '', unit: '', kind: 'gauge' }] },
    columns: [
      { title: 'Metrics', cell: (item) => item.metrics.map((/** @type {any} */ metric) => metric.name || metric.key).join(', '), class: 'wide' },
      { title: 'Reports every', cell: (item) => item.reportingInterval ? `${item.reportingInterval} s` : '–' },
    ],
  },
  {
    name: 'assets', title: 'Assets', singular: 'Asset', icon: 'folder-tree', lead: 'The plant as a tree, from the enterprise down to the work unit.', blank: { level: 'work-unit' },
    columns: [
      { title: 'Level', cell: (item) => sentence(item.level) },
      { title: 'Part of', cell: (item) => plant.assets.get(item.parent)?.name ?? '–' },
      { title: 'Location', cell: (item) => item.location ? `${item.location.lat.toFixed(4)}, ${item.location.lon.toFixed(4)}` : '–', class: 'nowrap' },
    ],
  },
  {
    name: 'devices', title: 'Devices', singular: 'Device', icon: 'cpu', lead: 'What publishes readings.', blank: {},
    columns: [
      { title: 'Profile', cell: (item) => plant.profiles.get(item.profile)?.name ?? item.profile },
      { title: 'Asset', cell: (item) => plant.assets.get(item.asset)?.name ?? '–' },
      { title: 'Identifier', cell: (item) => h('code', null, item.identifier ?? item.key) },
    ],
  },
  {
    name: 'sources', title: 'Sources', singular: 'Source', icon: 'radio', lead: 'Where messages come from: topics, how they are read, and what became of them.',
    blank: { decoder: 'json', compression: 'none', enabled: true, fields: {}, options: {} },
    columns: [
      { title: 'Topics', cell: (item) => h('code', null, item.topicFilter), class: 'wide' },
      { title: 'Decoder', cell: (item) => item.builtIn ? 'Native JSON' : decoderName(item.decoder) },
      { title: 'Messages', cell: messageCounts, class: 'wide' },
      { title: 'State', cell: sourceState },
    ],
  },
  {
    name: 'rules', title: 'Rules', singular: 'Rule', icon: 'bell', lead: 'When an alarm is raised. No alarm exists without a rule.', blank: { severity: 'medium', for: 'PT0S', enabled: true },
    columns: [
      { title: 'Condition', cell: (item) => h('code', null, item.condition), class: 'wide' },
      { title: 'Severity', cell: (item) => severityBadge(item.severity) },
      { title: 'State', cell: enabled },
    ],
  },
  {
    name: 'connectors', title: 'Connectors', singular: 'Connector', icon: 'cable', lead: 'The ERP systems that Plantwright talks to.', blank: {},
    columns: [
      { title: 'Kind', cell: (item) => item.kind === 'rest' ? 'REST' : item.kind },
      { title: 'Address', cell: (item) => h('code', null, item.url), class: 'wide' },
      { title: 'State', cell: (item) => item.paused ? h('span', { class: 'badge warning' }, 'Paused') : h('span', { class: 'badge good' }, 'On') },
    ],
  },
  {
    name: 'mappings', title: 'Mappings', singular: 'Mapping', icon: 'route', lead: 'What becomes what in the ERP.', blank: { operation: 'work-order.create', enabled: true },
    columns: [
      { title: 'When', cell: (item) => item.trigger.rule ? `Rule ${item.trigger.rule}` : `${item.trigger.metric} of ${item.trigger.profile} changes`, class: 'wide' },
      { title: 'Does', cell: (item) => `${item.operation} in ${item.connector}`, class: 'wide' },
      { title: 'State', cell: enabled },
    ],
  },
];

/** @param {string} name @returns {Promise<Section | null>} with its form */
export async function sectionWithForm(name) {
  const section = SECTIONS.find((candidate) => candidate.name === name);
  return section ? { ...section, ...await FORMS[name]() } : null;
}
