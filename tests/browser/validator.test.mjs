// The Nu Html Checker (vnu), which is the W3C's own, on every HTML page of the edition; and Jing, which comes with
// it, on every feed and sitemap by their grammars.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import vnu from "vnu-jar";

import { edition, json, pagePaths, text } from "./site.mjs";

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

const JING = "nu.validator.vendor.thaiopensource.relaxng.util.Driver";

/** What Jing says about files by a grammar, one line each; nothing when they follow it. */
async function byGrammar(grammar, files) {
  const schema = fileURLToPath(new URL(`schemas/${grammar}.rnc`, import.meta.url));
  const run = promisify(execFile)("java", ["-Xss8m", "-cp", vnu, JING, "-c", schema, ...files], { maxBuffer: 64 << 20 });
  const { stdout } = await run.catch((failure) => failure);
  return stdout.split("\n").filter(Boolean);
}

/** Files of the edition on disk. */
async function files(pattern) {
  const paths = (await json("manifest.json")).files.map((file) => file.path).filter((path) => pattern.test(path));
  return paths.map((path) => fileURLToPath(new URL(path, edition)));
}

/** Broken copies of a file of the edition, and what Jing must say about each. */
async function broken(grammar, path, faults) {
  const folder = await mkdtemp(join(tmpdir(), "congbo-"));
  try {
    for (const [from, to, expected] of faults) {
      const whole = await text(path);
      assert.ok(from.test(whole), `${path} holds ${from}`);
      const file = join(folder, "broken.xml");
      await writeFile(file, whole.replace(from, to));
      assert.match((await byGrammar(grammar, [file])).join("; "), expected);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("every feed follows the grammar of RFC 4287", async () => {
  const feeds = await files(/\.atom$/);
  assert.ok(feeds.length >= 10, `${feeds.length} feeds`);
  assert.deepEqual(await byGrammar("atom", feeds), []);
  await broken("atom", "site/du-lieu/quyet-dinh.atom", [
    [/<updated>[^<]*<\/updated>/, "", /missing required child element “updated”/],
    [/T00:00:00\+07:00/, "", /“updated”/],
    [/ href="[^"]*"/, "", /missing required attribute “href”/],
    [/<category term/, "<category name", /“term”/],
  ]);
});

test("every sitemap follows the schema of the protocol 0.9", async () => {
  const maps = await files(/sitemap[^/]*\.xml$/);
  assert.ok(maps.length > 0);
  assert.deepEqual(await byGrammar("sitemap", maps), []);
  await broken("sitemap", "site/sitemap.xml", [
    [/<loc>[^<]*<\/loc>/, "", /missing required child element “loc”/],
    [/<lastmod>[^<]*/, "<lastmod>05/01/2026", /“lastmod”/],
    [/ hreflang="[^"]*"/, "", /“hreflang”/],
  ]);
});
