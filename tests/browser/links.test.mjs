// Every address that a file of the edition names, HTML or not: it answers, and its anchor is there.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { json, serve, text } from "./site.mjs";

let site;
before(async () => {
  site = await serve();
});
after(() => site?.stop());

/** What only a person's script reads behind the `#`. */
const READ_BY_SCRIPTS = /\/(?:ban-do(?:\/nhung)?|bao-sai|phieu-thua-dat)\/$/;

test("no link of any page, feed, sitemap, catalogue or layer definition is dead", async () => {
  const { files } = await json("manifest.json");
  const names = files.map((file) => file.path).filter((path) => path.startsWith("site/"));
  const pages = new Map();
  const links = new Map();
  const configured = "http://127.0.0.1:8080";
  const note = (target, from) => {
    const url = new URL(target.replaceAll("&amp;", "&"), `${configured}/${from.slice("site/".length).replace(/index\.html$/, "")}`);
    // The public address of the configuration is this server's.
    if (url.origin === configured || url.origin.startsWith("http://127.0.0.1:")) links.set(url.pathname + url.search + url.hash, from);
  };
  for (const name of names) {
    if (!/\.(?:html|atom|xml|jsonld|qlr|webmanifest)$/.test(name) && !name.startsWith("site/ogc/")) continue;
    const content = await text(name);
    if (name.endsWith(".html")) {
      const page = name.slice("site".length).replace(/index\.html$/, "");
      pages.set(page, new Set([...content.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)));
      for (const [, target] of content.matchAll(/ (?:href|src|action)="([^"]+)"/g)) note(target, name);
    } else {
      for (const [target] of content.matchAll(/https?:\/\/127\.0\.0\.1:\d+[^"<>\s)]*/g)) if (!/[{|]/.test(target)) note(target, name);
    }
  }
  const dead = [];
  const answered = new Map();
  for (const [target, from] of links) {
    const url = new URL(target, site.origin);
    if (!answered.has(url.pathname)) answered.set(url.pathname, (await fetch(site.origin + url.pathname, { method: "HEAD", redirect: "manual" })).status);
    const status = answered.get(url.pathname);
    const anchor = decodeURIComponent(url.hash.slice(1));
    if (status !== 200) dead.push(`${from} → ${target}: ${status}`);
    else if (anchor && pages.has(url.pathname) && !READ_BY_SCRIPTS.test(url.pathname) && !pages.get(url.pathname).has(anchor)) dead.push(`${from} → ${target}: no such anchor`);
  }
  console.log(`${links.size} links to ${answered.size} addresses`);
  assert.ok(links.size > 500);
  assert.deepEqual(dead, []);
});
