/** One asset of the tree: what is below it, its devices live, its alarms, its history. */
import { get, Problem } from '../core/api.js';
import { h } from '../core/dom.js';
import { Page } from '../core/element.js';
import { sentence } from '../core/format.js';
import { live } from '../core/live.js';
import { plant } from '../core/plant.js';
import { mayAdmin } from '../core/session.js';
import { statusDot, worst } from '../core/severity.js';
import { breadcrumbs, card, pageHeader } from '../components/layout.js';
import { emptyState, showLoaded } from '../components/states.js';
import { assetCharts } from './asset-charts.js';
import { assetTree } from './asset-tree.js';
import { DeviceCards } from './device-cards.js';
import { alarmsOf } from './plant-alarms.js';

export class AssetPage extends Page {
  connected() {
    this.pageTitle = 'Plant';
    showLoaded(this, this.signal, () => this.#load(), (found, begun) => this.#render(found, begun));
  }

  async #load() {
    await plant.load();
    const asset = this.params.asset ? plant.assets.get(this.params.asset) : plant.roots[0];
    if (!asset) throw new Problem(404, 'not-found', this.params.asset ? `There is no asset with the key “${this.params.asset}”.` : 'There are no assets yet.');
    const { items } = await get('/api/v1/alarms?state=open&limit=1000', this.signal);
    return { asset, open: items };
  }

  /** @param {{asset: import('../core/plant.js').Asset, open: import('../components/alarm-parts.js').Alarm[]}} found @param {number} begun */
  #render({ asset, open }, begun) {
    this.pageTitle = asset.name;
    const path = plant.pathTo(asset.key), devices = plant.devicesBelow(asset.key);
    const isBelow = (/** @type {any} */ alarm) => plant.pathTo(alarm.asset?.key).some(({ key }) => key === asset.key);
    const tree = assetTree(asset.key, open);
    const cards = new DeviceCards(asset.key, devices, open);
    const changed = (/** @type {import('../components/alarm-parts.js').Alarm} */ alarm) => {
      open = open.filter(({ id }) => id !== alarm.id);
      if (alarm.state === 'open') open.push(alarm);
      tree.update(open);
      cards.setAlarms(open);
    };
    live.onChange('alarm', changed, this.signal);
    live.replay(begun, 'alarm', changed);
    return h('div', { class: 'plant-layout' }, tree.element,
      h('div', null,
        pageHeader({
          above: breadcrumbs(path.map(({ key, name }, at) => at === path.length - 1 ? { name } : { name, href: `/plant/${key}` })),
          title: [asset.name, statusDot(worst(open.filter(isBelow).map(({ severity }) => severity)))], lead: sentence(asset.level),
          actions: mayAdmin() ? h('a', { class: 'button', href: `/admin/assets/${asset.key}` }, 'Edit') : null,
        }),
        h('div', { class: 'stack' },
          devices.length ? cards.element : card({}, emptyState('cpu', 'No devices here yet', 'A device that belongs to this asset, or to one below it, appears here.')),
          devices.length ? assetCharts(devices, open) : null,
          alarmsOf({ asset: asset.key }, this.signal))));
  }
}
customElements.define('pw-asset-page', AssetPage);
