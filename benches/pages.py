"""Writes the pages of a whole province and lets Eleventy write as many, in turn; then one price changes and the edition is
built again. Prints medians, spread and ratios as Markdown, then what the price rebuilt.

usage: pages.py BENCH ELEVENTY [RUNS]   BENCH holds site/content as scripts/make-province --whole writes it
"""

import collections
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time

import province_site

ROOT = pathlib.Path(__file__).parents[1]
RELEASE = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
CONGBO = RELEASE / "congbo"
WRITE_PAGES = RELEASE / "examples/write_pages"


def measured(command, **more):
    """Runs a program; seconds of wall and CPU, MiB at its greatest, and what it printed."""
    started = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True, **more)
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command[0]} ended with {status}")
    return time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, printed


def eleventy_input(written, listing):
    """One page for each sheet and language, from the files that congbo wrote beside its sheets."""
    pages = []
    for file in sorted(written.glob("site/thua-dat/*/*/thua.json")):
        commune, sheet = file.parts[-3:-1]
        for lang, prefix in [("vi", ""), ("en", "en/")]:
            pages.append({"lang": lang, "sheet": sheet, "name": commune, "file": str(file.resolve()),
                          "path": f"{prefix}thua-dat/{commune}/{sheet}/index.html"})
    listing.write_text(json.dumps(pages))
    return len(pages)


def line(name, runs):
    cell = lambda values, digits: f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"
    wall, cpu, memory = zip(*runs)
    print(f"| {name} | {cell(wall, 1)} | {cell(cpu, 1)} | {max(memory):.0f} |", flush=True)


def digests(edition):
    """Every file of an edition by its path, from its manifest."""
    manifest = json.loads((edition / "manifest.json").read_text())
    return {file["path"]: file["sha256"] for file in manifest["files"]}


def compare(before, after, taken_over):
    """What one changed price costs: pages rendered again, and what differs by the digests of the two manifests."""
    old, new = digests(before), digests(after)
    pages = [path for path in new if path.endswith(".html")]
    # A page that was taken over is a second name of the same file.
    same_file = lambda path: (before / path).exists() and (before / path).samefile(after / path)
    rendered = {path for path in pages if not same_file(path)}
    if len(rendered) != len(pages) - taken_over:
        sys.exit(f"{len(rendered)} pages are new files, but {taken_over} of {len(pages)} are said to be taken over")
    differ = {path for path in pages if old.get(path) != new[path]}
    others = sorted(path for path in new if not path.endswith(".html") and old.get(path) != new[path])
    share = lambda some: f"{len(some)} ({100 * len(some) / len(pages):.2f} %)"
    print(f"\nOf {len(pages)} pages {share(rendered)} were rendered again and {share(differ)} differ; {len(differ - rendered)} differ that were taken over.")
    folders = collections.Counter("/".join(path.split("/")[1:3]) if path.count("/") > 2 else path for path in others)
    print(f"Of {len(new) - len(pages)} other files {len(others)} differ: {', '.join(f'{name} {count}' for name, count in folders.most_common(12))}.")
    gone = [path for path in old if path not in new]
    if gone:
        print(f"Gone: {', '.join(gone[:12])}")


def build(site):
    wall, cpu, memory, printed = measured([CONGBO, "-C", site, "build"], stderr=subprocess.DEVNULL)
    edition = re.search(r"^edition (\S+)", printed, re.M)[1]
    taken_over = re.search(r"(\d+) of the pages had not changed", printed)
    return (wall, cpu, memory), site / "dist/releases" / edition, int(taken_over[1]) if taken_over else 0


def change_a_price(site):
    """One figure of one row, approved again."""
    data = site / "content/data/bang-gia-dat"
    table, description = data / "bang_gia_dat.csv", data / "dataset.toml"
    import hashlib
    digest = lambda: hashlib.sha256(table.read_bytes()).hexdigest()
    before, lines = digest(), table.read_text().splitlines(keepends=True)
    cells = lines[1000].split(",")
    cells[17] = str(int(cells[17]) + 10)
    lines[1000] = ",".join(cells)
    table.write_text("".join(lines))
    description.write_text(description.read_text().replace(before, digest()))
    subprocess.run([CONGBO, "approve", "--key", "keys/approver.key", "content/data/bang-gia-dat"], cwd=site, check=True, stdout=subprocess.DEVNULL)


def main():
    bench, peer, runs = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 3
    site = bench / "site"
    province_site.approve_once(CONGBO, site, ["vi", "en"], ["approver"])
    ours, theirs, said = [], [], {}
    for _ in range(runs):
        shutil.rmtree(bench / "pages", ignore_errors=True)
        wall, cpu, memory, printed = measured([WRITE_PAGES, site, bench / "pages"])
        ours.append((wall, cpu, memory))
        said = json.loads(printed)
        count = eleventy_input(bench / "pages", bench / "pages.json")
        shutil.rmtree(bench / "eleventy", ignore_errors=True)
        environment = os.environ | {"BENCH_PAGES": str((bench / "pages.json").resolve()), "BENCH_OUT": os.path.relpath(bench / "eleventy", peer),
                                    "NODE_OPTIONS": "--max-old-space-size=12288"}
        theirs.append(measured(["node_modules/.bin/eleventy"], cwd=peer, env=environment, stderr=subprocess.DEVNULL)[:3])
    print(f"\n{said['pages']} pages and {said['files']} other files of congbo, {said['bytes'] / 1e6:.0f} MB; {count} pages of Eleventy\n")
    print("| | wall s | CPU s | memory MiB |\n|---|---|---|---|")
    line("congbo: snapshots opened, all pages and files written", ours)
    line("Eleventy: the sheets' tables alone", theirs)
    per_page = lambda runs, pages: statistics.median(run[1] for run in runs) / pages * 1000
    mine, others = per_page(ours, said["pages"]), per_page(theirs, count)
    print(f"\nCPU for one page: congbo {mine:.2f} ms, Eleventy {others:.2f} ms, ratio {others / mine:.1f}\n")
    shutil.rmtree(site / "dist", ignore_errors=True)
    whole, before, _ = build(site)
    change_a_price(site)
    again, after, taken_over = build(site)
    print("| | wall s | CPU s | memory MiB |\n|---|---|---|---|")
    line("congbo build, whole edition: extracts, pages, encodings, digests, fsync", [whole])
    line("congbo build after one price changed", [again])
    compare(before, after, taken_over)


main()
