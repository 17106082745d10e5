// Pointing at and choosing parcels: by mouse, finger or keyboard.

const FILL = 'thua-dat-nen';
const OUTLINES = ['thua-dat-chon-nen', 'thua-dat-chon-quang', 'thua-dat-chon'];
const SOURCE = { source: 'thua-dat', sourceLayer: 'thua_dat' };

/** @param {any} feature @returns {import('./permalink.js').Code} */
export function codeOf({ properties }) {
  return {
    commune: String(properties.maXa),
    sheet: String(properties.soHieuToBanDo),
    number: String(properties.soThuTuThua),
  };
}

/** The parcel and the planning zones drawn at a point of the screen. */
export function at(map, point) {
  const layers = (names) => names.filter((name) => map.getLayer(name));
  const parcel = map.queryRenderedFeatures(point, { layers: layers([FILL]) })[0] ?? null;
  const zones = map.queryRenderedFeatures(point, { layers: layers(['quy-hoach']) });
  const plans = [...new Map(zones.map((zone) => [JSON.stringify(zone.properties), zone.properties])).values()];
  return { parcel, plans };
}

/** Outlines a parcel, or none; by its numbers, so that it works before its tile is there. */
export function highlight(map, code) {
  const filter = code
    ? [
        'all',
        ['==', ['to-string', ['get', 'maXa']], code.commune],
        ['==', ['to-number', ['get', 'soHieuToBanDo']], Number(code.sheet)],
        ['==', ['to-number', ['get', 'soThuTuThua']], Number(code.number)],
      ]
    : ['boolean', false];
  for (const layer of OUTLINES) if (map.getLayer(layer)) map.setFilter(layer, filter);
}

/** A thin line around the parcel under the pointer. */
export function hover(map) {
  let hovered = null;
  const set = (id, on) => map.setFeatureState({ ...SOURCE, id }, { hover: on });
  const leave = () => {
    if (hovered !== null && map.getSource(SOURCE.source)) set(hovered, false);
    hovered = null;
    map.getCanvas().style.cursor = '';
  };
  map.on('mousemove', FILL, (event) => {
    const id = event.features[0]?.id;
    if (id === undefined || id === hovered) return;
    leave();
    hovered = id;
    set(id, true);
    map.getCanvas().style.cursor = 'pointer';
  });
  map.on('mouseleave', FILL, leave);
  map.on('styledata', () => (hovered = null));
}

/**
 * Enter, Backspace and Escape on the map itself; the crosshair in its middle is what they are about.
 * @param {{enter: () => void, undo: () => void, escape: () => void}} acts
 */
export function keyboard(map, acts) {
  const keys = { Enter: acts.enter, Backspace: acts.undo, Escape: acts.escape };
  map.getCanvas().addEventListener('keydown', (event) => {
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
}
