//! After a change the next build renders what changed, takes over the rest, and makes the edition that a build
//! without the earlier one makes.

mod demo_site;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Output;

use congbo::digest::sha256_file;
use congbo::snapshot::signature;
use demo_site::DemoSite;

const PRICES: &str = "bang-gia-dat-2026";
const PRICES_BEFORE: &str = "bang-gia-dat-2025";
const COEFFICIENTS: &str = "he-so-2026";

type Files = BTreeMap<PathBuf, Vec<u8>>;

struct Site {
    site: DemoSite,
    key: PathBuf,
    _keys: tempfile::TempDir,
}

impl Site {
    fn built() -> Self {
        let keys = tempfile::tempdir().unwrap();
        let key = keys.path().join("approver");
        signature::make_key(&key, None).unwrap();
        let key = key.with_extension("key");
        let mut site = DemoSite::approved(&key);
        site.own(&[PRICES, PRICES_BEFORE, COEFFICIENTS]);
        site.congbo(&["build"]);
        Site { site, key, _keys: keys }
    }

    /// Changes a dataset's table and what describes it, and approves it again.
    fn change(&mut self, dataset: &str, file: &str, table: impl Fn(String) -> String, toml: impl Fn(String) -> String) {
        let folder = self.site.path().join("content/data").join(dataset);
        let (source, description) = (folder.join(file), folder.join("dataset.toml"));
        let before = sha256_file(&source).unwrap();
        let text = std::fs::read_to_string(&source).unwrap();
        std::fs::write(&source, table(text)).unwrap();
        let described = std::fs::read_to_string(&description).unwrap();
        let described = toml(described.replace(&before, &sha256_file(&source).unwrap()));
        std::fs::write(&description, described).unwrap();
        let dataset = format!("content/data/{dataset}");
        self.site.congbo(&["approve", "--key", self.key.to_str().unwrap(), &dataset]);
    }

    /// Builds beside the earlier edition and without it; both must be the same. Returns what the build said and
    /// the HTML pages of the edition before and of this one.
    fn rebuild(&mut self) -> (String, Files, Files) {
        let before = self.edition("dist");
        let said = self.site.congbo(&["build"]);
        let after = self.edition("dist");
        self.site.congbo(&["build", "--dist", "afresh"]);
        let afresh = self.edition("afresh");
        std::fs::remove_dir_all(self.site.path().join("afresh")).unwrap();
        assert_eq!(names(&after), names(&afresh));
        let differs: Vec<_> =
            after.iter().filter(|(path, bytes)| afresh[*path] != **bytes).map(|(path, _)| path).collect();
        assert!(differs.is_empty(), "taken over though changed: {differs:?}");
        (stdout(&said), pages(before), pages(after))
    }

    /// Files of the edition made last, by their path in it.
    fn edition(&self, dist: &str) -> Files {
        let releases = self.site.path().join(dist).join("releases");
        let made =
            |entry: &std::fs::DirEntry| entry.path().join("manifest.json").metadata().unwrap().modified().unwrap();
        let last = std::fs::read_dir(releases).unwrap().map(Result::unwrap).max_by_key(made).unwrap();
        let below = format!("{dist}/releases/{}", last.file_name().to_str().unwrap());
        self.site.files(&below).into_iter().collect()
    }
}

fn names(edition: &Files) -> Vec<&PathBuf> {
    edition.keys().collect()
}

fn pages(edition: Files) -> Files {
    edition.into_iter().filter(|(path, _)| path.extension().is_some_and(|ending| ending == "html")).collect()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn taken_over(said: &str) -> usize {
    let line = said.lines().find(|line| line.contains("had not changed")).unwrap_or_else(|| panic!("{said}"));
    line.split_whitespace().next().unwrap().parse().unwrap()
}

fn changed<'p>(before: &Files, after: &'p Files) -> Vec<&'p str> {
    let differs = after.iter().filter(|(path, bytes)| before.get(*path) != Some(bytes));
    differs.map(|(path, _)| path.to_str().unwrap()).collect()
}

/// One price of one road in Bến Lụa.
fn dearer(table: String) -> String {
    let row = "Đường Chợ Cũ,Đầu đường,Cuối đường,,19000,";
    assert!(table.contains(row));
    table.replacen(row, "Đường Chợ Cũ,Đầu đường,Cuối đường,,19500,", 1)
}

#[test]
fn one_price_changes_the_pages_of_its_commune_and_its_road_and_no_sheet() {
    let mut site = Site::built();
    site.change(PRICES, "bang_gia_dat.csv", dearer, |toml| toml);
    let (said, before, after) = site.rebuild();
    let changed = changed(&before, &after);
    for page in
        ["site/bang-gia-dat/bang-gia-dat-2026/99002-phuong-ben-lua/index.html", "site/duong/duong-cho-cu/index.html"]
    {
        assert!(changed.contains(&page), "{changed:?}");
    }
    let untouched =
        |path: &&&str| path.contains("/thua-dat/") || path.contains("/quy-hoach/") || path.contains("/duong/");
    let wrong: Vec<_> = changed.iter().filter(untouched).filter(|path| !path.contains("duong-cho-cu")).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let sheets = after.keys().filter(|path| path.to_str().unwrap().contains("/thua-dat/")).count();
    assert!(taken_over(&said) > sheets, "{said}: every sheet, and the other roads, of {} pages", after.len());
}

#[test]
fn other_changes_are_noticed_wherever_they_show() {
    let mut site = Site::built();
    // The table before: its figures stand on today's pages as changes.
    site.change(PRICES_BEFORE, "bang_gia_dat.csv", |table| table.replacen(",18240,", ",18250,", 1), |toml| toml);
    let (_, before, after) = site.rebuild();
    let today = "site/bang-gia-dat/bang-gia-dat-2026/99002-phuong-ben-lua/index.html";
    assert!(changed(&before, &after).contains(&today));
    // A rule of the decision, its number, a coefficient: none of them a row of prices.
    let rule = |toml: String| toml.replace("thửa có giá", "thửa đất có giá").replace("dearest of them", "dearest one");
    site.change(PRICES, "bang_gia_dat.csv", |table| table, rule);
    site.rebuild();
    site.change(
        PRICES,
        "bang_gia_dat.csv",
        |table| table,
        |toml| toml.replace("00/2025/NQ-HĐND (minh họa)", "01/2025/NQ-HĐND (minh họa)"),
    );
    let (_, before, after) = site.rebuild();
    assert!(changed(&before, &after).contains(&"site/duong/duong-cho-cu/index.html"), "a road names the decision");
    site.change(COEFFICIENTS, "he_so.csv", |table| table.replace(",1.25,", ",1.30,"), |toml| toml);
    site.rebuild();
}

#[test]
fn a_page_that_was_changed_on_disk_is_rendered_again() {
    let mut site = Site::built();
    let releases = site.site.path().join("dist/releases");
    let edition = std::fs::read_dir(releases).unwrap().next().unwrap().unwrap().path();
    let page = edition.join("site/thua-dat/99001/5/index.html");
    let good = std::fs::read(&page).unwrap();
    std::fs::remove_file(&page).unwrap();
    std::fs::write(&page, "changed by hand").unwrap();
    site.change(PRICES, "bang_gia_dat.csv", dearer, |toml| toml);
    site.site.congbo(&["build"]);
    let after = site.edition("dist");
    assert_eq!(after[&PathBuf::from("site/thua-dat/99001/5/index.html")], good);
}
