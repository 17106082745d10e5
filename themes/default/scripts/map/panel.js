// What is known of the selected parcel, by which decision, and where to read it as text.
import { editionBase } from '../edition.js';
import { communeOf } from '../search/find.js';
import { element } from '../search/results.js';
import { landUseText, landUses } from './legend.js';
import { date, figure, words } from './words.js';

/** Price groups that a land use falls under when the table has no row with its own code. */
const GROUP_OF = { ODT: 'DAT_O', ONT: 'DAT_O', OTC: 'DAT_O', TMD: 'TMDV', SKC: 'SXKD_PNN', SKK: 'SXKD_PNN', SKN: 'SXKD_PNN', SKS: 'SXKD_PNN' };
/** More rows than this are left to the price page. */
const MOST_ROWS = 12;

const panels = new Map();

/** `panel.json` of a commune, or `null` when the commune is unknown. */
async function loadPanel(commune) {
  if (!panels.has(commune)) {
    const place = await communeOf(commune);
    if (!place) return null;
    const response = await fetch(`${editionBase}${place.url}panel.json`);
    if (!response.ok) throw new Error(`panel: ${response.status}`);
    panels.set(commune, await response.json());
  }
  return panels.get(commune);
}

/**
 * @param {HTMLElement} target
 * @param {{code: import('./permalink.js').Code, properties: Record<string, any>|null,
 *   plans: Record<string, any>[]|null}} selection
 * @param {{pages: string, clear: () => void}} site
 */
export async function showParcel(target, { code, properties, plans }, { pages, clear }) {
  const [panel, uses] = await Promise.all([loadPanel(code.commune), landUses()]);
  const use = String(properties?.kyHieuMucDichSuDung ?? '');
  const close = element('button', { type: 'button', class: 'action' }, words.close);
  close.addEventListener('click', clear);
  target.replaceChildren(
    heading(code),
    facts(code, properties, use, uses, panel),
    links(code, panel, pages),
    ...prices(panel, use, uses, pages),
    ...(plans ? planFacts(plans, uses) : []),
    element('p', {}, element('strong', {}, words.notice)),
    element('p', {}, close),
  );
}

/** The planning zones at a point where no parcel is published, such as a road. @param {[number, number]} lonLat */
export async function showZones(target, plans, lonLat, pages) {
  const uses = await landUses();
  const zones = plans.length > 0 ? planFacts(plans, uses) : [element('p', { role: 'status' }, words.nothing)];
  const point = `${lonLat[1].toFixed(5)},${lonLat[0].toFixed(5)}`;
  const report = element('a', { class: 'action', href: `${pages}/bao-sai/#diem=${point}` }, words.report);
  target.replaceChildren(...zones, element('p', {}, element('strong', {}, words.notice)), element('p', { class: 'links' }, report));
}

/** @param {HTMLElement} target @param {string} text */
export function showMessage(target, text, role = 'status') {
  target.replaceChildren(element('p', { role }, text));
}

function heading(code) {
  return element('h2', { tabindex: '-1' }, words.parcel(code.number, code.sheet));
}

function rows(pairs) {
  const list = element('dl');
  for (const [term, value] of pairs) {
    if (value !== null && value !== undefined && value !== '') {
      list.append(element('dt', {}, term), element('dd', {}, value));
    }
  }
  return list;
}

function facts(code, properties, use, uses, panel) {
  const dataset = panel?.sheets[code.sheet];
  const old = properties?.kyHieuMucDichSuDungCu;
  const decision = panel?.cadastre.find((entry) => entry.dataset === dataset)?.decision;
  return rows([
    [words.commune, panel?.name ?? code.commune],
    [words.area, properties ? `${figure(properties.dienTich)} m²` : null],
    [words.landUse, use ? `${use}: ${landUseText(uses, use)}` : null],
    [words.oldLandUse, old ? `${old}: ${landUseText(uses, old)}` : null],
    [words.identifier, properties?.maDinhDanhThuaDat],
    [words.decision, decision ? `${decision.number}, ${date(decision.date)}` : null],
    [words.authority, decision?.authority],
    [words.since, decision ? date(decision.effective_from) : null],
  ]);
}

function links(code, panel, pages) {
  const link = (url, text) => element('a', { class: 'action', href: `${pages}${url}` }, text);
  const list = element('p', { class: 'links' });
  list.append(link(`/thua-dat/${code.commune}/${code.sheet}/#${code.number}`, words.sheetPage));
  list.append(link(`/phieu-thua-dat/#thua=${code.commune}-${code.sheet}-${code.number}`, words.printParcel));
  list.append(link(`/bao-sai/#thua=${code.commune}-${code.sheet}-${code.number}`, words.report));
  if (panel?.prices[0]) list.append(link(panel.prices[0].url, words.pricePage));
  if (panel?.plans[0]) list.append(link(panel.plans[0].url, words.planPage));
  return list;
}

function prices(panel, use, uses, pages) {
  const title = element('h3', {}, words.prices);
  if (!panel?.prices.length) return [title, element('p', {}, words.noPrices)];
  return [title, ...panel.prices.flatMap((table) => priceTable(table, use, uses, pages)), element('p', { class: 'muted' }, words.priceNote)];
}

/** Rows with one of the parcel's own codes; where there are none, those of the price group it falls under. */
function rowsFor(table, use, uses) {
  const codes = use.split('+').map((code) => code.trim());
  const own = table.rows.filter((row) => codes.includes(row.land_use));
  if (own.length > 0) return own;
  const groups = codes.map((code) => GROUP_OF[code] ?? uses[code]?.group).filter(Boolean);
  return table.rows.filter((row) => groups.includes(row.group) || groups.includes(row.land_use));
}

function priceTable(table, use, uses, pages) {
  const found = rowsFor(table, use, uses);
  const whole = element('p', {}, element('a', { href: `${pages}${table.url}` }, words.pricesMore(table.rows.length)));
  const by = element('p', { class: 'muted' }, `${table.decision.number}, ${date(table.decision.date)}`);
  // Nothing can be said of a land use that is not known.
  if (found.length === 0) return use ? [element('p', {}, words.noMatch), by, whole] : [by, whole];
  const shown = found.slice(0, MOST_ROWS);
  const positions = [0, 1, 2, 3, 4].filter((i) => shown.some((row) => row.figures[i] !== null));
  const head = element('tr', {}, element('th', { scope: 'col' }, words.where));
  for (const i of positions) head.append(element('th', { scope: 'col', class: 'figure' }, `${words.position}${i + 1}`));
  const body = element('tbody', {}, ...shown.map((row) => priceRow(row, positions, table, pages)));
  const caption = element('caption', {}, `${words.pricesFor(use)} · ${words.unit(shown[0].unit_vnd)}`);
  const frame = element('div', { class: 'table-frame' }, element('table', {}, caption, element('thead', {}, head), body));
  return [by, frame, whole];
}

function priceRow(row, positions, table, pages) {
  const stretch = [row.from, row.to].filter(Boolean).join(' – ');
  const where = [row.road, row.zone, stretch].filter(Boolean).join(', ') || row.land_use;
  const link = element('a', { href: `${pages}${table.url}#${row.anchor ?? `r${row.row}`}` }, where);
  // Tables of former districts still apply, each on its own land: the row says on whose.
  const area = row.old_area ? [element('span', { class: 'old-area' }, ` ${row.old_area}`)] : [];
  const line = element('tr', {}, element('th', { scope: 'row' }, link, ...area, ...standing(row)));
  for (const i of positions) {
    line.append(element('td', { class: 'figure' }, row.figures[i] === null ? '' : figure(row.figures[i])));
  }
  return line;
}

/** By which decision a row was added to the table, or replaced in it. */
function standing(row) {
  const said = (word, by) => element('span', { class: 'standing' }, ` ${word} ${by.number}, ${words.from} ${date(by.effective_from)}`);
  return [row.amended_by && said(words.amendedBy, row.amended_by), row.replaced_by && said(words.replacedBy, row.replaced_by)].filter(Boolean);
}

function planFacts(plans, uses) {
  const title = element('h3', {}, words.plan);
  if (plans.length === 0) return [title, element('p', {}, words.noPlan)];
  return [title, ...plans.map((plan) => planZone(plan, uses))];
}

function planZone(plan, uses) {
  const code = String(plan.maKyHieuDat ?? '');
  const when = plan.ngayPheDuyet ? `, ${date(String(plan.ngayPheDuyet))}` : '';
  return rows([
    [words.landUse, `${code}: ${landUseText(uses, code)}`],
    [words.period, plan.kyQuyHoach],
    [words.project, plan.tenCongTrinh],
    [words.decision, plan.soQuyetDinh ? `${plan.soQuyetDinh}${when}` : null],
    [words.status, words.statuses[plan.trangThai] ?? plan.trangThai],
  ]);
}
