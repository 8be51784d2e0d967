/** Modal questions, on the browser's own <dialog>. */
import { h, uniqueId } from '../core/dom.js';

/** @typedef {import('../core/dom.js').Child} Child */

/**
 * Asks, and resolves to the pressed button's value, or null when the dialog was closed.
 * @param {{title: string, body: Child, actions: {value: string, text: string, class?: string}[], cancel?: string | null}} options `cancel` null: there is nothing to go back from
 * @returns {Promise<string | null>}
 */
export function ask({ title, body, actions, cancel = 'Cancel' }) {
  const id = uniqueId('dialog');
  const dialog = h('dialog', { class: 'dialog', 'aria-labelledby': id },
    h('form', { method: 'dialog' }, h('h2', { id }, title), h('div', { class: 'dialog-body' }, body),
      h('div', { class: 'dialog-actions' },
        cancel ? h('button', { type: 'submit', class: 'button', value: '', formnovalidate: true }, cancel) : null,
        actions.map(({ value, text, class: className }) =>
          h('button', { type: 'submit', class: `button ${className ?? 'primary'}`, value }, text)))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue || null);
    });
  });
}

/** @param {string} title @param {Child} body @param {string} verb */
export async function confirmDanger(title, body, verb) {
  return await ask({ title, body, actions: [{ value: 'yes', text: verb, class: 'danger' }] }) === 'yes';
}

/**
 * A small form in a dialog that stays open until what it does has worked.
 * @param {{title: string, body: Child, verb: () => string, submit: () => Promise<boolean>}} options `submit` shows its own mistakes and answers whether to close
 * @returns {Promise<boolean>} false when it was cancelled
 */
export function formDialog({ title, body, verb, submit }) {
  const id = uniqueId('dialog'), action = h('button', { type: 'submit', class: 'button primary' }, verb());
  const dialog = h('dialog', { class: 'dialog', 'aria-labelledby': id },
    h('form', { noValidate: true, on: {
      submit: async (/** @type {Event} */ event) => {
        event.preventDefault();
        action.disabled = true;
        try {
          if (await submit()) dialog.close('done');
        } finally {
          action.disabled = false;
        }
      },
      input: () => action.textContent = verb(),
    } }, h('h2', { id }, title), h('div', { class: 'dialog-body' }, body),
      h('div', { class: 'dialog-actions' }, h('button', { type: 'button', class: 'button', on: { click: () => dialog.close() } }, 'Cancel'), action)));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'done');
    });
  });
}
