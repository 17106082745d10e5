"""Proofs of single tiles and price rows, checked by examples/check_proof.py, which congbo had no part in; and the
signature of the edition, checked by Debian's minisign."""

import gzip
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from pmtiles.reader import MmapSource, all_tiles

ROOT = pathlib.Path(__file__).parents[2]
EDITION = ROOT / "dist" / "current"
KEY = ROOT / "keys" / "publisher.pub"
MANIFEST = json.loads((EDITION / "manifest.json").read_text())
CONGBO = ROOT / "target" / "release" / "congbo"


def congbo(*arguments):
    return subprocess.run([CONGBO, *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def checked(proof, *files):
    """What the script says, and whether it is content."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "proof.json"
        path.write_text(proof)
        script = ROOT / "examples" / "check_proof.py"
        ended = subprocess.run([sys.executable, script, path, KEY, *files], capture_output=True, text=True)
    return ended.stdout + ended.stderr, ended.returncode == 0


class Proofs(unittest.TestCase):
    def test_tiles_of_every_archive_are_proved_packed_and_plain(self):
        for path in [file["path"] for file in MANIFEST["files"] if file["path"].endswith(".pmtiles")]:
            with open(EDITION / path, "rb") as archive:
                tiles = list(all_tiles(MmapSource(archive)))
            for (z, x, y), data in (tiles[0], tiles[len(tiles) // 2], tiles[-1]):
                proof = congbo("prove", path, "--tile", f"{z}/{x}/{y}")
                with tempfile.NamedTemporaryFile() as tile:
                    tile.write(data)
                    tile.flush()
                    said, held = checked(proof, tile.name)
                    self.assertTrue(held, said)
                    self.assertIn(MANIFEST["edition"], said)
                with tempfile.NamedTemporaryFile() as tile:
                    plain = gzip.decompress(data)
                    tile.write(plain)
                    tile.flush()
                    self.assertTrue(checked(proof, tile.name)[1])
                    tile.write(b"\0")
                    tile.flush()
                    self.assertFalse(checked(proof, tile.name)[1])

    def test_price_rows_are_proved_and_a_changed_figure_is_not(self):
        tables = [f["path"] for f in MANIFEST["files"] if re.search(r"bang-gia-dat/.*99001.*\.csv$", f["path"])]
        self.assertTrue(tables)
        for path in tables:
            for row in ("1", "5"):
                proof = congbo("prove", path, "--row", row)
                said, held = checked(proof)
                self.assertTrue(held, said)
                changed = json.loads(proof)
                changed["part"]["text"] = re.sub(r"\d(?=000,)", "9", changed["part"]["text"], count=1)
                self.assertNotEqual(changed, json.loads(proof))
                self.assertFalse(checked(json.dumps(changed))[1])

    def test_a_proof_with_any_field_changed_is_refused(self):
        proof = json.loads(congbo("prove", "site/index.html"))
        page = EDITION / "site" / "index.html"
        self.assertTrue(checked(json.dumps(proof), page)[1])
        other = json.loads(json.dumps(proof))
        for field, value in (("path", "site/a.html"), ("sha256", "0" * 64), ("index", 0), ("count", 1), ("beside", [])):
            other["file"] = {**proof["file"], field: value}
            self.assertFalse(checked(json.dumps(other), page)[1], field)
        other = {**proof, "signature": proof["signature"].replace("number=", "number=9")}
        self.assertFalse(checked(json.dumps(other), page)[1])

    def test_debians_minisign_agrees_with_the_signature_of_the_edition(self):
        said = subprocess.run(
            ["minisign", "-V", "-p", KEY, "-m", EDITION / "manifest.json"], check=True, capture_output=True, text=True
        ).stdout
        self.assertIn(f"root={MANIFEST['root']}", said)
        self.assertIn(f"edition={MANIFEST['edition']}", said)


if __name__ == "__main__":
    unittest.main()
