"""Makes coverages with a known difficulty, invented, as FlatGeobuf in WGS 84: difficult.py two-surveys|enclaves OUT.fgb

- two-surveys: 20,000 parcels in two halves, exact within each. The halves' common border was surveyed twice: both have its
  bends and their own corners on it (T-junctions of the other), each up to 2.5 mm beside the true line, so that the two
  borders are up to 5 mm apart, with gaps and overlaps.
- enclaves: about 12,000 parcels, exact, between roads of 1.5 to 12 m and beside a river with islands; parcels with ponds cut
  out, parcels around other parcels, and parcels of two parts on both sides of a road.
"""

import math
import pathlib
import sys

import numpy as np
import pyogrio.raw
import shapely

ORIGIN_DEG = (106.40, 20.85)
RADIUS_M = 6378137.0
LAND_USES = np.array(["LUC", "ONT", "CLN", "NTS", "ODT", "RSX"], dtype=object)
SURVEY_ERROR_M = 0.0025
SMALLEST_M2 = 10.0


def two_surveys(random):
    """West 100 columns by 100 rows, east 80 by 125, over the same 2,000 m of border with a bend every 31.25 m."""
    bends_y = np.linspace(0, 2000, 65)
    border = np.stack([40 * np.sin(bends_y / 170) + random.uniform(-4, 4, 65), bends_y], axis=1)
    west = survey_half(random, border, columns=100, rows=100, side=-1)
    east = survey_half(random, border, columns=80, rows=125, side=1)
    return np.array(west + east), np.repeat(["99001", "99002"], 10_000)


def survey_half(random, border, columns, rows, side):
    """A grid of lots whose innermost column ends on this survey's own measurement of the border."""
    width, height = 25.0, 2000.0 / rows
    levels = np.linspace(0, 2000, rows + 1)
    corners = np.stack(np.meshgrid(side * width * np.arange(columns + 1.0), levels, indexing="ij"), axis=2)
    corners += random.uniform(-0.15, 0.15, corners.shape) * [width, height]
    corners[:, :, 0] += np.interp(levels, border[:, 1], border[:, 0])
    ys = np.union1d(levels, border[:, 1])
    line = np.stack([np.interp(ys, border[:, 1], border[:, 0]), ys], axis=1)
    angle, distance = random.uniform(0, 2 * math.pi, len(ys)), random.uniform(0, SURVEY_ERROR_M, len(ys))
    line += np.stack([np.cos(angle), np.sin(angle)], axis=1) * distance[:, None]
    corners[0] = line[np.searchsorted(ys, levels)]
    lots = []
    for column in range(columns):
        for row in range(rows):
            inner = corners[column, row : row + 2]
            if column == 0:
                inner = line[(ys >= levels[row]) & (ys <= levels[row + 1])]
            lots.append(shapely.Polygon([*inner, corners[column + 1, row + 1], corners[column + 1, row]]))
    return lots


def enclaves(random):
    """Faces of one noded drawing on a grid of 1 mm: lots, and what is cut out of them."""
    roads, river = road_lines(), shapely.LineString(wave(900, 90, 500, along=1)).buffer(60)
    islands = shapely.union_all([shapely.Point(point).buffer(random.uniform(8, 30), quad_segs=4)
                                 for point in wave(900, 90, 500, along=1)[8:-8:12]])
    river = river.difference(islands)
    centres = np.stack([random.uniform(50, 2450, 600), random.uniform(50, 2450, 600)], axis=1)
    circles = shapely.buffer(shapely.points(centres), random.uniform(2.5, 6.5, 600), quad_segs=3)
    circles = apart(circles, shapely.union_all([roads, river, islands]))
    drawing = [*lot_lines(random), roads.boundary, river.boundary, islands.boundary]
    circle_lines = shapely.boundary(circles)
    # A circle swallows the lot lines within, so that it stands in one lot or between several.
    within = shapely.union_all(circles)
    noded = shapely.union_all([shapely.difference(shapely.union_all(drawing), within), *circle_lines], grid_size=0.001)
    faces = shapely.get_parts(shapely.polygonize([noded]))
    points = shapely.point_on_surface(faces)
    ponds = shapely.union_all(circles[::2])
    outside = shapely.union_all([roads, river, ponds]).buffer(-0.002)
    shapely.prepare(outside)
    land = ~shapely.contains(outside, points) & (shapely.area(faces) >= SMALLEST_M2)
    faces = pair_across_roads(faces[land], roads)
    return faces, np.full(len(faces), "99001")


def wave(middle, swing, length, along):
    """A wavy line through the square of 2,500 m; along 0 goes east, along 1 goes north."""
    run = np.linspace(-20, 2520, 128)
    across = middle + swing * np.sin(run / length * 2 * math.pi)
    return np.stack([run, across] if along == 0 else [across, run], axis=1)


def road_lines():
    widths = [12, 6, 3, 1.5]
    lines = [(wave(250 + 400 * k, 25, 900 - 60 * k, along), widths[k % 4]) for k in range(6) for along in (0, 1)]
    return shapely.union_all([shapely.LineString(line).buffer(width / 2, cap_style="flat") for line, width in lines])


def lot_lines(random):
    lines = [wave(k * 22.0 + random.uniform(-3, 3), 4, 300 + 3 * k, along=0) for k in range(114)]
    lines += [wave(k * 22.0 + random.uniform(-3, 3), 4, 280 + 3 * k, along=1) for k in range(114)]
    frame = shapely.box(0, 0, 2500, 2500)
    return [frame.boundary, *shapely.intersection([shapely.LineString(line) for line in lines], frame)]


def apart(circles, taken):
    """Those circles that touch neither each other nor what is taken."""
    tree = shapely.STRtree(circles)
    left, right = tree.query(circles, predicate="dwithin", distance=2.0)
    crowded = np.unique(np.maximum(left, right)[left != right])
    free = ~shapely.dwithin(circles, taken, 2.0)
    free[crowded] = False
    return circles[free]


def pair_across_roads(faces, roads):
    """Every fortieth lot beside a road takes the lot across the road for its second part."""
    tree = shapely.STRtree(faces)
    shapes, gone = list(faces), set()
    for at in np.flatnonzero(shapely.dwithin(faces, roads, 0.002))[::40]:
        across = [int(i) for i in tree.query(faces[at], predicate="dwithin", distance=13.0)
                  if i != at and i not in gone and shapely.distance(faces[at], faces[i]) > 1.0]
        if at in gone or not across:
            continue
        shapes[at] = shapely.MultiPolygon([faces[at], faces[across[0]]])
        gone.update((int(at), across[0]))
        shapes[across[0]] = None
    return np.array([shape for shape in shapes if shape is not None], dtype=object)


def degrees(metres):
    """A plane laid on the sphere at the origin; near enough to true metres for invented land."""
    east, north = np.degrees(metres[:, 0] / RADIUS_M), np.degrees(metres[:, 1] / RADIUS_M)
    return np.stack([ORIGIN_DEG[0] + east / math.cos(math.radians(ORIGIN_DEG[1])), ORIGIN_DEG[1] + north], axis=1)


def write(path, shapes, communes, random):
    count = len(shapes)
    centres = shapely.get_coordinates(shapely.centroid(shapes)) // 120
    uses = LAND_USES[(centres @ [7, 3]).astype(int) % len(LAND_USES)]
    scattered = random.random(count) < 0.2
    uses[scattered] = random.choice(LAND_USES, scattered.sum())
    columns = {
        "maXa": communes.astype(object),
        "soHieuToBanDo": (np.arange(count) // 200 + 1).astype("int32"),
        "soThuTuThua": (np.arange(count) % 200 + 1).astype("int32"),
        "maDinhDanhThuaDat": np.array([f"w7{number:010}" for number in range(1, count + 1)], dtype=object),
        "dienTich": np.round(shapely.area(shapes), 1),
        "kyHieuMucDichSuDung": uses,
    }
    placed = shapely.transform(shapes, degrees)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    pyogrio.raw.write(
        path, shapely.to_wkb(placed), list(columns.values()), list(columns), driver="FlatGeobuf", layer="thua_dat",
        geometry_type="MultiPolygon", promote_to_multi=True, crs="EPSG:4326",
    )


def main():
    make = {"two-surveys": two_surveys, "enclaves": enclaves}[sys.argv[1]]
    random = np.random.default_rng(99)
    shapes, communes = make(random)
    write(pathlib.Path(sys.argv[2]), shapes, communes, random)
    print(f"{len(shapes)} parcels", file=sys.stderr)


if __name__ == "__main__":
    main()
