/** Colours of the design for things that are drawn on a canvas. */

/** @type {Map<string, string>} */
const cache = new Map();
document.addEventListener('themechange', () => cache.clear());

/** The current colour behind a custom property such as `--line`. @param {string} name */
export function colour(name) {
  let value = cache.get(name);
  if (!value) {
    const probe = document.createElement('span');
    probe.style.setProperty('color', `var(${name})`);
    document.body.append(probe);
    value = getComputedStyle(probe).color;
    probe.remove();
    cache.set(name, value);
  }
  return value;
}

/** @param {string} name @param {number} share of opacity, 0 to 1 */
export function faded(name, share) {
  return colour(name).replace(/^rgb\((.*)\)$/, (_, channels) => `rgb(${channels.replaceAll(',', ' ')} / ${share})`);
}
