// What programs read: styles by MapLibre's own validator, feeds and sitemaps by the rules of their documents.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

import { browse, json, text } from "./site.mjs";

const require = createRequire(new URL("../../themes/default/package.json", import.meta.url));
const { validateStyleMin } = require("@maplibre/maplibre-gl-style-spec");

for (const name of ["ban-do", "ban-do-toi"]) {
  test(`the style ${name} has no error by the style specification`, async () => {
    assert.deepEqual(validateStyleMin(await json(`site/styles/${name}.json`)).map((error) => error.message), []);
  });
}

test("the validator finds a fault that is planted", async () => {
  const style = await json("site/styles/ban-do.json");
  style.layers[1].paint["fill-opacity"] = "much";
  assert.ok(validateStyleMin(style).length > 0);
});

const paths = async (pattern) => (await json("manifest.json")).files.map((file) => file.path).filter((path) => pattern.test(path));

/** Documents as a browser's XML parser reads them: names with their namespaces, so that nothing passes by spelling. */
async function parsed(files, read) {
  const browser = await browse();
  try {
    const page = await browser.newPage();
    const found = [];
    for (const file of files) found.push([file, await page.evaluate(read, await text(file))]);
    return found;
  } finally {
    await browser.close();
  }
}

test("each feed has what RFC 4287 asks for, and no id twice", async () => {
  const feeds = await parsed(await paths(/\.atom$/), (source) => {
    const ATOM = "http://www.w3.org/2005/Atom";
    const document_ = new DOMParser().parseFromString(source, "application/xml");
    const children = (element, name) => [...element.children].filter((child) => child.namespaceURI === ATOM && child.localName === name);
    const faults = [...document_.getElementsByTagName("parsererror")].map((error) => error.textContent);
    const feed = document_.documentElement;
    if (feed.namespaceURI !== ATOM || feed.localName !== "feed") faults.push("no feed");
    const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)$/;
    const entries = children(feed, "entry");
    for (const element of [feed, ...entries]) {
      for (const name of ["id", "title", "updated"]) {
        if (children(element, name).length !== 1) faults.push(`${element.localName}: ${name}`);
      }
      if (!URL.canParse(children(element, "id")[0]?.textContent)) faults.push("id is no IRI");
      if (!time.test(children(element, "updated")[0]?.textContent)) faults.push("updated");
      for (const link of children(element, "link")) if (!URL.canParse(link.getAttribute("href"))) faults.push("href");
      const alternates = children(element, "link").filter((link) => link.getAttribute("rel") === "alternate");
      if (alternates.length !== 1) faults.push("alternate");
    }
    if (children(feed, "author").length !== 1 || children(children(feed, "author")[0], "name").length !== 1) faults.push("author");
    if (children(feed, "link").filter((link) => link.getAttribute("rel") === "self").length !== 1) faults.push("self");
    const ids = entries.map((entry) => children(entry, "id")[0].textContent);
    if (new Set(ids).size !== ids.length) faults.push("an id twice");
    return { faults, entries: entries.length };
  });
  assert.ok(feeds.length >= 10, `${feeds.length} feeds`);
  assert.deepEqual(feeds.filter(([, { faults }]) => faults.length > 0), []);
  assert.ok(feeds.every(([, { entries }]) => entries > 0));
});

test("each sitemap is one by the protocol 0.9, with its languages as alternates of each other", async () => {
  const maps = await parsed(await paths(/sitemap[^/]*\.xml$/), (source) => {
    const MAP = "http://www.sitemaps.org/schemas/sitemap/0.9";
    const XHTML = "http://www.w3.org/1999/xhtml";
    const document_ = new DOMParser().parseFromString(source, "application/xml");
    const faults = [...document_.getElementsByTagName("parsererror")].map((error) => error.textContent);
    const root = document_.documentElement;
    if (root.namespaceURI !== MAP || !["urlset", "sitemapindex"].includes(root.localName)) faults.push("root");
    const urls = [];
    for (const url of root.children) {
      const names = [...url.children].map((child) => `${child.namespaceURI === MAP ? "" : `${child.namespaceURI} `}${child.localName}`);
      const strange = names.filter((name) => !["loc", "lastmod", `${XHTML} link`].includes(name));
      if (strange.length > 0 || names.filter((name) => name === "loc").length !== 1) faults.push(names.join(" "));
      const loc = url.getElementsByTagNameNS(MAP, "loc")[0].textContent;
      const links = [...url.getElementsByTagNameNS(XHTML, "link")].map((link) => [link.getAttribute("hreflang"), link.getAttribute("href")]);
      if (!links.some(([, href]) => href === loc)) faults.push(`${loc} is not among its own alternates`);
      if (links.map(([lang]) => lang).sort().join() !== "en,vi,x-default") faults.push(`${loc}: ${links}`);
      urls.push(loc);
    }
    if (new Set(urls).size !== urls.length) faults.push("an address twice");
    return { faults, urls: urls.length, bytes: source.length };
  });
  assert.deepEqual(maps.filter(([, { faults }]) => faults.length > 0), []);
  assert.ok(maps.every(([, { urls, bytes }]) => urls > 0 && urls <= 50_000 && bytes <= 50 << 20));
});

test("layer definitions for QGIS are well-formed, name their source and the decision's colours", async () => {
  const layers = await parsed(await paths(/\.qlr$/), (source) => {
    const document_ = new DOMParser().parseFromString(source, "application/xml");
    return {
      faults: document_.getElementsByTagName("parsererror").length,
      root: document_.documentElement.localName,
      ids: [document_.querySelector("layer-tree-layer").id, document_.querySelector("maplayer > id").textContent],
      source: document_.querySelector("maplayer > datasource").textContent,
      symbols: document_.querySelectorAll("symbol").length,
      attribution: document_.querySelector("attribution").textContent,
    };
  });
  assert.ok(layers.length >= 3, `${layers.length}`);
  for (const [file, layer] of layers) {
    assert.equal(layer.faults, 0, file);
    assert.equal(layer.root, "qlr");
    assert.equal(layer.ids[0], layer.ids[1]);
    assert.match(layer.source, /^(?:\/vsicurl\/http|type=xyz&url=http)/);
    assert.ok(layer.symbols > 0 && /mã dữ liệu/.test(layer.attribution));
  }
});

test("facts for search engines are JSON with a digest for each file", async () => {
  const pages = await paths(/^site\/du-lieu\/[^/]+\/index\.html$/);
  let files = 0;
  for (const page of pages) {
    const [, source] = /<script type="application\/ld\+json">(.*?)<\/script>/s.exec(await text(page)) ?? [];
    const facts = JSON.parse(source);
    assert.equal(facts["@type"], "Dataset", page);
    for (const file of facts.distribution) assert.match(file.sha256, /^[0-9a-f]{64}$/, `${page}: ${file.contentUrl}`);
    files += facts.distribution.length;
  }
  assert.ok(pages.length >= 8 && files >= 10, `${pages.length} pages, ${files} files`);
});
