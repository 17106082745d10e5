"""Whether what is cut at the border of two tiles is cut at the same points from both sides."""

from collections import defaultdict

import numpy as np
import shapely

from source import EXTENT

# Of a tile: which coordinate is fixed along the side, its value, and how far the line lies from the tile's own column or row.
SIDES = [(0, 0, 0), (0, EXTENT, 1), (1, 0, 0), (1, EXTENT, 1)]


class Seams:
    """Collects the cuts of tile after tile; each border is compared when its second side arrives."""

    def __init__(self):
        self.waiting = {}
        self.differences = []

    def add(self, names, shapes, place):
        """Takes the shapes of one tile with their buffer; an edge that runs along the tile's border is no cut."""
        bounds = shapely.bounds(shapes)
        for axis, value, beyond in SIDES:
            line = shapely.LineString([(value, 0), (value, EXTENT)] if axis == 0 else [(0, value), (EXTENT, value)])
            across = np.flatnonzero((bounds[:, axis] < value) & (bounds[:, axis + 2] > value))
            cuts = shapely.difference(shapely.intersection(shapes[across], line), shapely.boundary(shapes[across]))
            found = defaultdict(list)
            for at, cut, length in zip(across, cuts, shapely.length(cuts)):
                if length > 0:
                    found[names[at]].append(cut)
            self.compare((axis, place[1 + axis] + beyond, place[2 - axis]), moved_to_zero(found, axis))

    def compare(self, border, cuts):
        if border not in self.waiting:
            self.waiting[border] = cuts
            return
        other = self.waiting.pop(border)
        nothing = shapely.LineString()
        for name in cuts.keys() | other.keys():
            self.differences.append(longest(shapely.symmetric_difference(cuts.get(name, nothing), other.get(name, nothing))))

    def wider_than(self, units):
        """How many cuts differ by more at either end; a cut that only one tile has differs by all of it."""
        alone = [longest(cut) for cuts in self.waiting.values() for cut in cuts.values()]
        return sum(difference > units for difference in (*self.differences, *alone))


def longest(line):
    """The longest piece: how far one end of a cut lies from the same end seen from the other side."""
    return float(shapely.length(shapely.get_parts(line)).max(initial=0.0))


def moved_to_zero(found, axis):
    """The cuts of each name as one geometry on the line of value 0, so that those of both tiles can be compared."""
    flat = np.array([0.0, 1.0] if axis == 0 else [1.0, 0.0])
    return {name: shapely.transform(shapely.union_all(cuts), lambda units: units * flat) for name, cuts in found.items()}
