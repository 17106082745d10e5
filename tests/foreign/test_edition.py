"""The published edition, read by programs that congbo had no part in: GDAL, and the PyPI readers."""

import gzip
import json
import pathlib
import unittest
from collections import defaultdict

import mapbox_vector_tile
import pyogrio
import shapely
from pmtiles.reader import MmapSource, Reader, all_tiles
from pyproj import Transformer

ROOT = pathlib.Path(__file__).parents[2]
EDITION = ROOT / "dist" / "current"
REPORT = json.loads((EDITION / "report.json").read_text())
MANIFEST = json.loads((EDITION / "manifest.json").read_text())


def archive(tile_set):
    (found,) = [f["path"] for f in MANIFEST["files"] if f["path"].startswith(f"tiles/{tile_set['id']}-") and f["path"].endswith(".pmtiles")]
    return EDITION / found


class Archives(unittest.TestCase):
    def test_the_pypi_reader_finds_in_every_archive_what_the_report_says(self):
        self.assertTrue(REPORT["tile_sets"])
        for tile_set in REPORT["tile_sets"]:
            drawn = defaultdict(set)
            tiles = 0
            with open(archive(tile_set), "rb") as file:
                source = MmapSource(file)
                header = Reader(source).header()
                self.assertTrue(header["clustered"])
                for (z, _, _), data in all_tiles(source):
                    tiles += 1
                    for name, layer in mapbox_vector_tile.decode(gzip.decompress(data)).items():
                        drawn[name, z].update(feature["id"] for feature in layer["features"])
            self.assertEqual(tiles, tile_set["tiles"], tile_set["id"])
            for zoom in tile_set["zooms"]:
                with self.subTest(tile_set=tile_set["id"], layer=zoom["layer"], z=zoom["z"]):
                    self.assertEqual(len(drawn[zoom["layer"], zoom["z"]]), zoom["features_drawn"])

    def test_no_parcel_is_missing_from_the_zooms_that_draw_parcels(self):
        (parcels,) = [s for s in REPORT["tile_sets"] if s["id"] == "thua-dat"]
        approved = sum(d["rows"] for d in REPORT["datasets"] if d["id"].startswith("thua-dat-"))
        drawn = [zoom for zoom in parcels["zooms"] if zoom["layer"] in ("thua_dat", "thua_dat_nhan")]
        self.assertEqual(len(drawn), 3)
        for zoom in drawn:
            self.assertEqual(zoom["features_drawn"], approved, zoom)

    def test_gdal_opens_every_archive(self):
        for tile_set in REPORT["tile_sets"]:
            layers = {name for name, _ in pyogrio.list_layers(archive(tile_set))}
            self.assertEqual(layers, {zoom["layer"] for zoom in tile_set["zooms"]}, tile_set["id"])
            for layer in layers:
                self.assertGreater(pyogrio.read_info(archive(tile_set), layer=layer)["features"], 0)


class Extracts(unittest.TestCase):
    def test_gdal_counts_the_same_features_as_the_report(self):
        self.assertTrue(REPORT["extracts"])
        for extract in REPORT["extracts"]:
            with self.subTest(extract=extract["path"]):
                info = pyogrio.read_info(EDITION / extract["path"])
                self.assertEqual(info["features"], extract["features"])
                self.assertEqual(info["crs"], "EPSG:4326")
                geometries = pyogrio.raw.read(EDITION / extract["path"])[2]
                self.assertEqual(len(geometries), extract["features"])

    def test_every_file_of_parcels_has_the_public_fields_and_no_other(self):
        public = {
            "maXa", "soHieuToBanDo", "soThuTuThua", "maDinhDanhThuaDat", "dienTich", "kyHieuMucDichSuDung",
            "kyHieuMucDichSuDungCu", "dienTichPhapLy",
            "mucDichSuDungQuyHoach", "soHieuToBanDoCu", "soThuTuThuaCu", "maXaCu", "diaChiThuaDat", "thoiDiemCapNhat",
        }
        files = [e["path"] for e in REPORT["extracts"] if e["path"].startswith("extracts/thua_dat/")]
        self.assertEqual(len(files), 2)
        for path in files:
            self.assertEqual(set(pyogrio.read_info(EDITION / path)["fields"]), public)

    def test_every_parcel_lies_within_two_millimetres_of_where_proj_puts_its_source(self):
        compared = 0
        for commune, dataset, meridian, sheet, number in SOURCES:
            there = Transformer.from_crs("+proj=longlat +datum=WGS84 +type=crs", vn2000(meridian), always_xy=True)
            source = ROOT / "content" / "data" / dataset / "thua_dat.gpkg"
            approved = shapes(source, sheet, number)
            extract = EDITION / "extracts" / "thua_dat" / f"{commune}-{dataset}.fgb"
            published = shapes(extract, "soHieuToBanDo", "soThuTuThua")
            self.assertEqual(approved.keys(), published.keys())
            for parcel, shape in published.items():
                self.assertTrue(shapely.is_valid(shape), parcel)
                back = shapely.transform(shape, lambda x, y: there.transform(x, y), interleaved=False)
                self.assertLess(shapely.hausdorff_distance(back, approved[parcel]), 0.002, parcel)
                compared += 1
        self.assertEqual(compared, sum(d["rows"] for d in REPORT["datasets"] if d["id"].startswith("thua-dat-")))


# Commune, dataset, central meridian, and the source's own names for sheet and parcel number.
SOURCES = [
    ("99001", "thua-dat-an-minh", 105.75, "SoHieuToBanDo", "SoThuTuThua"),
    ("99002", "thua-dat-ben-lua", 105.5, "SOTO", "SOTHUA"),
]


def vn2000(meridian):
    """The zone with the seven parameters of Decision 05/2007, rotations as PROJ counts them."""
    return (
        f"+proj=tmerc +lat_0=0 +lon_0={meridian} +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 +units=m +type=crs "
        "+towgs84=-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278"
    )


def shapes(path, sheet, number):
    """The geometry of every parcel by sheet and number."""
    meta, _, geometries, columns = pyogrio.raw.read(path, columns=[sheet, number])
    sheets, numbers = (columns[list(meta["fields"]).index(name)] for name in (sheet, number))
    return {(int(s), int(n)): shape for s, n, shape in zip(sheets, numbers, shapely.from_wkb(geometries))}


if __name__ == "__main__":
    unittest.main()
