"""The parcels that an archive was made of, in metres of Web Mercator (x to the east, y to the south, origin north-west)."""

import math
from dataclasses import dataclass, field

import numpy as np
import pyogrio
import shapely

WORLD_M = 2 * math.pi * 6378137.0
EXTENT = 4096
# Neighbours of two surveys lie some millimetres apart: land is closed over cracks up to twice this width.
CRACK_M = 0.01


@dataclass
class Source:
    keys: np.ndarray
    kinds: np.ndarray
    shapes: np.ndarray
    land: object
    cracked: bool
    tree: shapely.STRtree = None
    _cut: dict = field(default_factory=dict)

    def land_in(self, z, x, y):
        """The land of one tile with a margin of 16 units around it, cut from that of the tile above."""
        if z < 0:
            return self.land
        if (z, x, y) not in self._cut:
            above = self.land_in(z - 1, x // 2, y // 2)
            margin = 16 / EXTENT
            self._cut[z, x, y] = cut(above, box_m(z, x, y, margin))
        return self._cut[z, x, y]

    def parcels_in(self, z, x, y):
        """Indices of the parcels that touch a tile."""
        return np.sort(self.tree.query(box_m(z, x, y, 0.0), predicate="intersects"))


def read(paths, key_field, kind_field):
    """All polygons of files in WGS 84, with the unique field and the one that areas are added up by."""
    read_files = [read_file(path, key_field, kind_field) for path in paths]
    keys, kinds, shapes = (np.concatenate(parts) for parts in zip(*read_files))
    if len(set(keys)) != len(keys):
        raise SystemExit(f"{paths[0]}: the field {key_field} is not unique")
    land, cracked = union_of(shapes)
    return Source(keys, kinds, shapes, land, cracked, shapely.STRtree(shapes))


def read_file(path, key_field, kind_field):
    columns = [name for name in (key_field, kind_field) if name]
    meta, _, geometries, values = pyogrio.raw.read(path, columns=columns)
    by_name = dict(zip(meta["fields"], values))
    shapes = shapely.transform(shapely.from_wkb(geometries), mercator_m)
    kinds = by_name[kind_field] if kind_field else np.full(len(shapes), None, dtype=object)
    return by_name[key_field], kinds, shapes


def mercator_m(degrees):
    radians = np.radians(degrees)
    radius = WORLD_M / (2 * math.pi)
    east = radius * radians[:, 0] + WORLD_M / 2
    south = WORLD_M / 2 - radius * np.arcsinh(np.tan(radians[:, 1]))
    return np.stack([east, south], axis=1)


def union_of(shapes):
    """The union of all parcels; cracks between two surveys are closed, so that they are no border of the land."""
    if shapely.coverage_is_valid(shapes, gap_width=2 * CRACK_M):
        return shapely.coverage_union_all(shapes), False
    union = shapely.union_all(shapes)
    closed = union.buffer(CRACK_M, join_style="mitre").buffer(-CRACK_M, join_style="mitre")
    return shapely.union(union, closed), True


def box_m(z, x, y, margin):
    """A tile's square; `margin` is a share of its side."""
    side = WORLD_M / 2**z
    return shapely.box((x - margin) * side, (y - margin) * side, (x + 1 + margin) * side, (y + 1 + margin) * side)


def cut(shape, box):
    made = shapely.clip_by_rect(shape, *box.bounds)
    return made if made.is_valid else shapely.intersection(shape, box)


def in_tile(shapes, z, x, y):
    """The same shapes in units of one tile."""
    scale = 2**z * EXTENT / WORLD_M
    return shapely.transform(shapes, lambda metres: metres * scale - np.array([x * EXTENT, y * EXTENT]))


def unit_m(z, y):
    """What one tile unit is on the ground, at the middle of a row of tiles."""
    latitude = math.atan(math.sinh(math.pi * (1 - 2 * (y + 0.5) / 2**z)))
    return WORLD_M * math.cos(latitude) / 2**z / EXTENT
