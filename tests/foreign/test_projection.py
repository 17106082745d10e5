"""VN-2000 as PROJ projects it: a grid of points in every zone of 3°."""

import math
import pathlib
import subprocess
import unittest

import pyproj
from pyproj.transformer import Transformer

ROOT = pathlib.Path(__file__).parents[2]
PROGRAM = ROOT / "target" / "release" / "examples" / "project_points"
ZONES = [9205, 9206, 9207, 9208, 5897, 9209, 9210, 9211, 9212, 9213, 9214, 9215, 9216, 5899, 5898, 9217, 9218]
# EPSG operation 6960, coordinate frame: x, y, z in metres, rotations in seconds of arc, scale in ppm.
HELMERT = (
    "+proj=helmert +convention=coordinate_frame +x=-191.90441429 +y=-39.30318279 +z=-111.45032835 "
    "+rx=-0.00928836 +ry=0.01975479 +rz=-0.00427372 +s=0.252906278"
)
MERIDIAN_M = 111_320.0


def grid(per_side=25):
    """Up to 2.5° to either side of the meridian, 8° to 24° north: 625 points a zone, 10,625 in all."""
    for zone in ZONES:
        for i in range(per_side):
            for k in range(per_side):
                easting = 240_000.5 + 520_000.0 * i / (per_side - 1)
                northing = 885_000.25 + 1_770_000.0 * k / (per_side - 1)
                yield zone, round(easting, 3), round(northing, 3)


def by_proj(points):
    found = []
    pipelines = {}
    for zone, easting, northing in points:
        if zone not in pipelines:
            parameters = pyproj.CRS.from_epsg(zone).coordinate_operation.params
            meridian = next(p.value for p in parameters if p.name == "Longitude of natural origin")
            pipelines[zone] = Transformer.from_pipeline(
                f"+proj=pipeline +step +inv +proj=tmerc +lat_0=0 +lon_0={meridian} +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 "
                f"+step +proj=cart +ellps=WGS84 +step {HELMERT} +step +inv +proj=cart +ellps=WGS84 "
                "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
            )
        found.append(pipelines[zone].transform(easting, northing, 0.0)[:2])
    return found


class ProjAgrees(unittest.TestCase):
    def test_ten_thousand_points_in_seventeen_zones_lie_within_a_millimetre_of_proj(self):
        points = list(grid())
        self.assertGreater(len(points), 10_000)
        orders = "".join(f"{zone} {easting} {northing}\n" for zone, easting, northing in points)
        answers = subprocess.run([PROGRAM], input=orders, capture_output=True, text=True, check=True).stdout.split("\n")
        worst = 0.0
        for point, (lon, lat), answer in zip(points, by_proj(points), answers):
            mine_lon, mine_lat = map(float, answer.split())
            east = (mine_lon - lon) * MERIDIAN_M * math.cos(math.radians(lat))
            worst = max(worst, math.hypot(east, (mine_lat - lat) * MERIDIAN_M))
            self.assertLess(worst, 0.001, point)
        print(f"\n{len(points)} points in {len(ZONES)} zones: at most {worst * 1e6:.3f} µm from PROJ")


if __name__ == "__main__":
    unittest.main()
