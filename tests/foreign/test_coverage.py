"""The parcels of the published edition, judged against its extracts by benches/coverage.py; and the judge itself."""

import gzip
import math
import pathlib
import sys
import tempfile
import unittest

import numpy
import pyogrio
import shapely
from mapbox_vector_tile.Mapbox import vector_tile_pb2
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benches"))

import coverage
import source as parcels_source
from test_edition import EDITION, REPORT, archive

KEY, KIND = "maDinhDanhThuaDat", "kyHieuMucDichSuDung"


class Demonstration(unittest.TestCase):
    def test_no_parcel_is_missing_and_neither_gap_nor_overlap_is_wider_than_the_grid(self):
        (parcels,) = [tile_set for tile_set in REPORT["tile_sets"] if tile_set["id"] == "thua-dat"]
        extracts = [EDITION / e["path"] for e in REPORT["extracts"] if e["path"].startswith("extracts/thua_dat/")]
        source = parcels_source.read(extracts, KEY, KIND)
        judged = coverage.judge(archive(parcels), source, KEY, KIND, layers=["thua_dat"])
        drawn = {zoom["z"] for zoom in parcels["zooms"] if zoom["layer"] == "thua_dat"}
        self.assertEqual(set(judged), drawn)
        for z, figures in judged.items():
            with self.subTest(z=z):
                self.assertEqual(figures["missing"], 0)
                self.assertEqual((figures["wide_gaps"], figures["wide_overlaps"]), (0, 0), figures)


TILE = (16, 52138, 28886)
# Four lots of 200 units around the point (1200, 1200); corners in tile units.
LOTS = {f"lot{row}{column}": (1000 + 200 * column, 1000 + 200 * row, 1200 + 200 * column, 1200 + 200 * row)
        for row in (0, 1) for column in (0, 1)}


class Judge(unittest.TestCase):
    """What it says of four lots, drawn rightly and wrongly."""

    def judged(self, rings):
        return self.judged_tiles({TILE: rings})

    def judged_tiles(self, tiles):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            write_source(folder / "source.fgb")
            write_archive(folder / "drawn.pmtiles", tiles)
            source = parcels_source.read([folder / "source.fgb"], KEY, KIND)
            return coverage.judge(folder / "drawn.pmtiles", source, KEY, KIND)[TILE[0]]

    def test_lots_drawn_where_they_are_have_nothing_wrong(self):
        found = self.judged({name: ring(*box) for name, box in LOTS.items()})
        self.assertEqual((found["missing"], found["gaps"], found["overlaps"], found["faults"]), (0, 0, 0, {}))
        self.assertEqual((found["features"], found["vertices"]), (4, 16))
        self.assertLess(max(found["border_max_m"], found["gap_ppm"], found["overlap_ppm"], found["kind_ppm"]), 0.01)

    def test_a_gap_of_one_unit_is_a_gap_within_the_grid_and_one_of_three_is_wide(self):
        for units, wide in ((1, 0), (3, 1)):
            found = self.judged(self.with_lot("lot00", (1000, 1000, 1200 - units, 1200)))
            self.assertEqual((found["gaps"], found["wide_gaps"], found["overlaps"]), (1, wide, 0))
            # Two units at the edge of the land are left to its rounding.
            self.assertAlmostEqual(found["gap_ppm"], units * 198 / 160_000 * 1e6, places=2)
            self.assertAlmostEqual(found["border_max_m"], units * parcels_source.unit_m(TILE[0], TILE[2]), places=3)

    def test_an_overlap_is_counted_with_its_area(self):
        found = self.judged(self.with_lot("lot00", (1000, 1000, 1203, 1200)))
        self.assertEqual((found["overlaps"], found["wide_overlaps"], found["gaps"]), (1, 1, 0))
        self.assertAlmostEqual(found["overlap_ppm"], 3 * 200 / 160_000 * 1e6, places=2)

    def test_a_missing_lot_is_missing_and_a_gap(self):
        found = self.judged({name: ring(*box) for name, box in LOTS.items() if name != "lot11"})
        self.assertEqual((found["missing"], found["wide_gaps"]), (1, 1))
        self.assertAlmostEqual(found["gap_ppm"], 198 * 198 / 160_000 * 1e6, places=2)
        self.assertAlmostEqual(found["uncovered_ppm"], 250_000, places=1)

    def test_a_lot_that_two_tiles_cut_at_different_heights_is_a_seam(self):
        west, east = TILE, (TILE[0], TILE[1] + 1, TILE[2])
        for units, seams in ((0, 0), (1, 0), (3, 1)):
            found = self.judged_tiles({
                west: {"lot00": ring(4000, 1000, 4176, 1200)},
                east: {"lot00": ring(-80, 1000 + units, 200, 1200)},
            })
            self.assertEqual(found["seams"], seams, units)

    def test_rings_that_break_the_specification_are_faults(self):
        broken = {
            "wrong winding of a first ring": list(reversed(ring(*LOTS["lot00"]))),
            "repeated points": [(1000, 1000), *ring(*LOTS["lot00"])],
            "rings without area": [(1000, 1000), (1100, 1100), (1200, 1200)],
            "invalid polygons": [(1000, 1000), (1200, 1200), (1200, 1000), (1000, 1250)],
        }
        for name, wrong in broken.items():
            with self.subTest(name):
                found = self.judged({**{lot: ring(*box) for lot, box in LOTS.items()}, "lot00": wrong})
                self.assertIn(name, found["faults"])

    @staticmethod
    def with_lot(name, box):
        return {lot: ring(*(box if lot == name else its)) for lot, its in LOTS.items()}


def ring(west, north, east, south):
    """Clockwise on the screen, which is positive in tile coordinates."""
    return [(west, north), (east, north), (east, south), (west, south)]


def write_source(path):
    scale = parcels_source.WORLD_M / 2 ** TILE[0] / parcels_source.EXTENT

    def degrees(units):
        metres = (units + numpy.array(TILE[1:]) * parcels_source.EXTENT) * scale
        radius = parcels_source.WORLD_M / (2 * math.pi)
        east, north = metres[:, 0] / radius - math.pi, math.pi - metres[:, 1] / radius
        return numpy.degrees(numpy.stack([east, numpy.arctan(numpy.sinh(north))], axis=1))

    shapes = shapely.transform(shapely.box(*numpy.array(list(LOTS.values()), dtype=float).T), degrees)
    columns = [numpy.array(list(LOTS), dtype=object), numpy.array(["ONT", "LUC"] * 2, dtype=object)]
    pyogrio.raw.write(path, shapely.to_wkb(shapes), columns, [KEY, KIND], driver="FlatGeobuf", geometry_type="Polygon", crs="EPSG:4326")


def write_archive(path, tiles):
    """Tiles of one polygon for each name, in the order of their ids."""
    with open(path, "wb") as file:
        writer = Writer(file)
        for place in sorted(tiles, key=lambda place: zxy_to_tileid(*place)):
            writer.write_tile(zxy_to_tileid(*place), gzip.compress(encoded(tiles[place])))
        bounds = dict.fromkeys(("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7", "center_zoom", "center_lon_e7", "center_lat_e7"), 0)
        writer.finalize({"tile_type": TileType.MVT, "tile_compression": Compression.GZIP, **bounds}, {})


def encoded(rings):
    tile = vector_tile_pb2.tile()
    layer = tile.layers.add(version=2, name="thua_dat", extent=parcels_source.EXTENT, keys=[KEY, KIND])
    for number, (name, points) in enumerate(rings.items()):
        layer.values.add(string_value=name)
        layer.values.add(string_value=["ONT", "LUC"][list(LOTS).index(name) % 2])
        layer.features.add(id=number + 1, type=3, tags=[0, 2 * number, 1, 2 * number + 1], geometry=commands(points))
    return tile.SerializeToString()


def commands(points):
    steps = numpy.diff(numpy.array([(0, 0), *points]), axis=0)
    packed = [int(2 * step if step >= 0 else -2 * step - 1) for step in steps.ravel()]
    return [9, *packed[:2], (len(points) - 1) << 3 | 2, *packed[2:], 15]


if __name__ == "__main__":
    unittest.main()
