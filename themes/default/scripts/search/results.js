// Hits as a list of links, made of elements and text only.

export const WORDS = {
  vi: {
    parcel: (sheet, number) => `Thửa đất số ${number}, tờ bản đồ số ${sheet}`,
    sheet: (sheet) => `Tờ bản đồ số ${sheet}`,
    old: (old) => `số cũ ${old}`,
    kinds: { xa: 'xã, phường', xa_cu: 'xã, phường cũ', duong: 'đường', thuy_he: 'sông, hồ', dia_danh: 'địa danh', quyet_dinh: 'quyết định' },
    map: 'Xem trên bản đồ',
    sheetPage: 'Tờ bản đồ, dạng chữ',
    prices: 'Bảng giá đất',
    history: 'Giá qua các quyết định',
    commune: 'Trang của xã, phường',
    none: (q) => `Không tìm thấy “${q}”. Hãy thử tên không dấu, hoặc viết “tờ 5 thửa 12” kèm tên xã.`,
    tooMany: 'Nhiều xã có thửa này. Hãy chọn xã, hoặc thêm tên xã, ví dụ “tờ 5 thửa 12, An Minh”.',
    failed: 'Không tải được danh mục tìm kiếm. Hãy tải lại trang, hoặc chọn xã trong danh sách.',
  },
  en: {
    parcel: (sheet, number) => `Parcel ${number}, map sheet ${sheet}`,
    sheet: (sheet) => `Map sheet ${sheet}`,
    old: (old) => `old number ${old}`,
    kinds: { xa: 'commune', xa_cu: 'former commune', duong: 'road', thuy_he: 'water', dia_danh: 'place', quyet_dinh: 'decision' },
    map: 'Show on the map',
    sheetPage: 'Map sheet as text',
    prices: 'Land prices',
    history: 'Prices by decision',
    commune: 'Page of the commune',
    none: (q) => `Nothing found for “${q}”. Try without marks, or write “tờ 5 thửa 12” with the commune’s name.`,
    tooMany: 'Many communes have such a parcel. Choose the commune, or add its name, e.g. “tờ 5 thửa 12, An Minh”.',
    failed: 'The search index could not be loaded. Reload the page, or choose a commune from the list.',
  },
};

/** @param {string} language */
export const wordsOf = (language) => WORDS[language] ?? WORDS.vi;

/** @param {string} name @param {Record<string, string>} attributes @param {...(Node|string)} children */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/**
 * @param {import('./find.js').Found} found
 * @param {string} typed
 * @param {{language: string, pages: string}} site `pages` is the language's prefix of paths
 */
export function list(found, typed, site) {
  const words = wordsOf(site.language);
  if (found.tooMany) return communeChoice(found, typed, words, site);
  const items = [
    ...found.parcels.map((hit) => parcelItem(hit, words, site)),
    ...found.places.map((place) => placeItem(place, words, site)),
  ];
  return items.length === 0 ? element('p', {}, words.none(typed)) : element('ul', { class: 'results' }, ...items);
}

/** The same question, asked of each commune. */
function communeChoice({ communes }, typed, words, { pages }) {
  const link = ({ name }) => element('a', { href: `${pages}/tim-kiem/?q=${encodeURIComponent(`${typed}, ${name}`)}` }, name);
  const choices = communes.map((commune) => element('li', {}, link(commune)));
  return element('div', {}, element('p', {}, words.tooMany), element('ul', { class: 'choose' }, ...choices));
}

function parcelItem(hit, words, { pages }) {
  const sheetPage = `${pages}/thua-dat/${hit.commune.commune}/${hit.sheet}/`;
  const code = `${hit.commune.commune}-${hit.sheet}-${hit.number}`;
  const first =
    hit.number === null
      ? element('a', { class: 'first', href: sheetPage }, words.sheet(hit.sheet))
      : element('a', { class: 'first', href: `${pages}/ban-do/#thua=${code}` }, words.parcel(hit.sheet, hit.number));
  const item = element('li', {}, first, element('span', { class: 'kind' }, hit.commune.name));
  if (hit.old) item.append(element('span', { class: 'kind' }, ` (${words.old(hit.old)})`));
  if (hit.number !== null) {
    item.append(element('br'), element('a', { href: `${sheetPage}#${hit.number}` }, words.sheetPage));
  }
  return item;
}

function placeItem(place, words, { pages }) {
  if (place.kind === 'quyet_dinh') return decisionItem(place, words, pages);
  const map = place.bounds ? `${pages}/ban-do/#khung=${place.bounds.join(',')}` : null;
  const isUnit = place.kind === 'xa' || place.kind === 'xa_cu';
  const name = isUnit && place.url ? `${pages}${place.url}` : (map ?? `${pages}${place.url}`);
  const item = element('li', {}, element('a', { class: 'first', href: name }, place.name));
  const within = !isUnit && place.communeName ? `, ${place.communeName}` : '';
  item.append(element('span', { class: 'kind' }, `${words.kinds[place.kind] ?? place.kind}${within}`), element('br'));
  if (map) item.append(element('a', { href: map }, words.map));
  if (place.url && place.kind === 'duong') item.append(element('a', { href: `${pages}${place.url}` }, words.prices));
  if (place.history) item.append(element('a', { href: `${pages}${place.history}` }, words.history));
  return item;
}

function decisionItem({ name, date, title, url }, words, pages) {
  const kind = element('span', { class: 'kind' }, `${words.kinds.quyet_dinh}, ${date.split('-').reverse().join('/')}`);
  return element('li', {}, element('a', { class: 'first', href: `${pages}${url}` }, name), kind, element('br'), title);
}
