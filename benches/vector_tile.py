"""Reads the tiles of a PMTiles archive into arrays, by the PyPI readers and the text of MVT 2.1; nothing of congbo is used.

Coordinates are tile units, x to the east and y to the south, (0, 0) the tile's north-west corner; rings are closed.
"""

import gzip
from dataclasses import dataclass

import numpy as np
import shapely
from mapbox_vector_tile.Mapbox import vector_tile_pb2
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import Compression

MOVE_TO_ONCE, CLOSE_PATH, LINE_TO, POLYGON = 9, 15, 2, 3


@dataclass
class Polygons:
    """The polygon features of one layer of one tile.

    `keys` holds the value of the unique field (None where a feature has none), `kinds` that of the field that areas are
    added up by; `shapes` one MultiPolygon per feature, None where nothing could be drawn. `faults` counts by name what
    breaks MVT 2.1, 4.3.3 and 4.3.4.
    """

    name: str
    extent: int
    keys: list
    kinds: list
    shapes: np.ndarray
    vertices: int
    faults: dict


def tiles(path):
    """Yields ((z, x, y), stored length, inflated bytes) of every tile."""
    with open(path, "rb") as file:
        source = MmapSource(file)
        packed = Reader(source).header()["tile_compression"] == Compression.GZIP
        for place, data in all_tiles(source):
            yield place, len(data), gzip.decompress(data) if packed else data


def polygons(data, key_field, kind_field=None):
    """Every layer of polygons of a tile."""
    message = vector_tile_pb2.tile()
    message.ParseFromString(data)
    for layer in message.layers:
        features = [feature for feature in layer.features if feature.type == POLYGON]
        if features:
            yield read_layer(layer, features, key_field, kind_field)


def read_layer(layer, features, key_field, kind_field):
    names = list(layer.keys)
    values = [value_of(value) for value in layer.values]
    keys = [tag(feature, names, values, key_field) for feature in features]
    kinds = [tag(feature, names, values, kind_field) for feature in features]
    streams = [np.array(feature.geometry, dtype=np.uint32) for feature in features]
    faults = {}
    shapes, vertices = Assembly(streams, faults).shapes()
    return Polygons(layer.name, layer.extent, keys, kinds, shapes, vertices, faults)


def value_of(value):
    """What a value holds, whatever its type; None where it holds nothing."""
    return next((content for _, content in value.ListFields()), None)


def tag(feature, names, values, field):
    """The value of one field of a feature."""
    if field is None:
        return None
    tags = feature.tags
    for at in range(0, len(tags) - 1, 2):
        if names[tags[at]] == field:
            return values[tags[at + 1]]
    return None


class Assembly:
    """All rings of a layer at once: commands are walked, coordinates are added up by numpy."""

    def __init__(self, streams, faults):
        self.faults = faults
        self.count = len(streams)
        self.starts, self.lengths, self.owners = [], [], []
        begin = 0
        for owner, stream in enumerate(streams):
            self.walk(stream.tolist(), begin, owner)
            begin += len(stream)
        self.stream = np.concatenate(streams) if streams else np.empty(0, np.uint32)
        self.feature_starts = np.cumsum([0] + [len(stream) for stream in streams])[:-1]

    def fault(self, name, count=1):
        if count:
            self.faults[name] = self.faults.get(name, 0) + int(count)

    def walk(self, stream, begin, owner):
        """Notes where each ring's parameters are; what is no MoveTo(1) LineTo(n) ClosePath is a fault and ends the feature."""
        at, end = 0, len(stream)
        while at < end:
            points = stream[at + 3] >> 3 if at + 3 < end else 0
            close = at + 4 + 2 * points
            whole = close < end and stream[at] == MOVE_TO_ONCE and stream[at + 3] & 7 == LINE_TO and stream[close] == CLOSE_PATH
            if not whole:
                self.fault("commands that make no ring")
                return
            self.starts.append(begin + at)
            self.lengths.append(points + 1)
            self.owners.append(owner)
            at = close + 1

    def shapes(self):
        """One MultiPolygon (or None) per feature, and how many vertices there are."""
        lengths, owners = np.array(self.lengths, dtype=np.int64), np.array(self.owners, dtype=np.int64)
        if len(lengths) == 0:
            return np.full(self.count, None, dtype=object), 0
        coords = self.coordinates(lengths, owners)
        ends = np.cumsum(lengths)
        self.count_repeated_points(coords, ends - lengths, ends)
        areas = doubled_areas(coords, ends - lengths, ends)
        self.fault("rings of fewer than three points", np.sum(lengths < 3))
        self.fault("rings without area", np.sum((areas == 0) & (lengths >= 3)))
        usable = (areas != 0) & (lengths >= 3)
        return self.assemble(coords, lengths, owners, areas, usable), int(lengths.sum())

    def coordinates(self, lengths, owners):
        """Absolute points ring after ring: the cursor runs on through a feature's rings and begins anew with each feature."""
        starts = np.array(self.starts, dtype=np.int64)
        total, first = int(lengths.sum()), np.cumsum(lengths) - lengths
        within = np.arange(total) - np.repeat(first, lengths)
        at = np.repeat(starts, lengths) + 1 + 2 * within + (within > 0)  # the first point stands before the LineTo
        steps = np.stack([self.stream[at], self.stream[at + 1]], axis=1).astype(np.int64)
        steps = (steps >> 1) ^ -(steps & 1)
        walked = np.cumsum(steps, axis=0)
        new_feature = np.flatnonzero(np.diff(owners, prepend=-1))
        origin = np.where(first[new_feature, None] > 0, walked[first[new_feature] - 1], 0)
        rings_of = np.diff(np.append(new_feature, len(owners)))
        return walked - np.repeat(np.repeat(origin, rings_of, axis=0), lengths, axis=0)

    def count_repeated_points(self, coords, starts, ends):
        following = np.roll(coords, -1, axis=0)
        following[ends - 1] = coords[starts]
        self.fault("repeated points", np.sum(np.all(following == coords, axis=1)))

    def assemble(self, coords, lengths, owners, areas, usable):
        """Rings of positive area begin polygons, the negative ones after them are their holes."""
        self.fault("wrong winding of a first ring", np.sum((areas < 0) & np.diff(owners, prepend=-1).astype(bool)))
        keep = np.repeat(usable, lengths)
        coords, lengths, owners, areas = coords[keep], lengths[usable], owners[usable], areas[usable]
        first_of_feature = np.diff(owners, prepend=-1).astype(bool)
        outer = (areas > 0) | first_of_feature
        closed = np.insert(coords, np.cumsum(lengths), coords[np.cumsum(lengths) - lengths], axis=0).astype(float)
        ring_ends = np.append(0, np.cumsum(lengths + 1))
        polygon_starts = np.flatnonzero(outer)
        feature_of_polygon = owners[polygon_starts]
        drawn, polygons_of = np.unique(feature_of_polygon, return_counts=True)
        made = shapely.from_ragged_array(
            shapely.GeometryType.MULTIPOLYGON, closed,
            (ring_ends, np.append(polygon_starts, len(lengths)), np.append(0, np.cumsum(polygons_of))),
        )
        shapes = np.full(self.count, None, dtype=object)
        shapes[drawn] = made
        self.fault("invalid polygons", np.sum(~shapely.is_valid(made)))
        return shapes


def doubled_areas(coords, starts, ends):
    """Twice the surveyor's area of each ring; positive is an outer ring in tile coordinates (y to the south)."""
    following = np.roll(coords, -1, axis=0)
    following[ends - 1] = coords[starts]
    cross = coords[:, 0] * following[:, 1] - following[:, 0] * coords[:, 1]
    return np.add.reduceat(cross, starts)
