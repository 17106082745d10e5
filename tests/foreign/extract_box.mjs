// Reads a box out of a FlatGeobuf file over HTTP ranges with the npm client, and prints how many features it found and
// how many bytes it asked for: `extract_box.mjs FILE W S E N`.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

import { deserialize } from "../browser/node_modules/flatgeobuf/lib/mjs/geojson.js";

const [file, minX, minY, maxX, maxY] = process.argv.slice(2);
const bytes = await readFile(file);
let sent = 0;
const server = createServer((request, response) => {
  const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
  const part = from ? bytes.subarray(+from, +to + 1) : bytes;
  sent += part.length;
  const range = from ? { "Content-Range": `bytes ${from}-${+from + part.length - 1}/${bytes.length}` } : {};
  response.writeHead(from ? 206 : 200, { "Content-Length": part.length, ...range });
  response.end(part);
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
let found = 0;
const rect = { minX: +minX, minY: +minY, maxX: +maxX, maxY: +maxY };
console.debug = () => {};
for await (const feature of deserialize(`http://127.0.0.1:${server.address().port}/`, { rect })) found += feature.geometry ? 1 : 0;
console.log(found, sent, bytes.length);
server.close();
server.closeAllConnections();
