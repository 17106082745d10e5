// Two editions side by side: the parcels of this one that were otherwise, or not there, in an earlier one. Where the
// site has no earlier edition there is nothing to choose, and nothing is shown.
import { element } from '../search/results.js';
import { codeOf } from './select.js';
import { codeText } from './permalink.js';
import { date, words } from './words.js';

const SOURCE = 'ban-truoc';
const HIDDEN = 'ban-truoc-an';
export const TINT = 'thay-doi';
const PARCELS = 'thua_dat';
const COMPARED = ['kyHieuMucDichSuDung', 'dienTich', 'maDinhDanhThuaDat'];
/** Borders are compared to this part of a degree, about a metre: tiles of two editions round alike, but not alone. */
const PLACES = 5;

/**
 * @param {HTMLElement} target
 * @param {{state: {since: string|null}, remember: () => void, pages: string}} site
 */
export function buildCompare(target, map, { state, remember, pages }) {
  let archive = null;
  const place = element('div');
  target.append(place);
  const status = element('p', { role: 'status' });

  const choose = async (name) => {
    state.since = name;
    remember();
    clear(map);
    archive = null;
    status.textContent = '';
    if (!name) return;
    try {
      archive = await archiveOf(name);
      draw();
    } catch (error) {
      console.warn(error);
      status.textContent = words.compareFailed;
    }
  };
  const draw = () => {
    if (!archive || map.getSource(SOURCE)) return;
    map.addSource(SOURCE, { type: 'vector', url: `pmtiles://${location.origin}${archive}` });
    // A layer that shows nothing, so that the tiles are read.
    map.addLayer({ id: HIDDEN, type: 'fill', source: SOURCE, 'source-layer': PARCELS, minzoom: 15, paint: { 'fill-opacity': 0 } });
    const colour = map.getLayer('dia-gioi') ? map.getPaintProperty('dia-gioi', 'line-color') : '#9B1B1E';
    map.addLayer({ id: TINT, type: 'fill', source: 'thua-dat', 'source-layer': PARCELS, minzoom: 15, filter: ['boolean', false], paint: { 'fill-color': colour, 'fill-opacity': 0.45 } });
  };
  map.on('idle', () => archive && map.getSource(SOURCE) && mark(map, status));
  build(place, status, { state, choose, pages });
  return { draw };
}

function build(place, status, { state, choose, pages }) {
  const body = element('div');
  const details = element('details', {}, element('summary', {}, words.compare), body);
  // Asked for only when somebody wants to know: a site without earlier editions answers 404.
  let asked = false;
  const fill = async () => {
    if (asked) return;
    asked = true;
    const editions = await earlierEditions();
    body.replaceChildren(...(editions.length > 0 ? choice(editions, status, { state, choose, pages }) : [element('p', { role: 'status' }, words.compareNoEdition)]));
  };
  details.addEventListener('toggle', () => details.open && fill());
  place.append(details);
  if (state.since) details.open = true;
}

function choice(editions, status, { state, choose, pages }) {
  const option = ({ name, date: day }) => element('option', { value: name }, words.asOf(date(day)));
  const select = element('select', {}, element('option', { value: '' }, words.compareNone), ...editions.map(option));
  const open = element('a', { class: 'action', hidden: '' }, words.compareOpen);
  const show = () => {
    open.hidden = select.value === '';
    open.href = `/v/${encodeURIComponent(select.value)}${pages}/ban-do/${location.hash}`;
    choose(select.value || null);
  };
  select.addEventListener('change', show);
  if (editions.some((edition) => edition.name === state.since)) {
    select.value = state.since;
    show();
  }
  return [element('p', {}, words.compareHow), element('label', { class: 'field' }, words.compareWith, select), status, element('p', {}, open)];
}

/** Editions that were published before this one, the newest first; none where the server lists none. */
async function earlierEditions() {
  try {
    const response = await fetch('/v/', { headers: { accept: 'application/json' } });
    if (!response.ok || !response.headers.get('content-type')?.includes('json')) return [];
    const { current, editions } = await response.json();
    return editions.filter((edition) => edition.name !== current);
  } catch {
    return [];
  }
}

/** Path of the parcels' archive in an edition, as its own style names it. */
async function archiveOf(edition) {
  const response = await fetch(`/v/${encodeURIComponent(edition)}/styles/ban-do.json`);
  if (!response.ok) throw new Error(`edition: ${response.status}`);
  const { sources } = await response.json();
  const { pathname } = new URL(sources['thua-dat'].url.replace(/^pmtiles:\/\//, ''));
  return pathname.startsWith('/v/') ? pathname : `/v/${encodeURIComponent(edition)}${pathname}`;
}

function clear(map) {
  for (const layer of [TINT, HIDDEN]) if (map.getLayer(layer)) map.removeLayer(layer);
  if (map.getSource(SOURCE)) map.removeSource(SOURCE);
}

/** Compares what is on the screen and tints what differs. */
function mark(map, status) {
  if (map.getZoom() < 15) {
    status.textContent = words.compareWait;
    return;
  }
  const now = facts(map.querySourceFeatures('thua-dat', { sourceLayer: PARCELS }));
  const { changed, added, removed } = differences(now, facts(map.querySourceFeatures(SOURCE, { sourceLayer: PARCELS })));
  const key = [...changed, ...added].sort().join(' ');
  status.textContent = words.compareFound(changed.length, added.length, removed.length, now.size);
  if (map.congboTinted === key) return;
  map.congboTinted = key;
  const code = ['concat', ['get', 'maXa'], '-', ['to-string', ['get', 'soHieuToBanDo']], '-', ['to-string', ['get', 'soThuTuThua']]];
  map.setFilter(TINT, ['in', code, ['literal', [...changed, ...added]]]);
}

/** @param {Map<string, string>} now @param {Map<string, string>} before */
export function differences(now, before) {
  const added = [...now.keys()].filter((code) => !before.has(code));
  const changed = [...now].filter(([code, fact]) => before.has(code) && before.get(code) !== fact).map(([code]) => code);
  const removed = [...before.keys()].filter((code) => !now.has(code));
  return { changed, added, removed };
}

/** Code of each parcel → its facts and its extent, in one text; a parcel comes in parts where tiles meet. */
export function facts(features) {
  const parts = new Map();
  for (const feature of features) {
    const code = codeText(codeOf(feature));
    const box = extent(feature.geometry.coordinates.flat(feature.geometry.type === 'Polygon' ? 1 : 2));
    const known = parts.get(code);
    parts.set(code, { fact: COMPARED.map((name) => feature.properties[name] ?? '').join('|'), box: known ? join(known.box, box) : box });
  }
  return new Map([...parts].map(([code, { fact, box }]) => [code, `${fact}|${box.map((degree) => degree.toFixed(PLACES)).join(',')}`]));
}

const extent = (points) => points.reduce((box, [x, y]) => join(box, [x, y, x, y]), [180, 90, -180, -90]);
const join = (a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
