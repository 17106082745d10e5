// Fetches the light or dark style and points its addresses at the host that serves this page.

import { editionBase } from '../edition.js';

/** @typedef {{light: string, dark: string}} StyleUrls */

export const darkQuery = matchMedia('(prefers-color-scheme: dark)');

/**
 * The styles carry the configured public URL; a copy of the site on another port or host (an office's own
 * server, an offline package) must read its own archives.
 * @param {StyleUrls} urls
 */
export async function loadStyle(urls) {
  const response = await fetch(editionBase + (darkQuery.matches ? urls.dark : urls.light));
  if (!response.ok) throw new Error(`style: ${response.status}`);
  const style = await response.json();
  for (const source of Object.values(style.sources)) {
    const archive = new URL(source.url.replace(/^pmtiles:\/\//, ''));
    source.url = `pmtiles://${location.origin}${archive.pathname}`;
  }
  return style;
}
