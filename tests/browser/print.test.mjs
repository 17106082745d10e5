// On paper: whole pages, without what only a screen can use.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { DESK, browse, serve } from "./site.mjs";

const SHEET = "/thua-dat/99001/5/";
const PRICES = "/bang-gia-dat/bang-gia-dat-2026/99001-xa-an-minh/";
const MM_PER_INCH = 25.4;
const CSS_PX_PER_INCH = 96;

let site, browser, page;
before(async () => {
  site = await serve();
  browser = await browse();
  page = await browser.newPage({ viewport: DESK });
});
after(async () => {
  await browser?.close();
  await site?.stop();
});

/** Leaves of the page tree of an uncompressed PDF, as Chromium writes it. */
const pagesOf = (pdf) => pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;

for (const [name, path, least] of [["a map sheet", SHEET, 2], ["a price table", PRICES, 2]]) {
  test(`${name} prints as a PDF of several A4 pages`, async () => {
    await page.goto(site.origin + path);
    const pdf = await page.pdf({ preferCSSPageSize: true });
    assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
    assert.ok(pagesOf(pdf) >= least, `${pagesOf(pdf)} pages`);
    // A4 is 595 × 842 points; Chromium rounds.
    assert.match(pdf.toString("latin1"), /\/MediaBox \[0 0 59[45](\.\d+)? 84[12](\.\d+)?\]/);
  });

  test(`${name} on paper leaves out search, languages, trail, buttons and links of the screen`, async () => {
    await page.goto(site.origin + path);
    await page.emulateMedia({ media: "screen" });
    const screenOnly = page.locator(".search, .languages, .trail, .downloads, .table-filter, .skip, .site-footer nav");
    assert.ok((await screenOnly.count()) >= 5);
    await page.emulateMedia({ media: "print" });
    for (const part of await screenOnly.all()) assert.equal(await part.isVisible(), false, await part.innerText());
    for (const kept of [".illustrative", ".brand", ".edition", "h1", ".decision", "tbody tr >> nth=0"]) {
      assert.ok(await page.locator(kept).first().isVisible(), kept);
    }
    await page.emulateMedia({ media: null });
  });
}

test("a sheet's drawing keeps its millimetres on paper, so that its scale holds", async () => {
  await page.goto(site.origin + SHEET);
  await page.emulateMedia({ media: "print" });
  const [width_mm, width_px] = await page
    .locator(".drawing-frame svg")
    .evaluate((svg) => [parseFloat(svg.getAttribute("width")), svg.getBoundingClientRect().width]);
  assert.ok(width_mm > 50 && width_mm <= 190, `${width_mm} mm fit on A4 within its margins`);
  assert.ok(Math.abs(width_px - (width_mm / MM_PER_INCH) * CSS_PX_PER_INCH) < 0.5, `${width_px} px`);
});
