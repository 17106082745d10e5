"""Layer definitions for QGIS held against what they name: every source opens, every field, colour and code is there."""

import csv
import json
import pathlib
import re
import signal
import subprocess
import unittest
import urllib.parse
import urllib.request
from xml.etree import ElementTree

import pyogrio

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
        fields = pyogrio.read_info(f"MVT:/vsicurl_streaming/{address}", layer="thua_dat")["fields"]
        for style in styles:
            self.assertEqual(style.get("layer"), "thua_dat")
            said = re.fullmatch(r"substr\(\"(\w+)\",1,3\) = '(\w{3})'", style.get("expression"))
            if said:
                self.assertIn(said[1], fields)
                self.assertEqual(colour(style.find("symbols/symbol")), OFFICIAL[said[2]])
        codes = codes_of(f"MVT:/vsicurl_streaming/{address}", "kyHieuMucDichSuDung", layer="thua_dat")
        self.assertLessEqual(codes, {style.get("name") for style in styles})


def codes_of(source, field, **more):
    """The first three letters of every value of a field, which is what a layer is coloured by."""
    _, _, _, (values,) = pyogrio.raw.read(source, columns=[field], read_geometry=False, **more)
    return {value[:3] for value in values}


if __name__ == "__main__":
    unittest.main()
