"""Approves one GeoPackage of parcels and lets ogr2ogr reproject the same file, in turn; prints medians, spread and ratios.

usage: approve.py PROVINCE.gpkg [RUNS]
"""

import hashlib
import os
import pathlib
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).parents[1]
CONGBO = ROOT / "target/release/congbo"
FIELDS = {
    "maXa": "MaXa", "soHieuToBanDo": "SoHieuToBanDo", "soThuTuThua": "SoThuTuThua", "maDinhDanhThuaDat": "MaThuaDat",
    "dienTich": "DienTich", "kyHieuMucDichSuDung": "KyHieuMucDichSuDung", "soHieuToBanDoCu": "SOHIEUTOBANDOCU",
    "soThuTuThuaCu": "SOTHUTUTHUACU", "maXaCu": "maXaCu", "diaChiThuaDat": "DiaChi", "thoiDiemCapNhat": "ngayCapNhat",
}
SITE = """
[province]
code = "99"
name = { vi = "Tỉnh Minh Họa" }
authority = { vi = "Sở Nông nghiệp và Môi trường tỉnh Minh Họa" }
address = { vi = "Số 0" }
bounds_deg = [105.0, 20.0, 108.0, 22.0]
[site]
title = { vi = "Đất đai" }
public_url = "http://127.0.0.1:8080"
[approvers]
dia_chinh = ["keys/approver.pub"]
"""


def make_site(source, site):
    """A site with one dataset: all public fields mapped, everything else withheld."""
    data = site / "content/data/thua-dat"
    data.mkdir(parents=True)
    (data / "thua_dat.gpkg").symlink_to(source.resolve())
    subprocess.run([CONGBO, "key", "new", site / "keys/approver"], check=True, stdout=subprocess.DEVNULL)
    (site / "congbo.toml").write_text(SITE)
    database = sqlite3.connect(source)
    layer, geometry, srs = database.execute("SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns").fetchone()
    columns = [row[1] for row in database.execute(f'PRAGMA table_info("{layer}")') if not row[5]]
    communes = [row[0] for row in database.execute(f'SELECT DISTINCT MaXa FROM "{layer}" ORDER BY 1')]
    withheld = [column for column in columns if column not in FIELDS.values() and column != geometry]
    quoted = lambda values: "[" + ", ".join(f'"{value}"' for value in values) + "]"
    with open(source, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    (data / "dataset.toml").write_text(
        f'kind = "dia_chinh"\ntitle = {{ vi = "Thửa đất" }}\ncommunes = {quoted(communes)}\ncrs = "EPSG:{srs}"\n'
        f'[[source]]\nfile = "thua_dat.gpkg"\nlayer = "{layer}"\nsha256 = "{digest}"\n[fields]\n'
        + "".join(f'{field} = "{column}"\n' for field, column in FIELDS.items())
        + f'[withhold]\ncolumns = {quoted(withheld)}\n[decision]\nnumber = "00/2026/QĐ-UBND"\ndate = 2026-01-05\n'
        'authority = "UBND tỉnh Minh Họa"\neffective_from = 2026-01-15\nacceptance = "BB-NT 01/2026"\n'
    )


def resident_mib(pid, most):
    """Resident memory of a process and its children, sampled until it ends."""
    while True:
        try:
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            pages = sum(int(pathlib.Path(f"/proc/{p}/statm").read_text().split()[1]) for p in [str(pid), *children])
        except (OSError, ProcessLookupError, IndexError):
            return
        most[0] = max(most[0], pages * os.sysconf("SC_PAGE_SIZE") / 2**20)
        threading.Event().wait(0.05)


def run(command, before):
    before()
    started = os.times().elapsed
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most = [0.0]
    sampler = threading.Thread(target=resident_mib, args=(process.pid, most))
    sampler.start()
    _, status, usage = os.wait4(process.pid, 0)
    sampler.join()
    if status != 0:
        raise SystemExit(f"{command[0]} ended with {status}")
    return {"wall": os.times().elapsed - started, "cpu": usage.ru_utime + usage.ru_stime, "memory_mib": most[0]}


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def main():
    source = pathlib.Path(sys.argv[1])
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory(dir=source.parent) as folder:
        folder = pathlib.Path(folder)
        make_site(source, folder / "site")
        reproject = ["ogr2ogr", "-t_srs", "EPSG:4326"]
        compared = {
            "congbo approve, every check": (
                [CONGBO, "-C", folder / "site", "approve", "content/data/thua-dat", "--key", folder / "site/keys/approver.key"],
                lambda: shutil.rmtree(folder / "site/snapshots", ignore_errors=True),
            ),
            "ogr2ogr to GeoPackage": ([*reproject, folder / "o.gpkg", source], lambda: (folder / "o.gpkg").unlink(missing_ok=True)),
            "ogr2ogr to FlatGeobuf": ([*reproject, folder / "o.fgb", source], lambda: (folder / "o.fgb").unlink(missing_ok=True)),
        }
        taken = {name: [] for name in compared}
        for round_number in range(runs + 1):
            for name, (command, before) in compared.items():
                measured = run(command, before)
                if round_number > 0:  # the first round warms the caches
                    taken[name].append(measured)
    print(f"{source.name}, {runs} rounds in turn; median (least–greatest)\n")
    print("| | wall s | CPU s | memory MiB |\n|---|---|---|---|")
    for name, rounds in taken.items():
        figures = {key: [r[key] for r in rounds] for key in rounds[0]}
        print(f"| {name} | {spread(figures['wall'])} | {spread(figures['cpu'])} | {max(figures['memory_mib']):.0f} |")
    ours, *peers = taken
    for peer in peers:
        for key in ("wall", "cpu"):
            ratios = [theirs[key] / mine[key] for mine, theirs in zip(taken[ours], taken[peer])]
            print(f"- {peer}: {key} {spread(ratios)} times ours")


if __name__ == "__main__":
    main()
