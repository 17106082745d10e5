// WCAG 2.2 AA as far as a machine can judge it, in light and dark, on a desk and on a phone.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { DESK, PHONE, browse, drawn, serve } from "./site.mjs";

const axe = await readFile(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const htmlcs = await readFile(new URL("node_modules/@pa11y/html_codesniffer/build/HTMLCS.js", import.meta.url), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];
const PAGES = {
  "the home page": "/",
  "the map": "/ban-do/",
  "the map with a chosen parcel": "/ban-do/#thua=99001-5-12",
  "a commune": "/xa/99001-xa-an-minh/",
  "a price table": "/bang-gia-dat/bang-gia-dat-2026/99001-xa-an-minh/",
  "a map sheet": "/thua-dat/99001/5/",
  "prices by road": "/duong/quoc-lo-99/",
  "the list of roads": "/duong/",
  "a decision on prices": "/bang-gia-dat/bang-gia-dat-2026/",
  "drafts": "/lay-y-kien/",
  "a draft of coefficients": "/he-so/he-so-2026/99001-xa-an-minh/",
  "the paper of a parcel": "/phieu-thua-dat/#thua=99001-5-12",
  "a plan": "/quy-hoach/99001-xa-an-minh/",
  "the plans": "/quy-hoach/",
  "the statistics": "/thong-ke/",
  "the page about the data": "/du-lieu/",
  "the map of plans": "/ban-do/#14/20.85/106.4&lop=quy-hoach",
  "the map for other pages": "/ban-do/nhung/#16/20.85/106.4",
  "the letter about an error": "/bao-sai/#thua=99001-5-12",
  "the index of names": "/muc-luc/t/",
  "an article with a form": "/quy-trinh-cung-cap/",
  "search results": "/tim-kiem/?q=to+5+thua+12",
  "an English sheet": "/en/thua-dat/99002/5/",
};

let site, browser;
before(async () => {
  site = await serve();
  browser = await browse();
});
after(async () => {
  await browser?.close();
  await site?.stop();
});

for (const [look, options] of [
  ["in light on a desk", { viewport: DESK, colorScheme: "light" }],
  ["in dark on a phone", { viewport: PHONE, colorScheme: "dark" }],
]) {
  test(`axe finds nothing ${look}`, async (t) => {
    // axe comes in by the debugging protocol, which the page's policy does not bind.
    const context = await browser.newContext({ ...options, reducedMotion: "reduce", bypassCSP: true });
    for (const [name, path] of Object.entries(PAGES)) {
      await t.test(name, async () => {
        const page = await context.newPage();
        await page.goto(site.origin + path, { waitUntil: "load" });
        if (path.includes("/ban-do/")) await drawn(page);
        if (path.includes("/ban-do/#thua=")) await page.locator("#chi-tiet h2").waitFor();
        if (path.includes("phieu")) await page.waitForFunction(() => document.documentElement.dataset.ready === "phieu");
        if (path.includes("?q=")) await page.locator(".results").waitFor();
        await page.evaluate(axe);
        const { violations, passes } = await page.evaluate((tags) => window.axe.run({ runOnly: tags }), RULES);
        const said = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 120)} ${node.failureSummary}`));
        assert.deepEqual(said, []);
        assert.ok(passes.length > 15, `only ${passes.length} rules applied`);
        await page.close();
      });
    }
    await context.close();
  });
}

test("HTML CodeSniffer finds no error against WCAG 2 AA", async (t) => {
  const context = await browser.newContext({ viewport: DESK, bypassCSP: true });
  for (const [name, path] of Object.entries(PAGES).filter(([, path]) => !path.includes("/ban-do/"))) {
    await t.test(name, async () => {
      const page = await context.newPage();
      await page.goto(site.origin + path, { waitUntil: "load" });
      if (path.includes("phieu")) await page.waitForFunction(() => document.documentElement.dataset.ready === "phieu");
      await page.evaluate(htmlcs);
      const errors = await page.evaluate(
        () =>
          new Promise((resolve) => {
            const { HTMLCS } = window;
            HTMLCS.process("WCAG2AA", document, () => {
              const found = HTMLCS.getMessages().filter(({ type }) => type === HTMLCS.ERROR);
              resolve(found.map(({ code, msg, element }) => `${code}: ${msg} ${element.outerHTML?.slice(0, 120)}`));
            });
          }),
      );
      assert.deepEqual(errors, []);
      await page.close();
    });
  }
  await context.close();
});
