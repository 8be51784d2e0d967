/** A small element builder: text is always text, attributes are always attributes, never markup. */

/** @typedef {Node | string | number | null | undefined | false | readonly any[]} Child arrays hold children again */
/** @typedef {Record<string, unknown>} Props */

/** Set as properties, because the attribute of the same name is only a default or behaves otherwise. */
const PROPERTIES = new Set([
  'value', 'checked', 'disabled', 'selected', 'hidden', 'htmlFor', 'open', 'indeterminate', 'tabIndex', 'readOnly',
  'required', 'noValidate', 'multiple', 'textContent', 'className',
]);

/**
 * Builds an element. `class`, `data` (dataset), `on` (listeners) and `style` (CSS properties, set through the CSSOM)
 * are special; null, undefined and false leave an attribute out; true sets it empty.
 *
 * @template {string} T
 * @param {T} tag @param {Props | null} [props] @param {...Child} children
 * @returns {T extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[T] : HTMLElement}
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  if (props) assign(element, props);
  append(element, children);
  return /** @type {any} */ (element);
}

/** @param {HTMLElement | SVGElement} element @param {Props} props */
export function assign(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (name === 'on') {
      for (const [type, listener] of Object.entries(/** @type {Record<string, EventListener>} */ (value))) {
        element.addEventListener(type, listener);
      }
    } else if (name === 'data') Object.assign(element.dataset, value);
    else if (name === 'style') {
      for (const [property, text] of Object.entries(/** @type {Record<string, string>} */ (value))) {
        element.style.setProperty(property, text);
      }
    } else if (PROPERTIES.has(name)) {
      if (value !== undefined && value !== null) /** @type {any} */ (element)[name] = value;
    } else if (value === true) element.setAttribute(name, '');
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
}

/** @param {Node} parent @param {Child[]} children */
export function append(parent, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(parent, child);
    else parent.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Replaces everything inside an element. @param {Element} parent @param {...Child} children */
export function fill(parent, ...children) {
  const fragment = document.createDocumentFragment();
  append(fragment, children);
  parent.replaceChildren(fragment);
}

const SPRITE = new URL('../../vendor/icons.svg', import.meta.url).href;
const SVG = 'http://www.w3.org/2000/svg';

/** A decorative icon of the sprite. @param {string} name @param {string} [className] @returns {SVGSVGElement} */
export function icon(name, className = '') {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', `icon ${className}`.trim());
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `${SPRITE}#${name}`);
  svg.append(use);
  return svg;
}

/** Text for screen readers only. @param {...Child} children */
export function hiddenText(...children) {
  return h('span', { class: 'visually-hidden' }, ...children);
}

let counter = 0;

/** An id that no other element of the page has. @param {string} prefix */
export function uniqueId(prefix) {
  counter += 1;
  return `${prefix}-${counter}`;
}
