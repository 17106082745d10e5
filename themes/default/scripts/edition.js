// An earlier edition lies below `/v/<edition>/`: what a page reads there must be that edition's, not today's.

/** `/v/2026-01-10-93a251c6` on the pages of an earlier edition, else nothing. */
export const editionBase = /^\/v\/[^/]+/.exec(globalThis.location?.pathname ?? '')?.[0] ?? '';

const WORDS = {
  vi: ['Bản công bố trước.', 'Trang này là bản đã được thay. Xem bản hiện nay'],
  en: ['Earlier edition.', 'This page has been replaced. Read today’s'],
};

/** Says on every page of an earlier edition that it is one, and leads to today's. @param {Document} page */
export function markEarlierEdition(page) {
  if (editionBase === '') return;
  const [title, text] = WORDS[page.documentElement.lang] ?? WORDS.vi;
  const [strong, link] = [page.createElement('strong'), page.createElement('a')];
  strong.textContent = title;
  link.textContent = text;
  link.href = location.pathname.slice(editionBase.length) + location.hash;
  const notice = page.createElement('p');
  notice.className = 'notice';
  notice.append(strong, ' ', link);
  page.querySelector('header').prepend(notice);
}
