/** Who may use Plantwright: people with their roles and sessions, and the tokens of programs. */
import { all, Problem, post, remove, request } from '../core/api.js';
import { fill, h, hiddenText, icon } from '../core/dom.js';
import { Page } from '../core/element.js';
import { plural, sentence } from '../core/format.js';
import { formatFullTime } from '../core/time.js';
import { labelled } from '../admin/controls.js';
import { roleHelp, ROLES, roleSelect } from '../admin/role-control.js';
import { toldOnce } from '../admin/told-once.js';
import { age } from '../components/age.js';
import { DataTable } from '../components/data-table.js';
import { confirmDanger, formDialog } from '../components/dialog.js';
import { card, pageHeader } from '../components/layout.js';
import { emptyState, showLoaded } from '../components/states.js';
import { toast } from '../components/toast.js';

/** @typedef {import('../admin/role-control.js').Role} Role */
/** @typedef {{id: string, email: string, role: Role, createdAt: string, lastSeenAt: string | null, sessions: number, disabled: boolean, you: boolean}} User */
/** @typedef {{id: string, name: string, role: Role, createdAt: string, createdBy: string | null, lastUsedAt: string | null, revokedAt: string | null}} Token */

export class UsersPage extends Page {
  #people = h('div', { class: 'flush' });
  #programs = h('div', { class: 'flush' });

  connected() {
    this.pageTitle = 'Users and tokens';
    fill(this, pageHeader({ title: 'Users and tokens', lead: 'Who may use Plantwright: people sign in with one-time links, programs show a token.' }),
      card({ title: 'People', id: 'people', actions: h('button', { type: 'button', class: 'button primary', on: { click: () => this.#invite() } }, icon('plus'), 'Invite somebody') }, this.#people),
      card({ title: 'API tokens', id: 'tokens', actions: h('button', { type: 'button', class: 'button primary', on: { click: () => this.#makeToken() } }, icon('plus'), 'New token') }, this.#programs));
    this.#loadPeople();
    this.#loadTokens();
  }

  #loadPeople() {
    return showLoaded(this.#people, this.signal, () => all('/api/v1/users', this.signal), (users) => {
      const table = new DataTable({
        caption: 'People', key: (/** @type {User} */ user) => user.id, empty: () => emptyState('users', 'Nobody yet'),
        columns: [
          { title: 'Person', class: 'wide', cell: (user) => [h('span', { class: 'main' }, user.email), user.you ? h('span', { class: 'sub' }, 'You') : null] },
          { title: 'Role', cell: (user) => this.#role(user) },
          { title: 'Last here', class: 'nowrap', cell: (user) => user.lastSeenAt ? age(user.lastSeenAt) : h('span', { class: 'soft' }, 'never') },
          { title: 'Signed in', cell: (user) => user.sessions ? plural(user.sessions, 'place') : h('span', { class: 'soft' }, 'nowhere') },
          { title: 'Since', class: 'nowrap', cell: (user) => h('span', { title: formatFullTime(user.createdAt) }, age(user.createdAt)) },
          { title: 'Action', hideTitle: true, class: 'end fit wide no-label', cell: (user) => this.#personActions(user) },
        ],
      });
      table.set(users);
      return table.element;
    });
  }

  /** @param {User} user */
  #role(user) {
    const select = roleSelect(user.role);
    select.setAttribute('aria-label', `Role of ${user.email}`);
    select.addEventListener('change', async () => {
      try {
        await request('PATCH', `/api/v1/users/${user.id}`, { body: { role: select.value } });
        toast(`${user.email} is ${select.selectedOptions[0].text.toLowerCase()} now`);
        if (user.you && select.value !== 'admin') location.assign('/');
      } catch (error) {
        select.value = user.role;
        toast(error instanceof Error ? error.message : String(error), 'failed');
      }
    });
    return select;
  }

  /** @param {User} user */
  #personActions(user) {
    const button = (/** @type {string} */ text, /** @type {() => Promise<void>} */ act) => h('button', { type: 'button', class: 'button small', on: { click: () => this.#try(act) } }, text, hiddenText(` (${user.email})`));
    return h('div', { class: 'actions nowrap' },
      button('Sign-in link', async () => { await showLink(await post(`/api/v1/users/${user.id}/sign-in-link`)); }),
      user.sessions ? button('Sign out', async () => {
        if (!await confirmDanger(`Sign ${user.email} out everywhere?`, user.you ? 'You will be signed out too, and need a new link.' : 'They can sign in again with a new link.', 'Sign out')) return;
        await remove(`/api/v1/users/${user.id}/sessions`);
        toast('Signed out everywhere');
        await this.#loadPeople();
      }) : null,
      button('Remove', async () => {
        if (!await confirmDanger(`Remove ${user.email}?`, 'They are signed out at once and their links end. What they did stays in the history.', 'Remove')) return;
        await remove(`/api/v1/users/${user.id}`);
        toast(`${user.email} removed`);
        await this.#loadPeople();
      }));
  }

  /** @param {() => Promise<void>} act */
  async #try(act) {
    try {
      await act();
    } catch (error) {
      if (!this.signal.aborted) toast(error instanceof Error ? error.message : String(error), 'failed');
    }
  }

  async #invite() {
    const email = h('input', { class: 'input', type: 'email', autocomplete: 'off' }), role = roleSelect('viewer');
    const address = labelled({ name: 'email', label: 'E-mail address', required: true }, email), rank = labelled({ name: 'role', label: 'Role', help: roleHelp() }, role);
    /** @type {any} */
    let invited = null;
    await formDialog({ title: 'Invite somebody', body: h('div', { class: 'form' }, address.element, rank.element), verb: () => 'Make the link', submit: () => submitted([['/email', address], ['/role', rank]], async () => {
      invited = await post('/api/v1/users', { email: email.value.trim(), role: role.value });
    }) });
    if (!invited) return;
    await showLink(invited);
    await this.#loadPeople();
  }

  #loadTokens() {
    return showLoaded(this.#programs, this.signal, () => all('/api/v1/tokens', this.signal), (/** @type {Token[]} */ tokens) => {
      const table = new DataTable({
        caption: 'API tokens', key: (/** @type {Token} */ token) => token.id, rowClass: (token) => token.revokedAt ? 'is-off' : '',
        empty: () => emptyState('hash', 'No tokens yet', 'Scripts and other programs show a token with each call.'),
        columns: [
          { title: 'Name', class: 'wide', cell: (token) => [h('span', { class: 'main' }, token.name), h('span', { class: 'sub' }, token.createdBy ? `made by ${token.createdBy}` : 'made at the machine')] },
          { title: 'Role', cell: (token) => sentence(token.role) },
          { title: 'Last used', class: 'nowrap', cell: (token) => token.lastUsedAt ? age(token.lastUsedAt) : h('span', { class: 'soft' }, 'never') },
          { title: 'Made', class: 'nowrap', cell: (token) => h('span', { title: formatFullTime(token.createdAt) }, age(token.createdAt)) },
          { title: 'State', cell: (token) => token.revokedAt ? h('span', { class: 'badge', title: formatFullTime(token.revokedAt) }, 'Revoked') : h('span', { class: 'badge good' }, 'Valid') },
          { title: 'Action', hideTitle: true, class: 'end fit no-label', cell: (token) => token.revokedAt ? null : h('button', { type: 'button', class: 'button small', on: { click: () => this.#try(() => this.#revoke(token)) } }, 'Revoke', hiddenText(` ${token.name}`)) },
        ],
      });
      const inOrder = tokens.toSorted((a, b) => Number(Boolean(a.revokedAt)) - Number(Boolean(b.revokedAt)));
      table.set(inOrder);
      return table.element;
    });
  }

  /** @param {Token} token */
  async #revoke(token) {
    if (!await confirmDanger(`Revoke “${token.name}”?`, 'Programs that show it are refused at once, and open connections end. It cannot be made valid again.', 'Revoke')) return;
    await remove(`/api/v1/tokens/${token.id}`);
    toast(`${token.name} revoked`);
    await this.#loadTokens();
  }

  async #makeToken() {
    const name = h('input', { class: 'input', type: 'text', autocomplete: 'off' }), role = roleSelect('viewer');
    const label = labelled({ name: 'name', label: 'What is it for?', required: true }, name), rank = labelled({ name: 'role', label: 'Role', help: roleHelp() }, role);
    /** @type {any} */
    let made = null;
    await formDialog({ title: 'New API token', body: h('div', { class: 'form' }, label.element, rank.element), verb: () => 'Make the token', submit: () => submitted([['/name', label], ['/role', rank]], async () => {
      made = await post('/api/v1/tokens', { name: name.value.trim(), role: role.value });
    }) });
    if (!made) return;
    await toldOnce({ title: `Token “${made.name}”`, secret: made.token, label: 'the token', advice: 'it is shown only this once. Programs send it as “Authorization: Bearer …”.' });
    await this.#loadTokens();
  }
}
customElements.define('pw-users-page', UsersPage);

/** @param {{user: User, link: string, expiresAt: string}} invitation */
function showLink({ user, link, expiresAt }) {
  return toldOnce({ title: `Sign-in link for ${user.email}`, secret: link, label: 'the link', advice: `it is shown only this once, works once, and ends at ${formatFullTime(expiresAt)}. Send it to ${user.email}, who is ${ROLES.find(([role]) => role === user.role)?.[1].toLowerCase()}.` });
}

/**
 * Sends a form; mistakes are shown at their inputs.
 * @param {[string, ReturnType<typeof labelled>][]} inputs by pointer @param {() => Promise<void>} send
 */
async function submitted(inputs, send) {
  try {
    await send();
    return true;
  } catch (error) {
    const errors = error instanceof Problem && error.errors.length ? error.errors : [{ pointer: inputs[0][0], detail: error instanceof Error ? error.message : String(error) }];
    for (const { pointer, detail } of errors) (inputs.find(([at]) => at === pointer) ?? inputs[0])[1].fail('', detail)?.focus();
    return false;
  }
}
