// A package opened from the disk, as an officer opens it from a stick: no server, no network, whatever the clock says.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { DESK, PHONE, browse, clickAt, drawn, json, sideways } from "./site.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const congbo = (...args) => execFileSync(join(root, "target/release/congbo"), args, { cwd: root, encoding: "utf8" });

describe("a package from the disk", () => {
  let folder, opening, pages, browser, listing;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "congbo-goi-"));
    const zip = join(folder, "99001.zip");
    congbo("package", "build", "--commune", "99001", "--out", zip, "--key", "keys/publisher.key");
    congbo("package", "install", zip, "--into", join(folder, "usb"), "--key", "keys/publisher.pub");
    opening = pathToFileURL(join(folder, "usb/MO-TRANG-NAY.html")).href;
    pages = join(folder, "usb/99001", (await readdir(join(folder, "usb/99001")))[0], "trang");
    listing = JSON.parse(congbo("package", "verify", zip, "--key", "keys/publisher.pub", "--json"));
    browser = await browse();
  });
  after(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const at = (path) => pathToFileURL(join(pages, path)).href;

  /** A page without a network that notes whatever a page of a package must not do. */
  async function visit({ viewport = DESK, now = "2026-11-25T08:00:00+07:00", from = browser } = {}) {
    const context = await from.newContext({ viewport, offline: true });
    const page = await context.newPage();
    if (now) await page.clock.setFixedTime(new Date(now));
    const faults = [];
    const driver = /GL Driver Message|GPU stall|Automatic fallback to software WebGL|SwiftShader/;
    page.on("console", (said) => {
      if (["error", "warning"].includes(said.type()) && !driver.test(said.text())) faults.push(`${said.type()}: ${said.text()}`);
    });
    page.on("pageerror", (error) => faults.push(`uncaught: ${error.message}`));
    page.on("requestfailed", (asked) => {
      if (asked.failure()?.errorText !== "net::ERR_ABORTED") faults.push(`failed: ${asked.url()}`);
    });
    page.on("request", (asked) => {
      if (!/^(?:file|data|blob):/.test(asked.url())) faults.push(`leaves the disk: ${asked.url()}`);
    });
    return { page, faults, context };
  }

  test("opens by its first page and says what it is", async () => {
    const { page, faults, context } = await visit();
    await page.goto(opening);
    await page.waitForURL(/trang\/index\.html$/);
    const said = await page.textContent(".goi");
    assert.match(said, /^Gói ngoại tuyến Xã An Minh · bản số \d+ · hạn dùng đến \d\d\/\d\d\/\d{4}$/);
    assert.match(await page.textContent("header .edition"), /Dữ liệu đến ngày \d\d\/\d\d\/\d{4}/);
    assert.equal(await page.locator(".goi-canh-bao").count(), 0);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test("shows every page without an error, a request to elsewhere or a sideways scroll on a phone", async () => {
    const { page, faults, context } = await visit({ viewport: PHONE });
    const all = (await readdir(pages, { recursive: true })).filter((name) => name.endsWith(".html"));
    assert.ok(all.length > 30, `${all.length} pages`);
    const wrong = [];
    for (const name of all.filter((name) => !/^(?:xa|thua-dat)\/\d{5}\/index/.test(name))) {
      await page.goto(at(name), { waitUntil: "load" });
      await page.evaluate(() => document.fonts.ready);
      const beyond = await sideways(page);
      if (beyond > 0 || faults.length > 0) wrong.push(`${name}: ${beyond} px, ${faults.splice(0).join("; ")}`);
    }
    assert.deepEqual(wrong, []);
    await context.close();
  });

  test("leads every link of its pages to a file that is there", async () => {
    const all = (await readdir(pages, { recursive: true })).filter((name) => name.endsWith(".html"));
    const names = new Set(await readdir(pages, { recursive: true }));
    const dead = [];
    for (const name of all) {
      const html = await readFile(join(pages, name), "utf8");
      for (const [, link] of html.matchAll(/ (?:href|src|action)="([^"#?]+)/g)) {
        if (/^(?:https?|mailto|tel):/.test(link)) continue;
        const target = join(name, "..", link);
        if (!names.has(target)) dead.push(`${name}: ${link}`);
      }
    }
    assert.deepEqual(dead, []);
  });

  test("draws the map with its parcels and tells of one that is clicked, prices too", async () => {
    const { page, faults, context } = await visit({ now: null });
    const begun = Date.now();
    const point = (await json("site/search/to/99001/5.json")).points["12"];
    await page.goto(`${at("ban-do/index.html")}#18/${point[1]}/${point[0]}`);
    await drawn(page);
    console.log(`first map after ${Date.now() - begun} ms`);
    const parcels = await page.evaluate(() => window.congboMap.queryRenderedFeatures().filter((f) => f.source === "thua-dat").length);
    assert.ok(parcels > 10, `${parcels} parcels`);
    await clickAt(page, point);
    await page.waitForSelector("#chi-tiet h2");
    assert.match(await page.textContent("#chi-tiet"), /Diện tích.*m².*Giá/s);
    assert.deepEqual(faults.filter((fault) => !/^warning/.test(fault)), []);
    await context.close();
  });

  test("finds a parcel and leads to its sheet", async () => {
    const { page, faults, context } = await visit();
    await page.goto(at("index.html"));
    await page.fill("#tim", "tờ 1 thửa 1, Xã An Minh");
    await page.press("#tim", "Enter");
    await page.waitForURL(/tim-kiem\/index\.html\?q=/);
    await page.waitForSelector("#ket-qua a");
    const links = await page.$$eval("#ket-qua a", (found) => found.map((link) => link.getAttribute("href")));
    const sheet = links.find((link) => link.startsWith("/thua-dat/99001/1/"));
    assert.ok(sheet, links.join(" "));
    await page.click(`#ket-qua a[href="${sheet}"]`);
    await page.waitForURL(/thua-dat\/99001\/1\/index\.html/);
    assert.match(await page.textContent("h1"), /tờ bản đồ/i);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test("shows sheets, prices and what it knows of a parcel without WebGL", async () => {
    const plain = await browse(["--disable-3d-apis"]);
    const { page, faults, context } = await visit({ from: plain });
    await page.goto(`${at("ban-do/index.html")}#thua=99001-1-1`);
    await page.waitForSelector("#khong-ve:not([hidden])");
    const prices = (await readdir(join(pages, "bang-gia-dat"), { recursive: true })).find((name) => /99001.*\/index\.html$/.test(name));
    await page.goto(at(`bang-gia-dat/${prices}`));
    assert.ok((await page.locator("table tbody tr").count()) > 3);
    assert.deepEqual(faults, []);
    await context.close();
    await plain.close();
  });

  test("prints the paper of one parcel", async () => {
    const { page, faults, context } = await visit();
    await page.goto(`${at("phieu-thua-dat/index.html")}#thua=99001-1-1`);
    await page.waitForSelector("html[data-ready=phieu]");
    assert.ok((await page.pdf({ preferCSSPageSize: true })).length > 10_000);
    assert.match(await page.textContent("#phieu-noi-dung"), new RegExp(listing.imprint.edition));
    assert.deepEqual(faults, []);
    await context.close();
  });

  const bars = async (now) => {
    const { page, context } = await visit({ now });
    await page.goto(at("index.html"));
    await page.waitForFunction(() => document.getElementById("goi-ban").textContent !== "");
    const said = await page.locator(".goi-canh-bao").allTextContents();
    const colour = said.length ? await page.$eval(".goi-canh-bao", (bar) => getComputedStyle(bar).backgroundColor) : null;
    await context.close();
    return { said, colour };
  };

  test("puts a red bar over every page once it has expired", async () => {
    const { said, colour } = await bars("2040-01-01T08:00:00+07:00");
    assert.equal(said.length, 1);
    assert.match(said[0], /Gói này đã hết hạn\. .*hạn dùng đến .*máy báo hôm nay là 01\/01\/2040/);
    assert.equal(colour, "rgb(155, 27, 30)");
  });

  test("says that a clock before its publication is wrong, and never that the package is current", async () => {
    const { said } = await bars("2001-01-01T08:00:00+07:00");
    assert.match(said.join(" "), /Đồng hồ của máy này sai/);
    assert.doesNotMatch(said.join(" "), /hiện hành|còn hiệu lực/);
  });

  test("says that a newer package was opened on this computer", async () => {
    const { page, context } = await visit();
    await page.goto(at("index.html"));
    await page.evaluate((number) => localStorage.setItem("congbo-goi-99-99001", String(number + 5)), listing.imprint.number);
    await page.goto(at("xa/index.html"));
    assert.match((await page.locator(".goi-canh-bao").allTextContents()).join(" "), /Đã có gói mới hơn/);
    await context.close();
  });

  test("leads to a page that says so where something is not in the package", async () => {
    const { page, faults, context } = await visit();
    await page.goto(`${at("ngoai-goi/index.html")}#/xa/99002-phuong-ben-lua/`);
    assert.match(await page.textContent("main"), /Trang này không có trong gói.*Xã An Minh.*\/xa\/99002-phuong-ben-lua\//s);
    assert.deepEqual(faults, []);
    await context.close();
  });
});
