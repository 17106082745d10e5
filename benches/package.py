"""The delta between two packages of a whole province, of which 100 parcels were edited, beside zstd --patch-from and
xdelta3 on the same two files. Prints Markdown.

usage: package.py BENCH [RUNS]   BENCH holds site/content as scripts/make-province --whole writes it
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import statistics
import struct
import subprocess
import sys
import time

import province_site

ROOT = pathlib.Path(__file__).parents[1]
CONGBO = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/congbo"
EDITED = 100
SIGNING = """
[sign_off]
keys = ["keys/approver.pub"]
[publisher]
keys = ["keys/publisher.pub"]
"""


def measured(command, quiet=True, **more):
    """Runs a program; seconds of wall, seconds of CPU, MiB at its greatest."""
    started = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL if quiet else None, stderr=subprocess.DEVNULL, **more)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command[0]} {command[1]} ended with {status}")
    return time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def congbo(site, *arguments):
    command = [str(part) for part in (CONGBO, "-C", site, *arguments)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=site)
    if run.returncode:
        sys.exit(f"congbo {arguments[0]} ended with {run.returncode}: {run.stderr[-1500:]}")
    return run.stdout


def prepare(site):
    """Once: keys, snapshots."""
    province_site.approve_once(CONGBO, site, ["vi"], ["approver", "publisher"], SIGNING)
    shutil.copy(ROOT / "tiles/thua-dat.toml", site / "tiles")


def publish(site):
    edition = re.search(r"^edition (\S+)", congbo(site, "build"), re.M)[1]
    congbo(site, "sample", edition)
    sample = site / f"dist/sign-off/{edition}/sample.csv"
    if sample.exists():
        sample.write_text(re.sub(r",,\r?$", ",dat,\r", sample.read_text(), flags=re.M))
        congbo(site, "sign-off", edition, "--key", "keys/approver.key")
    congbo(site, "publish", edition, "--key", "keys/publisher.key")


def pack(site, out):
    return measured([CONGBO, "-C", site, "package", "build", "--province", "--out", out, "--key", site / "keys/publisher.key"])


def edit(site):
    """Half of the edits write another use and area; the others move a corner that parcels share by 25 cm. They lie in
    as many communes as there are, one behind the other."""
    parcels = [folder for folder in province_site.datasets(site) if folder.name.startswith("thua-dat-")]
    left, shared = EDITED, 0
    for at, folder in enumerate(parcels):
        if left == 0:
            break
        file, description = site / folder / "thua_dat.gpkg", site / folder / "dataset.toml"
        digest = lambda: hashlib.sha256(file.read_bytes()).hexdigest()
        before, table = digest(), sqlite3.connect(file)
        if at % 4 == 0:
            moved = move_a_corner(table, left)
            left, shared = left - moved, shared + moved
        else:
            table.execute("UPDATE ThuaDat SET KyHieuMucDichSuDung = 'CLN', ngayCapNhat = '2026-06-01' WHERE fid IN (SELECT fid FROM ThuaDat "
                          "WHERE KyHieuMucDichSuDung = 'LUC' ORDER BY fid LIMIT 1 OFFSET 500)")
            left -= 1
        table.commit()
        table.close()
        description.write_text(description.read_text().replace(before, digest()))
        congbo(site, "approve", "--key", "keys/approver.key", folder)
    return EDITED - left, shared


def move_a_corner(table, most):
    """In the middle of the layer: the corner that the most parcels share, if they are few enough."""
    count = table.execute("SELECT count(*) FROM ThuaDat").fetchone()[0]
    rows = table.execute("SELECT fid, SHAPE FROM ThuaDat ORDER BY fid LIMIT 400 OFFSET ?", (count // 2,)).fetchall()
    corners = {}
    for fid, shape in rows:
        for corner in set(shape[at:at + 16] for at in range(len(shape) % 8, len(shape) - 15, 8)):
            x, y = struct.unpack("<2d", corner)
            if 1e5 < x < 9e5 and 1e6 < y < 3e6:
                corners.setdefault(corner, set()).add(fid)
    corner = max((corner for corner in corners if len(corners[corner]) <= min(4, most)), key=lambda corner: (len(corners[corner]), corner))
    x, y = struct.unpack("<2d", corner)
    there = struct.pack("<2d", x + 0.25, y + 0.17)
    near = [row for row in table.execute("SELECT fid, SHAPE FROM ThuaDat") if corner in row[1]]
    table.executemany("UPDATE ThuaDat SET SHAPE = ? WHERE fid = ?", [(shape.replace(corner, there), fid) for fid, shape in near])
    return len(near)


def timed(name, runs, size):
    wall, cpu, memory = zip(*runs)
    spread = f"{statistics.median(wall):.2f} ({min(wall):.2f}–{max(wall):.2f})"
    print(f"| {name} | {size} | {spread} | {statistics.median(cpu):.2f} | {max(memory):.0f} |", flush=True)


def row(name, size, whole):
    return f"{size / 1e6:.3f} MB, {100 * size / whole:.3f} %"


def main():
    bench, runs = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 3
    site, old, new = bench / "site", bench / "1.zip", bench / "2.zip"
    prepare(site)
    if not old.exists():
        publish(site)
        packed = pack(site, old)
        print(f"package of the whole province: {old.stat().st_size / 1e6:.1f} MB, packed in {packed[0]:.0f} s, {packed[2]:.0f} MiB")
    if not new.exists():
        parcels, moved = edit(site)
        print(f"{parcels} parcels edited, {moved} of them by a corner that they share")
        publish(site)
        pack(site, new)
    delta, made, whole = bench / "1-2.delta", bench / "made.zip", new.stat().st_size
    make = [CONGBO, "-C", site, "package", "delta", old, new, "--out", delta, "--key", site / "keys/publisher.key"]
    apply = [CONGBO, "-C", site, "package", "apply", old, delta, "--out", made]
    patch, vcdiff = bench / "1-2.zst", bench / "1-2.vcdiff"
    print("\n| | size, share of the package | wall s | CPU s | memory MiB |\n|---|---|---|---|---|")
    making = [measured(make)]
    timed("congbo package delta", making, row("", delta.stat().st_size, whole))
    applying = []
    for _ in range(runs):
        made.unlink(missing_ok=True)
        applying.append(measured(apply))
        same(made, new)
    timed("congbo package apply", applying, "the same bytes")
    making = [measured(["zstd", "-q", "-f", "-3", "--long=31", f"--patch-from={old}", new, "-o", patch])]
    timed("zstd -3 --long=31 --patch-from", making, row("", patch.stat().st_size, whole))
    making = [measured(["xdelta3", "-f", "-e", "-1", "-B", str(min(old.stat().st_size + 1, 2**31 - 1)), "-s", old, new, vcdiff])]
    timed("xdelta3 -1, the old file as its window", making, row("", vcdiff.stat().st_size, whole))
    patching = []
    for _ in range(runs):
        made.unlink(missing_ok=True)
        patching.append(measured(["zstd", "-q", "-d", "-f", "--long=31", f"--patch-from={old}", patch, "-o", made]))
    timed("zstd -d --patch-from", patching, "nothing is verified")
    made.unlink(missing_ok=True)


def same(a, b):
    if subprocess.run(["cmp", "-s", a, b]).returncode:
        sys.exit(f"{a} and {b} differ")


main()
