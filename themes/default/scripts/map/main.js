// The map page. The map reads tiles from the site's own archives and says where every figure comes from.
import { Map as MapView, addProtocol, setWorkerUrl } from 'maplibre-gl';
import { loadParcels, loadPlaces } from '../search/find.js';
import { addControls } from './controls.js';
import { Layers } from './layers.js';
import { buildLegend } from './legend.js';
import { showMessage, showParcel, showZones } from './panel.js';
import { codeText, read, write } from './permalink.js';
import { addSearch } from './search.js';
import { at, codeOf, highlight, hover, keyboard } from './select.js';
import { addHandle } from './sheet-handle.js';
import { darkQuery, loadStyle } from './style.js';
import { tiles } from './tiles.js';
import { words } from './words.js';

const FONT = '"Be Vietnam Pro", system-ui, sans-serif';
/** Room around the data that the map may show, as a share of its size: a province, never the country. */
const MARGIN = 0.3;
/** Zoom at which a parcel fills a good part of a phone's screen. */
const PARCEL_ZOOM = 18;
/** Parcels are drawn from this zoom on. */
const DRAWN_FROM = 15;

const frame = document.getElementById('ban-do');
const panel = document.getElementById('bang');
const detail = document.getElementById('chi-tiet');
const pages = frame.dataset.pages;
const styleUrls = { light: frame.dataset.styleLight, dark: frame.dataset.styleDark };
const bounds = (frame.dataset.bounds ?? '').split(',').map(Number);

if (bounds.length === 4 && hasWebGl()) start().catch(giveUp);
else giveUp();

function hasWebGl() {
  return Boolean(document.createElement('canvas').getContext('webgl2'));
}

/** No map: the way to the sheets instead. */
function giveUp(error) {
  if (error) console.error(error);
  document.getElementById('khong-ve').hidden = false;
  panel.dataset.step = '3';
}

async function start() {
  setWorkerUrl(new URL(frame.dataset.worker, location.href).href);
  addProtocol('pmtiles', tiles());
  document.getElementById('cac-to').open = false;
  const link = read(location.hash);
  const layers = new Layers(link);
  const raise = addHandle(panel);
  const side = document.getElementById('lop');
  layers.build(side);
  const showLegend = buildLegend(side);
  // The labels are drawn with the page's own fonts, which must be there before the first tile is laid out.
  await Promise.all(['ệĐư', 'aA0'].map((sample) => document.fonts.load('400 16px "Be Vietnam Pro"', sample)));
  const map = await makeMap(link);
  // For the browser's console and for tests: what is drawn can be asked of the map itself.
  window.congboMap = map;
  const state = { selected: null, properties: null };
  addControls(map, frame, home());
  addSearch(panel, { pages, raise: () => raise(2) });
  hover(map);

  const choose = (point) => {
    const { parcel, plans } = at(map, point);
    raise(2);
    if (!parcel) return showPlace(plans);
    select(codeOf(parcel), parcel.properties, plans);
  };
  const showPlace = async (plans) => {
    if (plans.length > 0) await showZones(detail, plans);
    else showMessage(detail, words.nothing);
  };
  const select = async (code, properties, plans) => {
    state.selected = code;
    highlight(map, code);
    write(map, code);
    showMessage(detail, words.loading);
    try {
      await showParcel(detail, { code, properties, plans }, { pages, clear });
      panel.scrollTop = 0;
    } catch (error) {
      console.error(error);
      showMessage(detail, words.failed, 'alert');
    }
  };
  const clear = () => {
    state.selected = null;
    highlight(map, null);
    write(map, null);
    detail.replaceChildren();
  };
  const follow = () => {
    const link = read(location.hash);
    if (link.view) map.jumpTo(link.view);
    return followLink(map, link, { select, raise });
  };

  map.on('click', (event) => choose(event.point));
  keyboard(map, choose);
  map.on('moveend', () => write(map, state.selected));
  map.on('idle', () => showLegend(map));
  map.on('style.load', () => {
    layers.apply(map);
    highlight(map, state.selected);
  });
  layers.apply(map);
  darkQuery.addEventListener('change', async () => map.setStyle(await loadStyle(styleUrls)));
  addEventListener('hashchange', follow);
  await followLink(map, link, { select, raise });
}

const home = () => [bounds.slice(0, 2), bounds.slice(2)];

async function makeMap(link) {
  const [west, south, east, north] = bounds;
  const [x, y] = [(east - west) * MARGIN + 0.005, (north - south) * MARGIN + 0.005];
  const map = new MapView({
    container: frame,
    style: await loadStyle(styleUrls),
    ...(link.view ?? { bounds: home(), fitBoundsOptions: { padding: 24 } }),
    maxBounds: [
      [west - x, south - y],
      [east + x, north + y],
    ],
    maxZoom: 21,
    localIdeographFontFamily: FONT,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 150,
  });
  map.touchZoomRotate.disableRotation();
  map.getCanvas().setAttribute('aria-label', frame.dataset.label);
  await new Promise((loaded) => map.once('load', loaded));
  return map;
}

/** How much of the map the pulled-up sheet hides, in pixels; nothing where the panel stands beside the map. */
async function covered() {
  await Promise.all(panel.getAnimations().map((pulling) => pulling.finished.catch(() => {})));
  const [map, sheet] = [frame.getBoundingClientRect(), panel.getBoundingClientRect()];
  return sheet.left < map.right && sheet.right > map.left ? Math.max(0, map.bottom - sheet.top) : 0;
}

/** Goes where an address points: a parcel, a commune or a frame. */
async function followLink(map, link, { select, raise }) {
  if (link.parcel) return followParcel(map, link, { select, raise });
  if (link.commune) {
    const place = (await loadPlaces()).find((place) => place.kind === 'xa' && place.commune === link.commune);
    if (place?.bounds) map.fitBounds(place.bounds, { padding: 24, animate: false });
  } else if (link.bounds) {
    map.fitBounds(link.bounds, { padding: 48, maxZoom: 17, animate: false });
  }
}

async function followParcel(map, { parcel, view }, { select, raise }) {
  let point = null;
  try {
    const index = await loadParcels(parcel.commune);
    point = index.sheets[parcel.sheet]?.[parcel.number] ?? null;
  } catch (error) {
    console.error(error);
  }
  raise(2);
  if (!point) return showMessage(detail, words.gone(codeText(parcel)), 'alert');
  // An offset, not padding: padding would stay, and the crosshair would no longer be the middle of the map.
  // A view that does not draw the parcel cannot say what it is: then the parcel counts.
  const drawn = view && map.getZoom() >= DRAWN_FROM && map.getBounds().contains(point);
  if (!drawn) map.easeTo({ center: point, zoom: PARCEL_ZOOM, offset: [0, -(await covered()) / 2], duration: 0 });
  highlight(map, parcel);
  await new Promise((idle) => map.once('idle', idle));
  const found = at(map, map.project(point));
  const same = found.parcel && codeText(codeOf(found.parcel)) === codeText(parcel);
  await select(parcel, same ? found.parcel.properties : null, same ? found.plans : null);
}
