// Every HTML page of the edition, in the browser, on a phone's width.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { PHONE, browse, pagePaths, serve, sideways, watch } from "./site.mjs";

/** Read from the page after it has loaded. */
const facts = () => ({
  lang: document.documentElement.lang,
  title: document.title,
  headings: document.querySelectorAll("h1").length,
  mark: document.querySelector(".illustrative strong")?.checkVisibility() ? document.querySelector(".illustrative strong").innerText : null,
  ids: [...document.querySelectorAll("[id]")].map((element) => element.id),
  links: [...document.querySelectorAll("a[href]")].map((link) => new URL(link.getAttribute("href"), location.href).href),
});

describe("every HTML page of the edition", () => {
  const pages = new Map();
  let site, browser;

  before(async () => {
    site = await serve();
    browser = await browse();
    const context = await browser.newContext({ viewport: PHONE });
    // Addresses by code alone lead on at once; journeys.test.mjs follows one.
    const waiting = (await pagePaths()).filter((path) => !/\/(?:xa|thua-dat)\/\d{5}\/$/.test(path));
    const visit = async () => {
      for (let path = waiting.shift(); path; path = waiting.shift()) pages.set(path, await look(context, path));
    };
    await Promise.all([visit(), visit(), visit()]);
    await context.close();
  });
  after(async () => {
    await browser?.close();
    await site?.stop();
  });

  async function look(context, path) {
    const page = await context.newPage();
    const faults = watch(page, site.origin);
    const answer = await page.goto(site.origin + path, { waitUntil: "load" });
    // Scripts that run after load have had their first requests answered.
    await page.evaluate(() => document.fonts.ready);
    const seen = { status: answer.status(), faults, sideways: await sideways(page), ...(await page.evaluate(facts)) };
    await page.close();
    return seen;
  }
  const failing = (wrong) => [...pages].filter(([, seen]) => wrong(seen)).map(([path, seen]) => [path, seen]);
  const none = (wrong, show) => assert.deepEqual(failing(wrong).map(([path, seen]) => `${path}: ${show(seen)}`), []);

  test("is there, and there are about a hundred", () => {
    assert.ok(pages.size >= 90, `${pages.size} pages`);
    none((seen) => seen.status !== 200, (seen) => seen.status);
  });
  test("writes no error or warning, fails no request, breaks no policy and stays on its origin", () => {
    none((seen) => seen.faults.length > 0, (seen) => seen.faults.join("; "));
  });
  test("has one h1", () => none((seen) => seen.headings !== 1, (seen) => seen.headings));
  test("says its language, English below /en/", () => {
    const wrong = [...pages].filter(([path, seen]) => seen.lang !== (path.startsWith("/en/") ? "en" : "vi"));
    assert.deepEqual(wrong.map(([path, seen]) => `${path}: ${seen.lang}`), []);
  });
  test("has a title that no other page of its language has", () => {
    for (const lang of ["vi", "en"]) {
      const titles = [...pages.values()].filter((seen) => seen.lang === lang).map((seen) => seen.title);
      assert.deepEqual(titles.filter((title, i) => !title || titles.indexOf(title) !== i), []);
    }
  });
  test("shows that its data is invented", () => {
    none((seen) => !["MINH HỌA", "ILLUSTRATIVE"].includes(seen.mark), (seen) => seen.mark);
  });
  test("does not scroll sideways at 360 pixels", () => none((seen) => seen.sideways > 0, (seen) => `${seen.sideways} px`));
  test("has no id twice", () => {
    none((seen) => new Set(seen.ids).size !== seen.ids.length, (seen) => seen.ids.filter((id, i) => seen.ids.indexOf(id) !== i));
  });

  test("links only to addresses that answer, and to anchors that are there", async () => {
    const targets = new Map();
    for (const [path, seen] of pages) {
      for (const link of seen.links.map((href) => new URL(href))) {
        if (link.protocol === "mailto:") continue;
        assert.equal(link.origin, site.origin, `${path} links to ${link}`);
        if (!targets.has(link.pathname)) targets.set(link.pathname, path);
        const anchor = decodeURIComponent(link.hash.slice(1));
        const to = pages.get(decodeURIComponent(link.pathname));
        // For the map and the letter the fragment says what they are about; it is no anchor.
        if (anchor && to && !/\/(?:ban-do|bao-sai|phieu-thua-dat)\/$/.test(link.pathname)) assert.ok(to.ids.includes(anchor), `${path} -> ${link}`);
      }
    }
    assert.ok(targets.size > 90, `${targets.size} addresses`);
    for (const [target, from] of targets) {
      const answer = await fetch(site.origin + target, { method: "HEAD", redirect: "manual" });
      assert.equal(answer.status, 200, `${from} links to ${target}`);
    }
  });
});

test("without JavaScript every page of a way to a parcel has its facts and links", async () => {
  const site = await serve();
  const browser = await browse();
  try {
    const context = await browser.newContext({ javaScriptEnabled: false, viewport: PHONE });
    const page = await context.newPage();
    await page.goto(`${site.origin}/ban-do/`);
    assert.match(await page.locator("noscript p").innerText(), /^Bản đồ cần JavaScript/);
    await page.getByRole("link", { name: "Xã An Minh" }).click();
    await page.locator('a[href="/thua-dat/99001/5/"]').first().click();
    const row = await page.locator('tr[id="12"]').innerText();
    assert.match(row, /^12\s+127,1\s+SKC Đất cơ sở sản xuất phi nông nghiệp\s+3\/100/);
    assert.ok(await page.locator(".decision").innerText().then((text) => text.includes("01/2026/QĐ-UBND")));
    assert.ok((await page.locator(".drawing-frame svg a").count()) > 20, "the drawing has a link to each parcel's row");
  } finally {
    await browser.close();
    await site.stop();
  }
});
