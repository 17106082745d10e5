// Forty payloads in every text field of the data, in the real browser: none runs, none asks another origin.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { DESK, browse, drawn, pagePaths, serve } from "./site.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const run = promisify(execFile);
const payloads = JSON.parse(await readFile(here("payloads.json"), "utf8"));

let folder, site, browser, manifest;
const congbo = (...words) => run(here("../../target/release/congbo"), words, { cwd: folder, maxBuffer: 64 << 20 });

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "congbo-"));
  for (const shared of ["themes", "tiles"]) await symlink(here(`../../${shared}`), join(folder, shared));
  for (const own of ["content", "congbo.toml"]) await cp(here(`../../${own}`), join(folder, own), { recursive: true });
  const { stdout } = await run("python3", [here("payloads.py"), join(folder, "content/data"), here("payloads.json")]);
  assert.ok(Number(stdout) > 5000, `${stdout} fields`);
  await congbo("key", "new", join(folder, "keys/approver"));
  const datasets = (await readdir(join(folder, "content/data"))).filter((name) => name !== "dia-gioi");
  const ordered = ["dia-gioi", ...datasets].map((name) => `content/data/${name}`);
  await congbo("approve", "--key", "keys/approver.key", ...ordered);
  const built = await congbo("build");
  const edition = /^edition (\S+)/m.exec(built.stdout)[1];
  await congbo("sample", edition);
  const sample = join(folder, "dist/sign-off", edition, "sample.csv");
  await writeFile(sample, (await readFile(sample, "utf8")).replaceAll(",,\r\n", ",dat,\r\n"));
  await congbo("sign-off", edition, "--key", "keys/approver.key");
  await congbo("key", "new", "keys/publisher");
  await congbo("publish", edition, "--key", "keys/publisher.key");
  manifest = JSON.parse(await readFile(join(folder, "dist/current/manifest.json"), "utf8"));
  site = await serve(folder);
  browser = await browse();
});
after(async () => {
  await browser?.close();
  await site?.stop();
  await rm(folder, { recursive: true, force: true });
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
  const sheet = JSON.parse(await readFile(join(folder, "dist/current/site/thua-dat/99001/5/thua.json"), "utf8"));
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
