/** A button that copies a text, and says that it has. */
import { fill, h, icon } from '../core/dom.js';
import { toast } from './toast.js';

const PATIENCE = 2000;

/** @param {string | (() => string)} text @param {string} what for screen readers: “the request” @param {string} [className] */
export function copyButton(text, what, className = 'button small') {
  const show = (/** @type {string} */ iconName, /** @type {string} */ word) => fill(button, icon(iconName), word, h('span', { class: 'visually-hidden' }, ` ${what}`));
  const button = h('button', { type: 'button', class: `${className} copy-button` });
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : text());
      show('check', 'Copied');
      setTimeout(() => show('copy', 'Copy'), PATIENCE);
    } catch {
      toast('The browser does not allow copying here; select the text and copy it.', 'failed');
    }
  });
  show('copy', 'Copy');
  return button;
}
