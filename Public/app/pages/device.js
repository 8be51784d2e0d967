/** One device: where it is, what it says now, its history, alarms and orders. */
import { get } from '../core/api.js';
import { h } from '../core/dom.js';
import { Page } from '../core/element.js';
import { plant } from '../core/plant.js';
import { mayAdmin, mayOperate } from '../core/session.js';
import { Problem } from '../core/api.js';
import { breadcrumbs, facts, card, pageHeader } from '../components/layout.js';
import { showLoaded } from '../components/states.js';
import { ChartPanel } from '../chart/chart-panel.js';
import { alarmsOf } from './plant-alarms.js';
import { deviceImport } from './device-import.js';
import { deviceLedger } from './device-ledger.js';
import { DeviceSparkplug } from './device-sparkplug.js';
import { deviceTrack } from './device-track.js';
import { LiveValues } from './live-values.js';

const DAY = 86_400_000;

export class DevicePage extends Page {
  connected() {
    this.pageTitle = 'Device';
    showLoaded(this, this.signal, () => this.#load(), (found) => this.#render(found));
  }

  async #load() {
    await plant.load();
    const device = plant.devices.get(this.params.device);
    if (!device) throw new Problem(404, 'not-found', `There is no device with the key “${this.params.device}”.`);
    const latest = await get(`/api/v1/devices/${device.key}/latest`, this.signal).catch((error) => {
      if (error instanceof Problem && error.status === 404) return null;
      throw error;
    });
    return { device, latest };
  }

  /** @param {{device: import('../core/plant.js').Device, latest: any}} found */
  #render({ device, latest }) {
    this.pageTitle = device.name;
    const profile = plant.profiles.get(device.profile), values = new LiveValues(device.key, latest), charts = new ChartPanel(device.key), sparkplug = new DeviceSparkplug(device);
    const places = plant.metricsOf(device.key).filter(({ kind }) => kind === 'location').map((metric) => deviceTrack(device.key, metric, this.signal));
    charts.addEventListener('range', (event) => places.forEach(({ setRange }) => setRange(/** @type {CustomEvent} */ (event).detail)));
    if (charts.metrics.length === 0) places.forEach(({ setRange }) => setRange({ from: Date.now() - DAY, to: Date.now() }));
    const path = plant.pathTo(device.asset).map(({ key, name }) => ({ name, href: `/plant/${key}` }));
    return h('div', null,
      pageHeader({
        above: breadcrumbs([...path, { name: device.name }]), title: [device.name, values.state, sparkplug.badge], lead: profile?.name ?? device.profile,
        actions: mayAdmin() ? h('a', { class: 'button', href: `/admin/devices/${device.key}` }, 'Edit') : null,
      }),
      h('div', { class: 'stack' },
        sparkplug,
        card({ title: 'Now', class: 'now-card', actions: values.age }, values.element),
        charts, places.map(({ element }) => element),
        alarmsOf({ device: device.key }, this.signal),
        deviceLedger(device.key, this.signal),
        mayOperate() ? deviceImport(device.key, this.signal, () => charts.reload()) : null,
        card({ title: 'About' }, facts([
          ['Key', h('code', null, device.key)], ['Identifier on the wire', h('code', null, device.identifier)], ['Profile', profile?.name ?? device.profile],
          ['Reports every', profile?.reportingInterval ? `${profile.reportingInterval} s` : null],
        ]))));
  }
}
customElements.define('pw-device-page', DevicePage);
