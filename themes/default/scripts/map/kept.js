// What this device keeps of the site for the time without a network: one cache for each commune. Tiles lie in it
// under addresses that only this file knows, because the site serves them as parts of an archive.

const PREFIX = 'congbo-xa-';
const LIST = 'congbo-ngoai-tuyen';

/** @typedef {{code: string, name: string, date: string, digest: string, bytes: number}} Kept */

/** @returns {Kept[]} */
export function keptCommunes() {
  try {
    return JSON.parse(localStorage.getItem(LIST) ?? '[]');
  } catch {
    return [];
  }
}

function remember(list) {
  localStorage.setItem(LIST, JSON.stringify(list));
}

const keyOf = (url) => `${location.origin}/ngoai-tuyen/o?${new URLSearchParams({ url })}`;

/** A tile or an archive's description as it was kept, or `null`. @param {{url: string, type?: string}} request */
export async function keptTile({ url, type }) {
  if (keptCommunes().length === 0) return null;
  const response = await caches.match(keyOf(url));
  if (!response) return null;
  return { data: type === 'json' ? await response.json() : new Uint8Array(await response.arrayBuffer()) };
}

/**
 * Keeps all of a commune.
 * @param {{code: string, name: string, bounds: number[], data_date: string, pages: string[], files: string[],
 *   archives: {path: string, minzoom: number, maxzoom: number}[]}} list
 * @param {{prefix: string, digest: string, tile: Function, progress: (done: number, all: number) => void}} how
 */
export async function keep(list, { prefix, digest, tile, progress }) {
  await drop(list.code);
  const cache = await caches.open(PREFIX + list.code);
  const urls = [...list.pages.map((page) => `${prefix}${page}`), ...list.files];
  const jobs = [
    ...urls.map((url) => () => keepFile(cache, url)),
    ...list.archives.flatMap((archive) => tileJobs(cache, archive, list.bounds, tile)),
  ];
  const all = jobs.length;
  let [done, bytes] = [0, 0];
  const worker = async () => {
    for (let job = jobs.pop(); job; job = jobs.pop()) {
      // A weak line drops an answer now and then.
      const size = await job().catch(job);
      bytes += size;
      progress((done += 1), all);
    }
  };
  const workers = Array.from({ length: 6 }, worker);
  try {
    await Promise.all(workers);
  } catch (error) {
    // Half a commune would look whole. Nothing is written, or told, after it is gone.
    jobs.length = 0;
    await Promise.allSettled(workers);
    await caches.delete(PREFIX + list.code);
    throw error;
  }
  remember([...keptCommunes(), { code: list.code, name: list.name, date: list.data_date, digest, bytes }]);
  // Asks the browser not to clear it when room is short; it may say no.
  await navigator.storage?.persist?.();
}

/** @param {string} code */
export async function drop(code) {
  await caches.delete(PREFIX + code);
  remember(keptCommunes().filter((kept) => kept.code !== code));
}

async function keepFile(cache, url) {
  const response = await fetch(url, { cache: 'no-cache' });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  const body = await response.arrayBuffer();
  const headers = { 'content-type': response.headers.get('content-type') ?? 'application/octet-stream' };
  // The page's own rules go with it.
  const policy = response.headers.get('content-security-policy');
  if (policy) headers['content-security-policy'] = policy;
  await cache.put(new URL(url, location.origin).href, new Response(body, { headers }));
  return body.byteLength;
}

function tileJobs(cache, { path, minzoom, maxzoom }, bounds, tile) {
  const archive = `pmtiles://${location.origin}${path}`;
  const store = (url, type) => async () => {
    const { data } = await tile({ url, type }, new AbortController());
    const body = type === 'json' ? JSON.stringify(data) : (data ?? new Uint8Array());
    await cache.put(keyOf(url), new Response(body));
    return body.length ?? body.byteLength;
  };
  const jobs = [store(archive, 'json')];
  for (let z = minzoom; z <= maxzoom; z += 1) {
    for (const [x, y] of tilesOf(bounds, z)) jobs.push(store(`${archive}/${z}/${x}/${y}`, 'arrayBuffer'));
  }
  return jobs;
}

/** Tiles of a zoom that cover degrees of west, south, east, north. */
export function tilesOf([west, south, east, north], z) {
  const column = (lon) => Math.floor(((lon + 180) / 360) * 2 ** z);
  const line = (lat) => {
    const sin = Math.sin((lat * Math.PI) / 180);
    return Math.floor((0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)) * 2 ** z);
  };
  const tiles = [];
  for (let x = column(west); x <= column(east); x += 1) {
    for (let y = line(north); y <= line(south); y += 1) tiles.push([x, y]);
  }
  return tiles;
}
