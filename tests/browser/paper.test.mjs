// The paper for one parcel: what a ruler finds on it, what it says, and where its code leads.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { pathsOf, sides } from "./pdf.mjs";
import { DESK, PHONE, browse, edition, json, serve, sideways, watch } from "./site.mjs";

const SHEET = "/thua-dat/99001/5/";
const PARCEL = 12;
const PAPER = `/phieu-thua-dat/#thua=99001-5-${PARCEL}`;
/** What a good ruler can tell. */
const TOLERANCE_MM = 0.2;

let site, browser, page, parcel;
before(async () => {
  site = await serve();
  browser = await browse();
  page = await browser.newPage({ viewport: DESK });
  const sheet = await json(`site${SHEET}thua.json`);
  parcel = sheet.parcels.find(({ number }) => number === PARCEL);
});
after(async () => {
  await browser?.close();
  await site?.stop();
});

/** Opens the paper and waits until it is filled. */
async function open(address, on = page) {
  await on.goto("about:blank");
  await on.goto(site.origin + address);
  await on.waitForFunction(() => document.documentElement.dataset.ready === "phieu");
  await on.evaluate(() => document.fonts.ready);
}

/** Approved edges in metres, in the order of the corners. */
function edgesM() {
  const ring = parcel.rings[0];
  const corners = Array.from({ length: ring.length / 2 }, (_, i) => [ring[2 * i] / 1000, ring[2 * i + 1] / 1000]);
  return sides(corners);
}

const near = (drawn, wanted) => drawn.length === wanted.length && drawn.every((mm, i) => Math.abs(mm - wanted[i]) <= TOLERANCE_MM);

for (const scale of [200, 500, 1000, 2000]) {
  test(`at 1:${scale} a ruler finds the parcel's edges and the scale bar within ${TOLERANCE_MM} mm`, async () => {
    await open(`${PAPER}&ty-le=${scale}`);
    const [paths] = pathsOf(await page.pdf({ preferCSSPageSize: true }));
    const wanted = edgesM().map((metres) => (metres * 1000) / scale);
    const parcels = paths.map((path) => sides(closed(path))).filter((drawn) => near(drawn, wanted));
    assert.ok(parcels.length >= 1, `no path has the sides ${wanted.map((mm) => mm.toFixed(2))}`);
    const worst = Math.max(...parcels[0].map((mm, i) => Math.abs(mm - wanted[i])));
    assert.ok(worst < 0.02, `Chromium itself is ${worst} mm off`);
    const bars = paths.filter((path) => path.length === 2 && Math.abs(sides(path)[0] - 50) <= TOLERANCE_MM);
    assert.ok(bars.length >= 1, "a bar of 50 mm");
    assert.match(await page.locator(".plot-bar").textContent(), new RegExp(`${(scale / 20).toLocaleString("vi-VN")} m`));
  });
}

/** Without a last corner that is the first again. */
function closed(path) {
  const [first, last] = [path[0], path.at(-1)];
  return path.length > 2 && Math.hypot(first[0] - last[0], first[1] - last[1]) < 1e-6 ? path.slice(0, -1) : path;
}

test("the ruler would notice a paper that is a hundredth too large", async () => {
  await open(`${PAPER}&ty-le=200`);
  const [paths] = pathsOf(await page.pdf({ preferCSSPageSize: true, scale: 1.01 }));
  const wanted = edgesM().map((metres) => metres * 5);
  assert.equal(paths.filter((path) => near(sides(closed(path)), wanted)).length, 0);
});

test("a parcel of few corners is one sheet of A4", async () => {
  await open(PAPER);
  const pdf = await page.pdf({ preferCSSPageSize: true });
  assert.equal(pathsOf(pdf).length, 1);
  assert.match(pdf.toString("latin1"), /\/MediaBox \[0 0 59[45](\.\d+)? 84[12](\.\d+)?\]/);
});

test("the paper says what it is, whose, from which decision and edition, and what is not on it", async () => {
  await open(PAPER);
  await page.emulateMedia({ media: "print" });
  const said = await page.locator("main").innerText();
  await page.emulateMedia({ media: null });
  for (const part of [
    "thửa đất số 12, tờ bản đồ số 5, Xã An Minh", "127,1", "01/2026/QĐ-UBND", "05/01/2026", "VN-2000", "105°45′",
    "không phải trích lục", "Không có ở đây, theo pháp luật", "Bắc của lưới", "1:200",
  ]) {
    assert.ok(said.includes(part), `${part} in ${said}`);
  }
  const manifest = JSON.parse(await readFile(new URL("manifest.json", edition), "utf8"));
  assert.ok(said.includes(manifest.edition), "the edition's name");
  const file = manifest.files.find(({ path }) => path === `site${SHEET}thua.json`);
  assert.ok(said.includes(file.sha256), "the digest that the manifest gives for the file");
});

test("corners are those of the approved file, X north and Y east, and edges sum to the perimeter of the sheet's table", async () => {
  await open(PAPER);
  const rows = await page.locator("table.corners tbody tr").allInnerTexts();
  const { origin_m } = await json(`site${SHEET}thua.json`);
  const cells = rows.map((row) => row.split("\t").map((cell) => Number(cell.replace(",", "."))));
  assert.equal(cells.length, parcel.rings[0].length / 2);
  cells.forEach(([number, x, y], i) => {
    assert.equal(number, i + 1);
    assert.ok(Math.abs(y - (origin_m[0] + parcel.rings[0][2 * i] / 1000)) <= 0.0051, `${y}`);
    assert.ok(Math.abs(x - (origin_m[1] + parcel.rings[0][2 * i + 1] / 1000)) <= 0.0051, `${x}`);
  });
  const sum = cells.reduce((total, cell) => total + cell[3], 0);
  const row = await fetch(site.origin + SHEET).then((answer) => answer.text());
  const perimeter = /<tr id="12">.*?· ([\d,.]+) m/s.exec(row)[1];
  assert.ok(Math.abs(sum - Number(perimeter.replace(".", "").replace(",", "."))) < 0.03, `${sum} and ${perimeter}`);
});

test("a camera reads the code, also from a dark screen, and it leads back to the parcel's row", async () => {
  const { default: jsQR } = await import("jsqr");
  const dark = await browser.newPage({ viewport: DESK, colorScheme: "dark" });
  for (const on of [page, dark]) {
    await open(PAPER, on);
    const { pixels, width, height } = await on.locator("#phieu-ma").evaluate(async (svg) => {
      const image = new Image();
      const copy = svg.cloneNode(true);
      copy.setAttribute("width", "300");
      copy.setAttribute("height", "300");
      image.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
      await image.decode();
      const canvas = new OffscreenCanvas(300, 300);
      const ground = canvas.getContext("2d");
      ground.drawImage(image, 0, 0);
      return { pixels: [...ground.getImageData(0, 0, 300, 300).data], width: 300, height: 300 };
    });
    const read = jsQR(new Uint8ClampedArray(pixels), width, height);
    assert.equal(read?.data, `http://127.0.0.1:8080${SHEET}#${PARCEL}`);
    const { pathname, hash } = new URL(read.data);
    await on.goto(site.origin + pathname + hash);
    assert.match(await on.locator("tr:target").innerText(), /^12\s/);
  }
  await dark.close();
});

test("from the sheet's row a click leads to the paper; another scale stays in the address", async () => {
  const faults = watch(page, site.origin);
  await page.goto(site.origin + SHEET);
  await page.locator('tr[id="12"]').getByRole("link", { name: "In phiếu thửa 12" }).click();
  await page.waitForFunction(() => document.documentElement.dataset.ready === "phieu");
  await page.getByRole("combobox", { name: "Tỷ lệ" }).selectOption("500");
  assert.match(page.url(), /#thua=99001-5-12&ty-le=500$/);
  assert.equal(await page.locator('[data-fill="scale"]').innerText(), "1:500");
  assert.deepEqual(faults, []);
});

test("without JavaScript, and for a parcel that is not there, the page says what to do", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const still = await context.newPage();
  await still.goto(site.origin + PAPER);
  assert.match(await still.locator("main").innerText(), /in được cả tờ đúng tỷ lệ mà không cần JavaScript/);
  await context.close();
  await page.goto("about:blank");
  await page.goto(`${site.origin}/phieu-thua-dat/#thua=99001-5-99999`);
  assert.ok(await page.locator("#phieu-chua-co").isVisible());
  assert.equal(await page.locator("#phieu-noi-dung").isVisible(), false);
});

test("on a phone the paper does not scroll sideways", async () => {
  const phone = await browser.newPage({ viewport: PHONE });
  await open(PAPER, phone);
  assert.equal(await sideways(phone), 0);
  await phone.close();
});
