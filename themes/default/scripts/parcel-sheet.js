// The paper for one parcel, from the file beside its map sheet: #thua=<commune>-<sheet>-<number>&ty-le=<scale>
import encodeQR from 'qr';

import { corners, facts, place } from './parcel-sheet/facts.js';
import { plot, SCALES, scaleFor } from './parcel-sheet/plot.js';
import { svg } from './parcel-sheet/svg.js';

const byId = (id) => document.getElementById(id);
const fill = (name) => document.querySelector(`[data-fill="${name}"]`);
const form = byId('phieu-chon');
const language = document.documentElement.lang;
const format = new Intl.NumberFormat(language === 'en' ? 'en-GB' : 'vi-VN');

let shown;

/** @returns {{commune: string, sheet: string, number: number, scale: number}|null} */
function asked() {
  const hash = new URLSearchParams(location.hash.slice(1));
  const found = /^(\d{5})-(\d{1,6})-(\d{1,6})$/.exec(hash.get('thua') ?? '');
  if (!found) return null;
  const scale = Number(hash.get('ty-le'));
  return { commune: found[1], sheet: found[2], number: Number(found[3]), scale: SCALES.includes(scale) ? scale : 0 };
}

async function load({ commune, sheet }) {
  const answer = await fetch(`/thua-dat/${commune}/${sheet}/thua.json`);
  if (!answer.ok) throw new Error(String(answer.status));
  const bytes = await answer.arrayBuffer();
  return { ...JSON.parse(new TextDecoder().decode(bytes)), sha256: await sha256(bytes), bytes: bytes.byteLength };
}

/** Digests need a secure context; without one the paper names the record alone. */
async function sha256(bytes) {
  if (!globalThis.crypto?.subtle) return null;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The edition that answered; a copy of the pages without the server has none. */
async function edition() {
  try {
    const answer = await fetch('/ready');
    return answer.ok ? (await answer.text()).split('\n')[0] : null;
  } catch {
    return null;
  }
}

async function landUses() {
  const answer = await fetch('/search/land-use.json');
  return answer.ok ? answer.json() : {};
}

async function show() {
  const wanted = asked();
  if (!wanted) return;
  try {
    const [sheet, uses, name] = await Promise.all([load(wanted), landUses(), edition()]);
    const parcel = sheet.parcels.find((one) => one.number === wanted.number);
    if (!parcel) return;
    shown = { sheet, parcel };
    place(fill, sheet, parcel, language);
    facts(fill('facts'), { sheet, parcel, uses, edition: name, language, format });
    corners(fill('corners'), sheet, parcel, format);
    code(`${sheet.page}#${parcel.number}`);
    byId('phieu-chua-co').hidden = true;
    for (const part of [form, byId('phieu-noi-dung')]) part.hidden = false;
    draw(wanted.scale || scaleFor(sheet, parcel));
    document.documentElement.dataset.ready = 'phieu';
  } catch {
    byId('phieu-chua-co').hidden = false;
  }
}

function draw(scale) {
  form.elements.scale.value = String(scale);
  fill('scale').textContent = `1:${format.format(scale)}`;
  byId('phieu-khong-vua').hidden = plot(byId('phieu-hinh'), shown.sheet, shown.parcel, scale, format);
}

/** Always black on white: readers of codes need the contrast. */
function code(address) {
  const modules = encodeQR(address, 'raw', { ecc: 'medium', border: 4 });
  const dark = modules.flatMap((row, y) => row.flatMap((on, x) => (on ? [`M${x} ${y}h1v1h-1z`] : [])));
  const target = byId('phieu-ma');
  target.setAttribute('viewBox', `0 0 ${modules.length} ${modules.length}`);
  target.replaceChildren(
    svg('rect', { width: modules.length, height: modules.length, fill: '#fff' }),
    svg('path', { d: dark.join(''), fill: '#000', 'shape-rendering': 'crispEdges' }),
  );
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  window.print();
});
form.elements.scale.addEventListener('change', () => {
  const hash = new URLSearchParams(location.hash.slice(1));
  hash.set('ty-le', form.elements.scale.value);
  history.replaceState(null, '', `#${hash}`);
  draw(Number(form.elements.scale.value));
});
window.addEventListener('hashchange', show);
await show();
