// The published edition, read by the npm readers that browsers use.
import assert from "node:assert/strict";
import { readFile, open } from "node:fs/promises";
import { test } from "node:test";

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
