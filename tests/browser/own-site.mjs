// A copy of the demonstration's data as a site of its own, which a test changes and publishes as a province would.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const run = promisify(execFile);

/** @returns {Promise<{folder: string, python: Function, publish: () => Promise<string>, remove: () => Promise<void>}>} */
export async function ownSite() {
  const folder = await mkdtemp(join(tmpdir(), "congbo-"));
  for (const shared of ["themes", "tiles"]) await symlink(here(`../../${shared}`), join(folder, shared));
  for (const own of ["content", "congbo.toml"]) await cp(here(`../../${own}`), join(folder, own), { recursive: true });
  const congbo = (...words) => run(here("../../target/release/congbo"), words, { cwd: folder, maxBuffer: 64 << 20 });
  for (const key of ["approver", "publisher"]) await congbo("key", "new", `keys/${key}`);
  return {
    folder,
    /** What a Python program beside the tests prints; it works in the site's `content/data`. */
    python: async (program, ...words) => (await run("python3", [here(program), join(folder, "content/data"), ...words])).stdout,
    publish: () => publish(folder, congbo),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Approves everything (boundaries first: the others must lie inside them), builds, signs off and publishes. */
async function publish(folder, congbo) {
  const datasets = (await readdir(join(folder, "content/data"))).filter((name) => name !== "dia-gioi");
  const ordered = ["dia-gioi", ...datasets].map((name) => `content/data/${name}`);
  await congbo("approve", "--key", "keys/approver.key", ...ordered);
  const built = await congbo("build");
  const edition = /^edition (\S+)/m.exec(built.stdout)[1];
  await congbo("sample", edition);
  const sample = join(folder, "dist/sign-off", edition, "sample.csv");
  if (existsSync(sample)) {
    await writeFile(sample, (await readFile(sample, "utf8")).replaceAll(",,\r\n", ",dat,\r\n"));
    await congbo("sign-off", edition, "--key", "keys/approver.key");
  }
  await congbo("publish", edition, "--key", "keys/publisher.key");
  return edition;
}
