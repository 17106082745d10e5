"""tylertoo, tiles of any size: tylertoo.py IN.parquet OUT.pmtiles MINZOOM MAXZOOM [--drop-nothing]"""

import sys

sys.path.pop(0)  # this file's own folder, which has a module of the same name
import tylertoo

source, archive, low, high, *rest = sys.argv[1:]
# By default it thins polygons by size, by place and by a budget for each level.
whole = {"polygon_visibility": 0.0, "polygon_thinning": 0.0, "density_drop": False} if "--drop-nothing" in rest else {}
overview = archive.removesuffix(".pmtiles") + ".overview.parquet"
tylertoo.overview(source, overview, min_zoom=int(low), max_zoom=int(high), **whole)
tylertoo.export_pmtiles(overview, archive, layer_name="thua_dat", tile_size_limit=None)
