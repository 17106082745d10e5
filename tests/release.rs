//! An edition: how it is sealed, what is found out about it later, and how the pointer moves.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use congbo::error::{Exit, Failure};
use congbo::release::{self, DatasetFacts, Edition, EditionFacts, Staging, merkle};
use tempfile::TempDir;

fn facts() -> EditionFacts {
    let decision = serde_json::json!({
        "number": "00/2026/QĐ-UBND", "date": "2026-01-05", "authority": "UBND tỉnh Minh Họa",
        "effective_from": "2026-01-15", "acceptance": "BB-NT 01/2026",
    });
    let dataset = serde_json::json!({
        "id": "thua-dat", "kind": "dia_chinh", "record_sha256": "00".repeat(32), "decision": decision,
    });
    let datasets: Vec<DatasetFacts> = vec![serde_json::from_value(dataset).unwrap()];
    EditionFacts { date: "2026-01-05".parse().unwrap(), tool_version: "0.1.0".into(), datasets }
}

fn page(title: &str) -> String {
    format!("<!doctype html><title>{title}</title>{}", "<p>Thửa đất số 113, tờ bản đồ số 25.</p>".repeat(40))
}

/// Seals a small edition whose home page bears `title`.
fn seal(dist: &Path, title: &str) -> Edition {
    let staging = Staging::begin(dist).unwrap();
    staging.write("site/index.html", page(title).as_bytes()).unwrap();
    staging.write("site/en/index.html", b"<!doctype html><title>en</title>").unwrap();
    staging.write("site/assets/app-1A2B3C4D.js", "export const a = 1;\n".repeat(100).as_bytes()).unwrap();
    staging.write("site/assets/letter.woff2", &[7; 4000]).unwrap();
    staging.write("open/thua-dat/99001.fgb", &[0; 4000]).unwrap();
    let streamed = staging.path("tiles/parcels.part").unwrap();
    fs::write(&streamed, b"an archive").unwrap();
    staging.add_archive("parcels", &streamed).unwrap();
    staging.seal(facts()).unwrap()
}

fn staged(dist: &Path) -> Staging {
    Staging::begin(dist).unwrap()
}

fn dist() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn problems(failure: &Failure) -> Vec<String> {
    failure.faults.iter().map(|fault| fault.to_string()).collect()
}

/// Changes a sealed file in place, which its permissions forbid to everybody but root.
fn overwrite(path: &Path, bytes: &[u8]) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Path and bytes of everything in an edition.
fn contents(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push((path.strip_prefix(dir).unwrap().to_owned(), fs::read(&path).unwrap())),
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_merkle_root_agrees_with_the_vectors_of_certificate_transparency() {
    let entries: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    for (count, expected) in roots.into_iter().enumerate() {
        let root: String = merkle::root(&entries[..count]).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(root, expected, "{count} entries");
    }
}

#[test]
fn the_same_files_make_the_same_edition_to_the_last_byte() {
    let (one, two) = (dist(), dist());
    let (first, second) = (seal(one.path(), "Minh Họa"), seal(two.path(), "Minh Họa"));
    assert_eq!(first.name, second.name);
    assert_eq!(contents(&first.dir), contents(&second.dir));
}

#[test]
fn threads_and_order_of_writing_do_not_show() {
    let (one, two) = (dist(), dist());
    let names: Vec<String> = (0..40).map(|i| format!("site/xa/{i}/index.html")).collect();
    let forward = staged(one.path());
    names.iter().for_each(|name| forward.write(name, page(name).as_bytes()).unwrap());
    let backward = staged(two.path());
    std::thread::scope(|scope| {
        for half in names.chunks(20) {
            scope.spawn(|| half.iter().rev().for_each(|name| backward.write(name, page(name).as_bytes()).unwrap()));
        }
    });
    let single = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let (first, second) = (forward.seal(facts()).unwrap(), single.install(|| backward.seal(facts())).unwrap());
    assert_eq!(contents(&first.dir), contents(&second.dir));
}

#[test]
fn an_edition_is_named_by_the_decision_and_the_root() {
    let dist = dist();
    let edition = seal(dist.path(), "Minh Họa");
    let manifest = release::verify(dist.path(), &edition.name).unwrap();
    assert_eq!(edition.name, format!("2026-01-05-{}", &manifest.root[..8]));
    assert_ne!(seal(dist.path(), "khác").name, edition.name);
}

#[test]
fn the_manifest_lists_every_file_in_order_with_what_was_prepared() {
    let dist = dist();
    let edition = seal(dist.path(), "Minh Họa");
    let manifest = release::verify(dist.path(), &edition.name).unwrap();
    let paths: Vec<&str> = manifest.files.iter().map(|file| file.path.as_str()).collect();
    let archive = paths[5];
    assert_eq!(
        paths,
        [
            "open/thua-dat/99001.fgb",
            "site/assets/app-1A2B3C4D.js",
            "site/assets/letter.woff2",
            "site/en/index.html",
            "site/index.html",
            archive,
        ]
    );
    assert_eq!(archive, format!("tiles/parcels-{}.pmtiles", &manifest.files[5].sha256[..16]));
    let encoded: Vec<usize> = manifest.files.iter().map(|file| file.encodings.siblings().count()).collect();
    assert_eq!(encoded, [0, 2, 0, 0, 2, 0], "scripts and long pages only; nothing under 512 bytes, no fonts");
}

#[test]
fn prepared_encodings_hold_the_same_text() {
    let dist = dist();
    let edition = seal(dist.path(), "Minh Họa");
    let plain = fs::read(edition.dir.join("site/index.html")).unwrap();
    let (br, gz) = (edition.dir.join("site/index.html.br"), fs::read(edition.dir.join("site/index.html.gz")).unwrap());
    let mut unpacked = Vec::new();
    brotli::BrotliDecompress(&mut fs::File::open(br).unwrap(), &mut unpacked).unwrap();
    assert_eq!(unpacked, plain);
    let mut unpacked = vec![0; plain.len()];
    libdeflater::Decompressor::new().gzip_decompress(&gz, &mut unpacked).unwrap();
    assert_eq!(unpacked, plain);
    assert_eq!(gz[4..8], [0; 4], "no time in the gzip header");
}

#[test]
fn the_manifest_is_canonical_json() {
    let dist = dist();
    let edition = seal(dist.path(), "Minh Họa");
    let text = fs::read_to_string(edition.dir.join("manifest.json")).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    value.sort_all_objects();
    assert_eq!(text, format!("{value}\n"));
    assert!(!text.contains(dist.path().to_str().unwrap()), "no path of this machine");
}

#[test]
fn an_edition_that_is_there_is_kept_as_it_is() {
    let dist = dist();
    let edition = seal(dist.path(), "Minh Họa");
    let made = fs::metadata(&edition.dir).unwrap().modified().unwrap();
    assert_eq!(seal(dist.path(), "Minh Họa"), edition);
    assert_eq!(fs::metadata(&edition.dir).unwrap().modified().unwrap(), made);
    assert_eq!(release::releases(dist.path()).unwrap(), [edition.name]);
}

#[test]
fn sealed_files_are_read_only() {
    let dist = dist();
    let edition = seal(dist.path(), "Minh Họa");
    for (path, _) in contents(&edition.dir) {
        let mode = fs::metadata(edition.dir.join(&path)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o444, "{path:?}");
    }
}

#[test]
fn names_that_are_not_plain_are_refused() {
    let dist = dist();
    let staging = staged(dist.path());
    for name in [
        "",
        "/",
        "/etc/passwd",
        "..",
        "../out",
        "site/../../out",
        "site/./a",
        "site//a",
        "site/",
        "site/.htaccess",
        ".a",
        "site/a b",
        "site/a\\b",
        "site/a\0b",
        "site/a%2e",
        "site/á",
        "site/a\nb",
        "site/a:b",
        "site/~a",
        "site/a?b",
    ] {
        assert!(staging.write(name, b"x").is_err(), "{name:?}");
        assert!(staging.path(name).is_err(), "{name:?}");
    }
    assert!(staging.write(&format!("site/{}", "a".repeat(129)), b"x").is_err());
    assert!(staging.add_archive("../a", &staging.path("tiles/a").unwrap()).is_err());
    assert_eq!(fs::read_dir(dist.path()).unwrap().count(), 3, "lock, releases, staging: nothing was written outside");
}

#[test]
fn a_name_is_given_once_whatever_its_case() {
    let dist = dist();
    let staging = staged(dist.path());
    staging.write("site/a.html", b"1").unwrap();
    assert!(staging.write("site/a.html", b"2").is_err());
    assert!(staging.write("site/A.html", b"2").is_err());
    assert!(staging.write("site/a.html.gz", b"2").is_err(), "made at sealing");
    assert!(staging.write("manifest.json", b"{}").is_err(), "made at sealing");
}

#[test]
fn a_file_that_was_promised_and_never_written_stops_the_sealing() {
    let dist = dist();
    let staging = staged(dist.path());
    staging.path("open/a.fgb").unwrap();
    let failure = staging.seal(facts()).unwrap_err();
    assert!(problems(&failure)[0].contains("open/a.fgb"));
    assert!(release::releases(dist.path()).unwrap().is_empty());
}

#[test]
fn a_file_that_no_stage_promised_stops_the_sealing() {
    let dist = dist();
    let staging = staged(dist.path());
    let promised = staging.path("open/a.fgb").unwrap();
    fs::write(&promised, b"a").unwrap();
    fs::write(promised.with_extension("tmp"), b"litter").unwrap();
    assert!(problems(&staging.seal(facts()).unwrap_err())[0].contains("open/a.tmp"));
}

#[test]
fn what_a_killed_build_left_is_cleared_away() {
    let dist = dist();
    let edition = seal(dist.path(), "Minh Họa");
    let left = dist.path().join(".staging-12345/site");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("index.html"), b"half").unwrap();
    let staging = staged(dist.path());
    assert!(!left.exists());
    drop(staging);
    let names: Vec<_> = fs::read_dir(dist.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().starts_with(".staging")), "{names:?}");
    release::verify(dist.path(), &edition.name).unwrap();
}

#[test]
fn two_builds_do_not_run_at_once() {
    let dist = dist();
    let running = staged(dist.path());
    assert_eq!(Staging::begin(dist.path()).err().unwrap().exit(), Exit::Usage);
    drop(running);
    staged(dist.path());
}

#[test]
fn publishing_moves_the_pointer_and_naming_an_earlier_edition_moves_it_back() {
    let dist = dist();
    let first = seal(dist.path(), "một").name;
    assert_eq!(release::publish(dist.path(), None).unwrap(), first);
    let second = seal(dist.path(), "hai").name;
    assert_eq!(release::current(dist.path()).unwrap(), first, "building does not publish");
    release::publish(dist.path(), Some(&second)).unwrap();
    assert_eq!(release::open(dist.path()).unwrap().name, second);
    release::publish(dist.path(), Some(&first)).unwrap();
    assert_eq!(release::open(dist.path()).unwrap().name, first);
    let pointer = fs::read_link(dist.path().join("current")).unwrap();
    assert_eq!(pointer, Path::new("releases").join(&first), "relative, so that dist can be moved");
}

#[test]
fn every_damaged_file_is_named_and_the_pointer_stays() {
    let dist = dist();
    let good = seal(dist.path(), "một").name;
    release::publish(dist.path(), Some(&good)).unwrap();
    let bad = seal(dist.path(), "hai");
    let home = bad.dir.join("site/index.html");
    let mut text = fs::read(&home).unwrap();
    text[100] ^= 1;
    overwrite(&home, &text);
    overwrite(&bad.dir.join("site/index.html.br"), b"short");
    fs::remove_file(bad.dir.join("site/en/index.html")).unwrap();
    fs::remove_file(bad.dir.join("site/assets/letter.woff2")).unwrap();
    symlink("/etc/hostname", bad.dir.join("site/assets/letter.woff2")).unwrap();
    fs::write(bad.dir.join("site/planted.html"), b"planted").unwrap();
    let failure = release::publish(dist.path(), Some(&bad.name)).unwrap_err();
    assert_eq!(failure.exit(), Exit::Verification);
    let mut files: Vec<String> = failure.faults.iter().filter_map(|fault| fault.file.clone()).collect();
    files.sort();
    let named = |path: &str| format!("releases/{}/{path}", bad.name);
    let expected = ["assets/letter.woff2", "en/index.html", "index.html", "index.html.br", "planted.html"];
    assert_eq!(files, expected.map(|path| named(&format!("site/{path}"))));
    assert_eq!(release::current(dist.path()).unwrap(), good);
}

#[test]
fn a_manifest_that_was_edited_is_refused() {
    let dist = dist();
    let edition = seal(dist.path(), "một");
    let path = edition.dir.join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    for (from, to) in [("site/en/index.html", "site/en/other.html"), ("\"format\":2", "\"format\":3"), ("}", "")] {
        overwrite(&path, text.replacen(from, to, 1).as_bytes());
        assert_eq!(release::publish(dist.path(), None).unwrap_err().exit(), Exit::Verification, "{from}");
    }
    overwrite(&path, text.as_bytes());
    release::publish(dist.path(), None).unwrap();
}

#[test]
fn an_edition_name_never_leads_out_of_the_folder() {
    let dist = dist();
    let name = seal(dist.path(), "một").name;
    for name in ["..", "../..", "/etc", "", "2026-01-05", "2026-13-05-00000000", "2026-01-05-0000000G", &name[1..]] {
        assert_eq!(release::publish(dist.path(), Some(name)).unwrap_err().exit(), Exit::Usage, "{name:?}");
    }
    symlink("../elsewhere", dist.path().join("current")).unwrap();
    assert!(release::open(dist.path()).is_err());
}

#[test]
fn without_a_publication_there_is_nothing_to_open() {
    let dist = dist();
    assert_eq!(release::open(dist.path()).unwrap_err().exit(), Exit::Storage);
    assert_eq!(release::publish(dist.path(), None).unwrap_err().exit(), Exit::Usage);
}

#[test]
fn opening_finds_a_single_changed_bit_anywhere() {
    let dist = dist();
    let edition = seal(dist.path(), "một");
    release::publish(dist.path(), None).unwrap();
    for (path, bytes) in contents(&edition.dir).into_iter().filter(|(path, _)| path != Path::new("manifest.json")) {
        let mut changed = bytes.clone();
        changed[bytes.len() / 2] ^= 0x10;
        overwrite(&edition.dir.join(&path), &changed);
        assert_eq!(release::open(dist.path()).unwrap_err().exit(), Exit::Verification, "{path:?}");
        overwrite(&edition.dir.join(&path), &bytes);
    }
    release::open(dist.path()).unwrap();
}
