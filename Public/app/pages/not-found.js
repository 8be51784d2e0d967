/** A path inside the app that leads nowhere. */
import { fill, h } from '../core/dom.js';
import { Page } from '../core/element.js';
import { emptyState } from '../components/states.js';

export class NotFoundPage extends Page {
  connected() {
    this.pageTitle = 'Not found';
    fill(this, h('h1', { class: 'visually-hidden' }, 'Not found'),
      emptyState('search', 'There is no such page', 'The link may be old, or it has a typing mistake.', h('a', { href: '/', class: 'button' }, 'Overview')));
  }
}
customElements.define('pw-not-found-page', NotFoundPage);
