// What stands beside the drawing: facts of the parcel, its corners, and where they come from.
import { length, points } from './plot.js';

const date = (iso, language) =>
  language === 'en'
    ? new Date(`${iso}T12:00:00Z`).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })
    : iso.split('-').reverse().join('/');

/** Head line, way back and printed address. */
export function place(fill, sheet, parcel, language) {
  const where = `thửa đất số ${parcel.number}, tờ bản đồ số ${sheet.sheet}, ${sheet.commune.name}`;
  fill('where').textContent = where;
  document.title = `${where} · ${document.title.split(' · ').at(-1)}`;
  fill('meridian').textContent = sheet.meridian ?? '–';
  const prefix = language === 'vi' ? '' : `/${language}`;
  const anchor = `${new URL(sheet.page).pathname}#${parcel.number}`;
  fill('back').setAttribute('href', prefix + anchor);
  fill('page').setAttribute('href', prefix + anchor);
  fill('page').textContent = `${sheet.page}#${parcel.number}`;
}

export function facts(body, { sheet, parcel, uses, edition, language, format }) {
  const name = (codes) => codes.split('+').map((code) => `${code} ${uses[code]?.[language] ?? ''}`.trim()).join('; ');
  const percent = ([code, share, decision]) => `${name(code)} ${share} % (${decision})`;
  const { decision } = sheet;
  const lines = {
    area: format.format(parcel.area_m2),
    legal_area: parcel.legal_area_m2 && format.format(parcel.legal_area_m2),
    land_use: name(parcel.land_use),
    old_land_use: parcel.old_land_use && name(parcel.old_land_use),
    plans: parcel.plans?.map(percent).join('; '),
    planned_use: parcel.planned_use && name(parcel.planned_use),
    old: [parcel.old_sheet, parcel.old_number].filter(Boolean).join('/'),
    address: parcel.address,
    decision: `${decision.number}, ${date(decision.date, language)}`,
    authority: decision.authority,
    effective: date(decision.effective_from, language),
    edition,
    record: sheet.record_sha256,
    file: sheet.sha256,
  };
  const kept = Object.entries(lines).filter(([, value]) => value);
  body.replaceChildren(...kept.map(([key, value]) => line(body.dataset[key], value, ['record', 'file', 'edition'].includes(key))));
}

function line(label, value, isCode) {
  const row = document.createElement('tr');
  const head = document.createElement('th');
  head.scope = 'row';
  head.textContent = label;
  const cell = document.createElement('td');
  const text = isCode ? document.createElement('code') : cell;
  text.textContent = value;
  if (isCode) cell.append(text);
  row.append(head, cell);
  return row;
}

/** X is north and Y east, as papers have it. The edge runs from its corner to the next. */
export function corners(body, sheet, parcel, format) {
  const [east, north] = sheet.origin_m;
  const metres = new Intl.NumberFormat(format.resolvedOptions().locale, { minimumFractionDigits: 2, maximumFractionDigits: 2, useGrouping: false });
  const rows = parcel.rings.flatMap((ring) => {
    const all = points(ring);
    return all.map((point, i) => [metres.format(north + point[1]), metres.format(east + point[0]), metres.format(length(point, all[(i + 1) % all.length]))]);
  });
  body.replaceChildren(...rows.map((cells, i) => corner(i + 1, cells)));
}

function corner(number, cells) {
  const row = document.createElement('tr');
  const head = document.createElement('th');
  head.scope = 'row';
  head.textContent = String(number);
  row.append(head);
  for (const value of cells) {
    const cell = document.createElement('td');
    cell.className = 'figure';
    cell.textContent = value;
    row.append(cell);
  }
  return row;
}
