// Which layers are shown, and how strongly the plans are drawn.
import { element } from '../search/results.js';
import { words } from './words.js';

const GROUPS = {
  parcels: ['thua-dat-vien', 'thua-dat-tro'],
  landUse: ['su-dung-dat', 'thua-dat-nen'],
  prices: ['gia-dat-xa'],
  plans: ['quy-hoach-vien', 'quy-hoach-vien-chua', 'quy-hoach-nhan'],
  base: ['thuy-he', 'duong-vien', 'duong', 'thuy-he-nhan', 'duong-nhan', 'dia-danh-nhan', 'dia-danh-nhan-nho'],
  boundaries: ['dia-gioi', 'dia-gioi-tinh', 'dia-gioi-nhan'],
  labels: ['thua-dat-nhan', 'to-ban-do-nhan'],
};
const PLANS_OPACITY = 0.5;
/** Shown when somebody asks for them; the others are hidden when somebody does. */
const ASKED_FOR = ['plans', 'prices'];
/** A finger does not hover: on a phone the outline under the pointer would be laid out and drawn for nobody. */
const UNUSED = new Set(matchMedia('(hover: none)').matches ? ['thua-dat-tro'] : []);

export class Layers {
  /** @param {import('./permalink.js').Link} link what the address asks for @param {() => void} changed */
  constructor({ plans, prices, hidden, opacity }, changed) {
    this.shown = { parcels: true, landUse: true, prices, plans, base: true, boundaries: true, labels: true };
    for (const group of hidden) if (group in this.shown && !ASKED_FOR.includes(group)) this.shown[group] = false;
    this.plansOpacity = opacity ?? PLANS_OPACITY;
    this.drawn = {};
    this.changed = changed;
  }

  /** For the address: nothing that is as it was when the map was opened. */
  get state() {
    const hidden = Object.keys(GROUPS).filter((group) => !ASKED_FOR.includes(group) && !this.shown[group]);
    const { plans, prices } = this.shown;
    return { plans, prices, hidden, opacity: this.plansOpacity === PLANS_OPACITY ? null : this.plansOpacity };
  }

  /**
   * What the chosen state asks of each layer: `[layer, 'layout' | 'paint', property, value]`.
   * Land use stays in the map at opacity 0 when it is hidden, so that a click still learns the parcel under it; so do
   * the plans' areas.
   */
  *wishes() {
    for (const [group, layers] of Object.entries(GROUPS)) {
      const visible = group === 'landUse' || this.shown[group];
      for (const layer of layers) yield [layer, 'layout', 'visibility', visible && !UNUSED.has(layer) ? 'visible' : 'none'];
    }
    for (const [layer, opacity] of Object.entries(this.drawn)) yield [layer, 'paint', 'fill-opacity', this.shown.landUse ? opacity : 0];
    yield ['quy-hoach', 'paint', 'fill-opacity', this.shown.plans ? this.plansOpacity : 0];
    // The style is one for all languages.
    yield ['to-ban-do-nhan', 'layout', 'text-field', ['concat', words.sheetBefore, ['to-string', ['get', 'soHieuToBanDo']]]];
  }

  /** Brings a style to the chosen state before the map has it: afterwards each change would lay its tiles out anew. */
  dress(style) {
    const byId = new Map(style.layers.map((layer) => [layer.id, layer]));
    const landUse = GROUPS.landUse.filter((id) => byId.has(id));
    this.drawn = Object.fromEntries(landUse.map((id) => [id, byId.get(id).paint['fill-opacity']]));
    for (const [id, kind, property, value] of this.wishes()) {
      const layer = byId.get(id);
      if (layer) layer[kind] = { ...layer[kind], [property]: value };
    }
    this.fillPriceKey(style);
    return style;
  }

  /** Brings the map to the state that was chosen since. */
  apply(map) {
    for (const [layer, kind, property, value] of this.wishes()) {
      if (!map.getLayer(layer)) continue;
      if (kind === 'layout') map.setLayoutProperty(layer, property, value);
      else map.setPaintProperty(layer, property, value);
    }
  }

  /** @param {HTMLElement} target */
  build(target) {
    const list = element('ul');
    for (const group of Object.keys(GROUPS)) list.append(this.row(group));
    const details = element('details', { open: '' }, element('summary', {}, words.layers), list);
    if (matchMedia('(max-width: 48rem)').matches) details.removeAttribute('open');
    target.append(details);
  }

  row(group) {
    const box = element('input', { type: 'checkbox' });
    box.checked = this.shown[group];
    const item = element('li', {}, element('label', {}, box, words.layerNames[group]));
    const more = { plans: () => this.slider(), prices: () => this.priceKey() }[group]?.();
    if (more) item.append(more);
    box.addEventListener('change', () => {
      this.shown[group] = box.checked;
      if (more) more.hidden = !box.checked;
      this.show();
    });
    return item;
  }

  /** Colour and range of each class of prices, as the style has them. */
  priceKey() {
    this.key = element('div', { class: 'price-key' });
    this.key.hidden = !this.shown.prices;
    return this.key;
  }

  fillPriceKey(style) {
    const classes = style.metadata?.['congbo:price-classes'] ?? [];
    if (!this.key) return;
    // A province that publishes no price of residential land is not asked whether to show it.
    this.key.parentElement.hidden = classes.length === 0;
    const row = ({ from_vnd, to_vnd, communes, colour }) => {
      const swatch = element('span', { class: 'price-swatch' });
      swatch.style.background = colour;
      return element('li', {}, swatch, words.priceClass(from_vnd, to_vnd, communes));
    };
    this.key.replaceChildren(element('p', { class: 'muted' }, words.priceKey), element('ul', {}, ...classes.map(row)));
  }

  slider() {
    const input = element('input', { type: 'range', min: '10', max: '100', step: '10' });
    const figure = element('output', {});
    const label = element('label', { class: 'slider' }, words.opacity, input, figure);
    input.value = String(this.plansOpacity * 100);
    figure.textContent = `${input.value} %`;
    label.hidden = !this.shown.plans;
    input.addEventListener('input', () => {
      this.plansOpacity = Number(input.value) / 100;
      figure.textContent = `${input.value} %`;
      this.show();
    });
    return label;
  }

  show() {
    if (this.map) this.apply(this.map);
    this.changed();
  }
}
