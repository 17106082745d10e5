// Pictures of each kind of page: on a desk, on a phone, dark and printed. node tests/browser/screenshots.mjs OUT_DIR
import { mkdir } from "node:fs/promises";
import path from "node:path";

import { DESK, PHONE, browse, drawn, serve } from "./site.mjs";

const PAGES = {
  home: "/",
  map: "/ban-do/",
  "map-street": "/ban-do/#16/20.85/106.4",
  "map-parcel": "/ban-do/#thua=99001-5-12",
  "map-plans": "/ban-do/#14/20.85/106.4&lop=quy-hoach",
  "map-embedded": "/ban-do/nhung/#16/20.85/106.4",
  report: "/bao-sai/#thua=99001-5-12",
  names: "/muc-luc/",
  letter: "/muc-luc/t/",
  procedure: "/quy-trinh-cung-cap/",
  communes: "/xa/",
  commune: "/xa/99001-xa-an-minh/",
  prices: "/bang-gia-dat/bang-gia-dat-2026/99001-xa-an-minh/",
  roads: "/duong/",
  road: "/duong/quoc-lo-99/",
  "price-decision": "/bang-gia-dat/bang-gia-dat-2026/",
  drafts: "/lay-y-kien/",
  sheet: "/thua-dat/99001/5/",
  "parcel-sheet": "/phieu-thua-dat/#thua=99001-5-12",
  plans: "/quy-hoach/",
  plan: "/quy-hoach/99001-xa-an-minh/",
  statistics: "/thong-ke/",
  data: "/du-lieu/",
  dataset: "/du-lieu/thua-dat-an-minh/",
  coefficients: "/he-so/he-so-2026/99001-xa-an-minh/",
  "former-unit": "/xa/99502-xa-an-ha/",
  search: "/tim-kiem/?q=to+5+thua+12",
  article: "/tro-nang/",
  english: "/en/thua-dat/99002/5/",
};
const LOOKS = {
  desk: { viewport: DESK },
  phone: { viewport: PHONE, deviceScaleFactor: 2, hasTouch: true },
  dark: { viewport: DESK, colorScheme: "dark" },
  print: { viewport: { width: 794, height: 1123 }, media: "print" },
};

const out = process.argv[2];
if (!out) {
  console.error("usage: node tests/browser/screenshots.mjs OUT_DIR");
  process.exit(2);
}
await mkdir(out, { recursive: true });
const site = await serve();
const browser = await browse();
for (const [look, { media, ...options }] of Object.entries(LOOKS)) {
  const context = await browser.newContext(options);
  for (const [name, address] of Object.entries(PAGES)) {
    if (media && name.startsWith("map-")) continue;
    const page = await context.newPage();
    await page.goto(site.origin + address, { waitUntil: "networkidle" });
    if (address.startsWith("/ban-do/")) await drawn(page);
    if (media) await page.emulateMedia({ media });
    if (address.includes("/ban-do/#thua=")) await page.locator("#chi-tiet h2").waitFor();
    await page.screenshot({ path: path.join(out, `${name}-${look}.png`) });
    await page.close();
  }
  await context.close();
}
await browser.close();
await site.stop();
