// The map's tools in a real browser: measuring, the device's place, the list under the crosshair, sharing, keeping
// a commune offline, comparing editions, and how much a phone loads.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";

import { ownSite } from "./own-site.mjs";
import { DESK, PHONE, browse, clickAt, drawn, json, rendered, serve, watch } from "./site.mjs";

let site, browser;
before(async () => {
  site = await serve();
  browser = await browse();
});
after(async () => {
  await browser?.close();
  await site?.stop();
});

/** Opens the map in a context of its own and expects no fault of any kind. */
async function onMap(hash, use, { path = "/ban-do/", before: prepare = () => {}, ...options } = {}) {
  const context = await browser.newContext({ viewport: DESK, reducedMotion: "reduce", ...options });
  try {
    const page = await context.newPage();
    await prepare(context, page);
    const faults = watch(page, site.origin);
    await page.goto(site.origin + path + hash);
    await drawn(page);
    await use(page, context);
    assert.deepEqual(faults, []);
  } finally {
    await context.close();
  }
}

const number = (text) => Number(text.replace(/[^\d,]/g, "").replace(",", "."));

describe("measuring in VN-2000", () => {
  // About 100 m by 100 m; lengths by PROJ in the zone of 105°30′.
  const CORNERS = [[106.4, 20.85], [106.401, 20.85], [106.401, 20.851], [106.4, 20.851]];

  test("points set by mouse have the length and the area of the plane, not of Web Mercator", () =>
    onMap("#18/20.8505/106.4005", async (page) => {
      await page.getByRole("button", { name: "Đo" }).click();
      for (const corner of CORNERS) await clickAt(page, corner);
      const figures = await page.locator("#cong-cu dd").allInnerTexts();
      // 104.07 m wide, 110.74 m high on the ellipsoid; Web Mercator would say 111.3 and 118.5.
      assert.ok(Math.abs(number(figures[0]) - (2 * 104.07 + 110.74)) < 2, figures[0]);
      assert.ok(Math.abs(number(figures[1]) - 2 * (104.07 + 110.74)) < 2, figures[1]);
      assert.ok(Math.abs(number(figures[2]) - 11_525) < 150, figures[2]);
      await drawn(page);
      assert.equal(await rendered(page, "do-diem"), 4);
      assert.match(await page.locator("#cong-cu").innerText(), /kinh tuyến trục 105°30′/);
      const outline = JSON.parse(await page.getByLabel("Vùng này dạng GeoJSON").inputValue());
      assert.deepEqual([outline.type, outline.coordinates[0].length, outline.coordinates[0][4]], ["Polygon", 5, outline.coordinates[0][0]]);
      assert.ok(outline.coordinates[0].every(([lon, lat], i) => Math.hypot(lon - CORNERS[i % 4][0], lat - CORNERS[i % 4][1]) < 1e-5), "it is what was drawn");
      assert.equal(await page.locator("#chi-tiet h2").count(), 0, "a click that measures chooses no parcel");
    }));

  test("by keyboard Enter sets points, Backspace takes one back and Escape ends", () =>
    onMap("#17/20.8505/106.4005", async (page) => {
      await page.getByRole("button", { name: "Đo" }).click();
      await page.keyboard.press("Enter");
      await page.keyboard.press("ArrowRight");
      await page.waitForFunction(() => !window.congboMap.isMoving());
      await page.keyboard.press("Enter");
      assert.ok(number(await page.locator("#cong-cu dd").first().innerText()) > 20);
      await page.keyboard.press("Backspace");
      assert.equal(number(await page.locator("#cong-cu dd").first().innerText()), 0);
      await page.keyboard.press("Escape");
      assert.ok(await page.locator("#cong-cu").isHidden());
    }));
});

describe("the device's place", () => {
  const place = { geolocation: { longitude: 106.4, latitude: 20.85, accuracy: 30 }, permissions: ["geolocation"] };
  const spy = (_, page) =>
    page.addInitScript(() => {
      window.asked = 0;
      const ask = navigator.geolocation.getCurrentPosition.bind(navigator.geolocation);
      navigator.geolocation.getCurrentPosition = (...args) => ((window.asked += 1), ask(...args));
    });

  test("is asked for by a press of the button alone, shown, and sent nowhere", () =>
    onMap("", async (page) => {
      assert.equal(await page.evaluate(() => window.asked), 0);
      const requests = [];
      page.on("request", (request) => requests.push(request.url()));
      await page.getByRole("button", { name: "Vị trí" }).click();
      await page.getByText("Vị trí của thiết bị, sai số khoảng 30 m").waitFor();
      await drawn(page);
      assert.equal(await page.evaluate(() => window.asked), 1);
      assert.equal(await rendered(page, "vi-tri"), 1);
      assert.ok(requests.every((url) => !/106\.4|20\.85/.test(url)), requests.join(" "));
    }, { ...place, before: spy }));

  test("outside the map is said, and the map stays", () =>
    onMap("#16/20.85/106.4", async (page) => {
      await page.getByRole("button", { name: "Vị trí" }).click();
      await page.getByText("ở ngoài vùng bản đồ").waitFor();
      assert.ok((await page.evaluate(() => window.congboMap.getCenter().lng)) < 106.5);
    }, { geolocation: { longitude: 2.35, latitude: 48.85 }, permissions: ["geolocation"] }));
});

test("whoever moves the map by keyboard reads what is under the crosshair and chooses by its number", () =>
  onMap("#18/20.85255/106.40555", async (page) => {
    await page.locator(".map-buttons button").first().focus();
    for (let i = 0; i < 60 && !(await page.evaluate(() => document.activeElement.matches("canvas"))); i += 1) await page.keyboard.press("Shift+Tab");
    const entries = page.locator("#duoi-dau-thap li");
    await entries.first().waitFor();
    assert.match(await entries.first().innerText(), /^1\. Thửa \d+, tờ \d+: Đất/);
    const second = await entries.nth(1).innerText();
    await page.keyboard.press("2");
    const [, parcel, sheet] = /Thửa (\d+), tờ (\d+)/.exec(second);
    await page.getByRole("heading", { name: `Thửa đất số ${parcel}, tờ bản đồ số ${sheet}` }).waitFor();
  }));

describe("what is drawn", () => {
  test("plans are as strong as the slider says, and the address remembers it", () =>
    onMap("#14/20.85/106.4&lop=quy-hoach", async (page) => {
      const slider = page.getByLabel("Độ đậm của quy hoạch");
      await slider.fill("90");
      const opacity = () => page.evaluate(() => window.congboMap.getPaintProperty("quy-hoach", "fill-opacity"));
      assert.equal(await opacity(), 0.9);
      await page.getByLabel("Địa giới").uncheck();
      const hash = await page.evaluate(() => location.hash);
      assert.match(hash, /&lop=quy-hoach&an=boundaries&dam=90$/);
      await page.reload();
      await drawn(page);
      assert.equal(await opacity(), 0.9);
      assert.equal(await page.getByLabel("Địa giới").isChecked(), false);
    }));

  for (const colorScheme of ["light", "dark"]) {
    test(`in ${colorScheme} the legend's right half is the very colour on the screen, the left one the official`, () =>
      onMap("#16/20.85/106.4", async (page) => {
        await page.getByLabel("Ranh thửa đất").uncheck();
        await page.getByLabel("Số tờ, số thửa").uncheck();
        await page.getByLabel("Đường, sông, hồ").uncheck();
        await drawn(page);
        const uses = await json("site/search/land-use.json");
        const item = page.locator('.legend-list li[data-code="LUC"]');
        const [official, shown] = await item.locator("rect").evaluateAll((rects) => rects.map((rect) => rect.getAttribute("fill")));
        assert.equal(official, uses.LUC.colour);
        const at = await page.evaluate(() => {
          const map = window.congboMap;
          const frame = map.getCanvas().getBoundingClientRect();
          for (let x = 60; x < frame.width - 120; x += 16) {
            for (let y = 60; y < frame.height - 160; y += 16) {
              const box = [[x - 6, y - 6], [x + 6, y + 6]];
              const found = map.queryRenderedFeatures(box, { layers: ["thua-dat-nen"] });
              if (found.length === 1 && found[0].properties.kyHieuMucDichSuDung === "LUC") return { x: frame.left + x, y: frame.top + y };
            }
          }
          return null;
        });
        assert.ok(at, "a rice field is on the screen");
        const pixel = await colourAt(page, at);
        const wanted = [1, 3, 5].map((i) => parseInt(shown.slice(i, i + 2), 16));
        assert.ok(pixel.every((c, i) => Math.abs(c - wanted[i]) <= 6), `${pixel} drawn, ${wanted} in the legend`);
      }, { colorScheme }));
  }

  test("on a phone the legend of plans is one press away", () =>
    onMap("#14/20.85/106.4&lop=quy-hoach", async (page) => {
      await page.getByRole("button", { name: "Chú giải" }).click();
      await page.waitForTimeout(300);
      const legend = await page.getByRole("heading", { name: "Quy hoạch", exact: true }).boundingBox();
      assert.ok(legend.y > 0 && legend.y < PHONE.height - 40, `at ${legend.y}`);
    }, { viewport: PHONE, hasTouch: true }));
});

async function colourAt(page, { x, y }) {
  const picture = (await page.screenshot({ clip: { x, y, width: 1, height: 1 } })).toString("base64");
  const blank = await browser.newPage();
  try {
    return await blank.evaluate(async (picture) => {
      const image = new Image();
      image.src = `data:image/png;base64,${picture}`;
      await image.decode();
      const canvas = document.createElement("canvas");
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0);
      return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    }, picture);
  } finally {
    await blank.close();
  }
}

test("the map cannot be moved to where it would show the country", () =>
  onMap("", async (page) => {
    const seen = await page.evaluate(() => {
      const map = window.congboMap;
      map.jumpTo({ center: [112, 16.5], zoom: 4 });
      const bounds = map.getBounds();
      return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
    });
    const frame = (await page.locator("#ban-do").getAttribute("data-frame")).split(",").map(Number);
    assert.ok(seen[0] >= frame[0] - 1e-6 && seen[1] >= frame[1] - 1e-6 && seen[2] <= frame[2] + 1e-6 && seen[3] <= frame[3] + 1e-6, `${seen} in ${frame}`);
  }));

describe("in a page of others", () => {
  test("the map shows in a frame, tells its source and opens a parcel's facts", async () => {
    const context = await browser.newContext({ viewport: DESK });
    const page = await context.newPage();
    const other = createServer((_, answer) => {
      answer.setHeader("content-type", "text/html");
      answer.end(`<iframe src="${site.origin}/ban-do/nhung/#17/20.85255/106.40555" width="800" height="500"></iframe>`);
    }).listen(0, "127.0.0.1");
    await new Promise((listening) => other.once("listening", listening));
    await page.goto(`http://127.0.0.1:${other.address().port}/`);
    const frame = await (await page.locator("iframe").elementHandle()).contentFrame();
    await frame.waitForURL(`${site.origin}/**`);
    await frame.waitForFunction(() => window.congboMap?.loaded() && window.congboMap.areTilesLoaded(), null, { timeout: 30_000 });
    assert.match(await frame.locator(".attribution").innerText(), /Mở bản đồ đầy đủ.*Nguồn: /s);
    assert.equal(await frame.locator(".site-header").isVisible(), false);
    await page.mouse.click(400, 250);
    await frame.locator("#chi-tiet h2").waitFor();
    assert.match(await frame.locator("#chi-tiet h2").innerText(), /^Thửa đất số/);
    assert.match(await frame.locator("#mo-rong").getAttribute("href"), /\/ban-do\/#.*&thua=/);
    await context.close();
    other.close();
  });

  test("no other page of the site may be framed", async () => {
    const policy = async (path) => (await fetch(site.origin + path)).headers.get("content-security-policy");
    assert.match(await policy("/ban-do/nhung/"), /frame-ancestors \*/);
    assert.match(await policy("/en/ban-do/nhung/"), /frame-ancestors \*/);
    for (const path of ["/ban-do/", "/", "/xa/ban-do/nhung/x"]) assert.match(await policy(path), /frame-ancestors 'none'/, path);
  });

  test("the code to copy leads to what is on the screen", () =>
    onMap("#17/20.85255/106.40555", async (page) => {
      await page.getByText("Chia sẻ, nhúng vào trang khác").click();
      const code = page.getByLabel("Mã nhúng vào trang khác");
      await code.evaluate((field) => new Promise((filled) => {
        const look = () => (field.value ? filled() : setTimeout(look, 20));
        look();
      }));
      assert.match(await code.inputValue(), /^<iframe src="http:\/\/[^"]+\/ban-do\/nhung\/#17\.00\/20\.85255\/106\.40555" title="/);
      assert.match(await page.getByLabel("Liên kết đến chỗ đang xem").inputValue(), /\/ban-do\/#17\.00\/20\.85255\/106\.40555$/);
    }));
});

describe("a commune that is kept", () => {
  const keep = async (page) => {
    await page.getByText("Giữ một xã để xem khi không có mạng").click();
    await page.getByLabel("Xã, phường").selectOption({ label: "Xã An Minh" });
    await page.getByRole("button", { name: "Giữ xã này" }).click();
    await page.getByText("Đã giữ Xã An Minh").waitFor({ timeout: 60_000 });
  };

  test("is drawn, chosen from, read and found without a network, and can be let go", async () => {
    const context = await browser.newContext({ viewport: DESK, reducedMotion: "reduce" });
    const page = await context.newPage();
    await page.goto(`${site.origin}/ban-do/`);
    await drawn(page);
    assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length), 0, "nobody asked for a worker");
    await keep(page);
    await context.setOffline(true);
    await page.goto(`${site.origin}/ban-do/#thua=99001-5-12`);
    await drawn(page);
    await page.getByRole("heading", { name: "Thửa đất số 12, tờ bản đồ số 5" }).waitFor();
    assert.ok((await rendered(page, "thua-dat-nen")) > 5);
    assert.match(await page.locator(".offline-now").innerText(), /Không có mạng\. Đang xem bản đã giữ: Xã An Minh \(10\/01\/2026\)/);
    assert.match(await page.locator("#chi-tiet").innerText(), /127,1 m²/);
    await page.goto(`${site.origin}/thua-dat/99001/5/`);
    assert.match(await page.locator('tr[id="12"]').innerText(), /^12\s+127,1/);
    await page.goto(`${site.origin}/tim-kiem/?q=to+5+thua+12+an+minh`);
    assert.match(await page.locator(".results li").first().innerText(), /Thửa đất số 12, tờ bản đồ số 5/);
    // What was not kept leads to the map.
    await page.goto(`${site.origin}/thong-ke/`);
    assert.ok(page.url().endsWith("/ban-do/"));
    await context.setOffline(false);
    await page.goto(`${site.origin}/ban-do/`);
    await drawn(page);
    await page.getByText("Giữ một xã để xem khi không có mạng").click();
    await page.getByRole("button", { name: "Bỏ Xã An Minh" }).click();
    await page.waitForFunction(async () => (await caches.keys()).length === 0 && (await navigator.serviceWorker.getRegistrations()).length === 0);
    await context.close();
  });

  test("that could not be kept whole is not kept at all, and that is said", async () => {
    const context = await browser.newContext({ viewport: DESK });
    const page = await context.newPage();
    await page.route("**/thua-dat/99001/9/", (route) => route.abort());
    await page.goto(`${site.origin}/ban-do/`);
    await drawn(page);
    await page.getByText("Giữ một xã để xem khi không có mạng").click();
    await page.getByRole("button", { name: "Giữ xã này" }).click();
    await page.getByText("Không giữ được").waitFor({ timeout: 60_000 });
    assert.deepEqual(await page.evaluate(() => caches.keys()), []);
    await context.close();
  });

  test("is a web app with a name, an icon and a start", async () => {
    const answer = await fetch(`${site.origin}/site.webmanifest`);
    assert.equal(answer.headers.get("content-type"), "application/manifest+json");
    const manifest = await answer.json();
    assert.equal(manifest.start_url, "/ban-do/");
    for (const { src } of manifest.icons) assert.equal((await fetch(site.origin + src)).status, 200);
  });
});

test("a site with one edition says that there is nothing to compare with", async () => {
  const context = await browser.newContext({ viewport: DESK });
  const page = await context.newPage();
  await page.route("**/v/", (route) => route.fulfill({ status: 404, body: "" }));
  await page.goto(`${site.origin}/ban-do/`);
  await drawn(page);
  await page.getByText("So với bản công bố trước").click();
  await page.getByText("chưa có bản công bố trước").waitFor();
  await context.close();
});

test("an earlier edition is laid beside this one: what changed is tinted, what is new or gone is counted", async () => {
  const own = await ownSite();
  let server;
  try {
    const earlier = await own.publish();
    const [first, second, gone] = (await own.python("edit_parcels.py")).trim().split("\n");
    await own.publish();
    server = await serve(own.folder);
    const page = await browser.newPage({ viewport: DESK });
    const faults = watch(page, server.origin);
    // Where all three parcels are on the screen.
    await page.goto(`${server.origin}/ban-do/#thua=${first}`);
    await drawn(page);
    await page.locator("#chi-tiet h2").waitFor();
    await page.evaluate(() => window.congboMap.jumpTo({ zoom: 16 }));
    await page.getByText("So với bản công bố trước").click();
    await page.getByLabel("Bản công bố trước").selectOption(earlier);
    await page.getByText(/2 thửa thay đổi, 0 thửa mới, 1 thửa không còn/).waitFor({ timeout: 30_000 });
    // What is said comes before what is drawn.
    const tinted = await page.waitForFunction(() => {
      const code = ({ properties: of }) => [of.maXa, of.soHieuToBanDo, of.soThuTuThua].join("-");
      const codes = [...new Set(window.congboMap.queryRenderedFeatures({ layers: ["thay-doi"] }).map(code))].sort();
      return codes.length > 0 && codes;
    });
    assert.deepEqual(await tinted.jsonValue(), [first, second].sort());
    assert.ok(![first, second].includes(gone));
    await page.getByRole("link", { name: "Mở bản đó" }).click();
    await drawn(page);
    assert.match(page.url(), new RegExp(`/v/${earlier}/ban-do/`));
    assert.deepEqual(faults, []);
    await page.close();
  } finally {
    // A server that is left holds the whole file up.
    await server?.stop();
    await own.remove();
  }
});

test("parcels on the map of a phone are there after at most 700 kB", async () => {
  const context = await browser.newContext({ viewport: PHONE, hasTouch: true });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  let bytes = 0;
  session.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.goto(`${site.origin}/ban-do/#16/20.85/106.4`);
  await page.waitForFunction(() => window.congboMap?.getLayer("thua-dat-nen") && window.congboMap.queryRenderedFeatures({ layers: ["thua-dat-nen"] }).length > 20, null, { timeout: 30_000 });
  console.log(`map page to first parcels: ${Math.round(bytes / 1000)} kB`);
  assert.ok(bytes <= 700_000, `${bytes} bytes`);
  await context.close();
});
