"""Extracts of the demonstration in every format, read by GDAL: equal counts, extents, attributes and outlines; and
whose copy each is, after GDAL wrote it anew in another format and another coordinate system."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest
import zipfile

import numpy as np
import pyogrio
import shapely

ROOT = pathlib.Path(__file__).parents[2]
CONGBO = ROOT / "target/release/congbo"
DIST = pathlib.Path(os.environ.get("CONGBO_DIST", ROOT / "dist"))
COMMUNE = "99001"
(SOURCE,) = (DIST / "current/extracts/thua_dat").glob(f"{COMMUNE}-*.fgb")

SHORT = {"soHieuToBanDo": "soTo", "soThuTuThua": "soThua", "kyHieuMucDichSuDung": "mucDich", "diaChiThuaDat": "diaChi"}
CITIZEN = iter(f"0310{number:08d}" for number in range(10_000_000, 10_000_100))


class Office:
    """A site with accounts beside the demonstration's editions."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        (self.folder / "content").symlink_to(ROOT / "content")
        hashing = "\n[account]\n[account.hashing]\nmemory_mib = 19\npasses = 2\n"
        (self.folder / "congbo.toml").write_text((ROOT / "congbo.toml").read_text() + hashing)
        self.run("account", "init")
        self.account("quantri", "quan_tri")
        for name, role in [("tochuc", "to_chuc"), ("vanthu", "van_thu"), ("duyet1", "phe_duyet"), ("duyet2", "phe_duyet")]:
            self.account(name, role, "--by", "quantri", "--commune", "*")

    def run(self, *arguments, given="", code=0):
        done = subprocess.run(
            [CONGBO, "-C", self.folder, *map(str, arguments)], input=given, capture_output=True, text=True,
            env={**os.environ, "CONGBO_DIST": str(DIST)},
        )
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        return done.stdout

    def account(self, name, role, *more):
        letter = ("--letter", "1/CV", "--letter-date", "2026-01-05", "--letter-unit", "Đơn vị minh họa")
        person = ("--full-name", "CHỦ SỬ DỤNG 0001", "--unit", "Đơn vị minh họa")
        self.run("account", "new", name, "--role", role, *person, *letter, *more, given=next(CITIZEN) + "\n")

    def extract(self, *what):
        code = self.run("request", "new", "--for", "tochuc", "--purpose", "Kiểm tra định dạng", "--terms", "1", *what).strip()
        self.run("request", "fee", code, "--exempt", "dữ liệu minh họa", "--by", "vanthu")
        for name in ("duyet1", "duyet2"):
            self.run("request", "approve", code, "--by", name)
        return code, pathlib.Path(self.run("request", "fetch", code, "--by", "tochuc", "--out", self.folder).strip())

    def trace(self, file, code=0):
        return json.loads(self.run("--json", "trace", file, code=code).splitlines()[0])


def opened(file):
    """What GDAL is given, and its layer."""
    if file.name.endswith(".zip"):
        with zipfile.ZipFile(file) as archive:
            (inner,) = [name for name in archive.namelist() if name.endswith((".csv", ".gml", ".shp"))]
        return f"/vsizip/{file}/{inner}"
    return str(file)


def rings(geometries):
    return [sorted(shapely.get_coordinates(shape).round(6).tolist()) for shape in geometries]


class Extracts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.office = Office(cls.folder.name)
        cls.source = cls.sorted(*pyogrio.raw.read(SOURCE)[2:], list(pyogrio.read_info(SOURCE)["fields"]))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @staticmethod
    def sorted(geometry, values, fields):
        columns = dict(zip(fields, values))
        number = columns.get("soThuTuThua", columns.get("soThua"))
        sheet = columns.get("soHieuToBanDo", columns.get("soTo"))
        order = np.lexsort((np.asarray(number, int), np.asarray(sheet, int)))
        shapes = shapely.from_wkb(geometry)[order] if geometry is not None else None
        return shapes, {name: np.asarray(column)[order] for name, column in columns.items()}

    def read(self, file, **options):
        info = pyogrio.read_info(opened(file), **options)
        meta, _, geometry, values = pyogrio.raw.read(opened(file), **options)
        return info, meta, *self.sorted(geometry, values, list(meta["fields"]))

    def assert_same_values(self, columns, format, ignore=()):
        for name, expected in self.source[1].items():
            short = SHORT.get(name, name)[:10] if format == "shp" else name
            if name in ignore or all(value is None for value in expected) or short not in columns:
                continue
            got = columns[short]
            if expected.dtype.kind == "f":
                np.testing.assert_allclose(np.asarray(got, float), expected, rtol=1e-12, err_msg=name)
            elif expected.dtype.kind == "i":
                np.testing.assert_array_equal(np.asarray(got, int), expected, err_msg=name)
            else:
                text = ["" if value is None else str(value) for value in got]
                self.assertEqual(text, ["" if value is None else str(value) for value in expected], name)

    def test_gdal_reads_every_format_with_equal_counts_extents_and_values(self):
        for format, crs in [
            ("fgb", "wgs84"), ("fgb", "vn2000"), ("gpkg", "wgs84"), ("gpkg", "vn2000"), ("geojson", "wgs84"),
            ("csv", "wgs84"), ("csv", "vn2000"), ("gml", "wgs84"), ("gml", "vn2000"), ("shp", "wgs84"), ("shp", "vn2000"),
        ]:
            with self.subTest(format=format, crs=crs):
                code, file = self.office.extract("--communes", COMMUNE, "--format", format, "--crs", crs)
                info, meta, shapes, columns = self.read(file)
                source = self.source[0]
                self.assertEqual(len(shapes), len(source))
                epsg = "EPSG:4326" if crs == "wgs84" else "EPSG:9210"
                if format not in ("csv",):
                    self.assertEqual(pyproj_code(meta["crs"]), epsg)
                self.assertTrue(shapely.is_valid(shapes).all())
                if crs == "wgs84":
                    np.testing.assert_allclose(shapely.total_bounds(shapes), shapely.total_bounds(source), atol=2e-9)
                    same = shapely.equals_exact(shapely.normalize(multi(shapes)), shapely.normalize(source), tolerance=2e-9)
                    self.assertTrue(same.all())
                else:
                    back = degrees(shapes)
                    np.testing.assert_allclose(shapely.total_bounds(back), shapely.total_bounds(source), atol=5e-8)
                self.assertEqual(len(columns) - (format == "gml") * ("gml_id" in columns), len(self.source[1]) + (format == "csv"))
                self.assert_same_values(columns, format)
                self.assertEqual(columns["maXa"][0], COMMUNE, "codes stay text")
                self.assertEqual(self.office.trace(file)["said"], code)

    def test_points_and_workbooks_hold_every_parcel_with_a_point_inside(self):
        for format in ("csv-diem", "xlsx"):
            with self.subTest(format=format):
                _, file = self.office.extract("--communes", COMMUNE, "--format", format)
                options = {"layer": "thua_dat"} if format == "xlsx" else {}
                _, _, _, columns = self.read(file, **options)
                names = ("x", "y")
                if "x" not in columns:
                    meta, _, geometry, values = pyogrio.raw.read(opened(file))
                    columns = self.sorted(None, values, list(meta["fields"]))[1]
                    points = self.sorted(geometry, values, list(meta["fields"]))[0]
                else:
                    points = shapely.points(*(np.asarray(columns[name], float) for name in names))
                self.assertEqual(len(points), len(self.source[0]))
                self.assertTrue(shapely.contains(self.source[0], points).all())
                self.assert_same_values(columns, format)
        sheets = [name for name, _ in pyogrio.list_layers(file)]
        self.assertEqual(sheets, ["thua_dat", "nguon_goc"])

    def test_a_drawing_holds_every_outline_and_a_text_in_each_parcel(self):
        code, file = self.office.extract("--communes", COMMUNE, "--format", "dxf")
        meta, _, geometry, values = pyogrio.raw.read(file)
        layers = dict(zip(meta["fields"], values))
        outlines = layers["Layer"] == "THUA_DAT"
        expected = sum(len(shape.geoms[i].interiors) + 1 for shape in self.source[0] for i in range(len(shape.geoms)))
        self.assertEqual(outlines.sum(), expected)
        self.assertEqual((layers["Layer"] == "SO_THUA").sum(), len(self.source[0]))
        drawn = shapely.from_wkb(geometry[outlines])
        np.testing.assert_allclose(shapely.total_bounds(degrees(drawn)), shapely.total_bounds(self.source[0]), atol=5e-8)
        texts = sorted(text.split(" ")[0] for text in layers["Text"][~outlines])
        self.assertEqual(texts, sorted(str(number) for number in self.source[1]["soThuTuThua"]))
        self.assertEqual(self.office.trace(file)["said"], code)

    def test_the_index_of_a_geopackage_and_of_a_flatgeobuf_finds_what_lies_there(self):
        west, south, east, north = shapely.total_bounds(self.source[0])
        box = (west, south, west + (east - west) / 3, south + (north - south) / 3)
        expected = sum(shapely.intersects(shapely.box(*shapely.bounds(shape)), shapely.box(*box)) for shape in self.source[0])
        for format in ("gpkg", "fgb"):
            _, file = self.office.extract("--communes", COMMUNE, "--format", format, "--fields", "maXa,soThuTuThua,soHieuToBanDo")
            found = pyogrio.raw.read(file, bbox=box)[2]
            hit = shapely.intersects(shapely.box(*shapely.bounds(shapely.from_wkb(found)).T), shapely.box(*box))
            self.assertTrue(hit.all())
            self.assertLessEqual(len(found), expected)
            self.assertGreater(len(found), 0)
            if format == "fgb":
                node = ["node", ROOT / "tests/foreign/extract_box.mjs", file, *map(str, box)]
                counted, sent, whole = subprocess.run(node, check=True, capture_output=True, text=True).stdout.split()
                self.assertEqual(int(counted), len(found))
                self.assertLess(int(sent), int(whole))
            self.assertEqual(list(pyogrio.read_info(file)["fields"]), ["maXa", "soHieuToBanDo", "soThuTuThua"])

    def test_a_sheet_and_a_drawn_area_take_what_lies_in_them(self):
        shapes, columns = self.source
        sheet = int(columns["soHieuToBanDo"][0])
        _, file = self.office.extract("--sheet", f"{COMMUNE}-{sheet}")
        self.assertEqual(pyogrio.read_info(file)["features"], (columns["soHieuToBanDo"] == sheet).sum())
        west, south, east, north = shapely.total_bounds(shapes)
        drawn = shapely.Polygon([(west, south), (east, south), (west, north)])
        area = self.office.folder / "vung.geojson"
        area.write_text(shapely.to_geojson(drawn))
        _, file = self.office.extract("--polygon", area)
        kept = shapely.from_geojson(area.read_text())
        everywhere = [shapely.from_wkb(pyogrio.raw.read(path)[2]) for path in SOURCE.parent.glob("*.fgb")]
        reach = [shape.intersects(kept) for shape in np.concatenate(everywhere)]
        # The polygon is kept to a centimetre.
        self.assertAlmostEqual(pyogrio.read_info(file)["features"], sum(reach), delta=1)

    def test_whose_copy_it_is_survives_gdal(self):
        code, file = self.office.extract("--communes", COMMUNE)
        other, _ = self.office.extract("--communes", COMMUNE, "--format", "gpkg")
        said = self.office.trace(file)
        self.assertEqual((said["request"], said["intact"]), (code, True))
        for name, driver, epsg, box, options in [
            ("a.gpkg", "GPKG", 9210, None, {}),
            ("b.shp", "ESRI Shapefile", 4326, None, {}),
            ("c.geojson", "GeoJSON", 4326, None, {"COORDINATE_PRECISION": "7"}),
            ("d.fgb", "FlatGeobuf", 4326, half(self.source[0]), {}),
            ("e.gml", "GML", 4326, None, {"FORMAT": "GML3.2"}),
        ]:
            with self.subTest(name=name):
                made = self.office.folder / name
                write_anew(file, made, driver, epsg, box, options)
                found = self.office.trace(made, code=6)
                self.assertEqual((found["request"], found["said"]), (code, None))
                self.assertLess(found["marked"]["chance_log10"], -6)
        self.assertNotEqual(code, other)


def multi(shapes):
    """Shapefiles do not tell one polygon from several."""
    return np.array([shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape]) for shape in shapes])


def write_anew(file, made, driver, epsg, box, options):
    """The outlines alone, by GDAL: no attribute and no metadata come along."""
    shapes = shapely.from_wkb(pyogrio.raw.read(file, columns=[], bbox=box)[2])
    shapes = metres(shapes) if epsg == 9210 else shapes
    number = [np.arange(len(shapes), dtype="int32")]
    kind = "Unknown" if driver == "ESRI Shapefile" else "MultiPolygon"
    pyogrio.raw.write(
        made, shapely.to_wkb(shapes), number, ["n"], crs=f"EPSG:{epsg}", geometry_type=kind, driver=driver, layer="x", **options
    )


def half(shapes):
    west, south, east, north = shapely.total_bounds(shapes)
    return west, south, (west + east) / 2, north


def pyproj_code(crs):
    from pyproj import CRS

    return f"EPSG:{CRS(crs).to_epsg(min_confidence=50)}"


def degrees(shapes):
    return moved(shapes, "FORWARD")


def metres(shapes):
    return moved(shapes, "INVERSE")


def moved(shapes, direction):
    """By the parameters of Decision 05/2007, which PROJ has as one operation of several."""
    from pyproj import Transformer

    pipeline = (
        "+proj=pipeline +step +inv +proj=tmerc +lat_0=0 +lon_0=105.75 +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 "
        "+step +proj=cart +ellps=WGS84 +step +proj=helmert +x=-191.90441429 +y=-39.30318279 +z=-111.45032835 "
        "+rx=-0.00928836 +ry=0.01975479 +rz=-0.00427372 +s=0.252906278 +convention=coordinate_frame "
        "+step +inv +proj=cart +ellps=WGS84 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    transformer = Transformer.from_pipeline(pipeline)
    turn = lambda places: np.column_stack(transformer.transform(places[:, 0], places[:, 1], direction=direction)[:2])
    return shapely.transform(shapes, turn)


if __name__ == "__main__":
    unittest.main()
