"""One edit to a FlatGeobuf of parcels: a corner in the middle of the layer that many share moves, for all who share it.

edit.py IN.fgb OUT.fgb [CENTIMETRES]
"""

import sys

import numpy as np
import pyogrio
import shapely


def main(source, target, centimetres=25):
    meta, _, geometry, fields = pyogrio.raw.read(source)
    parcels = shapely.from_wkb(geometry)
    middle = parcels[len(parcels) // 2]
    beside = parcels[shapely.intersects(parcels, shapely.box(*middle.bounds))]
    corners, shared_by = np.unique(shapely.get_coordinates(beside), axis=0, return_counts=True)
    corner = corners[np.argmax(shared_by)]
    near = np.flatnonzero(shapely.dwithin(parcels, shapely.Point(corner), 1e-9))
    step = np.array([1.0, 0.7]) * float(centimetres) / 100 / 111_320
    moved = lambda xy: np.where(np.all(xy == corner, axis=1)[:, None], xy + step, xy)
    parcels[near] = shapely.transform(parcels[near], moved)
    assert shapely.is_valid(parcels[near]).all(), "the corner moved across a border: move it less"
    pyogrio.raw.write(
        target, shapely.to_wkb(parcels), fields, meta["fields"],
        geometry_type=meta["geometry_type"], crs=meta["crs"], driver="FlatGeobuf", SPATIAL_INDEX="NO", layer="thua_dat",
    )
    print(f"{len(near)} of {len(parcels)} parcels have the corner {corner.tolist()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
