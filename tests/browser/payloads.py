"""Puts payloads that would run as script into every text field of a copy of the demonstration's data.

usage: payloads.py CONTENT_DATA PAYLOADS.json      prints how many fields now hold one
"""

import csv
import hashlib
import io
import itertools
import json
import pathlib
import re
import sqlite3
import sys

TABLES = {
    "bang-gia-dat-2025/bang_gia_dat.csv": ["ten_duong", "tu", "den", "khu_vuc", "ghi_chu", "dia_ban_cu", "nhom_gia", "loai_bang", "ma_bang"],
    "bang-gia-dat-2026/bang_gia_dat.csv": ["ten_duong", "tu", "den", "khu_vuc", "ghi_chu", "dia_ban_cu", "nhom_gia", "loai_bang", "ma_bang", "so_van_ban"],
    "he-so-2026/he_so.csv": ["khu_vuc_hoac_duong", "muc", "loai_he_so"],
    "thong-ke-2025/thong_ke.csv": ["nguonSoLieu", "bieu"],
    "dia-gioi/su_kien.csv": ["nghi_quyet", "ghi_chu"],
}
LAYERS = {
    "thua-dat-an-minh/thua_dat.gpkg": [("ThuaDat", "DiaChi"), ("ThuaDat", "SOHIEUTOBANDOCU"), ("ThuaDat", "SOTHUTUTHUACU")],
    "quy-hoach-2021-2030/quy_hoach.gpkg": [("QuyHoachSDD", "tenCongTrinh"), ("QuyHoachSDD", "soQuyetDinh"), ("QuyHoachSDD", "coQuanPheDuyet")],
    "nen/nen.gpkg": [("GiaoThong", "ten"), ("ThuyHe", "ten"), ("DiaDanh", "ten")],
    "dia-gioi/dia_gioi.gpkg": [("DiaGioi", "ten"), ("DiaGioi", "nghiQuyet")],
}
#: In `dataset.toml`: the right side of these keys.
DESCRIPTION = ["vi", "en", "number", "authority", "acceptance"]


def rows_of(path):
    lines = path.read_text().splitlines()
    head = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    return lines[:head], list(csv.reader(lines[head:]))


def fill_table(path, columns, payloads):
    comments, rows = rows_of(path)
    count = 0
    for column in columns:
        if column not in rows[0]:
            continue
        at = rows[0].index(column)
        # Events of one resolution belong together.
        same = {}
        for row in rows[1:]:
            if row[at] not in ("", "*"):
                row[at] = same.setdefault(row[at], next(payloads)) if column == "nghi_quyet" else next(payloads)
                count += 1
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    path.write_text("\n".join(comments + [out.getvalue()]))
    return count


def fill_layer(path, columns, payloads):
    database = sqlite3.connect(path)
    count = 0
    for table, column in columns:
        known = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")')]
        if column not in known:
            sys.exit(f"{path}: {table} has no {column}, only {known}")
        for (row,) in database.execute(f'SELECT rowid FROM "{table}" WHERE "{column}" IS NOT NULL ORDER BY rowid').fetchall():
            database.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?', [next(payloads), row])
            count += 1
    database.commit()
    database.close()
    return count


def fill_description(path, payloads):
    count = 0

    def one(match):
        nonlocal count
        count += 1
        return f"{match[1]} = {json.dumps(next(payloads))}"

    keys = "|".join(DESCRIPTION)
    text = re.sub(rf'\b({keys}) = "[^"]*"', one, path.read_text())
    for file in path.parent.iterdir():
        if file.suffix in (".csv", ".gpkg"):
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            text = re.sub(rf'(file = "{file.name}"(?:\n(?!\[).*)*\nsha256 = )"[0-9a-f]+"', rf'\g<1>"{digest}"', text)
            text = re.sub(rf'(events = "{file.name}"\nevents_sha256 = )"[0-9a-f]+"', rf'\g<1>"{digest}"', text)
    path.write_text(text)
    return count


def main():
    data = pathlib.Path(sys.argv[1])
    payloads = itertools.cycle(json.loads(pathlib.Path(sys.argv[2]).read_text()))
    count = sum(fill_table(data / name, columns, payloads) for name, columns in TABLES.items())
    count += sum(fill_layer(data / name, columns, payloads) for name, columns in LAYERS.items())
    count += sum(fill_description(path, payloads) for path in sorted(data.glob("*/dataset.toml")))
    print(count)


main()
