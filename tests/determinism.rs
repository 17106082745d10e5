//! Same input, same bytes: in another folder, on another number of threads, in another time zone.

mod demo_site;

use congbo::snapshot::signature;
use demo_site::DemoSite;

#[test]
fn two_builds_of_one_site_have_the_same_bytes_whatever_the_folder_and_the_threads() {
    let keys = tempfile::tempdir().unwrap();
    let key = keys.path().join("approver");
    signature::make_key(&key, None).unwrap();
    let key = key.with_extension("key");
    let mut one = DemoSite::approved(&key);
    let mut two = DemoSite::approved(&key);
    carry_signatures(&one, &two);
    one.congbo(&["-j", "1", "build"]);
    two.congbo(&["-j", "2", "build"]);
    let (first, second) = (one.files("dist/releases"), two.files("dist/releases"));
    assert!(first.len() > 100);
    let names =
        |files: &[(std::path::PathBuf, Vec<u8>)]| files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    assert_eq!(names(&first), names(&second));
    let different: Vec<_> = first.iter().zip(&second).filter(|(a, b)| a.1 != b.1).map(|(a, _)| &a.0).collect();
    assert!(different.is_empty(), "{different:?}");
}

#[test]
fn a_build_that_takes_tiles_over_makes_the_edition_that_one_which_draws_all_makes() {
    let keys = tempfile::tempdir().unwrap();
    let key = keys.path().join("approver");
    signature::make_key(&key, None).unwrap();
    let mut site = DemoSite::approved(&key.with_extension("key"));
    let mut congbo = |arguments: &[&str]| String::from_utf8(site.congbo(arguments).stdout).unwrap();
    let edition = |said: &str| said.lines().find(|line| line.starts_with("edition ")).unwrap().to_owned();
    let first = congbo(&["build"]);
    assert!(first.contains("nothing was drawn here before"), "{first}");
    let second = congbo(&["build", "--explain"]);
    assert!(second.contains(": 0 of ") && !second.contains("all "), "{second}");
    let third = congbo(&["build", "--draw-all"]);
    assert_eq!((edition(&first), edition(&first)), (edition(&second), edition(&third)));
}

/// Everything in a snapshot is the same from run to run but the signature, which minisign makes with fresh
/// randomness so that a faulty machine does not give the key away. It is an input of the build.
fn carry_signatures(from: &DemoSite, to: &DemoSite) {
    for (path, bytes) in from.files("snapshots") {
        let other = to.path().join("snapshots").join(&path);
        if path.extension().is_some_and(|extension| extension == "minisig") {
            std::fs::write(other, bytes).unwrap();
        } else {
            assert_eq!(std::fs::read(other).unwrap(), bytes, "{}", path.display());
        }
    }
}
