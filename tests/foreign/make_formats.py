"""Writes tests/data/formats: the same invented commune of six parcels in every vector format, by GDAL.

    python tests/foreign/make_formats.py

The files are committed; tests/formats.rs holds every reader to the GeoPackage among them.
"""

from pathlib import Path

import numpy as np
import pyogrio
import shapely
from pyogrio.raw import write

FOLDER = Path(__file__).parent.parent / "data" / "formats"

E, N = 585_000.0, 2_300_000.0


def box(x, y, size=10.0):
    return [(E + x, N + y), (E + x + size, N + y), (E + x + size, N + y + size), (E + x, N + y + size)]


SHAPES = [
    shapely.Polygon(box(0, 0)),
    shapely.Polygon(box(20, 0, 15), [box(24, 4, 4)]),
    shapely.MultiPolygon([shapely.Polygon(box(40, 0)), shapely.Polygon(box(55, 0, 12), [box(58, 3, 2), box(62, 6, 3)])]),
    shapely.Polygon([(E + 0.125, N + 20.001), (E + 12.3456, N + 20.7), (E + 6.5, N + 33.3333)]),
    shapely.Polygon(box(20, 20)),
    shapely.Polygon(box(40, 20)),
]

# Every tone on every vowel, small and large.
TONES = "àảãáạ ằẳẵắặ ầẩẫấậ èẻẽéẹ ềểễếệ ìỉĩíị òỏõóọ ồổỗốộ ờởỡớợ ùủũúụ ừửữứự ỳỷỹýỵ đ"

FIELDS = {
    "maXa": np.array(["10507"] * 6, dtype=object),
    "soTo": np.array([1, 1, 1, 2, 2, 2], dtype="int32"),
    "dienTich": np.array([100.0, 209.0, 231.0, 80.75, 100.5, 100.0]),
    "diaChi": np.array(
        ["Thôn Đông", TONES, TONES.upper(), "Đường Lý Thường Kiệt", "Xã \"Mẫu\", khu 5", None], dtype=object
    ),
    "capNhat": np.array(["2026-01-05", "2025-12-31", "NaT", "2024-02-29", "2026-01-05", "2026-01-05"], "datetime64[D]"),
}


def save(name, driver, shapes=SHAPES, encoding=None, crs="EPSG:9210", **options):
    write(
        FOLDER / name,
        geometry=shapely.to_wkb(np.array(shapes)),
        field_data=list(FIELDS.values()),
        fields=list(FIELDS),
        crs=crs,
        geometry_type="MultiPolygon" if driver in ("GPKG", "FlatGeobuf") else "Unknown",
        promote_to_multi=driver in ("GPKG", "FlatGeobuf"),
        driver=driver,
        encoding=encoding,
        **options,
    )


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    save("xa.gpkg", "GPKG", layer="thua", SPATIAL_INDEX="NO")
    save("xa.fgb", "FlatGeobuf", SPATIAL_INDEX="NO")
    save("xa-muc-luc.fgb", "FlatGeobuf", SPATIAL_INDEX="YES")
    save("xa.geojson", "GeoJSON", COORDINATE_PRECISION="15")
    save("xa.geojsonl", "GeoJSONSeq", crs=None, COORDINATE_PRECISION="15")
    save("xa.geojsons", "GeoJSONSeq", crs=None, COORDINATE_PRECISION="15", RS="YES")
    save("xa.shp", "ESRI Shapefile", encoding="UTF-8")
    save("xa-z.shp", "ESRI Shapefile", shapes=[shapely.force_3d(shape, 7.5) for shape in SHAPES], encoding="UTF-8")
    for name in sorted(path.name for path in FOLDER.iterdir()):
        print(name, (FOLDER / name).stat().st_size)
    print(pyogrio.read_info(FOLDER / "xa.shp"))


if __name__ == "__main__":
    main()
