"""A GeoPackage that GDAL wrote, in the columns of somebody else's system."""

import hashlib
import pathlib
import subprocess
import tempfile
import textwrap
import unittest

import numpy
import pyogrio
import shapely

ROOT = pathlib.Path(__file__).parents[2]
CONGBO = ROOT / "target" / "release" / "congbo"
PUBLIC = {"maXa": "XAID", "soHieuToBanDo": "SHBANDO", "soThuTuThua": "SHTHUA", "dienTich": "DIENTICH", "kyHieuMucDichSuDung": "MDSD2003"}
PRIVATE = ["CHUSUDUNG", "SOCMND", "GHICHU_NOIBO"]


def parcels(count=40):
    """Squares of 20 m about 106.4° E, 20.85° N in EPSG:9210, some with a hole, in GDAL's own writing."""
    east, north = 567_600 + 20.0 * (numpy.arange(count) % 8), 2_306_200 + 20.0 * (numpy.arange(count) // 8)
    shapes = shapely.box(east, north, east + 20, north + 20)
    shapes[3] = shapely.difference(shapes[3], shapely.box(east[3] + 5, north[3] + 5, east[3] + 9, north[3] + 9))
    columns = {
        "XAID": numpy.full(count, "99001", dtype=object),
        "SHBANDO": numpy.full(count, 7, dtype="int32"),
        "SHTHUA": numpy.arange(1, count + 1, dtype="int64"),
        "DIENTICH": shapely.area(shapes),
        "MDSD2003": numpy.full(count, "ONT+CLN", dtype=object),
        "CHUSUDUNG": numpy.array([f"CHỦ SỬ DỤNG {i:04}" for i in range(count)], dtype=object),
        "SOCMND": numpy.array([f"001099{i:06}" for i in range(count)], dtype=object),
        "GHICHU_NOIBO": numpy.full(count, "nội bộ", dtype=object),
    }
    return shapes, columns


class SomebodyElsesColumns(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.site = pathlib.Path(self.folder.name)
        (self.site / "congbo.toml").write_text((ROOT / "congbo.toml").read_text())
        self.congbo("key", "new", str(self.site / "keys/approver"))
        self.dataset = self.site / "content/data/xa-la"
        self.dataset.mkdir(parents=True)
        shapes, columns = parcels()
        pyogrio.raw.write(
            self.dataset / "la.gpkg", shapely.to_wkb(shapes), list(columns.values()), list(columns),
            layer="LOPTHUA", geometry_type="Polygon", crs="EPSG:9210", driver="GPKG",
        )

    def tearDown(self):
        self.folder.cleanup()

    def congbo(self, *arguments):
        return subprocess.run([CONGBO, "-C", self.site, *arguments], capture_output=True, text=True)

    def describe(self, withheld):
        digest = hashlib.sha256((self.dataset / "la.gpkg").read_bytes()).hexdigest()
        fields = "\n".join(f'{field} = "{column}"' for field, column in PUBLIC.items())
        (self.dataset / "dataset.toml").write_text(textwrap.dedent("""\
            kind = "dia_chinh"
            title = {{ vi = "Thửa đất của hệ thống khác" }}
            communes = ["99001"]
            crs = "EPSG:9210"

            [[source]]
            file = "la.gpkg"
            layer = "LOPTHUA"
            sha256 = "{digest}"

            [fields]
            {fields}

            [withhold]
            columns = {withheld}

            [decision]
            number = "00/2026/QĐ-UBND"
            date = 2026-01-05
            authority = "UBND tỉnh Minh Họa"
            effective_from = 2026-01-15
            acceptance = "BB-NT 01/2026"
            """).format(digest=digest, fields=fields, withheld=withheld))

    def approve(self):
        return self.congbo("approve", "content/data/xa-la", "--key", str(self.site / "keys/approver.key"))

    def test_is_refused_with_every_unlisted_column_named(self):
        self.describe([])
        refused = self.approve()
        self.assertEqual(refused.returncode, 4, refused.stderr)
        for column in PRIVATE:
            self.assertIn(f"the column '{column}' is neither public nor withheld", refused.stderr)
        self.assertFalse((self.site / "snapshots/xa-la").exists())

    def test_is_accepted_once_every_column_is_mapped_or_withheld(self):
        self.describe(PRIVATE)
        accepted = self.approve()
        self.assertEqual(accepted.returncode, 0, accepted.stderr)
        self.assertIn("40 rows, 3 columns withheld", accepted.stdout)
        for written in (self.site / "snapshots/xa-la").rglob("*"):
            if written.is_file():
                self.assertNotIn("CHỦ SỬ DỤNG".encode(), written.read_bytes(), written)


if __name__ == "__main__":
    unittest.main()
