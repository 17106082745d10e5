// Looks units, names, parcels and decisions up in the index files of the site. Every search reads
// /search/don-vi.json; a name one or two files of names by the beginning of a word, a parcel the list of its
// commune's sheets and the file of one sheet.
import { editionBase } from '../edition.js';
import { fold } from './fold.js';
import { parse } from './parse.js';
import { searchWords, telling, tonedWords } from './words.js';

/** More communes than this are not searched for one parcel number: the name must be given. */
const MOST_COMMUNES = 12;
const MOST_HITS = 30;
/** A word of one or two letters may begin the words of many files; no more of them are read. */
const MOST_FILES = 4;

/**
 * @typedef {{kind: string, name: string, commune: string|null, bounds: [number, number, number, number]|null,
 *   url: string|null, history?: string|null, parcels?: boolean, now?: string[], date?: string, communeName?: string}} Place
 * @typedef {{kind: 'thua', commune: Place, sheet: string, number: string|null, bounds: number[]|null,
 *   old: string|null}} ParcelHit
 * @typedef {{parcels: ParcelHit[], places: Place[], tooMany: boolean, communes: Place[],
 *   query: import('./parse.js').Query}} Found
 */

const cache = new Map();

/** @param {string} url */
function load(url) {
  if (!cache.has(url)) {
    const loading = fetch(editionBase + url).then((response) => {
      if (!response.ok) throw new Error(`${url}: ${response.status}`);
      return response.json();
    });
    loading.catch(() => cache.delete(url));
    cache.set(url, loading);
  }
  return cache.get(url);
}

/** `99001`, `Xã An Minh` → `/xa/99001-xa-an-minh/`; the same as `commune_slug` in src/model/text.rs. */
export const unitPath = (code, name) => `/xa/${code}-${slug(name)}/`;

/** `Đường Lê Lợi` → `duong-le-loi`; the same as `slug` in src/model/text.rs. */
const slug = (text) => fold(text).replace(/ /g, '-').replace(/[^a-z0-9-]/g, '').slice(0, 64).replace(/-+$/, '') || 'x';

let units = null;

/** @returns {Promise<{communes: Place[], former: Place[], decisions: Place[], names: Record<string, number>}>} */
export async function loadUnits() {
  units ??= load('/search/don-vi.json').then(({ communes, former, decisions, names }) => ({
    communes: communes.map(([code, name, bounds, parcels]) => ({
      kind: 'xa', name, commune: code, bounds: bounds || null, url: unitPath(code, name), parcels: parcels === 1,
    })),
    former: former.map(([code, name, now, bounds]) => ({
      kind: 'xa_cu', name, commune: code, bounds: bounds || null, url: unitPath(code, name), now,
    })),
    decisions: decisions.map(([number, date, title, url]) => ({
      kind: 'quyet_dinh', name: number, title, date, commune: null, bounds: null, url,
    })),
    names,
  }));
  units.catch(() => (units = null));
  return units;
}

/** The commune of a code, or `null`. @param {string} code @returns {Promise<Place|null>} */
export const communeOf = async (code) => (await loadUnits()).communes.find((place) => place.commune === code) ?? null;

/** Sheet number → parcels' numbers as `1-12,14` and bounds; and the old sheets. @param {string} commune */
export const loadSheets = (commune) => load(`/search/to-${encodeURIComponent(commune)}.json`);
/** @param {string} commune @param {string} sheet */
export const loadSheet = (commune, sheet) => load(`/search/to/${encodeURIComponent(commune)}/${encodeURIComponent(sheet)}.json`);

/** A point in a parcel of today, or `null`. @param {{commune: string, sheet: string, number: string}} code */
export async function pointIn({ commune, sheet, number }) {
  const { sheets } = await loadSheets(commune);
  return sheets[sheet] ? ((await loadSheet(commune, sheet)).points[number] ?? null) : null;
}

/**
 * @param {string} text
 * @returns {Promise<Found>}
 */
export async function find(text) {
  const query = parse(text);
  const { communes: all, former: formers, decisions, names } = await loadUnits();
  const byDecision = decisionsOf(decisions, text);
  if (query.number === null && query.sheet === null) {
    const whole = matching([...all, ...formers, ...(await namesFor(query.words, names, all))], query);
    const places = whole.length > 0 ? whole : await namesInCommune(query, names, all);
    return { parcels: [], places: [...byDecision, ...places].slice(0, MOST_HITS), tooMany: false, communes: [], query };
  }
  const communes = communesOf(all, query);
  if (communes.length > MOST_COMMUNES) return { parcels: [], places: byDecision, tooMany: true, communes, query };
  const former = query.place === '' ? [] : matching(formers, query);
  const found = await Promise.all([
    ...communes.map((commune) => parcelsIn(commune, query)),
    ...former.slice(0, MOST_COMMUNES).map((place) => parcelsOfFormer(place, all, query)),
  ]);
  // A former commune is named after the parcels: its page tells what became of its sheets.
  return { parcels: found.flat().slice(0, MOST_HITS), places: [...byDecision, ...former], tooMany: false, communes: [], query };
}

/** Decisions by number: `01/2026/QĐ-UBND`, `qd 01/2026` or its beginning. */
function decisionsOf(decisions, text) {
  const typed = fold(text).replace(/^(?:quyet dinh|nghi quyet|qd|nq)(?: so)? /, '');
  const year = /^(?:\d+ )?(?:19|20)\d\d/.test(typed);
  return year ? decisions.filter((decision) => `${fold(decision.name)} `.startsWith(`${typed} `) || fold(decision.name).startsWith(typed)) : [];
}

/** The names that have the most telling of the words typed, or a word that begins with it. */
async function namesFor(typed, counts, communes) {
  const words = telling(typed);
  if (words.length === 0) return [];
  const choices = words.map((word) => filesOf(word, counts));
  if (choices.some((choice) => choice.keys.length === 0)) return [];
  const best = choices.reduce((least, choice) => (choice.count < least.count ? choice : least));
  const lists = await Promise.all(best.keys.slice(0, MOST_FILES).map((key) => load(`/search/ten/${encodeURIComponent(key)}.json`)));
  const entries = new Map(lists.flat().map((entry) => [entry.join('|'), entry]));
  const codes = new Map(communes.map((place) => [place.commune, place]));
  return [...entries.values()].map((entry) => namePlace(entry, codes));
}

/** "Lê Lợi An Minh": a name, and behind it the commune it is in. */
async function namesInCommune(query, counts, communes) {
  for (let cut = query.words.length - 1; cut > 0; cut -= 1) {
    const within = matching(communes, { words: query.words.slice(cut), toned: [] });
    if (within.length === 0 || within.length > MOST_COMMUNES) continue;
    const codes = new Set(within.map((place) => place.commune));
    const head = { words: query.words.slice(0, cut), toned: query.toned };
    const found = matching(await namesFor(head.words, counts, communes), head).filter((place) => codes.has(place.commune));
    if (found.length > 0) return found;
  }
  return [];
}

/** The files that hold words which begin with `word`, and how many names are in them. */
function filesOf(word, counts) {
  const all = Object.keys(counts);
  const begun = all.filter((key) => word.startsWith(key));
  const longest = begun.reduce((best, key) => (key.length > best.length ? key : best), '');
  // A key parted further holds only the words that end there.
  const keys = [...new Set([...(longest ? [longest] : []), ...all.filter((key) => key.startsWith(word))])];
  return { keys, count: keys.reduce((sum, key) => sum + counts[key], 0) };
}

function namePlace([kind, name, code, bounds, price], communes) {
  const commune = code ? communes.get(code) : null;
  const [dataset, anchor] = price ? price.split('#') : [];
  const url = price && commune ? `/bang-gia-dat/${dataset}/${commune.url.split('/')[2]}/#${anchor}` : null;
  // A road with a price has a page of its prices in all decisions.
  const history = price ? `/duong/${slug(name)}/` : null;
  return { kind, name, commune: code || null, communeName: commune?.name, bounds: bounds || null, url, history };
}

/** Parcels that had these numbers in a former commune, in the communes that hold its land today. */
async function parcelsOfFormer(former, communes, query) {
  const now = communes.filter((place) => place.parcels && former.now.includes(place.commune));
  const found = now.map((commune) => oldNumbers(commune, query, (file) => [file.former[former.commune] ?? {}]));
  return (await Promise.all(found)).flat();
}

/** The communes a query for a parcel means: those named, or all. */
function communesOf(communes, query) {
  const all = communes.filter((place) => place.parcels);
  return query.place === '' ? all : matching(all, query);
}

/**
 * Places of whose name every word of the query begins a word, or whose code it is; those with the very tones
 * typed first, then those that begin with the query, then the shorter.
 */
export function matching(places, query) {
  if (query.words.length === 0) return [];
  const typed = query.words.join(' ');
  const ranked = places.flatMap((place) => {
    const words = searchWords(place.name);
    if (!query.words.every((word) => place.commune === word || words.some((own) => own.startsWith(word)))) return [];
    const name = words.join(' ');
    const begins = name.startsWith(typed) || name.endsWith(typed) ? 0 : 2;
    return [[4 * wrongTones(place.name, query.toned) + begins + (place.kind === 'xa' ? 0 : 1), place]];
  });
  const order = ([a, p], [b, q]) =>
    a - b || p.name.length - q.name.length || compare(p.name, q.name) || compare(p.commune ?? '', q.commune ?? '');
  return ranked.sort(order).map(([, place]) => place);
}

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** How many typed words have a mark that the name does not have in the same word. */
function wrongTones(name, toned) {
  const own = new Set(tonedWords(name));
  const ownList = [...own];
  return toned.filter((word) => !own.has(word) && !ownList.some((other) => other.startsWith(word))).length;
}

/** Whether `1-12,14` holds a number. */
const holds = (ranges, number) =>
  ranges.split(',').some((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return number >= first && number <= last;
  });

async function parcelsIn(commune, query) {
  const { sheets } = await loadSheets(commune.commune);
  const hits = [];
  for (const [sheet, [numbers, bounds]] of Object.entries(sheets)) {
    if (query.sheet !== null && sheet !== query.sheet) continue;
    const hit = { kind: 'thua', commune, sheet, bounds: bounds || null, old: null };
    if (query.number === null) hits.push({ ...hit, number: null });
    else if (holds(numbers, Number(query.number))) hits.push({ ...hit, number: query.number });
  }
  return hits.concat(await oldNumbers(commune, query, (file) => [file.old, ...Object.values(file.former)]));
}

/** Parcels whose old sheet and number, as on old papers, are the ones asked for, in the lists that `of` chooses. */
async function oldNumbers(commune, query, of) {
  if (query.sheet === null || query.number === null) return [];
  const { sheets, old } = await loadSheets(commune.commune);
  if (!old.includes(query.sheet)) return [];
  const file = await loadSheet(commune.commune, query.sheet);
  const today = of(file).flatMap((numbers) => numbers[`${query.sheet}-${query.number}`] ?? []);
  return today.flatMap((code) => {
    const [sheet, number] = code.split('-');
    const same = sheet === query.sheet && number === query.number;
    const bounds = sheets[sheet]?.[1] || null;
    return same ? [] : [{ kind: 'thua', commune, sheet, number, bounds, old: `${query.sheet}/${query.number}` }];
  });
}

export { fold };
