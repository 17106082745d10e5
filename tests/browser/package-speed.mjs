// How long an old PC waits for the map and for a search result of a package, from the disk: Chromium with its processor
// throttled. Usage: node package-speed.mjs FOLDER-WITH-trang [THROTTLE] [RUNS]. Prints medians as Markdown.
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { DESK, browse } from "./site.mjs";

const [folder, throttle = "6", runs = "5"] = process.argv.slice(2);
const at = (path) => pathToFileURL(join(resolve(folder), "trang", path)).href;
const about = await readFile(join(resolve(folder), "trang/goi/goi.js"), "utf8");
const commune = /search\/to-(\d{5})\.json/.exec(about)[1];
const sheet = /search\/to\/\d{5}\/(\d+)\.json/.exec(about)[1];
const points = await readFile(join(resolve(folder), `trang/du-lieu/search/to/${commune}/${sheet}.json.js`), "utf8");
const [, number, lon, lat] = /\\"(\d+)\\":\[([\d.]+),([\d.]+)\]/.exec(points);

/** A fresh browser for each run: nothing is in memory but what the disk keeps. */
async function once(measure) {
  const browser = await browse();
  const page = await (await browser.newContext({ viewport: DESK, offline: true })).newPage();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: Number(throttle) });
  const found = await measure(page);
  await browser.close();
  return found;
}

/** Milliseconds from the start of the navigation until `condition` holds in the page, looked at on each frame. */
const until = (page, condition) =>
  page.waitForFunction(condition, null, { polling: "raf", timeout: 120_000 }).then((found) => found.jsonValue());

const DRAWN = () => window.congboMap?.loaded() && window.congboMap.areTilesLoaded() && performance.now();
const PARCELS = () => window.congboMap?.style?.loaded() && window.congboMap.queryRenderedFeatures().some((f) => f.source === "thua-dat") && performance.now();
const HIT = () => document.querySelector("#ket-qua-tim a") !== null && performance.now();
const FOUND = () => document.querySelector("#ket-qua a") !== null && performance.now();

/** The drawing of the communes, which stands there while the map waits or comes. */
const OVERVIEW = () => document.querySelector("#toan-tinh svg, #toan-tinh img")?.getBoundingClientRect().height > 50 && performance.now();

async function overview(page) {
  await page.goto(at("ban-do/index.html"), { waitUntil: "commit" });
  return until(page, OVERVIEW);
}

/** Words typed on a map that is there. */
async function typed(page, words) {
  await page.goto(`${at("ban-do/index.html")}#18/${lat}/${lon}`, { waitUntil: "commit" });
  await until(page, DRAWN);
  await page.fill("#bang input[name=q]", words);
  const begun = await page.evaluate(() => performance.now());
  await page.press("#bang input[name=q]", "Enter");
  return (await until(page, HIT)) - begun;
}

async function map(page, place) {
  await page.goto(at("ban-do/index.html") + place, { waitUntil: "commit" });
  const first = await until(page, place ? PARCELS : DRAWN);
  return { first, drawn: await until(page, DRAWN) };
}

async function search(page, words) {
  await page.goto(`${at("tim-kiem/index.html")}?q=${encodeURIComponent(words)}`, { waitUntil: "commit" });
  const whole = await until(page, FOUND);
  const { ready } = await page.evaluate(() => ({ ready: performance.getEntriesByType("navigation")[0].domInteractive }));
  return { whole, ready };
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
async function line(name, measure, of) {
  const all = [];
  for (let run = 0; run < Number(runs); run += 1) all.push(of(await once(measure)));
  const [least, most] = [Math.min(...all), Math.max(...all)].map(Math.round);
  console.log(`| ${name} | ${Math.round(median(all))} (${least}–${most}) |`);
}

console.log(`| processor throttled ${throttle} times, ${runs} runs | ms |\n|---|---|`);
// Without approved boundaries there is nothing to draw them from.
const page = await readFile(join(resolve(folder), "trang/ban-do/index.html"), "utf8");
if (page.includes('id="toan-tinh"')) await line("map page opened, communes drawn", overview, (found) => found);
await line("map page opened at a parcel, first parcels on the screen", (page) => map(page, `#18/${lat}/${lon}`), (found) => found.first);
await line("map page opened at a parcel, everything drawn", (page) => map(page, `#18/${lat}/${lon}`), (found) => found.drawn);
const words = `tờ ${sheet} thửa ${number}`;
await line("a parcel typed on the map, result", (page) => typed(page, words), (found) => found);
await line("search page opened with a parcel, result", (page) => search(page, words), (found) => found.whole);
await line("the same, since the page could be used", (page) => search(page, words), (found) => found.whole - found.ready);
