// The land-use codes that are on the screen, with their official colours.
import { element } from '../search/results.js';
import { language, words } from './words.js';

const LAYERS = [
  ['su-dung-dat', 'kyHieuMucDichSuDung'],
  ['thua-dat-nen', 'kyHieuMucDichSuDung'],
  ['quy-hoach', 'maKyHieuDat'],
];

let names = null;

/** Code → {vi, en, colour, group}. */
export async function landUses() {
  names ??= fetch('/search/land-use.json').then((response) => response.json());
  return names;
}

/** `ONT+CLN` → `Đất ở tại nông thôn; Đất trồng cây lâu năm`. */
export function landUseText(uses, codes) {
  return codes
    .split('+')
    .map((code) => uses[code.trim()]?.[language] ?? code)
    .join('; ');
}

/** @param {HTMLElement} target */
export function buildLegend(target) {
  const list = element('ul', { class: 'legend-list' });
  target.append(element('details', { open: '' }, element('summary', {}, words.legend), list));
  return async (map) => {
    const uses = await landUses();
    const codes = new Set();
    for (const [layer, field] of LAYERS) {
      if (!map.getLayer(layer) || map.getPaintProperty(layer, 'fill-opacity') === 0) continue;
      for (const feature of map.queryRenderedFeatures({ layers: [layer] })) {
        codes.add(String(feature.properties[field] ?? '').split('+')[0]);
      }
    }
    const rows = [...codes].sort().map((code) => row(code, uses[code]));
    list.replaceChildren(...(rows.length ? rows : [element('li', {}, words.legendEmpty)]));
  };
}

const SVG = 'http://www.w3.org/2000/svg';

const WHITE = '#ffffff';
/** The colours of land that the rules leave white: a stroke tells their swatch from an empty box. */
const WHITES = /^#fffff[ef]$/i;

function strike() {
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', 'M.5 17.5 27.5.5');
  // Dark in both schemes: the swatch under it is white in both.
  path.setAttribute('stroke', '#1c1b19');
  return path;
}

function row(code, use) {
  const item = element('li', {});
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 28 18');
  svg.setAttribute('width', '28');
  svg.setAttribute('aria-hidden', 'true');
  const rect = document.createElementNS(SVG, 'rect');
  for (const [key, value] of Object.entries({ x: 0.5, y: 0.5, width: 27, height: 17, stroke: 'currentColor' })) {
    rect.setAttribute(key, value);
  }
  rect.setAttribute('fill', use?.colour || WHITE);
  svg.append(rect);
  if (!use?.colour || WHITES.test(use.colour)) svg.append(strike());
  item.append(svg, element('b', {}, code), element('span', {}, use?.[language] ?? ''));
  return item;
}
