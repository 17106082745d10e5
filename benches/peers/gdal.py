"""GDAL's PMTiles writer, by pyogrio: gdal.py IN.fgb OUT.pmtiles MINZOOM MAXZOOM"""

import sys

from pyogrio.raw import read, write

source, archive, low, high = sys.argv[1:]
meta, _, geometries, columns = read(source)
write(
    archive, geometries, columns, meta["fields"], driver="PMTiles", layer="thua_dat", crs=meta["crs"],
    geometry_type=meta["geometry_type"],
    # No tile may be thinned: neither by its features nor by its bytes.
    dataset_options={"MINZOOM": low, "MAXZOOM": high, "MAX_SIZE": "2000000000", "MAX_FEATURES": "2000000000"},
)
