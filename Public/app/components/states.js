/** What stands where content is not (yet): skeletons, empty states, errors. */
import { Problem } from '../core/api.js';
import { fill, h, hiddenText, icon } from '../core/dom.js';

/** @typedef {import('../core/dom.js').Child} Child */

/** Grey lines while loading. @param {number} [lines] @param {string} [className] */
export function skeleton(lines = 4, className = '') {
  return h('div', { class: `skeleton ${className}`, role: 'status' }, hiddenText('Loading'),
    Array.from({ length: lines }, () => h('span', { class: 'skeleton-line', 'aria-hidden': 'true' })));
}

/** @param {string} iconName @param {string} title @param {Child} [text] @param {...Child} actions */
export function emptyState(iconName, title, text, ...actions) {
  return h('div', { class: 'empty-state' }, icon(iconName), h('p', { class: 'empty-title' }, title),
    text ? h('p', { class: 'empty-text' }, text) : null, actions.length ? h('div', { class: 'actions' }, ...actions) : null);
}

/** @param {unknown} error @param {() => void} [retry] */
export function errorState(error, retry) {
  const missing = error instanceof Problem && error.status === 404;
  const text = error instanceof Error ? error.message : String(error);
  if (missing) {
    return h('div', { class: 'empty-state', role: 'alert' }, icon('search'), h('p', { class: 'empty-title' }, 'Not found'),
      h('p', { class: 'empty-text' }, text), h('div', { class: 'actions' }, h('a', { class: 'button', href: '/' }, 'To the overview')));
  }
  if (error instanceof Problem && error.status === 403) {
    return h('div', { class: 'empty-state', role: 'alert' }, icon('shield'), h('p', { class: 'empty-title' }, 'Not for your role'),
      h('p', { class: 'empty-text' }, text, ' An administrator can change it.'), h('div', { class: 'actions' }, h('a', { class: 'button', href: '/' }, 'To the overview')));
  }
  return h('div', { class: 'empty-state error-state', role: 'alert' }, icon('circle-alert'),
    h('p', { class: 'empty-title' }, 'This could not be loaded'), h('p', { class: 'empty-text' }, text),
    retry
      ? h('div', { class: 'actions' }, h('button', { type: 'button', class: 'button', on: { click: retry } }, icon('rotate-ccw'), 'Try again'))
      : null);
}

/** How often each container has begun to load: an answer that a later loading has overtaken is not shown. @type {WeakMap<Element, number>} */
const turns = new WeakMap();

/**
 * Shows a skeleton, then what was loaded, or the error with a way to try again.
 * @template T
 * @param {Element} container @param {AbortSignal} signal
 * @param {() => Promise<T>} load
 * @param {(value: T, begun: number) => Child | void} render returns what to show, or shows it itself; `begun` is for `live.replay`
 * @param {Child} [placeholder] null: what is there stays until the new is there
 */
export async function showLoaded(container, signal, load, render, placeholder = skeleton()) {
  const turn = (turns.get(container) ?? 0) + 1;
  turns.set(container, turn);
  const isOver = () => signal.aborted || turns.get(container) !== turn;
  if (placeholder !== null) fill(container, placeholder);
  container.setAttribute('aria-busy', 'true');
  const begun = performance.now();
  try {
    const value = await load();
    if (isOver()) return;
    const content = render(value, begun);
    if (content !== undefined) fill(container, content);
    document.dispatchEvent(new CustomEvent('content'));
  } catch (error) {
    if (isOver()) return;
    if (!(error instanceof Problem)) console.error(error);
    fill(container, errorState(error, () => showLoaded(container, signal, load, render, placeholder ?? skeleton())));
  } finally {
    if (turns.get(container) === turn) container.removeAttribute('aria-busy');
  }
}
