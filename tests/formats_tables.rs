//! GML, XLSX, ODS and CSV: the same rows out of every format, and nothing but an answer out of hostile files.
//!
//! `tests/data/formats/` was written by GDAL and, for the workbook as offices type it, by its `write_fixtures.py`.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use calamine::{Data, Reader};
use congbo::config::dataset::Source;
use congbo::model::shapes::{GeometryKind, GridCoord, Shapes};
use congbo::read::{self, DeclaredCrs, Table, Value};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const COMMITTED: [&str; 7] = [
    "thua_dat_31.gml",
    "thua_dat_32.gml",
    "gia_dat.gml",
    "gia_dat_gdal.xlsx",
    "gia_dat_gdal.ods",
    "gia_dat_merged.xlsx",
    "gia_dat.csv",
];

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/formats")
}

fn open(site: &Path, file: &str, layer: Option<&str>) -> Result<Box<dyn Table>, String> {
    let source = Source {
        file: file.into(),
        layer: layer.map(str::to_owned),
        axes: Default::default(),
        encoding: None,
        theme: None,
        sha256: String::new(),
    };
    read::open(site, Path::new(file), &source).map_err(|failure| failure.to_string())
}

type Shape = Result<Shapes<GridCoord>, String>;

/// Place, cells and shape of every row, all columns.
fn rows(table: &dyn Table) -> Result<Vec<(String, Vec<String>, Shape)>, String> {
    let columns: Vec<&str> = table.columns().iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
    let mut rows = vec![];
    let text = |value: &Value| match value {
        Value::Null => "∅".to_owned(),
        Value::Text(text) => text.clone(),
        other => panic!("{other:?} is not text"),
    };
    let ended = table.rows(&columns, &mut |row, shape| {
        rows.push((row.place, row.values.iter().map(text).collect(), shape));
        Ok(())
    });
    ended.map(|()| rows).map_err(|failure| failure.to_string())
}

/// Place and cells, or place and fault, joined by `|`.
fn said(site: &Path, file: &str) -> Vec<String> {
    let table = open(site, file, None).unwrap_or_else(|e| panic!("{e}"));
    let rows = rows(table.as_ref()).unwrap_or_else(|e| panic!("{e}"));
    rows.into_iter()
        .map(|(place, cells, shape)| format!("{place}: {}", shape.err().unwrap_or(cells.join("|"))))
        .collect()
}

fn written(file: &str, bytes: impl AsRef<[u8]>) -> tempfile::TempDir {
    let site = tempfile::tempdir().unwrap();
    fs::write(site.path().join(file), bytes).unwrap();
    site
}

#[test]
fn a_commune_comes_out_of_both_versions_of_gml_corner_by_corner() {
    let square = |x: f64, y: f64, size: f64| vec![[x + size, y], [x + size, y + size], [x, y + size], [x, y]];
    for file in ["thua_dat_31.gml", "thua_dat_32.gml"] {
        let table = open(&data(), file, None).unwrap();
        assert_eq!(table.columns(), ["MaXa", "SOTO", "SOTHUA", "DIENTICH", "LOAIDAT", "TenChu", "DiaChi"], "{file}");
        assert_eq!(table.crs(), DeclaredCrs::Epsg(9210));
        let rows = rows(table.as_ref()).unwrap();
        let cells: Vec<String> = rows.iter().map(|(place, cells, _)| format!("{place}: {}", cells.join("|"))).collect();
        assert_eq!(
            cells,
            [
                "feature 1: 99001|1|1|9600|ODT|CHỦ SỬ DỤNG 0001|Đường A & B <cũ>",
                "feature 2: 99001|1|2|5000.5|CLN|CHỦ SỬ DỤNG 0002|∅",
                "feature 3: 99001|2|1|1250.25|∅|CHỦ SỬ DỤNG 0003|Đường \"C\"",
            ]
        );
        let shapes: Vec<&Shapes<GridCoord>> = rows.iter().map(|row| row.2.as_ref().unwrap()).collect();
        let hole = square(565_040.0, 2_310_040.0, 20.0);
        assert_eq!(shapes[0].coords, [square(565_000.0, 2_310_000.0, 100.0), hole].concat());
        assert_eq!((&shapes[0].ring_ends, &shapes[0].part_ends), (&vec![4, 8], &vec![2]));
        assert_eq!(shapes[1].coords[4..], square(565_300.0, 2_310_000.125, 50.0));
        assert_eq!((&shapes[1].ring_ends, &shapes[1].part_ends), (&vec![4, 8], &vec![1, 2]));
        assert!(shapes.iter().all(|shape| shape.kind == GeometryKind::Polygon && shape.len() == 1));
    }
    assert_eq!(read::layers(&data(), Path::new("thua_dat_32.gml")).unwrap(), ["ThuaDat"]);
}

#[test]
fn a_price_table_says_the_same_in_every_format_digit_for_digit() {
    let expected = [
        "1|Đường Minh Họa A|Cầu 1|Cầu 2|60000|36000|2026-01-31",
        "2|Đường Minh Họa A|Cầu 2|Cầu 3|14690.5|∅|2026-01-31",
        "3|Đường Minh Họa B|Đầu đường|Cuối đường|0.1|1.1|∅",
    ];
    for (file, places) in [
        ("gia_dat.csv", ["line 3", "line 5", "line 6"]),
        ("gia_dat_gdal.xlsx", ["row 2", "row 3", "row 4"]),
        ("gia_dat_gdal.ods", ["row 2", "row 3", "row 4"]),
        ("gia_dat_merged.xlsx", ["row 8", "row 9", "row 12"]),
        ("gia_dat.gml", ["feature 1", "feature 2", "feature 3"]),
    ] {
        let rows: Vec<String> = places.iter().zip(expected).map(|(place, row)| format!("{place}: {row}")).collect();
        assert_eq!(said(&data(), file), rows, "{file}");
        if !file.ends_with("gml") {
            let columns = ["STT", "Tên đường", "Từ", "Đến", "Vị trí 1", "Vị trí 2", "Ngày"];
            assert_eq!(open(&data(), file, None).unwrap().columns(), columns, "{file}");
        }
    }
}

#[test]
fn another_reader_finds_the_same_cells_in_a_workbook() {
    let file = "gia_dat_gdal.xlsx";
    let range = calamine::open_workbook_auto(data().join(file)).unwrap().worksheet_range("Bảng 1").unwrap();
    let text = |cell: &Data| if *cell == Data::Empty { "∅".to_owned() } else { cell.to_string() };
    let theirs: Vec<Vec<String>> = range.rows().skip(1).map(|row| row.iter().map(text).collect()).collect();
    let ours = rows(open(&data(), file, None).unwrap().as_ref()).unwrap();
    assert_eq!(ours.into_iter().map(|row| row.1).collect::<Vec<_>>(), theirs);
}

#[test]
fn hidden_sheets_are_no_layers_and_hidden_columns_are_columns() {
    assert_eq!(read::layers(&data(), Path::new("gia_dat_merged.xlsx")).unwrap(), ["Bảng 1"]);
    assert!(open(&data(), "gia_dat_merged.xlsx", Some("Ghi chép")).err().unwrap().contains("the sheets are 'Bảng 1'"));
    // Column D is hidden in the file.
    assert!(open(&data(), "gia_dat_merged.xlsx", None).unwrap().columns().contains(&"Đến".to_owned()));
}

#[test]
fn only_the_columns_that_were_asked_for_are_delivered() {
    let table = open(&data(), "thua_dat_32.gml", None).unwrap();
    let mut seen = vec![];
    let each = &mut |row: read::Row, _: Shape| {
        seen.push(row.values);
        Ok(())
    };
    table.rows(&["SOTHUA", "MaXa"], each).unwrap();
    assert_eq!(seen[1], [Value::Text("2".into()), Value::Text("99001".into())]);
}

// GML

/// A collection of members, each the content of one `ThuaDat`.
fn gml(features: &[&str]) -> String {
    let members: String =
        features.iter().map(|f| format!("<m:member><a:ThuaDat>{f}</a:ThuaDat></m:member>\n")).collect();
    format!(
        "<m:FeatureCollection xmlns:m='m' xmlns:a='a' xmlns:xlink='x' xmlns:xsi='i'>\n{members}</m:FeatureCollection>"
    )
}

fn parcel(number: u32, geometry: &str) -> String {
    format!("<a:so>{number}</a:so><a:shape>{geometry}</a:shape>")
}

const GOOD: &str = "<Polygon srsName='EPSG:9210'><exterior><LinearRing><posList>0 0 4 0 4 4 0 0</posList></LinearRing></exterior></Polygon>";

#[test]
fn one_bad_feature_does_not_lose_the_others() {
    let curve = "<Curve><segments><Arc><posList>0 0 1 1 2 0</posList></Arc></segments></Curve>";
    let open_ring = GOOD.replace("4 4 0 0", "4 4 0 1");
    let several = format!("{GOOD}{GOOD}");
    let features = [
        parcel(1, GOOD),
        parcel(2, curve),
        parcel(3, &open_ring),
        "<a:so>4</a:so><a:shape xlink:href='#elsewhere'/>".into(),
        "<a:so>5</a:so><a:shape xsi:nil='true'/>".into(),
        "<a:so>6</a:so>".into(),
        parcel(7, &several),
        format!("<a:so><a:to>1</a:to></a:so><a:shape>{GOOD}</a:shape>"),
        format!("<a:so>9</a:so><a:so>9</a:so><a:shape>{GOOD}</a:shape>"),
        parcel(10, "<MultiGeometry/>"),
        parcel(11, GOOD),
    ];
    let site = written("a.gml", gml(&features.iter().map(String::as_str).collect::<Vec<_>>()));
    assert_eq!(
        said(site.path(), "a.gml"),
        [
            "feature 1: 1",
            "feature 2: curves are refused: Arc; export straight segments",
            "feature 3: ring 1 is not closed",
            "feature 4: the geometry is only referred to (xlink:href): export it in place",
            "feature 5: there is no geometry",
            "feature 6: there is no geometry",
            "feature 7: the feature has two geometries",
            "feature 8: so holds further elements instead of a text",
            "feature 9: so stands there twice",
            "feature 10: a collection of geometries is not one shape",
            "feature 11: 11",
        ]
    );
}

#[test]
fn exports_of_every_shape_have_their_features_found() {
    for collection in [
        format!(
            "<gml:featureMembers><T><so>1</so><g>{GOOD}</g></T><T><so>2</so><ten> A </ten><g>{GOOD}</g></T></gml:featureMembers>"
        ),
        format!(
            "<thuaDatMember><T><so>1</so><g>{GOOD}</g></T></thuaDatMember><x/><thuaDatMember><T><so>2</so><ten>A</ten><g>{GOOD}</g></T></thuaDatMember>"
        ),
        format!(
            "<w:member><w:FeatureCollection><w:member><T><so>1</so><g>{GOOD}</g></T></w:member><w:member><T><so>2</so><ten><![CDATA[A]]></ten><g>{GOOD}</g></T></w:member></w:FeatureCollection></w:member>"
        ),
    ] {
        let site = written("a.xml", format!("<?xml version=\"1.0\"?><!-- x --><root>{collection}</root>"));
        assert_eq!(said(site.path(), "a.xml"), ["feature 1: 1|∅", "feature 2: 2|A"], "{collection}");
    }
}

#[test]
fn several_feature_types_are_layers() {
    let text = format!(
        "<r><member><B><x>1</x><g>{GOOD}</g></B></member><member><A><y>2</y></A></member><member><A><z>3</z></A></member></r>"
    );
    let site = written("a.gml", text);
    assert_eq!(read::layers(site.path(), Path::new("a.gml")).unwrap(), ["A", "B"]);
    assert!(open(site.path(), "a.gml", None).err().unwrap().contains("several layers: 'A', 'B'"));
    assert!(open(site.path(), "a.gml", Some("C")).err().unwrap().contains("no layer 'C'"));
    let table = open(site.path(), "a.gml", Some("A")).unwrap();
    assert_eq!(table.columns(), ["y", "z"]);
    assert!(rows(table.as_ref()).unwrap().iter().all(|(_, _, shape)| shape.as_ref().unwrap().is_empty()));
}

#[test]
fn a_file_that_is_not_what_it_should_be_is_refused_as_a_whole() {
    let two_systems = gml(&[&parcel(1, GOOD), &parcel(2, &GOOD.replace("9210", "9212"))]);
    let two_forms = gml(&[&parcel(1, GOOD), &parcel(2, &GOOD.replace("EPSG:", "urn:ogc:def:crs:EPSG::"))]);
    for (text, problem) in [
        (two_systems, "several coordinate systems"),
        ("<a/>".into(), "no feature members"),
        ("not XML".into(), "no feature members"),
        (String::new(), "no feature members"),
        ("<r numberMatched='5' numberReturned='1'><member/></r>".into(), "cut its answer short"),
        ("<r><member xlink:href='#a'/></r>".into(), "only referred to"),
        ("<r><w:truncatedResponse/></r>".into(), "cut its answer short"),
        ("<r>\n<member><T><a>x</b></T></member></r>".into(), "line 2 (byte "),
        ("<r><member><T><a>x".into(), "cut off"),
    ] {
        let site = written("a.gml", &text);
        let fault = open(site.path(), "a.gml", None).err().unwrap();
        assert!(fault.contains(problem) && fault.starts_with("error: a.gml: "), "{text}: {fault}");
    }
    let site = written("a.gml", two_forms);
    assert_eq!(open(site.path(), "a.gml", None).unwrap().crs(), DeclaredCrs::Epsg(9210));
}

#[test]
fn xml_bombs_are_refused_within_a_second_and_nothing_is_fetched() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let laughs: String =
        (1..10).map(|i| format!("<!ENTITY l{i} \"{}\">", format!("&l{};", i - 1).repeat(10))).collect();
    let long = "x".repeat(100_000);
    let wide: String = (0..1_000).map(|i| format!(" a{i}='1'")).collect();
    let bombs = [
        ("laughs", format!("<!DOCTYPE r [<!ENTITY l0 \"ha\">{laughs}]><r><member><T><a>&l9;</a></T></member></r>")),
        ("quadratic", format!("<!DOCTYPE r [<!ENTITY l \"{long}\">]><r>{}</r>", "&l;".repeat(10_000))),
        ("file", "<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><r>&x;</r>".into()),
        ("network", format!("<!DOCTYPE r SYSTEM \"http://127.0.0.1:{port}/a.dtd\"><r/>")),
        ("parameter", format!("<!DOCTYPE r [<!ENTITY % x SYSTEM \"http://127.0.0.1:{port}/\">%x;]><r/>")),
        ("undeclared", "<r><member><T><a>&x;</a></T></member></r>".into()),
        ("deep", "<a>".repeat(100_000)),
        ("deep member", format!("<r><member><T>{}", "<a>".repeat(100_000))),
        ("wide", format!("<r><member><T><a{wide}/></T></member></r>")),
        ("long text", format!("<r><member><T><a>{}</a></T></member></r>", "x".repeat(10 << 20))),
        ("long tag", format!("<r><member><T><a b='{}'/></T></member></r>", "x".repeat(10 << 20))),
        ("long comment", format!("<r><!--{}--></r>", "x".repeat(10 << 20))),
        (
            "columns",
            format!("<r><member><T>{}</T></member></r>", (0..5_000).map(|i| format!("<a{i}/>")).collect::<String>()),
        ),
    ];
    for (name, bomb) in bombs {
        let site = written("a.gml", &bomb);
        let began = Instant::now();
        assert!(open(site.path(), "a.gml", None).is_err(), "{name}");
        assert!(began.elapsed() < Duration::from_secs(1), "{name}: {:?}", began.elapsed());
    }
    let schema =
        format!("<r xsi:schemaLocation='a http://127.0.0.1:{port}/a.xsd'><member><T><a>1</a></T></member></r>");
    let site = written("a.gml", schema);
    assert_eq!(said(site.path(), "a.gml"), ["feature 1: 1"]);
    assert!(listener.accept().is_err(), "something was fetched");
}

#[test]
fn a_geometry_may_be_large_but_not_without_end() {
    let corners = |n: usize| (0..n).map(|i| format!("{i} {} ", i % 7)).collect::<String>() + "0 0";
    let polygon = |n| GOOD.replace("0 0 4 0 4 4 0 0", &corners(n));
    let site =
        written("a.gml", gml(&[&parcel(1, &polygon(300_000)), &parcel(2, &polygon(1_000_001)), &parcel(3, GOOD)]));
    let said = said(site.path(), "a.gml");
    assert_eq!(said, ["feature 1: 1", "feature 2: the geometry has more than 1000000 points", "feature 3: 3"]);
}

// Workbooks

fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(vec![]));
    for (name, content) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const ROOT_RELS: &str =
    "<Relationships><Relationship Id='r1' Type='x/officeDocument' Target='xl/workbook.xml'/></Relationships>";
const BOOK: &str = "<workbook><sheets><sheet name='Bảng 1' sheetId='1' r:id='r1' xmlns:r='r'/></sheets></workbook>";
const BOOK_RELS: &str =
    "<Relationships><Relationship Id='r1' Type='x/worksheet' Target='worksheets/sheet1.xml'/></Relationships>";

fn xlsx_with(sheet_data: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let sheet = format!("<worksheet><sheetData>{sheet_data}</sheetData></worksheet>");
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("_rels/.rels", ROOT_RELS.as_bytes()),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    parts.extend(more);
    archive(&parts)
}

const HEAD: &str =
    "<row r='1'><c r='A1' t='inlineStr'><is><t>Đường</t></is></c><c r='B1' t='inlineStr'><is><t>Giá</t></is></c></row>";

/// Rows of two cells under a heading: a road and what stands in `B`.
fn xlsx(cells: &[&str]) -> Vec<u8> {
    let rows = cells.iter().zip(2..).map(|(cell, n): (_, u32)| {
        format!("<row r='{n}'><c r='A{n}' t='str'><v>A</v></c>{}</row>", cell.replace('?', &format!("B{n}")))
    });
    xlsx_with(&format!("{HEAD}{}", rows.collect::<String>()), &[])
}

#[test]
fn what_a_cell_cannot_say_is_a_fault_of_its_row_and_names_the_cell() {
    let site = written(
        "a.xlsx",
        xlsx(&[
            "<c r='?'><v>14690.5</v></c>",
            "<c r='?' t='b'><v>1</v></c>",
            "<c r='?' t='e'><v>#REF!</v></c>",
            "<c r='?'><f>SUM(A1)</f></c>",
            "<c r='?'><f>SUM(A1)</f><v>7</v></c>",
            "<c r='?'><v>0.30000000000000004</v></c>",
            "<c r='?' t='str'><v>14.690,5</v></c>",
            "<c r='?' t='s'><v>3</v></c>",
            "<c r='?'><v>SECRET</v></c>",
            "<c r='?' t='d'><v>2026-01-31T00:00:00</v></c>",
            "<c r='?'><v>1E3</v></c>",
        ]),
    );
    let cell = |row: u32, problem: &str| format!("row {row}: sheet 'Bảng 1' cell B{row} {problem}");
    assert_eq!(
        said(site.path(), "a.xlsx"),
        [
            "row 2: A|14690.5".to_owned(),
            cell(3, "holds TRUE or FALSE instead of a text or number"),
            cell(4, "holds the error #REF!"),
            cell(5, "holds a formula without its result: open the workbook, recalculate and save it"),
            "row 6: A|7".into(),
            cell(7, "holds a number that has more than 15 digits, which a spreadsheet does not keep: store it as text"),
            "row 8: A|14.690,5".into(),
            cell(9, "refers to a text that the workbook does not have"),
            cell(10, "holds a number that is not a number"),
            "row 11: A|2026-01-31".into(),
            "row 12: A|1000".into(),
        ]
    );
    // A column that was not asked for is not looked at.
    let table = open(site.path(), "a.xlsx", None).unwrap();
    let each = &mut |_: read::Row, shape: Shape| {
        assert!(shape.is_ok());
        Ok(())
    };
    table.rows(&["Đường"], each).unwrap();
}

#[test]
fn sheets_that_are_out_of_order_or_endless_are_refused() {
    let row = |attributes: &str| format!("{HEAD}<row {attributes}</row>");
    for (sheet, problem) in [
        (row("r='1'>"), "out of order"),
        (row("r='1048577'>"), "out of order"),
        (row("r='2'><c r='B2'><v>1</v></c><c r='A2'><v>1</v></c>"), "out of order"),
        (row("r='2'><c r='A3'><v>1</v></c>"), "out of order"),
        (row("r='2'><c r='XFE2'><v>1</v></c>"), "out of order"),
        ("<row r='1'/>".into(), "heading"),
    ] {
        let site = written("a.xlsx", xlsx_with(&sheet, &[]));
        let fault = open(site.path(), "a.xlsx", None).err().unwrap();
        assert!(fault.contains(problem), "{sheet}: {fault}");
    }
}

const ODS_HEAD: &str =
    "<t:table-row><t:table-cell><p>Đường</p></t:table-cell><t:table-cell><p>Giá</p></t:table-cell></t:table-row>";

fn ods(rows: &str) -> Vec<u8> {
    let content = format!(
        "<d xmlns:t='t' xmlns:s='s' xmlns:o='o'><o:automatic-styles><s:style s:name='h'><s:table-properties t:display='false'/></s:style>\
         </o:automatic-styles><o:body><o:spreadsheet><t:table t:name='Ẩn' t:style-name='h'>{ODS_HEAD}</t:table>\
         <t:table t:name='Bảng 1'>{ODS_HEAD}{rows}</t:table></o:spreadsheet></o:body></d>"
    );
    archive(&[("META-INF/manifest.xml", b"<manifest/>"), ("content.xml", content.as_bytes())])
}

#[test]
fn an_ods_sheet_with_merged_and_repeated_cells_is_read() {
    let site = written(
        "a.ods",
        ods(
            "<t:table-row><t:table-cell t:number-rows-spanned='2'><p>A</p></t:table-cell><t:table-cell o:value-type='float' o:value='0.1'/></t:table-row>\
             <t:table-row-group><t:table-row><t:covered-table-cell/><t:table-cell o:value-type='currency' o:value='2.50'/></t:table-row></t:table-row-group>\
             <t:table-row t:number-rows-repeated='2'><t:table-cell t:number-columns-repeated='2'><p>B</p></t:table-cell></t:table-row>\
             <t:table-row t:number-rows-repeated='1048570'><t:table-cell t:number-columns-repeated='16384'/></t:table-row>",
        ),
    );
    assert_eq!(read::layers(site.path(), Path::new("a.ods")).unwrap(), ["Bảng 1"]);
    assert_eq!(said(site.path(), "a.ods"), ["row 2: A|0.1", "row 3: A|2.5", "row 4: B|B", "row 5: B|B"]);
}

#[test]
fn cells_that_a_file_only_counts_are_refused_before_they_are_written_out() {
    let text: String = (0..20_000u64).map(|i| (i * i % 99_991).to_string()).collect();
    for (row, problem) in [
        (
            "<t:table-row t:number-rows-repeated='4000000000'><t:table-cell><p>A</p></t:table-cell></t:table-row>"
                .to_owned(),
            "more rows",
        ),
        (
            "<t:table-row><t:table-cell t:number-columns-repeated='4000000000'><p>A</p></t:table-cell></t:table-row>"
                .into(),
            "more columns",
        ),
        (
            format!(
                "<t:table-row><t:table-cell t:number-columns-repeated='16000'><p>{text}</p></t:table-cell></t:table-row>"
            ),
            "16 MiB",
        ),
    ] {
        let site = written("a.ods", ods(&row));
        let began = Instant::now();
        let fault = open(site.path(), "a.ods", None).err().unwrap();
        assert!(fault.contains(problem) && began.elapsed() < Duration::from_secs(1), "{fault}");
    }
    let full = "<t:table-row t:number-rows-repeated='1000000'><t:table-cell t:number-columns-repeated='2000'><p>A</p></t:table-cell></t:table-row>";
    let site = written("a.ods", ods(full));
    let began = Instant::now();
    let fault = open(site.path(), "a.ods", None).and_then(|table| rows(table.as_ref())).err().unwrap();
    assert!(fault.contains("more cells") && began.elapsed() < Duration::from_secs(20), "{:?} {fault}", began.elapsed());
}

// Archives

/// Changes the two-byte or longer field at `offset` of every record that begins with `signature`.
fn patched(mut bytes: Vec<u8>, signature: &[u8; 4], offset: usize, value: &[u8]) -> Vec<u8> {
    let found: Vec<usize> = bytes.windows(4).enumerate().filter(|(_, w)| w == signature).map(|(i, _)| i).collect();
    for i in found {
        bytes[i + offset..i + offset + value.len()].copy_from_slice(value);
    }
    bytes
}

fn renamed(bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes;
    let found: Vec<usize> = bytes.windows(from.len()).enumerate().filter(|(_, w)| *w == from).map(|(i, _)| i).collect();
    for i in found {
        bytes[i..i + to.len()].copy_from_slice(to);
    }
    bytes
}

#[test]
fn hostile_archives_are_refused_by_what_they_are() {
    let zeros = vec![b' '; 64 << 20];
    let many = {
        let mut zip = ZipWriter::new(std::io::Cursor::new(vec![]));
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        (0..10_001).for_each(|i| zip.start_file(format!("{i}.xml"), stored).unwrap());
        zip.finish().unwrap().into_inner()
    };
    let linked = {
        let mut zip = ZipWriter::new(std::io::Cursor::new(vec![]));
        zip.add_symlink("xl/workbook.xml", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        zip.finish().unwrap().into_inner()
    };
    let padding: String = (0..20_000u64).map(|i| (i * i % 99_991).to_string()).collect();
    let doctype = format!("{}<!DOCTYPE a><a/>", &padding[..(1 << 16) - 4]).into_bytes();
    let plain = || xlsx(&["<c r='?'><v>1</v></c>"]);
    let hostile = [
        ("ratio", xlsx_with("", &[("media.bin", &zeros)]), "200 times"),
        ("many", many, "10000 parts"),
        ("link", linked, "is a link"),
        ("above", xlsx_with("", &[("../x.xml", b"<a/>")]), "leads out"),
        ("absolute", renamed(xlsx_with("", &[("xetc.xml", b"<a/>")]), b"xetc.xml", b"/etc.xml"), "leads out"),
        (
            "twice",
            renamed(xlsx_with("", &[("a1.xml", b"<a/>"), ("a2.xml", b"<a/>")]), b"a2.xml", b"a1.xml"),
            "same name",
        ),
        ("size too small", patched(plain(), b"PK\x01\x02", 24, &9u32.to_le_bytes()), "larger than its declared"),
        ("size too large", patched(plain(), b"PK\x01\x02", 24, &9_999u32.to_le_bytes()), "not as large"),
        ("locked", patched(patched(plain(), b"PK\x01\x02", 8, &[1, 0]), b"PK\x03\x04", 6, &[1, 0]), "password"),
        ("doctype", xlsx_with("", &[("docProps/app.xml", &doctype)]), "DOCTYPE"),
        ("compound", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".repeat(100), "password"),
        ("no zip", b"<html>".to_vec(), "not a workbook"),
        ("empty", vec![], "not a workbook"),
        ("no parts", archive(&[("a.xml", b"<a/>")]), "no part"),
    ];
    for (name, bytes, problem) in hostile {
        let site = written("a.xlsx", bytes);
        let began = Instant::now();
        let fault = open(site.path(), "a.xlsx", None).err().unwrap_or_default();
        assert!(fault.contains(problem), "{name}: {fault}");
        assert!(began.elapsed() < Duration::from_secs(1), "{name}: {:?}", began.elapsed());
        assert_eq!(fs::read_dir(site.path()).unwrap().count(), 1, "{name} left a file");
    }
}

#[test]
fn a_workbook_inside_its_limits_passes_whatever_else_is_in_it() {
    let repeated = vec![b'x'; 60 << 10];
    let site = written("a.xlsx", xlsx_with(HEAD, &[("media/logo.bin", &repeated), ("xl/theme/", b"")]));
    assert!(open(site.path(), "a.xlsx", None).is_ok());
}

#[test]
fn old_and_unknown_formats_are_refused_with_the_way_out() {
    for file in ["a.xls", "a.xlsb", "A.XLS"] {
        let site = written(file, b"");
        assert!(open(site.path(), file, None).err().unwrap().contains("save it as .xlsx"), "{file}");
        assert!(read::layers(site.path(), Path::new(file)).is_err());
    }
    let site = written("a.docx", b"");
    assert!(open(site.path(), "a.docx", None).err().unwrap().contains("cannot be read"));
    for file in ["none.gml", "none.xlsx", "none.ods", "none.csv"] {
        assert!(open(site.path(), file, None).is_err(), "{file}");
    }
}

// Damage

/// Reads everything; what matters is that there is an answer.
fn answers(site: &Path, file: &str) -> Result<usize, String> {
    let layers = read::layers(site, Path::new(file));
    let read = || open(site, file, None).and_then(|table| rows(table.as_ref()).map(|rows| rows.len()));
    layers.map_err(|failure| failure.to_string()).and_then(|_| read())
}

#[test]
fn damaged_files_give_an_answer_and_never_a_panic() {
    let mut refused = 0;
    for file in COMMITTED {
        let whole = fs::read(data().join(file)).unwrap();
        for at in (0..whole.len()).step_by(11) {
            let mut flipped = whole.clone();
            flipped[at] ^= 0xff;
            let mut bit = whole.clone();
            bit[at] ^= 1;
            for damaged in [&flipped[..], &bit, &whole[..at], &[&whole[..at], &whole[at + 1..]].concat()] {
                let site = written(file, damaged);
                let answer = catch_unwind(AssertUnwindSafe(|| answers(site.path(), file)));
                refused += usize::from(answer.unwrap_or_else(|_| panic!("{file} damaged at {at}")).is_err());
            }
        }
    }
    assert!(refused > 1_000, "{refused}");
}
