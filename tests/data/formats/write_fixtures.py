"""Writes the files beside it: one invented commune and one invented price table in several formats.

Foreign programs write what they can (GDAL through pyogrio, see tests/foreign/requirements.txt), so that the
readers are held against other people's files; the merged workbook is put together here, as offices type it.
"""

import zipfile
from pathlib import Path

import numpy as np
import pyogrio
import shapely

HERE = Path(__file__).parent
TEXT = lambda *values: np.array(values, dtype=object)

PARCELS = {
    "MaXa": TEXT("99001", "99001", "99001"),
    "SOTO": np.array([1, 1, 2], dtype=np.int32),
    "SOTHUA": np.array([1, 2, 1], dtype=np.int32),
    "DIENTICH": np.array([9600.0, 5000.5, 1250.25]),
    "LOAIDAT": TEXT("ODT", "CLN", None),
    "TenChu": TEXT("CHỦ SỬ DỤNG 0001", "CHỦ SỬ DỤNG 0002", "CHỦ SỬ DỤNG 0003"),
    "DiaChi": TEXT("Đường A & B <cũ>", "", "Đường \"C\""),
}
E, N = 565000.0, 2310000.0
box = lambda x, y, w, h: shapely.box(E + x, N + y, E + x + w, N + y + h)
SHAPES = [
    shapely.Polygon(box(0, 0, 100, 100).exterior.coords, [box(40, 40, 20, 20).exterior.coords]),
    shapely.MultiPolygon([box(200, 0, 50, 50), box(300, 0.125, 50, 50)]),
    box(400, 0, 25, 50.01),
]
# Only the columns that the merged workbook has too: the same rows must come out of every file.
PRICES = {
    "STT": np.array([1, 2, 3], dtype=np.int32),
    "Tên đường": TEXT("Đường Minh Họa A", "Đường Minh Họa A", "Đường Minh Họa B"),
    "Từ": TEXT("Cầu 1", "Cầu 2", "Đầu đường"),
    "Đến": TEXT("Cầu 2", "Cầu 3", "Cuối đường"),
    "Vị trí 1": np.array([60000.0, 14690.5, 0.1]),
    "Vị trí 2": np.array([36000.0, np.nan, 1.1]),
    "Ngày": TEXT("2026-01-31", "2026-01-31", None),
}


def write(file, driver, layer, fields, shapes=None, **options):
    path = HERE / file
    path.unlink(missing_ok=True)
    pyogrio.raw.write(
        path,
        None if shapes is None else shapely.to_wkb(np.array(shapes, dtype=object)),
        list(fields.values()),
        list(fields.keys()),
        layer=layer,
        driver=driver,
        geometry_type=None if shapes is None else "MultiPolygon",
        crs=None if shapes is None else "EPSG:9210",
        promote_to_multi=shapes is not None,
        encoding="UTF-8",
        **options,
    )
    path.with_suffix(".xsd").unlink(missing_ok=True)


def cell(place, value, formula=""):
    if value is None:
        return f'<c r="{place}" s="1"/>'
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'
    style = ' s="2"' if isinstance(value, float) and value == 46053.0 else ""
    return f'<c r="{place}"{style}>{formula}<v>{value!r}</v></c>'


def sheet(rows, merges):
    lines = []
    for number, row in rows:
        cells = "".join(cell(f"{'ABCDEFGH'[i]}{number}", value) for i, value in enumerate(row) if value != "-")
        lines.append(f'<row r="{number}">{cells}</row>')
    merged = "".join(f'<mergeCell ref="{merge}"/>' for merge in merges)
    return (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<cols><col min="4" max="4" hidden="1" width="9"/></cols>'
        f"<sheetData>{''.join(lines)}</sheetData><mergeCells>{merged}</mergeCells></worksheet>"
    )


def write_merged():
    day = 46053.0
    prices = sheet(
        [
            (1, ["ỦY BAN NHÂN DÂN TỈNH MINH HỌA", None, None, None, "CỘNG HÒA", None, None]),
            (2, ["BẢNG GIÁ ĐẤT (MINH HỌA)", None, None, None, None, None, None]),
            (4, ["STT", "Tên đường", "Từ", "Đến", "Vị trí", None, "Ngày"]),
            (5, [None, None, None, None, 1, 2, None]),
            (6, ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)"]),
            (7, ["I. PHƯỜNG MINH HỌA", None, None, None, None, None, None]),
            (8, [1, "\u00a0Đường\nMinh Họa A ", "Cầu 1", "Cầu 2", 60000, 36000, day]),
            (9, [2, None, "Cầu 2", "Cầu 3", 14690.5, None, None]),
            (10, [None, None, None, None, None, None, None]),
            (11, ["STT", "Tên đường", "Từ", "Đến", "Vị trí", None, "Ngày"]),
            (12, [3, "Đường Minh Họa B", "Đầu đường", "Cuối đường", 0.1, 1.1, None]),
        ],
        ["A1:D1", "E1:G1", "A2:G2", "A4:A5", "B4:B5", "C4:C5", "D4:D5", "E4:F4", "G4:G5", "A7:G7", "B8:B9", "G8:G9", "E11:F11"],
    ).replace("<v>1.1</v>", "<v>1.1000000000000001</v>")
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    rels = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    rel = lambda i, kind, target: f'<Relationship Id="rId{i}" Type="{relation}/{kind}" Target="{target}"/>'
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="{types}.worksheet+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{types}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{types}.styles+xml"/></Types>',
        "_rels/.rels": rels.format(rel(1, "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{relation}">'
        '<sheets><sheet name="Ghi chép" sheetId="1" state="hidden" r:id="rId1"/>'
        '<sheet name="Bảng 1" sheetId="2" r:id="rId2"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": rels.format(
            rel(1, "worksheet", "worksheets/sheet1.xml")
            + rel(2, "worksheet", "/xl/worksheets/sheet2.xml")
            + rel(3, "styles", "styles.xml")
        ),
        "xl/styles.xml": '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<numFmts count="1"><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/></numFmts>'
        '<fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="14"/></cellStyleXfs>'
        '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": sheet([(1, ["CHỦ SỬ DỤNG 0001"])], ["A1:B1"]),
        "xl/worksheets/sheet2.xml": prices,
    }
    with zipfile.ZipFile(HERE / "gia_dat_merged.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)


write("thua_dat_31.gml", "GML", "ThuaDat", PARCELS, SHAPES, dataset_options={"FORMAT": "GML3", "XSISCHEMA": "OFF"})
write("thua_dat_32.gml", "GML", "ThuaDat", PARCELS, SHAPES, dataset_options={"FORMAT": "GML3.2", "XSISCHEMA": "OFF"})
write("gia_dat.gml", "GML", "GiaDat", {f"c{i}": v for i, v in enumerate(PRICES.values())}, dataset_options={"FORMAT": "GML3.2"})
write("gia_dat_gdal.xlsx", "XLSX", "Bảng 1", PRICES)
write("gia_dat_gdal.ods", "ODS", "Bảng 1", PRICES)
write_merged()
(HERE / "gia_dat.csv").write_text(
    "# minh họa\nSTT;Tên đường;Từ;Đến;Vị trí 1;Vị trí 2;Ngày\n"
    '1;"Đường\nMinh Họa A";Cầu 1;Cầu 2;60000;36000;2026-01-31\n'
    "2;Đường Minh Họa A;Cầu 2;Cầu 3;14690.5;;2026-01-31\n"
    "3;Đường Minh Họa B;Đầu đường;Cuối đường;0.1;1.1;\n",
    encoding="utf-8-sig",
)
