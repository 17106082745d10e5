// Accounts in a real Chromium, with and without JavaScript: from the first password to the file and back to its
// request; and the same rules of accessibility as the public pages.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFile, copyFile, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { DESK, PHONE, browse, serve, sideways } from "./site.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const axe = await readFile(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const htmlcs = await readFile(new URL("node_modules/@pa11y/html_codesniffer/build/HTMLCS.js", import.meta.url), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];
const PASSWORD = "sương sớm trên ruộng";
const PURPOSE = "Lập quy hoạch chi tiết khu dân cư";

let folder, site, browser;
const first = {};

/** Runs the program on the site of the test. */
const congbo = (args, input = "") =>
  execFileSync(join(root, "target/release/congbo"), ["-C", folder, ...args], { input, encoding: "utf8", stdio: "pipe" });

/** Makes an account; its first password is what the program prints. */
function account(name, role, number, more = []) {
  const person = ["--full-name", `CHỦ TÀI KHOẢN 000${number}`, "--unit", "UBND xã An Minh"];
  const letter = ["--letter", `${number}/CV`, "--letter-date", "2026-01-05", "--letter-unit", "UBND xã An Minh"];
  const made = congbo(["account", "new", name, "--role", role, ...person, ...letter, ...more], `00109900000${number}`);
  first[name] = made.trim();
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "congbo-accounts-"));
  for (const part of ["content", "tiles", "themes", "dist", "keys"]) await symlink(join(root, part), join(folder, part));
  await copyFile(join(root, "congbo.toml"), join(folder, "congbo.toml"));
  await appendFile(join(folder, "congbo.toml"), "\n[account]\n");
  congbo(["account", "init"]);
  account("quantri", "quan_tri", 1);
  const by = ["--by", "quantri"];
  account("anminh", "ubnd_xa", 2, [...by, "--commune", "99001"]);
  account("vanthu", "van_thu", 3, by);
  account("duyet1", "phe_duyet", 4, by);
  account("duyet2", "phe_duyet", 5, by);
  account("benlua", "ubnd_xa", 6, [...by, "--commune", "99002"]);
  site = await serve(folder);
  browser = await browse();
});
after(async () => {
  await browser?.close();
  await site?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Somebody at a browser of their own, signed in, with a password that they chose. */
async function person(name, options = {}) {
  const context = await browser.newContext({ viewport: DESK, acceptDownloads: true, ...options });
  const page = await context.newPage();
  await page.goto(`${site.origin}/tai-khoan/`);
  await page.getByLabel("Tên đăng nhập").fill(name);
  await page.getByLabel("Mật khẩu").fill(first[name] ?? PASSWORD);
  await page.getByRole("button", { name: "Đăng nhập" }).click();
  if (first[name]) {
    assert.equal(new URL(page.url()).pathname, "/tai-khoan/mat-khau/");
    await page.getByLabel("Mật khẩu hiện tại").fill(first[name]);
    await page.getByLabel("Mật khẩu mới", { exact: true }).fill(PASSWORD);
    await page.getByLabel("Nhập lại mật khẩu mới").fill(PASSWORD);
    await page.getByRole("checkbox").check();
    await page.getByRole("button", { name: "Đổi mật khẩu" }).click();
    delete first[name];
  }
  assert.equal(await page.locator("h1").textContent(), "Tài khoản");
  return { context, page };
}

for (const [name, options, who, commune] of [
  ["without JavaScript, of a polygon in a file, as GeoPackage", { javaScriptEnabled: false }, "anminh", ""],
  ["with JavaScript, of a commune, as FlatGeobuf", {}, "benlua", "99002"],
]) {
  test(`from the first password to the file and back to its request, ${name}`, async () => {
    const { context, page } = await person(who, options);
    await page.getByRole("link", { name: "Yêu cầu cung cấp dữ liệu" }).click();
    if (commune) {
      await page.getByLabel(/^Mã các xã/).fill(commune);
    } else {
      const ring = [[106.3, 20.7], [107.2, 20.7], [107.2, 21.2], [106.3, 21.2], [106.3, 20.7]];
      const buffer = Buffer.from(JSON.stringify({ type: "Polygon", coordinates: [ring] }));
      await page.getByLabel(/^Hoặc tệp GeoJSON/).setInputFiles({ name: "vùng.geojson", mimeType: "application/geo+json", buffer });
      await page.getByLabel("Định dạng").selectOption("gpkg");
      await page.getByLabel("Hệ tọa độ").selectOption("vn2000");
      await page.getByLabel("Diện tích pháp lý").uncheck();
    }
    await page.getByLabel(/^Mục đích sử dụng \(/).fill(PURPOSE);
    await page.getByLabel(/^Tôi chỉ dùng/).check();
    await page.getByRole("button", { name: "Gửi yêu cầu" }).click();
    const code = (await page.locator("h1").textContent()).replace("Yêu cầu ", "");
    assert.match(code, /^YC-\d{4}-\d{6}$/);

    const clerk = await person("vanthu", options);
    await clerk.page.goto(`${site.origin}/yeu-cau/${code}/`);
    await clerk.page.getByLabel("Miễn phí vì").fill("cơ quan nhà nước");
    await clerk.page.getByRole("button", { name: "Ghi miễn phí" }).click();
    await clerk.context.close();
    for (const approver of ["duyet1", "duyet2"]) {
      const { context, page } = await person(approver, options);
      await page.getByRole("link", { name: "Yêu cầu cung cấp dữ liệu" }).click();
      await page.getByRole("link", { name: code }).click();
      await page.getByRole("button", { name: "Duyệt" }).click();
      assert.equal(await page.getByRole("button", { name: "Duyệt" }).count(), 0);
      await context.close();
    }

    await page.reload();
    const coming = page.waitForEvent("download");
    await page.getByRole("button", { name: "Tải tệp" }).click();
    const download = await coming;
    assert.equal(download.suggestedFilename(), `${code.toLowerCase()}.${commune ? "fgb" : "gpkg"}`);
    assert.ok(!/[0-9a-f]{32}/.test(download.url()), "no token in the address");
    const file = join(folder, download.suggestedFilename());
    await download.saveAs(file);
    const receipt = join(folder, "bien-nhan.json");
    for (const [link, target] of [["Biên nhận có chữ ký", receipt], ["Chữ ký (minisign)", `${receipt}.minisig`]]) {
      const coming = page.waitForEvent("download");
      await page.getByRole("link", { name: link }).click();
      await (await coming).saveAs(target);
    }
    execFileSync("minisign", ["-V", "-q", "-p", join(folder, "account/seal.pub"), "-m", receipt]);
    const traced = JSON.parse(congbo(["--json", "trace", file]));
    assert.deepEqual([traced.request, traced.account, traced.purpose, traced.intact], [code, who, PURPOSE, true]);
    assert.ok(traced.marked.request === code && traced.marked.chance_log10 < -6, "and its outlines say the same");
    congbo(["audit", "verify"]);

    await page.goto(`${site.origin}/tai-khoan/`);
    await page.getByRole("button", { name: "Đăng xuất", exact: true }).click();
    await page.goto(`${site.origin}/yeu-cau/${code}/`);
    assert.equal(await page.locator("h1").textContent(), "Đăng nhập");
    await context.close();
  });
}

for (const [look, options] of [
  ["in light on a desk", { viewport: DESK, colorScheme: "light" }],
  ["in dark on a phone", { viewport: PHONE, colorScheme: "dark" }],
]) {
  test(`axe and HTML CodeSniffer find nothing on the pages of accounts, ${look}`, async (t) => {
    const { context, page } = await person("anminh", { ...options, bypassCSP: true });
    const confirmation = congbo(["request", "confirm", "--sheet", "99001-1", "--by", "duyet1", "--out", folder]).trim();
    const stranger = await (await browser.newContext({ ...options, bypassCSP: true })).newPage();
    const pages = [
      ["signing in", stranger, "/tai-khoan/"],
      ["signing in, in English", stranger, "/en/tai-khoan/"],
      ["the account", page, "/tai-khoan/"],
      ["the password", page, "/tai-khoan/mat-khau/"],
      ["the requests", page, "/yeu-cau/"],
      ["a request", page, "/yeu-cau/YC-2026-000001/"],
      ["a request in English", page, "/en/yeu-cau/"],
      ["the check of a confirmation", stranger, "/xac-nhan/"],
      ["a confirmation", stranger, `/xac-nhan/${confirmation}/`],
      ["what is not there", page, "/yeu-cau/YC-2026-999999/"],
    ];
    for (const [name, page, path] of pages) {
      await t.test(name, async () => {
        await page.goto(site.origin + path.replace("2026", new Date().getFullYear()));
        await page.evaluate(axe);
        const { violations, passes } = await page.evaluate((tags) => window.axe.run({ runOnly: tags }), RULES);
        assert.deepEqual(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 120)}`)), []);
        assert.ok(passes.length > 15, `only ${passes.length} rules applied`);
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
        assert.equal(await sideways(page), 0);
        if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, `${name} ${look}.png`), fullPage: true });
      });
    }
    await context.close();
  });
}
