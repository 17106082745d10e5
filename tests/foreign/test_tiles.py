"""Every tile of every archive of the published edition, read by mapbox-vector-tile and GDAL, and held to MVT 2.1."""

import gzip
import unittest
import warnings
from collections import Counter

import mapbox_vector_tile
import numpy
import pyogrio
import shapely
from mapbox_vector_tile.Mapbox import vector_tile_pb2
from pmtiles.reader import MmapSource, all_tiles

import mvt_rules
from test_edition import REPORT, archive


def every_tile():
    """Yields (tile set, place, inflated bytes)."""
    for tile_set in REPORT["tile_sets"]:
        with open(archive(tile_set), "rb") as file:
            for place, data in all_tiles(MmapSource(file)):
                yield tile_set, place, gzip.decompress(data)


class EveryTile(unittest.TestCase):
    def test_keeps_every_rule_of_mapbox_vector_tile_2_1(self):
        found = [f"{s['id']} {z}/{x}/{y}: {c}" for s, (z, x, y), data in every_tile() for c in mvt_rules.complaints(data)]
        self.assertEqual(found, [], f"{len(found)} complaints")

    def test_is_decoded_by_mapbox_vector_tile_with_nothing_empty(self):
        for tile_set, place, data in every_tile():
            for name, layer in mapbox_vector_tile.decode(data).items():
                for feature in layer["features"]:
                    self.assertTrue(feature["geometry"]["coordinates"], (tile_set["id"], place, name, feature["id"]))
                    self.assertTrue(all(isinstance(key, str) for key in feature["properties"]))

    def test_has_polygons_that_a_geometry_library_finds_valid(self):
        judged, wrong = 0, []
        for tile_set, place, data in every_tile():
            for layer in vector_tile_pb2.tile.FromString(data).layers:
                for feature in layer.features:
                    if feature.type == mvt_rules.POLYGON:
                        judged += 1
                        reason = shapely.is_valid_reason(shape(feature))
                        if reason != "Valid Geometry":
                            wrong.append((tile_set["id"], place, layer.name, feature.id, reason))
        self.assertEqual(wrong, [], f"{len(wrong)} of {judged} polygons")
        self.assertGreater(judged, 1000)

    def test_is_read_by_gdal_with_as_many_features_as_the_tile_has(self):
        for tile_set in REPORT["tile_sets"]:
            counted = Counter()
            for (z, _, _), data in ((place, data) for s, place, data in every_tile() if s is tile_set):
                for layer in vector_tile_pb2.tile.FromString(data).layers:
                    counted[layer.name, z] += len(layer.features)
            for (layer, z), features in counted.items():
                with self.subTest(tile_set=tile_set["id"], layer=layer, z=z), warnings.catch_warnings():
                    warnings.simplefilter("error")
                    # Without CLIP=NO it leaves out what lies in a tile's buffer alone.
                    _, _, read, _ = pyogrio.raw.read(archive(tile_set), layer=layer, columns=[], ZOOM_LEVEL=str(z), CLIP="NO")
                    self.assertEqual(len(read), features)
                    self.assertFalse(numpy.any(shapely.is_empty(shapely.from_wkb(read))))


class Rules(unittest.TestCase):
    """The checks themselves, each on a tile that breaks one rule."""

    SQUARE = [9, 0, 0, 26, 20, 0, 0, 20, 19, 0, 15]

    def complaints(self, geometry=SQUARE, kind=mvt_rules.POLYGON, change=lambda layer: None):
        tile = vector_tile_pb2.tile()
        layer = tile.layers.add(version=2, name="thua_dat", extent=4096, keys=["a"])
        layer.values.add(string_value="b")
        layer.features.add(id=1, type=kind, tags=[0, 0], geometry=geometry)
        change(layer)
        return " ".join(mvt_rules.complaints(tile.SerializeToString()))

    def test_a_sound_tile_has_no_complaint(self):
        self.assertEqual(self.complaints(), "")

    def test_each_broken_geometry_is_named(self):
        broken = {
            "wound as a hole": [9, 0, 0, 26, 0, 20, 20, 0, 0, 19, 15],
            "repeats a point": [9, 0, 0, 34, 20, 0, 0, 0, 0, 20, 19, 0, 15],
            "has no area": [9, 0, 0, 18, 20, 0, 20, 0, 15],
            "not closed": self.SQUARE[:-1],
            "a LineTo(1)": [9, 0, 0, 10, 20, 0, 15],
            "a MoveTo(2)": [17, 0, 0, 2, 2, 18, 20, 0, 0, 20, 15],
            "closes nothing": [9, 0, 0, 15],
            "command 5": [13, 0, 0],
            "count 3": [9, 0, 0, 26, 20, 0],
        }
        for words, geometry in broken.items():
            with self.subTest(words):
                self.assertIn(words, self.complaints(geometry))

    def test_each_broken_layer_is_named(self):
        def twice(layer):
            layer.features.add().CopyFrom(layer.features[0])

        broken = {
            "version 1": lambda layer: setattr(layer, "version", 1),
            "extent 512": lambda layer: setattr(layer, "extent", 512),
            "the id 1": twice,
            "odd number": lambda layer: layer.features[0].tags.append(0),
            "out of range": lambda layer: layer.features[0].tags.extend([1, 0]),
            "occurs twice": lambda layer: layer.features[0].tags.extend([0, 0]),
            "a key is listed twice": lambda layer: layer.keys.append("a"),
            "has 0 types": lambda layer: layer.values.add(),
        }
        for words, change in broken.items():
            with self.subTest(words):
                self.assertIn(words, self.complaints(change=change))


def shape(feature):
    rings = list(mvt_rules.read_parts(list(feature.geometry), feature.type))
    parts = [shapely.Polygon(outer, holes) for outer, holes in mvt_rules.polygons(rings)]
    return shapely.MultiPolygon(parts)


if __name__ == "__main__":
    unittest.main()
