"""Layer definitions for QGIS and the project of a package held against what they name: every source opens, every field,
colour and code is there."""

import csv
import json
import pathlib
import re
import signal
import subprocess
import tempfile
import unittest
import urllib.parse
import urllib.request
import zipfile
from xml.etree import ElementTree

import pyogrio
import pyproj

ROOT = pathlib.Path(__file__).parents[2]
DEFINITIONS = sorted((ROOT / "dist/current/site/du-lieu/qgis").glob("*.qlr"))
REPORT = json.loads((ROOT / "dist/current/report.json").read_text())
PUBLIC_URL = re.search(r"^Sitemap: (https?://[^/]+)", (ROOT / "dist/current/site/robots.txt").read_text(), re.M)[1]
# The list that the circular prints, as the program carries it.
OFFICIAL = {row["code"]: row["colour"] or "#FFFFFF" for row in csv.DictReader(open(ROOT / "src/model/land_use_codes.csv", encoding="utf-8"))}


def colour(symbol):
    """The fill of a symbol as QGIS writes it, `red,green,blue,alpha`, as the list does."""
    red, green, blue, alpha = symbol.find(".//Option[@name='color']").get("value").split(",")
    assert alpha == "255"
    return f"#{int(red):02X}{int(green):02X}{int(blue):02X}"


class Qgis(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = subprocess.Popen(
            [ROOT / "target/release/congbo", "serve", "-l", "127.0.0.1:0", "--public-url", PUBLIC_URL],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        cls.origin = re.search(r"http://[\d.:]+\d", cls.server.stdout.readline())[0]
        cls.layers = {file.stem: ElementTree.parse(file).find(".//maplayer") for file in DEFINITIONS}
        pyogrio.set_gdal_config_options({"GDAL_HTTP_MAX_RETRY": "0", "CPL_VSIL_CURL_USE_HEAD": "YES"})

    @classmethod
    def tearDownClass(cls):
        cls.server.send_signal(signal.SIGTERM)
        cls.server.wait(20)
        cls.server.stdout.close()

    def here(self, url):
        self.assertIn(PUBLIC_URL, url)
        return url.replace(PUBLIC_URL, self.origin)

    def files(self):
        """Layers of open files: name, definition, and where GDAL reads the file."""
        found = [(name, layer) for name, layer in self.layers.items() if layer.findtext("provider") == "ogr"]
        self.assertGreaterEqual(len(found), 2)
        for name, layer in found:
            with self.subTest(layer=name):
                yield layer, self.here(layer.findtext("datasource"))

    def test_gdal_opens_every_file_and_its_kind_of_shape_is_the_one_named(self):
        for layer, source in self.files():
            info = pyogrio.read_info(source)
            self.assertGreater(info["features"], 0)
            self.assertTrue(info["geometry_type"].endswith(layer.get("geometry")), info["geometry_type"])
            self.assertEqual(info["crs"], layer.findtext("srs/spatialrefsys/authid"))

    def test_every_field_of_the_file_has_a_vietnamese_name_at_its_place(self):
        for layer, source in self.files():
            aliases = [(alias.get("field"), int(alias.get("index"))) for alias in layer.iter("alias")]
            self.assertEqual(aliases, [(field, at) for at, field in enumerate(pyogrio.read_info(source)["fields"])])
            self.assertTrue(all(alias.get("name") for alias in layer.iter("alias")))

    def test_zones_are_drawn_in_the_official_colours_and_no_code_of_the_data_is_left_out(self):
        drawn = 0
        for layer, source in self.files():
            renderer = layer.find("renderer-v2")
            if renderer.get("type") != "categorizedSymbol":
                continue
            field = re.fullmatch(r"substr\((\w+),1,3\)", renderer.get("attr"))[1]
            self.assertIn(field, pyogrio.read_info(source)["fields"])
            symbols = {symbol.get("name"): colour(symbol) for symbol in renderer.iter("symbol")}
            categories = {c.get("value"): symbols[c.get("symbol")] for c in renderer.iter("category")}
            self.assertEqual(categories, {code: OFFICIAL[code] for code in categories})
            self.assertLessEqual(codes_of(source, field), set(categories))
            drawn += 1
        self.assertGreater(drawn, 0)

    def test_the_layer_of_tiles_names_zooms_a_layer_and_a_field_that_are_there(self):
        layer = self.layers["thua-dat"]
        source = dict(urllib.parse.parse_qsl(layer.findtext("datasource")))
        tile_set = next(s for s in REPORT["tile_sets"] if s["id"] == "thua-dat")
        self.assertEqual((int(source["zmin"]), int(source["zmax"])), (tile_set["minzoom"], tile_set["maxzoom"]))
        tile = next(t for t in tile_set["largest_tiles"] if t["z"] == tile_set["maxzoom"])
        address = self.here(source["url"]).format(**tile)
        with urllib.request.urlopen(address) as answer:
            self.assertEqual(answer.status, 200)
        styles = layer.findall("renderer/styles/style")
        self.assertIn("thua_dat_nhan", {style.get("layer") for style in layer.findall("labeling/styles/style")})
        fields = pyogrio.read_info(f"MVT:/vsicurl_streaming/{address}", layer="thua_dat")["fields"]
        for style in styles:
            self.assertEqual(style.get("layer"), "thua_dat")
            said = re.fullmatch(r"substr\(\"(\w+)\",1,3\) = '(\w{3})'", style.get("expression"))
            if said:
                self.assertIn(said[1], fields)
                self.assertEqual(colour(style.find("symbols/symbol")), OFFICIAL[said[2]])
        codes = codes_of(f"MVT:/vsicurl_streaming/{address}", "kyHieuMucDichSuDung", layer="thua_dat")
        self.assertLessEqual(codes, {style.get("name") for style in styles})


class Project(unittest.TestCase):
    """The project in a package: what it names lies beside it, and holds the area and nothing else."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        package = pathlib.Path(cls.folder.name, "99001.zip")
        subprocess.run(
            [ROOT / "target/release/congbo", "package", "build", "--commune", "99001", "--qgis", "--out", package, "--key", "keys/publisher.key"],
            cwd=ROOT, check=True, capture_output=True,
        )
        with zipfile.ZipFile(package) as file:
            file.extractall(cls.folder.name)
        cls.here = pathlib.Path(cls.folder.name, "qgis")
        cls.project = ElementTree.parse(cls.here / "ban-do.qgs").getroot()
        cls.layers = {layer.findtext("id"): layer for layer in cls.project.findall("projectlayers/maplayer")}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def source(self, layer):
        return self.here / layer.findtext("datasource").removeprefix("type=mbtiles&url=").removeprefix("./")

    def test_every_layer_of_the_tree_is_defined_and_its_file_is_the_one_beside_the_project(self):
        tree = [layer.get("id") for layer in self.project.findall("layer-tree-group/layer-tree-layer")]
        self.assertEqual(tree, list(self.layers))
        files = {self.source(layer).name for layer in self.layers.values()}
        self.assertEqual(files | {"ban-do.qgs"}, {path.name for path in self.here.iterdir()})
        self.assertFalse([name for name in files if name.startswith("99002")])
        self.assertNotIn("127.0.0.1", "".join(layer.findtext("datasource") for layer in self.layers.values()))

    def test_the_open_files_are_those_of_the_edition_to_the_last_byte(self):
        published = {path.name: path.read_bytes() for path in (ROOT / "dist/current/open").glob("*/*.fgb")}
        carried = {path.name: path.read_bytes() for path in self.here.glob("*.fgb")}
        self.assertGreaterEqual(len(carried), 3)
        self.assertEqual(carried, {name: published[name] for name in carried})

    def test_the_project_and_each_layer_say_their_coordinate_system_by_code_and_by_definition(self):
        for srs in self.project.iter("spatialrefsys"):
            definition = pyproj.CRS(srs.findtext("proj4"))
            code = pyproj.CRS(srs.findtext("authid"))
            there = pyproj.Transformer.from_crs("EPSG:4326", definition, always_xy=True).transform(106.4, 20.85)
            by_code = pyproj.Transformer.from_crs("EPSG:4326", code, always_xy=True).transform(106.4, 20.85)
            self.assertLess(max(abs(a - b) for a, b in zip(there, by_code)), 0.001)
        self.assertTrue(pyproj.CRS(self.project.findtext("projectCrs/spatialrefsys/authid")).name.startswith("VN-2000"))

    def test_gdal_finds_every_parcel_of_the_commune_in_the_tiles_with_the_code_by_which_it_is_coloured(self):
        tiles = self.source(self.layers["congbo_lop_thua-dat"])
        _, _, _, (communes, sheets, numbers, codes) = pyogrio.raw.read(
            tiles, layer="thua_dat", columns=["maXa", "soHieuToBanDo", "soThuTuThua", "kyHieuMucDichSuDung"], read_geometry=False,
        )
        found = {(sheet, number) for commune, sheet, number in zip(communes, sheets, numbers) if commune == "99001"}
        parcels = list((ROOT / "dist/current/extracts/thua_dat").glob("99001-*.fgb"))
        _, _, _, (sheets, numbers) = pyogrio.raw.read(parcels[0], columns=["soHieuToBanDo", "soThuTuThua"], read_geometry=False)
        self.assertEqual(found, set(zip(sheets, numbers)))
        styles = {style.get("name") for style in self.layers["congbo_lop_thua-dat"].iter("style")}
        self.assertLessEqual({code[:3] for code in codes}, styles)


def codes_of(source, field, **more):
    """The first three letters of every value of a field, which is what a layer is coloured by."""
    _, _, _, (values,) = pyogrio.raw.read(source, columns=[field], read_geometry=False, **more)
    return {value[:3] for value in values}


if __name__ == "__main__":
    unittest.main()
