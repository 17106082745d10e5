// The Nu Html Checker (vnu), which is the W3C's own, on every HTML page of the edition.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import vnu from "vnu-jar";

import { edition, pagePaths } from "./site.mjs";

/** What vnu says about files, one line each. */
async function judge(files) {
  const options = { maxBuffer: 64 << 20 };
  const arguments_ = ["-Xss8m", "-jar", vnu, "--format", "json", "--exit-zero-always", ...files];
  const { stderr } = await promisify(execFile)("java", arguments_, options);
  return JSON.parse(stderr).messages.map(({ url, lastLine, message }) => `${url.replace(/^file:.*\/site\//, "/")}:${lastLine} ${message}`);
}

test("vnu would find a page that is broken", async () => {
  const folder = await mkdtemp(join(tmpdir(), "congbo-"));
  const file = join(folder, "broken.html");
  await writeFile(file, "<!doctype html><html lang=vi><title>x</title><p id=a><p id=a><li>");
  const said = await judge([file]);
  await rm(folder, { recursive: true });
  assert.ok(said.length >= 2, said.join("; "));
});

test("vnu finds no error and no warning on any page", async () => {
  const pages = await pagePaths();
  const files = pages.map((path) => fileURLToPath(new URL(`site${path.endsWith("/") ? `${path}index.html` : path}`, edition)));
  assert.ok(files.length > 100, `${files.length} pages`);
  assert.deepEqual(await judge(files), []);
});
