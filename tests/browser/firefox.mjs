// Debian's Firefox without a window, driven by WebDriver BiDi: enough to open pages and ask them.
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { ws as WebSocket } from "playwright-core/lib/utilsBundle";

const START_MS = 60_000;

/** Nothing that asks the network by itself. */
const QUIET = `
user_pref("app.update.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "");
user_pref("toolkit.telemetry.enabled", false);
user_pref("network.proxy.type", 1);
user_pref("network.proxy.socks", "127.0.0.1");
user_pref("network.proxy.socks_port", 9);
user_pref("network.proxy.no_proxies_on", "");
`;

export async function firefox() {
  const profile = await mkdtemp(join(tmpdir(), "congbo-firefox-"));
  await writeFile(join(profile, "user.js"), QUIET);
  const program = spawn(process.env.FIREFOX ?? "firefox-esr", ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  process.once("exit", () => program.kill("SIGKILL"));
  const address = await new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("Firefox did not start")), START_MS).unref();
    createInterface({ input: program.stderr }).on("line", (line) => {
      const found = /WebDriver BiDi listening on (ws:\S+)/.exec(line);
      if (found) resolve(`${found[1]}/session`);
    });
  });
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const waiting = new Map();
  const faults = [];
  socket.on("message", (data) => {
    const said = JSON.parse(data);
    if (said.method === "log.entryAdded" && said.params.level === "error") faults.push(said.params.text);
    const answer = waiting.get(said.id);
    waiting.delete(said.id);
    if (said.type === "error") answer?.reject(new Error(`${said.error}: ${said.message}`));
    else answer?.resolve(said.result);
  });
  let last = 0;
  const ask = (method, params) =>
    new Promise((resolve, reject) => {
      waiting.set((last += 1), { resolve, reject });
      socket.send(JSON.stringify({ id: last, method, params }));
    });
  await ask("session.new", { capabilities: {} });
  await ask("session.subscribe", { events: ["log.entryAdded"] });
  const { contexts } = await ask("browsingContext.getTree", {});
  const context = contexts[0].context;
  /** What an expression is worth in the page; promises are waited for. */
  const evaluate = async (expression) => {
    const found = await ask("script.evaluate", { expression, target: { context }, awaitPromise: true });
    if (found.type === "exception") throw new Error(found.exceptionDetails.text);
    return found.result.value;
  };
  return {
    faults,
    evaluate,
    goto: (url) => ask("browsingContext.navigate", { context, url, wait: "complete" }),
    screenshot: async () => Buffer.from((await ask("browsingContext.captureScreenshot", { context })).data, "base64"),
    /** Asks until it is true. */
    until: async (expression, patience_ms = 30_000) => {
      const begun = Date.now();
      while (!(await evaluate(expression))) {
        if (Date.now() - begun > patience_ms) throw new Error(`not within ${patience_ms} ms: ${expression}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    close: async () => {
      const ended = new Promise((resolve) => program.once("exit", resolve));
      await ask("browser.close", {}).catch(() => program.kill("SIGKILL"));
      socket.close();
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
