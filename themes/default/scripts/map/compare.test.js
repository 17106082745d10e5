import assert from 'node:assert/strict';
import { test } from 'node:test';

// The words of the page stand in its language, which a test has to give it.
globalThis.document = { documentElement: { lang: 'vi' } };
const { differences, facts } = await import('./compare.js');

const parcel = (number, use, [x, y], area = 100) => ({
  properties: { maXa: '99001', soHieuToBanDo: 5, soThuTuThua: number, kyHieuMucDichSuDung: use, dienTich: area },
  geometry: { type: 'Polygon', coordinates: [[[x, y], [x + 0.001, y], [x + 0.001, y + 0.001], [x, y]]] },
});

test('a parcel of another use, area or border is changed; one that was not there is new; the rest is as it was', () => {
  const before = facts([parcel(1, 'LUC', [106, 20]), parcel(2, 'LUC', [106, 21]), parcel(3, 'LUC', [106, 22]), parcel(4, 'ONT', [106, 23])]);
  const now = facts([
    parcel(1, 'LUC', [106, 20]), parcel(2, 'ONT', [106, 21]), parcel(3, 'LUC', [106.0001, 22]), parcel(4, 'ONT', [106, 23], 101), parcel(5, 'ONT', [106, 24]),
  ]);
  assert.deepEqual(differences(now, before), { changed: ['99001-5-2', '99001-5-3', '99001-5-4'], added: ['99001-5-5'], removed: [] });
});

test('a parcel that two tiles cut in another order is the same', () => {
  const [left, right] = [parcel(1, 'LUC', [106, 20]), parcel(1, 'LUC', [106.001, 20])];
  assert.deepEqual(differences(facts([left, right]), facts([right, left])), { changed: [], added: [], removed: [] });
});

test('a parcel that is no longer there is told', () => {
  const before = facts([parcel(1, 'LUC', [106, 20]), parcel(2, 'LUC', [106, 21])]);
  assert.deepEqual(differences(facts([parcel(2, 'LUC', [106, 21])]), before), { changed: [], added: [], removed: ['99001-5-1'] });
});
