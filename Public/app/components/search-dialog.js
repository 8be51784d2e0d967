/** Finds one thing of many by its words, in a dialog. */
import { fill, h } from '../core/dom.js';
import { formDialog } from './dialog.js';

/** @typedef {{value: string, name: string, details: string}} Candidate */
/** @typedef {{candidates: Candidate[], more: boolean}} Found the best ones; `more`: there are others with these words */

const SHOWN = 40;

/**
 * Looks through a list that is at hand: those with most of the words first.
 * @param {Candidate[]} candidates @returns {(words: string) => Promise<Found>}
 */
export const among = (candidates) => async (words) => {
  const parts = words.toLowerCase().split(/\s+/).filter(Boolean);
  const found = candidates.map((candidate) => ({ candidate, hits: parts.filter((part) => `${candidate.name} ${candidate.details}`.toLowerCase().includes(part)).length }))
    .filter(({ hits }) => parts.length === 0 || hits > 0).sort((a, b) => b.hits - a.hits).map(({ candidate }) => candidate);
  return { candidates: found.slice(0, SHOWN), more: found.length > SHOWN };
};

/**
 * @param {{title: string, label: string, verb: string, foot?: HTMLElement,
 *   find: (words: string, again: () => void) => Promise<Found>}} options `verb`: what the chosen one's name follows;
 *   `find` may ask to be asked again, when there is more to be found
 * @returns {Promise<string | null>} the chosen one's value
 */
export async function chooseByWords({ title, label, verb, foot, find }) {
  /** @type {Candidate | null} */
  let chosen = null;
  let asked = 0, isOpen = true;
  const search = h('input', { class: 'input', type: 'search', 'aria-label': label, placeholder: label, autocomplete: 'off' });
  const list = h('div', { class: 'candidates', role: 'radiogroup', 'aria-label': 'Found' }), note = h('p', { class: 'soft', role: 'status' });
  /** @param {Found} found */
  const draw = ({ candidates, more }) => {
    const before = chosen;
    chosen = candidates.find(({ value }) => value === chosen?.value) ?? null;
    fill(list, candidates.map((candidate) => h('label', { class: 'candidate' },
      h('input', { type: 'radio', name: 'candidate', value: candidate.value, checked: candidate === chosen, on: { input: () => chosen = candidate } }),
      h('span', null, h('span', { class: 'main' }, candidate.name), h('span', { class: 'sub' }, candidate.details)))));
    note.textContent = candidates.length === 0 ? search.value.trim() ? 'Nothing has these words.' : '' : more ? `The best ${candidates.length}; more words find others.` : '';
    // The button says what is chosen.
    if (before && !chosen) list.dispatchEvent(new Event('input', { bubbles: true }));
  };
  const ask = async () => {
    const number = ++asked;
    try {
      const found = await find(search.value.trim(), again);
      if (isOpen && number === asked) draw(found);
    } catch (error) {
      if (isOpen && number === asked) note.textContent = error instanceof Error ? error.message : String(error);
    }
  };
  const again = () => {
    if (isOpen) ask();
  };
  search.addEventListener('input', ask);
  ask();
  const done = await formDialog({
    title, body: h('div', { class: 'form' }, search, list, note, foot), verb: () => chosen ? `${verb} ${chosen.name}` : verb.replace(/ to$/, ''),
    submit: async () => {
      if (!chosen) {
        note.textContent = 'Choose one of these first.';
        /** @type {HTMLElement | null} */ (list.querySelector('input') ?? search)?.focus();
      }
      return chosen !== null;
    },
  });
  isOpen = false;
  return done ? /** @type {any} */ (chosen)?.value ?? null : null;
}
