//! Everything that a list or a manifest says, changed in every way; signatures that Ed25519 must not take; and the
//! cases by which clients of The Update Framework are judged, each under its name there.

use congbo::package::listing::{Listing, Validity};
use congbo::package::opened::tail;
use congbo::release::minisig::Minisig;
use ct_codecs::{Base64, Decoder, Encoder};
use serde_json::{Value, json};

use super::*;

/// A package with another list behind its files; the ZIP around it is sound.
fn with_list(office: &Office, package: &Path, text: &str, signature: &str) -> PathBuf {
    let sound = opened(office, package).unwrap();
    let files = fs::read(package).unwrap()[..sound.listing.payload_bytes() as usize].to_vec();
    let changed = office.path("changed.zip");
    fs::write(&changed, [files, tail(&sound.listing, text, signature).unwrap()].concat()).unwrap();
    changed
}

fn signed_by(office: &Office, key: &str, text: &str, comment: &str) -> String {
    office.signer(key).sign_as(text.as_bytes(), comment, UNTRUSTED_COMMENT).unwrap()
}

/// Every value of a JSON changed, each by itself: what was changed, and the whole.
fn each_value_changed(json: &Value) -> Vec<(String, Value)> {
    let mut changed = vec![];
    let mut paths = vec![];
    walk(json, String::new(), &mut paths);
    for path in paths {
        let value = json.pointer(&path).unwrap();
        for (how, other) in others(value) {
            let mut copy = json.clone();
            *copy.pointer_mut(&path).unwrap() = other;
            changed.push((format!("{path} {how}"), copy));
        }
    }
    changed
}

fn walk(json: &Value, path: String, paths: &mut Vec<String>) {
    let below: Vec<(String, &Value)> = match json {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => vec![],
    };
    for (name, value) in below {
        walk(value, format!("{path}/{name}"), paths);
    }
    paths.push(path);
}

fn others(value: &Value) -> Vec<(&'static str, Value)> {
    match value {
        Value::Null => vec![("filled", json!("x"))],
        Value::Bool(yes) => vec![("turned", json!(!yes))],
        Value::Number(number) => {
            let number = number.as_u64().unwrap();
            vec![
                ("more", json!(number + 1)),
                ("less", json!(number.wrapping_sub(1))),
                ("0", json!(0)),
                ("text", json!("1")),
            ]
        }
        Value::String(text) => vec![
            ("longer", json!(format!("{text}0"))),
            ("shorter", json!(text.chars().skip(1).collect::<String>())),
            ("empty", json!("")),
            ("other", json!(text.replacen(|c: char| c.is_ascii_alphanumeric(), "~", 1))),
            ("null", Value::Null),
        ],
        Value::Array(items) => {
            let mut cases = vec![("appended", json!([items.clone(), vec![json!("x")]].concat()))];
            if let [first, .., last] = &items[..] {
                let (short, twice) = (items[..items.len() - 1].to_vec(), [items.clone(), vec![last.clone()]].concat());
                let mut swapped = items.clone();
                (swapped[0], swapped[items.len() - 1]) = (last.clone(), first.clone());
                cases.extend([("truncated", json!(short)), ("doubled", json!(twice)), ("swapped", json!(swapped))]);
            }
            cases
        }
        Value::Object(fields) => {
            let mut more = fields.clone();
            more.insert("other".into(), json!(1));
            let mut cases = vec![("with another field", Value::Object(more))];
            for name in fields.keys() {
                let mut renamed = fields.clone();
                let value = renamed.shift_remove(name).unwrap();
                cases.push(("without a field", Value::Object(renamed.clone())));
                renamed.insert(format!("{name}_"), value);
                cases.push(("with a field renamed", Value::Object(renamed)));
            }
            cases
        }
    }
}

#[test]
fn a_list_in_which_any_field_was_changed_swapped_appended_truncated_renamed_or_doubled_is_refused() {
    let office = Office::new();
    let package = office.package(1, "1.zip");
    let sound = opened(&office, &package).unwrap();
    let whole: Value = serde_json::from_str(&sound.text).unwrap();
    let mut texts: Vec<(String, String)> = vec![];
    for (what, changed) in each_value_changed(&whole) {
        // In the form that a list has, where it still is one: then nothing but the signature can refuse it.
        let line = |value: &Value| value.to_string();
        let lines =
            |name: &str| changed[name].as_array().map(|all| all.iter().map(line).collect::<Vec<_>>().join(",\n"));
        let text = match (lines("files"), lines("chunks")) {
            (Some(files), Some(chunks)) => {
                format!("{{\"head\":{},\n\"files\":[\n{files}\n],\n\"chunks\":[\n{chunks}\n]}}\n", changed["head"])
            }
            _ => changed.to_string(),
        };
        texts.push((what, text));
    }
    let doubled_key = sound.text.replacen("\"area\":", "\"area\":\"99002\",\"area\":", 1);
    texts.push(("a key of JSON twice".into(), doubled_key));
    texts.push(("a space more".into(), sound.text.replacen(':', ": ", 1)));
    let understood = texts.iter().filter(|(_, text)| Listing::parse(text).is_some()).count();
    assert!(texts.len() > 400 && understood > 100, "{} changes, {understood} of them lists", texts.len());
    for (what, text) in texts.into_iter().filter(|(_, text)| *text != sound.text) {
        let changed = with_list(&office, &package, &text, &sound.signature);
        assert_eq!(exit(opened(&office, &changed)), Some(Exit::Verification), "{what}");
    }
}

/// What is done to a list.
type Case<'a> = (&'a str, &'a dyn Fn(&mut Listing));

#[test]
fn a_list_that_the_publisher_signed_is_still_held_against_the_files() {
    let office = Office::new();
    let package = office.package(1, "1.zip");
    let sound = opened(&office, &package).unwrap().listing;
    let last = sound.files.len() - 1;
    let change = |change: &dyn Fn(&mut Listing)| {
        let mut listing = sound.clone();
        change(&mut listing);
        let text = listing.to_text();
        let signature = signed_by(&office, "publisher", &text, &listing.comment());
        exit(opened(&office, &with_list(&office, &package, &text, &signature)))
    };
    assert_eq!(change(&|_| ()), None);
    let cases: [Case; 14] = [
        ("a file renamed", &|list| list.files[last].path.push('x')),
        ("a name with another case", &|list| list.files[last].path = list.files[0].path.to_lowercase()),
        ("a name outside", &|list| list.files[0].path = "../a".into()),
        ("an absolute name", &|list| list.files[0].path = "/a".into()),
        ("a name of a device", &|list| list.files[0].path = "AUX.html".into()),
        ("a name with a backslash", &|list| list.files[0].path = "A\\b".into()),
        ("a file less", &|list| drop(list.files.pop())),
        ("a file twice", &|list| list.files.push(list.files[last].clone())),
        ("two files swapped", &|list| list.files.swap(0, last)),
        ("a byte more", &|list| list.files[last].bytes += 1),
        ("another checksum", &|list| list.files[last].crc32 ^= 1),
        ("another digest of a piece", &|list| list.chunks[0] = "0".repeat(64)),
        ("a piece more", &|list| list.chunks.push(list.chunks[0].clone())),
        ("no piece", &|list| list.chunks.clear()),
    ];
    for (what, case) in cases {
        assert_eq!(change(case), Some(Exit::Verification), "{what}");
    }
}

#[test]
fn a_manifest_in_which_any_field_was_changed_swapped_appended_truncated_renamed_or_doubled_is_refused() {
    let office = Office::new();
    let edition = office.seal(1);
    office.publish(&edition, "publisher");
    let folder = office.dist().join("releases").join(&edition);
    let sound = fs::read_to_string(folder.join("manifest.json")).unwrap();
    let changes = each_value_changed(&serde_json::from_str(&sound).unwrap());
    assert!(changes.len() > 300, "{}", changes.len());
    fs::remove_file(folder.join("manifest.json")).unwrap();
    for (what, changed) in changes {
        fs::write(folder.join("manifest.json"), serde_json::to_string_pretty(&changed).unwrap() + "\n").unwrap();
        let refused = release::imprint::check_edition(&folder, &[office.key("publisher")]);
        assert_eq!(exit(refused), Some(Exit::Verification), "{what}");
    }
}

#[test]
fn a_signature_in_which_any_part_was_changed_is_refused() {
    let office = Office::new();
    let package = office.package(1, "1.zip");
    let sound = opened(&office, &package).unwrap();
    let lines: Vec<&str> = sound.signature.lines().collect();
    let with = |at: usize, line: String| {
        let mut copy: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        copy[at] = line;
        copy.join("\n") + "\n"
    };
    let comment = |from: &str, to: &str| with(2, lines[2].replacen(from, to, 1));
    let cases = [
        ("another area", comment("99001", "99002")),
        ("another number", comment("number=1", "number=2")),
        ("a comment behind", with(2, format!("{} x", lines[2]))),
        ("another untrusted comment", with(0, "untrusted comment: x".into())),
        ("a line less", lines[..3].join("\n") + "\n"),
        ("a second signature behind", sound.signature.repeat(2)),
        ("no line end", sound.signature.trim_end().to_owned()),
        ("line ends of Windows", sound.signature.replace('\n', "\r\n")),
        ("none", String::new()),
    ];
    for (what, signature) in cases {
        let changed = with_list(&office, &package, &sound.text, &signature);
        assert_eq!(exit(opened(&office, &changed)), Some(Exit::Verification), "{what}");
    }
}

// ---------------------------------------------------------------- Ed25519

/// The order of Ed25519's group, little-endian.
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// Encodings of points of small order: (0, 1), (0, -1), two of order 4, four of order 8, and some of them written with
/// a y of p and more.
const SMALL: [&str; 14] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

fn point(hex: &str) -> [u8; 32] {
    let bytes: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap()).collect();
    bytes.try_into().unwrap()
}

/// `a + b`, or none where it does not fit.
fn sum(a: &[u8], b: &[u8; 32]) -> Option<[u8; 32]> {
    let (mut sum, mut carry) = ([0; 32], 0_u16);
    for at in 0..32 {
        let digit = u16::from(a[at]) + u16::from(b[at]) + carry;
        (sum[at], carry) = (digit as u8, digit >> 8);
    }
    (carry == 0).then_some(sum)
}

/// Signatures that look like `sound` (64 bytes: R, S) and hold for nothing, each with its kind as in Wycheproof.
fn forgeries(sound: &[u8]) -> Vec<(String, Vec<u8>)> {
    let (r, s) = sound.split_at(32);
    let put = |r: &[u8], s: &[u8]| [r, s].concat();
    let mut cases = vec![
        ("all 0".into(), vec![0; 64]),
        ("all 255".into(), vec![255; 64]),
        ("empty".into(), vec![]),
        ("S missing".into(), r.to_vec()),
        ("a byte short".into(), sound[..63].to_vec()),
        ("a byte long".into(), put(sound, &[0])),
        ("a 0 before".into(), put(&[0], sound)),
        ("twice".into(), put(sound, sound)),
        ("R and S swapped".into(), put(s, r)),
        ("S = 0".into(), put(r, &[0; 32])),
        ("S = 1".into(), put(r, &sum(&[0; 32], &point(SMALL[0])).unwrap())),
        ("S = L".into(), put(r, &L)),
        ("S = L - 1".into(), put(r, &[&[L[0] - 1], &L[1..]].concat())),
        ("S = 2^255 - 1".into(), put(r, &[&[255; 31][..], &[127]].concat())),
        ("R = 0".into(), put(&[0; 32], s)),
        ("R of the other sign".into(), put(&[&r[..31], &[r[31] ^ 0x80]].concat(), s)),
    ];
    // S + kL: the same point, and another text of the same signature.
    let mut greater = s.to_vec();
    for k in 1..=8 {
        let Some(next) = sum(&greater, &L) else { break };
        cases.push((format!("S + {k}L"), put(r, &next)));
        greater = next.to_vec();
    }
    for bit in [0x20, 0x40, 0x80] {
        cases.push((format!("S with the bit {bit:#x} of its last byte"), put(r, &[&s[..31], &[s[31] | bit]].concat())));
    }
    for hex in SMALL {
        cases.push((format!("R = {hex}"), put(&point(hex), s)));
        cases.push((format!("R = {hex}, S = 0"), put(&point(hex), &[0; 32])));
    }
    cases
}

#[test]
fn no_signature_that_ed25519_must_not_take_opens_a_package_proves_a_comment_or_publishes() {
    let office = Office::new();
    let package = office.package(1, "1.zip");
    let sound = opened(&office, &package).unwrap();
    let lines: Vec<&str> = sound.signature.lines().collect();
    let first = Base64::decode_to_vec(lines[1], None).unwrap();
    let second = Base64::decode_to_vec(lines[3], None).unwrap();
    let text = |first: &[u8], second: &[u8]| {
        let base64 = |bytes: &[u8]| Base64::encode_to_string(bytes).unwrap();
        format!("{}\n{}\n{}\n{}\n", lines[0], base64(first), lines[2], base64(second))
    };
    assert_eq!(text(&first, &second), sound.signature);
    let key = office.key("publisher").key;
    let forged_first = forgeries(&first[10..])
        .into_iter()
        .map(|(what, forged)| (format!("over the list: {what}"), text(&[&first[..10], &forged[..]].concat(), &second)));
    let forged_second = forgeries(&second)
        .into_iter()
        .map(|(what, forged)| (format!("over the comment: {what}"), text(&first, &forged)));
    let heads = [("the way before hashing", &b"Ed"[..]), ("another algorithm", b"EE")]
        .map(|(what, algorithm)| (what.to_owned(), text(&[algorithm, &first[2..]].concat(), &second)));
    let other_id = ("another key's id".to_owned(), text(&[&first[..2], &[9; 8], &first[10..]].concat(), &second));
    let cases: Vec<(String, String)> = forged_first.chain(forged_second).chain(heads).chain([other_id]).collect();
    assert!(cases.len() > 100, "{}", cases.len());
    for (what, signature) in cases {
        assert!(!signature::verify(std::slice::from_ref(&key), sound.text.as_bytes(), &signature), "{what}");
        if what.starts_with("over the comment") {
            assert!(!Minisig::parse(&signature).is_some_and(|parsed| parsed.comment_is_by(&key)), "{what}");
        }
        let changed = with_list(&office, &package, &sound.text, &signature);
        assert_eq!(exit(opened(&office, &changed)), Some(Exit::Verification), "{what}");
    }
}

#[test]
fn a_key_of_small_order_vouches_for_nothing() {
    let office = Office::new();
    let package = office.package(1, "1.zip");
    let sound = opened(&office, &package).unwrap();
    let comment = sound.listing.comment();
    for hex in SMALL {
        let key = Base64::encode_to_string([&b"Ed"[..], &[7; 8], &point(hex)].concat()).unwrap();
        for r in SMALL {
            // R of small order and S = 0: holds for one message in eight or better, without any secret.
            let forged = [&point(r)[..], &[0; 32]].concat();
            let (first, second) = ([&b"ED"[..], &[7; 8], &forged].concat(), forged);
            let base64 = |bytes: &[u8]| Base64::encode_to_string(bytes).unwrap();
            let signature = format!(
                "untrusted comment: {UNTRUSTED_COMMENT}\n{}\ntrusted comment: {comment}\n{}\n",
                base64(&first),
                base64(&second)
            );
            assert!(!signature::verify(std::slice::from_ref(&key), sound.text.as_bytes(), &signature), "{hex} {r}");
            assert!(!Minisig::parse(&signature).unwrap().comment_is_by(&key), "{hex} {r}");
        }
    }
}

// ---------------------------------------------------------------- The Update Framework
// Names in brackets are those of the functions in theupdateframework/tuf-conformance. Its roles are here: root, the
// key that a person brought and the statements by which it was handed over; timestamp and snapshot, the number; targets,
// the list.

/// A folder that took the first of two packages.
fn first_of_two() -> (Office, PathBuf, PathBuf, PathBuf) {
    let office = Office::new();
    let (first, second) = (office.package(1, "1.zip"), office.package(2, "2.zip"));
    let folder = office.path("usb");
    install(&first, &folder, Some(office.ring())).unwrap();
    (office, first, second, folder)
}

fn opens(folder: &Path) -> String {
    let page = fs::read_to_string(folder.join("MO-TRANG-NAY.html")).unwrap();
    page.split("url=").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[test]
fn tuf_basic_refresh_requests_a_sound_newer_package_is_taken() {
    let (_office, _, second, folder) = first_of_two();
    install(&second, &folder, None).unwrap();
    assert!(opens(&folder).contains("ban-2"));
}

#[test]
fn tuf_unsigned_initial_root_without_a_key_that_a_person_brought_nothing_is_taken() {
    let office = Office::new();
    let package = office.package(1, "1.zip");
    assert_eq!(exit(install(&package, &office.path("usb"), None)), Some(Exit::Usage));
    let sound = opened(&office, &package).unwrap();
    assert_eq!(exit(opened(&office, &with_list(&office, &package, &sound.text, ""))), Some(Exit::Verification));
}

#[test]
fn tuf_timestamp_snapshot_and_targets_rollback_an_older_number_is_refused() {
    let (_office, first, second, folder) = first_of_two();
    install(&second, &folder, None).unwrap();
    assert_eq!(exit(install(&first, &folder, None)), Some(Exit::Verification));
    assert!(opens(&folder).contains("ban-2"));
}

#[test]
fn tuf_simple_snapshot_rollback_old_files_under_the_new_list_are_refused() {
    let (office, first, second, folder) = first_of_two();
    let new = opened(&office, &second).unwrap();
    let mixed = with_list(&office, &first, &new.text, &new.signature);
    assert_eq!(exit(install(&mixed, &folder, None)), Some(Exit::Verification));
    assert!(opens(&folder).contains("ban-1"));
}

#[test]
fn tuf_new_snapshot_version_mismatch_a_list_of_another_number_than_was_signed_is_refused() {
    let (office, _, second, _) = first_of_two();
    let mut listing = opened(&office, &second).unwrap().listing;
    let comment = listing.comment();
    listing.head.imprint.number = 99;
    let text = listing.to_text();
    let changed = with_list(&office, &second, &text, &signed_by(&office, "publisher", &text, &comment));
    assert_eq!(exit(opened(&office, &changed)), Some(Exit::Verification));
}

#[test]
fn tuf_mix_and_match_a_delta_of_one_package_makes_nothing_of_another() {
    let (office, first, second, _) = first_of_two();
    let third = office.package(3, "3.zip");
    let (delta, _) = make_delta(&office, &second, &third);
    assert_eq!(exit(delta::apply(&first, &delta, &office.path("out.zip"), &office.ring())), Some(Exit::Verification));
    assert!(!office.path("out.zip").exists());
}

#[test]
fn tuf_timestamp_snapshot_and_targets_expired_an_expired_package_is_named_as_such() {
    let (office, first, _, _) = first_of_two();
    let at = |day: &str| opened(&office, &first).unwrap().listing.head.validity(day.parse().unwrap());
    assert_eq!(at("2026-01-12"), Validity::Current);
    assert_eq!(at("2026-07-11"), Validity::Current, "its last day");
    assert_eq!(at("2026-07-12"), Validity::Expired);
    assert_eq!(at("2026-01-11"), Validity::NotYetMade, "the clock is wrong");
}

#[test]
fn tuf_expired_metadata_after_a_package_expired_the_next_one_is_taken() {
    let (office, _, second, folder) = first_of_two();
    // Nothing on the way asks how old the installed one is.
    assert_eq!(install(&second, &folder, None).unwrap().number, 2);
    drop(office);
}

#[test]
fn tuf_fast_forward_recovery_after_a_number_far_ahead_a_folder_begun_anew_takes_the_next_package() {
    let (office, _, second, folder) = first_of_two();
    let mut listing = opened(&office, &second).unwrap().listing;
    listing.head.imprint.number = 99_999;
    let text = listing.to_text();
    let stolen = with_list(&office, &second, &text, &signed_by(&office, "publisher", &text, &listing.comment()));
    install(&stolen, &folder, None).unwrap();
    assert_eq!(exit(install(&second, &folder, None)), Some(Exit::Verification), "never back, whoever asks");
    // The publisher revokes the key; a person brings the new one to a new folder.
    office.make_key("new");
    let edition = office.seal(4);
    office.publish(&edition, "new");
    let clean = office.pack(&edition, "clean.zip", "new", &[], &[office.key("publisher").key]);
    let anew = office.path("anew");
    assert_eq!(install(&clean, &anew, Some(Keyring::of(vec![office.key("new")]))).unwrap().number, 3);
    assert_eq!(exit(install(&stolen, &anew, None)), Some(Exit::Verification));
}

#[test]
fn tuf_root_rotation_keys_hand_over_one_after_the_other() {
    let office = Office::new();
    ["b", "c"].into_iter().for_each(|key| office.make_key(key));
    let edition = office.seal(1);
    office.publish(&edition, "c");
    let [first, second] = [office.rotation("publisher", "b", 0), office.rotation("b", "c", 0)];
    let pack = |statements: &[[String; 2]]| office.pack(&edition, "c.zip", "c", statements, &[]);
    opened(&office, &pack(&[first.clone(), second.clone()])).unwrap();
    assert!(opened(&office, &pack(&[second.clone(), first.clone()])).is_err(), "in the wrong order");
    assert!(opened(&office, &pack(&[second])).is_err(), "one is missing");
    let mut forged = first.clone();
    forged[0] = forged[0].replacen("\"sequence\": 1", "\"sequence\": 2", 1);
    assert_ne!(forged, first);
    assert!(opened(&office, &pack(&[forged])).is_err(), "its signature does not hold");
}

#[test]
fn tuf_root_has_keys_but_not_snapshot_a_key_that_only_the_package_names_is_not_trusted() {
    let (office, first, _, _) = first_of_two();
    office.make_key("stranger");
    let mut listing = opened(&office, &first).unwrap().listing;
    listing.head.rotations = vec![office.rotation("stranger", "stranger", 0)];
    let text = listing.to_text();
    let signature = signed_by(&office, "stranger", &text, &listing.comment());
    assert_eq!(exit(opened(&office, &with_list(&office, &first, &text, &signature))), Some(Exit::Verification));
}

#[test]
fn tuf_duplicate_sig_keyids_one_key_listed_twice_is_one_key_and_a_revoked_one_is_none() {
    let (office, first, _, _) = first_of_two();
    let twice = Keyring::of(vec![office.key("publisher"), office.key("publisher")]);
    package::open(&first, &twice).unwrap();
    let revoked = Keyring { revoked: vec![office.key("publisher").key], ..twice };
    assert_eq!(exit(package::open(&first, &revoked)), Some(Exit::Verification));
}

#[test]
fn tuf_snapshot_threshold_a_list_that_only_some_other_key_signed_is_refused() {
    let (office, first, _, _) = first_of_two();
    office.make_key("stranger");
    let sound = opened(&office, &first).unwrap();
    let signature = signed_by(&office, "stranger", &sound.text, &sound.listing.comment());
    assert_eq!(exit(opened(&office, &with_list(&office, &first, &sound.text, &signature))), Some(Exit::Verification));
}

#[test]
fn tuf_client_downloads_expected_file_in_sub_dir_and_nothing_outside_the_folder() {
    let (office, first, _, folder) = first_of_two();
    let beside: Vec<String> = fs::read_dir(office.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(folder.join("99001/ban-1/trang/xa/99001-xa-a/index.html").is_file());
    let known = ["dist", "publisher.key", "publisher.pub", "1.zip", "2.zip", "usb"];
    assert!(beside.iter().all(|name| known.contains(&name.as_str())), "{beside:?}");
    drop(first);
}

#[test]
fn tuf_endless_data_what_promises_more_than_there_is_takes_no_memory() {
    let (office, first, second, _) = first_of_two();
    let (delta, _) = make_delta(&office, &first, &second);
    let bytes = fs::read(&delta).unwrap();
    let out = office.path("out.zip");
    // The length of the first part of a delta, of a file of a ZIP, and of the ZIP's directory.
    let mut endless = bytes.clone();
    endless[15..23].copy_from_slice(&u64::MAX.to_le_bytes());
    fs::write(&delta, endless).unwrap();
    assert_eq!(exit(delta::apply(&first, &delta, &out, &office.ring())), Some(Exit::Verification));
    let sound = opened(&office, &first).unwrap();
    let list = sound.listing.payload_bytes() as usize;
    let whole = fs::read(&first).unwrap();
    for at in [18, list + 18, list + 22, whole.len() - 10, whole.len() - 6] {
        let mut endless = whole.clone();
        endless[at..at + 4].copy_from_slice(&0xffff_fff0_u32.to_le_bytes());
        fs::write(office.path("endless.zip"), endless).unwrap();
        assert_eq!(exit(opened(&office, &office.path("endless.zip"))), Some(Exit::Verification), "byte {at}");
    }
}

#[test]
fn tuf_arbitrary_software_what_is_no_package_is_refused() {
    let office = Office::new();
    for (name, bytes) in [
        ("empty", &b""[..]),
        ("text", b"xin"),
        ("zip", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        ("zeros", &[0; 9000]),
    ] {
        fs::write(office.path(name), bytes).unwrap();
        assert_eq!(exit(opened(&office, &office.path(name))), Some(Exit::Verification), "{name}");
    }
}
