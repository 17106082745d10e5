// The map. It reads tiles from the site's own archives and says where every figure comes from.
import { Map as MapView, addProtocol, setWorkerUrl } from 'maplibre-gl';
import { communeOf, pointIn } from '../search/find.js';
import { TINT, buildCompare } from './compare.js';
import { addControls } from './controls.js';
import { FAILED } from './frame.js';
import { Layers } from './layers.js';
import { buildLegend } from './legend.js';
import { locate } from './locate.js';
import { Measure } from './measure.js';
import { buildOffline } from './offline.js';
import { showMessage, showParcel, showZones } from './panel.js';
import { codeText, fragment, read, write } from './permalink.js';
import { addSearch } from './search.js';
import { at, codeOf, highlight, hover, keyboard } from './select.js';
import { buildShare } from './share.js';
import { addHandle } from './sheet-handle.js';
import { darkQuery, loadStyle } from './style.js';
import { tiles } from './tiles.js';
import { listUnder } from './under.js';
import { words } from './words.js';
import { readZone } from './zone.js';

const FONT = '"Be Vietnam Pro", system-ui, sans-serif';
/** Zoom at which a parcel fills a good part of a phone's screen. */
const PARCEL_ZOOM = 18;
/** Parcels are drawn from this zoom on. */
const DRAWN_FROM = 15;

const frame = document.getElementById('ban-do');
const panel = document.getElementById('bang');
const detail = document.getElementById('chi-tiet');
const pages = frame.dataset.pages;
const embedded = 'embedded' in frame.dataset;
const styleUrls = { light: frame.dataset.styleLight, dark: frame.dataset.styleDark };
const degrees = (text) => (text ?? '').split(',').map(Number);
const bounds = degrees(frame.dataset.bounds);
/** Where the map can be moved to: a province, never the country. */
const limits = degrees(frame.dataset.frame);
const zone = readZone(frame.dataset);

start().catch((error) => {
  console.error(error);
  frame.dispatchEvent(new Event(FAILED));
});

async function start() {
  setWorkerUrl(new URL(frame.dataset.worker, location.href).href);
  const { any, network } = tiles();
  addProtocol('pmtiles', any);
  document.getElementById('cac-to').open = false;
  const link = read(location.hash);
  const state = { selected: null, since: link.since };
  const remember = () => {
    write(map, { parcel: state.selected, since: state.since, ...layers.state });
    refreshShare();
    const whole = document.getElementById('mo-rong');
    if (whole) whole.hash = location.hash;
  };
  const layers = new Layers(link, () => remember());
  const raise = embedded ? (step) => (panel.dataset.step = String(step)) : addHandle(panel);
  const side = document.getElementById('lop');
  const more = document.getElementById('them');
  layers.build(side);
  const showLegend = buildLegend(side);
  const dressed = async () => layers.dress(await loadStyle(styleUrls));
  // The labels are drawn with the page's own fonts, which must be there before the first tile is laid out.
  const fonts = ['ệĐư', 'aA0'].map((sample) => document.fonts.load('400 16px "Be Vietnam Pro"', sample));
  const [style] = await Promise.all([dressed(), ...fonts]);
  const map = await makeMap(link, style);
  layers.map = map;
  uncover(map);
  // For the browser's console and for tests: what is drawn can be asked of the map itself.
  window.congboMap = map;
  const say = (text, role) => {
    raise(2);
    showMessage(detail, text, role);
  };
  const measure = zone && new Measure(map, document.getElementById('cong-cu'), zone, () => raise(2));
  const tools = [[words.locateTool, words.locateToolLabel, () => locate(map, limits, say)]];
  tools.push([words.legendTool, words.legendToolLabel, () => showLegendOnPhone(raise), 'on-phone']);
  if (measure) tools.push([words.measureTool, words.measureToolLabel, () => measure.toggle()]);
  addControls(map, frame, home(), zone, embedded ? [] : tools);
  if (!embedded) addSearch(panel, { pages, raise: () => raise(2) });
  hover(map);

  const choose = (point) => {
    const { parcel, plans } = at(map, point);
    raise(2);
    if (!parcel) return showPlace(plans, map.unproject(point));
    return select(codeOf(parcel), parcel.properties, plans);
  };
  const showPlace = (plans, { lng, lat }) => showZones(detail, plans, [lng, lat], pages);
  const select = async (code, properties, plans) => {
    state.selected = code;
    highlight(map, code);
    remember();
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
    remember();
    detail.replaceChildren();
    if (embedded) panel.dataset.step = '1';
  };
  // What the event brings: a flight that ends meanwhile may have written its own place into the address already.
  const follow = ({ newURL }) => {
    const link = read(new URL(newURL).hash);
    if (link.view) map.jumpTo(link.view);
    return followLink(map, link, { select, raise });
  };
  const refreshShare = embedded ? () => {} : buildShare(more, () => fragment(map, { parcel: state.selected, since: state.since, ...layers.state }), pages);
  const compare = embedded ? null : buildCompare(more, map, { state, remember, pages, tile: any });
  if (!embedded) {
    const here = () => state.selected?.commune ?? null;
    buildOffline(more, { pages, digest: frame.dataset.dataCode, tile: network, here });
  }

  map.on('click', (event) => (measure?.active ? measure.add(event.lngLat.toArray()) : choose(event.point)));
  keyboard(map, {
    enter: () => (measure?.active ? measure.add(map.getCenter().toArray()) : choose(map.project(map.getCenter()))),
    undo: () => measure?.active && measure.undo(),
    escape: () => (measure?.active ? measure.stop() : clear()),
  });
  if (!embedded) listUnder(map, document.getElementById('duoi-dau-thap'), { choose, select });
  if (embedded) panel.addEventListener('click', (event) => event.target.closest('a')?.setAttribute('target', '_blank'));
  map.on('moveend', remember);
  map.on('idle', () => showLegend(map));
  new MutationObserver(() => showLegend(map)).observe(panel, { attributeFilter: ['data-step'] });
  const dress = () => {
    highlight(map, state.selected);
    if (measure?.active) measure.draw();
    compare?.draw();
  };
  map.on('style.load', dress);
  darkQuery.addEventListener('change', async () => {
    map.setStyle(await dressed(), { transformStyle: keepOwn });
    dress();
  });
  addEventListener('hashchange', follow);
  await followLink(map, link, { select, raise });
}

/** The map takes the place of the communes' drawing; the focus too, when it was on the button there. */
function uncover(map) {
  document.getElementById('toan-tinh')?.remove();
  if ('asked' in frame.dataset) map.getCanvas().focus();
}

/** What was drawn on the map stays when the scheme changes. */
function keepOwn(previous, next) {
  const sources = Object.entries(previous?.sources ?? {}).filter(([id]) => !(id in next.sources));
  const ids = new Set(sources.map(([id]) => id));
  const layers = (previous?.layers ?? []).filter((layer) => ids.has(layer.source) || layer.id === TINT);
  return { ...next, sources: { ...next.sources, ...Object.fromEntries(sources) }, layers: [...next.layers, ...layers] };
}

/** On a phone the legend lies in the sheet, below what was chosen. */
function showLegendOnPhone(raise) {
  raise(2);
  const legend = document.querySelector('.legend');
  legend.open = true;
  legend.scrollIntoView({ block: 'start' });
  legend.querySelector('summary').focus({ preventScroll: true });
}

const home = () => [bounds.slice(0, 2), bounds.slice(2)];

async function makeMap(link, style) {
  const map = new MapView({
    container: frame,
    style,
    ...(link.view ?? { bounds: home(), fitBoundsOptions: { padding: 24 } }),
    maxBounds: [limits.slice(0, 2), limits.slice(2)],
    maxZoom: 21,
    localIdeographFontFamily: FONT,
    attributionControl: false,
    // The style is checked when it is made (formats.test.mjs).
    validateStyle: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    cooperativeGestures: false,
    pixelRatio: pixelRatio(),
    // Labels that fade in are drawn a dozen times; on an old phone each time costs a tenth of a second.
    fadeDuration: 0,
  });
  map.touchZoomRotate.disableRotation();
  map.getCanvas().setAttribute('aria-label', frame.dataset.label);
  await new Promise((loaded) => map.once('load', loaded));
  return map;
}

/** Hairlines gain nothing beyond two dots for a pixel; where the processor draws, every dot costs. */
function pixelRatio() {
  return Math.min(devicePixelRatio, 'slow' in frame.dataset ? 1 : 2);
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
    const place = await communeOf(link.commune);
    if (place?.bounds) map.fitBounds(place.bounds, { padding: 24, animate: false });
  } else if (link.bounds) {
    map.fitBounds(link.bounds, { padding: 48, maxZoom: 17, animate: false });
  }
}

async function followParcel(map, { parcel, view }, { select, raise }) {
  const point = await pointIn(parcel).catch((error) => {
    console.error(error);
    return null;
  });
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
