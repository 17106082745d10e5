//! Administrative units through time: old codes lead to the new ones, and a new name leaves the tiles alone.

mod demo_site;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use congbo::digest::{sha256, sha256_file};
use congbo::snapshot::signature;
use demo_site::DemoSite;
use serde_json::Value;

const BOUNDARIES: &str = "content/data/dia-gioi";

fn key(folder: &Path) -> PathBuf {
    signature::make_key(&folder.join("approver"), None).unwrap();
    folder.join("approver.key")
}

/// Files of the latest edition built, by their path inside it.
fn edition(site: &mut DemoSite) -> BTreeMap<String, Vec<u8>> {
    let said = String::from_utf8(site.congbo(&["build"]).stdout).unwrap();
    let name = said.lines().find_map(|line| line.strip_prefix("edition ")).unwrap().to_owned();
    let files = site.files(&format!("dist/releases/{name}"));
    files.into_iter().map(|(path, bytes)| (path.to_str().unwrap().to_owned(), bytes)).collect()
}

fn text(edition: &BTreeMap<String, Vec<u8>>, path: &str) -> String {
    String::from_utf8(edition.get(path).unwrap_or_else(|| panic!("{path} is missing")).clone()).unwrap()
}

fn archives(edition: &BTreeMap<String, Vec<u8>>) -> BTreeMap<&str, String> {
    let archives = edition.iter().filter(|(path, _)| path.ends_with(".pmtiles"));
    archives.map(|(path, bytes)| (path.as_str(), sha256(bytes))).collect()
}

/// Writes the digests of the files as they are now into the description.
fn describe(site: &DemoSite, edit: impl Fn(String) -> String) {
    let folder = site.path().join(BOUNDARIES);
    let description = edit(std::fs::read_to_string(folder.join("dataset.toml")).unwrap());
    let lines = description.lines().map(|line| {
        let digest = |file: &str| sha256_file(&folder.join(file)).unwrap();
        match line.split_once(" = ").map(|(key, _)| key) {
            Some("events_sha256") => format!("events_sha256 = \"{}\"", digest("su_kien.csv")),
            Some("sha256") => format!("sha256 = \"{}\"", digest("dia_gioi.gpkg")),
            _ => line.to_owned(),
        }
    });
    std::fs::write(folder.join("dataset.toml"), lines.collect::<Vec<_>>().join("\n") + "\n").unwrap();
}

fn add_events(site: &DemoSite, lines: &str) {
    let file = site.path().join(BOUNDARIES).join("su_kien.csv");
    let events = std::fs::read_to_string(&file).unwrap();
    std::fs::write(file, events + lines).unwrap();
}

/// D28: the land is the same, so the tiles are, to the last byte; what people read has the new name.
#[test]
fn d28_a_renamed_commune_keeps_every_byte_of_the_tiles_while_pages_and_map_show_its_new_name() {
    let keys = tempfile::tempdir().unwrap();
    let key = key(keys.path());
    let mut site = DemoSite::approved(&key);
    let before = edition(&mut site);
    site.own(&["dia-gioi"]);
    let db = rusqlite::Connection::open(site.path().join(BOUNDARIES).join("dia_gioi.gpkg")).unwrap();
    db.execute_batch(
        "INSERT INTO DiaGioi (geom, maTinh, maXa, ten, loai, nghiQuyet, hieuLucTu)
           SELECT geom, maTinh, maXa, 'Xã An Minh Mới', loai, '01/NQ (minh họa)', '2026-03-01' FROM DiaGioi
           WHERE maXa = '99001';
         UPDATE DiaGioi SET hieuLucDen = '2026-02-28' WHERE ten = 'Xã An Minh';",
    )
    .unwrap();
    drop(db);
    add_events(&site, "doi_ten,01/NQ (minh họa),2026-03-01,99001,Xã An Minh,99001,Xã An Minh Mới,\n");
    describe(&site, |text| {
        text.replace("04/2026/QĐ-UBND", "09/2026/QĐ-UBND")
            .replace("effective_from = 2026-01-15", "effective_from = 2026-03-01")
    });
    site.congbo(&["approve", "--key", key.to_str().unwrap(), BOUNDARIES]);
    let after = edition(&mut site);

    assert!(archives(&before).len() >= 3);
    assert_eq!(archives(&before), archives(&after), "a new name made other tiles");
    let new = text(&after, "site/xa/99001-xa-an-minh-moi/index.html");
    assert!(new.contains("Xã An Minh Mới") && new.contains("01/NQ (minh họa)"));
    assert!(text(&after, "site/xa/99001-xa-an-minh/index.html").contains("href=\"/xa/99001-xa-an-minh-moi/\""));
    assert!(text(&after, "site/styles/ban-do.json").contains("\"99001\",\"Xã An Minh Mới\""));
    assert!(text(&after, "tiles/nen.json").contains("09/2026/QĐ-UBND"), "the TileJSON names the decision");
    let merged_earlier = text(&after, "site/don-vi-hanh-chinh/cu-moi.csv");
    assert!(merged_earlier.contains("99502,Xã An Hạ,99001,Xã An Minh Mới,1.0000,nhap,"), "{merged_earlier}");
}

/// D29: one merger and one division, each with its resolution; the old addresses lead on.
#[test]
fn d29_old_codes_names_and_sheets_lead_to_the_communes_of_today() {
    let keys = tempfile::tempdir().unwrap();
    let mut site = DemoSite::approved(&key(keys.path()));
    let edition = edition(&mut site);
    let merged = text(&edition, "site/xa/99503-xa-an-thuong/index.html");
    assert!(merged.contains("href=\"/xa/99001-xa-an-minh/\"") && merged.contains("00/NQ-UBTVQH (minh họa)"));
    assert!(merged.contains("href=\"/thua-dat/99001/"), "old sheets lead to sheets of today");

    let csv = text(&edition, "site/don-vi-hanh-chinh/cu-moi.csv");
    let shares: Vec<(&str, f64)> = csv
        .lines()
        .map(|line| line.split(',').collect::<Vec<_>>())
        .filter(|cells| cells[0] == "99506")
        .map(|cells| (cells[2], cells[4].parse().unwrap()))
        .collect();
    assert_eq!(shares.len(), 2, "{csv}");
    assert!(shares.iter().all(|(_, share)| (0.05..0.95).contains(share)), "{shares:?}");
    assert!((shares.iter().map(|(_, share)| share).sum::<f64>() - 1.0).abs() < 2e-4, "{shares:?}");
    let divided = text(&edition, "site/xa/99506-xa-minh-thuong/index.html");
    assert!(
        divided.contains("href=\"/xa/99001-xa-an-minh/\"") && divided.contains("href=\"/xa/99002-phuong-ben-lua/\"")
    );

    let json = |path: &str| serde_json::from_slice::<Value>(&edition[path]).unwrap();
    let units = json("site/search/don-vi.json");
    let former = units["former"].as_array().unwrap().iter().find(|unit| unit[0] == "99503").unwrap();
    assert_eq!(former[2][0], "99001");
    let old = json("site/search/to-99001.json")["old"].clone();
    let of_former = |sheet: &Value| {
        let file = json(&format!("site/search/to/99001/{}.json", sheet.as_str().unwrap()));
        file["former"]["99503"].as_object().map_or(0, |numbers| numbers.len())
    };
    assert!(old.as_array().unwrap().iter().map(of_former).sum::<usize>() > 100);
    assert!(edition.contains_key("open/dia_gioi/dia-gioi-cu.fgb"), "former borders are open data");
}

#[test]
fn events_that_do_not_fit_the_units_are_all_named_and_nothing_is_approved() {
    let keys = tempfile::tempdir().unwrap();
    let key = key(keys.path());
    let site = DemoSite::approved(&key);
    site.own(&["dia-gioi"]);
    let before = site.files("snapshots/dia-gioi");
    add_events(
        &site,
        "nhap,01/NQ,2026-03-01,99777,Xã Một,99001,Xã An Minh,\n\
         doi_ten,02/NQ,2026-01-01,99001,Xã An Minh,99888,Xã Không Có,\n\
         xoa,03/NQ,2026-01-01,99001,Xã An Minh,99001,Xã An Minh,\n",
    );
    let approve = || {
        describe(&site, |text| text);
        let output = Command::new(env!("CARGO_BIN_EXE_congbo"))
            .arg("-C")
            .arg(site.path())
            .args(["approve", "--key", key.to_str().unwrap(), BOUNDARIES])
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = approve();
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("'xoa' is not one of doi_ten, nhap, tach, dieu_chinh, chuyen"), "{said}");
    let file = site.path().join(BOUNDARIES).join("su_kien.csv");
    let events = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, events.replace("xoa,03/NQ", "dieu_chinh,03/NQ")).unwrap();
    let (code, said) = approve();
    assert_eq!(code, Some(5), "{said}");
    for part in ["merges one unit only", "leads to a unit that is not in the data", "fix: "] {
        assert!(said.contains(part), "'{part}' is not in: {said}");
    }
    assert_eq!(site.files("snapshots/dia-gioi"), before);
}
