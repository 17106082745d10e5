"""Runs congbo's tile stage and its peers in turn on one FlatGeobuf; prints times, what was kept and the judge's figures.

usage: tiles.py SOURCE.fgb [--zooms 13-16 8-16] [--runs N] [--only NAME ...] [--keep DIR] [--every K] [--no-quality]

A tool that takes more than ten minutes runs once. Quality is judged on the archives of the widest zooms.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field

import coverage
import source as parcels_source
import vector_tile

ROOT = pathlib.Path(__file__).parents[1]
BIN = pathlib.Path(sys.executable).parent
KEY, KIND = "maDinhDanhThuaDat", "kyHieuMucDichSuDung"
SLOW_S = 600
# Below this zoom parcels are smaller than the grid: the proof says so, and a tile set draws dissolved land instead.
PARCELS_FROM_ZOOM = 12


def congbo(*options):
    program = ROOT / "target/release/examples/tile_flatgeobuf"
    return lambda job: [program, job.source, job.archive, job.low, job.high, *options]


def tippecanoe(*options):
    whole = ["--no-feature-limit", "--no-tile-size-limit"]
    return lambda job: [
        BIN / "tippecanoe", "-q", "-f", f"-Z{job.low}", f"-z{job.high}", "-l", "thua_dat", *whole, *options,
        "-t", job.archive.parent, "-o", job.archive, job.source,
    ]


def peer(program, *options, parquet=False):
    script = ROOT / "benches/peers" / program
    return lambda job: [sys.executable, script, job.parquet if parquet else job.source, job.archive, job.low, job.high, *options]


# What is compared, ours first: the same file, zooms, layer name and fields. A tool is a name and the command for a job.
TOOLS = {
    "congbo": congbo(),
    "congbo, with proof": congbo("--verify"),
    "congbo, fabric": congbo("--fabric", KIND, "15"),
    "congbo, fabric, with proof": congbo("--fabric", KIND, "15", "--verify"),
    "tippecanoe": tippecanoe(),
    "tippecanoe, shared nodes": tippecanoe("--no-simplification-of-shared-nodes"),
    "freestiler": peer("freestiler.py", parquet=True),
    "tylertoo": peer("tylertoo.py", parquet=True),
    "tylertoo, drop nothing": peer("tylertoo.py", "--drop-nothing", parquet=True),
    "GDAL": peer("gdal.py"),
}


@dataclass
class Job:
    source: pathlib.Path
    parquet: pathlib.Path
    archive: pathlib.Path
    low: int
    high: int


@dataclass
class Taken:
    rounds: list = field(default_factory=list)
    once: bool = False
    failed: str = ""


def run(command, archive):
    """Wall and CPU seconds and peak memory of one whole process, by the operating system's own account."""
    archive.unlink(missing_ok=True)
    account = [sys.executable, "-S", ROOT / "benches/account.py", *command]
    told = subprocess.run(list(map(str, account)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    figures = json.loads(told.stdout)
    if figures["status"] != 0:
        print(told.stderr.strip()[-2000:], file=sys.stderr)
        return f"ended with {figures['status']}"
    return {**figures, "bytes": os.path.getsize(archive)}


def measure(tools, jobs, runs):
    """All tools in turn, round after round; the first round warms the caches and finds the slow ones."""
    taken = {name: Taken() for name in tools}
    for round_number in range(runs + 1):
        for name, command in tools.items():
            mine = taken[name]
            if mine.once or mine.failed:
                continue
            figures = run(command(jobs[name]), jobs[name].archive)
            print(f"{name}, round {round_number}: {figures}", file=sys.stderr)
            if isinstance(figures, str):
                mine.failed = figures
                continue
            mine.once = round_number == 0 and (figures["wall"] > SLOW_S or runs == 0)
            if mine.once or round_number > 0:
                mine.rounds.append(figures)
    return taken


def spread(values):
    if len(values) == 1:
        return f"{values[0]:.2f}"
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def column(taken, key):
    return [figures[key] for figures in taken.rounds]


def print_times(taken):
    print("| | wall s | CPU s | memory MiB | MB |\n|---|---|---|---|---|")
    for name, mine in taken.items():
        if mine.failed:
            print(f"| {name} | {mine.failed} | | | |")
            continue
        memory, size = statistics.median(column(mine, "memory_mib")), mine.rounds[0]["bytes"] / 1e6
        once = " (once)" if mine.once else ""
        print(f"| {name}{once} | {spread(column(mine, 'wall'))} | {spread(column(mine, 'cpu'))} | {memory:.0f} | {size:.2f} |")


def print_ratios(taken):
    """Each peer over each of ours, round by round."""
    whole = {name: mine for name, mine in taken.items() if mine.rounds}
    ours = [name for name in whole if name.startswith("congbo")]
    peers = [name for name in whole if name not in ours]
    if not ours or not peers:
        return
    print("\n| peer over ours | wall | CPU | bytes |\n|---|---|---|---|")
    for mine in ours:
        for peer_name in peers:
            cells = [ratios(whole[peer_name], whole[mine], key) for key in ("wall", "cpu", "bytes")]
            print(f"| {peer_name} / {mine} | " + " | ".join(cells) + " |")


def ratios(theirs, mine, key):
    return spread([peer_value / value for peer_value, value in zip(column(theirs, key), column(mine, key))])


def kept(archive):
    """Features and vertices of polygons at each zoom."""
    found = {}
    for (z, _, _), _, data in vector_tile.tiles(archive):
        for layer in vector_tile.polygons(data, None):
            features, vertices = found.get(z, (0, 0))
            found[z] = (features + len(layer.keys), vertices + layer.vertices)
    return found


def print_kept(archives, low, high):
    zooms = range(low, high + 1)
    print("\nFeatures / vertices in the tiles, thousands (a parcel in two tiles counts twice):\n")
    print("| | " + " | ".join(f"z{z}" for z in zooms) + " |\n|" + "---|" * (len(zooms) + 1))
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        for name, found in zip(archives, pool.map(kept, archives.values())):
            cells = [f"{found[z][0] / 1e3:.0f} / {found[z][1] / 1e3:.0f}" if z in found else "–" for z in zooms]
            print(f"| {name} | " + " | ".join(cells) + " |")


def judged(archive, source_path, every):
    source = parcels_source.read([source_path], KEY, KIND)
    return coverage.judge(archive, source, KEY, KIND, every=every)


def distinct(archives):
    """Archives of the same bytes once, under all their names."""
    names = {}
    for name, archive in archives.items():
        with open(archive, "rb") as file:
            names.setdefault(hashlib.file_digest(file, "sha256").digest(), []).append(name)
    return {"; ".join(same): archives[same[0]] for same in names.values()}


def print_quality(archives, source_path, every):
    print("\n" + coverage.header("tool"))
    broken, archives = [], distinct(archives)
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        made = [pool.submit(judged, archive, source_path, every) for archive in archives.values()]
        for name, figures in zip(archives, made):
            by_zoom = figures.result()
            print("\n".join(coverage.markdown(by_zoom, name)), flush=True)
            broken += [f"- {name}, {line}" for line in coverage.fault_lines(by_zoom)]
    print("\n".join(["", *broken]))


def as_parquet(source_path, folder):
    """The same features as GeoParquet, for the tools that read nothing else; its making is not measured."""
    path = folder / "source.parquet"
    convert = "import geopandas, sys; geopandas.read_file(sys.argv[1]).to_parquet(sys.argv[2])"
    subprocess.run([sys.executable, "-c", convert, source_path, path], check=True)
    return path


def fits(name, low):
    if "fabric" in name:
        return low < PARCELS_FROM_ZOOM
    return low >= PARCELS_FROM_ZOOM or name != "congbo, with proof"


def compare(given, folder, zooms, tools, parquet):
    low, high = zooms[0], zooms[-1]
    tools = {name: command for name, command in tools.items() if fits(name, low)}
    slug = lambda name: "".join(letter if letter.isalnum() else "-" for letter in name)
    jobs = {name: Job(given.source, parquet, folder / f"{slug(name)}-{low}-{high}.pmtiles", low, high) for name in tools}
    taken = measure(tools, jobs, given.runs)
    rounds = f"{given.runs} rounds in turn; median (least–greatest)" if given.runs else "one run, caches cold or warm"
    print(f"\n### {given.source.name}, z{low}–{high}, {rounds}\n")
    print_times(taken)
    print_ratios(taken)
    archives = {name: jobs[name].archive for name in tools if taken[name].rounds}
    print_kept(archives, low, high)
    return archives


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("--zooms", type=coverage.zoom_range, nargs="+", default=[range(13, 17), range(8, 17)])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=TOOLS, metavar="NAME", help=", ".join(TOOLS))
    parser.add_argument("--keep", type=pathlib.Path, help="folder that keeps the archives")
    parser.add_argument("--every", type=int, default=1, help="measure each K-th tile of a zoom")
    parser.add_argument("--no-quality", action="store_true")
    return parser.parse_args()


def main():
    given = arguments()
    tools = {name: command for name, command in TOOLS.items() if not given.only or name in given.only}
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        parquet = as_parquet(given.source, pathlib.Path(temporary))
        made = {zooms: compare(given, folder, zooms, tools, parquet) for zooms in given.zooms}
        if not given.no_quality:
            print_quality(made[max(made, key=len)], given.source, given.every)


if __name__ == "__main__":
    main()
