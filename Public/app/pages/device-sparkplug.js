/** `<pw-device-sparkplug>`: whether a Sparkplug device is online or stale, since when and why; nothing for other devices. */
import { get } from '../core/api.js';
import { fill, h, icon } from '../core/dom.js';
import { PlantElement } from '../core/element.js';
import { formatFullTime } from '../core/time.js';
import { age } from '../components/age.js';

/** @typedef {{source: string, group: string, node: string, device: string | null, online: boolean, staleSince: string | null, nodeOnline: boolean, lastSeen: string | null, sequenceGaps: number, awaited: number, rebirthReason: string | null}} Standing */

const INTERVAL = 5000;

export class DeviceSparkplug extends PlantElement {
  /** Says it in one word beside the device's name. */
  badge = h('span', { class: 'badge warning', hidden: true }, icon('unplug'), 'Stale');
  #notice = h('div', { role: 'status' });
  #shown = '';

  /** @param {import('../core/plant.js').Device} device */
  constructor(device) {
    super();
    this.device = device;
  }

  connected() {
    fill(this, this.#notice);
    // A Sparkplug identifier is {group}/{node} or {group}/{node}/{device}.
    if (![2, 3].includes(this.device.identifier.split('/').length)) return;
    this.every(INTERVAL, () => document.hidden || this.#load());
    this.#load();
  }

  async #load() {
    const answer = await get(`/api/v1/devices/${this.device.key}/sparkplug`, this.signal).catch(() => null);
    if (this.signal.aborted || answer === null) return;
    const { lastSeen: _lastSeen, ...rest } = answer, text = JSON.stringify(rest);
    if (text === this.#shown) return;
    this.#shown = text;
    this.badge.hidden = answer.source === null || answer.online;
    fill(this.#notice, answer.source === null || answer.online ? null : notice(answer));
  }
}
customElements.define('pw-device-sparkplug', DeviceSparkplug);

/** @param {Standing} standing */
function notice(standing) {
  const { group, node, staleSince, lastSeen } = standing;
  return h('p', { class: 'notice' }, icon('unplug'), h('span', null,
    staleSince ? [h('strong', null, 'Stale since ', h('time', { dateTime: staleSince }, formatFullTime(staleSince))), ': '] : null,
    staleReason(standing), ' What is shown is the last that came.',
    lastSeen ? h('span', { class: 'sub' }, `Edge node ${group}/${node} was heard last: `, age(lastSeen)) : null));
}

/**
 * Why the values of a device or edge node are stale.
 * @param {Pick<Standing, 'device' | 'node' | 'nodeOnline' | 'staleSince'>} standing
 */
export function staleReason({ device, node, nodeOnline, staleSince }) {
  if (device === null) return staleSince ? 'the edge node went offline.' : 'No birth certificate (NBIRTH) of this edge node has come.';
  if (staleSince === null) return `No birth certificate (DBIRTH) of this device has come from its edge node ${node}.`;
  return nodeOnline ? `it went offline, or was not born again since its edge node ${node} was.` : `its edge node ${node} went offline.`;
}
