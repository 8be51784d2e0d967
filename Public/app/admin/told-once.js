/** A dialog with a secret that is shown this once. */
import { h, icon } from '../core/dom.js';
import { copyButton } from '../components/copy.js';
import { ask } from '../components/dialog.js';

/** @param {{title: string, advice: string, secret: string, label: string}} words `label` names the secret: “the token” */
export function toldOnce({ title, advice, secret, label }) {
  return ask({ title, body: h('div', { class: 'form' },
    h('p', { class: 'notice is-good' }, icon('circle-check'), h('span', null, h('strong', null, 'Copy it now: '), advice)),
    h('div', { class: 'secret-line' }, h('code', { tabIndex: 0, 'aria-label': label }, secret), copyButton(secret, label))),
  actions: [{ value: 'done', text: 'Done' }], cancel: null });
}
