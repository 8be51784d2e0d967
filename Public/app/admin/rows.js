/** A list inside a form: rows of small controls that can be added and taken away. */
import { h, icon } from '../core/dom.js';

/** @typedef {import('./controls.js').Control} Control */

/**
 * @param {{name: string, label: string, help?: import('../core/dom.js').Child, columns: string, heads: string[], addText: string,
 *   row: (value: any) => Control[], blank: any, minimum?: number, hideLabel?: boolean}} options `columns` is a CSS grid template
 * @returns {Control & {add: (value: any) => void}}
 */
export function rowsControl({ name, label, help, columns, heads, addText, row, blank, minimum = 0, hideLabel }) {
  /** @type {{controls: Control[], element: HTMLElement}[]} */
  let rows = [];
  const holder = h('div', { class: 'row-editor' }), error = h('p', { class: 'field-error', role: 'alert' });
  const element = h('fieldset', { class: 'field span-all', style: { '--columns': columns } },
    h('legend', { class: hideLabel ? 'visually-hidden' : 'fieldset-title' }, label), help ? h('p', { class: 'field-help' }, help) : null,
    h('div', { class: 'row-head', 'aria-hidden': 'true' }, heads.map((head) => h('span', null, head))), holder, error,
    h('div', null, h('button', { type: 'button', class: 'button small', on: { click: () => add(blank, true) } }, icon('plus'), addText)));
  const changed = () => holder.dispatchEvent(new Event('input', { bubbles: true }));

  /** @param {any} value @param {boolean} [focus] */
  const add = (value, focus = false) => {
    const controls = row(value);
    for (const control of controls) control.set(value[control.name]);
    const entry = { controls, element: h('div', { class: 'row', role: 'group', 'aria-label': `${label}, row ${rows.length + 1}` }, controls.map((control) => control.element)) };
    entry.element.append(h('button', {
      type: 'button', class: 'icon-button', 'aria-label': 'Remove row', title: 'Remove row', on: { click: () => {
        rows = rows.filter((other) => other !== entry);
        entry.element.remove();
        changed();
        holder.querySelector('input')?.focus();
      } },
    }, icon('x')));
    rows.push(entry);
    holder.append(entry.element);
    if (focus) {
      /** @type {HTMLElement | null} */ (entry.element.querySelector('input, select'))?.focus();
      changed();
    }
  };
  const clear = () => {
    error.replaceChildren();
    for (const { controls } of rows) controls.forEach((control) => control.clear());
  };
  return {
    name, element, add, clear,
    get: () => rows.map(({ controls }) => Object.fromEntries(controls.map((control) => [control.name, control.get()]))),
    set: (values) => {
      rows = [];
      holder.replaceChildren();
      const given = values ?? [];
      for (const value of given) add(value);
      for (let missing = given.length; missing < minimum; missing += 1) add(blank);
    },
    fail: (rest, detail) => {
      const [, at, field] = rest.split('/');
      const controls = rows[Number(at)]?.controls, control = controls?.find((candidate) => candidate.name === field) ?? controls?.[0];
      if (control) return control.fail('', detail);
      error.textContent = detail;
      return holder.querySelector('input') ?? element;
    },
  };
}
