// WGS 84 → VN-2000, as src/project/vn2000.rs does it: seven parameters of Decision 05/2007/QĐ-BTNMT, then the
// transverse Mercator of a 3° zone (k 0.9999, false easting 500 km) by Krüger's series.

const A = 6378137;
const F = 1 / 298.257223563;
const E2 = F * (2 - F);
const SECOND = Math.PI / 180 / 3600;
/** VN-2000 → WGS 84, rotations of the position-vector kind. */
const SHIFT_M = [-191.90441429, -39.30318279, -111.45032835];
const ROTATION = [0.00928836, -0.01975479, 0.00427372].map((seconds) => seconds * SECOND);
const SCALE = 1 + 0.252906278e-6;

const K0 = 0.9999;
const FALSE_EASTING_M = 500000;
const N = F / (2 - F);
const RADIUS_M = (A / (1 + N)) * (1 + N ** 2 / 4 + N ** 4 / 64 + N ** 6 / 256);
const ALPHA = [
  N / 2 - (2 / 3) * N ** 2 + (5 / 16) * N ** 3 + (41 / 180) * N ** 4,
  (13 / 48) * N ** 2 - (3 / 5) * N ** 3 + (557 / 1440) * N ** 4,
  (61 / 240) * N ** 3 - (103 / 140) * N ** 4,
  (49561 / 161280) * N ** 4,
];

/**
 * @param {number} meridianDeg central meridian of the zone
 * @returns {(lonLat: [number, number]) => [number, number]} degrees of WGS 84 → easting, northing in metres
 */
export function zoneOf(meridianDeg) {
  const meridian = (meridianDeg * Math.PI) / 180;
  return ([lon, lat]) => grid(toVn2000((lon * Math.PI) / 180, (lat * Math.PI) / 180), meridian);
}

/** Longitude and latitude in radians on WGS 84, height 0 → the same on VN-2000. */
function toVn2000(lon, lat) {
  const n = A / Math.sqrt(1 - E2 * Math.sin(lat) ** 2);
  const on = [n * Math.cos(lat) * Math.cos(lon), n * Math.cos(lat) * Math.sin(lon), n * (1 - E2) * Math.sin(lat)];
  const [x, y, z] = on.map((value, i) => (value - SHIFT_M[i]) / SCALE);
  const [rx, ry, rz] = ROTATION;
  return geographic(x + rz * y - ry * z, -rz * x + y + rx * z, ry * x - rx * y + z);
}

/** Earth-centred metres → longitude and latitude; three rounds of Bowring's are exact to a micrometre. */
function geographic(x, y, z) {
  const p = Math.hypot(x, y);
  let lat = Math.atan2(z, p * (1 - E2));
  for (let round = 0; round < 3; round += 1) {
    const n = A / Math.sqrt(1 - E2 * Math.sin(lat) ** 2);
    lat = Math.atan2(z + E2 * n * Math.sin(lat), p);
  }
  return [Math.atan2(y, x), lat];
}

function grid([lon, lat], meridian) {
  const e = Math.sqrt(E2);
  const t = Math.sinh(Math.atanh(Math.sin(lat)) - e * Math.atanh(e * Math.sin(lat)));
  const xi = Math.atan2(t, Math.cos(lon - meridian));
  const eta = Math.atanh(Math.sin(lon - meridian) / Math.hypot(1, t));
  let [north, east] = [xi, eta];
  ALPHA.forEach((alpha, i) => {
    const j = 2 * (i + 1);
    north += alpha * Math.sin(j * xi) * Math.cosh(j * eta);
    east += alpha * Math.cos(j * xi) * Math.sinh(j * eta);
  });
  return [FALSE_EASTING_M + K0 * RADIUS_M * east, K0 * RADIUS_M * north];
}

/** Length in metres along points of the grid. */
export const lengthM = (points) =>
  points.slice(1).reduce((sum, [e, n], i) => sum + Math.hypot(e - points[i][0], n - points[i][1]), 0);

/** Area in square metres within points of the grid, whichever way they turn. */
export function areaM2(points) {
  // Figures of millions multiplied would lose the last centimetres: measured from the first point they do not.
  const [e0, n0] = points[0] ?? [0, 0];
  const from = points.map(([e, n]) => [e - e0, n - n0]);
  const twice = from.reduce((sum, [e, n], i) => {
    const [e2, n2] = from[(i + 1) % from.length];
    return sum + e * n2 - e2 * n;
  }, 0);
  return Math.abs(twice) / 2;
}
