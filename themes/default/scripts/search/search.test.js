import assert from 'node:assert/strict';
import { test } from 'node:test';
import { find, matching } from './find.js';
import { exact, fold } from './fold.js';
import { parse } from './parse.js';

test('folding gives what the index holds', () => {
  assert.equal(fold('Hoà Bình'), fold('Hòa  bình'));
  assert.equal(fold('Đường Đặng Thuỳ Trâm'), 'duong dang thuy tram');
  assert.equal(fold('  (Thôn) 3/2 '), 'thon 3 2');
});

test('a parcel is understood however it is written', () => {
  const texts = ['tờ 5 thửa 12, An Minh', 'thửa 12 tờ 5 an minh', 'to 5 thua 12 an minh', '5/12 An Minh', 'An Minh, 5-12',
    'Thửa đất số 12, tờ bản đồ số 5, An Minh'];
  for (const text of texts) {
    const { sheet, number, place } = parse(text);
    assert.deepEqual([sheet, number, place], ['5', '12', 'an minh'], text);
  }
});

test('a full code names its commune', () => {
  assert.deepEqual(parse('99001-5-12'), { sheet: '5', number: '12', place: '99001', exact: '' });
});

test('a name is a place, not a parcel', () => {
  assert.deepEqual(parse('Đường Lê Lợi'), { sheet: null, number: null, place: 'duong le loi', exact: 'đường lê lợi' });
  assert.equal(parse('Quốc lộ 99').number, null);
});

test('the very tones typed come first', () => {
  const place = (name) => ({ kind: 'xa', name, folded: fold(name), commune: '0' });
  const places = [place('Xã Cẩm Giang'), place('Xã Cẩm Giàng')];
  assert.deepEqual(matching(places, parse('cẩm giàng')).map((p) => p.name), ['Xã Cẩm Giàng', 'Xã Cẩm Giang']);
  assert.equal(matching(places, parse('cam giang')).length, 2);
  assert.equal(exact(' Cẩm  GIÀNG'), 'cẩm giàng');
});

test('an old paper is found by the name of its former commune', async () => {
  const files = {
    '/search/places.json': [
      { kind: 'xa', name: 'Xã An Minh', folded: 'xa an minh', commune: '99001', parcels: true },
      { kind: 'xa_cu', name: 'Xã Lúa Hạ', folded: 'xa lua ha', commune: '99502', now: ['99001'] },
    ],
    '/search/parcels-99001.json': {
      sheets: { 5: { 12: [106.4, 20.8], 13: [106.4, 20.8] } },
      old: {},
      former: { 99502: { '2-31': ['5-12'] }, 99503: { '2-31': ['5-13'] } },
    },
  };
  globalThis.fetch = async (url) => ({ ok: true, json: async () => files[url] });
  const numbers = ({ parcels }) => parcels.map((hit) => `${hit.sheet}-${hit.number} ${hit.old}`);
  const byFormerName = await find('tờ 2 thửa 31, Lúa Hạ');
  assert.deepEqual(numbers(byFormerName), ['5-12 2/31']);
  assert.deepEqual(byFormerName.places.map((place) => place.name), ['Xã Lúa Hạ']);
  assert.deepEqual(numbers(await find('tờ 2 thửa 31, An Minh')), ['5-12 2/31', '5-13 2/31']);
});
