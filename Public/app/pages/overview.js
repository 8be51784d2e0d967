/** The overview: key figures, the map, what needs attention, and how readings become orders. */
import { get } from '../core/api.js';
import { fill, h } from '../core/dom.js';
import { Page } from '../core/element.js';
import { live } from '../core/live.js';
import { plant } from '../core/plant.js';
import { showLoaded, skeleton } from '../components/states.js';
import { pageHeader } from '../components/layout.js';
import { isPlace } from '../map/features.js';
import { recentAlarms } from './overview-alarms.js';
import { KeyFigures } from './overview-figures.js';
import { OrderFlow } from './overview-flow.js';
import { SitesView } from './overview-sites.js';

/** How often the figures that no message carries are asked for anew. */
const REFRESH = 10_000;
const FLOW_REFRESH = 60_000;
const GATHERING = 700;

export class OverviewPage extends Page {
  #figures = new KeyFigures();
  #flow = new OrderFlow();
  #sites = new SitesView();
  /** @type {Map<string, any>} newest values by device */
  #values = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #refreshTimer;

  connected() {
    this.pageTitle = 'Overview';
    showLoaded(this, this.signal, () => get('/api/v1/overview', this.signal), (overview) => this.#build(overview),
      h('div', null, pageHeader({ title: 'Overview' }), h('div', { class: 'card' }, skeleton(8))));
  }

  /** @param {any} overview */
  #build(overview) {
    const alarms = recentAlarms(this.signal);
    const name = plant.roots.length === 1 ? plant.roots[0].name : 'All sites';
    fill(this,
      pageHeader({ title: 'Overview', lead: name }),
      this.#figures.element,
      h('div', { class: 'overview-grid' }, this.#sites.element, alarms),
      this.#flow.element);
    this.#apply(overview);
    this.#sites.start(this.#values, this.signal);
    this.#flow.load(this.signal);
    live.subscribe({ topic: 'overview' }, (values) => this.#receive(values), this.signal);
    this.listen(live, 'status', () => this.#figures.setRate(live.status.messagesPerSecond));
    for (const kind of ['alarm', 'work-order']) live.onChange(kind, () => this.#refreshSoon(), this.signal);
    live.onChange('delivery', ({ state }) => state === 'dead' && this.#refreshSoon(), this.signal);
    this.listen(live, 'resync', () => this.#refreshSoon());
    this.every(REFRESH, () => this.#refreshSoon());
    this.every(FLOW_REFRESH, () => this.#flow.load(this.signal).catch(() => {}));
  }

  /** @param {any} overview */
  #apply(overview) {
    this.#figures.set(overview);
    this.#sites.set(overview.assets);
  }

  /** @param {import('../core/live.js').Values} message */
  #receive({ device, values }) {
    this.#values.set(device, { ...this.#values.get(device), ...values });
    for (const value of Object.values(values)) {
      if (isPlace(value)) this.#sites.move(device, value);
    }
  }

  /** Many changes at once ask the server once. */
  #refreshSoon() {
    if (document.hidden) return;
    this.#refreshTimer ??= setTimeout(async () => {
      this.#refreshTimer = undefined;
      try {
        this.#apply(await get('/api/v1/overview', this.signal));
      } catch {
        // The banner says what is wrong; the next round tries again.
      }
    }, GATHERING);
  }

  disconnected() {
    clearTimeout(this.#refreshTimer);
  }
}
customElements.define('pw-overview-page', OverviewPage);
