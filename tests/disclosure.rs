//! The door: what of a source goes out, what is kept back, and how the report counts it.

mod small_site;

use congbo::config::dataset::DatasetConfig;
use congbo::config::site::SiteConfig;
use congbo::digest::sha256_file;
use congbo::disclose::secrecy::Reason;
use congbo::model::parcel::Parcel;
use congbo::snapshot::{Content, Layer, Snapshot, store};
use rusqlite::Connection;
use small_site::{DATASET, Row, SITE, SmallSite, corner, four_parcels, parcel};

impl SmallSite {
    fn approved(&self, dataset: &str) -> Snapshot {
        let output = self.congbo(&["approve", &format!("content/data/{dataset}")]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        store::open(self.path(), &SiteConfig::load(self.path()).unwrap(), dataset).unwrap()
    }

    /// Exit code and what was said of a refused dataset, whose every byte of output is looked at.
    fn refused(&self, dataset: &str, exit: i32) -> String {
        let output = self.congbo(&["approve", &format!("content/data/{dataset}")]);
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(exit), "{said}");
        assert!(!self.path().join("snapshots").join(dataset).exists(), "a refused dataset left a snapshot");
        said
    }

    /// A dataset that is one CSV file whose columns have the standard's names.
    fn write_table(&self, kind: &str, csv: &str, more: &str) {
        self.write("congbo.toml", &SITE.replace("dia_chinh = ", &format!("{kind} = ")));
        self.write("content/data/bang/bang.csv", csv);
        let digest = sha256_file(&self.path().join("content/data/bang/bang.csv")).unwrap();
        let fields: String =
            csv.lines().next().unwrap().split(',').map(|field| format!("{field} = \"{field}\"\n")).collect();
        self.write(
            "content/data/bang/dataset.toml",
            &format!(
                "kind = \"{kind}\"\ntitle = {{ vi = \"Bảng\" }}\ncommunes = [\"99001\"]\n{more}\n[[source]]\nfile = \"bang.csv\"\n\
                 sha256 = \"{digest}\"\n[fields]\n{fields}[decision]\nnumber = \"00/2026/QĐ-UBND\"\ndate = 2026-01-05\n\
                 authority = \"UBND tỉnh Minh Họa\"\neffective_from = 2026-01-15\nacceptance = \"BB 01\"\n"
            ),
        );
    }
}

fn parcels(snapshot: &Snapshot) -> &Layer<Parcel> {
    match &snapshot.content {
        Content::Parcels(layer) => layer,
        _ => panic!("parcels went in"),
    }
}

fn with_land_use(land_use: &'static str) -> SmallSite {
    let site = SmallSite::new();
    site.write_parcels(&[Row { land_use, ..parcel(1, 0.0, 0.0) }, parcel(2, 1.0, 0.0)], corner(9210));
    site
}

#[test]
fn d27_an_old_land_use_is_translated_and_both_are_kept() {
    let snapshot = with_land_use("ODT+LNQ").approved("thua-dat");
    let rows = &parcels(&snapshot).rows;
    assert_eq!((rows[0].land_use.as_str(), rows[0].old_land_use.as_deref()), ("ODT+CLN", Some("ODT+LNQ")));
    assert_eq!((rows[1].land_use.as_str(), rows[1].old_land_use.as_deref()), ("ODT", None));
    assert_eq!(snapshot.disclosure.fields["kyHieuMucDichSuDung"].translated, 1);
}

#[test]
fn d27_an_old_land_use_with_several_successors_stops_until_one_is_decided() {
    let site = with_land_use("TTN");
    let said = site.refused("thua-dat", 3);
    assert!(said.contains("'TTN' is an old land-use code without a single successor"), "{said}");
    assert!(said.contains("decide for TON or TIN under [land_use] in dataset.toml: TTN = \"TON\""), "{said}");
    site.describe(|d| d.replace("[withhold]", "[land_use]\nTTN = \"TIN\"\n\n[withhold]"));
    let snapshot = site.approved("thua-dat");
    assert_eq!(parcels(&snapshot).rows[0].land_use, "TIN");
    assert_eq!(parcels(&snapshot).rows[0].old_land_use.as_deref(), Some("TTN"));
}

#[test]
fn a_decided_successor_must_be_in_force() {
    let site = with_land_use("TTN");
    site.describe(|d| d.replace("[withhold]", "[land_use]\nTTN = \"SMN\"\nODT = \"ONT\"\n\n[withhold]"));
    let said = site.refused("thua-dat", 2);
    assert!(said.contains("[land_use] leads 'TTN' to 'SMN', which is not in force"), "{said}");
    assert!(said.contains("[land_use] names 'ODT', which is not an old land-use code"), "{said}");
}

#[test]
fn a_private_column_cannot_be_mapped_under_a_public_name() {
    let site = SmallSite::new();
    site.describe(|d| {
        d.replace("diaChiThuaDat = \"DiaChi\"", "diaChiThuaDat = \"TenChu\"").replace("\"TenChu\"]", "\"DiaChi\"]")
    });
    let said = site.refused("thua-dat", 4);
    assert!(said.contains("the column 'TenChu' of 'diaChiThuaDat' is private"), "{said}");
    assert!(said.contains("personal data, group Nguoi (Law 91/2025/QH15"), "{said}");
}

#[test]
fn the_area_on_the_certificate_goes_out_only_where_the_province_allows_it() {
    let site = SmallSite::new();
    Connection::open(site.gpkg())
        .unwrap()
        .execute_batch("ALTER TABLE ThuaDat ADD COLUMN DTPL REAL DEFAULT 98.5")
        .unwrap();
    site.describe(|d| d.replace("[withhold]", "dienTichPhapLy = \"DTPL\"\n\n[withhold]"));
    assert!(site.refused("thua-dat", 4).contains("'dienTichPhapLy' is private unless the province decides otherwise"));
    site.write("congbo.toml", &format!("{SITE}\n[disclosure]\nallow = [\"dienTichPhapLy\"]\n"));
    assert_eq!(parcels(&site.approved("thua-dat")).rows[0].legal_area_m2, Some(98.5));
    site.write("congbo.toml", &format!("{SITE}\n[disclosure]\nallow = [\"dienTichPhapLy\", \"tenChu\"]\n"));
    let output = site.approve();
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn texts_go_out_in_nfc() {
    let site = SmallSite::new();
    site.write_parcels(&[Row { address: "Tho\u{302}n 1, Xa\u{303} An Minh", ..parcel(1, 0.0, 0.0) }], corner(9210));
    let snapshot = site.approved("thua-dat");
    assert_eq!(parcels(&snapshot).rows[0].address.as_deref(), Some("Th\u{f4}n 1, X\u{e3} An Minh"));
}

#[test]
fn l06_parcels_of_defence_and_security_are_withheld_and_only_counted() {
    let site = SmallSite::new();
    let mut rows = four_parcels();
    (rows[0].land_use, rows[2].land_use) = ("CQP", "ODT+CAN");
    site.write_parcels(&rows, corner(9210));
    let output = site.approve();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(said.contains("2 rows withheld: secret land use"), "{said}");
    let snapshot = site.approved("thua-dat");
    assert_eq!(parcels(&snapshot).rows.iter().map(|parcel| parcel.number).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(snapshot.disclosure.rows_withheld[&Reason::SecretCode], 2);
    assert_eq!(snapshot.record.rows, 2);
    for file in std::fs::read_dir(site.path().join("snapshots/thua-dat")).unwrap() {
        let folder = file.unwrap().path();
        for file in folder.is_dir().then(|| std::fs::read_dir(&folder).unwrap()).into_iter().flatten() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(3).any(|window| window == b"CQP"), "a secret code was written");
        }
    }
}

#[test]
fn l06_a_province_may_publish_the_codes_its_list_allows() {
    let site = with_land_use("CQP");
    site.write("congbo.toml", &format!("{SITE}\n[secrecy]\nland_use_codes = []\n"));
    assert_eq!(site.approved("thua-dat").record.rows, 2);
}

/// A file of secret areas: one square of 4 m on the corner that the fixture's four parcels share with its first.
fn secret_areas(site: &SmallSite, x: f64) -> String {
    let folder = site.path().join("secret");
    std::fs::create_dir_all(&folder).unwrap();
    let other = SmallSite::new();
    let mut area = parcel(1, 0.0, 0.0);
    area.ring = vec![[x, 4.0], [x + 4.0, 4.0], [x + 4.0, 8.0], [x, 8.0], [x, 4.0]];
    other.write_parcels(&[area], corner(9210));
    std::fs::copy(other.gpkg(), folder.join("areas.gpkg")).unwrap();
    let digest = sha256_file(&folder.join("areas.gpkg")).unwrap();
    format!(
        "{SITE}\n[secrecy]\nareas = \"secret/areas.gpkg\"\nareas_layer = \"ThuaDat\"\nareas_crs = \"EPSG:9210\"\nareas_sha256 = \"{digest}\"\n"
    )
}

#[test]
fn l06_whatever_touches_a_secret_area_is_withheld_whole() {
    let site = SmallSite::new();
    // Between 8 and 12 m east the square lies on parcels 3 and 4, whose border is at 10 m.
    site.write("congbo.toml", &secret_areas(&site, 8.0));
    let snapshot = site.approved("thua-dat");
    assert_eq!(parcels(&snapshot).rows.iter().map(|parcel| parcel.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(snapshot.disclosure.rows_withheld[&Reason::SecretArea], 2);
}

#[test]
fn l06_a_list_of_secret_areas_that_was_changed_stops_the_run() {
    let site = SmallSite::new();
    let config = secret_areas(&site, 8.0);
    site.write("congbo.toml", &config);
    std::fs::write(site.path().join("secret/areas.gpkg"), b"nothing").unwrap();
    assert!(site.refused("thua-dat", 3).contains("the file of the secret areas is not the listed one"));
    site.write("congbo.toml", &config.replace("areas_crs = \"EPSG:9210\"\n", ""));
    assert!(site.refused("thua-dat", 2).contains("the coordinate system of the secret areas is not named"));
}

#[test]
fn the_report_counts_what_came_in_went_out_and_stayed() {
    let site = SmallSite::new();
    let mut rows = four_parcels();
    rows[0].address = "Số nhà 12, Thôn 1, Xã An Minh";
    rows[1].address = "12 ngõ 5";
    site.write_parcels(&rows, corner(9210));
    let snapshot = site.approved("thua-dat");
    let report = &snapshot.disclosure;
    let source = report.sources["source 1"];
    assert_eq!((source.rows, source.columns, source.columns_withheld), (4, 7, 1));
    let address = report.fields["diaChiThuaDat"];
    assert_eq!((address.present, address.coarsened, address.left_out), (3, 1, 1));
    assert_eq!(report.columns_withheld["Nguoi"].columns, 1);
    assert!(snapshot.record.files.iter().any(|file| file.name == store::DISCLOSURE), "the report is not signed");
    assert!(!report.json().contains("TenChu") && !report.json().contains("12"), "{}", report.json());
}

const PRICE_HEAD: &str = "stt,ma_bang,so_van_ban,ngay_ban_hanh,hieu_luc_tu,ma_xa,ten_xa,nhom_gia,loai_dat,loai_bang,ten_duong,tu,den,vi_tri_1,don_vi";

fn price_row(number: u32, road: &str, from: &str) -> String {
    format!(
        "{number},B05,00/2025/NQ-HĐND,2025-12-10,2026-01-01,99001,Xã An Minh,DAT_O,ONT,duong,{road},{from},Cuối đường,9000,1000 đồng/m2\n"
    )
}

#[test]
fn a_person_in_a_price_table_stops_it_and_the_fault_says_how_the_approver_may_answer_for_the_cell() {
    let site = SmallSite::new();
    let rows = [price_row(11, "Bà Triệu", "Cầu Ông Lớn"), price_row(12, "Đường đê", "Nhà ông 0777")].concat();
    let csv = format!("{PRICE_HEAD}\n{rows}");
    site.write_table("gia_dat", &csv, "");
    let said = site.refused("bang", 4);
    assert!(said.contains("line 3: tu names a person"), "{said}");
    assert!(said.contains("[scan] accept = [\"row 000012 tu\"] in dataset.toml"), "{said}");
    assert!(!said.contains("0777"), "{said}");
    assert!(!said.contains("line 2"), "a road or a bridge named after a person was refused: {said}");
    site.write_table("gia_dat", &csv, "scan.accept = [\"row 000012 tu\"]");
    let snapshot = site.approved("bang");
    assert_eq!(snapshot.disclosure.accepted_cells.iter().collect::<Vec<_>>(), ["row 000012 tu"]);
    site.write_table("gia_dat", &csv, "scan.accept = [\"row 000012 tu\", \"row 000011 den\"]");
    let output = site.congbo(&["approve", "content/data/bang"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .contains("[scan] accepts 'row 000011 den', where nothing was objected to")
    );
}

#[test]
fn nobody_may_answer_for_an_identity_number() {
    let site = SmallSite::new();
    let csv = format!("{PRICE_HEAD}\n{}", price_row(12, "Đường đê", "001099000001"));
    site.write_table("gia_dat", &csv, "scan.accept = [\"row 000012 tu\"]");
    let said = site.refused("bang", 4);
    assert!(said.contains("tu holds a number as long as an identity number"), "{said}");
    assert!(!said.contains("accept = "), "{said}");
}

#[test]
fn b14_a_figure_of_too_few_objects_is_refused_unless_the_table_is_published_already() {
    let site = SmallSite::new();
    let csv = "bieu,maXa,loaiDat,dienTich,nam,doiTuong,soDoiTuong\n\
               01/TKKK,99001,ONT,1.20,2025,cá nhân,120\n01/TKKK,99001,CLN,0.03,2025,Hộ gia đình,2\n";
    site.write_table("thong_ke", csv, "");
    let said = site.refused("bang", 4);
    assert!(said.contains("line 3: soDoiTuong stands for fewer than 5 objects"), "{said}");
    site.write_table("thong_ke", csv, "published_table = true");
    let snapshot = site.approved("bang");
    let Content::Statistics(rows) = &snapshot.content else { panic!("statistics went in") };
    let holders: Vec<_> = rows.iter().map(|row| (row.holder.as_deref(), row.objects)).collect();
    assert_eq!(holders, [(Some("hộ gia đình"), Some(2)), (Some("cá nhân"), Some(120))]);
}

#[test]
fn b14_land_users_stand_in_a_table_only_by_their_category() {
    let site = SmallSite::new();
    let csv = "bieu,maXa,loaiDat,dienTich,nam,doiTuong\n01/TKKK,99001,ONT,1.20,2025,CHỦ SỬ DỤNG 0001\n";
    site.write_table("thong_ke", csv, "");
    let said = site.refused("bang", 4);
    assert!(said.contains("doiTuong is not a category of land users"), "{said}");
    assert!(!said.contains("0001"), "{said}");
}

const COEFFICIENT_HEAD: &str =
    "so_quyet_dinh,hieu_luc_tu,ma_xa,ten_xa,loai_dat,khu_vuc_hoac_duong,vi_tri,loai_he_so,muc,gia_tri";

#[test]
fn n05_coefficients_are_kept_digit_for_digit() {
    let site = SmallSite::new();
    let csv = format!(
        "{COEFFICIENT_HEAD}\n00/2026/QĐ-UBND,2026-03-01,99001,Xã An Minh,ONT,*,*,quy_hoach,HSSDĐ 5-9,1.10\n\
         00/2026/QĐ-UBND,2026-03-01,99001,Xã An Minh,ONT,Quốc lộ 99,2,bien_dong_thi_truong,,0.95\n"
    );
    site.write_table("he_so", &csv, "consultation_until = 2026-01-20");
    let snapshot = site.approved("bang");
    let Content::Coefficients(rows) = &snapshot.content else { panic!("coefficients went in") };
    let found: Vec<_> = rows.iter().map(|row| (row.place.as_deref(), row.position, row.value.as_str())).collect();
    assert_eq!(found, [(None, None, "1.10"), (Some("Quốc lộ 99"), Some(2), "0.95")]);
    assert_eq!(snapshot.record.consultation_until.unwrap().to_string(), "2026-01-20");
}

#[test]
fn n05_a_draft_is_open_to_comments_for_ten_days_at_least() {
    let site = SmallSite::new();
    let csv = format!("{COEFFICIENT_HEAD}\n00/2026/QĐ-UBND,2026-03-01,99001,Xã An Minh,ONT,*,*,quy_hoach,,1.1\n");
    site.write_table("he_so", &csv, "consultation_until = 2026-01-14");
    assert!(site.refused("bang", 2).contains("the consultation ends 9 days after the draft"));
    site.write_table("he_so", &csv, "consultation_until = 2026-01-15");
    site.approved("bang");
}

#[test]
fn n05_a_coefficient_that_is_no_number_is_refused_with_its_line() {
    let site = SmallSite::new();
    for value in ["\"1,1\"", "0", "một", "-1"] {
        let csv =
            format!("{COEFFICIENT_HEAD}\n00/2026/QĐ-UBND,2026-03-01,99001,Xã An Minh,ONT,*,*,quy_hoach,,{value}\n");
        site.write_table("he_so", &csv, "");
        let said = site.refused("bang", 3);
        assert!(said.contains("line 2: gia_tri") && said.contains("is not a coefficient such as 1.15"), "{said}");
    }
}

#[test]
fn d27_figures_with_spaces_or_grouping_are_refused_and_not_guessed() {
    let site = SmallSite::new();
    for written in ["1 234.5", "\"1.234,5\"", "1'234"] {
        let csv = format!("bieu,maXa,loaiDat,dienTich,nam\n01/TKKK,99001,ONT,{written},2025\n");
        site.write_table("thong_ke", &csv, "");
        let said = site.refused("bang", 3);
        assert!(said.contains("is not a decimal such as 127.70, without grouping"), "{said}");
    }
}

#[test]
fn a_source_is_described_without_a_value_of_it_being_shown() {
    let site = SmallSite::new();
    let db = Connection::open(site.gpkg()).unwrap();
    db.execute_batch("ALTER TABLE ThuaDat ADD COLUMN XYZ TEXT DEFAULT 'BÍ MẬT 0007'; UPDATE ThuaDat SET MaXa = 'BÍ MẬT 0008' WHERE SOTHUA = 4;")
        .unwrap();
    drop(db);
    let file = format!("{DATASET}/thua_dat.gpkg");
    let output = site.congbo(&["inspect-source", &file]);
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{said}");
    for part in [
        "layer ThuaDat: 4 rows",
        "zones that put it into the province: ",
        "SOTO                         soHieuToBanDo",
        "withhold: personal data, group Nguoi (Law 91/2025/QH15",
        "XYZ                          unknown → withhold?",
        "communes: 99001",
        "1 rows hold no five-digit code of a commune",
    ] {
        assert!(said.contains(part), "'{part}' is not in: {said}");
    }
    for secret in ["CHỦ SỬ DỤNG", "BÍ MẬT", "Thôn 1"] {
        assert!(!said.contains(secret), "{secret} was shown: {said}");
    }
}

#[test]
fn the_description_that_is_printed_loads_and_needs_only_its_decision() {
    let site = SmallSite::new();
    let db = Connection::open(site.gpkg()).unwrap();
    db.execute_batch("ALTER TABLE ThuaDat ADD COLUMN \"Ghi \"\"chú\"\"\" TEXT").unwrap();
    drop(db);
    let output = site.congbo(&["--json", "inspect-source", &format!("{DATASET}/thua_dat.gpkg")]);
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let layer = &found["layers"][0];
    assert_eq!((&layer["kind"], &layer["rows"]), (&"dia_chinh".into(), &4.into()));
    let description = layer["description"].as_str().unwrap();
    site.write(&format!("{DATASET}/dataset.toml"), description);
    let config = DatasetConfig::load(site.path(), DATASET.as_ref()).unwrap();
    assert_eq!(config.communes, ["99001"]);
    assert!(config.withhold.columns.contains(&"Ghi \"chú\"".to_owned()));
    assert!(site.refused("thua-dat", 3).contains("the dataset has no decision"));
    let with_crs = if config.crs.is_some() {
        description.to_owned()
    } else {
        description.replacen("# crs = \"EPSG:", "crs = \"EPSG:", 1)
    };
    let decided = "[decision]\nnumber = \"00/2026/QĐ-UBND\"\ndate = 2026-01-05\nauthority = \"UBND tỉnh Minh Họa\"\neffective_from = 2026-01-15\nacceptance = \"BB 01\"\n";
    site.write(&format!("{DATASET}/dataset.toml"), &format!("{with_crs}\n{decided}"));
    assert_eq!(site.approved("thua-dat").record.rows, 4);
}

#[test]
fn a_source_whose_axes_are_swapped_is_described_so() {
    let site = SmallSite::new();
    let [easting, northing] = corner(9210);
    site.write_parcels(&four_parcels(), [northing, easting]);
    let output = site.congbo(&["inspect-source", &format!("{DATASET}/thua_dat.gpkg")]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("the axes are swapped") && said.contains("axes = \"north_east\""), "{said}");
}

#[test]
fn a_code_that_is_none_is_not_printed_where_it_could_be_a_name() {
    let site = SmallSite::new();
    let db = Connection::open(site.gpkg()).unwrap();
    db.execute_batch("UPDATE ThuaDat SET MaXa = TenChu, LOAIDAT = 'TÊN BÍ MẬT'").unwrap();
    drop(db);
    site.describe(|d| d);
    let said = site.refused("thua-dat", 4);
    assert!(!said.contains("CHỦ SỬ DỤNG") && !said.contains("BÍ MẬT"), "{said}");
}
