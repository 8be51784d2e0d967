/** Short messages about what has just been done; spoken by screen readers. */
import { h, icon } from '../core/dom.js';

const holder = h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' });

/** @param {string} text @param {'done' | 'failed'} [kind] */
export function toast(text, kind = 'done') {
  if (!holder.isConnected) document.body.append(holder);
  const item = h('p', { class: `toast toast-${kind}` }, icon(kind === 'done' ? 'circle-check' : 'circle-alert'), text);
  holder.append(item);
  setTimeout(() => item.remove(), kind === 'done' ? 4000 : 8000);
}
