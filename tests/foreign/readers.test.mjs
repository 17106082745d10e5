// The published edition, read by the npm readers that browsers use.
import assert from "node:assert/strict";
import { readFile, open } from "node:fs/promises";
import { test } from "node:test";

import { VectorTile } from "../../themes/default/node_modules/@mapbox/vector-tile/index.js";
import { PbfReader } from "../../themes/default/node_modules/pbf/index.js";
import { deserialize } from "../browser/node_modules/flatgeobuf/lib/mjs/geojson.js";
import { PMTiles } from "../browser/node_modules/pmtiles/dist/esm/index.js";

const edition = new URL("../../dist/current/", import.meta.url);
const json = async (name) => JSON.parse(await readFile(new URL(name, edition), "utf8"));

/** Reads ranges of a file, as the pmtiles package wants it. */
class FileSource {
  constructor(path) {
    this.path = path;
  }
  getKey() {
    return this.path.href;
  }
  async getBytes(offset, length) {
    const file = await open(this.path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
      return { data: buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + bytesRead) };
    } finally {
      await file.close();
    }
  }
}

test("the npm pmtiles reader opens every archive with the zooms, counts and layers of the report", async () => {
  const report = await json("report.json");
  const manifest = await json("manifest.json");
  for (const set of report.tile_sets) {
    const { path } = manifest.files.find((f) => f.path.startsWith(`tiles/${set.id}-`) && f.path.endsWith(".pmtiles"));
    const archive = new PMTiles(new FileSource(new URL(path, edition)));
    const header = await archive.getHeader();
    assert.equal(header.numAddressedTiles, set.tiles);
    assert.deepEqual([header.minZoom, header.maxZoom], [set.minzoom, set.maxzoom]);
    const { vector_layers: layers, attribution } = await archive.getMetadata();
    assert.deepEqual(new Set(layers.map((l) => l.id)), new Set(set.zooms.map((z) => z.layer)));
    assert.ok(attribution.includes("Minh Họa"));
    const largest = set.largest_tiles[0];
    const tile = await archive.getZxy(largest.z, largest.x, largest.y);
    assert.ok(tile.data.byteLength >= largest.bytes / 2, "the largest tile is there and inflates");
  }
});

/** Calls `visit` with every tile that the reader finds in the header's bounds, with a margin of one tile; returns how many. */
async function everyTile(archive, visit) {
  const header = await archive.getHeader();
  let found = 0;
  for (let z = header.minZoom; z <= header.maxZoom; z++) {
    const column = (longitude) => Math.floor(((longitude + 180) / 360) * 2 ** z);
    const row = (latitude) => {
      const tangent = Math.tan((latitude * Math.PI) / 180);
      return Math.floor(((1 - Math.asinh(tangent) / Math.PI) / 2) * 2 ** z);
    };
    for (let x = column(header.minLon) - 1; x <= column(header.maxLon) + 1; x++) {
      for (let y = row(header.maxLat) - 1; y <= row(header.minLat) + 1; y++) {
        const inside = [x, y].every((at) => at >= 0 && at < 2 ** z);
        const tile = inside && (await archive.getZxy(z, x, y));
        if (tile) {
          visit(tile.data, `${z}/${x}/${y}`);
          found += 1;
        }
      }
    }
  }
  return found;
}

test("the npm pmtiles reader finds every tile, and the reader that browsers draw with decodes every feature", async () => {
  const report = await json("report.json");
  const manifest = await json("manifest.json");
  for (const set of report.tile_sets) {
    const { path } = manifest.files.find((f) => f.path.startsWith(`tiles/${set.id}-`) && f.path.endsWith(".pmtiles"));
    const archive = new PMTiles(new FileSource(new URL(path, edition)));
    const drawn = {};
    const found = await everyTile(archive, (data, place) => {
      for (const [name, layer] of Object.entries(new VectorTile(new PbfReader(data)).layers)) {
        assert.deepEqual([layer.version, layer.extent], [2, 4096], `${set.id} ${place} ${name}`);
        const ids = (drawn[`${name} ${place.split("/")[0]}`] ??= new Set());
        for (let at = 0; at < layer.length; at++) {
          const feature = layer.feature(at);
          const rings = feature.loadGeometry();
          assert.ok(rings.length > 0 && rings.every((ring) => ring.length > 0), `${set.id} ${place} ${name} ${feature.id}`);
          assert.ok(Object.values(feature.properties).every((value) => value !== undefined && value !== null));
          ids.add(feature.id);
        }
      }
    });
    assert.equal(found, set.tiles, set.id);
    for (const zoom of set.zooms) {
      assert.equal(drawn[`${zoom.layer} ${zoom.z}`]?.size ?? 0, zoom.features_drawn, `${set.id} ${zoom.layer} z${zoom.z}`);
    }
  }
});

test("the npm flatgeobuf reader counts the same features as the report", async () => {
  const report = await json("report.json");
  for (const extract of report.extracts) {
    const bytes = new Uint8Array(await readFile(new URL(extract.path, edition)));
    let features = 0;
    for await (const feature of deserialize(bytes)) {
      assert.ok(feature.geometry.coordinates.length > 0);
      features += 1;
    }
    assert.equal(features, extract.features, extract.path);
  }
});
