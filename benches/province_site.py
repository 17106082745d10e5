"""The site of a whole province, as the benches of pages and packages build it: settings, keys, snapshots."""

import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).parents[1]
SETTINGS = """
[province]
code = "99"
name = { vi = "Tỉnh Minh Họa", en = "Minh Hoa Province" }
authority = { vi = "Sở Nông nghiệp và Môi trường tỉnh Minh Họa" }
address = { vi = "Số 0" }
bounds_deg = [105.0, 20.0, 108.0, 22.0]
[site]
title = { vi = "Đất đai" }
public_url = "http://127.0.0.1:8080"
languages = %s
illustrative = true
[approvers]
dia_chinh = ["keys/approver.pub"]
gia_dat = ["keys/approver.pub"]
"""


def datasets(site):
    return sorted(path.parent.relative_to(site) for path in site.glob("content/data/*/dataset.toml"))


def approve_once(congbo, site, languages, keys, more=""):
    """`site` holds content as scripts/make-province --whole writes it; snapshots that are there stay."""
    if (site / "snapshots").exists():
        return
    (site / "congbo.toml").write_text(SETTINGS % json.dumps(languages) + more)
    (site / "themes").symlink_to(ROOT / "themes")
    (site / "tiles").mkdir()
    run = lambda *arguments: subprocess.run([congbo, *arguments], cwd=site, check=True, stdout=subprocess.DEVNULL)
    for key in keys:
        run("key", "new", site / f"keys/{key}")
    run("approve", "--key", "keys/approver.key", *datasets(site))
