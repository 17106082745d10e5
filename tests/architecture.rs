//! The invariants that imports can break, held against the source itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What each part of the house may import; the order is that of the data's way, and nothing reaches back.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("digest", &[]),
    ("file_system", &[]),
    ("progress", &[]),
    ("model", &[]),
    ("config", &["error", "model"]),
    ("read", &["config", "digest", "error", "model"]),
    ("disclose", &["config", "error", "model", "read"]),
    ("project", &["model"]),
    ("inspect", &["error", "model", "project"]),
    ("survey", &["config", "digest", "disclose", "error", "inspect", "model", "read"]),
    ("snapshot", &["config", "digest", "disclose", "error", "inspect", "model", "progress", "project", "read"]),
    ("plan", &["config", "digest", "error", "file_system", "model", "project", "snapshot"]),
    ("tile", &["config", "digest", "disclose", "error", "file_system", "model", "progress", "project", "snapshot"]),
    ("extract", &["digest", "disclose", "error", "model", "project", "snapshot"]),
    ("page", &["config", "digest", "disclose", "error", "model", "project", "snapshot"]),
    ("release", &["config", "digest", "error", "file_system", "model"]),
    ("build", &["config", "digest", "error", "extract", "model", "page", "progress", "release", "snapshot", "tile"]),
    ("package", &["digest", "error", "file_system", "model", "progress", "project", "release", "snapshot", "tile"]),
    ("audit", &["digest"]),
    ("account", &["audit", "config", "digest", "error", "model"]),
    ("supply", &["digest", "model", "project", "release"]),
    ("request", &["account", "audit", "config", "digest", "model", "project", "release", "supply"]),
    ("serve", &["account", "config", "digest", "error", "model", "release", "request", "supply"]),
    (
        "command",
        &[
            "account", "audit", "build", "config", "digest", "error", "model", "package", "plan", "progress", "read",
            "release", "request", "serve", "snapshot", "supply", "survey", "tile",
        ],
    ),
];

#[test]
fn no_part_imports_what_comes_after_it() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        MAY_IMPORT.iter().map(|(part, imports)| (*part, imports.iter().copied().collect())).collect();
    let mut wrong = vec![];
    for (file, code) in sources() {
        let part = part_of(&file);
        let Some(allowed) = allowed.get(part.as_str()) else {
            assert!(["lib", "main"].contains(&part.as_str()), "{part} has no place in the order: add it to MAY_IMPORT");
            continue;
        };
        for imported in imports(&code).into_iter().filter(|imported| *imported != part) {
            if !allowed.contains(imported.as_str()) {
                wrong.push(format!("{} imports {imported}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_order_itself_has_no_way_back() {
    let places: BTreeMap<&str, usize> = MAY_IMPORT.iter().enumerate().map(|(i, (part, _))| (*part, i)).collect();
    for (part, imports) in MAY_IMPORT {
        for import in *imports {
            assert!(places[import] < places[part], "{part} may import {import}, which comes later");
        }
    }
}

#[test]
fn only_disclose_makes_a_public_value() {
    for (file, code) in sources() {
        let part = part_of(&file);
        assert!(part == "disclose" || !code.contains("Public::new("), "{}", file.display());
        assert!(part == "disclose" || !code.contains("Public("), "{}", file.display());
    }
}

/// The sandbox reads source rows back, which have no `Public` in them, and a delta what to do with files of a package.
#[test]
fn only_the_store_reads_public_values_back() {
    for (file, code) in sources() {
        let others = ["read/sandbox.rs", "package/delta.rs"].iter().any(|part| file.ends_with(part));
        let of_rows = others && !code.contains("Public");
        let of_store = ["snapshot/store.rs", "snapshot/parcel_runs.rs"].iter().any(|part| file.ends_with(part));
        let reads = ["postcard::from_bytes", "postcard::take_from_bytes"].iter().any(|call| code.contains(call));
        assert!(of_store || of_rows || !reads, "{}", file.display());
    }
}

#[test]
fn source_rows_end_at_the_gate() {
    for (file, code) in sources() {
        let before_the_gate = ["read", "disclose", "snapshot"].contains(&part_of(&file).as_str());
        assert!(before_the_gate || !code.contains("read::Row"), "{}", file.display());
    }
}

#[test]
fn a_comment_opens_every_file() {
    for (file, code) in sources() {
        assert!(file.ends_with("main.rs") || code.starts_with("//!"), "{} does not say what it is", file.display());
    }
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut folders = vec![PathBuf::from("src")];
    let mut found = vec![];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push((path.clone(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(found.len() > 30);
    found
}

/// `src/tile/grid.rs` → `tile`.
fn part_of(file: &Path) -> String {
    let first = file.components().nth(1).unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Every `crate::x` of the code, but for comments and tests.
fn imports(code: &str) -> BTreeSet<String> {
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = BTreeSet::new();
    for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for after in line.split("crate::").skip(1) {
            match after.strip_prefix('{') {
                Some(list) => found.extend(list.split(['}', ';']).next().unwrap_or("").split(',').map(first_word)),
                None => {
                    found.insert(first_word(after));
                }
            }
        }
    }
    found.remove("");
    found
}

fn first_word(text: &str) -> String {
    text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}
