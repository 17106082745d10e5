"""Changes the parcels of An Minh in a copy of the demonstration: the use of two, and one is not there any more.

usage: edit_parcels.py CONTENT_DATA      prints the codes of the two, then of the one
"""

import hashlib
import pathlib
import re
import sqlite3
import sys

dataset = pathlib.Path(sys.argv[1]) / "thua-dat-an-minh"
source = dataset / "thua_dat.gpkg"
with sqlite3.connect(source) as layer:
    for (trigger,) in layer.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ThuaDat'").fetchall():
        layer.execute(f'DROP TRIGGER "{trigger}"')
    rows = layer.execute(
        "SELECT rowid, MaXa, SoHieuToBanDo, SoThuTuThua FROM ThuaDat WHERE KyHieuMucDichSuDung = 'ONT' ORDER BY rowid LIMIT 3"
    ).fetchall()
    for row in rows[:2]:
        layer.execute("UPDATE ThuaDat SET KyHieuMucDichSuDung = 'CLN' WHERE rowid = ?", row[:1])
    layer.execute("DELETE FROM ThuaDat WHERE rowid = ?", rows[2][:1])
description = dataset / "dataset.toml"
digest = hashlib.sha256(source.read_bytes()).hexdigest()
description.write_text(re.sub(r'sha256 = "\w+"', f'sha256 = "{digest}"', description.read_text(), count=1))
for row in rows:
    print("-".join(str(part) for part in row[1:]))
