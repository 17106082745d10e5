"""Runs congbo's tile stage and tippecanoe in turn on one FlatGeobuf and prints medians, spread and ratios.

usage: tiles.py PROVINCE.fgb [RUNS]
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parents[1]
ZOOMS = (13, 16)


def commands(source, folder):
    """What is compared: the same file, zooms, layer name and all fields; nobody may drop a feature."""
    tippecanoe = pathlib.Path(sys.executable).parent / "tippecanoe"
    low, high = map(str, ZOOMS)
    whole = ["--no-feature-limit", "--no-tile-size-limit"]
    peer = [str(tippecanoe), "-q", "-f", f"-Z{low}", f"-z{high}", "-l", "thua_dat", *whole]
    ours = [str(ROOT / "target/release/examples/tile_flatgeobuf"), source]
    return {
        "congbo": [*ours, f"{folder}/congbo.pmtiles", low, high],
        "congbo, verified": [*ours, f"{folder}/congbo-verified.pmtiles", low, high, "--verify"],
        "tippecanoe": [*peer, "-o", f"{folder}/tippecanoe.pmtiles", source],
        "tippecanoe, shared nodes": [
            *peer, "--no-simplification-of-shared-nodes", "-o", f"{folder}/tippecanoe-shared.pmtiles", source,
        ],
    }


def output(command):
    return next(argument for argument in command if argument.endswith(".pmtiles"))


def run(command):
    """Wall and CPU seconds and peak memory of one whole process, by the operating system's own account."""
    started = os.times().elapsed
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{command[0]} ended with {status}")
    return {
        "wall": os.times().elapsed - started,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory_mib": usage.ru_maxrss / 1024,
        "bytes": os.path.getsize(output(command)),
    }


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def main():
    source = sys.argv[1]
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as folder:
        compared = commands(source, folder)
        taken = {name: [] for name in compared}
        for round_number in range(runs + 1):
            for name, command in compared.items():
                measured = run(command)
                if round_number > 0:  # the first round warms the caches
                    taken[name].append(measured)
    print(f"{source}, z{ZOOMS[0]}–{ZOOMS[1]}, {runs} rounds in turn; median (least–greatest)\n")
    print("| | wall s | CPU s | memory MiB | MB |\n|---|---|---|---|---|")
    for name, rounds in taken.items():
        figures = {key: [r[key] for r in rounds] for key in rounds[0]}
        size = figures["bytes"][0] / 1e6
        print(f"| {name} | {spread(figures['wall'])} | {spread(figures['cpu'])} | {statistics.median(figures['memory_mib']):.0f} | {size:.2f} |")
    print("\nratios to tippecanoe, round by round:\n")
    for name in ("congbo", "congbo, verified"):
        for key in ("wall", "cpu"):
            ratios = [peer[key] / ours[key] for ours, peer in zip(taken[name], taken["tippecanoe"])]
            print(f"- {name}: {key} {spread(ratios)} times less")
    sizes = taken["congbo"][0]["bytes"] / taken["tippecanoe"][0]["bytes"]
    print(f"- archive: {sizes:.3f} of tippecanoe's bytes")


if __name__ == "__main__":
    main()
