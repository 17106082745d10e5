// The address of what is on the screen: `#z/lat/lon&thua=99001-5-12&lop=quy-hoach,gia-dat&an=base&dam=70`.
// Others link with `#thua=…`, `#xa=<commune>`, `#khung=w,s,e,n` and `&lop=quy-hoach`.

/**
 * @typedef {{view: {zoom: number, center: [number, number]}|null, parcel: Code|null, commune: string|null,
 *   bounds: number[]|null, plans: boolean, prices: boolean, hidden: string[], opacity: number|null, since: string|null}} Link
 * @typedef {{commune: string, sheet: string, number: string}} Code
 */

/** @param {string} hash @returns {Link} */
export function read(hash) {
  const parts = decode(hash.replace(/^#/, '')).split('&');
  const value = (key) => parts.find((part) => part.startsWith(`${key}=`))?.slice(key.length + 1) ?? null;
  const bounds = value('khung')?.split(',').map(Number) ?? null;
  const opacity = Number(value('dam') ?? NaN);
  const shown = value('lop')?.split(',') ?? [];
  return {
    view: readView(parts[0]),
    parcel: readCode(value('thua') ?? ''),
    commune: /^\d{5}$/.test(value('xa') ?? '') ? value('xa') : null,
    bounds: bounds?.length === 4 && bounds.every(Number.isFinite) ? bounds : null,
    plans: shown.includes('quy-hoach'),
    prices: shown.includes('gia-dat'),
    hidden: value('an')?.split(',') ?? [],
    opacity: opacity >= 10 && opacity <= 100 ? opacity / 100 : null,
    since: /^[0-9a-z-]{1,40}$/.test(value('so-voi') ?? '') ? value('so-voi') : null,
  };
}

/** An address that was cut while it was copied still opens the map. */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
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

/**
 * What the screen shows, as a fragment.
 * @param {{parcel: Code|null, plans: boolean, prices: boolean, hidden: string[], opacity: number|null, since: string|null}} state
 */
export function fragment(map, { parcel, plans, prices, hidden, opacity, since }) {
  const { lng, lat } = map.getCenter();
  const parts = [`#${map.getZoom().toFixed(2)}/${lat.toFixed(5)}/${lng.toFixed(5)}`];
  if (parcel) parts.push(`thua=${codeText(parcel)}`);
  const shown = [plans && 'quy-hoach', prices && 'gia-dat'].filter(Boolean);
  if (shown.length > 0) parts.push(`lop=${shown.join(',')}`);
  if (hidden.length > 0) parts.push(`an=${hidden.join(',')}`);
  if (plans && opacity !== null) parts.push(`dam=${Math.round(opacity * 100)}`);
  if (since) parts.push(`so-voi=${since}`);
  return parts.join('&');
}

/** Puts it in the address without adding to the history. */
export function write(map, state) {
  history.replaceState(null, '', fragment(map, state));
}
