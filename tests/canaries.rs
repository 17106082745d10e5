//! Private data never leaves: the invented private values of the sources are looked for in every byte that
//! the program writes or prints, in every form in which they could hide.

mod demo_site;

use std::io::Read;
use std::path::Path;

use congbo::snapshot::signature;
use congbo::tile::grid;
use demo_site::DemoSite;
use regex::bytes::Regex;
use unicode_normalization::UnicodeNormalization;

/// The letters in front of the running number of each private text, and what follows them.
const WORDS: [&str; 7] = [
    "CHỦ SỬ DỤNG ",
    "CHỦ CŨ CANARY ",
    "NƠI THƯỜNG TRÚ CANARY ",
    "CANARY-PH ",
    "CANARY-VS ",
    "HS/CANARY/",
    "NHÀ ĐẦU TƯ CANARY ",
];

/// Numbers of persons, telephones and money, as digits.
const DIGITS: [&str; 3] = ["001099[0-9]{6}", "0999[0-9]{6}", "9900000[0-9]{5}"];

/// Names of private columns: that a thing is known of a person may be private too.
const COLUMNS: [&str; 9] = [
    "TenChu",
    "TENCHU",
    "SoGiayTo",
    "diaChiThuongTru",
    "NOITHUONGTRU",
    "HSKTFILEPATH",
    "NGUOICAPNHATID",
    "GTQUYENSDD",
    "chuDauTuCaNhan",
];

#[test]
fn no_private_value_is_in_anything_that_is_written_or_printed() {
    let keys = tempfile::tempdir().unwrap();
    let key = keys.path().join("approver");
    signature::make_key(&key, None).unwrap();
    let mut site = DemoSite::approved(&key.with_extension("key"));
    site.congbo(&["--json", "build"]);
    site.congbo(&["plan", "--out", "dist/plan"]);
    site.sign_off(&key.with_extension("key"));
    site.congbo(&["publish"]);
    site.congbo(&["check", "--date", "2025-12-01"]);
    let scan = Scan::new();
    let mut found = scan.hits("printed", &site.printed);
    let mut scanned = 0;
    for folder in ["snapshots", "dist/releases", "dist/sign-off", "dist/plan"] {
        for (path, bytes) in site.files(folder) {
            for layer in opened(&path, bytes) {
                scanned += layer.len();
                found.extend(scan.hits(&path.display().to_string(), &layer));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    assert!(scanned > 5_000_000, "only {scanned} bytes were looked at");
}

#[test]
fn the_sources_do_hold_what_is_looked_for() {
    let scan = Scan::new();
    for dataset in ["thua-dat-an-minh", "thua-dat-ben-lua"] {
        let path = format!("{}/content/data/{dataset}/thua_dat.gpkg", env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(path).unwrap();
        let hits = scan.hits("source", &bytes);
        for canary in ["CHỦ SỬ DỤNG", "CHỦ CŨ CANARY", "NƠI THƯỜNG TRÚ"] {
            assert!(hits.iter().any(|hit| hit.contains(canary)), "{canary} is not in {dataset}");
        }
        // Texts stand one behind the other in a page of SQLite, so that digits touch.
        for digits in &DIGITS[..2] {
            assert!(Regex::new(digits).unwrap().is_match(&bytes), "{digits} is not in {dataset}");
        }
    }
}

#[test]
fn the_scan_finds_a_canary_in_every_form() {
    let scan = Scan::new();
    let canary = "CHỦ SỬ DỤNG 0042";
    for (form, bytes) in forms(canary) {
        let planted = [b"<p>before ".as_slice(), &bytes, b" after</p>"].concat();
        assert!(!scan.hits("planted", &planted).is_empty(), "not found as {form}");
    }
    assert!(scan.hits("clean", "Tên chủ sử dụng đất không được công bố".as_bytes()).is_empty());
}

#[test]
fn the_scan_looks_inside_compressed_files_and_archives() {
    let mut gzip = libdeflater::Compressor::new(libdeflater::CompressionLvl::default());
    let mut packed = vec![0; 1000];
    let size = gzip.gzip_compress("CHỦ SỬ DỤNG 0001".as_bytes(), &mut packed).unwrap();
    packed.truncate(size);
    let layers = opened(Path::new("a.html.gz"), packed);
    assert!(layers.iter().any(|layer| !Scan::new().hits("gz", layer).is_empty()));
}

/// What is looked for, in all forms.
struct Scan {
    patterns: Vec<(String, Regex)>,
}

impl Scan {
    fn new() -> Self {
        let mut patterns = vec![];
        for word in WORDS {
            for (form, bytes) in forms(word) {
                let pattern = format!("(?-u){}{}", escaped(&bytes), digit_after(&form));
                patterns.push((format!("{word} as {form}"), Regex::new(&pattern).unwrap()));
            }
        }
        for digits in DIGITS {
            let wide = digits.replace("[0-9]", "(?:[0-9]\\x00)");
            // Behind a point or other digits they are decimals of some coordinate.
            patterns.push((digits.to_owned(), Regex::new(&format!("(?-u)(?:^|[^.0-9]){digits}")).unwrap()));
            patterns.push((format!("{digits} as UTF-16"), Regex::new(&format!("(?-u){wide}")).unwrap()));
        }
        for column in COLUMNS {
            patterns.push((column.to_owned(), Regex::new(&regex::escape(column)).unwrap()));
        }
        Scan { patterns }
    }

    fn hits(&self, place: &str, bytes: &[u8]) -> Vec<String> {
        let of = |(name, pattern): &(String, Regex)| {
            pattern.find(bytes).map(|hit| format!("{place}: {name} at byte {}", hit.start()))
        };
        self.patterns.iter().filter_map(of).collect()
    }
}

/// A running number follows the words where the form keeps digits; the words alone are also ordinary text.
fn digit_after(form: &str) -> &'static str {
    match form {
        "UTF-16LE" | "hex" => "",
        "UTF-16BE" => "\\x00[0-9]",
        "base64" | "base64 +1" | "base64 +2" => "",
        _ => "[0-9]",
    }
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect()
}

/// The forms in which a text could go out by mistake.
fn forms(text: &str) -> Vec<(String, Vec<u8>)> {
    let upper = text.to_owned();
    let lower = text.to_lowercase();
    let nfd: String = text.nfd().collect();
    let lower_nfd: String = lower.nfd().collect();
    let bare = |text: &str| -> String { text.nfd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).collect() };
    let texts = [
        ("NFC", upper.clone()),
        ("lower case", lower.clone()),
        ("NFD", nfd),
        ("lower case NFD", lower_nfd),
        ("without marks", bare(&upper)),
        ("lower case without marks", bare(&lower)),
        ("slug", bare(&lower).replace([' ', '/'], "-")),
        ("snake case", bare(&lower).replace([' ', '/'], "_")),
        ("percent", percent(&upper)),
        ("percent, plus for space", percent(&upper).replace("%20", "+")),
        ("JSON", json(&upper)),
        ("HTML decimal", html(&upper, |c| format!("&#{};", u32::from(c)))),
        ("HTML hexadecimal", html(&upper, |c| format!("&#x{:X};", u32::from(c)))),
        ("HTML hexadecimal, small", html(&upper, |c| format!("&#x{:x};", u32::from(c)))),
        ("slash escaped", upper.replace('/', "\\/")),
        ("hex", upper.bytes().map(|b| format!("{b:02x}")).collect()),
    ];
    let mut forms: Vec<(String, Vec<u8>)> =
        texts.into_iter().map(|(form, text)| (form.to_owned(), text.into_bytes())).collect();
    forms.push(("UTF-16LE".into(), upper.encode_utf16().flat_map(u16::to_le_bytes).collect()));
    forms.push(("UTF-16BE".into(), upper.encode_utf16().flat_map(u16::to_be_bytes).collect()));
    for (shift, form) in ["base64", "base64 +1", "base64 +2"].into_iter().enumerate() {
        forms.push((form.into(), base64_inside(upper.as_bytes(), shift)));
    }
    forms.dedup_by(|a, b| a.1 == b.1);
    forms
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

fn json(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) }).collect()
}

fn html(text: &str, entity: fn(char) -> String) -> String {
    text.chars().map(|c| if c.is_ascii() { c.to_string() } else { entity(c) }).collect()
}

/// The characters of base64 that depend on the text alone when it begins `shift` bytes into a group.
fn base64_inside(text: &[u8], shift: usize) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits: Vec<bool> = vec![false; shift * 8];
    bits.extend(text.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)));
    let first = (shift * 8).div_ceil(6);
    bits.chunks_exact(6)
        .skip(first)
        .map(|six| ALPHABET[six.iter().fold(0, |n, bit| n << 1 | usize::from(*bit))])
        .collect()
}

/// The bytes of a file, and those inside it when it is compressed.
fn opened(path: &Path, bytes: Vec<u8>) -> Vec<Vec<u8>> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => vec![gunzip(&bytes), bytes],
        Some("br") => {
            let mut inflated = vec![];
            brotli::Decompressor::new(bytes.as_slice(), 4096).read_to_end(&mut inflated).unwrap();
            vec![inflated, bytes]
        }
        Some("pmtiles") => [vec![bytes.clone()], inside_archive(path, &bytes)].concat(),
        _ => vec![bytes],
    }
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let size = u32::from_le_bytes(*bytes.last_chunk().unwrap()) as usize;
    let mut inflated = vec![0; size];
    libdeflater::Decompressor::new().gzip_decompress(bytes, &mut inflated).unwrap();
    inflated
}

/// Metadata and every tile of an archive, found by the header's offsets alone (PMTiles 3, 3).
fn inside_archive(path: &Path, bytes: &[u8]) -> Vec<Vec<u8>> {
    let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    let (root, root_length) = (number(8), number(16));
    let (metadata, metadata_length) = (number(24), number(32));
    let data = number(56);
    assert_eq!(number(48), 0, "{}: leaf directories are not looked into here", path.display());
    let mut inside = vec![gunzip(&bytes[metadata..metadata + metadata_length])];
    let directory = gunzip(&bytes[root..root + root_length]);
    for (id, offset, length) in entries(&directory) {
        assert!(grid::tile(id).z <= 20);
        inside.push(gunzip(&bytes[data + offset..data + offset + length]));
    }
    inside
}

/// Tile id, offset and length of every entry of a directory (PMTiles 3, 4.2).
fn entries(directory: &[u8]) -> Vec<(u64, usize, usize)> {
    let mut rest = directory;
    let mut next = || {
        let mut value = 0u64;
        for shift in (0..).step_by(7) {
            let byte = rest[0];
            rest = &rest[1..];
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        value
    };
    let count = next() as usize;
    let mut id = 0;
    let ids: Vec<u64> = (0..count)
        .map(|_| {
            id += next();
            id
        })
        .collect();
    let _run_lengths: Vec<u64> = (0..count).map(|_| next()).collect();
    let lengths: Vec<usize> = (0..count).map(|_| next() as usize).collect();
    let mut end = 0;
    (0..count)
        .map(|i| {
            let written = next() as usize;
            let offset = if written == 0 { end } else { written - 1 };
            end = offset + lengths[i];
            (ids[i], offset, lengths[i])
        })
        .collect()
}
