/** Finds the other half of a match by its words: a piece of equipment for an asset, or an asset for a piece of equipment. */
import { fill, h } from '../core/dom.js';
import { formDialog } from '../components/dialog.js';

/** @typedef {{value: string, name: string, details: string}} Candidate */

const SHOWN = 40;

/**
 * @param {{title: string, label: string, candidates: Candidate[], words?: string}} options `words`: what the search begins with
 * @returns {Promise<string | null>} the chosen one's value
 */
export async function chooseByWords({ title, label, candidates, words = '' }) {
  /** @type {Candidate | null} */
  let chosen = null;
  const search = h('input', { class: 'input', type: 'search', value: words, 'aria-label': label, placeholder: label, autocomplete: 'off' });
  const list = h('div', { class: 'candidates', role: 'radiogroup', 'aria-label': 'Found' }), note = h('p', { class: 'soft', role: 'status' });
  const draw = () => {
    const parts = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const found = candidates.map((candidate) => ({ candidate, hits: parts.filter((part) => `${candidate.name} ${candidate.details}`.toLowerCase().includes(part)).length }))
      .filter(({ hits }) => parts.length === 0 || hits > 0).sort((a, b) => b.hits - a.hits).map(({ candidate }) => candidate);
    if (chosen && !found.includes(chosen)) chosen = null;
    fill(list, found.slice(0, SHOWN).map((candidate) => h('label', { class: 'candidate' },
      h('input', { type: 'radio', name: 'candidate', value: candidate.value, checked: candidate === chosen, on: { input: () => chosen = candidate } }),
      h('span', null, h('span', { class: 'main' }, candidate.name), h('span', { class: 'sub' }, candidate.details)))));
    note.textContent = found.length === 0 ? 'Nothing has these words.' : found.length > SHOWN ? `The best ${SHOWN} of ${found.length}` : '';
  };
  search.addEventListener('input', draw);
  draw();
  const done = await formDialog({
    title, body: h('div', { class: 'form' }, search, list, note), verb: () => chosen ? `Link to ${chosen.name}` : 'Link',
    submit: async () => {
      if (!chosen) {
        note.textContent = 'Choose one of these first.';
        /** @type {HTMLElement | null} */ (list.querySelector('input') ?? search)?.focus();
      }
      return chosen !== null;
    },
  });
  return done ? /** @type {any} */ (chosen)?.value ?? null : null;
}
