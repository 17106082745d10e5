"""freestiler's file engine, no feature dropped: freestiler.py IN.parquet OUT.pmtiles MINZOOM MAXZOOM"""

import sys

sys.path.pop(0)  # this file's own folder, which has a module of the same name
from freestiler import freestile_file

source, archive, low, high = sys.argv[1:]
freestile_file(
    source, archive, layer_name="thua_dat", tile_format="mvt", min_zoom=int(low), max_zoom=int(high),
    base_zoom=int(low), engine="geoparquet", quiet=True,
)
