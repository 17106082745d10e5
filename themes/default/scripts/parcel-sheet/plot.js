// One parcel and its neighbours, north up, one unit of the drawing a millimetre on paper.
import { svg } from './svg.js';

/** As the page's own choice of scales. */
export const SCALES = [200, 500, 1000, 2000, 5000, 10000, 25000];
/** The frame, and the room that corners, lengths and the figures of the grid need inside it. */
const FRAME_MM = { width: 188, height: 122 };
const ROOM_MM = 14;
/** An edge shorter than this on paper has its length in the table alone. */
const LEAST_EDGE_MM = 9;

/** Pairs of metres from a flat list of millimetres. */
export const points = (ring) => Array.from({ length: ring.length / 2 }, (_, i) => [ring[2 * i] / 1000, ring[2 * i + 1] / 1000]);

function bounds(rings) {
  const all = rings.flatMap(points);
  const [e, n] = [all.map((point) => point[0]), all.map((point) => point[1])];
  return { west: Math.min(...e), east: Math.max(...e), south: Math.min(...n), north: Math.max(...n) };
}

const fits = (box, scale) =>
  ((box.east - box.west) * 1000) / scale <= FRAME_MM.width - 2 * ROOM_MM &&
  ((box.north - box.south) * 1000) / scale <= FRAME_MM.height - 2 * ROOM_MM;

/** The largest scale at which the whole parcel is on the paper. */
export function scaleFor(_, parcel) {
  return SCALES.find((scale) => fits(bounds(parcel.rings), scale)) ?? SCALES.at(-1);
}

/** Draws; says whether the whole parcel is on the paper. */
export function plot(target, sheet, parcel, scale, format) {
  const box = bounds(parcel.rings);
  const mm = 1000 / scale;
  const middle = [(box.west + box.east) / 2, (box.south + box.north) / 2];
  const at = ([e, n]) => [FRAME_MM.width / 2 + (e - middle[0]) * mm, FRAME_MM.height / 2 - (n - middle[1]) * mm];
  const frame = { at, mm, scale, middle, sheet, format };
  target.setAttribute('viewBox', `0 0 ${FRAME_MM.width} ${FRAME_MM.height}`);
  target.setAttribute('width', `${FRAME_MM.width}mm`);
  target.setAttribute('height', `${FRAME_MM.height}mm`);
  const inside = svg('clipPath', { id: 'phieu-khung' });
  inside.append(svg('rect', { width: FRAME_MM.width, height: FRAME_MM.height }));
  const clipped = svg('g', { 'clip-path': 'url(#phieu-khung)' });
  clipped.append(neighbours(frame, parcel), grid(frame), own(frame, parcel), edges(frame, parcel), marks(frame, parcel));
  const border = svg('rect', { class: 'plot-border', x: 0.1, y: 0.1, width: FRAME_MM.width - 0.2, height: FRAME_MM.height - 0.2 });
  target.replaceChildren(inside, clipped, border, scaleBar(frame), north());
  return fits(box, scale) || (box.east - box.west) * mm < FRAME_MM.width - 4 && (box.north - box.south) * mm < FRAME_MM.height - 4;
}

/** To a micrometre of paper: rounding shall not be what a ruler finds. */
const round = (value) => Math.round(value * 1000) / 1000;
const path = (frame, rings) =>
  rings.map((ring) => `M${points(ring).map((point) => frame.at(point).map(round).join(' ')).join('L')}Z`).join('');

function neighbours(frame, parcel) {
  const group = svg('g', { class: 'plot-neighbours' });
  const reach = { e: FRAME_MM.width / 2 / frame.mm, n: FRAME_MM.height / 2 / frame.mm };
  for (const other of frame.sheet.parcels) {
    if (other === parcel || !other.rings.length) continue;
    const box = bounds(other.rings);
    const near =
      box.west < frame.middle[0] + reach.e && box.east > frame.middle[0] - reach.e &&
      box.south < frame.middle[1] + reach.n && box.north > frame.middle[1] - reach.n;
    if (!near) continue;
    group.append(svg('path', { d: path(frame, other.rings) }));
    if (!other.label) continue;
    const [x, y] = frame.at(other.label.map((value) => value / 1000));
    const width = (box.east - box.west) * frame.mm;
    if (width > 4) group.append(svg('text', { x: round(x), y: round(y + 0.8), 'text-anchor': 'middle', 'font-size': 2.2 }, String(other.number)));
  }
  return group;
}

const own = (frame, parcel) => svg('path', { class: 'plot-parcel', d: path(frame, parcel.rings), 'fill-rule': 'evenodd' });

/** Crosses every 5 cm with their coordinates at the frame, as papers write them: X north, Y east. */
function grid(frame) {
  const group = svg('g', { class: 'plot-grid' });
  const step = 0.05 * frame.scale;
  const [east0, north0] = frame.sheet.origin_m;
  const lines = (middle, origin, half) => {
    const low = Math.ceil((middle + origin - half) / step);
    const high = Math.floor((middle + origin + half) / step);
    return Array.from({ length: Math.max(0, high - low + 1) }, (_, i) => (low + i) * step);
  };
  const easts = lines(frame.middle[0], east0, FRAME_MM.width / 2 / frame.mm);
  const norths = lines(frame.middle[1], north0, FRAME_MM.height / 2 / frame.mm);
  for (const east of easts) {
    for (const northing of norths) {
      const [x, y] = frame.at([east - east0, northing - north0]).map(round);
      group.append(svg('path', { d: `M${x - 1.5} ${y}h3M${x} ${y - 1.5}v3` }));
    }
    const [x] = frame.at([east - east0, 0]).map(round);
    if (x > 12 && x < FRAME_MM.width - 30) group.append(svg('text', { x, y: 2.8, 'text-anchor': 'middle' }, frame.format.format(east)));
  }
  for (const northing of norths) {
    const [, y] = frame.at([0, northing - north0]).map(round);
    if (y > 12 && y < FRAME_MM.height - 14) {
      group.append(svg('text', { x: 2.6, y, 'text-anchor': 'middle', transform: `rotate(-90 2.6 ${y})` }, frame.format.format(northing)));
    }
  }
  return group;
}

/** The length of each edge beside its middle, outside the parcel, never upside down. */
function edges(frame, parcel) {
  const group = svg('g', { class: 'plot-lengths' });
  for (const ring of parcel.rings) {
    const metres = points(ring);
    metres.forEach((from, i) => {
      const to = metres[(i + 1) % metres.length];
      const [a, b] = [frame.at(from), frame.at(to)];
      const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
      const long = Math.hypot(dx, dy);
      if (long < LEAST_EDGE_MM) return;
      // Clockwise on paper: the outside is on the left hand.
      const away = 2.1;
      const [x, y] = [(a[0] + b[0]) / 2 + (dy / long) * away, (a[1] + b[1]) / 2 - (dx / long) * away].map(round);
      let turn = (Math.atan2(dy, dx) * 180) / Math.PI;
      if (turn > 90 || turn <= -90) turn += 180;
      const text = lengthText(from, to, frame.format);
      group.append(svg('text', { x, y, 'text-anchor': 'middle', 'dominant-baseline': 'central', transform: `rotate(${round(turn)} ${x} ${y})` }, text));
    });
  }
  return group;
}

export const length = (from, to) => Math.hypot(to[0] - from[0], to[1] - from[1]);
const twoDecimals = (format) => new Intl.NumberFormat(format.resolvedOptions().locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const lengthText = (from, to, format) => twoDecimals(format).format(length(from, to));

/** A dot and a number at each corner, and the parcel's own number in the middle. */
function marks(frame, parcel) {
  const group = svg('g', { class: 'plot-corners' });
  let number = 0;
  for (const ring of parcel.rings) {
    const corners = points(ring).map(frame.at);
    const before = number;
    corners.forEach((corner, i) => {
      number += 1;
      const crowded = i > 0 && Math.hypot(corner[0] - corners[i - 1][0], corner[1] - corners[i - 1][1]) < 3;
      const [x, y] = corner.map(round);
      group.append(svg('circle', { cx: x, cy: y, r: 0.5 }));
      if (crowded) return;
      const [ox, oy] = outward(corners, i);
      group.append(svg('text', { x: round(x + 2.4 * ox), y: round(y + 2.4 * oy), 'text-anchor': 'middle', 'dominant-baseline': 'central' }, String(before + i + 1)));
    });
  }
  if (parcel.label) {
    const [x, y] = frame.at(parcel.label.map((value) => value / 1000)).map(round);
    group.append(svg('text', { class: 'plot-number', x, y: y - 0.6, 'text-anchor': 'middle' }, String(parcel.number)));
    group.append(svg('text', { class: 'plot-area', x, y: round(y + 3.2), 'text-anchor': 'middle' }, `${frame.format.format(parcel.area_m2)} m²`));
  }
  return group;
}

/** The direction out of a corner: against the sum of the directions to its neighbours, or across a straight line. */
function outward(corners, i) {
  const [before, here, after] = [corners.at(i - 1), corners[i], corners[(i + 1) % corners.length]];
  const unit = ([x, y]) => [x / (Math.hypot(x, y) || 1), y / (Math.hypot(x, y) || 1)];
  const [a, b] = [unit([before[0] - here[0], before[1] - here[1]]), unit([after[0] - here[0], after[1] - here[1]])];
  const sum = [a[0] + b[0], a[1] + b[1]];
  const turn = a[0] * b[1] - a[1] * b[0];
  if (Math.hypot(...sum) < 0.2) return unit([b[1], -b[0]]);
  // A corner that bends inward has its sum outside.
  return unit(turn < 0 ? [-sum[0], -sum[1]] : sum);
}

/** 5 cm on a pale ground, so that nothing of the drawing runs through it. */
function scaleBar(frame) {
  const [x, y] = [6, FRAME_MM.height - 6];
  const group = svg('g', { class: 'plot-bar' });
  group.append(svg('rect', { class: 'plot-ground', x: x - 3, y: y - 6, width: 68, height: 9 }));
  group.append(svg('path', { class: 'plot-ruler', d: `M${x} ${y}h50` }));
  group.append(svg('path', { d: `M${x} ${y - 1.5}v1.5M${x + 10} ${y - 1}v1M${x + 20} ${y - 1}v1M${x + 30} ${y - 1}v1M${x + 40} ${y - 1}v1M${x + 50} ${y - 1.5}v1.5` }));
  group.append(svg('text', { x, y: y - 2.4, 'text-anchor': 'middle' }, '0'));
  group.append(svg('text', { x: x + 50, y: y - 2.4, 'text-anchor': 'middle' }, `${frame.format.format(0.05 * frame.scale)} m`));
  return group;
}

/** Grid north of the zone, which is up. */
function north() {
  const [x, y] = [FRAME_MM.width - 9, 6];
  const group = svg('g', { class: 'plot-north' });
  group.append(svg('rect', { class: 'plot-ground', x: x - 5, y: y - 4, width: 10, height: 19 }));
  group.append(svg('path', { d: `M${x} ${y + 13}V${y + 2}M${x - 2} ${y + 6}L${x} ${y}L${x + 2} ${y + 6}` }));
  group.append(svg('text', { x, y: y - 0.8, 'text-anchor': 'middle' }, document.documentElement.lang === 'en' ? 'N' : 'B'));
  return group;
}
