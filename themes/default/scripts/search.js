// The search page: reads ?q=, shows the hits.
import { find } from './search/find.js';
import { element, list, wordsOf } from './search/results.js';

const target = document.getElementById('ket-qua');
const input = document.getElementById('tim');
const typed = new URLSearchParams(location.search).get('q')?.trim() ?? '';
const site = { language: document.documentElement.lang, pages: target.dataset.pages };

input.value = typed;
if (typed === '') input.focus();
else await show();

async function show() {
  try {
    target.replaceChildren(list(await find(typed), typed, site));
  } catch {
    target.replaceChildren(element('p', { role: 'alert' }, wordsOf(site.language).failed));
  }
}
