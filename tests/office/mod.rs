//! An office in a folder of its own, with a clock that the test moves, and an edition with parcels to cut from.
#![allow(dead_code)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use congbo::account::administer::{By, Letter, NewAccount};
use congbo::account::office::{self, Plan};
use congbo::account::role::Role;
use congbo::account::session::SignedIn;
use congbo::account::sign_in::{Attempt, Begun};
use congbo::account::{Clock, Office, Person};
use congbo::config::account::{AccountConfig, HashingConfig};
use congbo::release::{self, EditionFacts, OpenEdition, Staging};
use flatgeobuf::{ColumnType, FgbCrs, FgbWriter, FgbWriterOptions, GeometryType};
use geozero::wkb::Wkb;
use geozero::{ColumnValue, PropertyProcessor};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, offset};
use tempfile::TempDir;

pub const PASSWORD: &str = "sương sớm trên ruộng";
/// A Wednesday.
pub const MORNING: &str = "2026-03-04T09:00:00";

pub struct Bureau {
    pub folder: TempDir,
    pub plan: Plan,
    pub office: Arc<Office>,
    time: Arc<AtomicI64>,
    people: AtomicI64,
}

/// Cheap hashes: what they cost is proved elsewhere.
pub fn config() -> AccountConfig {
    AccountConfig { hashing: HashingConfig { memory_mib: 1, passes: 1 }, ..AccountConfig::default() }
}

impl Bureau {
    pub fn new() -> Self {
        Bureau::with(config())
    }

    pub fn with(config: AccountConfig) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let days_off = ["2026-04-30", "2026-05-01"].map(|day| day.parse().unwrap()).into();
        let plan = Plan { folder: folder.path().join("account"), heads: folder.path().join("heads"), config, days_off };
        office::create(&plan).unwrap();
        let time = Arc::new(AtomicI64::new(0));
        let office = Arc::new(Office::open(&plan, clock(&time)).unwrap());
        let bureau = Bureau { folder, plan, office, time, people: AtomicI64::new(1) };
        bureau.at(MORNING);
        bureau.found();
        bureau
    }

    /// Vietnam time.
    pub fn at(&self, moment: &str) {
        let time: DateTime = moment.parse().unwrap();
        let time = time.to_zoned(TimeZone::fixed(offset(7))).unwrap();
        self.time.store(time.timestamp().as_second(), Relaxed);
    }

    pub fn later(&self, seconds: i64) {
        self.time.fetch_add(seconds, Relaxed);
    }

    /// The same office as another process opens it.
    pub fn reopened(&self) -> Office {
        Office::open(&self.plan, clock(&self.time)).unwrap()
    }

    fn found(&self) {
        let new = self.new_account("quantri", Role::Administrator, &[]);
        self.office.create_account(&By::Founding, &self.letter(), &new).unwrap();
    }

    /// Citizen numbers that nobody has: the province 001 to 096, the rest counted up.
    pub fn citizen_number(&self) -> String {
        format!("0010{:08}", self.people.fetch_add(1, Relaxed))
    }

    pub fn letter(&self) -> Letter {
        Letter { number: "12/CV".into(), date: self.office.clock.today(), unit: "UBND xã An Minh".into() }
    }

    pub fn new_account(&self, name: &str, role: Role, communes: &[&str]) -> NewAccount {
        let is_contractor = role == Role::Contractor;
        NewAccount {
            name: name.into(),
            citizen_number: self.citizen_number(),
            full_name: "CHỦ TÀI KHOẢN 0001".into(),
            unit: "UBND xã An Minh".into(),
            organisation: String::new(),
            role,
            communes: communes.iter().map(|code| (*code).to_owned()).collect(),
            plan: is_contractor.then(|| "PA 01/2026".into()),
            expires_on: is_contractor.then(|| "2026-12-31".parse().unwrap()),
        }
    }

    /// An account with its first password.
    pub fn made(&self, name: &str, role: Role, communes: &[&str]) -> String {
        let administrator = self.person("quantri");
        let new = self.new_account(name, role, communes);
        self.office.create_account(&By::Person(&administrator), &self.letter(), &new).unwrap()
    }

    /// An account whose password was chosen.
    pub fn open(&self, name: &str, role: Role, communes: &[&str]) -> Person {
        let first = self.made(name, role, communes);
        let begun = self.sign_in(name, &first).unwrap();
        let session = self.session(&begun);
        self.office.choose_password(&session, &first, PASSWORD, "1", "local").unwrap();
        self.person(name)
    }

    pub fn person(&self, name: &str) -> Person {
        self.office.read(|db| Person::by_name(db, name)).unwrap().unwrap()
    }

    pub fn sign_in(&self, name: &str, password: &str) -> congbo::account::Result<Begun> {
        self.office.sign_in(&Attempt { name, password, place: "192.0.2.0/24", browser: "" })
    }

    pub fn session(&self, begun: &Begun) -> SignedIn {
        self.office.signed_in(&begun.token).unwrap().unwrap()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.plan.folder.join(office::LOG)).unwrap()
    }
}

fn clock(time: &Arc<AtomicI64>) -> Clock {
    let time = time.clone();
    Clock::reading(move || Timestamp::from_second(time.load(Relaxed)).unwrap())
}

/// So many square parcels in a row, a thousandth of a degree apart, from `west` eastwards; fifty to a map sheet.
pub fn parcels(commune: &str, count: usize, west: f64) -> Vec<u8> {
    let options = FgbWriterOptions {
        crs: FgbCrs { org: Some("EPSG"), code: 4326, ..FgbCrs::default() },
        metadata: Some(r#"{"dataset":"thua-dat"}"#),
        ..FgbWriterOptions::default()
    };
    let mut writer = FgbWriter::create_with_options("thua_dat", GeometryType::MultiPolygon, options).unwrap();
    writer.add_column("maXa", ColumnType::String, |_, _| {});
    writer.add_column("soHieuToBanDo", ColumnType::Long, |_, _| {});
    writer.add_column("soThuTuThua", ColumnType::Long, |_, _| {});
    writer.add_column("dienTich", ColumnType::Double, |_, _| {});
    writer.add_column("diaChiThuaDat", ColumnType::String, |_, _| {});
    for i in 0..count {
        let (x, y, side) = (west + i as f64 * 0.001, 20.85, 0.0008);
        let ring = [(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)];
        writer
            .add_feature_geom(Wkb(multipolygon(&ring)), |feature| {
                feature.property(0, "maXa", &ColumnValue::String(commune)).unwrap();
                feature.property(1, "soHieuToBanDo", &ColumnValue::Long(i as i64 / 50 + 1)).unwrap();
                feature.property(2, "soThuTuThua", &ColumnValue::Long(i as i64 % 50 + 1)).unwrap();
                feature.property(3, "dienTich", &ColumnValue::Double(7000.5 + i as f64)).unwrap();
                let address = if i == 0 { "=SUM(A1)" } else { "Thôn \"Đông\", <An> & Ấp 3" };
                feature.property(4, "diaChiThuaDat", &ColumnValue::String(address)).unwrap();
            })
            .unwrap();
    }
    let mut bytes = vec![];
    writer.write(&mut bytes).unwrap();
    bytes
}

/// One ring as well-known binary.
fn multipolygon(ring: &[(f64, f64)]) -> Vec<u8> {
    let mut wkb = vec![];
    for number in [6u32, 1] {
        wkb.extend([&[1u8; 1][..usize::from(number == 6)], &number.to_le_bytes()].concat());
    }
    wkb.push(1);
    [3u32, 1, ring.len() as u32].iter().for_each(|number| wkb.extend(number.to_le_bytes()));
    ring.iter().flat_map(|(x, y)| [x, y]).for_each(|number| wkb.extend(number.to_le_bytes()));
    wkb
}

/// Publishes an edition with 300 parcels of 99001 and 200 of 99002, and the page whose frame the desk takes.
pub fn publish(dist: &Path) -> OpenEdition {
    let staging = Staging::begin(dist).unwrap();
    let page = |language: &str| {
        format!(
            "<!doctype html><html lang=\"{language}\"><head><title>Trang</title></head><body><a href=\"/en/tai-khoan/\">\
             English</a><main id=\"noi-dung\">Chưa mở</main><footer>Chân trang</footer></body></html>"
        )
    };
    for (path, language) in
        [("site/index.html", "vi"), ("site/tai-khoan/index.html", "vi"), ("site/en/tai-khoan/index.html", "en")]
    {
        staging.write(path, page(language).as_bytes()).unwrap();
    }
    staging.write("extracts/thua_dat/99001-thua-dat.fgb", &parcels("99001", 300, 106.30)).unwrap();
    staging.write("extracts/thua_dat/99002-thua-dat.fgb", &parcels("99002", 200, 106.70)).unwrap();
    staging.write("site/du-lieu/ho-so/thua-dat/record.json", br#"{"crs":"EPSG:9210"}"#).unwrap();
    staging.write("site/search/to/99001/1.json", b"{\"to\":1}").unwrap();
    staging.write("report.json", b"{}").unwrap();
    let facts = EditionFacts { date: "2026-01-05".parse().unwrap(), tool_version: "0.1.0".into(), datasets: vec![] };
    staging.seal(facts).unwrap();
    release::publish(dist, None).unwrap();
    release::open(dist).unwrap()
}
