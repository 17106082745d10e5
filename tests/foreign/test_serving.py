"""A running server, read by GDAL over HTTP: archives and FlatGeobuf by range, tiles by their address."""

import json
import pathlib
import re
import signal
import subprocess
import unittest
import urllib.request

import pyogrio

ROOT = pathlib.Path(__file__).parents[2]
REPORT = json.loads((ROOT / "dist/current/report.json").read_text())


class Serving(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = subprocess.Popen(
            [ROOT / "target/release/congbo", "serve", "-l", "127.0.0.1:0", "--public-url", "http://127.0.0.1:8080"],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        cls.origin = re.search(r"http://[\d.:]+\d", cls.server.stdout.readline())[0]
        cls.catalog = json.loads(urllib.request.urlopen(f"{cls.origin}/catalog").read())
        pyogrio.set_gdal_config_options({"GDAL_HTTP_MAX_RETRY": "0", "CPL_VSIL_CURL_USE_HEAD": "YES"})

    @classmethod
    def tearDownClass(cls):
        cls.server.send_signal(signal.SIGTERM)
        cls.server.wait(20)
        cls.server.stdout.close()

    def test_gdal_reads_every_archive_by_range(self):
        for archive in self.catalog["archives"]:
            layers = {name for name, _ in pyogrio.list_layers(f"/vsicurl/{self.origin}{archive['url']}")}
            tile_set = next(s for s in REPORT["tile_sets"] if archive["url"].startswith(f"/archives/{s['id']}-"))
            self.assertEqual(layers, {zoom["layer"] for zoom in tile_set["zooms"]})

    def test_gdal_reads_every_open_flatgeobuf_by_range_as_it_lies_on_disk(self):
        files = [entry["url"] for entry in self.catalog["open"] if entry["url"].endswith(".fgb")]
        self.assertTrue(files)
        for url in files:
            served = pyogrio.read_info(f"/vsicurl/{self.origin}{url}")
            on_disk = pyogrio.read_info(ROOT / "dist/current" / url.lstrip("/"))
            self.assertEqual((served["features"], list(served["fields"])), (on_disk["features"], list(on_disk["fields"])), url)

    def test_gdal_reads_tiles_by_their_address(self):
        tile_set = next(s for s in REPORT["tile_sets"] if s["id"] == "thua-dat")
        for tile in tile_set["largest_tiles"][:3]:
            address = f"{self.origin}/tiles/thua-dat/{tile['z']}/{tile['x']}/{tile['y']}.mvt"
            layers = [name for name, _ in pyogrio.list_layers(f"MVT:/vsicurl_streaming/{address}")]
            self.assertTrue(layers, address)
            for layer in layers:
                found = pyogrio.read_info(f"MVT:/vsicurl_streaming/{address}", layer=layer, force_feature_count=True)
                self.assertGreater(found["features"], 0, address)


if __name__ == "__main__":
    unittest.main()
