// A package opened from the disk in Debian's Firefox, which cannot reach any network here.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { firefox } from "./firefox.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const congbo = (...args) => execFileSync(join(root, "target/release/congbo"), args, { cwd: root, encoding: "utf8" });

describe("a package from the disk in Firefox", () => {
  let folder, pages, browser;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "congbo-goi-"));
    const zip = join(folder, "99001.zip");
    congbo("package", "build", "--commune", "99001", "--english", "--out", zip, "--key", "keys/publisher.key");
    congbo("package", "install", zip, "--into", join(folder, "usb"), "--key", "keys/publisher.pub");
    pages = join(folder, "usb/99001", (await readdir(join(folder, "usb/99001")))[0], "trang");
    browser = await firefox();
  });
  after(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const at = (path) => pathToFileURL(join(pages, path)).href;
  const rows = "document.querySelectorAll('table tbody tr').length";

  test("opens by its first page and says which package it is", async () => {
    await browser.goto(pathToFileURL(join(folder, "usb/MO-TRANG-NAY.html")).href);
    await browser.until("location.pathname.endsWith('trang/index.html')");
    await browser.until("document.getElementById('goi-ban')?.textContent.includes('bản số')");
  });

  test("finds a parcel", async () => {
    await browser.goto(`${at("tim-kiem/index.html")}?q=${encodeURIComponent("tờ 1 thửa 1, Xã An Minh")}`);
    await browser.until("document.querySelector('#ket-qua a') !== null");
    assert.match(await browser.evaluate("document.querySelector('#ket-qua').textContent"), /Thửa đất số 1, tờ bản đồ số 1/);
  });

  test("shows prices and sheets", async () => {
    const prices = (await readdir(join(pages, "bang-gia-dat"), { recursive: true })).find((name) => /99001.*\/index\.html$/.test(name));
    await browser.goto(at(`bang-gia-dat/${prices}`));
    assert.ok((await browser.evaluate(rows)) > 3);
    await browser.goto(at("thua-dat/99001/1/index.html"));
    assert.ok((await browser.evaluate(rows)) > 10);
  });

  test("says in English which package it is, on its English pages", async () => {
    await browser.goto(at("en/index.html"));
    await browser.until("document.getElementById('goi-ban')?.textContent.includes('valid until')");
    assert.match(await browser.evaluate("document.querySelector('.goi').textContent"), /^Offline package Xã An Minh/);
  });

  test("tells of a parcel where no map can be drawn", async () => {
    await browser.goto(`${at("ban-do/index.html")}#thua=99001-1-1`);
    await browser.until("document.readyState === 'complete' && document.querySelector('#ban-do') !== null");
    await browser.until("window.congboMap !== undefined || !document.getElementById('khong-ve').hidden");
  });

  test("says nothing of an error", () => assert.deepEqual(browser.faults, []));
});
