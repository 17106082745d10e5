// Decides whether a map is drawn, and when; the map itself is a file of its own, many times as large as this one.
import { FAILED } from './frame.js';
import { showParcel } from './panel.js';
import { read } from './permalink.js';

const frame = document.getElementById('ban-do');
const panel = document.getElementById('bang');
const whole = document.getElementById('toan-tinh');

/** In the tab's own memory: here somebody has asked for the map before. */
const ASKED = 'ban-do';

/** What draws here; `null` where nothing can. */
const renderer = frame.dataset.bounds ? webGlRenderer() : null;
if (renderer === null) giveUp();
else begin(/swiftshader|llvmpipe|software|basic render/i.test(renderer));

/** Asked once: a context costs a slow phone a good part of a second. */
function webGlRenderer() {
  const context = document.createElement('canvas').getContext('webgl2');
  if (!context) return null;
  const name = rendererName(context);
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return name;
}

/** Chromium tells it by an extension alone; elsewhere to ask for the extension is a warning. */
function rendererName(context) {
  const name = context.getParameter(context.RENDERER) ?? '';
  const told = name === 'WebKit WebGL' ? context.getExtension('WEBGL_debug_renderer_info') : null;
  return told ? context.getParameter(told.UNMASKED_RENDERER_WEBGL) : name;
}

/**
 * Where the processor draws, a map takes an old machine's whole attention for seconds: the drawing of the communes
 * stands there at once, and the map waits until it is asked for, by the button, by a commune or by an address.
 */
function begin(slow) {
  frame.addEventListener(FAILED, giveUp);
  whole?.addEventListener('click', chooseCommune);
  if (slow) frame.dataset.slow = '';
  if (!slow || !whole || location.hash || askedBefore()) return draw();
  const ask = document.getElementById('mo-ban-do');
  whole.classList.add('waiting');
  ask.addEventListener('click', () => {
    frame.dataset.asked = '';
    draw();
  });
  addEventListener('hashchange', draw, { once: true });
}

function chooseCommune(event) {
  const commune = event.target.closest('a[data-xa]');
  if (!commune) return;
  event.preventDefault();
  location.hash = `xa=${commune.dataset.xa}`;
}

/** A browser that keeps nothing for this page says so by an error. */
function askedBefore() {
  try {
    return sessionStorage.getItem(ASKED) !== null;
  } catch {
    return false;
  }
}

function remember() {
  try {
    sessionStorage.setItem(ASKED, '1');
  } catch {
    // Asked again next time.
  }
}

let asked = false;
function draw() {
  if (asked) return;
  asked = true;
  remember();
  whole?.classList.replace('waiting', 'coming');
  const script = document.createElement('script');
  // A package's scripts are none of a module: a browser loads no module from a disk.
  if (location.protocol !== 'file:') script.type = 'module';
  script.src = frame.dataset.map;
  script.addEventListener('error', giveUp);
  document.head.append(script);
}

/** No map: the communes' drawing and the way to the sheets, and what is known of the parcel that the address names. */
function giveUp() {
  document.getElementById('khong-ve').hidden = false;
  frame.parentElement.classList.add('no-map');
  whole?.classList.remove('waiting', 'coming');
  whole?.removeEventListener('click', chooseCommune);
  panel.dataset.step = '3';
  const { parcel } = read(location.hash);
  if (!parcel) return;
  const detail = document.getElementById('chi-tiet');
  const pages = frame.dataset.pages;
  showParcel(detail, { code: parcel, properties: null, plans: null }, { pages, clear: () => detail.replaceChildren() }).catch(console.error);
}
