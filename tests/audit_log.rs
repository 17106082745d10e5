//! The log of who did what: whatever is done to it afterwards is found, and a crash in the middle of a line is
//! mended and noted. `scripts/prove audit N` does N tamperings instead of some hundreds.

use std::path::Path;

use congbo::audit::head::{Head, Heads, read_all};
use congbo::audit::seal::Seal;
use congbo::audit::verify::{Checked, verify, verify_lines};
use congbo::audit::{Act, Log};
use jiff::Timestamp;

const RECORDS: usize = 120;

fn moment(i: usize) -> Timestamp {
    Timestamp::from_second(1_772_600_000 + i as i64).unwrap()
}

fn entry(i: usize) -> (String, String) {
    (format!("account {}", i % 7), format!("YC-2026-{:06}", i))
}

/// A log of so many acts; `changed` is one that somebody would like to have been otherwise.
fn write_log(path: &Path, records: usize, changed: Option<usize>) {
    Log::create(path).unwrap();
    let log = Log::at(path.to_owned(), None);
    for i in 0..records {
        let (actor, request) = entry(i);
        let result = if changed == Some(i) { "denied" } else { "ok" };
        let act =
            Act { actor, action: "download.begin", request, result: result.into(), bytes: i as u64, ..Act::default() };
        log.append(&act, moment(i)).unwrap();
    }
}

fn head_of(path: &Path) -> Head {
    let checked = verify(path, &[]).unwrap();
    assert_eq!(checked.bad, None);
    Head { seq: checked.records, hash: checked.hash, time: moment(0) }
}

fn checked(bytes: &[u8], heads: &[Head]) -> Checked {
    verify_lines(bytes, heads, &mut |_| {}).unwrap()
}

/// Numbers that look random and are the same each time.
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % most
    }
}

#[test]
fn s25_every_tampering_is_found_and_the_first_bad_record_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    write_log(&path, RECORDS, None);
    let heads = [head_of(&path)];
    let sound = std::fs::read(&path).unwrap();
    let lines: Vec<&[u8]> = sound.split_inclusive(|byte| *byte == b'\n').collect();
    let tamperings: usize = std::env::var("TAMPERINGS").ok().and_then(|n| n.parse().ok()).unwrap_or(800);
    let mut drawn = Drawn(1);
    for i in 0..tamperings {
        let at = drawn.below(RECORDS);
        let mut changed: Vec<&[u8]> = lines.clone();
        // Each way, with the record that has to be named.
        let (bytes, named) = match i % 6 {
            0 => {
                let mut line = lines[at].to_vec();
                let byte = drawn.below(line.len());
                line[byte] ^= 1 << drawn.below(8);
                changed[at] = &line;
                (changed.concat(), at + 1)
            }
            1 => {
                changed.remove(at);
                (changed.concat(), at + 1)
            }
            2 => {
                let other = (at + 1 + drawn.below(RECORDS - 1)) % RECORDS;
                changed.swap(at, other);
                (changed.concat(), at.min(other) + 1)
            }
            3 => {
                changed.insert(at, lines[drawn.below(RECORDS)]);
                // One that is doubled in its own place is the second of its number.
                let doubled = changed[at] == lines[at];
                (changed.concat(), if doubled { at + 2 } else { at + 1 })
            }
            4 => (changed[..at].concat(), at + 1),
            _ => {
                let bytes = 1 + drawn.below(sound.len() - 1);
                let cut = &sound[..sound.len() - bytes];
                (cut.to_vec(), cut.iter().filter(|byte| **byte == b'\n').count() + 1)
            }
        };
        let bad = checked(&bytes, &heads).bad.unwrap_or_else(|| panic!("tampering {i} was not found"));
        assert_eq!(bad.seq, named as u64, "tampering {i}: {}", bad.problem);
    }
}

#[test]
fn a_log_that_was_written_anew_with_one_act_changed_is_found_by_its_head() {
    let folder = tempfile::tempdir().unwrap();
    let (path, forged) = (folder.path().join("log"), folder.path().join("forged"));
    write_log(&path, RECORDS, None);
    write_log(&forged, RECORDS, Some(40));
    let heads = [head_of(&path)];
    assert_eq!(verify(&forged, &[]).unwrap().bad, None, "without a head nobody could tell");
    let bad = verify(&forged, &heads).unwrap().bad.unwrap();
    assert_eq!(bad.seq, RECORDS as u64);
    write_log(&folder.path().join("older"), RECORDS - 20, None);
    let bad = verify(&folder.path().join("older"), &heads).unwrap().bad.unwrap();
    assert_eq!((bad.seq, bad.problem.contains("cut off")), (RECORDS as u64 - 19, true));
}

#[test]
fn heads_are_signed_at_once_then_every_thousand_records_or_every_day() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    Seal::create(&at("seal.key")).unwrap();
    Log::create(&at("log")).unwrap();
    let seal = || Seal::open(&at("seal.key")).unwrap();
    let log = Log::at(at("log"), Some(Heads::new(at("heads"), seal())));
    let append =
        |moment| log.append(&Act { actor: "congbo".into(), action: "sign_in", ..Act::default() }, moment).unwrap();
    for _ in 0..1001 {
        append(moment(0));
    }
    append(moment(24 * 3600 - 1));
    append(moment(24 * 3600));
    let keys = [seal().public_key()];
    let heads = read_all(&at("heads"), &keys).unwrap();
    assert_eq!(heads.iter().map(|head| head.seq).collect::<Vec<_>>(), [1, 1001, 1003]);
    assert_eq!(verify(&at("log"), &heads).unwrap().heads, 3);
    let path = at("heads/head-0000001001.json");
    let text = std::fs::read_to_string(&path).unwrap().replace("1001", "1000");
    std::fs::write(path, text).unwrap();
    assert!(read_all(&at("heads"), &keys).is_err(), "a head that was changed is no head");
}

#[test]
fn s24_a_crash_at_any_byte_of_a_line_loses_no_record_before_it_and_is_noted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    write_log(&path, 3, None);
    let sound = std::fs::read(&path).unwrap();
    let second_ends = sound.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(1).unwrap().0 + 1;
    for cut in second_ends..sound.len() {
        std::fs::write(&path, &sound[..cut]).unwrap();
        let log = Log::at(path.clone(), None);
        let seq = log.append(&Act { actor: "congbo".into(), action: "sign_in", ..Act::default() }, moment(9)).unwrap();
        let mut actions = vec![];
        let text = std::fs::read(&path).unwrap();
        let checked = verify_lines(text.as_slice(), &[], &mut |record| actions.push(record.action.clone())).unwrap();
        assert_eq!((checked.bad, checked.records), (None, seq), "cut at {cut}");
        let torn = cut > second_ends;
        let expected: &[&str] = match torn {
            true => &["download.begin", "download.begin", "log.mended", "sign_in"],
            false => &["download.begin", "download.begin", "sign_in"],
        };
        assert_eq!(actions, expected, "cut at {cut}");
    }
}

#[test]
fn two_processes_write_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    Log::create(&path).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let path = path.clone();
            scope.spawn(move || {
                // Each has the file open for itself, as processes do.
                let log = Log::at(path, None);
                for _ in 0..50 {
                    let actor = format!("account {writer}");
                    log.append(&Act { actor: actor.clone(), action: "sign_in", ..Act::default() }, moment(0)).unwrap();
                }
            });
        }
    });
    let checked = verify(&path, &[]).unwrap();
    assert_eq!((checked.bad, checked.records), (None, 200));
}

#[test]
fn a_log_that_vanished_or_is_no_log_is_never_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    write_log(&path, 3, None);
    let log = Log::at(path.clone(), None);
    let append = || log.append(&Act { actor: "congbo".into(), action: "sign_in", ..Act::default() }, moment(0));
    assert!(append().is_ok());
    std::fs::rename(&path, folder.path().join("away")).unwrap();
    assert!(append().is_err());
    assert!(!path.exists());
    std::fs::write(&path, "not a log\n").unwrap();
    assert!(append().is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "not a log\n");
    std::fs::remove_file(&path).unwrap();
    std::fs::rename(folder.path().join("away"), &path).unwrap();
    assert_eq!(append().unwrap(), 5);
}
