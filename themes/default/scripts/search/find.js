// Looks places and parcels up in the index files of the site.
import { exact, fold } from './fold.js';
import { parse } from './parse.js';

/** More communes than this are not searched for one parcel number: the name must be given. */
const MOST_COMMUNES = 12;
const MOST_HITS = 30;

/**
 * @typedef {{kind: string, name: string, folded: string, commune: string|null,
 *   bounds: [number, number, number, number]|null, url: string|null, parcels?: boolean, now?: string[]}} Place
 * @typedef {{kind: 'thua', commune: Place, sheet: string, number: string, at: [number, number],
 *   old: string|null}} ParcelHit
 * @typedef {{parcels: ParcelHit[], places: Place[], tooMany: boolean, query: import('./parse.js').Query}} Found
 */

const cache = new Map();

/** @param {string} url */
function load(url) {
  if (!cache.has(url)) {
    const loading = fetch(url).then((response) => {
      if (!response.ok) throw new Error(`${url}: ${response.status}`);
      return response.json();
    });
    loading.catch(() => cache.delete(url));
    cache.set(url, loading);
  }
  return cache.get(url);
}

/** @returns {Promise<Place[]>} */
export const loadPlaces = () => load('/search/places.json');
/** @param {string} commune */
export const loadParcels = (commune) => load(`/search/parcels-${encodeURIComponent(commune)}.json`);

/**
 * @param {string} text
 * @returns {Promise<Found>}
 */
export async function find(text) {
  const query = parse(text);
  const places = await loadPlaces();
  if (query.number === null && query.sheet === null) {
    return { parcels: [], places: matching(places, query).slice(0, MOST_HITS), tooMany: false, query };
  }
  const communes = communesOf(places, query);
  if (communes.length > MOST_COMMUNES) return { parcels: [], places: [], tooMany: true, query };
  const former = query.place === '' ? [] : formerOf(places, query);
  const found = await Promise.all([
    ...communes.map((commune) => parcelsIn(commune, query)),
    ...former.slice(0, MOST_COMMUNES).map((place) => parcelsOfFormer(place, places, query)),
  ]);
  // A former commune is named after the parcels: its page tells what became of its sheets.
  return { parcels: found.flat().slice(0, MOST_HITS), places: former, tooMany: false, query };
}

/** The former communes a query for a parcel names. */
const formerOf = (places, query) => matching(places.filter((place) => place.kind === 'xa_cu'), query);

/** Parcels that had these numbers in a former commune, in the communes that hold its land today. */
async function parcelsOfFormer(former, places, query) {
  const communes = places.filter((place) => place.kind === 'xa' && place.parcels && former.now.includes(place.commune));
  const found = communes.map(async (commune) => {
    const index = await loadParcels(commune.commune);
    return withOldNumbers(commune, index, query, index.former?.[former.commune] ?? {});
  });
  return (await Promise.all(found)).flat();
}

/** The communes a query for a parcel means: those named, or all. */
function communesOf(places, query) {
  const all = places.filter((place) => place.kind === 'xa' && place.parcels);
  return query.place === '' ? all : matching(all, query);
}

/**
 * Places whose folded name or code holds every word of the query; those with the very tones typed first,
 * then those that begin with the query, then the shorter.
 */
export function matching(places, query) {
  const words = query.place.split(' ').filter(Boolean);
  if (words.length === 0) return [];
  const rank = (place) => {
    const sameTones = exact(place.name).includes(query.exact) ? 0 : 4;
    const begins = place.folded.startsWith(query.place) || place.folded.endsWith(query.place) ? 0 : 2;
    return sameTones + begins + (place.kind === 'xa' ? 0 : 1);
  };
  return places
    .filter((place) => words.every((word) => ` ${place.folded}`.includes(` ${word}`) || place.commune === word))
    .map((place) => [rank(place), place])
    .sort(([a, p], [b, q]) => a - b || p.name.length - q.name.length || (p.name < q.name ? -1 : 1))
    .map(([, place]) => place);
}

async function parcelsIn(commune, query) {
  const index = await loadParcels(commune.commune);
  const hits = [];
  for (const [sheet, numbers] of Object.entries(index.sheets)) {
    if (query.sheet !== null && sheet !== query.sheet) continue;
    if (query.number === null) {
      const first = Object.entries(numbers)[0];
      if (first) hits.push({ kind: 'thua', commune, sheet, number: null, at: first[1], old: null });
    } else if (numbers[query.number]) {
      hits.push({ kind: 'thua', commune, sheet, number: query.number, at: numbers[query.number], old: null });
    }
  }
  return hits.concat(oldNumbers(commune, index, query));
}

/** Parcels whose old sheet and number, as on old papers, are the ones asked for. */
function oldNumbers(commune, index, query) {
  return [index.old, ...Object.values(index.former ?? {})].flatMap((old) => withOldNumbers(commune, index, query, old));
}

function withOldNumbers(commune, index, query, oldNumbers) {
  if (query.sheet === null || query.number === null) return [];
  const old = `${query.sheet}-${query.number}`;
  return (oldNumbers[old] ?? []).flatMap((code) => {
    const [sheet, number] = code.split('-');
    const at = index.sheets[sheet]?.[number];
    const same = sheet === query.sheet && number === query.number;
    return at && !same ? [{ kind: 'thua', commune, sheet, number, at, old: `${query.sheet}/${query.number}` }] : [];
  });
}

export { fold };
