// Heads of tables become buttons that sort their rows, up, down, and as decided again.

const WORDS = {
  vi: { sort: 'Sắp xếp theo' },
  en: { sort: 'Sort by' },
};

/** @param {Document} page */
export function sortTables(page) {
  const words = WORDS[page.documentElement.lang] ?? WORDS.vi;
  for (const table of page.querySelectorAll('table[data-sort]')) {
    if (table.tBodies[0].rows.length > 2) addButtons(page, table, words);
  }
}

function addButtons(page, table, words) {
  const body = table.tBodies[0];
  const decided = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = page.createElement('button');
    button.type = 'button';
    button.className = 'sort';
    button.title = `${words.sort} ${head.textContent.trim()}`;
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const next = { none: 'ascending', ascending: 'descending', descending: 'none' }[head.ariaSort ?? 'none'];
      for (const other of heads) other.removeAttribute('aria-sort');
      if (next !== 'none') head.setAttribute('aria-sort', next);
      body.append(...sorted(decided, column, next));
    });
  });
}

function sorted(decided, column, order) {
  if (order === 'none') return decided;
  const keyed = decided.map((row) => [key(row.cells[column]), row]);
  const way = order === 'ascending' ? 1 : -1;
  // Rows without a value stay behind those that have one, whichever way.
  keyed.sort(([a], [b]) => (a === '' ? 1 : 0) - (b === '' ? 1 : 0) || way * compare(a, b));
  return keyed.map(([, row]) => row);
}

/** A figure by its exact value, everything else by its words. */
function key(cell) {
  const value = cell?.querySelector('data')?.value;
  if (value !== undefined) return Number(value);
  const text = cell?.textContent.trim() ?? '';
  const percent = /^([+−]?)([\d.,]+) %/.exec(text);
  if (percent) return (percent[1] === '−' ? -1 : 1) * Number(percent[2].replace(',', '.'));
  return text;
}

const words = new Intl.Collator('vi', { numeric: true });
const compare = (a, b) => (typeof a === 'number' && typeof b === 'number' ? a - b : words.compare(String(a), String(b)));
