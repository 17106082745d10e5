// Ways of citizens through the site, from a first page to an answer. The third, printing at 1:500, and the tenth, the
// way back by QR code, are in paper.test.mjs.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { DESK, PHONE, browse, drawn, json, serve, sideways, watch } from "./site.mjs";

let site, browser;
before(async () => {
  site = await serve();
  browser = await browse();
});
after(async () => {
  await browser?.close();
  await site?.stop();
});

/** A person with a browser of their own; what goes wrong on the way fails the journey. */
function journey(name, options, way) {
  test(name, async () => {
    const context = await browser.newContext({ viewport: DESK, reducedMotion: "reduce", ...options });
    try {
      const page = await context.newPage();
      const faults = watch(page, site.origin);
      await way(page, context);
      assert.deepEqual(faults, []);
    } finally {
      await context.close();
    }
  });
}

/** An old number that today has another one, from the index. */
async function oldNumber() {
  const { old } = await json("site/search/to-99001.json");
  for (const sheet of old) {
    const file = await json(`site/search/to/99001/${sheet}.json`);
    for (const numbers of [file.old, ...Object.values(file.former)]) {
      for (const [was, now] of Object.entries(numbers)) if (now[0] !== was) return [was, now[0]];
    }
  }
  throw new Error("no parcel was renumbered");
}

journey("1. with the numbers of an old paper to the parcel of today", {}, async (page) => {
  const [was, now] = await oldNumber();
  const [sheet, number] = was.split("-");
  await page.goto(`${site.origin}/`);
  await page.getByLabel("Tìm thửa đất, đường, xã").fill(`tờ ${sheet} thửa ${number}, An Minh`);
  await page.keyboard.press("Enter");
  const hit = page.locator(".results li", { hasText: `số cũ ${sheet}/${number}` });
  await hit.locator("a.first").click();
  await drawn(page);
  const [newSheet, newNumber] = now.split("-");
  await page.getByRole("heading", { name: `Thửa đất số ${newNumber}, tờ bản đồ số ${newSheet}` }).waitFor();
});

journey("2. from the name of a road, typed without tones, to its prices by decision and to the row", {}, async (page) => {
  await page.goto(`${site.origin}/`);
  await page.locator("#tim").fill("duong truc xa an minh");
  await page.keyboard.press("Enter");
  const hit = page.locator(".results li", { hasText: "Đường trục xã An Minh" });
  await hit.getByRole("link", { name: "Giá qua các quyết định" }).first().click();
  assert.match(await page.locator("main").innerText(), /Đường trục xã An Minh/);
  assert.match(await page.locator("main").innerText(), /\/NQ-HĐND|\/QĐ-UBND/);
  await page.goBack();
  await hit.getByRole("link", { name: "Bảng giá đất" }).first().click();
  const row = page.locator("tr:target");
  assert.match(await row.innerText(), /Đường trục xã An Minh/);
  assert.match(await row.innerText(), /\d{3}/);
  // The row that was chosen can be reported.
  await row.getByRole("link", { name: "Báo sai dòng này" }).click();
  assert.match(await page.getByLabel("Trang, dòng của bảng").inputValue(), /\/bang-gia-dat\/.*#r\d+$/);
});

journey("4. by keyboard alone from the home page to a parcel's facts", {}, async (page) => {
  const focused = (text) => page.evaluate((text) => document.activeElement?.textContent?.includes(text), text);
  const tabTo = async (text, most = 80) => {
    for (let i = 0; i < most && !(await focused(text)); i += 1) await page.keyboard.press("Tab");
    assert.ok(await focused(text), `Tab reaches ${text}`);
    await page.keyboard.press("Enter");
  };
  await page.goto(`${site.origin}/`);
  await page.keyboard.press("Tab");
  assert.ok(await focused("Bỏ qua đến nội dung"));
  await tabTo("Bản đồ");
  await page.waitForURL("**/ban-do/");
  await tabTo("Mở bản đồ");
  await drawn(page);
  await page.evaluate(() => (location.hash = "#18/20.85255/106.40555"));
  await drawn(page);
  for (let i = 0; i < 80 && !(await page.evaluate(() => document.activeElement.matches("canvas"))); i += 1) await page.keyboard.press("Tab");
  await page.locator("#duoi-dau-thap li").first().waitFor();
  await page.keyboard.press("1");
  await page.locator("#chi-tiet h2").waitFor();
  assert.match(await page.locator("#chi-tiet").innerText(), /Diện tích\s+[\d.,]+ m²/);
});

journey("5. without JavaScript from the home page by the index of names to a road's price and to a parcel", { javaScriptEnabled: false }, async (page) => {
  await page.goto(`${site.origin}/`);
  await page.getByRole("link", { name: "Mục lục tên" }).click();
  await page.getByRole("link", { name: "T", exact: true }).click();
  const row = page.locator("tr", { hasText: "Đường trục xã An Minh" });
  await row.getByRole("link", { name: "Đường trục xã An Minh" }).first().click();
  assert.match(await page.locator("tr:target").innerText(), /Đường trục xã An Minh/);
  await page.goto(`${site.origin}/xa/99001/`);
  // The address by code alone leads on without a script.
  await page.waitForURL("**/xa/99001-xa-an-minh/");
  await page.locator('a[href="/thua-dat/99001/5/"]').first().click();
  assert.match(await page.locator('tr[id="12"]').innerText(), /^12\s+127,1/);
});

journey("6. on a phone of 360 px from a link to a parcel, its price table and back", { viewport: PHONE, hasTouch: true }, async (page) => {
  await page.goto(`${site.origin}/ban-do/#thua=99001-5-12`);
  await drawn(page);
  await page.getByRole("heading", { name: "Thửa đất số 12, tờ bản đồ số 5" }).waitFor();
  await page.locator("#chi-tiet .links").getByRole("link", { name: "Bảng giá đất" }).click();
  assert.ok((await sideways(page)) <= 0);
  await page.goBack();
  await page.getByRole("heading", { name: "Thửa đất số 12, tờ bản đồ số 5" }).waitFor();
});

journey("7. in the dark from a commune to its plan on the map", { colorScheme: "dark" }, async (page) => {
  await page.goto(`${site.origin}/quy-hoach/99001-xa-an-minh/`);
  const paper = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  assert.equal(paper, "rgb(21, 21, 20)");
  await page.getByRole("link", { name: "Xem trên bản đồ" }).first().click();
  await drawn(page);
  assert.ok(await page.getByLabel("Quy hoạch sử dụng đất").isChecked());
  await page.getByRole("heading", { name: "Quy hoạch", exact: true }).waitFor();
});

journey("8. in English from the home page to a parcel", {}, async (page) => {
  await page.goto(`${site.origin}/`);
  await page.getByRole("link", { name: "English" }).click();
  await page.locator("#tim").fill("5/12 Ben Lua");
  await page.keyboard.press("Enter");
  await page.locator(".results a.first").first().click();
  await drawn(page);
  await page.getByRole("heading", { name: "Parcel 12, map sheet 5" }).waitFor();
  assert.match(await page.locator("#chi-tiet").innerText(), /Area\s+[\d.,]+ m²/);
});

journey("9. with a commune that is kept, without a network, from the map to the sheet", {}, async (page, context) => {
  await page.goto(`${site.origin}/ban-do/#thua=99002-5-12`);
  // The commune of the chosen parcel is the one that is offered.
  await page.locator("#chi-tiet h2").waitFor();
  await page.getByText("Giữ một xã để xem khi không có mạng").click();
  await page.getByRole("button", { name: "Giữ xã này" }).click();
  await page.getByText("Đã giữ Phường Bến Lụa").waitFor({ timeout: 60_000 });
  await context.setOffline(true);
  const quiet = await context.newPage();
  await quiet.goto(`${site.origin}/ban-do/#thua=99002-5-12`);
  await quiet.locator("#chi-tiet .links").getByRole("link", { name: "Tờ bản đồ, dạng chữ" }).click();
  assert.match(await quiet.locator("h1").innerText(), /Tờ bản đồ số 5/);
  await quiet.close();
});

journey("11. from a parcel on the map to a letter about an error in it, addressed to its branch", {}, async (page) => {
  await page.goto(`${site.origin}/ban-do/#thua=99001-5-12`);
  await page.locator("#chi-tiet .links").getByRole("link", { name: "Báo sai sót" }).click();
  assert.equal(await page.getByLabel("Tờ bản đồ số").inputValue(), "5");
  assert.equal(await page.getByLabel("Thửa đất số").inputValue(), "12");
  assert.match(await page.locator("#noi-nhan").innerText(), /khu vực An Minh/);
  await page.getByLabel("Điều chưa đúng").fill("Diện tích ghi thiếu 2 m² & sai loại đất");
  const mail = page.getByRole("link", { name: "Soạn thư điện tử" });
  await mail.evaluate((link) => link.addEventListener("click", (event) => event.preventDefault()));
  await mail.click();
  const address = new URL(await mail.getAttribute("href"));
  assert.equal(address.protocol, "mailto:");
  const body = address.searchParams.get("body");
  assert.ok(body.includes("Điều chưa đúng: Diện tích ghi thiếu 2 m² & sai loại đất") && body.includes("Thửa đất số: 12"), body);
  await page.emulateMedia({ media: "print" });
  assert.ok(await page.locator(".letter").isVisible());
  assert.equal(await page.locator("#gui").isVisible(), false);
});
