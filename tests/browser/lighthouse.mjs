// Lighthouse's figures for kinds of page on its throttled phone. node tests/browser/lighthouse.mjs [path …]
// Lighthouse is not among the packages of the tests: it measures time, which a busy machine cannot keep. Install it
// beside them first: npm install --no-save lighthouse
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

import { serve } from "./site.mjs";

const CATEGORIES = ["accessibility", "performance", "best-practices", "seo"];
const PAGES = ["/", "/ban-do/#16/20.85/106.4", "/bang-gia-dat/bang-gia-dat-2026/99001-xa-an-minh/", "/thua-dat/99001/5/", "/du-lieu/", "/bao-sai/"];

const site = await serve();
const chromium = await launch({
  chromePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu"],
});
for (const path of process.argv.length > 2 ? process.argv.slice(2) : PAGES) {
  const { lhr } = await lighthouse(site.origin + path, { port: chromium.port, onlyCategories: CATEGORIES });
  const scores = CATEGORIES.map((name) => `${name} ${lhr.categories[name].score}`).join(", ");
  console.log(`${path}: ${scores}`);
  for (const { id, score, title, displayValue } of Object.values(lhr.audits)) {
    const counts = CATEGORIES.some((name) => lhr.categories[name].auditRefs.some((ref) => ref.id === id && ref.weight > 0));
    if (counts && score !== null && score < 0.9) console.log(`  ${id} ${score}: ${title} ${displayValue ?? ""}`);
  }
}
await chromium.kill();
await site.stop();
