//! Words and files as people meet them, held against `tests/golden/`. `BLESS=1 cargo test --release --test
//! golden` writes them anew: read the difference before committing it.

mod demo_site;
mod small_site;

use std::path::{Path, PathBuf};

use congbo::snapshot::signature;
use demo_site::DemoSite;
use regex::Regex;
use small_site::{DATASET, Row, SITE, SmallSite, corner, four_parcels, parcel};

/// The name of a case, and how it breaks a site in which all is well.
type Case = (&'static str, fn(&SmallSite));

/// What each broken dataset makes the program say.
#[test]
fn refusals_say_file_feature_problem_and_remedy() {
    let cases: Vec<Case> = vec![
        ("no-decision", |site| site.describe(|d| d[..d.find("[decision]").unwrap()].to_owned())),
        ("key-of-another-kind", |site| site.write("congbo.toml", &SITE.replace("dia_chinh = ", "gia_dat = "))),
        ("unlisted-column", |site| site.describe(|d| d.replace("columns = [\"TenChu\"]", "columns = []"))),
        ("private-field-mapped", |site| site.describe(|d| d.replace("maXa = ", "tenChu = \"TenChu\"\nmaXa = "))),
        ("unknown-key", |site| site.describe(|d| d.replace("acceptance", "aceptance"))),
        ("swapped-axes", |site| {
            let [easting, northing] = corner(9210);
            site.write_parcels(&four_parcels(), [northing, easting]);
        }),
        ("wrong-meridian", |site| {
            site.write_parcels(&four_parcels(), corner(9209));
            site.write("congbo.toml", &SITE.replace("[106.2, 20.6, 106.6, 21.0]", "[106.35, 20.8, 106.45, 20.9]"));
        }),
        ("attachments", |site| {
            site.write(&format!("{DATASET}/quyet-dinh.pdf"), "PK");
            let attachment = |file: &str| {
                format!(
                    "[[attachment]]\ntitle = {{ vi = \"Quyết định\" }}\nfile = \"{file}\"\nsha256 = \"00\"\nrole = \"decision\"\n"
                )
            };
            site.describe(|d| d + &attachment("quyet-dinh.pdf") + &attachment("bien-ban.pdf"));
        }),
        ("supersedes-what-is-not-approved", |site| {
            site.describe(|d| d.replace("crs = ", "supersedes = \"thua-dat-2025\"\ncrs = "));
        }),
        ("amends-what-cannot-be-amended", |site| {
            site.describe(|d| d.replace("crs = ", "amends = \"thua-dat-2025\"\ncrs = "));
        }),
        ("draft-that-supersedes", |site| {
            site.describe(|d| {
                d.replace("crs = ", "consultation_until = 2026-12-31\nsupersedes = \"thua-dat-2025\"\ncrs = ")
            });
        }),
        ("key-that-handed-over", |site| {
            signature::make_key(&site.path().join("keys/new"), None).unwrap();
            let rotated = site.congbo(&["key", "rotate", "--old", "keys/approver.key", "--new", "keys/new.pub"]);
            assert!(rotated.status.success(), "{}", String::from_utf8_lossy(&rotated.stderr));
        }),
        ("revoked-key", |site| {
            site.write("congbo.toml", &(SITE.to_owned() + "[keys]\nrevoked = [\"keys/approver.pub\"]\n"))
        }),
        ("several-faults-at-once", |site| {
            let mut open = parcel(7, 0.0, 0.0);
            open.ring.pop();
            let number = Row { address: "Thôn 1 001099000001", ..parcel(8, 1.0, 0.0) };
            site.write_parcels(&[open, number, Row { land_use: "XYZ", ..parcel(9, 2.0, 0.0) }], corner(9210));
        }),
    ];
    let key = Regex::new("RW[A-Za-z0-9+/]{54}").unwrap();
    for (name, break_it) in cases {
        let site = SmallSite::new();
        break_it(&site);
        let output = site.approve();
        let said = format!("exit {}\n{}", output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap());
        // Keys are made anew for each run.
        golden(&format!("refusals/{name}.txt"), &key.replace_all(&said, "RW…"));
    }
}

/// What a build says while a second person has not signed.
#[test]
fn a_build_without_the_second_person_names_the_command() {
    let site = SmallSite::new();
    site.write("congbo.toml", &(SITE.to_owned() + "[second_person]\nkinds = [\"dia_chinh\"]\n"));
    assert!(site.approve().status.success());
    std::fs::create_dir(site.path().join("tiles")).unwrap();
    let output = site.congbo(&["build"]);
    let said = format!("exit {}\n{}", output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap());
    let digest = Regex::new("[0-9a-f]{16}").unwrap();
    golden("refusals/second-person-missing.txt", &digest.replace_all(&said, "DIGEST"));
}

/// Files of the demonstration edition that other programs read.
#[test]
fn the_demonstration_edition_holds_the_files_and_the_figures_it_always_did() {
    let keys = tempfile::tempdir().unwrap();
    signature::make_key(&keys.path().join("approver"), None).unwrap();
    let mut site = DemoSite::approved(&keys.path().join("approver.key"));
    site.congbo(&["build"]);
    let files = site.files("dist/releases");
    // Names that carry a digest change with every bit of their content; what is golden is that they are there.
    let digest = Regex::new("-[0-9a-f]{10,16}\\.").unwrap();
    let inside = |path: &Path| path.components().skip(1).collect::<PathBuf>();
    let mut names: Vec<String> =
        files.iter().map(|(path, _)| digest.replace(inside(path).to_str().unwrap(), "-DIGEST.").into_owned()).collect();
    names.sort();
    golden("edition/files.txt", &(names.join("\n") + "\n"));
    for name in [
        "tiles/thua-dat.json",
        "site/xa/99001-xa-an-minh/panel.json",
        "site/bang-gia-dat/bang-gia-dat-2026/99002-phuong-ben-lua.csv",
    ] {
        let (_, bytes) =
            files.iter().find(|(path, _)| inside(path) == Path::new(name)).unwrap_or_else(|| panic!("{name}"));
        golden(&format!("edition/{}", name.rsplit('/').next().unwrap()), std::str::from_utf8(bytes).unwrap());
    }
}

fn golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{name} differs from what is golden; found:\n{found}");
}
