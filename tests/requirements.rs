//! One test for each requirement on the data that is kept, under its number; `docs/conformance.md` says which
//! article it comes from, and why the others have none here. What another file proves at length under the same
//! number is not repeated.

mod demo_site;
mod small_site;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;

use congbo::config::dataset::DatasetKind;
use congbo::config::site::SiteConfig;
use congbo::digest::{sha256, sha256_file};
use congbo::disclose::allow_list;
use congbo::snapshot::{Content, Snapshot, signature, store};
use demo_site::{DATASETS, DemoSite};
use jiff::civil::Date;
use regex::Regex;
use rusqlite::Connection;
use serde_json::Value;
use small_site::{DATASET, Row, SITE, SmallSite, corner, four_parcels, parcel};

const KINDS: [&str; 7] = ["dia_chinh", "quy_hoach", "gia_dat", "he_so", "thong_ke", "dia_gioi", "nen"];
const COMMUNES: [&str; 2] = ["99001", "99002"];

/// The last days of the demonstration's statistics, plan, prices and boundaries, each with the day after.
const DAYS: [&str; 8] =
    ["2026-01-15", "2026-01-16", "2025-12-25", "2025-12-26", "2025-12-20", "2025-12-21", "2026-02-04", "2026-02-05"];

/// All that the tests ask about the demonstration: approved, built, published and served once for them all.
struct Demonstration {
    /// Files of the edition by their path inside it.
    files: BTreeMap<String, Vec<u8>>,
    manifests: usize,
    /// Exit code and report of `congbo check` before anything was public, by day.
    due: BTreeMap<&'static str, (i32, Value)>,
    /// The same after publication on 14 January 2026, three months later and a day.
    published: Value,
    plan: Value,
    sample: String,
    without_sign_off: (i32, String),
    /// Where `dist/current` led: before publication, after it, after another edition, and back again.
    pointers: Vec<Option<PathBuf>>,
    /// Status and digest of what the server answered to GET, by path.
    answers: BTreeMap<String, (u16, String)>,
    /// Statuses of what asks for more than reading.
    writing: Vec<u16>,
}

static DEMO: LazyLock<Demonstration> = LazyLock::new(demonstration);

fn demonstration() -> Demonstration {
    let keys = tempfile::tempdir().unwrap();
    signature::make_key(&keys.path().join("approver"), None).unwrap();
    let key = keys.path().join("approver.key");
    let mut site = DemoSite::approved(&key);
    let first = build(&mut site, &[]);
    let folder = format!("dist/releases/{first}");
    let files = site.files(&folder).into_iter().map(|(path, bytes)| (path.to_str().unwrap().to_owned(), bytes));
    let files: BTreeMap<_, _> = files.collect();
    let due = DAYS.map(|day| (day, json(&run(&site, &["--json", "check", "--date", day])))).into();
    let plan = json(&run(&site, &["--json", "plan"])).1;
    let refused = run(&site, &["publish", "--date", "2026-01-14"]);
    let mut pointers = vec![pointer(&site)];
    site.sign_off(&key);
    let sample = std::fs::read_to_string(site.path().join("dist/sign-off").join(&first).join("sample.csv")).unwrap();
    site.congbo(&["publish", "--date", "2026-01-14"]);
    pointers.push(pointer(&site));
    let published = json(&run(&site, &["--json", "check", "--date", "2026-04-15"])).1;
    let (answers, writing) = served(&site, &downloads(&files));
    let second = build(&mut site, &["--public-url", "http://127.0.0.1:9090"]);
    for edition in [&second, &first] {
        site.congbo(&["publish", edition, "--date", "2026-01-15"]);
        pointers.push(pointer(&site));
    }
    let manifests = site.files("dist/current").iter().filter(|(path, _)| path.ends_with("manifest.json")).count();
    let without_sign_off = (refused.status.code().unwrap(), String::from_utf8(refused.stderr).unwrap());
    Demonstration { files, manifests, due, published, plan, sample, without_sign_off, pointers, answers, writing }
}

fn run(site: &DemoSite, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_congbo")).arg("-C").arg(site.path()).args(arguments).output().unwrap()
}

fn build(site: &mut DemoSite, more: &[&str]) -> String {
    let said = String::from_utf8(site.congbo(&[&["build"], more].concat()).stdout).unwrap();
    said.lines().find_map(|line| line.strip_prefix("edition ")).unwrap().to_owned()
}

fn json(output: &Output) -> (i32, Value) {
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

fn pointer(site: &DemoSite) -> Option<PathBuf> {
    std::fs::read_link(site.path().join("dist/current")).ok()
}

/// Path and SHA-256 of every file of the DCAT catalogue.
fn downloads(files: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, String> {
    let catalogue: Value = serde_json::from_slice(&files["site/du-lieu/dcat.jsonld"]).unwrap();
    let datasets = catalogue["dcat:dataset"].as_array().unwrap();
    datasets
        .iter()
        .filter_map(|dataset| dataset["dcat:distribution"].as_array())
        .flatten()
        .map(|file| {
            let url = file["dcat:downloadURL"]["@id"].as_str().unwrap();
            let digest = file["spdx:checksum"]["spdx:checksumValue"]["@value"].as_str().unwrap();
            (url.strip_prefix("http://127.0.0.1:8080").unwrap().to_owned(), digest.to_owned())
        })
        .collect()
}

type Answers = BTreeMap<String, (u16, String)>;

/// Asks the program itself, without a cookie or a name: for every path, and to write.
fn served(site: &DemoSite, paths: &BTreeMap<String, String>) -> (Answers, Vec<u16>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_congbo"));
    command.arg("-C").arg(site.path()).args(["serve", "--listen", "127.0.0.1:0"]);
    let mut server = Server(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    // Kept open to the end: a program whose output nobody takes may stop.
    let mut output = BufReader::new(server.0.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let host = line.split("http://").nth(1).unwrap().trim_end_matches(['/', '\n']).to_owned();
    let extract = "/extracts/thua_dat/99001-thua-dat-an-minh.fgb".to_owned();
    let answers = paths.keys().chain([&extract]).map(|path| {
        let (status, body) = ask(&host, "GET", path);
        (path.clone(), (status, sha256(&body)))
    });
    let writing = ["POST", "PUT", "PATCH", "DELETE"].map(|method| ask(&host, method, "/thua-dat/99001/1/").0);
    (answers.collect(), writing.to_vec())
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn ask(host: &str, method: &str, path: &str) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = vec![];
    stream.read_to_end(&mut answer).unwrap();
    let head = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap();
    let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
    (status, answer[head + 4..].to_vec())
}

impl Demonstration {
    fn text(&self, path: &str) -> &str {
        std::str::from_utf8(self.files.get(path).unwrap_or_else(|| panic!("{path} is missing"))).unwrap()
    }

    fn json(&self, path: &str) -> Value {
        serde_json::from_str(self.text(path)).unwrap()
    }

    fn has_page(&self, address: &str) -> bool {
        self.files.contains_key(&format!("site{address}index.html"))
    }

    /// Vietnamese pages, each with its path.
    fn pages(&self) -> impl Iterator<Item = (&str, &str)> {
        let paths = self.files.keys().filter(|path| path.ends_with(".html") && !path.starts_with("site/en/"));
        paths.map(|path| (path.as_str(), self.text(path)))
    }

    fn due(&self, day: &str, dataset: &str) -> &Value {
        of_dataset(&self.due[day].1, dataset)
    }

    /// The last day is `days` calendar days after the decision; on it nobody is late, on the next day it is overdue.
    fn is_due_after(&self, dataset: &str, days: i32, last_day: &str, next_day: &str) {
        let due = self.due(last_day, dataset);
        let [decided, last] = ["decided_on", "due_on"].map(|key| due[key].as_str().unwrap().parse::<Date>().unwrap());
        assert_eq!((decided.until(last).unwrap().get_days(), last.to_string().as_str()), (days, last_day));
        assert_eq!((&due["state"], &self.due(next_day, dataset)["state"]), (&"soon".into(), &"overdue".into()));
        assert_eq!(self.due[next_day].0, 8, "a timer can see that {dataset} is overdue");
    }
}

fn of_dataset<'a>(report: &'a Value, dataset: &str) -> &'a Value {
    report["datasets"].as_array().unwrap().iter().find(|due| due["dataset"] == dataset).unwrap()
}

impl SmallSite {
    /// Approves a dataset, expects this exit code, and returns what was said. Nothing may have been written.
    fn refused(&self, dataset: &str, exit: i32) -> String {
        let output = self.congbo(&["approve", &format!("content/data/{dataset}")]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(exit), "{said}");
        assert!(!self.path().join("snapshots").join(dataset).exists(), "a refused dataset left a snapshot");
        said
    }

    fn approved(&self, dataset: &str) -> Snapshot {
        let output = self.congbo(&["approve", &format!("content/data/{dataset}")]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.open(dataset)
    }

    fn open(&self, dataset: &str) -> Snapshot {
        store::open(self.path(), &SiteConfig::load(self.path()).unwrap(), dataset).unwrap()
    }

    fn execute(&self, sql: &str) {
        Connection::open(self.gpkg()).unwrap().execute_batch(sql).unwrap();
    }

    /// A dataset `bang` of one CSV file whose columns have the standard's names; `approver` is the kind of data
    /// that the site's key may sign.
    fn write_table(&self, kind: &str, approver: &str, csv: &str) {
        self.write("congbo.toml", &SITE.replace("dia_chinh = ", &format!("{approver} = ")));
        self.write("content/data/bang/bang.csv", csv);
        let digest = sha256_file(&self.path().join("content/data/bang/bang.csv")).unwrap();
        let columns = csv.lines().next().unwrap().split(',');
        let fields: String = columns.map(|column| format!("{column} = \"{column}\"\n")).collect();
        self.write(
            "content/data/bang/dataset.toml",
            &format!(
                "kind = \"{kind}\"\ntitle = {{ vi = \"Bảng\" }}\ncommunes = [\"99001\"]\n\n[[source]]\nfile = \"bang.csv\"\n\
                 sha256 = \"{digest}\"\n\n[fields]\n{fields}\n[decision]\nnumber = \"00/2026/QĐ-UBND\"\ndate = 2026-01-05\n\
                 authority = \"UBND tỉnh Minh Họa\"\neffective_from = 2026-01-15\nacceptance = \"BB 01\"\n"
            ),
        );
    }
}

fn parcels(snapshot: &Snapshot) -> Vec<&congbo::model::parcel::Parcel> {
    let Content::Parcels(layer) = &snapshot.content else { panic!("parcels went in") };
    layer.rows.iter().map(|row| &**row).collect()
}

const STATISTICS: &str = "bieu,maXa,loaiDat,dienTich,nam\n01/TKKK,99001,ODT,127.70,2025\n";
const PRICES: &str = "stt,ma_bang,so_van_ban,ngay_ban_hanh,hieu_luc_tu,ma_xa,ten_xa,nhom_gia,loai_dat,loai_bang,ten_duong,vi_tri_1,don_vi\n\
                      1,B05,01/2026/QĐ,2026-01-05,2026-01-15,99001,Xã An Minh,DAT_O,ODT,duong,Đường 1,24000,1000 đồng/m2\n";

#[test]
fn d01_every_kind_of_data_is_built_and_has_its_page() {
    let manifest = DEMO.json("manifest.json");
    let datasets = manifest["datasets"].as_array().unwrap();
    let kinds: BTreeSet<_> = datasets.iter().map(|dataset| dataset["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, BTreeSet::from(KINDS));
    assert_eq!(datasets.len(), DATASETS.len());
    assert!(DATASETS.iter().all(|dataset| DEMO.has_page(&format!("/du-lieu/{dataset}/"))));
}

#[test]
fn d03_one_edition_with_one_manifest_holds_every_commune_of_the_province() {
    assert_eq!(DEMO.manifests, 1);
    for (address, title) in [("/xa/99001-xa-an-minh/", "Xã An Minh"), ("/xa/99002-phuong-ben-lua/", "Phường Bến Lụa")]
    {
        assert!(DEMO.has_page(address), "{title}");
        assert!(DEMO.text("site/xa/index.html").contains(&format!("href=\"{address}\"")), "{title}");
    }
}

#[test]
fn d04_a_commune_leads_to_its_sheets_prices_plan_and_statistics() {
    let commune = "href=\"/xa/99001-xa-an-minh/\"";
    let page = DEMO.text("site/xa/99001-xa-an-minh/index.html");
    for address in ["/thua-dat/99001/1/", "/bang-gia-dat/bang-gia-dat-2026/99001-xa-an-minh/"] {
        assert!(page.contains(&format!("href=\"{address}\"")), "{address}");
        assert!(DEMO.text(&format!("site{address}index.html")).contains(commune), "{address} does not lead back");
    }
    assert!(page.contains("href=\"/quy-hoach/99001-xa-an-minh/\"") && page.contains("href=\"/ban-do/#xa=99001\""));
    assert!(DEMO.text("site/quy-hoach/99001-xa-an-minh/index.html").contains("href=\"/ban-do/#xa=99001"));
    assert!(page.contains("id=\"thong-ke\"") && DEMO.text("site/thong-ke/index.html").contains(commune));
}

#[test]
fn d05_only_what_was_decided_and_accepted_is_published() {
    let site = SmallSite::new();
    site.describe(|d| d[..d.find("[decision]").unwrap()].to_owned());
    assert!(site.refused("thua-dat", 3).contains("the dataset has no decision"));
    for key in ["number", "date", "authority", "acceptance"] {
        site.describe(|d| {
            d.lines().filter(|line| !line.starts_with(&format!("{key} = "))).collect::<Vec<_>>().join("\n")
        });
        let output = site.approve();
        assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains(key), "{key}");
        assert!(!site.path().join("snapshots").exists(), "{key}");
    }
    for (path, page) in DEMO.pages() {
        assert!(page.contains("không thay thế trích lục"), "{path}");
    }
}

#[test]
fn d07_a_shape_without_its_row_and_a_number_twice_are_both_named() {
    let site = SmallSite::new();
    site.execute("UPDATE ThuaDat SET geom = NULL WHERE SOTHUA = 1; UPDATE ThuaDat SET SOTHUA = 3 WHERE SOTHUA = 4;");
    site.describe(|d| d);
    let said = site.refused("thua-dat", 5);
    assert!(said.contains("99001-00001-000001") && said.contains("99001-00001-000003"), "{said}");
    site.write_parcels(&four_parcels(), corner(9210));
    site.execute("UPDATE ThuaDat SET DIENTICH = NULL WHERE SOTHUA = 2;");
    site.describe(|d| d);
    assert!(site.refused("thua-dat", 3).contains("dienTich is empty"), "a shape without what its row must say");
}

#[test]
fn d08_what_was_approved_before_stays_and_old_numbers_lead_to_the_parcels_of_today() {
    let site = SmallSite::new();
    let first = site.approved("thua-dat");
    let record = std::fs::read(site.path().join(&first.folder).join("record.json")).unwrap();
    site.execute("UPDATE ThuaDat SET DIENTICH = 101 WHERE SOTHUA = 1;");
    site.describe(|d| d);
    let second = site.approved("thua-dat");
    assert_ne!(first.folder, second.folder);
    assert_eq!(std::fs::read(site.path().join(&first.folder).join("record.json")).unwrap(), record);
    assert_eq!((parcels(&first)[0].area_m2, parcels(&second)[0].area_m2), (100.0, 101.0));

    for commune in COMMUNES {
        let old = DEMO.json(&format!("site/search/to-{commune}.json"))["old"].clone();
        let sheet = old[0].as_str().unwrap();
        let index = DEMO.json(&format!("site/search/to/{commune}/{sheet}.json"));
        assert!(!index["former"].as_object().unwrap().is_empty(), "{commune}");
    }
}

#[test]
fn d09_every_page_says_up_to_which_day_its_data_goes() {
    for (path, page) in DEMO.pages() {
        let (_, after) = page.split_once("Dữ liệu đến ngày <time datetime=\"").unwrap_or_else(|| panic!("{path}"));
        let day: jiff::civil::Date = after[..10].parse().unwrap();
        assert!(day <= jiff::civil::date(2026, 1, 10), "{path}: {day}");
        assert!(after[12..].starts_with(&day.strftime("%d/%m/%Y").to_string()), "{path}");
    }
}

#[test]
fn d10_sources_are_read_and_never_written_and_the_server_takes_nothing() {
    let site = SmallSite::new();
    let before = (std::fs::read(site.gpkg()).unwrap(), site.gpkg().metadata().unwrap().modified().unwrap());
    site.approved("thua-dat");
    let after = (std::fs::read(site.gpkg()).unwrap(), site.gpkg().metadata().unwrap().modified().unwrap());
    assert!(before == after, "approval wrote to its source");
    let beside = std::fs::read_dir(site.path().join(DATASET)).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(beside.collect::<BTreeSet<_>>(), BTreeSet::from(["dataset.toml".into(), "thua_dat.gpkg".into()]));
    assert_eq!(DEMO.writing, [405; 4]);
}

#[test]
fn d13_statistics_go_out_as_they_were_approved() {
    let site = SmallSite::new();
    site.write_table("thong_ke", "thong_ke", STATISTICS);
    let snapshot = site.approved("bang");
    let Content::Statistics(rows) = &snapshot.content else { panic!("statistics went in") };
    assert_eq!(rows[0].area_ha, "127.70");
    let described = std::fs::read_to_string(site.path().join("content/data/bang/dataset.toml")).unwrap();
    site.write("content/data/bang-2/bang.csv", STATISTICS);
    site.write("content/data/bang-2/dataset.toml", &described[..described.find("[decision]").unwrap()]);
    assert!(site.refused("bang-2", 3).contains("the dataset has no decision"));
}

#[test]
fn d15_of_the_price_database_only_the_table_is_public() {
    let site = SmallSite::new();
    for column in ["giaDatCuThe", "giaTrungDauGia", "nghiaVuTaiChinh", "giaChuyenNhuong", "soHopDong"] {
        let (head, row) = PRICES.split_once('\n').unwrap();
        site.write_table("gia_dat", "gia_dat", &format!("{head},{column}\n{},1\n", row.trim()));
        let said = site.refused("bang", 4);
        assert!(said.contains(&format!("'{column}'")), "{said}");
    }
    site.write_table("gia_dat", "gia_dat", PRICES);
    site.approved("bang");
}

#[test]
fn d16_a_price_table_signed_with_the_key_of_the_planning_office_is_refused() {
    let site = SmallSite::new();
    site.write_table("gia_dat", "quy_hoach", PRICES);
    assert!(site.refused("bang", 3).contains("this key may not approve 'gia_dat'"));
}

#[test]
fn d17_water_roads_places_boundaries_and_plans_are_open_and_persons_rights_assets_and_control_points_never() {
    for file in ["nen/nen-thuy-he", "nen/nen-giao-thong", "nen/nen-dia-danh", "dia_gioi/dia-gioi"] {
        assert!(DEMO.files.contains_key(&format!("open/{file}.fgb")), "{file}");
    }
    assert!(DEMO.files.contains_key("open/quy_hoach/99001-quy-hoach-2021-2030.fgb"));
    for (column, group) in
        [("TenChu", "Nguoi"), ("ThoiHanSuDung", "QuyenSuDung"), ("taiSanID", "TaiSan"), ("soHieuDiem", "DiemKhongChe")]
    {
        assert_eq!(allow_list::private_group(column).unwrap().name, group);
        let site = SmallSite::new();
        site.execute(&format!("ALTER TABLE ThuaDat RENAME COLUMN DiaChi TO {column}x; ALTER TABLE ThuaDat RENAME COLUMN TenChu TO KhongCo; ALTER TABLE ThuaDat RENAME COLUMN {column}x TO {column};"));
        site.describe(|d| d.replace("\"TenChu\"", "\"KhongCo\"").replace("\"DiaChi\"", &format!("\"{column}\"")));
        let said = site.refused("thua-dat", 4);
        assert!(said.contains(&format!("'{column}'")) && said.contains(group), "{said}");
    }
}

#[test]
fn d18_columns_of_real_exports_are_known_by_the_field_of_the_standard() {
    for (column, field) in [
        ("SO_TO", "soHieuToBanDo"),
        ("Số thửa", "soThuTuThua"),
        ("SHBANDO", "soHieuToBanDo"),
        ("MDSD2003", "kyHieuMucDichSuDung"),
        ("DienTichM2", "dienTich"),
        ("MA_DVHC", "maXa"),
    ] {
        assert_eq!(allow_list::field_of(DatasetKind::DiaChinh, column).unwrap().name, field, "{column}");
    }
}

#[test]
fn d20_half_past_eleven_at_night_utc_is_the_next_day_in_vietnam() {
    let site = SmallSite::new();
    site.execute("ALTER TABLE ThuaDat ADD COLUMN NGAY TEXT DEFAULT '2026-01-05T23:30:00Z';");
    site.describe(|d| d.replace("[withhold]", "thoiDiemCapNhat = \"NGAY\"\n\n[withhold]"));
    assert_eq!(parcels(&site.approved("thua-dat"))[0].updated_on, Some("2026-01-06".parse().unwrap()));
}

#[test]
fn d22_quality_is_reported_by_commune_with_overlaps_gaps_areas_and_invalid_shapes() {
    let site = SmallSite::new();
    let mut rows = four_parcels();
    rows[0].ring = vec![[0.0, 10.0], [12.0, 10.0], [12.0, 20.0], [0.0, 20.0], [0.0, 10.0]];
    rows[2].ring[2] = [9.95, 10.0];
    rows[2].ring[1] = [9.95, 0.0];
    rows[3].area_m2 = 95.0;
    site.write_parcels(&rows, corner(9210));
    site.refused("thua-dat", 5);
    let report = |name: &str| std::fs::read_to_string(site.path().join("reports/thua-dat").join(name)).unwrap();
    let counts: Value = serde_json::from_str(&report("report.json")).unwrap();
    let kinds = counts["by_commune"]["99001"].as_object().unwrap();
    for kind in ["overlap", "gap", "area-difference"] {
        assert!(kinds[kind].as_u64().unwrap() >= 1, "{kind} is not in {kinds:?}");
    }
    rows[0].ring = vec![[0.0, 10.0], [10.0, 20.0], [10.0, 10.0], [0.0, 24.0], [0.0, 10.0]];
    site.write_parcels(&rows, corner(9210));
    assert!(
        site.refused("thua-dat", 5).contains("99001-00001-000001") && report("99001.txt").contains("self-crossing")
    );
    site.write_parcels(&four_parcels(), corner(9210));
    let borders = site.approved("thua-dat").record.quality.borders.unwrap();
    assert!(borders.shared_edges > 0 && (borders.overlap_area_m2, borders.gap_area_m2) == (0.0, 0.0), "{borders:?}");
}

#[test]
fn d22_the_page_of_a_dataset_shows_what_the_check_noted() {
    let record = DEMO.json("site/du-lieu/ho-so/thua-dat-an-minh/record.json");
    let edges = congbo::model::text::integer_vi(record["quality"]["borders"]["shared_edges"].as_i64().unwrap());
    let page = DEMO.text("site/du-lieu/thua-dat-an-minh/index.html");
    assert!(page.contains(&format!("<th scope=\"row\">Cạnh chung của hai thửa</th><td class=\"figure\">{edges}</td>")));
    assert!(DEMO.text("site/du-lieu/nen/index.html").contains("Kiểm tra không ghi nhận điều gì."));
    // Every finding that may be published has words in both languages; the three others are of the decision.
    let findings = read("docs/findings.md");
    let kinds = findings.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | warning"));
    let kinds: Vec<&str> = kinds.map(|(kind, _)| kind).collect();
    assert!(kinds.len() > 15, "{kinds:?}");
    for language in ["vi", "en"] {
        let words: toml::Table = toml::from_str(&read(format!("themes/default/words/{language}.toml"))).unwrap();
        for kind in kinds.iter().filter(|kind| !["early-effect", "transition", "second-person"].contains(kind)) {
            assert!(words["quality_kinds"].get(kind).is_some(), "{language}: {kind}");
        }
    }
}

#[test]
fn d23_parcels_are_black_on_paper_water_blue_boundaries_red_and_land_uses_in_their_colours() {
    let style = DEMO.json("site/styles/ban-do.json");
    let paint = |id: &str, key: &str| {
        let layers = style["layers"].as_array().unwrap();
        layers.iter().find(|layer| layer["id"] == id).unwrap_or_else(|| panic!("{id}"))["paint"][key].clone()
    };
    let rgb = |colour: Value| {
        let hex = colour.as_str().unwrap().trim_start_matches('#').to_owned();
        [0, 2, 4].map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap())
    };
    let [r, g, b] = rgb(paint("thua-dat-vien", "line-color"));
    assert!(r.max(g).max(b) < 0x30, "parcels: {r} {g} {b}");
    let [r, _, b] = rgb(paint("thuy-he", "fill-color"));
    assert!(b > r, "water: {r} {b}");
    let [r, g, b] = rgb(paint("dia-gioi", "line-color"));
    assert!(r > 2 * g && r > 2 * b, "boundaries: {r} {g} {b}");
    let uses = paint("thua-dat-nen", "fill-color");
    assert!(["ONT", "ODT", "LUC", "CLN"].iter().all(|code| uses.as_array().unwrap().contains(&(*code).into())));
}

#[test]
fn d24_metadata_of_every_dataset_is_well_formed_xml() {
    for dataset in DATASETS {
        for standard in ["iso19139", "iso19115-3"] {
            let text = DEMO.text(&format!("site/du-lieu/{dataset}/metadata.{standard}.xml"));
            let mut reader = quick_xml::Reader::from_str(text);
            let mut elements = 0;
            while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {
                elements += 1;
            }
            assert!(elements > 100, "{dataset} {standard}: {elements}");
        }
    }
}

#[test]
fn d26_pages_search_metadata_and_extracts_go_by_commune() {
    for commune in COMMUNES {
        let of_commune = |before: &str, ending: &str| {
            let start = format!("{before}{commune}");
            DEMO.files.keys().any(|path| path.starts_with(&start) && path.ends_with(ending))
        };
        assert!(of_commune("site/xa/", "/index.html") && of_commune("site/search/to-", ".json"), "{commune}");
        assert!(of_commune("site/du-lieu/bang-gia-dat-2026/metadata-", ".iso19139.xml"), "{commune}");
        assert!(of_commune("extracts/thua_dat/", ".fgb") && of_commune("open/quy_hoach/", ".fgb"), "{commune}");
    }
}

#[test]
fn d30_check_says_how_many_days_went_by_from_the_decision_to_the_public_for_each_commune() {
    let parcels = of_dataset(&DEMO.published, "thua-dat-an-minh");
    assert_eq!((&parcels["communes"], &parcels["lag_days"]), (&serde_json::json!(["99001"]), &9.into()));
}

#[test]
fn d31_statistics_are_overdue_when_they_are_not_public_five_days_after_approval() {
    DEMO.is_due_after("thong-ke-2025", 5, "2026-01-15", "2026-01-16");
}

#[test]
fn d32_a_plan_is_overdue_when_it_is_not_public_ten_days_after_approval() {
    DEMO.is_due_after("quy-hoach-2021-2030", 10, "2025-12-25", "2025-12-26");
}

#[test]
fn d33_a_price_table_is_overdue_when_it_is_not_public_ten_days_after_the_decision() {
    DEMO.is_due_after("bang-gia-dat-2026", 10, "2025-12-20", "2025-12-21");
}

#[test]
fn d34_a_tenth_of_the_changed_cases_is_checked_and_signed_off_before_anything_is_published() {
    let cases = DEMO.plan["changes"].as_array().unwrap().len();
    assert!(cases > 4000);
    assert_eq!(DEMO.sample.lines().count() - 1, cases.div_ceil(10));
    let (exit, said) = &DEMO.without_sign_off;
    assert_eq!(*exit, 3, "{said}");
    assert!(said.contains("no sample of them is signed off"), "{said}");
}

#[test]
fn d36_an_edition_is_tried_before_the_public_sees_it_and_can_be_taken_back() {
    let [before, first, second, back] = DEMO.pointers.as_slice() else { panic!("{:?}", DEMO.pointers) };
    assert_eq!(*before, None, "building and a refused publication show nothing");
    assert!(first.is_some() && second.is_some() && first != second);
    assert_eq!(back, first);
}

#[test]
fn d39_the_number_of_the_acceptance_record_stands_with_every_dataset() {
    let manifest = DEMO.json("manifest.json");
    for dataset in manifest["datasets"].as_array().unwrap() {
        let acceptance = dataset["decision"]["acceptance"].as_str().unwrap();
        let page = DEMO.text(&format!("site/du-lieu/{}/index.html", dataset["id"].as_str().unwrap()));
        assert!(acceptance.starts_with("BB-NT ") && page.contains(acceptance), "{acceptance}");
    }
}

#[test]
fn d40_everything_after_approval_works_on_a_copy() {
    let site = SmallSite::new();
    site.approved("thua-dat");
    std::fs::remove_dir_all(site.path().join("content")).unwrap();
    assert_eq!(parcels(&site.open("thua-dat")).len(), 4);
}

#[test]
fn n01_every_file_of_the_catalogue_is_open_to_anybody_in_a_free_format_and_watched_for_its_age() {
    let files = downloads(&DEMO.files);
    assert!(files.len() > 10);
    for (path, digest) in &files {
        assert_eq!(DEMO.answers[path], (200, digest.clone()), "{path}");
        let ending = Path::new(path).extension().unwrap().to_str().unwrap();
        assert!(["csv", "json", "xlsx", "fgb", "pmtiles"].contains(&ending), "{path}");
    }
    assert_eq!(DEMO.answers["/extracts/thua_dat/99001-thua-dat-an-minh.fgb"].0, 404);
    assert_eq!(DEMO.published["notices"][0], "open data was last published on 14/01/2026, more than 3 months ago");
}

#[test]
fn n02_no_map_reaches_beyond_the_province() {
    let [west, south, east, north] = [106.2, 20.6, 106.6, 21.0];
    let inside = |bounds: &[f64]| bounds[0] > west && bounds[1] > south && bounds[2] < east && bounds[3] < north;
    for set in ["nen", "quy-hoach", "su-dung-dat", "thua-dat"] {
        let described = DEMO.json(&format!("tiles/{set}.json"));
        let bounds: Vec<f64> = described["bounds"].as_array().unwrap().iter().map(|b| b.as_f64().unwrap()).collect();
        assert!(inside(&bounds), "{set}: {bounds:?}");
    }
    let bounds = Regex::new("data-bounds=\"([^\"]+)\"").unwrap();
    let bounds = &bounds.captures(DEMO.text("site/ban-do/index.html")).unwrap()[1];
    assert!(inside(&bounds.split(',').map(|b| b.parse().unwrap()).collect::<Vec<f64>>()), "{bounds}");
    let site = SmallSite::new();
    site.write("congbo.toml", &SITE.replace("106.2, 20.6, 106.6, 21.0", "105.2, 20.6, 105.6, 21.0"));
    assert!(site.refused("thua-dat", 3).contains("outside"));
}

#[test]
fn n03_parcels_of_defence_and_security_leave_nothing_but_their_number() {
    let site = SmallSite::new();
    let secret = ["CQP", "CAN"].into_iter().zip(1..).map(|(land_use, n)| Row { land_use, ..parcel(n, n as f64, 0.0) });
    let rows: Vec<Row> = secret.chain([parcel(3, 3.0, 0.0)]).collect();
    site.write_parcels(&rows, corner(9210));
    let snapshot = site.approved("thua-dat");
    assert_eq!(parcels(&snapshot).iter().map(|parcel| parcel.number).collect::<Vec<_>>(), [3]);
    let report = serde_json::to_value(&snapshot.disclosure).unwrap();
    assert!(report["rows_withheld"].to_string().contains('2'), "{report}");
}

/// Bến Lụa is a ward; 1,000 of its parcels are given the code of homes in communes.
#[test]
fn n07_land_for_homes_that_does_not_fit_its_unit_is_warned_of_and_published_as_approved() {
    let keys = tempfile::tempdir().unwrap();
    signature::make_key(&keys.path().join("approver"), None).unwrap();
    let key = keys.path().join("approver.key");
    let mut site = DemoSite::approved(&key);
    assert!(!String::from_utf8_lossy(&site.printed).contains("land for homes"), "every unit has its own code");
    site.own(&["thua-dat-ben-lua"]);
    let folder = site.path().join("content/data/thua-dat-ben-lua");
    let (source, description) = (folder.join("thua_dat.gpkg"), folder.join("dataset.toml"));
    let before = sha256_file(&source).unwrap();
    let database = Connection::open(&source).unwrap();
    let homes = "SELECT THUADATID FROM DC_THUADAT WHERE LOAIDAT = 'ODT' ORDER BY THUADATID LIMIT 1000";
    database.execute(&format!("UPDATE DC_THUADAT SET LOAIDAT = 'ONT' WHERE THUADATID IN ({homes})"), []).unwrap();
    database.close().unwrap();
    let described = std::fs::read_to_string(&description).unwrap();
    std::fs::write(&description, described.replace(&before, &sha256_file(&source).unwrap())).unwrap();
    let said = site.congbo(&["approve", "content/data/thua-dat-ben-lua", "--key", key.to_str().unwrap()]);
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.contains("commune 99002: 1000 parcels are land for homes in a commune (ONT)"), "{said}");
    let edition = build(&mut site, &[]);
    let page = |language: &str| {
        let page = format!("dist/releases/{edition}/site{language}/du-lieu/thua-dat-ben-lua/index.html");
        std::fs::read_to_string(site.path().join(page)).unwrap()
    };
    let row = |words: &str| format!("<th scope=\"row\">{words}</th><td class=\"figure\">1</td>");
    assert!(page("").contains(&row("Loại đất ở không hợp với loại đơn vị hành chính")));
    assert!(page("/en").contains(&row("Residential land use does not fit the kind of unit")));
}

#[test]
fn n09_boundaries_are_due_in_thirty_days_and_come_with_their_history_and_metadata() {
    DEMO.is_due_after("dia-gioi", 30, "2026-02-04", "2026-02-05");
    let history = DEMO.text("site/don-vi-hanh-chinh/cu-moi.csv");
    assert!(history.contains("99502,Xã An Hạ,99001,Xã An Minh,1.0000,nhap,00/NQ-UBTVQH (minh họa),2025-07-01"));
    assert!(DEMO.files.contains_key("open/dia_gioi/dia-gioi-cu.fgb"));
    assert!(DEMO.files.contains_key("site/du-lieu/dia-gioi/metadata.iso19139.xml"));
}

#[test]
fn n10_a_parcel_leads_to_no_person() {
    for field in KINDS.iter().flat_map(|kind| allow_list::allowed(DatasetKind::from_id(kind).unwrap())) {
        assert!(allow_list::private_group(field.name).is_none_or(|group| group.name != "Nguoi"), "{}", field.name);
    }
    let site = SmallSite::new();
    let row = Row { address: "Số nhà 12, Thôn 1, Xã An Minh", ..parcel(1, 0.0, 0.0) };
    site.write_parcels(&[row], corner(9210));
    assert_eq!(parcels(&site.approved("thua-dat"))[0].address.as_deref(), Some("Thôn 1, Xã An Minh"));
    let indexes = DEMO.files.iter().filter(|(path, _)| path.starts_with("site/search/to") && path.ends_with(".json"));
    let letters = Regex::new(r"\p{L}").unwrap();
    for (path, bytes) in indexes {
        let index: Value = serde_json::from_slice(bytes).unwrap();
        let known = ["former", "old", "points", "sheets"];
        assert!(index.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())), "{path}");
        for part in index.as_object().unwrap().values() {
            assert!(!letters.is_match(&part.to_string()), "{path} holds words beside its numbers");
        }
    }
}

#[test]
fn n12_a_plan_is_due_within_fifteen_days_and_shows_its_whole_period() {
    let due = DEMO.due("2025-12-25", "quy-hoach-2021-2030");
    let [decided, last] = ["decided_on", "due_on"].map(|key| due[key].as_str().unwrap().parse::<Date>().unwrap());
    assert!(decided.until(last).unwrap().get_days() <= 15);
    assert!(DEMO.text("site/quy-hoach/99001-xa-an-minh/index.html").contains("2021-2030</td>"));
}

#[test]
fn every_requirement_has_a_test_under_its_number_or_a_line_that_says_why_not() {
    let test = Regex::new(r"(?m)^fn ([dn]\d\d)_").unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let code: String = files.filter(|file| file.extension() == Some("rs".as_ref())).map(read).collect();
    let tested: BTreeSet<String> = test.captures_iter(&code).map(|found| found[1].to_uppercase()).collect();
    let said = read("docs/conformance.md");
    let reasons = reasons(&said);
    let ids = (1..=40).map(|n| format!("D{n:02}")).chain((1..=12).map(|n| format!("N{n:02}")));
    let missing: Vec<String> = ids.filter(|id| !tested.contains(id) && !reasons.contains(id.as_str())).collect();
    assert!(missing.is_empty(), "neither a test nor a reason: {missing:?}");
    assert!(tested.len() > 35, "only {tested:?}");
}

#[test]
fn every_row_of_the_conformance_document_stands_once() {
    let said = read("docs/conformance.md");
    let mut seen = BTreeSet::new();
    let row = Regex::new(r"(?m)^\| ([A-Z]\d\d(?:, [A-Z]\d\d)*) \|").unwrap();
    for id in row.captures_iter(&said).flat_map(|found| found[1].split(", ").map(str::to_owned).collect::<Vec<_>>()) {
        assert!(seen.insert(id.clone()), "{id} stands twice");
    }
    assert!(seen.len() > 50, "only {seen:?}");
}

/// Ids that a list under "Not there yet" or "Not for this site" names at the head of a row.
fn reasons(document: &str) -> BTreeSet<&str> {
    let rows = document.split("\n## ").filter(|part| part.starts_with("Not "));
    let rows = rows.flat_map(str::lines).filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    rows.filter(|(_, why)| why.len() > 20).flat_map(|(ids, _)| ids.split(", ")).collect()
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}
