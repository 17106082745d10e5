// Lengths and areas between points that the person sets, in the plane of the cadastre's own zone: what a surveyor
// would get from the coordinates, not what Web Mercator shows.
import { element } from '../search/results.js';
import { areaM2, lengthM } from './vn2000.js';
import { gridText } from './controls.js';
import { copyButton } from './share.js';
import { figure, words } from './words.js';

const SOURCE = 'do';
const LAYERS = {
  'do-nen': { type: 'fill', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-opacity': 0.12 } },
  'do-quang': { type: 'line', filter: ['==', ['geometry-type'], 'LineString'], paint: { 'line-width': 6 } },
  'do-duong': { type: 'line', filter: ['==', ['geometry-type'], 'LineString'], paint: { 'line-width': 2.5 } },
  'do-diem': { type: 'circle', filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-radius': 5, 'circle-stroke-width': 2 } },
};

export class Measure {
  /** @param {HTMLElement} target where the figures stand @param {import('./zone.js').Zone} zone */
  constructor(map, target, zone, raise) {
    Object.assign(this, { map, target, zone, raise, points: [], active: false });
  }

  toggle() {
    if (this.active) return this.stop();
    this.active = true;
    this.points = [];
    this.target.hidden = false;
    this.raise();
    this.build();
    this.draw();
    this.map.getCanvas().focus();
    this.map.getCanvas().style.cursor = 'crosshair';
  }

  stop() {
    this.active = false;
    this.points = [];
    this.target.hidden = true;
    this.target.replaceChildren();
    this.draw();
    this.map.getCanvas().style.cursor = '';
  }

  /** @param {[number, number]} lonLat */
  add(lonLat) {
    this.points.push(lonLat);
    this.draw();
  }

  undo() {
    this.points.pop();
    this.draw();
  }

  build() {
    const button = (text, act) => {
      const made = element('button', { type: 'button', class: 'action' }, text);
      made.addEventListener('click', act);
      return made;
    };
    this.result = element('div', { role: 'status' });
    this.outline = element('textarea', { readonly: '', rows: '3', class: 'copy', spellcheck: 'false' });
    this.drawn = element('div', { hidden: '' }, element('label', { class: 'field' }, words.measureOutline, this.outline), copyButton(this.outline));
    const actions = element('p', { class: 'links' }, button(words.measureUndo, () => this.undo()), button(words.measureEnd, () => this.stop()));
    this.target.replaceChildren(element('h2', {}, words.measure), element('p', {}, words.measureHow), this.result, actions, this.drawn);
  }

  /** Also puts the layers back that a new style does not have. */
  draw() {
    this.drawOnMap();
    if (!this.active) return;
    const grid = this.points.map((point) => this.zone.grid(point));
    const terms = element('dl', {}, element('dt', {}, words.measureLength), element('dd', {}, `${figure(lengthM(grid).toFixed(2))} m`));
    if (grid.length > 2) {
      const around = lengthM([...grid, grid[0]]);
      terms.append(element('dt', {}, words.measureAround), element('dd', {}, `${figure(around.toFixed(2))} m`));
      terms.append(element('dt', {}, words.measureArea), element('dd', {}, `${figure(areaM2(grid).toFixed(1))} m²`));
    }
    const corners = element('ol', { class: 'corners' }, ...this.points.map((point) => element('li', {}, gridText(this.zone, point))));
    const where = element('p', { class: 'muted' }, words.measureZone(this.zone.meridian, this.zone.epsg));
    this.result.replaceChildren(terms, ...(this.points.length > 0 ? [corners] : []), where);
    this.drawn.hidden = this.points.length < 3;
    this.outline.value = JSON.stringify({ type: 'Polygon', coordinates: [this.ring()] });
  }

  /** Closed, in degrees of WGS 84 to the centimetre: as a form for extracts takes an area. */
  ring() {
    return [...this.points, ...this.points.slice(0, 1)].map((point) => point.map((degrees) => Number(degrees.toFixed(7))));
  }

  drawOnMap() {
    const { map } = this;
    const colour = map.getLayer('dia-gioi') ? map.getPaintProperty('dia-gioi', 'line-color') : '#9B1B1E';
    const ground = map.getPaintProperty('nen', 'background-color');
    if (!map.getSource(SOURCE)) {
      if (!this.active) return;
      map.addSource(SOURCE, { type: 'geojson', data: this.features() });
      for (const [id, { paint, ...layer }] of Object.entries(LAYERS)) {
        const own = id === 'do-quang' ? ground : colour;
        const colours = layer.type === 'circle' ? { 'circle-color': ground, 'circle-stroke-color': colour } : { [`${layer.type}-color`]: own };
        map.addLayer({ id, source: SOURCE, ...layer, paint: { ...paint, ...colours } });
      }
    }
    map.getSource(SOURCE).setData(this.features());
  }

  features() {
    const feature = (type, coordinates) => ({ type: 'Feature', properties: {}, geometry: { type, coordinates } });
    const features = this.points.map((point) => feature('Point', point));
    if (this.points.length > 2) features.push(feature('Polygon', [this.ring()]));
    if (this.points.length > 1) features.push(feature('LineString', this.points));
    return { type: 'FeatureCollection', features };
  }
}
