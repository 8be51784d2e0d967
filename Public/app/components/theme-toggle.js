/** Light, dark, or as the system prefers; kept in localStorage. */
import { segmented } from './layout.js';
import { icon } from '../core/dom.js';

const KEY = 'plantwright.theme';

/** @param {string} theme */
function choose(theme) {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Storage may be blocked: the choice then lasts as long as the page.
  }
  document.dispatchEvent(new CustomEvent('themechange'));
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => document.dispatchEvent(new CustomEvent('themechange')));

export function isDark() {
  return getComputedStyle(document.documentElement).getPropertyValue('--is-dark').trim() === '1';
}

export function themeToggle() {
  /** @param {string} name @param {string} text */
  const option = (name, text) => {
    const symbol = icon(name);
    symbol.removeAttribute('aria-hidden');
    symbol.setAttribute('role', 'img');
    symbol.setAttribute('aria-label', text);
    return symbol;
  };
  return segmented({
    label: 'Colour theme',
    value: document.documentElement.dataset.theme ?? 'system',
    options: [
      { value: 'light', text: option('sun', 'Light') },
      { value: 'system', text: option('monitor', 'As the system') },
      { value: 'dark', text: option('moon', 'Dark') },
    ],
    onChange: choose,
  });
}
