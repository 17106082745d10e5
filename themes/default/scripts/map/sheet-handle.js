// On a phone the panel is a sheet with three heights; tapped or dragged by its handle.
import { element } from '../search/results.js';
import { words } from './words.js';

/** A drag shorter than this is a tap. */
const DRAG_PX = 24;

/** @param {HTMLElement} panel @returns {(step: 1|2|3) => void} raises the sheet at least to a step */
export function addHandle(panel) {
  const handle = element('button', { type: 'button', class: 'sheet-handle' });
  panel.prepend(handle);
  const set = (step) => {
    panel.dataset.step = String(step);
    handle.textContent = words.pull[step - 1];
  };
  const step = () => Number(panel.dataset.step);
  let from = null;
  handle.addEventListener('pointerdown', (event) => {
    from = event.clientY;
    handle.setPointerCapture(event.pointerId);
  });
  handle.addEventListener('pointerup', (event) => {
    const moved = from === null ? 0 : from - event.clientY;
    from = null;
    if (Math.abs(moved) >= DRAG_PX) set(Math.min(3, Math.max(1, step() + Math.sign(moved))));
    else set((step() % 3) + 1);
  });
  handle.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      set((step() % 3) + 1);
    }
  });
  set(1);
  return (least) => step() < least && set(least);
}
