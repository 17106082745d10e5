// The row of a table that was chosen, by its address or by a click, offers to report an error in it. Without scripts
// the foot of the page offers the same for the page.

const WORDS = { vi: 'Báo sai dòng này', en: 'Report an error in this row' };

/** @param {Document} page */
export function reportRows(page) {
  const link = page.createElement('a');
  link.className = 'report-row';
  link.textContent = WORDS[page.documentElement.lang] ?? WORDS.vi;
  const prefix = page.documentElement.lang === 'en' ? '/en' : '';
  const offer = (row) => {
    if (!row?.id || !row.closest('tbody')) return;
    const sheet = /\/thua-dat\/(\d{5})\/(\d+)\/$/.exec(location.pathname);
    link.href = sheet
      ? `${prefix}/bao-sai/#thua=${sheet[1]}-${sheet[2]}-${row.id}`
      : `${prefix}/bao-sai/#trang=${encodeURIComponent(`${location.pathname}#${row.id}`)}`;
    row.lastElementChild.append(link);
  };
  // Not `:target`: that is set only when the page has been laid out.
  const target = () => offer(page.getElementById(decodeURIComponent(location.hash.slice(1)))?.closest('tr'));
  page.addEventListener('click', (event) => offer(event.target.closest('tr')));
  addEventListener('hashchange', target);
  target();
}
