// Where the device is, only when the person asks for it; the place stays on the device.
import { words } from './words.js';

const SOURCE = 'vi-tri';
/** A place that is not known better than this is not worth a zoom to a street. */
const ROUGH_M = 500;

/** @param {(text: string, role?: string) => void} say @param {number[]} frame where the map may be moved to */
export function locate(map, frame, say) {
  if (!navigator.geolocation) return say(words.locateNone, 'alert');
  say(words.locating);
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => show(map, frame, coords, say),
    (error) => say(error.code === 1 ? words.locateRefused : words.locateFailed, 'alert'),
    { enableHighAccuracy: true, timeout: 20_000, maximumAge: 0 },
  );
}

function show(map, [west, south, east, north], { longitude, latitude, accuracy }, say) {
  if (longitude < west || longitude > east || latitude < south || latitude > north) return say(words.locateOutside, 'alert');
  const data = { type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: [longitude, latitude] } };
  if (map.getSource(SOURCE)) map.getSource(SOURCE).setData(data);
  else {
    map.addSource(SOURCE, { type: 'geojson', data });
    const paint = { 'circle-radius': 8, 'circle-color': '#0A4F9E', 'circle-stroke-color': '#FFFFFF', 'circle-stroke-width': 3 };
    map.addLayer({ id: SOURCE, type: 'circle', source: SOURCE, paint });
  }
  map.jumpTo({ center: [longitude, latitude], zoom: accuracy > ROUGH_M ? 14 : 17 });
  say(words.located(Math.round(accuracy)));
}
