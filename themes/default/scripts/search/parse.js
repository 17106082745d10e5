// What a person typed: a parcel, and the place it is in; or only a place.
import { fold } from './fold.js';
import { searchWords, tonedWords } from './words.js';

/**
 * @typedef {{sheet: string|null, number: string|null, place: string, words: string[], toned: string[]}} Query
 * `words` are folded and written out, `place` is them in one line; `toned` are those words that were typed with marks.
 */

// "tờ bản đồ số 5", "tờ 5" and "thửa đất số 12", "thửa 12", with or without marks.
const SHEET = /(?<!\p{Alphabetic})t[ờo](?:\s+(?:bản đồ|ban do|bđ|bd))?(?:\s+(?:số|so))?\s*(\d+)(?![\p{Alphabetic}\p{Number}])/iu;
const PARCEL = /(?<!\p{Alphabetic})th[ửu]a(?:\s+(?:đất|dat))?(?:\s+(?:số|so))?\s*(\d+)(?![\p{Alphabetic}\p{Number}])/iu;
// "5/12" is sheet/parcel; so are "5-12" and "99001-5-12" with the commune's code before.
const PAIR = /(?:^|\s)(?:(\d{5})\s*[-/]\s*)?(\d+)\s*[/-]\s*(\d+)(?=$|[\s,;.])/;

/**
 * @param {string} text
 * @returns {Query}
 */
export function parse(text) {
  const typed = text.normalize('NFC');
  const sheet = SHEET.exec(typed);
  const number = PARCEL.exec(typed);
  if (number || (sheet && !isQuarter(typed, sheet))) {
    const rest = typed.replace(PARCEL, ' ').replace(number ? SHEET : sheet[0], ' ');
    return query(sheet?.[1] ?? null, number?.[1] ?? null, rest);
  }
  const pair = PAIR.exec(typed);
  if (pair && !isRoad(typed)) return query(pair[2], pair[3], `${pair[1] ?? ''} ${typed.replace(pair[0], ' ')}`);
  return query(null, null, typed);
}

/** "Tổ 5" is a quarter of a village; without marks only "to dan pho 5" can be told from sheet 5. */
const isQuarter = (typed, [sheet]) => /^t[ổố]/iu.test(sheet) || /t[oổ] d[aâ]n ph[oố]/iu.test(typed);

/** "Đường 3/2", "phố 30/4": roads that are called after a day. */
const isRoad = (typed) => /^\s*(?:đ(?:ường|\.)?|duong|phố|pho)(?:\s|\.)/iu.test(typed);

function query(sheet, number, place) {
  const words = searchWords(place);
  const marked = place.split(/\s+/).filter((word) => word.normalize('NFD') !== word.normalize('NFC') || /đ/i.test(word));
  return { sheet, number, words, place: words.join(' '), toned: tonedWords(marked.join(' ')) };
}
