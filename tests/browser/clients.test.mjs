// The libraries that others draw maps with, on a page of another origin, reading a running server: MapLibre GL JS,
// OpenLayers, and Leaflet with protomaps-leaflet; then the npm readers of archives and FlatGeobuf, by range.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { deserialize } from "flatgeobuf/lib/mjs/geojson.js";
import { FetchSource, PMTiles } from "pmtiles";

import { DESK, browse, json, serve } from "./site.mjs";

/** In Bến Lửa's town: parcels of every size. */
const PLACE = { lon: 106.40555, lat: 20.85255, zoom: 16 };

const MAPLIBRE = `
  import { Map, setWorkerUrl } from "maplibre-gl";
  import "maplibre-gl/dist/maplibre-gl.css";
  setWorkerUrl("/worker.js");
  window.start = ({ origin, place }) => new Promise((resolve, reject) => {
    const map = new Map({
      container: "map", center: [place.lon, place.lat], zoom: place.zoom - 1, fadeDuration: 0,
      // The document names the configured public address; the test's port is another.
      transformRequest: (url) => ({ url: url.replace("http://127.0.0.1:8080", origin) }),
      canvasContextAttributes: { preserveDrawingBuffer: true },
      style: { version: 8, sources: { parcels: { type: "vector", url: origin + "/tiles/thua-dat.json" } }, layers: [
        { id: "land", type: "fill", source: "parcels", "source-layer": "thua_dat", paint: { "fill-color": "#e07030" } },
      ] },
    });
    map.on("error", (event) => reject(event.error));
    map.on("idle", () => resolve(map.queryRenderedFeatures({ layers: ["land"] }).length));
  });`;

const OPENLAYERS = `
  import Map from "ol/Map.js";
  import View from "ol/View.js";
  import MVT from "ol/format/MVT.js";
  import VectorTileLayer from "ol/layer/VectorTile.js";
  import VectorTileSource from "ol/source/VectorTile.js";
  import { fromLonLat } from "ol/proj.js";
  import "ol/ol.css";
  window.start = ({ origin, place }) => new Promise((resolve, reject) => {
    const source = new VectorTileSource({ format: new MVT(), maxZoom: 16, url: origin + "/tiles/thua-dat/{z}/{x}/{y}.pbf" });
    source.on("tileloaderror", (event) => reject(new Error("tile " + event.tile.getTileCoord())));
    const view = new View({ center: fromLonLat([place.lon, place.lat]), zoom: place.zoom });
    const layer = new VectorTileLayer({ source, style: { "fill-color": "#e07030", "stroke-color": "#000" } });
    const map = new Map({ target: "map", layers: [layer], view });
    map.once("rendercomplete", () => resolve(layer.getFeaturesInExtent(view.calculateExtent()).length));
  });`;

const LEAFLET = `
  import L from "leaflet";
  import "leaflet/dist/leaflet.css";
  import { leafletLayer, PolygonSymbolizer } from "protomaps-leaflet";
  window.start = ({ archive, place }) => new Promise((resolve) => {
    let drawn = 0;
    class Counting extends PolygonSymbolizer {
      draw(context, geometry, zoom, feature) {
        drawn += 1;
        super.draw(context, geometry, zoom, feature);
      }
    }
    const map = L.map("map").setView([place.lat, place.lon], place.zoom);
    const paintRules = [{ dataLayer: "thua_dat", symbolizer: new Counting({ fill: "#e07030" }) }];
    const layer = leafletLayer({ url: archive, paintRules, labelRules: [], maxDataZoom: 16 });
    layer.on("load", () => setTimeout(() => resolve(drawn), 500));
    layer.addTo(map);
  });`;

const PAGES = { maplibre: MAPLIBRE, openlayers: OPENLAYERS, leaflet: LEAFLET };

let site, browser, pages, elsewhere;
before(async () => {
  site = await serve();
  browser = await browse();
  const files = await bundled();
  pages = createServer((asked, answer) => {
    const name = new URL(asked.url, "http://x").pathname.slice(1);
    const [type, body] = files[name] ?? (PAGES[name] ? ["text/html", page(name)] : ["text/plain", ""]);
    answer.setHeader("content-type", type).end(body);
  });
  await new Promise((resolve) => pages.listen(0, "127.0.0.1", resolve));
  elsewhere = `http://127.0.0.1:${pages.address().port}`;
});
after(async () => {
  await browser?.close();
  await site?.stop();
  pages?.close();
});

const page = (name) =>
  `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/${name}.css"><style>#map{width:1000px;height:700px}</style>` +
  `<div id="map"></div><script type="module" src="/${name}.js"></script>`;

async function bundled() {
  const files = { "favicon.ico": ["image/x-icon", ""] };
  for (const [name, contents] of Object.entries(PAGES)) {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
      bundle: true, write: false, format: "esm", outdir: "/out", entryNames: name,
      loader: { ".png": "dataurl", ".svg": "dataurl" }, logLevel: "error",
    });
    for (const { path, contents: bytes } of outputFiles) {
      const kind = path.endsWith(".css") ? "css" : "js";
      files[`${name}.${kind}`] = [kind === "css" ? "text/css" : "text/javascript", Buffer.from(bytes)];
    }
  }
  const worker = fileURLToPath(new URL("node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs", import.meta.url));
  const { outputFiles } = await build({ entryPoints: [worker], bundle: true, write: false, format: "esm" });
  files["worker.js"] = ["text/javascript", Buffer.from(outputFiles[0].contents)];
  return files;
}

async function archive() {
  const { files } = await json("manifest.json");
  const { path } = files.find(({ path }) => /^tiles\/thua-dat-[0-9a-f]{16}\.pmtiles$/.test(path));
  return `${site.origin}/archives/${path.slice("tiles/".length)}`;
}

/** Share of the pixels of the map that are neither white nor transparent. */
const painted = async (opened) => {
  const shot = await opened.locator("#map").screenshot();
  return opened.evaluate(async (base64) => {
    const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    const context = canvas.getContext("2d");
    context.drawImage(picture, 0, 0);
    const { data } = context.getImageData(0, 0, picture.width, picture.height);
    let orange = 0;
    for (let at = 0; at < data.length; at += 4) if (data[at] > 180 && data[at + 2] < 120) orange += 1;
    return orange / (data.length / 4);
  }, shot.toString("base64"));
};

for (const name of Object.keys(PAGES)) {
  test(`${name} draws parcels from another origin, and no request fails`, async () => {
    const context = await browser.newContext({ viewport: DESK });
    try {
      const opened = await context.newPage();
      const faults = [];
      opened.on("pageerror", (error) => faults.push(error.message));
      opened.on("console", (message) => message.type() === "error" && faults.push(message.text()));
      opened.on("response", (answer) => answer.status() >= 400 && faults.push(`${answer.status()} ${answer.url()}`));
      const asked = new Set();
      opened.on("response", (answer) => answer.url().startsWith(site.origin) && asked.add(answer.status()));
      await opened.goto(`${elsewhere}/${name}`);
      await opened.waitForFunction(() => typeof window.start === "function");
      const given = { origin: site.origin, archive: await archive(), place: PLACE };
      const features = await opened.evaluate((given) => window.start(given), given);
      assert.deepEqual(faults, []);
      assert.ok(features > 20, `${features} parcels`);
      assert.ok(asked.has(name === "leaflet" ? 206 : 200), `${[...asked]}`);
      const share = await painted(opened);
      assert.ok(share > 0.2, `${Math.round(share * 100)} % of the map is painted`);
    } finally {
      await context.close();
    }
  });
}

test("the npm pmtiles reader finds by range what the server gives as a tile", async () => {
  const reader = new PMTiles(new FetchSource(await archive()));
  const { minZoom, maxZoom } = await reader.getHeader();
  const report = await json("report.json");
  const { largest_tiles: tiles } = report.tile_sets.find(({ id }) => id === "thua-dat");
  for (const { z, x, y } of tiles) {
    assert.ok(z >= minZoom && z <= maxZoom);
    const { data } = await reader.getZxy(z, x, y);
    const answer = await fetch(`${site.origin}/tiles/thua-dat/${z}/${x}/${y}.mvt`);
    assert.deepEqual(Buffer.from(data), Buffer.from(await answer.arrayBuffer()), `${z}/${x}/${y}`);
  }
});

test("the npm flatgeobuf reader finds by range what lies in a box, without the rest of the file", async () => {
  const { open } = await (await fetch(`${site.origin}/catalog`)).json();
  const files = open.filter(({ url }) => url.endsWith(".fgb"));
  assert.ok(files.length > 0);
  for (const { url } of files) {
    const whole = new Uint8Array(await (await fetch(site.origin + url)).arrayBuffer());
    let all = 0;
    for await (const _ of deserialize(whole)) all += 1;
    let inBox = 0;
    const box = { minX: -180, minY: -90, maxX: 180, maxY: 90 };
    for await (const feature of deserialize(site.origin + url, { rect: box })) {
      assert.ok(feature.geometry);
      inBox += 1;
    }
    assert.equal(inBox, all, url);
  }
});
