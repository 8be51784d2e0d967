/** What the plant is made of: profiles, assets and devices, loaded once and looked up by key. */
import { all } from './api.js';

/** @typedef {import('./format.js').Metric} Metric */
/** @typedef {{key: string, name: string, metrics: Metric[], reportingInterval: number | null}} Profile */
/** @typedef {{lat: number, lon: number}} Place */
/** @typedef {{key: string, name: string, level: string, parent: string | null, location: Place | null}} Asset */
/** @typedef {{key: string, name: string, profile: string, asset: string | null, identifier: string}} Device */

class Plant {
  /** @type {Map<string, Profile>} */
  profiles = new Map();
  /** @type {Map<string, Asset>} */
  assets = new Map();
  /** @type {Map<string, Device>} */
  devices = new Map();
  /** @type {Map<string, {key: string, name: string, profile?: string}>} */
  rules = new Map();
  /** @type {Promise<this> | null} */
  #loading = null;

  /** Loads the configuration once; every page shares the result. */
  load() {
    this.#loading ??= this.#fetch().catch((error) => {
      this.#loading = null;
      throw error;
    });
    return this.#loading;
  }

  /** The next `load` asks the server again. */
  forget() {
    this.#loading = null;
  }

  async #fetch() {
    const [profiles, assets, devices, rules] = await Promise.all([
      all('/api/v1/profiles'), all('/api/v1/assets'), all('/api/v1/devices'), all('/api/v1/rules'),
    ]);
    this.profiles = byKey(profiles);
    this.assets = byKey(assets);
    this.devices = byKey(devices);
    this.rules = byKey(rules);
    return this;
  }

  /** @param {string | null | undefined} deviceKey @returns {Metric[]} */
  metricsOf(deviceKey) {
    const device = this.devices.get(deviceKey ?? '');
    return this.profiles.get(device?.profile ?? '')?.metrics ?? [];
  }

  /** @param {string} deviceKey @param {string} metricKey */
  metric(deviceKey, metricKey) {
    return this.metricsOf(deviceKey).find(({ key }) => key === metricKey);
  }

  /** From the root down to and with the asset. @param {string | null | undefined} assetKey */
  pathTo(assetKey) {
    /** @type {Asset[]} */
    const path = [];
    for (let asset = this.assets.get(assetKey ?? ''); asset && !path.includes(asset); asset = this.assets.get(asset.parent ?? '')) {
      path.unshift(asset);
    }
    return path;
  }

  /** @param {string | null} parentKey */
  childrenOf(parentKey) {
    return [...this.assets.values()].filter(({ parent }) => (parent ?? null) === parentKey).sort(byName);
  }

  get roots() {
    return [...this.assets.values()].filter(({ parent }) => !parent || !this.assets.has(parent)).sort(byName);
  }

  /** Devices of the asset and of everything below it. @param {string} assetKey */
  devicesBelow(assetKey) {
    return [...this.devices.values()]
      .filter(({ asset }) => this.pathTo(asset).some(({ key }) => key === assetKey)).sort(byName);
  }

  /** How long a device may say nothing before it counts as silent, in milliseconds. @param {string} deviceKey */
  patienceWith(deviceKey) {
    const interval = this.profiles.get(this.devices.get(deviceKey)?.profile ?? '')?.reportingInterval ?? 60;
    return Math.max(10_000, interval * 3000);
  }
}

/** @template {{key: string}} T @param {T[]} items @returns {Map<string, T>} */
const byKey = (items) => new Map(items.map((item) => [item.key, item]));

const collator = new Intl.Collator(undefined, { numeric: true });
/** @param {{name: string}} a @param {{name: string}} b */
export const byName = (a, b) => collator.compare(a.name, b.name);

export const plant = new Plant();
