// The address of what is on the screen: `#z/lat/lon&thua=99001-5-12`.
// Others link with `#thua=…`, `#xa=<commune>`, `#khung=w,s,e,n` and `&lop=quy-hoach`.

/**
 * @typedef {{view: {zoom: number, center: [number, number]}|null, parcel: Code|null, commune: string|null,
 *   bounds: number[]|null, plans: boolean}} Link
 * @typedef {{commune: string, sheet: string, number: string}} Code
 */

/** @param {string} hash @returns {Link} */
export function read(hash) {
  const parts = decodeURIComponent(hash.replace(/^#/, '')).split('&');
  const value = (key) => parts.find((part) => part.startsWith(`${key}=`))?.slice(key.length + 1) ?? null;
  const bounds = value('khung')?.split(',').map(Number) ?? null;
  return {
    view: readView(parts[0]),
    parcel: readCode(value('thua') ?? ''),
    commune: /^\d{5}$/.test(value('xa') ?? '') ? value('xa') : null,
    bounds: bounds?.length === 4 && bounds.every(Number.isFinite) ? bounds : null,
    plans: value('lop') === 'quy-hoach',
  };
}

function readView(part) {
  const [zoom, lat, lon] = part.split('/').map(Number);
  return [zoom, lat, lon].every(Number.isFinite) ? { zoom, center: [lon, lat] } : null;
}

/** @param {string} text @returns {Code|null} */
function readCode(text) {
  const match = /^(\d{5})-(\d+)-(\d+)$/.exec(text);
  return match ? { commune: match[1], sheet: match[2], number: match[3] } : null;
}

/** @param {Code} code */
export const codeText = (code) => `${code.commune}-${code.sheet}-${code.number}`;

/** Puts the view and the selected parcel in the address without adding to the history. */
export function write(map, parcel) {
  const { lng, lat } = map.getCenter();
  const view = `#${map.getZoom().toFixed(2)}/${lat.toFixed(5)}/${lng.toFixed(5)}`;
  history.replaceState(null, '', parcel ? `${view}&thua=${codeText(parcel)}` : view);
}
