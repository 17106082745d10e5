// For those who move the map by keyboard: a numbered list of the parcels at and around the crosshair.
import { element } from '../search/results.js';
import { landUses, landUseText } from './legend.js';
import { codeOf } from './select.js';
import { codeText } from './permalink.js';
import { figure, words } from './words.js';

/** Half the side of the square that is looked at, in pixels, and as many parcels as there are figures. */
const REACH_PX = 120;
const MOST = 9;

/**
 * @param {HTMLElement} target
 * @param {{choose: (point: {x: number, y: number}) => void, select: Function}} acts `choose` also learns the plans at
 *   a point, `select` knows the parcel alone
 */
export function listUnder(map, target, { choose, select }) {
  const take = ({ feature, inside }) => (inside ? choose(map.project(map.getCenter())) : select(codeOf(feature), feature.properties, null));
  const canvas = map.getCanvas();
  let listed = [];
  const show = async () => {
    if (!canvas.matches(':focus-visible')) return;
    const uses = await landUses();
    listed = around(map);
    const items = listed.map((entry, i) => {
      const button = element('button', { type: 'button', class: 'action' }, text(entry.feature, uses, i));
      button.addEventListener('click', () => take(entry));
      return element('li', {}, button);
    });
    const first = listed[0]?.inside ? text(listed[0].feature, uses, 0) : words.underNothing;
    target.hidden = false;
    target.replaceChildren(
      element('h2', {}, words.under),
      element('p', { class: 'visually-hidden', role: 'status' }, first),
      items.length > 0 ? element('ol', {}, ...items) : element('p', {}, words.underNothing),
    );
  };
  map.on('idle', show);
  canvas.addEventListener('focus', show);
  canvas.addEventListener('pointerdown', () => (target.hidden = true));
  canvas.addEventListener('keydown', (event) => {
    const found = /^[1-9]$/.test(event.key) ? listed[Number(event.key) - 1] : null;
    if (!found) return;
    event.preventDefault();
    take(found);
  });
}

const text = ({ properties }, uses, i) => {
  const use = String(properties.kyHieuMucDichSuDung ?? '');
  const area = properties.dienTich === undefined ? '' : `, ${figure(properties.dienTich)} m²`;
  return `${i + 1}. ${words.parcelShort(properties.soThuTuThua, properties.soHieuToBanDo)}: ${landUseText(uses, use)}${area}`;
};

/** Parcels around the middle, that under the crosshair first, then by their distance from it. */
function around(map) {
  if (!map.getLayer('thua-dat-nen')) return [];
  const middle = map.project(map.getCenter());
  const query = (where) => map.queryRenderedFeatures(where, { layers: ['thua-dat-nen'] });
  const own = query(middle)[0];
  const box = [[middle.x - REACH_PX, middle.y - REACH_PX], [middle.x + REACH_PX, middle.y + REACH_PX]];
  const seen = new Map();
  for (const feature of query(box)) {
    const code = codeText(codeOf(feature));
    const distance = distanceTo(map, feature, middle);
    const known = seen.get(code);
    if (!known || distance < known.distance) seen.set(code, { feature, distance, inside: false });
  }
  if (own) seen.set(codeText(codeOf(own)), { feature: own, distance: -1, inside: true });
  return [...seen.values()].sort((a, b) => a.distance - b.distance).slice(0, MOST);
}

/** Pixels from the crosshair to the nearest corner. */
function distanceTo(map, { geometry }, middle) {
  const corners = geometry.coordinates.flat(geometry.type === 'Polygon' ? 1 : 2).map((lonLat) => map.project(lonLat));
  return Math.min(...corners.map((corner) => Math.hypot(corner.x - middle.x, corner.y - middle.y)));
}
