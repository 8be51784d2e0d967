/** Completes names while typing an expression or a template, as an ARIA combobox. */
import { fill, h, uniqueId } from '../core/dom.js';

/** @typedef {{name: string, hint: string}} Name */
/** @typedef {'template' | 'expression'} Mode in a template only what stands inside ${…} is completed */

/**
 * @param {HTMLInputElement | HTMLTextAreaElement} input @param {Mode} mode @param {() => Name[]} names
 * @returns {HTMLElement} the input with its list
 */
export function withCompletion(input, mode, names) {
  const id = uniqueId('names');
  const list = h('ul', { class: 'completion', role: 'listbox', id, 'aria-label': 'Names', hidden: true });
  /** @type {Name[]} */
  let shown = [];
  let chosen = 0;
  // A text of several lines is a text box, of which ARIA allows no more than that it has a list.
  const isCombobox = input instanceof HTMLInputElement;
  const common = { 'aria-autocomplete': 'list', 'aria-controls': id }, attributes = isCombobox ? { ...common, role: 'combobox', 'aria-expanded': 'false' } : { ...common, 'aria-haspopup': 'listbox' };
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);

  const close = () => {
    list.hidden = true;
    if (isCombobox) input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  };
  const choose = (/** @type {number} */ at) => {
    chosen = at;
    [...list.children].forEach((option, index) => option.setAttribute('aria-selected', String(index === at)));
    list.children[at]?.scrollIntoView({ block: 'nearest' });
    input.setAttribute('aria-activedescendant', `${id}-${at}`);
  };
  const accept = (/** @type {Name} */ { name }) => {
    const { begin } = wordAt(input, mode) ?? { begin: input.selectionStart ?? 0 }, end = input.selectionStart ?? 0;
    const closing = mode === 'template' && !/^[^${]*\}/.test(input.value.slice(end)) ? '}' : '';
    input.setRangeText(name + closing, begin, end, 'end');
    close();
    input.dispatchEvent(new Event('input', { bubbles: true }));
  };
  const open = (/** @type {boolean} */ force) => {
    const found = wordAt(input, mode);
    if (!found || (!force && mode === 'expression' && found.word === '')) return close();
    const word = found.word.toLowerCase();
    shown = names().filter(({ name, hint }) => name.toLowerCase().startsWith(word) || (word.length > 1 && `${name} ${hint}`.toLowerCase().includes(word))).slice(0, 12);
    if (shown.length === 0 || (shown.length === 1 && shown[0].name === found.word)) return close();
    fill(list, shown.map(({ name, hint }, at) => h('li', {
      role: 'option', id: `${id}-${at}`, on: { mousedown: (/** @type {Event} */ event) => {
        event.preventDefault();
        accept(shown[at]);
      } },
    }, h('span', { class: 'mono' }, name), h('span', { class: 'soft' }, hint))));
    list.hidden = false;
    if (isCombobox) input.setAttribute('aria-expanded', 'true');
    choose(0);
  };
  input.addEventListener('input', (event) => /** @type {InputEvent} */ (event).inputType !== undefined && open(false));
  input.addEventListener('blur', close);
  input.addEventListener('keydown', (event) => {
    const key = /** @type {KeyboardEvent} */ (event);
    if (key.ctrlKey && key.key === ' ') open(true);
    else if (list.hidden) return;
    else if (key.key === 'ArrowDown') choose((chosen + 1) % shown.length);
    else if (key.key === 'ArrowUp') choose((chosen + shown.length - 1) % shown.length);
    else if (key.key === 'Enter' || key.key === 'Tab') accept(shown[chosen]);
    else if (key.key === 'Escape') {
      close();
      key.stopPropagation();
    } else return;
    key.preventDefault();
  });
  return h('div', { class: 'completion-holder' }, input, list);
}

/** The name that is being typed, and where it begins. @param {HTMLInputElement | HTMLTextAreaElement} input @param {Mode} mode */
function wordAt(input, mode) {
  const before = input.value.slice(0, input.selectionStart ?? 0);
  const word = /[A-Za-z_][\w.]*$/.exec(before)?.[0] ?? '';
  const begin = before.length - word.length;
  if (mode === 'template' && before.lastIndexOf('${') <= before.lastIndexOf('}')) return null;
  if ((before.split('"').length - (mode === 'template' ? before.slice(0, before.lastIndexOf('${')).split('"').length : 1)) % 2 === 1) return null;
  return { word, begin };
}

/** Puts `${name}` (or the bare name) where the caret is. @param {HTMLInputElement | HTMLTextAreaElement} input @param {Mode} mode @param {string} name */
export function insertName(input, mode, name) {
  input.focus();
  const at = input.selectionStart ?? input.value.length;
  const isInside = mode === 'expression' || input.value.slice(0, at).lastIndexOf('${') > input.value.slice(0, at).lastIndexOf('}');
  input.setRangeText(isInside ? name : `\${${name}}`, at, input.selectionEnd ?? at, 'end');
  input.dispatchEvent(new Event('input', { bubbles: true }));
}
