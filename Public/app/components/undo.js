/** Things that can be taken back: what is done waits a little, and a message offers to undo it. */
import { h, icon } from '../core/dom.js';

const PATIENCE = 6000;
const holder = h('div', { class: 'toasts undo-toasts', role: 'status', 'aria-live': 'polite' });

/**
 * Does something later, unless the user takes it back; leaving the page does it at once.
 * @param {string} text what will have been done @param {{act: () => Promise<void> | void, undo: () => void}} what
 */
export function undoable(text, { act, undo }) {
  if (!holder.isConnected) document.body.append(holder);
  let isOver = false;
  const end = (/** @type {() => void} */ then) => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    removeEventListener('pagehide', now);
    item.remove();
    then();
  };
  const now = () => end(act);
  const item = h('div', { class: 'toast toast-undo' }, icon('circle-check'), h('span', null, text),
    h('button', { type: 'button', class: 'button small', on: { click: () => end(undo) } }, icon('rotate-ccw'), 'Undo'));
  const timer = setTimeout(now, PATIENCE);
  addEventListener('pagehide', now);
  holder.append(item);
}
