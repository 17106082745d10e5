// What a person typed: a parcel, and the place it is in; or only a place.
import { exact, fold } from './fold.js';

/**
 * @typedef {{sheet: string|null, number: string|null, place: string, exact: string}} Query
 * `place` is folded; `exact` keeps the marks.
 */

// "tờ bản đồ số 5", "tờ 5" and "thửa đất số 12", "thửa 12", on folded text.
const SHEET = /\bto(?: ban do)?(?: so)? (\d+)\b/;
const PARCEL = /\bthua(?: dat)?(?: so)? (\d+)\b/;
// "5/12" is sheet/parcel; so are "5-12" and "99001-5-12" with the commune's code before.
const PAIR = /(?:^|\s)(?:(\d{5})\s*[-/]\s*)?(\d+)\s*[/-]\s*(\d+)(?=$|[\s,;.])/;
// The same with marks, to cut them out of the exact text.
const MARKED = /(?:tờ|thửa|to|thua)(?:\s+(?:bản đồ|ban do|đất|dat))?(?:\s+(?:số|so))?\s+\d+/giu;

/**
 * @param {string} text
 * @returns {Query}
 */
export function parse(text) {
  const folded = fold(text);
  const sheet = SHEET.exec(folded);
  const number = PARCEL.exec(folded);
  if (sheet || number) {
    const place = fold(folded.replace(SHEET, ' ').replace(PARCEL, ' '));
    const rest = exact(text.normalize('NFC').replace(MARKED, ' ').replace(/[,;]/g, ' '));
    return { sheet: sheet?.[1] ?? null, number: number?.[1] ?? null, place, exact: rest };
  }
  const pair = PAIR.exec(text);
  if (pair) {
    const rest = text.replace(pair[0], ' ').replace(/[,;]/g, ' ');
    return { sheet: pair[2], number: pair[3], place: fold(`${pair[1] ?? ''} ${rest}`), exact: exact(rest) };
  }
  return { sheet: null, number: null, place: folded, exact: exact(text) };
}
