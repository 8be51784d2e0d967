/** One Sparkplug edge node with its devices, and how a device becomes one of ours. */
import { get, Problem, put } from '../core/api.js';
import { h, hiddenText, icon } from '../core/dom.js';
import { formatCount, plural, sentence } from '../core/format.js';
import { guessKind, metricKey, metricName } from '../core/payload.js';
import { plant } from '../core/plant.js';
import { formatTime } from '../core/time.js';
import { age } from '../components/age.js';
import { formDialog } from '../components/dialog.js';
import { facts } from '../components/layout.js';
import { toast } from '../components/toast.js';
import { textControl } from './controls.js';
import { slug } from './entry-form.js';
import { valueText } from './payload-tree.js';

/** @typedef {{name: string, alias: number | null, dataType: string | null, unit?: string | null, value: any}} BirthMetric */
/** @typedef {{key: string, name: string, unit: string, kind: string}} NewMetric */
/** @typedef {{name?: string, key?: string, metrics: NewMetric[], fields?: Record<string, any>}} SuggestedProfile */
/** @typedef {{device: string, online: boolean, identifier?: string, adopted?: string | null, plantwrightDevice?: string | null, metrics: BirthMetric[], suggestedProfile?: SuggestedProfile | null}} SparkplugDevice */
/** @typedef {{group: string, node: string, online: boolean, bdSeq: number | null, seq: number | null, lastSeen: string | null, gaps: number, missing?: number, rebirthReason?: string | null, rebirthsRequested: number, staleSince: string | null, devices: SparkplugDevice[], metrics?: BirthMetric[], identifier?: string, plantwrightDevice?: string | null, suggestedProfile?: SuggestedProfile | null}} SparkplugNode */

/** @param {boolean} online */
const onlineBadge = (online) => h('span', { class: `badge ${online ? 'good' : ''}` }, icon(online ? 'circle-check' : 'unplug'), online ? 'Online' : 'Offline');

/** @param {SparkplugNode} node @param {Set<string>} open @param {any} source @param {() => void} rebirth */
export function nodeView(node, open, source, rebirth) {
  const name = `${node.group}/${node.node}`, own = node.metrics?.length ? [{ ...node, device: '' }] : [];
  return h('li', { class: 'node' },
    h('div', { class: 'node-head' }, h('h3', null, h('span', { class: 'soft' }, `${node.group} / `), node.node), onlineBadge(node.online),
      node.gaps ? h('span', { class: 'badge warning', title: 'Messages were lost on the way: their sequence numbers are missing.' }, icon('triangle-alert'), plural(node.gaps, 'gap')) : null,
      h('button', { type: 'button', class: 'button small', data: { part: `rebirth ${name}` }, on: { click: rebirth } }, icon('refresh-cw'), 'Rebirth', hiddenText(` of ${name}`))),
    facts([['Last heard', age(node.lastSeen)], ['Birth', node.bdSeq === null ? '–' : `bdSeq ${node.bdSeq}`], ['Sequence', node.seq === null ? '–' : formatCount(node.seq)], ['Missing messages', node.missing ? formatCount(node.missing) : null], ['Rebirths asked for', node.rebirthsRequested ? [formatCount(node.rebirthsRequested), node.rebirthReason ? h('span', { class: 'sub' }, sentence(node.rebirthReason)) : null] : null],
      ['Values stale since', node.staleSince ? formatTime(node.staleSince) : null]]),
    node.devices.length + own.length === 0 ? h('p', { class: 'soft' }, 'No device was born on this node yet.')
      : h('ul', { class: 'node-devices' }, [...own, ...node.devices].map((device) => deviceView(/** @type {SparkplugDevice} */ (device), node, open, source))));
}

/** @param {SparkplugDevice} device @param {SparkplugNode} node @param {Set<string>} open @param {any} source */
function deviceView(device, node, open, source) {
  const name = [node.group, node.node, device.device].filter(Boolean).join('/'), identifier = device.identifier ?? name;
  const adopted = device.plantwrightDevice ?? device.adopted ?? [...plant.devices.values()].find((known) => known.identifier === identifier)?.key;
  const known = plant.devices.get(adopted ?? '');
  return h('li', null, h('details', { open: open.has(name), on: { toggle: (/** @type {any} */ event) => open[event.currentTarget.open ? 'add' : 'delete'](name) } },
    h('summary', { data: { part: name } }, h('strong', null, device.device || 'The node itself'), onlineBadge(device.online), h('span', { class: 'soft' }, plural(device.metrics.length, 'metric'))),
    h('div', { class: 'chart-table' }, h('table', { class: 'plain-table' }, h('caption', { class: 'visually-hidden' }, `Birth metrics of ${name}`),
      h('thead', null, h('tr', null, ['Metric', 'Type', 'Alias', 'Value'].map((title) => h('th', { scope: 'col' }, title)))),
      h('tbody', null, device.metrics.map((metric) => h('tr', null, h('td', null, h('code', null, metric.name)), h('td', null, metric.dataType ?? '–'),
        h('td', null, metric.alias ?? '–'), h('td', null, metric.value === null ? h('span', { class: 'soft' }, 'null') : [valueText(metric.value), metric.unit ? h('span', { class: 'soft' }, ` ${metric.unit}`) : null]))))))),
  adopted ? h('a', { class: 'button small', href: `/devices/${adopted}` }, icon('cpu'), known?.name ?? adopted)
    : device.metrics.length === 0 ? null : h('button', { type: 'button', class: 'button small primary', data: { part: `adopt ${name}` }, on: { click: () => adopt(device, identifier, source) } }, icon('check'), 'Adopt', hiddenText(` ${name}`)));
}

/** What a profile of such a device would be, when the server suggests none. @param {SparkplugDevice} device @returns {SuggestedProfile} */
function suggested({ device, metrics }) {
  const usable = metrics.filter(({ name, dataType }) => !/^(bdSeq|Node Control\/|Device Control\/)/.test(name) && !/^(DataSet|Template|Bytes|File)/.test(dataType ?? ''));
  const list = usable.map(({ name, value, dataType }) => ({ key: metricKey(name), name: metricName(name), unit: '', kind: /^(U?Int|Float|Double)/.test(dataType ?? '') ? 'gauge' : guessKind(value), path: name }));
  const unique = list.filter(({ key }, at) => list.findIndex((other) => other.key === key) === at);
  return { name: device, metrics: unique.map(({ path: _path, ...metric }) => metric), fields: Object.fromEntries(unique.filter(({ key, path }) => key !== path).map(({ key, path }) => [key, path])) };
}

/** Makes the profile and the device (and the field mapping, where names differ) in one step. @param {SparkplugDevice} device @param {string} identifier @param {any} source */
async function adopt(device, identifier, source) {
  const proposal = device.suggestedProfile ?? suggested(device), title = device.device || identifier;
  const deviceName = textControl({ name: 'name', label: 'Name of the device', required: true }), profileName = textControl({ name: 'profile', label: 'Name of the profile', required: true, help: 'A profile with this name is used when there is one.' });
  const error = h('div', { role: 'alert' });
  deviceName.set(title);
  profileName.set(proposal.name ?? title);
  const done = await formDialog({
    title: `Adopt ${title}`, verb: () => 'Adopt',
    body: h('div', { class: 'form' }, h('p', { class: 'soft' }, `Makes a profile with ${plural(proposal.metrics.length, 'metric')} and the device. Messages that wait in quarantine are stored.`), deviceName.element, profileName.element, error),
    submit: async () => {
      try {
        await create(proposal, deviceName.get(), profileName.get(), identifier, source);
        return true;
      } catch (problem) {
        error.replaceChildren(h('p', { class: 'form-error' }, problem instanceof Error ? problem.message : String(problem)));
        return false;
      }
    },
  });
  if (done) toast(`${deviceName.get()} adopted`);
}

/** @param {SuggestedProfile} proposal @param {string} deviceName @param {string} profileName @param {string} identifier @param {any} source */
async function create(proposal, deviceName, profileName, identifier, source) {
  const profile = slug(profileName), key = slug(deviceName);
  if (profile === '' || key === '') throw new Problem(0, 'required', 'Both names are needed.');
  if (!plant.profiles.has(profile)) await put(`/api/v1/profiles/${profile}`, { name: profileName, metrics: proposal.metrics }, { 'if-none-match': '*' });
  const document = await get(`/api/v1/sources/${source.key}`), missing = Object.entries(proposal.fields ?? {}).filter(([metric]) => !(metric in (document.fields ?? {})));
  if (missing.length > 0) {
    const { key: _key, status: _status, counts: _counts, revision: _revision, updatedAt: _updatedAt, ...body } = document;
    await put(`/api/v1/sources/${source.key}`, { ...body, fields: { ...document.fields, ...Object.fromEntries(missing) } });
  }
  await put(`/api/v1/devices/${key}`, { name: deviceName, profile, identifier }, { 'if-none-match': '*' });
  plant.forget();
  await plant.load();
}
