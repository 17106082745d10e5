// Forty payloads in every text field of the data, in the real browser: none runs, none asks another origin.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { ownSite } from "./own-site.mjs";
import { DESK, browse, drawn, pagePaths, serve } from "./site.mjs";

const listed = fileURLToPath(new URL("payloads.json", import.meta.url));
const payloads = JSON.parse(await readFile(listed, "utf8"));

let own, site, browser, manifest;

before(async () => {
  own = await ownSite();
  const filled = await own.python("payloads.py", listed);
  assert.ok(Number(filled) > 5000, `${filled} fields`);
  await own.publish();
  manifest = JSON.parse(await readFile(join(own.folder, "dist/current/manifest.json"), "utf8"));
  site = await serve(own.folder);
  browser = await browse();
});
after(async () => {
  await browser?.close();
  await site?.stop();
  await own?.remove();
});

/** What a payload would show: a variable, a dialog, a request elsewhere, a report of the policy. */
async function watched(context) {
  const page = await context.newPage();
  const found = [];
  page.on("dialog", (dialog) => found.push(`dialog ${dialog.message()}`) && dialog.dismiss());
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (!["data:", "blob:"].includes(protocol) && origin !== site.origin) found.push(`asks ${request.url()}`);
  });
  page.on("console", (message) => /Content Security Policy/i.test(message.text()) && found.push(message.text()));
  page.on("pageerror", (error) => found.push(error.message));
  return { page, found };
}

/** Also what the policy would have stopped: attributes and elements that text can only have made. */
const traces = () => [
  ...(window.__ran ? ["a payload ran"] : []),
  ...[...document.querySelectorAll("*")]
    .filter((element) => [...element.attributes].some(({ name, value }) => name.startsWith("on") || (["href", "src", "action", "formaction", "data", "xlink:href"].includes(name) && /^\s*javascript:/i.test(value))))
    .map((element) => element.outerHTML.slice(0, 120)),
  ...[...document.querySelectorAll("iframe, object, embed, base, meta[http-equiv=refresh]")].map((element) => element.outerHTML.slice(0, 120)),
];

test("there are forty payloads, and the pages show them as text", async () => {
  assert.equal(new Set(payloads).size, 40);
  const page = await browser.newPage({ viewport: DESK });
  const shown = new Set();
  for (const path of ["/bang-gia-dat/", "/duong/", "/du-lieu/"]) {
    await page.goto(site.origin + path);
    const said = await page.locator("body").innerText();
    for (const payload of payloads) if (said.includes(payload)) shown.add(payload);
  }
  const prices = (await pagePaths(manifest)).filter((path) => /^\/bang-gia-dat\/.+\/.+\//.test(path));
  for (const path of prices) {
    await page.goto(site.origin + path);
    const said = await page.locator("body").innerText();
    for (const payload of payloads) if (said.includes(payload)) shown.add(payload);
  }
  assert.deepEqual(payloads.filter((payload) => !shown.has(payload)), []);
  await page.close();
});

test("the watch would see a payload that runs", async () => {
  const context = await browser.newContext({ bypassCSP: true });
  const { page, found } = await watched(context);
  await page.goto(site.origin);
  await page.evaluate(() => {
    document.body.innerHTML += "<img src=x onerror='window.__ran=1;alert(1)'>";
  });
  await page.waitForFunction(() => window.__ran === 1);
  assert.ok((await page.evaluate(traces)).length >= 2 && found.length >= 1);
  await context.close();
});

test("on no page does a payload run, become markup or reach another origin, even without the policy", async () => {
  const context = await browser.newContext({ viewport: DESK, bypassCSP: true });
  const waiting = await pagePaths(manifest);
  assert.ok(waiting.length > 100);
  const wrong = [];
  // One tab for many pages: closing a tab for each now and then takes the browser minutes.
  const visit = async () => {
    const { page, found } = await watched(context);
    for (let path = waiting.shift(); path; path = waiting.shift()) {
      await page.goto(site.origin + path, { waitUntil: "load" });
      // A page that has moved leads on by itself: the one it leads to is visited too.
      const moved = await leadsOn(path);
      if (moved) await page.waitForURL((url) => url.pathname !== path);
      for (const field of moved ? [] : await page.locator("button.sort").all()) await field.click();
      const here = moved ? [] : await page.evaluate(traces);
      for (const fault of [...found.splice(0), ...here]) wrong.push(`${path}: ${fault}`);
    }
  };
  await Promise.all([visit(), visit()]);
  await context.close();
  assert.deepEqual(wrong, []);
});

async function leadsOn(path) {
  const response = await fetch(site.origin + path);
  return (await response.text()).includes('http-equiv="refresh"');
}

test("nor on the map's panel for fifty parcels, in the search, or on the paper of a parcel", async () => {
  const context = await browser.newContext({ viewport: DESK });
  const { page, found } = await watched(context);
  await page.goto(`${site.origin}/ban-do/#thua=99001-5-12`);
  await drawn(page);
  const sheet = JSON.parse(await readFile(join(own.folder, "dist/current/site/thua-dat/99001/5/thua.json"), "utf8"));
  for (const { number } of sheet.parcels.slice(0, 50)) {
    await page.goto(`${site.origin}/ban-do/#thua=99001-5-${number}`);
    await page.locator("#chi-tiet h2").filter({ hasText: String(number) }).waitFor();
    assert.deepEqual(await page.evaluate(traces), []);
  }
  for (const { number } of sheet.parcels.slice(0, 5)) {
    await page.goto("about:blank");
    await page.goto(`${site.origin}/phieu-thua-dat/#thua=99001-5-${number}`);
    await page.waitForFunction(() => document.documentElement.dataset.ready === "phieu");
    assert.deepEqual(await page.evaluate(traces), []);
  }
  for (const payload of payloads) {
    await page.goto(`${site.origin}/tim-kiem/?q=${encodeURIComponent(payload)}`, { waitUntil: "load" });
    assert.deepEqual(await page.evaluate(traces), []);
  }
  assert.deepEqual(found, []);
  await context.close();
});
