// A text box above each long table that hides the rows that do not match.
import { fold } from './search/fold.js';

/** A table shorter than this is read faster than filtered. */
const LEAST_ROWS = 12;

const WORDS = {
  vi: { label: 'Lọc theo chữ', none: 'Không có dòng nào khớp.', count: (n, all) => `${n} / ${all} dòng` },
  en: { label: 'Filter by text', none: 'No row matches.', count: (n, all) => `${n} of ${all} rows` },
};

/** @param {Document} page */
export function filterTables(page) {
  const words = WORDS[page.documentElement.lang] ?? WORDS.vi;
  page.querySelectorAll('table[data-filter]').forEach((table, i) => {
    if (table.tBodies[0].rows.length >= LEAST_ROWS) addFilter(page, table, words, `loc-${i}`);
  });
}

function addFilter(page, table, words, id) {
  const box = page.createElement('div');
  box.className = 'table-filter';
  const label = page.createElement('label');
  label.htmlFor = id;
  label.textContent = words.label;
  const input = page.createElement('input');
  input.id = id;
  input.type = 'search';
  const count = page.createElement('span');
  count.className = 'muted';
  count.setAttribute('role', 'status');
  box.append(label, input, count);
  table.closest('.table-frame').before(box);
  const rows = [...table.tBodies[0].rows].map((row) => [row, ` ${fold(row.textContent)} `]);
  input.addEventListener('input', () => {
    const wanted = fold(input.value);
    let shown = 0;
    for (const [row, text] of rows) {
      row.hidden = wanted !== '' && !text.includes(wanted);
      if (!row.hidden) shown += 1;
    }
    count.textContent = wanted === '' ? '' : shown === 0 ? words.none : words.count(shown, rows.length);
  });
}
