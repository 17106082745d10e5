// Names as people look for them: abbreviations written out, without marks, word by word; the same as
// src/model/search_words.rs, and both are held to search-words.json.
import { fold } from './fold.js';

const SHORT = {
  ql: 'quoc lo', tl: 'tinh lo', đt: 'tinh lo', dt: 'tinh lo', hl: 'huong lo', đl: 'dai lo', tp: 'thanh pho',
  tt: 'thi tran', tx: 'thi xa', đk: 'dac khu', kp: 'khu pho', tdp: 'to dan pho', kdc: 'khu dan cu',
  kđt: 'khu do thi', kcn: 'khu cong nghiep', ccn: 'cum cong nghiep',
};
/** One letter is short for a word before a full stop or a word: `P. An Hải`, `x An Minh`; `Đường D5` stays. */
const LETTERS = { p: 'phuong', x: 'xa', q: 'quan', h: 'huyen', đ: 'duong' };
const COMMON = new Set(['duong', 'pho', 'xa', 'phuong', 'thon', 'ap', 'to', 'quoc', 'lo', 'tinh', 'so', 'khu']);

/** @param {string} text @returns {string[]} `TP. Hải An, QL 5A` → `thanh pho hai an quoc lo 5a`, as words */
export function searchWords(text) {
  const runs = [...text.normalize('NFC').toLowerCase().matchAll(/[\p{Alphabetic}\p{Number}]+(\.?)/gu)].map(([run, dot]) => ({
    run: dot ? run.slice(0, -1) : run,
    dotted: dot !== '',
  }));
  const words = runs.flatMap(({ run, dotted }, i) => {
    const next = runs[i + 1]?.run;
    return fold(writtenOut(run, dotted || (next !== undefined && !/^[0-9]/.test(next)))).split(' ').filter(Boolean);
  });
  return oneNameForProvincialRoads(words);
}

/** What tells names apart: without the words that half of all names have, unless there is no other. */
export function telling(words) {
  const telling = words.filter((word) => !COMMON.has(word));
  return telling.length > 0 ? telling : words;
}

function writtenOut(run, mayBeALetter) {
  const [, letters, number] = /^([^0-9]*)(.*)$/s.exec(run);
  const gluedUnit = (letters === 'p' || letters === 'q') && number !== '';
  const letter = gluedUnit || (number === '' && mayBeALetter) ? LETTERS[letters] : undefined;
  const long = (Object.hasOwn(SHORT, letters) ? SHORT[letters] : undefined) ?? letter;
  return long ? `${long} ${number}` : run;
}

/** `Đường tỉnh 391`, `ĐT 391`, `TL 391` and `Tỉnh lộ 391` are one road. */
function oneNameForProvincialRoads(words) {
  const at = words.findIndex((word, i) => word === 'duong' && words[i + 1] === 'tinh');
  if (at < 0 || !/^[0-9]/.test(words[at + 2] ?? '')) return words;
  return [...words.slice(0, at), 'tinh', 'lo', ...words.slice(at + 2)];
}

const TONES = { '\u0300': '2', '\u0301': '1', '\u0303': '4', '\u0309': '3', '\u0323': '5' };

/**
 * Words with their marks, the tone behind the word, so that `hoà` and `hòa` are one and `Cẩm Giàng` is not
 * `Cẩm Giang`.
 * @param {string} text @returns {string[]}
 */
export function tonedWords(text) {
  return (text.toLowerCase().match(/[\p{Alphabetic}\p{Number}\p{Mark}]+/gu) ?? []).map((word) => {
    let tone = '';
    const bare = word.normalize('NFD').replace(/[\u0300\u0301\u0303\u0309\u0323]/g, (mark) => ((tone = TONES[mark]), ''));
    return bare.normalize('NFC') + tone;
  });
}
