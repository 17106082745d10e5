// The land-use codes that are on the screen: the official colour, and beside it the colour as the map draws it.
import { editionBase } from '../edition.js';
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
  names ??= fetch(`${editionBase}/search/land-use.json`).then((response) => response.json());
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
  const key = element('p', { class: 'legend-key muted' }, words.legendKey);
  const list = element('div');
  target.append(element('details', { class: 'legend', open: '' }, element('summary', {}, words.legend), key, list));
  return async (map) => {
    // Looking at everything on the screen takes a phone a while: not while nobody can see the answer.
    if (target.getBoundingClientRect().top > innerHeight) return;
    const uses = await landUses();
    const parts = [];
    for (const [title, layers] of [[words.legendPlans, ['quy-hoach']], [words.legendUse, ['su-dung-dat', 'thua-dat-nen']]]) {
      const rows = rowsOf(map, layers, uses);
      if (rows.length > 0) parts.push(element('h2', {}, title), element('ul', { class: 'legend-list' }, ...rows));
    }
    key.hidden = parts.length === 0;
    list.replaceChildren(...(parts.length ? parts : [element('p', { class: 'muted' }, words.legendEmpty)]));
  };
}

/** One row for each code that the layers show. */
function rowsOf(map, wanted, uses) {
  const found = new Map();
  for (const [layer, field] of LAYERS.filter(([layer]) => wanted.includes(layer))) {
    if (!map.getLayer(layer) || !(map.getPaintProperty(layer, 'fill-opacity') > 0)) continue;
    for (const feature of map.queryRenderedFeatures({ layers: [layer] })) {
      const code = String(feature.properties[field] ?? '').split('+')[0];
      if (!found.has(code)) found.set(code, onPaper(map, layer, code));
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, drawn]) => row(code, uses[code], drawn));
}

/** The colour of a code in a layer, laid over the ground as the map lays it. */
function onPaper(map, layer, code) {
  const cases = map.getPaintProperty(layer, 'fill-color');
  const at = cases.indexOf(code.slice(0, 3));
  const colour = rgb(at < 0 ? cases.at(-1) : cases[at + 1]);
  const ground = rgb(map.getPaintProperty('nen', 'background-color'));
  const opacity = map.getPaintProperty(layer, 'fill-opacity');
  return `#${colour.map((c, i) => Math.round(ground[i] + (c - ground[i]) * opacity).toString(16).padStart(2, '0')).join('')}`;
}

const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

const SVG = 'http://www.w3.org/2000/svg';

const WHITE = '#ffffff';
/** The colours of land that the rules leave white: a stroke tells their swatch from an empty box. */
const WHITES = /^#fffff[ef]$/i;

function drawing(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Left the official colour, right the one on this map. */
function swatch(official, drawn) {
  const svg = drawing('svg', { viewBox: '0 0 40 18', width: 40, 'aria-hidden': 'true' });
  svg.append(
    drawing('rect', { x: 0.5, y: 0.5, width: 20, height: 17, fill: official }),
    drawing('rect', { x: 20.5, y: 0.5, width: 19, height: 17, fill: drawn, class: 'drawn' }),
    drawing('path', { d: 'M20.5.5v17', stroke: 'currentColor' }),
    drawing('rect', { x: 0.5, y: 0.5, width: 39, height: 17, fill: 'none', stroke: 'currentColor' }),
  );
  // Dark in both schemes: the swatch under it is white in both.
  if (WHITES.test(official)) svg.append(drawing('path', { d: 'M.5 17.5 20.5.5', stroke: '#1c1b19' }));
  return svg;
}

function row(code, use, drawn) {
  return element('li', { 'data-code': code }, swatch(use?.colour || WHITE, drawn), element('b', {}, code), element('span', {}, use?.[language] ?? ''));
}
