import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { beforeEach, test } from 'node:test';
import { find, matching, unitPath } from './find.js';
import { fold } from './fold.js';
import { parse } from './parse.js';
import { searchWords, tonedWords } from './words.js';

test('folding gives what the index holds', () => {
  assert.equal(fold('Hoà Bình'), fold('Hòa  bình'));
  assert.equal(fold('Đường Đặng Thuỳ Trâm'), 'duong dang thuy tram');
  assert.equal(fold('  (Thôn) 3/2 '), 'thon 3 2');
});

test('words are those that the index is made of', async () => {
  const pairs = JSON.parse(await readFile(new URL('search-words.json', import.meta.url), 'utf8'));
  for (const [text, words] of Object.entries(pairs)) assert.equal(searchWords(text).join(' '), words, text);
});

test('a parcel is understood however it is written', () => {
  const texts = ['tờ 5 thửa 12, An Minh', 'thửa 12 tờ 5 an minh', 'to 5 thua 12 an minh', '5/12 An Minh', 'An Minh, 5-12',
    'Thửa đất số 12, tờ bản đồ số 5, An Minh', 'TỜ 5 THỬA 12 An Minh'.normalize('NFD')];
  for (const text of texts) {
    const { sheet, number, place } = parse(text);
    assert.deepEqual([sheet, number, place], ['5', '12', 'an minh'], text);
  }
  assert.equal(parse('tờ 5 thửa 12, x. An Minh').place, 'xa an minh');
});

test('a full code names its commune', () => {
  const { sheet, number, place } = parse('99001-5-12');
  assert.deepEqual([sheet, number, place], ['5', '12', '99001']);
});

test('a name is a place, not a parcel', () => {
  assert.deepEqual(parse('Đường Lê Lợi').words, ['duong', 'le', 'loi']);
  for (const text of ['Quốc lộ 99', 'Đường 3/2', 'đ. 30/4', 'Tổ 5', 'tổ dân phố 5', 'to dan pho 5', 'Ấp 4']) {
    assert.deepEqual([parse(text).sheet, parse(text).number], [null, null], text);
  }
});

test('the very tones typed come first, wherever in a syllable they are written', () => {
  const place = (name) => ({ kind: 'duong', name, commune: '0' });
  const names = (typed, ...places) => matching(places.map(place), parse(typed)).map((p) => p.name);
  assert.deepEqual(names('cẩm giàng', 'Xã Cẩm Giang', 'Xã Cẩm Giàng'), ['Xã Cẩm Giàng', 'Xã Cẩm Giang']);
  assert.deepEqual(names('duong', 'Phố Dương', 'Phố Đường', 'Phố Đương').length, 3);
  assert.deepEqual(names('Phố Dương', 'Phố Đường', 'Phố Đương', 'Phố Dương')[0], 'Phố Dương');
  assert.deepEqual(names('hoà bình'.normalize('NFD'), 'Xã Hoa Bình', 'Xã Hóa Bình', 'Xã Hòa Bình')[0], 'Xã Hòa Bình');
  assert.deepEqual(tonedWords('Hoà THUỶ'), tonedWords('hòa thủy'));
  // Typed half without marks, only the marks that were typed count.
  assert.deepEqual(names('cẩm giang', 'Xã Cầm Giang', 'Xã Cẩm Giàng')[0], 'Xã Cẩm Giàng');
});

test('the address of a unit is the one of its page', () => {
  assert.equal(unitPath('99001', 'Xã An Minh'), '/xa/99001-xa-an-minh/');
  assert.equal(unitPath('99001', '///'), '/xa/99001-x/');
});

/** Files of a small index; what was asked for is remembered. */
const FILES = {
  '/search/don-vi.json': {
    communes: [['99001', 'Xã An Minh', [1, 2, 3, 4], 1], ['99002', 'Phường Bến Lụa', 0, 1]],
    former: [['99502', 'Xã Lúa Hạ', ['99001'], 0]],
    decisions: [['01/2026/QĐ-UBND', '2026-01-05', 'Thửa đất xã An Minh', '/du-lieu/thua-dat/']],
    names: { le: 2, lo: 2, 99: 1 },
  },
  '/search/ten/le.json': [
    ['duong', 'Đường Lê Lợi', '99001', [1, 2, 3, 4], 'gia#r3'],
    ['duong', 'Đường Lê Lợi', '99002', 0, 'gia#r9'],
  ],
  '/search/ten/lo.json': [
    ['duong', 'Đường Lê Lợi', '99001', [1, 2, 3, 4], 'gia#r3'],
    ['duong', 'Đường Lê Lợi', '99002', 0, 'gia#r9'],
  ],
  '/search/ten/99.json': [['duong', 'Quốc lộ 99', 0, [1, 2, 3, 4], 0]],
  '/search/to-99001.json': { sheets: { 5: ['1-12,14', [1, 2, 3, 4]], 7: ['1-3', 0] }, old: ['2'] },
  '/search/to-99002.json': { sheets: { 5: ['1-9', 0] }, old: [] },
  '/search/to/99001/2.json': {
    points: {},
    old: { '2-30': ['7-1'] },
    former: { 99502: { '2-31': ['5-12'] }, 99503: { '2-31': ['5-14'] } },
  },
};
const asked = [];
beforeEach(() => {
  asked.length = 0;
  globalThis.fetch = async (url) => {
    asked.push(url);
    return { ok: url in FILES, status: 404, json: async () => FILES[url] };
  };
});

test('a parcel of a named commune needs the units and the list of its sheets, and no more', async () => {
  const { parcels } = await find('tờ 5 thửa 12, An Minh');
  assert.deepEqual(parcels.map(({ sheet, number, old }) => [sheet, number, old]), [['5', '12', null]]);
  assert.ok(asked.every((url) => ['/search/don-vi.json', '/search/to-99001.json'].includes(url)), asked.join(' '));
  assert.deepEqual((await find('tờ 5 thửa 13, An Minh')).parcels, [], 'there is a gap in the numbers');
});

test('a road is found by a word, with its price row, and in the commune that is named behind it', async () => {
  const { places } = await find('đ. lê lợi');
  assert.deepEqual(places.map((place) => place.url), ['/bang-gia-dat/gia/99001-xa-an-minh/#r3', '/bang-gia-dat/gia/99002-phuong-ben-lua/#r9']);
  const within = (await find('Lê Lợi, Bến Lụa')).places;
  assert.deepEqual(within.map((place) => place.communeName), ['Phường Bến Lụa']);
  assert.deepEqual((await find('QL99')).places.map((place) => place.name), ['Quốc lộ 99']);
});

test('an old paper is found by the name of its former commune', async () => {
  const numbers = ({ parcels }) => parcels.map((hit) => `${hit.sheet}-${hit.number} ${hit.old}`);
  const byFormerName = await find('tờ 2 thửa 31, Lúa Hạ');
  assert.deepEqual(numbers(byFormerName), ['5-12 2/31']);
  assert.deepEqual(byFormerName.places.map((place) => place.name), ['Xã Lúa Hạ']);
  assert.deepEqual(numbers(await find('tờ 2 thửa 31, An Minh')), ['5-12 2/31', '5-14 2/31']);
  assert.deepEqual(numbers(await find('2/30 An Minh')), ['7-1 2/30']);
});

test('a decision is found by its number or its beginning', async () => {
  for (const typed of ['01/2026/QĐ-UBND', 'quyết định 01/2026', 'QĐ số 01/2026']) {
    assert.equal((await find(typed)).places[0]?.title, 'Thửa đất xã An Minh', typed);
  }
});
