// A text box above each long table, and a list for each column that says so, hide the rows that do not match.
import { fold } from './search/fold.js';

/** A table shorter than this is read faster than filtered. */
const LEAST_ROWS = 12;

const WORDS = {
  vi: { label: 'Lọc theo chữ', all: 'tất cả', none: 'Không có dòng nào khớp.', count: (n, all) => `${n} / ${all} dòng` },
  en: { label: 'Filter by text', all: 'all', none: 'No row matches.', count: (n, all) => `${n} of ${all} rows` },
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
  box.append(label, input, ...choices(page, table, words, id), count);
  table.closest('.table-frame').before(box);
  const rows = [...table.tBodies[0].rows].map((row) => [row, ` ${fold(row.textContent)} `]);
  box.addEventListener('input', () => {
    const wanted = fold(input.value);
    const chosen = [...box.querySelectorAll('select')].filter((list) => list.value !== '');
    let shown = 0;
    for (const [row, text] of rows) {
      const fits = (list) => valueOf(row, Number(list.dataset.column)) === list.value;
      row.hidden = (wanted !== '' && !text.includes(wanted)) || !chosen.every(fits);
      if (!row.hidden) shown += 1;
    }
    const all = wanted === '' && chosen.length === 0;
    count.textContent = all ? '' : shown === 0 ? words.none : words.count(shown, rows.length);
  });
}

const valueOf = (row, column) => row.cells[column].textContent.trim();

/** A labelled list of the values of each column whose head asks for it, where there is more than one value. */
function choices(page, table, words, id) {
  const rows = [...table.tBodies[0].rows];
  const heads = [...table.tHead.rows[0].cells];
  return heads.flatMap((head, column) => {
    if (!('choose' in head.dataset)) return [];
    const values = [...new Set(rows.map((row) => valueOf(row, column)))].filter((value) => value !== '').sort();
    if (values.length < 2) return [];
    const label = page.createElement('label');
    label.htmlFor = `${id}-${column}`;
    label.textContent = head.textContent.trim();
    const list = page.createElement('select');
    list.id = label.htmlFor;
    list.dataset.column = String(column);
    list.append(new Option(words.all, ''), ...values.map((value) => new Option(value, value)));
    return [label, list];
  });
}
