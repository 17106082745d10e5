// The zone of VN-2000 that the page names: the one in which the cadastre is kept.
import { zoneOf } from './vn2000.js';

/** @typedef {{grid: (lonLat: [number, number]) => [number, number], meridian: string, epsg: string}} Zone */

/** @param {DOMStringMap} data of the map's frame @returns {Zone|null} */
export function readZone({ meridianDeg, meridian, epsg }) {
  return meridianDeg ? { grid: zoneOf(Number(meridianDeg)), meridian, epsg } : null;
}
