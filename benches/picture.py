"""Draws the same town from two archives side by side, one PNG a zoom, so that gaps and overlaps can be seen.

usage: picture.py SOURCE LEFT.pmtiles RIGHT.pmtiles OUT_DIR --at LONGITUDE LATITUDE [--names LEFT RIGHT] [--zooms 12 14 15 16]
       [--units 480] [--layer NAME]

Each polygon has a pale colour of its own. What two polygons share is nearly black, and land of the source that none covers
magenta (as the judge counts them), both with an edge of one pixel so that none is too thin to be seen; all else, like roads,
is grey. A tile's unit is one and a half pixels at every zoom, so a higher zoom shows less land; polygons are cut to their
tile as a map does.
"""

import argparse
import math
import pathlib
import zlib

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import shapely
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from PIL import Image

import coverage
import source as parcels_source
import vector_tile
from source import EXTENT

GROUND, GAP, SHARED = "#8c8c8c", "#ff00c8", "#101040"
PIXELS_PER_UNIT = 1.5
KEY, KIND = "maDinhDanhThuaDat", "kyHieuMucDichSuDung"


def window(at, zoom, units):
    """The square of a zoom's whole grid around a place: west, north, east, south in tile units."""
    world = 2**zoom * EXTENT
    x = (at[0] + 180) / 360 * world
    y = (1 - math.asinh(math.tan(math.radians(at[1]))) / math.pi) / 2 * world
    return x - units / 2, y - units / 2, x + units / 2, y + units / 2


def shapes_in(archive, zoom, view, layers):
    """Polygons of a window in units of the zoom's whole grid, with the colour of each."""
    found, colours = [], []
    for (z, x, y), _, data in vector_tile.tiles(archive):
        corner = np.array([x, y]) * EXTENT
        outside = corner[0] > view[2] or corner[1] > view[3] or np.any(corner + EXTENT < view[:2])
        if z != zoom or outside:
            continue
        for layer in vector_tile.polygons(data, KEY, KIND):
            if layers and layer.name not in layers:
                continue
            there = [shape is not None for shape in layer.shapes]
            scaled = coverage.scaled(layer)[there]
            clipped = coverage.clip(coverage.repaired(scaled))
            found += list(shapely.transform(clipped, lambda units: units + corner))
            names = [key or kind or "" for key, kind in zip(layer.keys, layer.kinds)]
            colours += [pale(name) for name, drawn in zip(names, there) if drawn]
    return np.array(found, dtype=object), colours


def pale(name):
    """A light colour that depends on the name alone; none is near magenta or grey."""
    number = zlib.crc32(str(name).encode())
    return tuple((low + (number >> shift) % 4 * 20) / 255 for low, shift in ((150, 0), (185, 8), (150, 16)))


def land_inside(source, zoom, view):
    """The source's land in the window, further inside than the rounding of its edge, in units of the zoom's whole grid."""
    scale = 2**zoom * EXTENT / parcels_source.WORLD_M
    near = shapely.clip_by_rect(source.land, *((np.array(view) + [-16, -16, 16, 16]) / scale))
    return shapely.transform(near, lambda metres: metres * scale).buffer(-coverage.INSIDE, join_style="mitre")


def draw(axes, land, archive, title, zoom, view, layers):
    shapes, colours = shapes_in(archive, zoom, view, layers)
    near = shapely.intersects(shapes, shapely.box(*view).buffer(16)) & (shapely.area(shapes) > 0)
    shapes, colours = shapes[near], [colour for colour, kept in zip(colours, near) if kept]
    for shape, colour in zip(shapes, colours):
        fill(axes, shape, colour)
    for piece in coverage.pieces(shapely.difference(land, shapely.union_all(shapes))):
        fill(axes, piece, GAP, edge=1.0)
    suspect = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(shapes))) if len(shapes) else []
    for piece in coverage.overlapping(shapes, suspect) if len(suspect) else []:
        fill(axes, piece, SHARED, edge=1.0)
    axes.set(xlim=(view[0], view[2]), ylim=(view[3], view[1]), xticks=[], yticks=[], facecolor=GROUND)
    axes.set_title(f"{title}, z{zoom}: {len(shapes)} polygons", fontsize=9, pad=4)


def fill(axes, shape, colour, edge=0.0):
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon" and not part.is_empty:
            rings = [Path(ring.coords, closed=True) for ring in (part.exterior, *part.interiors)]
            outline = Path.make_compound_path(*rings)
            axes.add_patch(PathPatch(outline, facecolor=colour, edgecolor=colour, linewidth=edge * 0.72, antialiased=False))


def picture(given, source, zoom):
    view = window(given.at, zoom, given.units)
    land = land_inside(source, zoom, view)
    side = given.units * PIXELS_PER_UNIT / 100
    figure, both = plt.subplots(1, 2, figsize=(2 * side + 0.2, side + 0.3), dpi=100)
    figure.subplots_adjust(left=0.002, right=0.998, bottom=0.005, top=1 - 0.27 / (side + 0.3), wspace=0.015)
    for axes, archive, name in zip(both, (given.left, given.right), given.names):
        draw(axes, land, archive, name, zoom, view, given.layer)
    path = given.out / f"town-z{zoom}.png"
    figure.savefig(path)
    plt.close(figure)
    Image.open(path).convert("RGB").save(path, optimize=True)
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("left")
    parser.add_argument("right")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--at", type=float, nargs=2, required=True)
    parser.add_argument("--names", nargs=2, default=["left", "right"])
    parser.add_argument("--zooms", type=int, nargs="+", default=[12, 14, 15, 16])
    parser.add_argument("--units", type=int, default=480)
    parser.add_argument("--layer", action="append")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    source = parcels_source.read([given.source], KEY, KIND)
    for zoom in given.zooms:
        path = picture(given, source, zoom)
        print(path, path.stat().st_size)


if __name__ == "__main__":
    main()
