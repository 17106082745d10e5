"""Judges an archive of parcels against its source, by programs that no tiler under test has a part in.

usage: coverage.py ARCHIVE.pmtiles SOURCE ... [--key FIELD] [--kind FIELD] [--layer NAME] [--zooms 13-16] [--every K] [--json]

Every tile is decoded; each K-th tile of a zoom (in the archive's order, beginning with the first) is measured, clipped to
its own square without a buffer:

- **missing**: parcels of the source whose key no feature of the zoom has ("–" where dissolved land is drawn);
- **gaps**: land of the source that no polygon covers, further than INSIDE units from the land's own edge, so that the
  rounding and generalising of coasts and road sides is not taken for a gap; the parts of it, and their area in millionths of
  the land's area;
- **overlaps**: area that more than one polygon covers, counted once for each polygon too many;
- **wide**: the gaps and overlaps that are wider than WIDE units, more than rounding to the grid can make of a border that
  two neighbours hold with different vertices;
- **seams**: parcels (or uses, of dissolved land) that the tiles on both sides of a border cut at points more than WIDE
  units apart (only where every tile is measured);
- **edge**: all land of the source that is not covered, and all that is covered beside it, in millionths;
- **border**: distance from the source's vertices within the tile to the drawn border of the same parcel, in metres;
- **kinds**: the greatest error of area among the land uses that are at least a thousandth of the land, in millionths (only
  where every tile is measured);
- **faults**: what breaks MVT 2.1 (winding, repeated points, rings without area, invalid polygons), over all tiles.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import numpy as np
import shapely

import source as parcels_source
import vector_tile
from seams import Seams
from source import EXTENT, in_tile, unit_m

INSIDE = 2.0
WIDE = 1.0
# Below this, in square units, a piece is the noise of floating-point intersections.
NOISE = 1e-6
TILE_LIMIT = 500_000
SQUARE = shapely.box(0, 0, EXTENT, EXTENT)


@dataclass
class Zoom:
    """What is counted over one zoom; areas in square units."""

    keys: set = field(default_factory=set)
    counts: Counter = field(default_factory=Counter)
    faults: Counter = field(default_factory=Counter)
    areas: Counter = field(default_factory=Counter)
    kinds: Counter = field(default_factory=Counter)
    seams: Seams = field(default_factory=Seams)
    errors_m: list = field(default_factory=list)


def judge(archive, source, key_field, kind_field=None, layers=None, zooms=None, every=1):
    """The figures of each zoom, as a dictionary by zoom."""
    seen = defaultdict(Zoom)
    for (z, x, y), stored, data in vector_tile.tiles(archive):
        if zooms and z not in zooms:
            continue
        zoom = seen[z]
        measured = zoom.counts["tiles"] % every == 0
        count_tile(zoom, stored)
        found = [layer for layer in vector_tile.polygons(data, key_field, kind_field) if not layers or layer.name in layers]
        for layer in found:
            count_layer(zoom, layer)
        if measured and found:
            zoom.counts["measured"] += 1
            measure(zoom, found, source, (z, x, y))
    return {z: figures(seen[z], source, z) for z in sorted(seen) if seen[z].counts["features"]}


def count_tile(zoom, stored):
    zoom.counts["tiles"] += 1
    zoom.counts["bytes"] += stored
    zoom.counts["over_limit"] += stored > TILE_LIMIT
    zoom.counts["largest"] = max(zoom.counts["largest"], stored)


def count_layer(zoom, layer):
    zoom.keys.update(key for key in layer.keys if key is not None)
    zoom.counts["features"] += len(layer.keys)
    zoom.counts["vertices"] += layer.vertices
    zoom.faults.update(layer.faults)


def measure(zoom, layers, source, place):
    keys = [key for layer in layers for key in layer.keys]
    kinds = [kind for layer in layers for kind in layer.kinds]
    shapes = np.concatenate([scaled(layer) for layer in layers])
    there = np.array([shape is not None for shape in shapes])
    keys, kinds, shapes = np.array(keys, dtype=object)[there], np.array(kinds, dtype=object)[there], shapes[there]
    measure_borders(zoom, keys, shapes, source, place)
    shapes = repaired(shapes)
    clipped = clip(shapes)
    for kind, area in zip(kinds, shapely.area(clipped)):
        zoom.kinds[main_use(kind)] += area
    zoom.seams.add([key or kind for key, kind in zip(keys, kinds)], shapes, place)
    measure_coverage(zoom, clipped[shapely.area(clipped) > 0], source, place)


def scaled(layer):
    if layer.extent == EXTENT:
        return layer.shapes
    return shapely.transform(layer.shapes, lambda units: units * (EXTENT / layer.extent))


def repaired(shapes):
    """Invalid shapes as a renderer would fill them: holes stay holes, even where they touch the outer ring along a line."""
    broken = ~shapely.is_valid(shapes)
    shapes = shapes.copy()
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    return shapes


def clip(shapes):
    """Shapes cut to the tile's square; cut points are rounded to 2^-20 units, the same from both sides of a border."""
    bounds = shapely.bounds(shapes)
    beyond = np.any((bounds < 0) | (bounds > EXTENT), axis=1)
    shapes = shapes.copy()
    cut = shapely.intersection(shapes[beyond], SQUARE)
    shapes[beyond] = shapely.transform(cut, lambda units: np.round(units * 2**20) / 2**20)
    return polygonal(shapes)


def polygonal(shapes):
    """Without the points and lines that a cut or a repair leaves of a collection."""
    mixed = shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    shapes[mixed] = [shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
                     for parts in (shapely.get_parts(shape) for shape in shapes[mixed])]
    return shapes


def measure_coverage(zoom, shapes, source, place):
    land = in_tile(source.land_in(*place), *place)
    here = shapely.intersection(land, SQUARE)
    zoom.areas["land"] += here.area
    inside = shapely.intersection(land.buffer(-INSIDE, join_style="mitre"), SQUARE)
    zoom.areas["inside"] += inside.area
    # Neighbours whose edges match everywhere cannot overlap; only the others are compared.
    suspect = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(shapes)))
    if len(suspect) == 0:
        drawn = shapely.coverage_union_all(shapes)
    else:
        drawn = shapely.union_all(shapes)
        zoom.areas["overlap"] += max(0.0, shapely.area(shapes).sum() - drawn.area)
        count_pieces(zoom, "overlap", overlapping(shapes, suspect))
    gaps = pieces(shapely.difference(inside, drawn))
    zoom.areas["gap"] += shapely.area(gaps).sum()
    count_pieces(zoom, "gap", gaps)
    uncovered = shapely.difference(here, drawn).area
    zoom.areas["uncovered"] += uncovered
    zoom.areas["beside"] += max(0.0, drawn.area - (here.area - uncovered))


def overlapping(shapes, suspect):
    """What each of the suspect polygons shares with any other."""
    tree = shapely.STRtree(shapes)
    left, right = tree.query(shapes[suspect], predicate="intersects")
    left = suspect[left]
    once = (left < right) | ((left > right) & ~np.isin(right, suspect))
    return pieces(shapely.intersection(shapes[left[once]], shapes[right[once]]))


def pieces(shapes):
    parts = shapely.get_parts(shapely.get_parts(np.atleast_1d(shapes)))
    return parts[shapely.area(parts) > NOISE]


def count_pieces(zoom, name, parts):
    if len(parts) == 0:
        return
    zoom.counts[f"{name}s"] += len(parts)
    wide = ~shapely.is_empty(shapely.buffer(parts, -WIDE / 2, join_style="mitre"))
    zoom.counts[f"wide_{name}s"] += int(wide.sum())
    zoom.areas[f"wide_{name}"] += shapely.area(parts[wide]).sum()


def measure_borders(zoom, keys, shapes, source, place):
    """Distances from the source's vertices in the tile to the nearest drawn border of the same parcel."""
    drawn = defaultdict(list)
    for key, border in zip(keys, shapely.boundary(shapes)):
        drawn[key].append(border)
    known = source.parcels_in(*place)
    known = known[[key in drawn for key in source.keys[known]]]
    if len(known) == 0:
        return
    borders = np.array([one(drawn[key]) for key in source.keys[known]], dtype=object)
    vertices, owners = shapely.get_coordinates(in_tile(source.shapes[known], *place), return_index=True)
    within = np.all((vertices >= 0) & (vertices <= EXTENT), axis=1)
    distances = shapely.distance(shapely.points(vertices[within]), borders[owners[within]])
    zoom.errors_m.append(distances * unit_m(place[0], place[2]))


def one(borders):
    return borders[0] if len(borders) == 1 else shapely.union_all(borders)


def figures(zoom, source, z):
    land = zoom.areas["land"]
    ppm = lambda name: zoom.areas[name] / land * 1e6 if land else None
    counts = zoom.counts
    drawn = len(zoom.keys & set(source.keys))
    errors = np.concatenate(zoom.errors_m) if zoom.errors_m else np.empty(0)
    # Where roads lie so close that hardly any land is inside, a gap cannot be told from a generalised edge.
    inside_share = zoom.areas["inside"] / land if land else 0.0
    told = inside_share >= 0.2
    return {
        "parcels": len(source.keys), "drawn": drawn,
        # A zoom whose polygons have no key draws dissolved land, not parcels.
        "missing": len(source.keys) - drawn if zoom.keys else None,
        "features": counts["features"], "vertices": counts["vertices"],
        "tiles": counts["tiles"], "measured": counts["measured"], "bytes": counts["bytes"],
        "over_limit": counts["over_limit"], "largest": counts["largest"],
        "gaps": counts["gaps"] if told else None, "gap_ppm": ppm("gap") if told else None,
        "wide_gaps": counts["wide_gaps"] if told else None, "wide_gap_ppm": ppm("wide_gap") if told else None,
        "overlaps": counts["overlaps"], "overlap_ppm": ppm("overlap"),
        "wide_overlaps": counts["wide_overlaps"], "wide_overlap_ppm": ppm("wide_overlap"),
        "seams": zoom.seams.wider_than(WIDE) if counts["measured"] == counts["tiles"] else None,
        "uncovered_ppm": ppm("uncovered"), "beside_ppm": ppm("beside"), "inside_share": inside_share,
        "border_p99_m": float(np.quantile(errors, 0.99)) if len(errors) else None,
        "border_max_m": float(errors.max()) if len(errors) else None,
        "kind_ppm": kind_error(zoom, source, z) if counts["measured"] == counts["tiles"] else None,
        "faults": dict(sorted(zoom.faults.items())),
    }


def main_use(kind):
    """A parcel of several uses (ONT+CLN) counts for the first, as dissolved land shows it."""
    return str(kind).split("+")[0]


def kind_error(zoom, source, z):
    """The greatest relative error of drawn area among the land uses that matter."""
    areas = defaultdict(float)
    for kind, area in zip(source.kinds, shapely.area(source.shapes)):
        areas[main_use(kind)] += area
    whole, scale = sum(areas.values()), (2**z * EXTENT / parcels_source.WORLD_M) ** 2
    if len(areas) < 2:
        return None
    return max(abs(zoom.kinds[kind] / (area * scale) - 1) * 1e6 for kind, area in areas.items() if area > whole / 1000)


COLUMNS = [
    ("z", lambda z, f: str(z)),
    ("missing", lambda z, f: number(f["missing"])),
    ("features", lambda z, f: f"{f['features']:,}"),
    ("vertices", lambda z, f: f"{f['vertices']:,}"),
    ("MB", lambda z, f: f"{f['bytes'] / 1e6:.2f}"),
    ("gaps", lambda z, f: number(f["gaps"])),
    ("ppm", lambda z, f: ppm_text(f["gap_ppm"])),
    ("wide gaps", lambda z, f: number(f["wide_gaps"])),
    ("overlaps", lambda z, f: number(f["overlaps"])),
    ("ppm", lambda z, f: ppm_text(f["overlap_ppm"])),
    ("wide overlaps", lambda z, f: number(f["wide_overlaps"])),
    ("seams", lambda z, f: number(f["seams"])),
    ("border p99 m", lambda z, f: metres(f["border_p99_m"])),
    ("greatest m", lambda z, f: metres(f["border_max_m"])),
    ("edge ppm", lambda z, f: f"−{ppm_text(f['uncovered_ppm'])} +{ppm_text(f['beside_ppm'])}"),
    ("kinds ppm", lambda z, f: ppm_text(f["kind_ppm"])),
    ("> 500 kB", lambda z, f: str(f["over_limit"])),
    ("faults", lambda z, f: f"{sum(f['faults'].values()):,}"),
]


def fault_lines(by_zoom):
    """What the last column counts, by name."""
    for z, f in by_zoom.items():
        if f["faults"]:
            yield f"z{z}: " + ", ".join(f"{count:,} {name}" for name, count in f["faults"].items())


def number(value):
    return "–" if value is None else f"{value:,}"


def metres(value):
    return "–" if value is None else f"{value:.2f}"


def ppm_text(value):
    if value is None:
        return "–"
    return "0" if value < 0.005 else f"{value:.2f}" if value < 1 else f"{value:,.0f}"


def markdown(by_zoom, name=None):
    """One row a zoom; with a name, the name in the first column."""
    for z, f in by_zoom.items():
        cells = [cell(z, f) for _, cell in COLUMNS]
        yield "| " + " | ".join([name, *cells] if name else cells) + " |"


def header(name=None):
    titles = [title for title, _ in COLUMNS]
    titles = [name, *titles] if name else titles
    return "| " + " | ".join(titles) + " |\n|" + "---|" * len(titles)


def zoom_range(text):
    low, _, high = text.partition("-")
    return range(int(low), int(high or low) + 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive")
    parser.add_argument("source", nargs="+")
    parser.add_argument("--key", default="maDinhDanhThuaDat")
    parser.add_argument("--kind", default="kyHieuMucDichSuDung")
    parser.add_argument("--layer", action="append")
    parser.add_argument("--zooms", type=zoom_range)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    source = parcels_source.read(given.source, given.key, given.kind)
    by_zoom = judge(given.archive, source, given.key, given.kind, given.layer, given.zooms, given.every)
    if given.json:
        json.dump(by_zoom, sys.stdout, indent=1)
        return
    print(f"{given.archive}: {len(source.keys):,} parcels{', cracks in the source closed' if source.cracked else ''}\n")
    print(header())
    print("\n".join(markdown(by_zoom)))
    print("\n".join(f"- {line}" for line in fault_lines(by_zoom)))


if __name__ == "__main__":
    main()
