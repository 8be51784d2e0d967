/** Which equipment of an ERP is which of our assets: read from the ERP, proposed, confirmed by a person. */
import { get, post } from '../core/api.js';
import { fill, h, hiddenText, icon } from '../core/dom.js';
import { Page } from '../core/element.js';
import { formatCount, plural } from '../core/format.js';
import { byName, plant } from '../core/plant.js';
import { kindNamed } from '../admin/kinds.js';
import { age } from '../components/age.js';
import { DataTable } from '../components/data-table.js';
import { breadcrumbs, pageHeader, segmented } from '../components/layout.js';
import { among, chooseByWords } from '../components/search-dialog.js';
import { emptyState, showLoaded } from '../components/states.js';
import { toast } from '../components/toast.js';
import { undoable } from '../components/undo.js';
import { assetCell, equipmentCell, equipmentDetails, matchKey, MATCH_STATES, placeText, scoreCell } from './matching-words.js';

/** @typedef {import('./matching-words.js').Match} Match */
/** @typedef {{readAt: string | null, reading: boolean, error: string | null, items: Match[]}} Matching */

const INTERVAL = 1000, SHOWN = 200;

export class MatchingPage extends Page {
  /** @type {Match[]} */
  #matches = [];
  #state = '';
  #words = '';
  #most = SHOWN;
  /** Keys of the chosen proposals. @type {Set<string>} */
  #chosen = new Set();
  #connector = { key: '', name: '' };
  #status = h('div', { class: 'matching-status', role: 'status' });
  #filters = h('div');
  #toolbar = h('div', { class: 'toolbar', hidden: true }, this.#filters, h('label', { class: 'inline-field search-field is-long' }, h('span', { class: 'visually-hidden' }, 'Search'), icon('search'),
    h('input', { class: 'input', type: 'search', placeholder: 'Asset, equipment, serial number', on: { input: (/** @type {any} */ event) => {
      this.#words = event.target.value;
      this.#draw();
    } } })));
  #bulk = h('div', { class: 'bulk-bar' });
  #body = h('div', { class: 'flush' });
  #foot = h('div', { class: 'table-foot', hidden: true });
  #readButton = h('button', { type: 'button', class: 'button primary' });
  #table = new DataTable({
    caption: 'Assets and equipment', class: 'matching-table', key: matchKey,
    empty: () => this.#matches.length ? emptyState('circle-check', 'None of these', 'No asset or equipment is in this state or has these words.')
      : emptyState('link', 'Nothing was read yet', 'Read the equipment from the ERP: it is compared with your assets by serial number, tag, name and place. Nothing is changed in the ERP.'),
    columns: [
      { title: 'Choose', hideTitle: true, class: 'fit no-label', cell: (/** @type {Match} */ match) => this.#box(match) },
      { title: 'Asset', class: 'wide', cell: ({ asset }) => assetCell(asset) },
      { title: 'Equipment in the ERP', class: 'wide', cell: ({ equipment, asset, state }) => equipmentCell(equipment, state === 'drift' ? asset?.reference : null) },
      { title: 'Match', class: 'wide', cell: scoreCell },
      { title: 'Action', hideTitle: true, class: 'end fit wide no-label', cell: (match) => this.#actions(match) },
    ],
  });

  connected() {
    this.pageTitle = 'Equipment';
    this.listen(this.#readButton, 'click', () => this.#read());
    const content = h('div');
    fill(this, content);
    showLoaded(content, this.signal, async () => {
      const [connector, { items: kinds }] = await Promise.all([get(`/api/v1/connectors/${this.params.key}`, this.signal), get('/api/v1/connector-kinds', this.signal), plant.load()]);
      return { connector, kind: kindNamed(kinds, connector.kind) };
    }, ({ connector, kind }) => {
      this.#connector = connector;
      this.pageTitle = `Equipment of ${connector.name}`;
      const isReadable = Boolean(kind?.capabilities.includes('equipment'));
      if (isReadable) this.#load();
      else fill(this.#body, emptyState('link', `${kind?.title ?? connector.kind} has no list of equipment`, 'It cannot be read here. If its orders name equipment, enter that in the form of each asset.', h('a', { class: 'button', href: '/admin/assets' }, 'Show assets')));
      return [pageHeader({
        above: breadcrumbs([{ name: 'Configuration', href: '/admin/devices' }, { name: 'Connectors', href: '/admin/connectors' }, { name: connector.name, href: `/admin/connectors/${connector.key}` }, { name: 'Equipment' }]),
        title: `Equipment of ${connector.name}`, lead: 'Which machine of the ERP is which of your assets, so that orders name the right one.', actions: isReadable ? this.#readButton : null,
      }), this.#status, h('section', { class: 'card', 'aria-label': 'Equipment' }, this.#body)];
    });
  }

  #load() {
    return showLoaded(this.#body, this.signal, () => get(`/api/v1/connectors/${this.params.key}/matching`, this.signal), (answer) => {
      this.#state = answer.items.some((/** @type {Match} */ { state }) => state === 'proposed') ? 'proposed' : '';
      this.#take(answer);
      return [this.#toolbar, this.#bulk, this.#table.element, this.#foot];
    });
  }

  async #read() {
    this.#readButton.disabled = true;
    try {
      await post(`/api/v1/connectors/${this.params.key}/matching/read`);
      this.#showStatus({ readAt: null, reading: true, error: null, items: [] });
      this.#follow();
    } catch (error) {
      this.#readButton.disabled = false;
      toast(error instanceof Error ? error.message : String(error), 'failed');
    }
  }

  /** Asks until the reading is over. */
  async #follow() {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, INTERVAL));
      if (this.signal.aborted) return;
      try {
        const answer = await get(`/api/v1/connectors/${this.params.key}/matching`, this.signal);
        if (answer.reading) this.#showStatus(answer);
        else {
          const isFirst = this.#matches.length === 0;
          if (isFirst && answer.items.some((/** @type {Match} */ { state }) => state === 'proposed')) this.#state = 'proposed';
          this.#take(answer);
          if (!answer.error) toast(`Read from ${this.#connector.name}`);
          return;
        }
      } catch (error) {
        if (!this.signal.aborted) this.#showStatus({ readAt: null, reading: false, error: error instanceof Error ? error.message : String(error), items: [] });
        return;
      }
    }
  }

  /** @param {Matching} answer */
  #take(answer) {
    this.#matches = answer.items;
    const keys = new Set(answer.items.map(matchKey));
    for (const key of this.#chosen) if (!keys.has(key)) this.#chosen.delete(key);
    this.#showStatus(answer);
    this.#draw();
    if (answer.reading) this.#follow();
  }

  /** @param {Matching} answer */
  #showStatus({ readAt, reading, error, items }) {
    this.#readButton.disabled = reading;
    fill(this.#readButton, icon('refresh-cw'), readAt ? 'Read again' : 'Read from the ERP');
    const found = items.filter(({ equipment }) => equipment).length;
    fill(this.#status, reading ? h('div', { class: 'reading' }, h('progress', { class: 'progress', 'aria-label': 'Reading the equipment' }), h('p', { class: 'soft' }, `Reading the equipment from ${this.#connector.name} …${found ? ` ${formatCount(found)} so far` : ''}`)) : null,
      error ? h('p', { class: 'notice is-bad' }, icon('circle-alert'), h('span', null, h('strong', null, 'The equipment could not be read. '), error)) : null,
      readAt && !reading ? h('p', { class: 'soft' }, 'Read from the ERP ', age(readAt), '. What changes there afterwards is seen at the next reading.') : null);
  }

  get #shown() {
    const words = this.#words.trim().toLowerCase();
    return this.#matches.filter(({ state, asset, equipment }) => (this.#state === '' || state === this.#state)
      && (words === '' || [asset?.name, placeText(asset?.path ?? ''), asset?.key, equipment?.name, equipment?.reference, equipment?.serial, equipment?.tag, equipment?.location].some((text) => text?.toLowerCase().includes(words))));
  }

  #draw() {
    const shown = this.#shown, hadFocus = this.#filters.contains(document.activeElement);
    const count = (/** @type {string} */ wanted) => this.#matches.filter(({ state }) => wanted === '' || state === wanted).length;
    const options = [{ value: '', text: `All ${formatCount(count(''))}` }, ...Object.entries(MATCH_STATES).map(([value, { many }]) => ({ value, text: `${many} ${formatCount(count(value))}` })).filter(({ value }) => count(value) > 0 || value === this.#state)];
    fill(this.#filters, this.#matches.length ? segmented({ label: 'State', value: this.#state, options, onChange: (value) => {
      this.#state = value;
      this.#most = SHOWN;
      this.#draw();
    } }) : null);
    if (hadFocus) /** @type {HTMLElement | null} */ (this.#filters.querySelector('input:checked'))?.focus();
    this.#toolbar.hidden = this.#matches.length === 0;
    this.#table.set(shown.slice(0, this.#most).map((match) => ({ ...match })));
    this.#foot.hidden = shown.length <= this.#most;
    fill(this.#foot, h('button', { type: 'button', class: 'button', on: { click: () => {
      this.#most += SHOWN;
      this.#draw();
    } } }, `Show more (${formatCount(shown.length - this.#most)} left)`));
    this.#drawBulk();
  }

  #drawBulk() {
    const proposals = this.#shown.filter(({ state }) => state === 'proposed'), chosen = this.#matches.filter((match) => match.state === 'proposed' && this.#chosen.has(matchKey(match)));
    this.#bulk.hidden = proposals.length === 0 && chosen.length === 0;
    const isAll = proposals.length > 0 && proposals.every((match) => this.#chosen.has(matchKey(match)));
    const box = h('input', { type: 'checkbox', checked: isAll, indeterminate: !isAll && chosen.length > 0, on: { change: () => {
      for (const match of proposals) this.#chosen[isAll ? 'delete' : 'add'](matchKey(match));
      this.#draw();
      /** @type {HTMLElement | null} */ (this.#bulk.querySelector('input'))?.focus();
    } } });
    fill(this.#bulk, h('label', { class: 'check-field' }, box, h('span', null, `Choose all ${plural(proposals.length, 'proposal')} shown`)),
      h('button', { type: 'button', class: 'button small primary', disabled: chosen.length === 0, on: { click: () => this.#link(chosen.map(({ asset, equipment }) => ({ asset: asset?.key ?? '', reference: equipment?.reference ?? null }))) } },
        icon('link'), chosen.length ? `Link ${formatCount(chosen.length)}` : 'Link the chosen'));
  }

  /** @param {Match} match */
  #box(match) {
    if (match.state !== 'proposed' || !match.asset || !match.equipment) return null;
    const key = matchKey(match);
    return h('input', { type: 'checkbox', class: 'row-check', checked: this.#chosen.has(key), 'aria-label': `${match.asset.name} is ${match.equipment.reference} ${match.equipment.name}`, on: { change: (/** @type {any} */ event) => {
      this.#chosen[event.target.checked ? 'add' : 'delete'](key);
      this.#drawBulk();
    } } });
  }

  /** @param {Match} match */
  #actions({ state, asset, equipment }) {
    const name = asset?.name ?? equipment?.name ?? '', hidden = hiddenText(` ${name}`);
    const button = (/** @type {string} */ text, /** @type {() => void} */ action, className = '') => h('button', { type: 'button', class: `button small ${className}`.trim(), on: { click: action } }, text, hidden);
    const find = asset ? button(equipment || state === 'drift' ? 'Change …' : 'Find equipment …', () => this.#findEquipment(asset)) : equipment ? button('Find asset …', () => this.#findAsset(equipment)) : null;
    return h('div', { class: 'actions nowrap' },
      state === 'proposed' && asset && equipment ? button('Link', () => this.#link([{ asset: asset.key, reference: equipment.reference }]), 'primary') : null, find,
      asset && ['linked', 'duplicate', 'drift'].includes(state) ? button('Unlink', () => this.#unlink(asset)) : null);
  }

  /** @param {{key: string, name: string}} asset */
  async #findEquipment(asset) {
    const all = new Map(this.#matches.flatMap(({ equipment }) => equipment ? [[equipment.reference, equipment]] : []));
    const reference = await chooseByWords({
      title: `Which equipment is ${asset.name}?`, label: 'Reference, name, serial number or place', verb: 'Link to',
      find: among([...all.values()].sort(byName).map((equipment) => ({ value: equipment.reference, name: `${equipment.reference} ${equipment.name}`, details: `${equipmentDetails(equipment)}${equipment.retired ? ' · retired' : ''}` }))),
    });
    if (reference) await this.#link([{ asset: asset.key, reference }]);
  }

  /** @param {import('./matching-words.js').Equipment} equipment */
  async #findAsset(equipment) {
    const key = await chooseByWords({
      title: `Which asset is ${equipment.reference} ${equipment.name}?`, label: 'Name or place of the asset', verb: 'Link to',
      find: among([...plant.assets.values()].sort(byName).map((asset) => ({ value: asset.key, name: asset.name, details: plant.pathTo(asset.key).slice(0, -1).map(({ name }) => name).join(' › ') }))),
    });
    if (key) await this.#link([{ asset: key, reference: equipment.reference }]);
  }

  /** @param {{asset: string, reference: string | null}[]} links */
  async #link(links) {
    try {
      const { updated } = await post(`/api/v1/connectors/${this.params.key}/matching/links`, { links });
      this.#chosen.clear();
      toast(links.every(({ reference }) => reference) ? `${plural(updated, 'asset')} linked` : `${plural(updated, 'asset')} unlinked`);
      plant.forget();
      this.#take(await get(`/api/v1/connectors/${this.params.key}/matching`, this.signal));
    } catch (error) {
      if (!this.signal.aborted) toast(error instanceof Error ? error.message : String(error), 'failed');
    }
  }

  /** @param {{key: string, name: string}} asset */
  #unlink(asset) {
    const before = this.#matches;
    this.#matches = before.map((match) => match.asset?.key === asset.key ? { ...match, equipment: null, state: /** @type {const} */ ('unmatched-asset'), score: 0, reasons: [] } : match);
    this.#draw();
    undoable(`${asset.name} unlinked`, {
      act: () => this.#link([{ asset: asset.key, reference: null }]),
      undo: () => {
        this.#matches = before;
        this.#draw();
      },
    });
  }
}
customElements.define('pw-matching-page', MatchingPage);
