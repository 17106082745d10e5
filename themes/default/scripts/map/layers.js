// Which layers are shown, and how strongly the plans are drawn.
import { element } from '../search/results.js';
import { words } from './words.js';

const GROUPS = {
  parcels: ['thua-dat-vien', 'thua-dat-tro'],
  landUse: ['su-dung-dat', 'thua-dat-nen'],
  plans: ['quy-hoach-vien', 'quy-hoach-vien-chua', 'quy-hoach-nhan'],
  base: ['thuy-he', 'duong-vien', 'duong', 'thuy-he-nhan', 'duong-nhan', 'dia-danh-nhan', 'dia-danh-nhan-nho'],
  boundaries: ['dia-gioi', 'dia-gioi-tinh', 'dia-gioi-nhan'],
  labels: ['thua-dat-nhan', 'to-ban-do-nhan'],
};

export class Layers {
  /** @param {{plans: boolean}} shown what the address asks for */
  constructor({ plans }) {
    this.shown = { parcels: true, landUse: true, plans, base: true, boundaries: true, labels: true };
    this.plansOpacity = 0.45;
  }

  /** Brings a (new) style to the chosen state. */
  apply(map) {
    this.map = map;
    for (const [group, layers] of Object.entries(GROUPS)) {
      for (const layer of layers) {
        if (map.getLayer(layer)) map.setLayoutProperty(layer, 'visibility', this.shown[group] ? 'visible' : 'none');
      }
    }
    // The style is one for all languages.
    if (map.getLayer('to-ban-do-nhan')) {
      const number = ['to-string', ['get', 'soHieuToBanDo']];
      map.setLayoutProperty('to-ban-do-nhan', 'text-field', ['concat', words.sheetBefore, number]);
    }
    // The plans' areas stay in the map at opacity 0, so that a click still learns the zone under it.
    if (map.getLayer('quy-hoach')) {
      map.setPaintProperty('quy-hoach', 'fill-opacity', this.shown.plans ? this.plansOpacity : 0);
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
    const slider = group === 'plans' ? this.slider() : null;
    if (slider) item.append(slider);
    box.addEventListener('change', () => {
      this.shown[group] = box.checked;
      if (slider) slider.hidden = !box.checked;
      if (this.map) this.apply(this.map);
    });
    return item;
  }

  slider() {
    const input = element('input', { type: 'range', min: '0.1', max: '0.9', step: '0.1', 'aria-label': words.opacity });
    input.value = String(this.plansOpacity);
    input.hidden = !this.shown.plans;
    input.addEventListener('input', () => {
      this.plansOpacity = Number(input.value);
      if (this.map) this.apply(this.map);
    });
    return input;
  }
}
