"""One commune and one price table in every format, written by GDAL, with private values in every place a format has.

Each format must give the same snapshot byte for byte (but the record, which names the source), and none of the private
values may be in anything that is written or printed.
"""

import base64
import csv
import hashlib
import json
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import unicodedata
import unittest
import urllib.parse
import zipfile

import numpy
import pyogrio
import shapely

ROOT = pathlib.Path(__file__).parents[2]
CONGBO = ROOT / "target" / "release" / "congbo"
COUNT = 60

# Forty private values: ten of each sort, none of which looks like a person that could be.
CANARIES = (
    [f"CHỦ SỬ DỤNG CANARY {i:04}" for i in range(10)]
    + [f"0010990042{i:02}" for i in range(10)]
    + [f"BM CANARY {i:06}" for i in range(10)]
    + [f"NƠI THƯỜNG TRÚ CANARY {i:04}" for i in range(10)]
)
# A column's name tells that something is known of a person.
PRIVATE_COLUMNS = ["CHUCANARY", "SOCANARY", "GCNCANARY", "TRUCANARY"]
PUBLIC = {
    "maXa": "MAXA", "soHieuToBanDo": "SOTO", "soThuTuThua": "SOTHUA", "dienTich": "DIENTICH",
    "kyHieuMucDichSuDung": "LOAIDAT", "diaChiThuaDat": "DIACHI", "thoiDiemCapNhat": "CAPNHAT",
}
ADDRESSES = ["Thôn Đông, Xã An Minh", "Tổ dân phố Kẻ Sặt, đường Bến Lụa", "Xóm Ngược, Xã An Minh"]


def commune():
    """Lots of 20 m in EPSG:9210, the corners off the round metre; one has a hole, one has two parts."""
    column, row = numpy.arange(COUNT) % 10, numpy.arange(COUNT) // 10
    east, north = 567_600.125 + 20.0 * column, 2_306_200.25 + 20.0 * row
    shapes = shapely.box(east, north, east + 20, north + 20)
    shapes[3] = shapely.difference(shapes[3], shapely.box(east[3] + 5, north[3] + 5, east[3] + 9, north[3] + 9))
    shapes[7] = shapely.MultiPolygon([
        shapely.box(east[7], north[7], east[7] + 20, north[7] + 8),
        shapely.box(east[7], north[7] + 12, east[7] + 20, north[7] + 20),
    ])
    text = lambda values: numpy.array(values, dtype=object)
    columns = {
        "MAXA": text(["99001"] * COUNT),
        "SOTO": numpy.full(COUNT, 7, dtype="int32"),
        "SOTHUA": numpy.arange(1, COUNT + 1, dtype="int32"),
        "DIENTICH": numpy.round(shapely.area(shapes), 1),
        "LOAIDAT": text([["ONT", "ONT+CLN", "LUC"][i % 3] for i in range(COUNT)]),
        "DIACHI": text([ADDRESSES[i % 3] if i % 5 else None for i in range(COUNT)]),
        "CAPNHAT": numpy.array([f"2026-01-{1 + i % 28:02}" for i in range(COUNT)], "datetime64[D]"),
    }
    for k, name in enumerate(PRIVATE_COLUMNS):
        columns[name] = text([CANARIES[10 * k + i % 10] for i in range(COUNT)])
    return shapes, columns


def write(path, driver, crs="EPSG:9210", order=slice(None), **options):
    shapes, columns = commune()
    pyogrio.raw.write(
        path, shapely.to_wkb(shapes[order]), [values[order] for values in columns.values()], list(columns),
        geometry_type="Unknown" if driver != "ESRI Shapefile" else "Polygon", crs=crs, driver=driver, **options,
    )


def write_geopackage(path):
    write(path, "GPKG", layer=CANARIES[2])
    database = sqlite3.connect(path)
    database.execute("UPDATE gpkg_contents SET description = ?, identifier = ?", (CANARIES[0], CANARIES[1]))
    database.execute("CREATE TABLE NGUOI (fid INTEGER PRIMARY KEY, ten TEXT, so TEXT)")
    database.executemany("INSERT INTO NGUOI (ten, so) VALUES (?, ?)", zip(CANARIES[:10], CANARIES[10:20]))
    database.execute("CREATE TABLE XOA (v TEXT)")
    database.executemany("INSERT INTO XOA VALUES (?)", [(canary,) for canary in CANARIES])
    database.execute("DROP TABLE XOA")  # its pages stay in the file, free
    database.commit()
    database.close()


def write_geojson(path):
    write(path, "GeoJSON", COORDINATE_PRECISION="15")
    collection = json.loads(path.read_text())
    collection["chu"] = {"nguoi": CANARIES}
    collection["name"] = CANARIES[0]
    for i, feature in enumerate(collection["features"]):
        feature["id"] = CANARIES[i % 40]
        feature["ngoai_le"] = CANARIES[(i + 7) % 40]
    path.write_text(json.dumps(collection, ensure_ascii=False))


def write_sequence(path):
    write(path, "GeoJSONSeq", crs=None, COORDINATE_PRECISION="15")


def write_shapefile(path):
    write(path, "ESRI Shapefile", encoding="UTF-8")
    # A deleted record of a table keeps its text; other sidecars are nobody's business.
    path.with_suffix(".shp.xml").write_text(CANARIES[3])


def write_gml(version):
    def writer(path):
        write(path, "GML", FORMAT=version, layer="LOPTHUA")
        text = path.read_text()
        head, rest = text.split("\n", 1)
        path.write_text(f"{head}\n<!-- {CANARIES[0]} {CANARIES[10]} -->\n{rest}<!-- {CANARIES[39]} -->\n")

    return writer


def write_flatgeobuf(index):
    def writer(path):
        # FlatGeobuf keeps the order that it is given without an index, and makes its own with one.
        order = slice(None, None, -1)
        write(path, "FlatGeobuf", order=order, SPATIAL_INDEX=index, TITLE=CANARIES[0], DESCRIPTION=CANARIES[11])

    return writer


# The file itself may be named after a person, and so may its layer.
STEM = CANARIES[20]
VECTOR = {
    "geopackage": (f"{STEM}.gpkg", f'layer = "{CANARIES[2]}"', write_geopackage),
    "flatgeobuf": (f"{STEM}.fgb", "", write_flatgeobuf("NO")),
    "flatgeobuf-indexed": (f"{STEM}.fgb", "", write_flatgeobuf("YES")),
    "geojson": (f"{STEM}.geojson", "", write_geojson),
    "geojson-sequence": (f"{STEM}.geojsonl", "", write_sequence),
    "shapefile": (f"{STEM}.shp", "", write_shapefile),
    "gml-3.1": (f"{STEM}.gml", "", write_gml("GML3")),
    "gml-3.2": (f"{STEM}.gml", "", write_gml("GML3.2")),
}

PRICE_COLUMNS = [
    "stt", "ma_bang", "so_van_ban", "ngay_ban_hanh", "hieu_luc_tu", "ma_xa", "ten_xa", "nhom_gia", "loai_dat", "loai_bang",
    "ten_duong", "tu", "den", "vi_tri_1", "vi_tri_2", "vi_tri_3", "don_vi", "trang_nguon",
]


def price_rows():
    """Thousands of đồng, some with decimals that no binary fraction holds."""
    for i in range(1, 31):
        yield [
            i, "B05", "00/2025/NQ-HĐND (MINH HỌA)", "2025-12-10", "2026-01-01", "99001", "Xã An Minh", "DAT_O", "ONT", "duong",
            f"Đường số {i}", "Ngã ba Chợ Mới", "Cầu Đá", 14690.5 + i, 0.1 * i if i % 7 == 0 else 9000 + i, 0.05 * i, "1000 đồng/m2", 3 + i // 10,
        ]


def rounded(value):
    return repr(round(value, 4)).removesuffix(".0") if isinstance(value, float) else value


def write_csv(path):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*PRICE_COLUMNS, "NGUOICANARY"])
        for i, row in enumerate(price_rows()):
            writer.writerow([*map(rounded, row), CANARIES[i % 40]])


def write_workbook(driver):
    def writer(path):
        rows = [[float(rounded(v)) if isinstance(v, float) else v for v in row] for row in price_rows()]
        columns = {name: [row[i] for row in rows] for i, name in enumerate(PRICE_COLUMNS)}
        typed = []
        for values in columns.values():
            if all(isinstance(v, int) for v in values):
                typed.append(numpy.array(values, dtype="int32"))
            elif all(isinstance(v, (int, float)) for v in values):
                typed.append(numpy.array(values, dtype="float64"))
            else:
                typed.append(numpy.array(values, dtype=object))
        typed.append(numpy.array([CANARIES[i % 40] for i in range(len(rows))], dtype=object))
        pyogrio.raw.write(
            path, None, typed, [*PRICE_COLUMNS, "NGUOICANARY"], layer=CANARIES[30], geometry_type=None, driver=driver,
        )
        if driver == "XLSX":
            with zipfile.ZipFile(path, "a") as archive:
                archive.writestr("docProps/custom.xml", f"<Properties><p>{CANARIES[5]}</p></Properties>")

    return writer


TABLES = {
    "csv": (f"{STEM}.csv", "", write_csv),
    "xlsx": (f"{STEM}.xlsx", f'layer = "{CANARIES[30]}"', write_workbook("XLSX")),
    "ods": (f"{STEM}.ods", f'layer = "{CANARIES[30]}"', write_workbook("ODS")),
}


def digest(path):
    """SHA-256 of a source; a Shapefile's covers all files it is read from, one behind the other."""
    parts = [path]
    if path.suffix == ".shp":
        parts = [p for p in (path.with_suffix(f".{e}") for e in ("shp", "shx", "dbf", "prj", "cpg")) if p.exists()]
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()


def forms(canary):
    """The ways in which a text can stand in a file."""
    for text in {canary, canary.lower(), canary.upper(), unicodedata.normalize("NFD", canary)}:
        yield text.encode()
        yield text.encode("utf-16-le")
        yield text.encode("utf-16-be")
        yield urllib.parse.quote(text).encode()
        yield json.dumps(text)[1:-1].encode()
        yield base64.b64encode(text.encode()).rstrip(b"=")[:-1]


class EveryFormat(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.site = pathlib.Path(cls.folder.name) / CANARIES[31]
        cls.site.mkdir()
        shutil.copy(ROOT / "congbo.toml", cls.site)
        subprocess.run([CONGBO, "key", "new", cls.site / "keys/approver"], check=True, capture_output=True)
        cls.needles = {form for canary in CANARIES + PRIVATE_COLUMNS for form in forms(canary)}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def approve(self, name, kind, source, layer, writer, fields, withheld, crs):
        dataset = self.site / "content/data/x"
        shutil.rmtree(dataset, ignore_errors=True)
        shutil.rmtree(self.site / "snapshots", ignore_errors=True)
        # The name of the dataset's folder is public; those of the site, the file and the layer are not.
        dataset.mkdir(parents=True)
        writer(dataset / source)
        mapped = "\n".join(f'{field} = "{column}"' for field, column in fields.items())
        (dataset / "dataset.toml").write_text(
            f'kind = "{kind}"\ntitle = {{ vi = "Một xã" }}\ncommunes = ["99001"]\n{crs}\n'
            f'[[source]]\nfile = "{source}"\n{layer}\nsha256 = "{digest(dataset / source)}"\n[fields]\n{mapped}\n'
            f"[withhold]\ncolumns = {json.dumps(withheld)}\n"
            '[decision]\nnumber = "00/2026/QĐ-UBND"\ndate = 2026-01-05\nauthority = "UBND tỉnh Minh Họa"\n'
            'effective_from = 2026-01-15\nacceptance = "BB-NT 01/2026"\n'
        )
        done = subprocess.run(
            [CONGBO, "-C", self.site, "approve", "content/data/x", "--key", self.site / "keys/approver.key"], capture_output=True,
        )
        self.assertEqual(done.returncode, 0, f"{name}: {done.stderr.decode()}")
        return done.stdout + done.stderr

    def content(self):
        """Digest of every content file of the one snapshot."""
        (record,) = (self.site / "snapshots/x").glob("*/record.json")
        files = json.loads(record.read_text())["files"]
        return {file["name"]: file["sha256"] for file in files}

    def assert_nothing_private(self, name, printed):
        written = [path for path in (self.site / "snapshots").rglob("*") if path.is_file()]
        self.assertGreater(len(written), 3)
        for place, data in [("printed", printed), *((str(path), path.read_bytes()) for path in written)]:
            for needle in self.needles:
                self.assertNotIn(needle, data, f"{name}: {place}")

    def test_a_commune_gives_one_snapshot_in_every_format_and_nothing_private_in_any(self):
        seen = {}
        for name, (source, layer, writer) in VECTOR.items():
            with self.subTest(name):
                crs = 'crs = "EPSG:9210"'
                private = PRIVATE_COLUMNS + self.extra_columns(name)
                printed = self.approve(name, "dia_chinh", source, layer, writer, PUBLIC, private, crs)
                self.assert_nothing_private(name, printed)
                seen[name] = self.content()
        self.assertEqual(len(seen), len(VECTOR))
        for name, content in seen.items():
            rows_and_shapes = {k: v for k, v in content.items() if k.endswith(".postcard")}
            expected = {k: v for k, v in seen["geopackage"].items() if k.endswith(".postcard")}
            self.assertEqual(rows_and_shapes, expected, name)
            self.assertGreaterEqual(len(expected), 3)

    def test_a_price_table_gives_one_snapshot_in_every_format_and_nothing_private_in_any(self):
        seen = {}
        fields = {name: name for name in PRICE_COLUMNS}
        for name, (source, layer, writer) in TABLES.items():
            with self.subTest(name):
                printed = self.approve(name, "gia_dat", source, layer, writer, fields, ["NGUOICANARY"], "")
                self.assert_nothing_private(name, printed)
                seen[name] = {k: v for k, v in self.content().items() if k.endswith(".postcard")}
        self.assertEqual(seen, dict.fromkeys(TABLES, seen["csv"]))

    def test_the_search_would_find_a_private_value(self):
        for source, _, writer in [*VECTOR.values(), *TABLES.values()]:
            with tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / source
                writer(path)
                data = b"".join(part.read_bytes() for part in path.parent.iterdir())
                if path.suffix in (".xlsx", ".ods"):
                    archive = zipfile.ZipFile(path)
                    data = b"".join(archive.read(name) for name in archive.namelist())
                found = {needle for needle in self.needles if needle in data}
                self.assertGreater(len(found), 20, source)

    def extra_columns(self, name):
        """Columns that a format adds of itself."""
        return {"geojson": [], "gml-3.1": [], "gml-3.2": []}.get(name, [])


if __name__ == "__main__":
    unittest.main()
