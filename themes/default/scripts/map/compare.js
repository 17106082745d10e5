// Two editions side by side: the parcels of this one that were otherwise, or not there, in an earlier one. Where the
// site has no earlier edition there is nothing to choose, and nothing is shown.
import { element } from '../search/results.js';
import { codeOf } from './select.js';
import { codeText } from './permalink.js';
import { date, words } from './words.js';

const SOURCE = 'ban-truoc';
const HIDDEN = 'ban-truoc-an';
const TINT = 'thay-doi';
const PARCELS = 'thua_dat';
const COMPARED = ['kyHieuMucDichSuDung', 'dienTich', 'maDinhDanhThuaDat'];
/** A parcel seen in parts at the edge of tiles: borders are compared to this share of a degree (about 0.1 m). */
const PLACES = 6;

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
    const colour = map.getPaintProperty('dia-gioi', 'line-color') ?? '#9B1B1E';
    map.addLayer({ id: TINT, type: 'fill', source: 'thua-dat', 'source-layer': PARCELS, minzoom: 15, filter: ['boolean', false], paint: { 'fill-color': colour, 'fill-opacity': 0.45 } });
  };
  map.on('idle', () => archive && map.getSource(SOURCE) && mark(map, status));
  build(place, status, { state, choose, pages });
  return { draw };
}

async function build(place, status, { state, choose, pages }) {
  const editions = await earlierEditions();
  if (editions.length === 0) return;
  const option = ({ name, date: day }) => element('option', { value: name }, words.asOf(date(day)));
  const select = element('select', {}, element('option', { value: '' }, words.compareNone), ...editions.map(option));
  const open = element('a', { class: 'action', hidden: '' }, words.compareOpen);
  const show = () => {
    open.hidden = select.value === '';
    open.href = `/v/${encodeURIComponent(select.value)}${pages}/ban-do/${location.hash}`;
    choose(select.value || null);
  };
  select.addEventListener('change', show);
  const details = element('details', {}, element('summary', {}, words.compare), element('p', {}, words.compareHow), element('label', { class: 'field' }, words.compare, select), status, element('p', {}, open));
  place.append(details);
  if (!editions.some((edition) => edition.name === state.since)) return;
  details.open = true;
  select.value = state.since;
  show();
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
  const now = facts(map, 'thua-dat');
  const before = facts(map, SOURCE);
  const changed = [];
  const added = [];
  for (const [code, fact] of now) {
    if (!before.has(code)) added.push(code);
    else if (before.get(code) !== fact) changed.push(code);
  }
  const key = [...changed, ...added].sort().join(' ');
  status.textContent = words.compareFound(changed.length, added.length, now.size);
  if (map.congboTinted === key) return;
  map.congboTinted = key;
  const code = ['concat', ['get', 'maXa'], '-', ['to-string', ['get', 'soHieuToBanDo']], '-', ['to-string', ['get', 'soThuTuThua']]];
  map.setFilter(TINT, ['in', code, ['literal', [...changed, ...added]]]);
}

/** Code of each parcel in view → its facts and its extent, in one text. */
function facts(map, source) {
  const parts = new Map();
  for (const feature of map.querySourceFeatures(source, { sourceLayer: PARCELS })) {
    const code = codeText(codeOf(feature));
    const box = extent(feature.geometry.coordinates.flat(feature.geometry.type === 'Polygon' ? 1 : 2));
    const known = parts.get(code);
    parts.set(code, { fact: COMPARED.map((name) => feature.properties[name] ?? '').join('|'), box: known ? join(known.box, box) : box });
  }
  return new Map([...parts].map(([code, { fact, box }]) => [code, `${fact}|${box.map((degree) => degree.toFixed(PLACES - 1)).join(',')}`]));
}

const extent = (points) => points.reduce((box, [x, y]) => join(box, [x, y, x, y]), [180, 90, -180, -90]);
const join = (a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
