//! What the program prints when nobody reads it to the end, or nothing takes it.

mod small_site;

use std::fs::OpenOptions;
use std::path::Path;
use std::process::{Command, Stdio};

use congbo::snapshot::signature;
use small_site::{DATASET, SITE, SmallSite};

fn site() -> SmallSite {
    let site = SmallSite::new();
    for part in ["themes", "tiles"] {
        std::os::unix::fs::symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join(part), site.path().join(part)).unwrap();
    }
    site.write("congbo.toml", &format!("{SITE}[sign_off]\nkeys = [\"keys/approver.pub\"]\n"));
    site
}

/// Runs a verb as `congbo … | true`, and says how it ended.
fn unread(site: &SmallSite, arguments: &[&str]) -> i32 {
    let mut child = command(site, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    child.wait().unwrap().code().unwrap()
}

fn command(site: &SmallSite, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_congbo"));
    command.current_dir(site.path()).args(arguments).env("CONGBO_KEY", site.path().join("keys/approver.key"));
    command
}

#[test]
fn every_verb_does_its_work_whoever_stops_reading() {
    let site = site();
    signature::make_key(&site.path().join("keys/new"), None).unwrap();
    let parcels = format!("{DATASET}/thua_dat.gpkg");
    let both = |arguments: &[&str]| {
        assert_eq!(unread(&site, arguments), 0, "{arguments:?}");
        assert_eq!(unread(&site, &[&["--json"], arguments].concat()), 0, "--json {arguments:?}");
    };
    both(&["inspect-source", &parcels]);
    both(&["approve", DATASET]);
    both(&["plan", "--out", "changes"]);
    both(&["build"]);
    let editions = String::from_utf8(site.congbo(&["publish", "--list"]).stdout).unwrap();
    let edition = editions.trim();
    both(&["sample", edition]);
    let table = site.path().join("dist/sign-off").join(edition).join("sample.csv");
    let filled = std::fs::read_to_string(&table).unwrap().replace(",,\r\n", ",dat,\r\n");
    std::fs::write(&table, filled).unwrap();
    both(&["sign-off", edition]);
    both(&["publish", edition]);
    both(&["publish", "--list"]);
    both(&["check"]);
    assert_eq!(unread(&site, &["key", "new", "keys/another"]), 0);
    assert_eq!(unread(&site, &["--json", "key", "rotate", "--old", "keys/approver.key", "--new", "keys/new.pub"]), 0);
    assert!(site.path().join("keys/rotations/0001.json").exists() && site.path().join("keys/another.pub").exists());
}

#[test]
fn a_refusal_that_nobody_reads_keeps_its_exit_code() {
    let site = site();
    for (exit, arguments) in [(7, ["approve", "content/data/khong-co"]), (2, ["build", "--nothing"])] {
        assert_eq!(unread(&site, &arguments), exit, "{arguments:?}");
    }
    site.describe(|description| description.replace("columns = [\"TenChu\"]", "columns = []"));
    assert_eq!(unread(&site, &["--json", "approve", DATASET]), 4);
}

/// A reader that is still there must know that it has not got everything.
#[test]
fn a_full_disk_under_a_report_is_said_with_exit_7() {
    let site = site();
    for arguments in [&["--json", "approve", DATASET][..], &["plan"], &["--json", "plan"]] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command(&site, arguments).stdout(full).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(7), "{arguments:?}: {said}");
        assert!(said.contains("standard output"), "{said}");
    }
    assert!(site.path().join("snapshots/thua-dat").exists(), "the work was done");
}
