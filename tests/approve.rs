//! The gate: what is approved, what is refused, and in which words.

mod small_site;

use congbo::config::site::SiteConfig;
use congbo::snapshot::{Content, store};
use rusqlite::Connection;
use small_site::{DATASET, Row, SITE, SmallSite, corner, four_parcels, parcel};

/// Every column of the fixture's layer.
const COLUMNS: [&str; 7] = ["MaXa", "SOTO", "SOTHUA", "DIENTICH", "LOAIDAT", "DiaChi", "TenChu"];

impl SmallSite {
    /// Approves, expects a refusal with this exit code, and returns what was said. Nothing may have been written.
    fn refused(&self, exit: i32) -> String {
        let output = self.approve();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(exit), "{said}");
        assert!(!self.path().join("snapshots/thua-dat").exists(), "a refused dataset left a snapshot");
        assert!(said.contains("fix: "), "no remedy: {said}");
        said
    }
}

#[test]
fn a_dataset_with_a_decision_becomes_a_snapshot_that_opens_again() {
    let site = SmallSite::new();
    let output = site.approve();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let snapshot = store::open(site.path(), &SiteConfig::load(site.path()).unwrap(), "thua-dat").unwrap();
    let Content::Parcels(layer) = snapshot.content else { panic!("parcels went in") };
    assert_eq!(snapshot.record.rows, 4);
    assert_eq!(snapshot.record.withheld_columns, 1);
    assert_eq!(layer.rows.iter().map(|parcel| parcel.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!((layer.world.len(), layer.grid.len()), (4, 4));
}

#[test]
fn approving_the_same_again_keeps_the_snapshot_and_its_signature() {
    let site = SmallSite::new();
    assert!(site.approve().status.success());
    let before = tree(&site);
    assert!(site.approve().status.success());
    assert_eq!(tree(&site), before);
}

#[test]
fn the_order_of_the_source_does_not_touch_the_record() {
    let site = SmallSite::new();
    assert!(site.approve().status.success());
    let before = record_files(&site);
    let mut rows = four_parcels();
    rows.reverse();
    site.write_parcels(&rows, corner(9210));
    assert!(site.approve().status.success());
    assert_eq!(record_files(&site), before, "content files differ though only the order of rows did");
}

#[test]
fn no_decision_no_snapshot() {
    let site = SmallSite::new();
    site.describe(|d| d[..d.find("[decision]").unwrap()].to_owned());
    assert!(site.refused(3).contains("the dataset has no decision"));
}

#[test]
fn a_file_that_is_not_the_approved_one_is_refused() {
    let site = SmallSite::new();
    Connection::open(site.gpkg()).unwrap().execute("UPDATE ThuaDat SET DIENTICH = 101 WHERE SOTHUA = 1", []).unwrap();
    assert!(site.refused(3).contains("SHA-256"));
}

#[test]
fn a_key_of_another_kind_of_data_may_not_approve_parcels() {
    let site = SmallSite::new();
    site.write("congbo.toml", &SITE.replace("dia_chinh = ", "gia_dat = "));
    assert!(site.refused(3).contains("this key may not approve 'dia_chinh'"));
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let site = SmallSite::new();
    let key = site.path().join("keys/approver.key");
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(site.refused(3).contains("may be read by others"));
}

#[test]
fn every_column_that_is_neither_public_nor_withheld_is_named() {
    let site = SmallSite::new();
    let db = Connection::open(site.gpkg()).unwrap();
    db.execute_batch("ALTER TABLE ThuaDat ADD COLUMN CCCD TEXT; ALTER TABLE ThuaDat ADD COLUMN SOHIEUTOBANDOCU TEXT;")
        .unwrap();
    drop(db);
    site.describe(|d| d);
    let said = site.refused(4);
    assert!(said.contains("the column 'CCCD' is neither public nor withheld"), "{said}");
    assert!(said.contains("add soHieuToBanDoCu = \"SOHIEUTOBANDOCU\" under [fields]"), "{said}");
}

#[test]
fn a_private_field_cannot_be_mapped() {
    let site = SmallSite::new();
    site.describe(|d| {
        d.replace("[withhold]\ncolumns = [\"TenChu\"]", "").replace("maXa = ", "tenChu = \"TenChu\"\nmaXa = ")
    });
    assert!(site.refused(4).contains("'tenChu' is not a public field of this kind of data"));
}

#[test]
fn an_identity_number_in_a_public_text_stops_the_run_without_being_printed() {
    let site = SmallSite::new();
    let with_number = Row { address: "Thôn 1 001099000001", ..parcel(1, 0.0, 0.0) };
    site.write_parcels(&[with_number], corner(9210));
    let said = site.refused(4);
    assert!(said.contains("fid 1: diaChiThuaDat holds a number as long as an identity number"), "{said}");
    assert!(!said.contains("001099000001"), "{said}");
}

#[test]
fn a_house_number_is_left_out_of_the_address() {
    let site = SmallSite::new();
    site.write_parcels(&[Row { address: "Số nhà 12, Thôn 1, Xã An Minh", ..parcel(1, 0.0, 0.0) }], corner(9210));
    assert!(site.approve().status.success());
    let snapshot = store::open(site.path(), &SiteConfig::load(site.path()).unwrap(), "thua-dat").unwrap();
    let Content::Parcels(layer) = snapshot.content else { panic!("parcels went in") };
    assert_eq!(layer.rows[0].address.as_deref(), Some("Thôn 1, Xã An Minh"));
}

#[test]
fn a_wrong_meridian_is_refused_and_the_right_one_named() {
    let site = SmallSite::new();
    site.write_parcels(&four_parcels(), corner(9209));
    site.write("congbo.toml", &SITE.replace("[106.2, 20.6, 106.6, 21.0]", "[106.35, 20.8, 106.45, 20.9]"));
    let said = site.refused(3);
    assert!(said.contains("outside its communes"), "{said}");
    assert!(said.contains("EPSG:9209 (105°30′) would fit"), "{said}");
}

#[test]
fn swapped_axes_are_refused() {
    let site = SmallSite::new();
    let [easting, northing] = corner(9210);
    site.write_parcels(&four_parcels(), [northing, easting]);
    assert!(site.refused(3).contains("the axes are swapped"));
}

#[test]
fn every_broken_shape_is_named_with_its_parcel() {
    let site = SmallSite::new();
    let mut open = parcel(7, 0.0, 0.0);
    open.ring.pop();
    let mut bow = parcel(8, 2.0, 0.0);
    bow.ring = vec![[20.0, 0.0], [30.0, 10.0], [30.0, 0.0], [20.0, 14.0], [20.0, 0.0]];
    site.write_parcels(&[open, parcel(2, 1.0, 0.0), bow], corner(9210));
    let said = site.refused(5);
    assert!(said.contains("parcel 99001-00001-000007 (fid 1): ring 1 is not closed"), "{said}");
    assert!(said.contains("parcel 99001-00001-000008 (fid 3): ring 1: crosses itself"), "{said}");
}

#[test]
fn a_number_that_stands_twice_is_named() {
    let site = SmallSite::new();
    site.write_parcels(&[parcel(1, 0.0, 0.0), parcel(1, 1.0, 0.0)], corner(9210));
    assert!(site.refused(5).contains("parcel 99001-00001-000001: stands 2 times"));
}

#[test]
fn an_unknown_key_of_the_description_is_named_with_the_nearest_known_one() {
    let site = SmallSite::new();
    site.describe(|d| d.replace("acceptance", "aceptance"));
    assert!(site.refused(2).contains("did you mean 'decision.acceptance'?"));
}

#[test]
fn what_is_withheld_is_nowhere_in_the_snapshot_not_even_what_was_deleted_before() {
    let site = SmallSite::new();
    let db = Connection::open(site.gpkg()).unwrap();
    db.execute_batch("INSERT INTO ThuaDat (MaXa, TenChu) VALUES ('99001', 'CHỦ CŨ 0009'); DELETE FROM ThuaDat WHERE TenChu = 'CHỦ CŨ 0009';")
        .unwrap();
    drop(db);
    site.describe(|d| d);
    assert!(site.approve().status.success());
    for (path, bytes) in tree(&site) {
        for secret in ["CHỦ SỬ DỤNG", "CHỦ CŨ", "TenChu"] {
            assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "{secret} in {path}");
        }
    }
}

#[test]
fn a_snapshot_that_was_changed_is_not_opened() {
    let site = SmallSite::new();
    assert!(site.approve().status.success());
    let config = SiteConfig::load(site.path()).unwrap();
    for (path, bytes) in tree(&site).into_iter().filter(|(path, _)| !path.ends_with("approved")) {
        let mut changed = bytes.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        std::fs::write(&path, &changed).unwrap();
        let failure = store::open(site.path(), &config, "thua-dat").map(|_| ()).unwrap_err();
        assert_eq!(failure.exit().code(), 6, "{path}: {failure}");
        std::fs::write(&path, &bytes).unwrap();
    }
    store::open(site.path(), &config, "thua-dat").unwrap();
}

#[test]
fn the_columns_of_the_fixture_are_those_of_the_description() {
    let site = SmallSite::new();
    let description = std::fs::read_to_string(site.path().join(DATASET).join("dataset.toml")).unwrap();
    assert!(COLUMNS.iter().all(|column| description.contains(&format!("\"{column}\""))));
}

fn tree(site: &SmallSite) -> Vec<(String, Vec<u8>)> {
    let mut folders = vec![site.path().join("snapshots")];
    let mut files = vec![];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// Digests of the content files of the approved snapshot.
fn record_files(site: &SmallSite) -> Vec<(String, String)> {
    let config = SiteConfig::load(site.path()).unwrap();
    let record = store::open(site.path(), &config, "thua-dat").unwrap().record;
    record.files.into_iter().map(|file| (file.name, file.sha256)).collect()
}

/// A price table of one row, in the columns provinces use.
fn price_site(unit: &str, price: &str) -> SmallSite {
    let site = SmallSite::new();
    site.write("congbo.toml", &SITE.replace("dia_chinh = ", "gia_dat = "));
    let head =
        "stt,ma_bang,so_van_ban,ngay_ban_hanh,hieu_luc_tu,ma_xa,ten_xa,nhom_gia,loai_dat,loai_bang,vi_tri_1,don_vi";
    let row = format!("1,B05,00/2025/NQ-HĐND,2025-12-10,2026-01-01,99001,Xã An Minh,DAT_O,ONT,duong,{price},{unit}");
    site.write("content/data/gia/bang_gia.csv", &format!("# minh họa\n{head}\n{row}\n"));
    let digest = congbo::digest::sha256_file(&site.path().join("content/data/gia/bang_gia.csv")).unwrap();
    let fields: String = head.split(',').map(|field| format!("{field} = \"{field}\"\n")).collect();
    site.write(
        "content/data/gia/dataset.toml",
        &format!(
            "kind = \"gia_dat\"\ntitle = {{ vi = \"Bảng giá\" }}\ncommunes = [\"99001\"]\n[[source]]\nfile = \"bang_gia.csv\"\nsha256 = \"{digest}\"\n\
             [fields]\n{fields}[decision]\nnumber = \"00/2025/NQ-HĐND\"\ndate = 2025-12-10\nauthority = \"HĐND tỉnh Minh Họa\"\n\
             effective_from = 2026-01-01\nacceptance = \"BB 01\"\n"
        ),
    );
    site
}

#[test]
fn a_price_is_kept_to_the_dong_in_whatever_unit_the_table_has() {
    for (unit, written, vnd) in [
        ("đồng/m2", "100000000", 100_000_000),
        ("1000 đồng/m2", "14690.5", 14_690_500),
        ("triệu đồng/m2", "12", 12_000_000),
    ] {
        let site = price_site(unit, written);
        let output = site.congbo(&["approve", "content/data/gia"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let snapshot = store::open(site.path(), &SiteConfig::load(site.path()).unwrap(), "gia").unwrap();
        let Content::Prices(rows) = snapshot.content else { panic!("prices went in") };
        assert_eq!(rows[0].price_vnd_per_m2[0], Some(vnd), "{written} {unit}");
    }
}

#[test]
fn a_price_that_is_no_number_is_named_with_its_line() {
    let site = price_site("đồng/m2", "sáu mươi");
    let output = site.congbo(&["approve", "content/data/gia"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("bang_gia.csv: line 3: vi_tri_1 is not a price in whole đồng"), "{said}");
}
