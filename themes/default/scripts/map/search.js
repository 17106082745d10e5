// The search box of the map: hits are shown in the panel and lead to places on the map.
import { find, loadUnits } from '../search/find.js';
import { element, list, wordsOf } from '../search/results.js';
import { language } from './words.js';

/** @param {HTMLElement} panel @param {{pages: string, raise: () => void}} site */
export function addSearch(panel, { pages, raise }) {
  const form = panel.querySelector('form');
  const input = form.elements.q;
  const target = document.getElementById('ket-qua-tim');
  // Every search reads the units: they come while the words are typed.
  input.addEventListener('focus', () => loadUnits().catch(() => {}), { once: true });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const typed = input.value.trim();
    target.hidden = typed === '';
    if (typed === '') return;
    raise();
    try {
      const found = await find(typed);
      target.replaceChildren(list(found, typed, { language, pages }));
      if (found.parcels.length === 1 && found.parcels[0].number !== null) target.querySelector('a.first').click();
    } catch {
      target.replaceChildren(element('p', { role: 'alert' }, wordsOf(language).failed));
    }
  });
}
