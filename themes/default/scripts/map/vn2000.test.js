import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areaM2, lengthM, zoneOf } from './vn2000.js';

// Central meridian, longitude, latitude, easting, northing by PROJ 9 with the same seven parameters.
const BY_PROJ = [
  [105.75, 106.40555, 20.85255, 568022.8173, 2306769.154],
  [105.75, 106.2, 20.6, 546709.9735, 2278737.254],
  [105.75, 106.6, 21.0, 588172.3519, 2323188.537],
  [108.25, 108.2, 16.05, 494455.3045, 1775112.6196],
  [108.25, 109.3, 13.1, 613662.7098, 1448979.1492],
  [104.5, 104.1, 10.2, 455979.5932, 1128002.1354],
  [104.5, 104.84, 8.6, 537226.4594, 951043.2342],
  [103.0, 103.0, 22.4, 499803.8215, 2477950.6106],
];

test('a place on WGS 84 has the coordinates on VN-2000 that PROJ gives, within a millimetre', () => {
  for (const [meridian, lon, lat, easting, northing] of BY_PROJ) {
    const [e, n] = zoneOf(meridian)([lon, lat]);
    assert.ok(Math.hypot(e - easting, n - northing) < 0.001, `${lon} ${lat}: ${e - easting} ${n - northing}`);
  }
});

test('lengths and areas are those of the plane, however the points turn', () => {
  const lot = [[568000, 2306000], [568020, 2306000], [568020, 2306010], [568000, 2306010]];
  assert.equal(lengthM(lot), 50);
  assert.equal(areaM2(lot), 200);
  assert.equal(areaM2([...lot].reverse()), 200);
  assert.equal(areaM2([]), 0);
});
