// The published edition behind the real server, and the real browser in front of it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

const root = new URL("../../", import.meta.url);
export const edition = new URL("dist/current/", root);

export const DESK = { width: 1280, height: 800 };
export const PHONE = { width: 360, height: 740 };

const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A server that is slower to start than this is broken. */
const START_MS = 10_000;

/** @param {string} path of a file of the edition */
export const text = (path) => readFile(new URL(path, edition), "utf8");
export const json = async (path) => JSON.parse(await text(path));

/** Starts `congbo serve` of a site folder on a free port; `stop` ends it with SIGTERM and expects exit 0. */
export async function serve(folder = fileURLToPath(root)) {
  const program = spawn(
    fileURLToPath(new URL("target/release/congbo", root)),
    ["serve", "-l", "127.0.0.1:0", "--public-url", "http://127.0.0.1:8080"],
    { cwd: folder, stdio: ["ignore", "pipe", "ignore"] },
  );
  const ended = new Promise((resolve) => program.once("exit", (code, signal) => resolve({ code, signal })));
  // A test that dies leaves no server behind.
  process.once("exit", () => program.kill("SIGTERM"));
  const origin = await Promise.race([
    address(program.stdout),
    ended.then(({ code }) => Promise.reject(new Error(`congbo serve ended with ${code}; is dist/current published?`))),
    new Promise((_, reject) => setTimeout(() => reject(new Error("congbo serve prints no address")), START_MS).unref()),
  ]);
  const stop = async () => {
    program.kill("SIGTERM");
    assert.deepEqual(await ended, { code: 0, signal: null });
  };
  return { origin, stop };
}

/** The origin in the first line that names one: `congbo: <edition> on http://127.0.0.1:44349/`. */
function address(output) {
  return new Promise((resolve) => {
    createInterface({ input: output }).on("line", (line) => {
      const found = /http:\/\/[\d.]+:\d+/.exec(line);
      if (found) resolve(found[0]);
    });
  });
}

/** @param {string[]} more flags besides those that keep the browser silent on the network */
export const browse = (more = []) =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: [...QUIET, ...more] });

/** Every HTML page of a manifest as the path of its address. */
export async function pagePaths(manifest) {
  const { files } = manifest ?? (await json("manifest.json"));
  return files
    .map((file) => file.path)
    .filter((path) => path.startsWith("site/") && path.endsWith(".html"))
    .map((path) => path.slice("site".length).replace(/index\.html$/, ""))
    .sort();
}

// GL drivers report their own slowness as a console warning; it is about the machine, not about the page.
const DRIVER_NOTE = /GL Driver Message|GPU stall|Automatic fallback to software WebGL|SwiftShader/;

/**
 * Collects what a page must not do: console errors and warnings, uncaught errors, failed requests, answers
 * of 400 and above, requests to another origin. A violation of the content security policy is a console error.
 */
export function watch(page, origin) {
  const faults = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !DRIVER_NOTE.test(message.text())) {
      faults.push(`console ${message.type()}: ${message.text()}`);
    }
  });
  page.on("pageerror", (error) => faults.push(`uncaught: ${error.message}`));
  page.on("requestfailed", (request) => {
    // What the page no longer waits for when somebody follows a link is aborted: that is nobody's fault.
    const why = request.failure()?.errorText;
    if (why !== "net::ERR_ABORTED") faults.push(`failed: ${request.url()} ${why}`);
  });
  page.on("response", (answer) => answer.status() >= 400 && faults.push(`${answer.status()}: ${answer.url()}`));
  page.on("request", (request) => {
    const { protocol, origin: asked } = new URL(request.url());
    if (!["data:", "blob:"].includes(protocol) && asked !== origin) faults.push(`leaves the origin: ${request.url()}`);
  });
  return faults;
}

/** Waits until the map has drawn what is on the screen. */
export async function drawn(page) {
  const shown = () => {
    // Where the processor draws, as in most test machines, the map waits until it is asked for.
    const ask = document.querySelector(".waiting #mo-ban-do");
    if (ask) ask.click();
    return window.congboMap?.loaded() && window.congboMap.areTilesLoaded();
  };
  await page.waitForFunction(shown, null, { timeout: 30_000 });
}

/** Width of the page beyond the window: 0 where nothing scrolls sideways. */
export const sideways = (page) =>
  page.evaluate(() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth);

/** Clicks on the map at a longitude and latitude. */
export async function clickAt(page, lonLat) {
  const at = await page.evaluate((lonLat) => {
    const { x, y } = window.congboMap.project(lonLat);
    const frame = window.congboMap.getCanvas().getBoundingClientRect();
    return { x: frame.left + x, y: frame.top + y };
  }, lonLat);
  await page.mouse.click(at.x, at.y);
}

/** How many features of a layer the screen shows. */
export const rendered = (page, layer) =>
  page.evaluate((layer) => window.congboMap.queryRenderedFeatures({ layers: [layer] }).length, layer);
