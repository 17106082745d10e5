// A notice that is over says nothing any more.

/** @param {Document} page */
export function hidePassedNotices(page) {
  for (const notice of page.querySelectorAll('.notice[data-until]')) {
    // Times of the configuration are those of Vietnam.
    if (Date.parse(`${notice.dataset.until}+07:00`) < Date.now()) notice.hidden = true;
  }
}
