// Zoom buttons, tools, the crosshair, the coordinates and the scale.
import { ScaleControl } from 'maplibre-gl';
import { element } from '../search/results.js';
import { figure, words } from './words.js';

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {import('maplibre-gl').Map} map @param {HTMLElement} frame @param {any} home bounds of everything
 * @param {import('./zone.js').Zone|null} zone
 * @param {[string, string, () => void, string?][]} tools name, description, action, class
 */
export function addControls(map, frame, home, zone, tools) {
  const main = frame.parentElement;
  const buttons = element('div', { class: 'map-buttons' });
  buttons.append(
    button('+', words.zoomIn, () => map.zoomIn()),
    button('−', words.zoomOut, () => map.zoomOut()),
    button('⤢', words.whole, () => map.fitBounds(home, { padding: 24 })),
    ...tools.map((tool) => wordButton(...tool)),
  );
  const coordinates = element('p', { class: 'coordinates' });
  // One above the other, so that a source line of any length pushes scale and coordinates up instead of covering them.
  main.querySelector('.map-foot').prepend(coordinates, new ScaleControl({ maxWidth: 120 }).onAdd(map));
  main.append(buttons);
  frame.append(crosshair());
  const show = ({ lng, lat }) => {
    const lines = [words.coordinates(figure(lat.toFixed(5)), figure(lng.toFixed(5)))];
    if (zone) lines.unshift(gridText(zone, [lng, lat]));
    coordinates.replaceChildren(...lines.map((line) => element('span', {}, line)));
  };
  map.on('mousemove', (event) => show(event.lngLat));
  map.on('move', () => show(map.getCenter()));
  show(map.getCenter());
}

/** `VN-2000 105°45′: X 2.306.769,2 · Y 568.022,8`: X is the northing, as on Vietnamese sheets. */
export function gridText(zone, lonLat) {
  const [easting, northing] = zone.grid(lonLat).map((metres) => figure(metres.toFixed(1)));
  return words.gridCoordinates(zone.meridian, northing, easting);
}

function button(sign, label, act) {
  const made = element('button', { type: 'button', title: label }, element('span', { 'aria-hidden': 'true' }, sign));
  made.append(element('span', { class: 'visually-hidden' }, label));
  made.addEventListener('click', act);
  return made;
}

function wordButton(name, label, act, kind = '') {
  const made = element('button', { type: 'button', class: `word ${kind}`.trim(), title: label }, name);
  made.addEventListener('click', act);
  return made;
}

function crosshair() {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'crosshair');
  svg.setAttribute('viewBox', '0 0 32 32');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  for (const [key, value] of Object.entries({ d: 'M16 2v10M16 20v10M2 16h10M20 16h10', fill: 'none', stroke: 'currentColor', 'stroke-width': 2 })) {
    path.setAttribute(key, value);
  }
  svg.append(path);
  return svg;
}
