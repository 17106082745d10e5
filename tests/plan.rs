//! What would change, who checked a sample of it, and by when it is due: the program on a site of two communes.

mod small_site;

use std::path::PathBuf;
use std::process::Output;

use congbo::digest::sha256_file;
use congbo::snapshot::signature;
use flatgeobuf::{FallibleStreamingIterator, FeatureProperties};
use serde_json::{Value, json};
use small_site::{METADATA, Row, SITE, SmallSite, corner, parcel};

/// Two communes side by side, five parcels, one price table and one form.
fn site() -> SmallSite {
    let site = SmallSite::new();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    for part in ["themes", "tiles"] {
        std::os::unix::fs::symlink(root.join(part), site.path().join(part)).unwrap();
    }
    site.write("congbo.toml", &config(SIGN_OFF));
    write_parcels(&site, &before());
    write_prices(&site, "24000");
    write_statistics(&site, "127.70");
    approve(&site);
    site
}

const SIGN_OFF: &str = "[sign_off]\nkeys = [\"keys/approver.pub\"]\n";

const DEADLINES: &str = "[deadlines]\ngia_dat = 10\nthong_ke = { days = 5, counting = \"working\" }\n";

fn config(more: &str) -> String {
    let key = "[\"keys/approver.pub\"]";
    let site = SITE.replace("dia_chinh = ", &format!("gia_dat = {key}\nthong_ke = {key}\ndia_chinh = "));
    format!("{site}\n{more}\n{DEADLINES}")
}

fn in_commune(commune: &'static str, row: Row) -> Row {
    Row { commune, ..row }
}

fn before() -> Vec<Row> {
    let mut rows: Vec<Row> = (1..=3).map(|n| parcel(n, n as f64, 0.0)).collect();
    rows.extend((1..=2).map(|n| in_commune("99002", parcel(n, n as f64, 2.0))));
    rows
}

/// In An Minh (99001) parcel 1 has another area, 2 another place, 3 is as it was and 4 is new; in Bến Lụa
/// (99002) parcel 1 has both another use and another shape, and 2 is gone.
fn after() -> Vec<Row> {
    let mut rows = before();
    rows[0].area_m2 = 120.5;
    rows[1] = parcel(2, 2.0, -0.5);
    rows[3].land_use = "CLN";
    rows[3].ring = vec![[10.0, 20.0], [30.0, 20.0], [30.0, 30.0], [10.0, 30.0], [10.0, 20.0]];
    rows.pop();
    rows.push(parcel(4, 7.0, 0.0));
    rows
}

fn write_parcels(site: &SmallSite, rows: &[Row]) {
    site.write_parcels(rows, corner(9210));
    site.describe(|description| description.replace("[\"99001\"]", "[\"99001\", \"99002\"]"));
}

fn write_table(site: &SmallSite, dataset: &str, kind: &str, table: &str) {
    let file = format!("content/data/{dataset}/bang.csv");
    site.write(&file, table);
    let digest = sha256_file(&site.path().join(&file)).unwrap();
    let columns = table.lines().next().unwrap().split(',');
    let fields: String = columns.map(|column| format!("{column} = \"{column}\"\n")).collect();
    site.write(
        &format!("content/data/{dataset}/dataset.toml"),
        &format!(
            "kind = \"{kind}\"\ntitle = {{ vi = \"Bảng\" }}\ncommunes = [\"99001\"]\n[[source]]\nfile = \"bang.csv\"\n\
             sha256 = \"{digest}\"\n[fields]\n{fields}[decision]\nnumber = \"01/2026/QĐ\"\ndate = 2026-01-05\n\
             authority = \"UBND tỉnh Minh Họa\"\neffective_from = 2026-01-15\nacceptance = \"BB 02\"\n{METADATA}"
        ),
    );
}

fn write_prices(site: &SmallSite, first_position: &str) {
    let head = "stt,ma_bang,so_van_ban,ngay_ban_hanh,hieu_luc_tu,ma_xa,ten_xa,nhom_gia,loai_dat,loai_bang,ten_duong,vi_tri_1,vi_tri_2,don_vi";
    let row = |n, price| {
        format!(
            "{n},B05,01/2026/QĐ,2026-01-05,2026-01-15,99001,Xã An Minh,DAT_O,ODT,duong,Đường 1,{price},9000,1000 đồng/m2\n"
        )
    };
    write_table(site, "gia", "gia_dat", &format!("{head}\n{}{}", row(1, first_position), row(2, "12000")));
}

fn write_statistics(site: &SmallSite, area_ha: &str) {
    let head = "bieu,maXa,loaiDat,dienTich,nam";
    write_table(
        site,
        "thong-ke",
        "thong_ke",
        &format!("{head}\n01/TKKK,99001,ODT,{area_ha},2025\n01/TKKK,99001,CLN,5.26,2025\n"),
    );
}

fn approve(site: &SmallSite) {
    done(site, &["approve", "content/data/thua-dat", "content/data/gia", "content/data/thong-ke"]);
}

fn done(site: &SmallSite, arguments: &[&str]) -> String {
    let output = site.congbo(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Expects this exit code and returns what was said on standard error.
fn refused(output: Output, exit: i32) -> String {
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(exit), "{said}");
    said
}

fn plan(site: &SmallSite) -> Value {
    serde_json::from_str(&done(site, &["--json", "plan"])).unwrap()
}

/// Builds and returns the edition's name.
fn build(site: &SmallSite) -> String {
    let said = done(site, &["build"]);
    said.lines().next().unwrap().strip_prefix("edition ").unwrap().to_owned()
}

/// Where the sample of an edition lies.
fn sample(site: &SmallSite, edition: &str) -> PathBuf {
    done(site, &["sample", edition]);
    site.path().join("dist/sign-off").join(edition).join("sample.csv")
}

fn fill(sample: &PathBuf, result: &str) {
    let text = std::fs::read_to_string(sample).unwrap();
    std::fs::write(sample, text.replace(",,\r\n", &format!(",{result},\r\n"))).unwrap();
}

fn sign_off(site: &SmallSite, edition: &str) {
    fill(&sample(site, edition), "dat");
    done(site, &["sign-off", edition]);
}

/// Builds, signs off and publishes on a day.
fn publish(site: &SmallSite, date: &str) -> String {
    let edition = build(site);
    sign_off(site, &edition);
    done(site, &["publish", &edition, "--date", date]);
    edition
}

/// The site published, then everything that changes approved.
fn changed_site() -> (SmallSite, String) {
    let site = site();
    let edition = publish(&site, "2026-01-12");
    write_parcels(&site, &after());
    write_prices(&site, "25000");
    write_statistics(&site, "128.00");
    approve(&site);
    (site, edition)
}

#[test]
fn d35_a_plan_names_every_added_changed_and_removed_case_by_commune() {
    let (site, edition) = changed_site();
    let plan = plan(&site);
    assert_eq!(plan["published"], edition);
    let counts = |added: u8, attributes: u8, shape: u8, both: u8, removed: u8, unchanged: u8| {
        json!({
            "added": added, "attributes": attributes, "shape": shape, "both": both, "removed": removed,
            "unchanged": unchanged,
        })
    };
    let datasets = plan["datasets"].as_array().unwrap();
    let communes: Vec<_> = datasets.iter().map(|dataset| (&dataset["dataset"], &dataset["communes"])).collect();
    assert_eq!(
        communes,
        [
            (&json!("gia"), &json!({ "99001": counts(0, 1, 0, 0, 0, 1) })),
            (&json!("thong-ke"), &json!({ "99001": counts(0, 1, 0, 0, 0, 1) })),
            (&json!("thua-dat"), &json!({ "99001": counts(1, 1, 1, 0, 0, 1), "99002": counts(0, 0, 0, 1, 1, 0) })),
        ]
    );
    let changes: Vec<String> = plan["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| {
            format!(
                "{} {} {}",
                c["feature"].as_str().unwrap(),
                c["change"].as_str().unwrap(),
                c["what"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        changes,
        [
            "bảng B05 dòng 1 attributes vi_tri_1 24.000.000 đồng/m² → 25.000.000 đồng/m²",
            "01/TKKK 2025 ODT attributes dienTich 127,70 ha → 128,00 ha",
            "99001-1-1 attributes dienTich 100 m² → 120,5 m²",
            "99001-1-2 shape hình thể dời đến 5,000 m",
            "99001-1-4 added maXa 99001; soHieuToBanDo 1; soThuTuThua 4; dienTich 100 m²; kyHieuMucDichSuDung ODT; \
             diaChiThuaDat Thôn 1, Xã An Minh",
            "99002-1-1 both kyHieuMucDichSuDung ODT → CLN; hình thể 100,00 → 200,00 m²",
            "99002-1-2 removed maXa 99002; soHieuToBanDo 1; soThuTuThua 2; dienTich 100 m²; kyHieuMucDichSuDung ODT; \
             diaChiThuaDat Thôn 1, Xã An Minh",
        ]
    );
}

#[test]
fn a_plan_reads_as_text_and_writes_a_table_for_the_communes() {
    let (site, edition) = changed_site();
    let text = done(&site, &["plan", "--out", "gui-xa"]);
    assert!(text.starts_with(&format!("against the published edition {edition}\n")), "{text}");
    assert!(text.contains("\ngia: changed, decision 01/2026/QĐ of 05/01/2026 stays\n"), "{text}");
    assert!(
        text.contains("\n       99002          0          0          0          1          1          0\n"),
        "{text}"
    );
    assert!(text.ends_with("\n7 cases would change; 1 of them are to be checked before publication\n"), "{text}");
    let table = std::fs::read_to_string(site.path().join("gui-xa/changes.csv")).unwrap();
    assert!(table.starts_with("\u{feff}dataset,commune,feature,change,what\r\n"));
    assert!(table.contains("\r\nthua-dat,99001,99001-1-2,sua_hinh,\"hình thể dời đến 5,000 m\"\r\n"), "{table}");
    assert_eq!(table.lines().count(), 8);
}

/// Parcel 1 of 99001 was cut in two (5 is new), 2 and 3 became one, 1 of 99002 has another number.
fn redivided() -> Vec<Row> {
    let rectangle = |row: Row, x: f64, width: f64| {
        let y = row.ring[0][1];
        let ring = vec![[x, y], [x + width, y], [x + width, y + 10.0], [x, y + 10.0], [x, y]];
        Row { ring, area_m2: width * 10.0, ..row }
    };
    vec![
        rectangle(parcel(1, 1.0, 0.0), 10.0, 5.0),
        rectangle(parcel(5, 1.0, 0.0), 15.0, 5.0),
        rectangle(parcel(2, 2.0, 0.0), 20.0, 20.0),
        in_commune("99002", parcel(7, 1.0, 2.0)),
        in_commune("99002", parcel(2, 2.0, 2.0)),
    ]
}

#[test]
fn what_was_split_merged_and_renumbered_is_told_and_drawn_without_a_word_of_persons() {
    let site = site();
    let first = build(&site);
    sample(&site, &first);
    fill(&sample(&site, &first), "dat");
    sign_off(&site, &first);
    publish(&site, "2026-02-01");
    write_parcels(&site, &redivided());
    approve(&site);
    let plan = plan(&site);
    let told = plan["datasets"].as_array().unwrap().iter().find(|plan| plan["lineage"].is_array()).unwrap();
    assert_eq!(
        told["lineage"],
        json!([
            { "event": "split", "before": ["99001-1-1"], "after": ["99001-1-1", "99001-1-5"] },
            { "event": "merged", "before": ["99001-1-2", "99001-1-3"], "after": ["99001-1-2"] },
            { "event": "renumbered", "before": ["99002-1-1"], "after": ["99002-1-7"] },
        ])
    );
    done(&site, &["plan", "--out", "changes"]);
    let page = std::fs::read_to_string(site.path().join("changes/changes.html")).unwrap();
    for expected in ["tách thửa: 99001-1-1 → 99001-1-1, 99001-1-5", "hợp thửa", "đổi số", "<details>"] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    assert!(!page.contains("CHỦ SỬ DỤNG"));
    let map = std::fs::read(site.path().join("changes/changes.fgb")).unwrap();
    let mut map = flatgeobuf::FgbReader::open(&map[..]).unwrap().select_all_seq().unwrap();
    let mut kinds = vec![];
    while let Some(feature) = map.next().unwrap() {
        let xy = feature.geometry().unwrap().parts().unwrap().get(0).xy().unwrap();
        assert!((106.3..106.5).contains(&xy.get(0)) && (20.8..20.9).contains(&xy.get(1)), "longitude first");
        kinds.push(feature.property::<String>("change").unwrap());
    }
    kinds.sort();
    assert_eq!(kinds.join(" "), "bo bo sua_ca_hai sua_ca_hai them them");
}

#[test]
fn a_plan_of_what_is_published_already_changes_nothing() {
    let site = site();
    assert!(done(&site, &["plan"]).starts_with("nothing is published yet: everything is new\n"));
    publish(&site, "2026-01-12");
    assert_eq!(plan(&site)["changes"], json!([]));
    assert!(done(&site, &["plan"]).contains("\nthua-dat: unchanged, 5 rows\n"));
    let edition = build(&site);
    assert_eq!(done(&site, &["sample", &edition]), format!("edition {edition} changes no case: nothing to check\n"));
    done(&site, &["publish", &edition]);
}

#[test]
fn a_published_snapshot_that_is_gone_is_named_and_everything_counts_as_added() {
    let (site, _) = changed_site();
    let approved = std::fs::read_to_string(site.path().join("snapshots/thua-dat/approved")).unwrap();
    let folders = std::fs::read_dir(site.path().join("snapshots/thua-dat")).unwrap();
    let names = folders.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let old = names.into_iter().find(|name| name.len() == 16 && *name != approved).unwrap();
    std::fs::remove_dir_all(site.path().join("snapshots/thua-dat").join(&old)).unwrap();
    assert!(done(&site, &["plan"]).contains(&format!("snapshots/thua-dat/{old} is gone")));
    let plan = plan(&site);
    assert_eq!(plan["datasets"][2]["communes"]["99001"]["added"], 4);
    assert_eq!(plan["datasets"][2]["lost_snapshot"], format!("snapshots/thua-dat/{old}"));
}

#[test]
fn a_dataset_that_takes_the_place_of_another_is_compared_with_it() {
    let (site, _) = changed_site();
    std::fs::rename(site.path().join("content/data/gia"), site.path().join("content/data/gia-2027")).unwrap();
    let description = site.path().join("content/data/gia-2027/dataset.toml");
    let text = std::fs::read_to_string(&description).unwrap();
    std::fs::write(&description, format!("supersedes = \"gia\"\n{text}")).unwrap();
    done(&site, &["approve", "content/data/gia-2027"]);
    let plan = plan(&site);
    let dataset = &plan["datasets"][0];
    assert_eq!((&dataset["dataset"], &dataset["replaces"]), (&json!("gia-2027"), &json!("gia")));
    assert_eq!(
        (&dataset["communes"]["99001"]["attributes"], &dataset["communes"]["99001"]["unchanged"]),
        (&json!(1), &json!(1))
    );
}

#[test]
fn nothing_that_changes_is_published_without_a_sign_off() {
    let site = site();
    let edition = build(&site);
    let said = refused(site.congbo(&["publish"]), 3);
    assert!(said.contains("9 cases would change, and no sample of them is signed off"), "{said}");
    assert!(!site.path().join("dist/current").exists() && !site.path().join("dist/published").exists());
    fill(&sample(&site, &edition), "dat");
    refused(site.congbo(&["publish"]), 3);
    done(&site, &["sign-off"]);
    done(&site, &["publish", "--date", "2026-01-12"]);
    let published = std::fs::read_to_string(site.path().join("dist/published")).unwrap();
    assert_eq!(published, format!("{edition},2026-01-12\n"));
}

#[test]
fn without_a_list_of_keys_nothing_that_changes_is_published() {
    let site = site();
    site.write("congbo.toml", &config(""));
    let edition = build(&site);
    fill(&sample(&site, &edition), "dat");
    for verb in ["publish", "sign-off"] {
        let said = refused(site.congbo(&[verb, &edition]), 3);
        assert!(said.contains("[sign_off]"), "{verb}: {said}");
    }
}

#[test]
fn an_edition_that_was_published_before_needs_no_second_sign_off() {
    let (site, first) = changed_site();
    let second = publish(&site, "2026-02-02");
    done(&site, &["publish", &first, "--date", "2026-02-03"]);
    done(&site, &["publish", &second, "--date", "2026-02-04"]);
    let published = std::fs::read_to_string(site.path().join("dist/published")).unwrap();
    assert_eq!(
        published,
        format!("{first},2026-01-12\n{second},2026-02-02\n{first},2026-02-03\n{second},2026-02-04\n")
    );
}

#[test]
fn a_case_that_was_found_wrong_stops_the_edition_and_is_named() {
    let site = site();
    let edition = build(&site);
    let table = sample(&site, &edition);
    fill(&table, "khong_dat");
    let case = std::fs::read_to_string(&table).unwrap().lines().nth(1).unwrap().split(',').nth(2).unwrap().to_owned();
    let said = refused(site.congbo(&["sign-off", &edition]), 5);
    assert!(said.contains(&format!("line 2, {case}: was found not to be right")), "{said}");
    assert!(!table.with_extension("csv.minisig").exists());
}

#[test]
fn a_table_with_cases_missing_added_or_empty_is_not_signed() {
    let site = site();
    let edition = build(&site);
    let table = sample(&site, &edition);
    let empty = std::fs::read_to_string(&table).unwrap();
    assert!(refused(site.congbo(&["sign-off", &edition]), 3).contains("has no result"));
    let head = empty.lines().next().unwrap();
    std::fs::write(&table, format!("{head}\r\n")).unwrap();
    assert!(refused(site.congbo(&["sign-off", &edition]), 3).contains("a case of the sample is missing"));
    let filled = empty.replace(",,\r\n", ",dat,\r\n");
    std::fs::write(&table, format!("{filled}thua-dat,99001,99001-1-9,them,dat,\r\n")).unwrap();
    assert!(refused(site.congbo(&["sign-off", &edition]), 3).contains("99001-1-9: is not in the sample"));
    let twice = format!("{filled}{}\r\n", filled.lines().nth(1).unwrap());
    std::fs::write(&table, twice).unwrap();
    assert!(refused(site.congbo(&["sign-off", &edition]), 3).contains("is not in the sample"));
    assert!(refused(site.congbo(&["sample", &edition]), 2).contains("another sample lies here"));
}

#[test]
fn a_table_comes_back_as_spreadsheets_write_it() {
    let site = site();
    let edition = build(&site);
    let table = sample(&site, &edition);
    let text = std::fs::read_to_string(&table).unwrap();
    assert!(text.starts_with("\u{feff}dataset,commune,feature,change,ket_qua,ghi_chu\r\n"));
    let semicolons = text.replace(",,\r\n", ",Đạt,xem hồ sơ\n").replace(',', ";").replace('\u{feff}', "");
    std::fs::write(&table, semicolons).unwrap();
    done(&site, &["sample", &edition]);
    assert!(std::fs::read_to_string(&table).unwrap().contains("Đạt"), "what a person wrote is kept");
    done(&site, &["sign-off", &edition]);
    done(&site, &["publish", &edition]);
}

#[test]
fn a_sign_off_that_is_not_by_a_listed_key_over_this_table_and_edition_does_not_count() {
    let site = site();
    let first = build(&site);
    sign_off(&site, &first);
    let (table, signed) = (sample(&site, &first), sample(&site, &first).with_extension("csv.minisig"));
    let (rows, signature) = (std::fs::read(&table).unwrap(), std::fs::read(&signed).unwrap());

    std::fs::write(&table, [rows.clone(), b"\r\n".to_vec()].concat()).unwrap();
    assert!(refused(site.congbo(&["publish", &first]), 3).contains("signed this table as it is now"));
    std::fs::write(&table, &rows).unwrap();

    signature::make_key(&site.path().join("keys/other"), None).unwrap();
    let said =
        refused(site.congbo(&["sign-off", &first, "--key", site.path().join("keys/other.key").to_str().unwrap()]), 3);
    assert!(said.contains("this key may not sign off"), "{said}");
    site.write("congbo.toml", &config("[sign_off]\nkeys = [\"keys/other.pub\"]\n"));
    assert!(refused(site.congbo(&["publish", &first]), 3).contains("no key listed under [sign_off]"));
    site.write("congbo.toml", &config(SIGN_OFF));

    // The same data under another address: another edition with the same sample.
    done(&site, &["build", "--public-url", "http://127.0.0.1:9090"]);
    let editions = done(&site, &["publish", "--list"]);
    let second = editions.split_whitespace().find(|name| *name != first).unwrap().to_owned();
    let other = sample(&site, &second);
    std::fs::write(&other, &rows).unwrap();
    std::fs::write(other.with_extension("csv.minisig"), &signature).unwrap();
    assert!(refused(site.congbo(&["publish", &second]), 3).contains("the signature is of another edition"));
    done(&site, &["publish", &first]);
}

#[test]
fn the_sign_off_goes_from_key_to_key_with_their_statements() {
    let site = site();
    let edition = build(&site);
    sign_off(&site, &edition);
    let key = |name: &str| site.path().join(format!("keys/{name}")).to_str().unwrap().to_owned();
    let hand_over = |old: &str, new: &str, what: &[&str]| {
        signature::make_key(&site.path().join("keys").join(new), None).unwrap();
        let (old, new) = (key(&format!("{old}.key")), key(&format!("{new}.pub")));
        done(&site, &[&["key", "rotate", "--old", &old, "--new", &new], what].concat())
    };
    // Prices alone leave the sign-off where it is.
    assert!(hand_over("approver", "prices", &["--kind", "gia_dat"]).contains(": gia_dat goes to the new key"));
    done(&site, &["sign-off", &edition]);
    assert!(hand_over("approver", "checker", &["--sign-off"]).contains(": the sign-off goes to the new key"));
    let said = refused(site.congbo(&["sign-off", &edition]), 3);
    assert!(said.contains("this key handed the sign-off over to "), "{said}");
    assert!(refused(site.congbo(&["publish", &edition]), 3).contains("no key listed under [sign_off]"));
    // Without a word about what, a key hands over all that it has: here nothing but the sign-off.
    hand_over("checker", "next", &[]);
    assert_eq!(site.congbo(&["sign-off", &edition, "--key", &key("checker.key")]).status.code(), Some(3));
    done(&site, &["sign-off", &edition, "--key", &key("next.key")]);
    done(&site, &["publish", &edition]);
}

#[test]
fn a_revoked_key_signs_no_sample_off() {
    let site = site();
    let edition = build(&site);
    sign_off(&site, &edition);
    site.write("congbo.toml", &config(&format!("{SIGN_OFF}[keys]\nrevoked = [\"keys/approver.pub\"]\n")));
    assert!(refused(site.congbo(&["sign-off", &edition]), 3).contains("this key is revoked"));
    assert_ne!(site.congbo(&["publish", &edition]).status.code(), Some(0));
}

#[test]
fn a_sign_off_against_another_publication_does_not_count() {
    let (site, _) = changed_site();
    let second = build(&site);
    sign_off(&site, &second);
    // Eleven parcels more that are public now and would go: two cases to check instead of one.
    let more = (11..=21).map(|n| parcel(n, n as f64, 0.0));
    write_parcels(&site, &before().into_iter().chain(more).collect::<Vec<_>>());
    approve(&site);
    publish(&site, "2026-02-02");
    let said = refused(site.congbo(&["publish", &second]), 3);
    assert!(said.contains("a case of the sample is missing"), "{said}");
}

fn check(site: &SmallSite, today: &str) -> (i32, Value, String) {
    let output = site.congbo(&["--json", "check", "--date", today]);
    let report = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code().unwrap(), report, String::from_utf8(output.stderr).unwrap())
}

fn states(report: &Value) -> Vec<&str> {
    report["datasets"].as_array().unwrap().iter().map(|dataset| dataset["state"].as_str().unwrap()).collect()
}

/// Decisions of Monday 5 January 2026: prices have 10 calendar days, statistics 5 working days.
#[test]
fn what_is_not_public_is_waited_for_warned_of_and_overdue_to_the_day() {
    let site = site();
    for (today, exit, expected) in [
        ("2026-01-08", 0, ["waiting", "waiting", "no_deadline"]),
        ("2026-01-09", 0, ["waiting", "soon", "no_deadline"]),
        ("2026-01-12", 0, ["soon", "soon", "no_deadline"]),
        ("2026-01-13", 8, ["soon", "overdue", "no_deadline"]),
        ("2026-01-15", 8, ["soon", "overdue", "no_deadline"]),
        ("2026-01-16", 8, ["overdue", "overdue", "no_deadline"]),
    ] {
        let (code, report, said) = check(&site, today);
        assert_eq!((code, states(&report)), (exit, expected.to_vec()), "{today}: {said}");
    }
    let (_, report, said) = check(&site, "2026-01-13");
    assert!(
        said.contains("thong-ke: decision 01/2026/QĐ of 05/01/2026 was to be public by 12/01/2026, 1 day ago"),
        "{said}"
    );
    assert_eq!(
        report["notices"],
        json!([
            "gia is due on 15/01/2026: 2 days left",
            "no days off are listed for 2026: working days are counted without them"
        ])
    );
}

#[test]
fn what_is_public_was_so_in_time_or_late_by_the_day_of_publication() {
    let site = site();
    publish(&site, "2026-01-14");
    let (code, report, _) = check(&site, "2026-04-14");
    assert_eq!((code, states(&report)), (0, vec!["on_time", "late", "no_deadline"]));
    assert_eq!(report["datasets"][0]["lag_days"], 9);
    assert_eq!(report["notices"].as_array().unwrap().len(), 1);
    let (_, report, _) = check(&site, "2026-04-15");
    assert_eq!(report["notices"][0], "open data was last published on 14/01/2026, more than 3 months ago");
    let text = done(&site, &["check", "--date", "2026-04-14"]);
    assert!(
        text.contains("\ngia       gia_dat    05/01/2026  15/01/2026  14/01/2026     9  published in time\n"),
        "{text}"
    );
}

#[test]
fn holidays_move_a_deadline_of_working_days_and_nothing_else() {
    let site = site();
    site.write("content/holidays.csv", "date,name\n2026-01-07,nghỉ\n2026-01-08,nghỉ\n");
    site.write(
        "congbo.toml",
        &config(SIGN_OFF).replace("[deadlines]", "[deadlines]\nholidays = \"content/holidays.csv\""),
    );
    let (_, report, _) = check(&site, "2026-01-05");
    let due: Vec<_> = report["datasets"].as_array().unwrap().iter().map(|dataset| &dataset["due_on"]).collect();
    assert_eq!(due, [&json!("2026-01-15"), &json!("2026-01-14"), &Value::Null]);
    build(&site);
    let page = done(&site, &["publish", "--list"]);
    let edition = page.trim();
    let page = site.path().join("dist/releases").join(edition).join("site/du-lieu/index.html");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("<dt>Hạn công bố</dt><dd>15/01/2026</dd>") && page.contains("<dd>14/01/2026</dd>"));
    assert_eq!(page.matches("<dt>Hạn công bố</dt>").count(), 2);
}
