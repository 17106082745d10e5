//! Signed editions, proofs of their parts, packages and deltas: what holds is taken, and whatever was changed is
//! refused before anything of it is used. PACKAGE_BITS sets how many bits are flipped one by one.

use std::fs;
use std::path::{Path, PathBuf};

use congbo::error::Exit;
use congbo::package::{self, Area, InstallReport, Keyring, Opened, Order, delta};
use congbo::progress::Silent;
use congbo::release::minisig::UNTRUSTED_COMMENT;
use congbo::release::proof::{self, Part};
use congbo::release::{self, EditionFacts, Imprint, PartKind, Parts, Proof, PublisherKey, Staging, parts};
use congbo::snapshot::rotation::Rotation;
use congbo::snapshot::signature::{self, Signer};
use congbo::tile::archive::{Archive, Head};
use congbo::tile::identity::{Identity, KEY};
use congbo::tile::leaves;

/// A publisher, and a folder of editions.
struct Office {
    folder: tempfile::TempDir,
}

const CSV: &str = "\u{feff}stt,gia\r\n1,60000\r\n2,36000\r\n3,\"27\r\n000\"\r\n";

impl Office {
    fn new() -> Self {
        let office = Office { folder: tempfile::tempdir().unwrap() };
        office.make_key("publisher");
        office
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn dist(&self) -> PathBuf {
        self.path("dist")
    }

    fn make_key(&self, name: &str) {
        signature::make_key(&self.path(name), None).unwrap();
    }

    fn signer(&self, name: &str) -> Signer {
        Signer::open(&self.path(&format!("{name}.key")), None).unwrap()
    }

    fn key(&self, name: &str) -> PublisherKey {
        self.signer(name).public_key().into()
    }

    /// Seals an edition whose pages say `price` and whose last tile holds it.
    fn seal(&self, price: u32) -> String {
        self.seal_with(price, "")
    }

    fn seal_with(&self, price: u32, more: &str) -> String {
        self.seal_files(price, more, &[])
    }

    fn seal_files(&self, price: u32, more: &str, files: &[(&str, String)]) -> String {
        let staging = Staging::begin(&self.dist()).unwrap();
        let write = |path: &str, text: &str| staging.write(path, text.as_bytes()).unwrap();
        files.iter().for_each(|(path, text)| write(path, text));
        let page = |title: &str| {
            format!(
                "<!doctype html>\n<html lang=\"vi\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n</head>\n\
                 <body>\n<header>\n<a href=\"/\">Trang đầu</a> <a href=\"/xa/99001-xa-a/\">Xã A</a>\n</header>\n\
                 <main>{title}</main>\n{}</body>\n</html>\n",
                "<p>Thửa đất số 113, tờ bản đồ số 25.</p>\n".repeat(30)
            )
        };
        write("site/index.html", &page("Tỉnh Minh Họa"));
        write("site/404.html", &page("Không có"));
        let place = "<div id=\"danh-muc-goi\">\n<p>Chưa có gói nào</p>\n</div></main>";
        write("site/goi/index.html", &page("Gói ngoại tuyến").replace("</main>", place));
        write("site/xa/99001-xa-a/index.html", &page(&format!("Giá {price}")));
        write("site/xa/99001-xa-a/panel.json", "{\"code\":\"99001\"}");
        write("site/xa/99001-xa-a/anh.svg", &format!("<svg>{more}</svg>"));
        write("site/xa/99002-xa-b/index.html", &page("Xã B"));
        write("site/bang-gia-dat/b/99001-xa-a.csv", &CSV.replace("60000", &price.to_string()));
        write("site/assets/site-0123456789.js", "const a = 1;\nexport_(a);\n");
        write("site/search/don-vi.json", "{\"communes\":[[\"99001\",\"Xã A\",[106.4,20.8,106.5,20.9],1]]}");
        let streamed = staging.path("tiles/thua-dat.writing").unwrap();
        write_archive(&streamed, price);
        let archive = staging.add_archive("thua-dat", &streamed).unwrap();
        let tiles = tile_leaves(&staging.root().join("tiles").join(&archive));
        staging.has_parts(&format!("tiles/{archive}"), Parts::of(PartKind::Tiles, &tiles).unwrap());
        let date = "2026-01-05".parse().unwrap();
        staging.seal(EditionFacts { date, tool_version: "0".into(), datasets: vec![] }).unwrap().name
    }

    fn publish(&self, edition: &str, key: &str) -> Imprint {
        let signer = self.signer(key);
        let sign = |bytes: &[u8], comment: &str| signer.sign_as(bytes, comment, UNTRUSTED_COMMENT);
        let days = ["2026-01-12", "2026-07-11"].map(|day| day.parse().unwrap());
        release::publish_signed(&self.dist(), edition, days, &sign).unwrap()
    }

    /// Seals, publishes and packs.
    fn package(&self, price: u32, out: &str) -> PathBuf {
        let edition = self.seal(price);
        self.publish(&edition, "publisher");
        self.pack(&edition, out, "publisher", &[], &[])
    }

    /// A package of this size and some.
    fn package_of(&self, bytes: usize) -> PathBuf {
        let mut random = Random(0x0123_4567_89ab_cdef);
        let noise: String = (0..bytes).map(|_| char::from(b'!' + random.below(90) as u8)).collect();
        let edition = self.seal_with(1, &noise);
        self.publish(&edition, "publisher");
        self.pack(&edition, "large.zip", "publisher", &[], &[])
    }

    fn pack(&self, edition: &str, out: &str, key: &str, rotations: &[[String; 2]], revoked: &[String]) -> PathBuf {
        self.try_pack(edition, out, key, rotations, revoked, false).unwrap()
    }

    fn try_pack(
        &self,
        edition: &str,
        out: &str,
        key: &str,
        rotations: &[[String; 2]],
        revoked: &[String],
        qgis: bool,
    ) -> congbo::error::Result<PathBuf> {
        let signer = self.signer(key);
        let sign = |bytes: &[u8], comment: &str| signer.sign_as(bytes, comment, UNTRUSTED_COMMENT);
        let out = self.path(out);
        let keys: Vec<PublisherKey> = vec![self.key(key)];
        let order = Order {
            dist: &self.dist(),
            edition,
            province: "99",
            name: "Xã A".into(),
            public_url: "https://dat.example.vn",
            area: Area::Communes(["99001".to_owned()].into()),
            english: false,
            qgis,
            territory: None,
            keys: &keys,
            rotations: rotations.to_vec(),
            revoked: revoked.to_vec(),
        };
        package::pack(&order, &out, &sign, &Silent).map(|_| out)
    }

    fn ring(&self) -> Keyring {
        Keyring::of(vec![self.key("publisher")])
    }

    /// The statement by which one key hands the publishing over to another.
    fn rotation(&self, old: &str, new: &str, last_publication: u64) -> [String; 2] {
        let (old_key, new_key) = (self.signer(old).public_key(), self.signer(new).public_key());
        let (kinds, records, sign_off, publish) = (vec![], vec![], false, true);
        let statement =
            Rotation { format: 1, sequence: 1, old_key, new_key, kinds, sign_off, publish, last_publication, records };
        let json = serde_json::to_string_pretty(&statement).unwrap() + "\n";
        let signature = self.signer(old).sign(json.as_bytes(), "congbo key rotation 1").unwrap();
        [json, signature]
    }
}

fn write_archive(path: &Path, price: u32) {
    let bounds_e7 = [1_064_000_000, 208_000_000, 1_065_000_000, 209_000_000];
    let identity = Identity { set: "thua-dat".into(), bounds_e7, part: None };
    let metadata = [(KEY.to_owned(), identity.to_json())].into_iter().collect();
    let (tile_type, tile_compression) = (pmtiles::TileType::Mvt, pmtiles::Compression::Gzip);
    let head = Head { tile_type, tile_compression, minzoom: 9, maxzoom: 16, bounds_e7, metadata };
    let mut archive = Archive::begin(fs::File::create(path).unwrap(), &head).unwrap();
    let mut compressor = congbo::tile::archive::compressor();
    let mut ids: Vec<u64> = vec![];
    for (z, x, y) in
        [(9, 407, 226), (12, 3258, 1808)].into_iter().chain((0..60).map(|i| (16, 52132 + i % 8, 28935 + i / 8)))
    {
        ids.push(pmtiles::TileId::from(pmtiles::TileCoord::new(z, x, y).unwrap()).value());
    }
    ids.sort_unstable();
    let last = *ids.last().unwrap();
    for id in ids {
        let text = if id == last { format!("giá {price}") } else { format!("ô {id}").repeat(20) };
        archive.add(id, &congbo::tile::archive::gzip(&mut compressor, text.as_bytes())).unwrap();
    }
    archive.finish().unwrap();
}

fn tile_leaves(archive: &Path) -> Vec<String> {
    leaves::digests(archive).unwrap().iter().map(|(name, sha256)| parts::leaf(name, sha256)).collect()
}

/// Numbers that look random and are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

fn install(package: &Path, folder: &Path, first: Option<Keyring>) -> congbo::error::Result<InstallReport> {
    package::install(package, folder, first, &|_| Ok(()))
}

fn exit(result: congbo::error::Result<impl Sized>) -> Option<Exit> {
    result.err().map(|failure| failure.exit())
}

fn problem(result: congbo::error::Result<impl Sized>) -> String {
    result.err().map(|failure| failure.to_string()).unwrap_or_default()
}

// ---------------------------------------------------------------- editions

#[test]
fn publications_are_numbered_and_each_names_the_root_of_the_one_before() {
    let office = Office::new();
    let (one, two) = (office.seal(1), office.seal(2));
    let first = office.publish(&one, "publisher");
    let second = office.publish(&two, "publisher");
    let again = office.publish(&one, "publisher");
    assert_eq!([first.number, second.number, again.number], [1, 2, 3]);
    assert_eq!(first.previous, None);
    assert_eq!(second.previous.as_ref(), Some(&first.root));
    assert_eq!((again.previous.as_ref(), &again.root), (Some(&second.root), &first.root));
    assert_eq!(release::current(&office.dist()).unwrap(), one);
    let folder = office.dist().join("releases").join(&one);
    let signed = release::imprint::check_edition(&folder, &[office.key("publisher")]).unwrap();
    assert_eq!(signed.imprint, Some(again));
    assert_eq!(fs::read_dir(office.dist().join("publications")).unwrap().count(), 3);
    release::verify(&office.dist(), &one).unwrap();
}

#[test]
fn building_an_edition_again_after_it_was_signed_gives_the_same_bytes() {
    let (one, two) = (Office::new(), Office::new());
    let name = one.seal(1);
    one.publish(&name, "publisher");
    assert_eq!(one.seal(1), name, "it is kept as it is");
    assert_eq!(two.seal(1), name);
    let manifest =
        |office: &Office| fs::read(office.dist().join("releases").join(&name).join("manifest.json")).unwrap();
    assert_eq!(manifest(&one), manifest(&two));
}

#[test]
fn a_signature_of_another_edition_key_or_time_does_not_count() {
    let office = Office::new();
    let (one, two) = (office.seal(1), office.seal(2));
    office.publish(&one, "publisher");
    office.publish(&two, "publisher");
    office.make_key("stranger");
    let folder = |name: &str| office.dist().join("releases").join(name);
    let check = |name: &str, key: PublisherKey| release::imprint::check_edition(&folder(name), &[key]);
    assert!(problem(check(&one, office.key("stranger"))).contains("not signed by a listed key"));
    let old = PublisherKey { last_number: Some(1), ..office.key("publisher") };
    assert!(check(&one, old.clone()).is_ok());
    assert!(problem(check(&two, old)).contains("handed over to another before"));
    fs::copy(folder(&two).join("manifest.json.minisig"), folder(&one).join("manifest.json.minisig")).unwrap();
    assert_eq!(exit(check(&one, office.key("publisher"))), Some(Exit::Verification));
    fs::remove_file(folder(&one).join("manifest.json.minisig")).unwrap();
    assert!(problem(check(&one, office.key("publisher"))).contains("is not signed"));
}

#[test]
fn a_rollback_moves_the_pointer_and_keeps_every_signature() {
    let office = Office::new();
    let (one, two) = (office.seal(1), office.seal(2));
    office.publish(&one, "publisher");
    office.publish(&two, "publisher");
    let begun = std::time::Instant::now();
    release::roll_back(&office.dist(), &one).unwrap();
    assert!(begun.elapsed().as_millis() < 1000);
    assert_eq!(release::current(&office.dist()).unwrap(), one);
    assert_eq!(office.publish(&two, "publisher").number, 3, "numbers go on");
}

#[test]
fn d37_editions_that_no_rule_keeps_are_removed_and_the_public_one_never() {
    use congbo::release::retention::{Policy, remove, superfluous};
    let office = Office::new();
    let names: Vec<String> = (1..=6).map(|price| office.seal(price)).collect();
    let days = ["2024-03-01", "2024-12-20", "2025-02-01", "2025-06-01", "2026-01-05"].map(|day| day.parse().unwrap());
    for (name, day) in names.iter().zip(days) {
        release::publish(&office.dist(), Some(name)).unwrap();
        release::record(&office.dist(), name, day).unwrap();
    }
    let today = "2026-02-01".parse().unwrap();
    let superfluous = |editions, days| superfluous(&office.dist(), &Policy { editions, days }, today).unwrap();
    let sorted = |numbers: &[usize]| {
        let mut chosen: Vec<String> = numbers.iter().map(|number| names[number - 1].clone()).collect();
        chosen.sort();
        chosen
    };
    // 2 was public at the end of 2024, 4 at that of 2025, 5 is public now, 6 never was.
    assert_eq!(superfluous(1, 0), sorted(&[1, 3]));
    assert_eq!(superfluous(3, 0), sorted(&[1]));
    assert_eq!(superfluous(1, 300), sorted(&[1]), "3 was public until 245 days ago");
    assert_eq!(superfluous(9, 0), sorted(&[]));
    for name in superfluous(1, 0) {
        remove(&office.dist(), &name).unwrap();
    }
    assert_eq!(release::current(&office.dist()).unwrap(), names[4]);
    release::verify(&office.dist(), &names[4]).unwrap();
    assert!(!office.dist().join("releases").join(&names[0]).exists());
    assert_eq!(superfluous(1, 0), sorted(&[]));
}

#[test]
fn d38_what_was_public_on_a_31_december_is_kept_and_found_for_the_yearly_copy() {
    use congbo::release::retention::{Policy, public_on, superfluous};
    let office = Office::new();
    let names: Vec<String> = (1..=4).map(|price| office.seal(price)).collect();
    for (name, day) in names.iter().zip(["2024-12-30", "2025-01-02", "2025-12-31", "2026-01-01"]) {
        release::publish(&office.dist(), Some(name)).unwrap();
        release::record(&office.dist(), name, day.parse().unwrap()).unwrap();
    }
    let none = Policy { editions: 0, days: 0 };
    assert_eq!(superfluous(&office.dist(), &none, "2027-01-05".parse().unwrap()).unwrap(), [names[1].clone()]);
    let on = |day: &str| public_on(&office.dist(), day.parse().unwrap()).unwrap();
    assert_eq!([on("2024-12-31"), on("2025-12-31")], [Some(names[0].clone()), Some(names[2].clone())]);
    assert_eq!(on("2024-02-29"), None);
}

// ---------------------------------------------------------------- proofs

fn tile_proof(office: &Office, edition: &str) -> (Proof, Vec<u8>) {
    let manifest = release::manifest_of(&office.dist(), edition).unwrap();
    let path = manifest.files.iter().map(|file| &file.path).find(|path| path.ends_with(".pmtiles")).unwrap();
    let leaves = tile_leaves(&office.dist().join("releases").join(edition).join(path));
    let index = leaves.len() - 1;
    let proof = proof::make(&office.dist(), edition, path, Some(Part { leaves, index, text: None })).unwrap();
    (proof, "giá 1".as_bytes().to_vec())
}

#[test]
fn every_file_tile_and_row_is_proved_by_itself() {
    let office = Office::new();
    let edition = office.seal(1);
    office.publish(&edition, "publisher");
    let keys = [office.key("publisher")];
    let folder = office.dist().join("releases").join(&edition);
    for file in release::manifest_of(&office.dist(), &edition).unwrap().files {
        let proof = proof::make(&office.dist(), &edition, &file.path, None).unwrap();
        let proved = proof.check(&fs::read(folder.join(&file.path)).unwrap(), &keys).unwrap();
        assert_eq!((proved.path, proved.imprint.number), (file.path, 1));
        assert!(proof.check(b"another", &keys).is_err());
    }
    let (tile, bytes) = tile_proof(&office, &edition);
    assert_eq!(tile.check(&bytes, &keys).unwrap().part.as_deref(), Some(tile.part.as_ref().unwrap().name.as_str()));
    let csv = "site/bang-gia-dat/b/99001-xa-a.csv";
    let table = fs::read(folder.join(csv)).unwrap();
    for (index, row) in parts::rows(&table).iter().enumerate() {
        let part = Part { leaves: parts::row_leaves(&table), index, text: None };
        let proof = proof::make(&office.dist(), &edition, csv, Some(part)).unwrap();
        assert_eq!(proof.check(row, &keys).unwrap().part, Some((index + 1).to_string()));
        assert!(proof.check(b"1,60001", &keys).is_err());
    }
}

#[test]
fn a_proof_in_which_anything_was_changed_proves_nothing() {
    let office = Office::new();
    let edition = office.seal(1);
    office.publish(&edition, "publisher");
    office.make_key("stranger");
    let keys = [office.key("publisher")];
    let (proof, bytes) = tile_proof(&office, &edition);
    assert!(proof.check(&bytes, &[office.key("stranger")]).is_err());
    let json = serde_json::to_vec(&proof).unwrap();
    let start = json.windows(17).position(|text| text == b"untrusted comment").unwrap();
    let free = start..start + "untrusted comment: ".len() + UNTRUSTED_COMMENT.len();
    for at in 0..json.len() {
        let mut changed = json.clone();
        changed[at] ^= 1;
        let held = Proof::parse(&changed).is_ok_and(|proof| proof.check(&bytes, &keys).is_ok());
        // Nothing covers minisign's untrusted comment, and nothing is read from it.
        assert!(
            !held || free.contains(&at),
            "byte {at}: {}",
            String::from_utf8_lossy(&changed[at.saturating_sub(20)..])
        );
    }
}

// ---------------------------------------------------------------- packages

fn opened(office: &Office, package: &Path) -> congbo::error::Result<Opened> {
    package::open(package, &office.ring())
}

#[test]
fn a_package_holds_its_commune_and_nothing_of_another() {
    let office = Office::new();
    let package = office.package(1, "99001.zip");
    let opened = opened(&office, &package).unwrap();
    let paths: Vec<&str> = opened.listing.files.iter().map(|file| file.path.as_str()).collect();
    for expected in [
        "MO-TRANG-NAY.html",
        "HUONG-DAN.txt",
        "chung-thuc/bang-gia-dat.b.99001-xa-a.csv.json",
        "trang/index.html",
        "trang/du-lieu/xa/99001-xa-a/panel.json.js",
        "trang/du-lieu/o/thua-dat/goc.js",
        "trang/xa/99001-xa-a/index.html",
    ] {
        assert!(paths.contains(&expected), "{expected}: {paths:?}");
    }
    assert!(!paths.iter().any(|path| path.contains("99002")));
    let mut zip = zip::ZipArchive::new(fs::File::open(&package).unwrap()).unwrap();
    assert_eq!(zip.len(), paths.len() + 2, "any reader of ZIP sees the files, the listing and its signature");
    let mut page = String::new();
    std::io::Read::read_to_string(&mut zip.by_name("trang/index.html").unwrap(), &mut page).unwrap();
    assert!(page.contains("href=\"xa/99001-xa-a/index.html\"") && page.contains("connect-src blob: data:"));
}

#[test]
fn the_proof_that_goes_with_a_table_holds_for_the_table_beside_it() {
    let office = Office::new();
    let package = office.package(1, "99001.zip");
    let opened = opened(&office, &package).unwrap();
    let read = |path: &str| {
        let at = opened.listing.files.iter().position(|file| file.path == path).unwrap();
        opened.read(&opened.listing.files[at], opened.offsets()[at]).unwrap()
    };
    let proof = Proof::parse(&read("chung-thuc/bang-gia-dat.b.99001-xa-a.csv.json")).unwrap();
    proof.check(&read("trang/bang-gia-dat/b/99001-xa-a.csv"), &[office.key("publisher")]).unwrap();
}

#[test]
fn the_same_edition_packs_to_the_same_bytes_but_for_the_signature() {
    let office = Office::new();
    let edition = office.seal(1);
    office.publish(&edition, "publisher");
    let listing = |out: &str| opened(&office, &office.pack(&edition, out, "publisher", &[], &[])).unwrap().text;
    assert_eq!(listing("a.zip"), listing("b.zip"));
}

#[test]
fn a_package_with_any_bit_flipped_is_refused() {
    let office = Office::new();
    let bytes = fs::read(office.package(1, "99001.zip")).unwrap();
    let flips = std::env::var("PACKAGE_BITS").map_or(300, |count| count.parse().unwrap());
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let changed = office.path("changed.zip");
    for _ in 0..flips {
        let bit = random.below(bytes.len() as u64 * 8);
        let mut copy = bytes.clone();
        copy[bit as usize / 8] ^= 1 << (bit % 8);
        fs::write(&changed, &copy).unwrap();
        assert_eq!(exit(opened(&office, &changed)), Some(Exit::Verification), "bit {bit}");
    }
    // Every byte of what stands behind the files, where the structure is.
    let tail = opened(&office, &office.path("99001.zip")).unwrap().listing.payload_bytes() as usize;
    let step = if flips > 1000 { 1 } else { 97 };
    for at in (tail..bytes.len()).step_by(step) {
        let mut copy = bytes.clone();
        copy[at] ^= 0x20;
        fs::write(&changed, &copy).unwrap();
        assert_eq!(exit(opened(&office, &changed)), Some(Exit::Verification), "byte {at}");
    }
}

#[test]
fn a_package_that_is_shortened_extended_or_put_together_anew_is_refused() {
    let office = Office::new();
    let bytes = fs::read(office.package(1, "a.zip")).unwrap();
    let other = fs::read(office.package(2, "b.zip")).unwrap();
    let payload = |name: &str| opened(&office, &office.path(name)).unwrap().listing.payload_bytes() as usize;
    let (of_a, of_b) = (payload("a.zip"), payload("b.zip"));
    let mut cases: Vec<(String, Vec<u8>)> = vec![
        ("empty".into(), vec![]),
        ("one byte more".into(), [&bytes[..], b"\0"].concat()),
        ("another package behind".into(), [&bytes[..], &other].concat()),
        ("a package before".into(), [&other[..], &bytes].concat()),
        ("files of one, list of the other".into(), [&bytes[..of_a], &other[of_b..]].concat()),
        ("list of one twice".into(), [&bytes[..], &bytes[of_a..]].concat()),
        ("a comment of the ZIP".into(), {
            let mut copy = bytes.clone();
            let length = copy.len();
            copy[length - 2] = 3;
            [&copy[..], b"abc"].concat()
        }),
    ];
    cases.extend((1..40).map(|part| (format!("cut at {part}/40"), bytes[..bytes.len() * part / 40].to_vec())));
    let changed = office.path("changed.zip");
    for (what, bytes) in cases {
        fs::write(&changed, bytes).unwrap();
        assert_eq!(exit(opened(&office, &changed)), Some(Exit::Verification), "{what}");
    }
}

#[test]
fn a_package_that_another_zip_writer_made_of_its_files_is_refused() {
    let office = Office::new();
    let package = office.package(1, "a.zip");
    let mut read = zip::ZipArchive::new(std::io::Cursor::new(fs::read(&package).unwrap())).unwrap();
    let rewritten = |rename: &dyn Fn(&str) -> String, twice: bool| {
        let mut read = read.clone();
        let path = office.path("changed.zip");
        let mut writer = zip::ZipWriter::new(fs::File::create(&path).unwrap());
        for at in 0..read.len() {
            let entry = read.by_index_raw(at).unwrap();
            let name = rename(&entry.name().unwrap());
            writer.raw_copy_file_rename(entry, name).unwrap();
        }
        if twice {
            let entry = read.by_index_raw(3).unwrap();
            let name = entry.name().unwrap().to_uppercase();
            writer.raw_copy_file_rename(entry, name).unwrap();
        }
        writer.finish().unwrap();
        exit(opened(&office, &path))
    };
    assert_eq!(rewritten(&|name| name.replace("panel", "panic"), false), Some(Exit::Verification), "renamed");
    assert_eq!(rewritten(&str::to_owned, true), Some(Exit::Verification), "added");
    assert_eq!(rewritten(&|name| format!("../{name}"), false), Some(Exit::Verification), "outside");
    assert!(read.by_name("goi.json").is_ok());
}

#[test]
fn a_package_signed_by_a_stranger_a_revoked_or_a_retired_key_is_refused() {
    let office = Office::new();
    office.make_key("stranger");
    office.make_key("new");
    let edition = office.seal(1);
    office.publish(&edition, "stranger");
    let package = office.pack(&edition, "stranger.zip", "stranger", &[], &[]);
    assert!(problem(opened(&office, &package)).contains("không do cơ quan công bố"));
    // A stranger's statement hands nothing over.
    let statement = office.rotation("stranger", "new", 0);
    let package = office.pack(&edition, "stranger.zip", "stranger", &[statement], &[]);
    assert!(problem(opened(&office, &package)).contains("không do cơ quan công bố"));

    office.publish(&edition, "publisher");
    let revoked = Keyring { revoked: vec![office.key("publisher").key], ..office.ring() };
    let package = office.pack(&edition, "old.zip", "publisher", &[], &[]);
    assert!(problem(package::open(&package, &revoked)).contains("thu hồi"));

    // After the key handed over, what it signs later does not count, and the new key's packages do.
    let statement = office.rotation("publisher", "new", 2);
    office.publish(&edition, "publisher");
    let late = office.pack(&edition, "late.zip", "publisher", std::slice::from_ref(&statement), &[]);
    assert!(problem(opened(&office, &late)).contains("bàn giao"), "{}", problem(opened(&office, &late)));
    office.publish(&edition, "new");
    let heirs = office.pack(&edition, "heir.zip", "new", &[statement], &[]);
    assert_eq!(opened(&office, &heirs).unwrap().key, office.key("new").key);
    assert!(
        opened(&office, &office.pack(&edition, "alone.zip", "new", &[], &[])).is_err(),
        "no statement goes with it"
    );
}

#[test]
fn a_folder_takes_newer_packages_and_never_an_older_one() {
    let office = Office::new();
    let first = office.package(1, "1.zip");
    let second = office.package(2, "2.zip");
    let folder = office.path("usb");
    let ring = || Some(office.ring());
    assert_eq!(exit(install(&second, &folder, None)), Some(Exit::Usage), "no key is known yet");
    install(&first, &folder, ring()).unwrap();
    let opening = || fs::read_to_string(folder.join("MO-TRANG-NAY.html")).unwrap();
    assert!(opening().contains("99001/ban-1/trang/index.html"));
    install(&second, &folder, None).unwrap();
    assert!(opening().contains("99001/ban-2/trang/index.html"));
    assert!(folder.join("99001/ban-1/trang/index.html").is_file(), "the old one is kept");
    let refused = problem(install(&first, &folder, None));
    assert!(refused.contains("gói số 1 cũ hơn gói số 2"), "{refused}");
    assert!(opening().contains("ban-2"));
    install(&second, &folder, None).unwrap();
}

#[test]
fn another_package_under_a_number_that_was_seen_is_refused() {
    let (office, folder) = (Office::new(), tempfile::tempdir().unwrap());
    install(&office.package(1, "1.zip"), folder.path(), Some(office.ring())).unwrap();
    // The same key, used beside: a second office's numbers begin at 1 again.
    let other = Office::new();
    fs::copy(office.path("publisher.key"), other.path("copy.key")).unwrap();
    fs::copy(office.path("publisher.pub"), other.path("copy.pub")).unwrap();
    let edition = other.seal(7);
    other.publish(&edition, "copy");
    let package = other.pack(&edition, "1.zip", "copy", &[], &[]);
    assert!(problem(install(&package, folder.path(), None)).contains("cùng số 1"));
}

#[test]
fn a_damaged_package_leaves_the_folder_as_it_was() {
    let office = Office::new();
    let folder = office.path("usb");
    install(&office.package(1, "1.zip"), &folder, Some(office.ring())).unwrap();
    let mut bytes = fs::read(office.package(2, "2.zip")).unwrap();
    bytes[400] ^= 4;
    fs::write(office.path("2.zip"), bytes).unwrap();
    assert_eq!(exit(install(&office.path("2.zip"), &folder, None)), Some(Exit::Verification));
    assert!(!folder.join("99001/ban-2").exists() && !folder.join("99001/ban-2.dang-giai").exists());
    assert!(fs::read_to_string(folder.join("MO-TRANG-NAY.html")).unwrap().contains("ban-1"));
}

#[test]
fn an_installation_that_was_cut_off_goes_on_where_it_ended() {
    let office = Office::new();
    let package = office.package(1, "1.zip");
    let folder = office.path("usb");
    let begun = folder.join("99001/ban-1.dang-giai/trang");
    fs::create_dir_all(&begun).unwrap();
    let of_package = opened(&office, &package).unwrap();
    let at = of_package.listing.files.iter().position(|file| file.path == "trang/index.html").unwrap();
    let whole = of_package.read(&of_package.listing.files[at], of_package.offsets()[at]).unwrap();
    fs::write(begun.join("index.html"), &whole).unwrap();
    fs::write(begun.join("404.html"), b"half").unwrap();
    assert_eq!(install(&package, &folder, Some(office.ring())).unwrap().resumed, 1);
    assert_ne!(fs::read(folder.join("99001/ban-1/trang/404.html")).unwrap(), b"half");
}

// ---------------------------------------------------------------- deltas

fn make_delta(office: &Office, from: &Path, to: &Path) -> (PathBuf, delta::DeltaReport) {
    let signer = office.signer("publisher");
    let sign = |bytes: &[u8], comment: &str| signer.sign_as(bytes, comment, UNTRUSTED_COMMENT);
    let out = office.path("1-2.delta");
    let report = delta::make(from, to, &office.ring(), &out, &sign).unwrap();
    (out, report)
}

#[test]
fn a_delta_makes_the_new_package_to_the_last_byte() {
    let office = Office::new();
    let (first, second) = (office.package(1, "1.zip"), office.package(2, "2.zip"));
    let (delta, report) = make_delta(&office, &first, &second);
    assert!(report.bytes < report.package_bytes / 2, "{report:?}");
    delta::apply(&first, &delta, &office.path("made.zip"), &office.ring()).unwrap();
    assert_eq!(fs::read(office.path("made.zip")).unwrap(), fs::read(&second).unwrap());
    // In place of the old one, too.
    delta::apply(&first, &delta, &first, &office.ring()).unwrap();
    assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
    assert!(problem(delta::apply(&first, &delta, &first, &office.ring())).contains("dành cho một gói khác"));
}

#[test]
fn a_delta_that_was_changed_or_is_of_another_package_changes_nothing() {
    let office = Office::new();
    let (first, second) = (office.package(1, "1.zip"), office.package(2, "2.zip"));
    let (delta, _) = make_delta(&office, &first, &second);
    let bytes = fs::read(&delta).unwrap();
    let (changed, out) = (office.path("changed.delta"), office.path("out.zip"));
    let flips = std::env::var("PACKAGE_BITS").map_or(100, |count| count.parse::<u64>().unwrap() / 4);
    let mut random = Random(77);
    for _ in 0..flips {
        let bit = random.below(bytes.len() as u64 * 8);
        let mut copy = bytes.clone();
        copy[bit as usize / 8] ^= 1 << (bit % 8);
        fs::write(&changed, &copy).unwrap();
        let refused = delta::apply(&first, &changed, &out, &office.ring());
        assert_eq!(exit(refused), Some(Exit::Verification), "bit {bit}");
        assert!(!out.exists() && !out.with_extension("dang-ghi").exists(), "bit {bit}");
    }
    for cut in [0, 10, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&changed, &bytes[..cut]).unwrap();
        assert_eq!(exit(delta::apply(&first, &changed, &out, &office.ring())), Some(Exit::Verification), "{cut}");
    }
    fs::write(&changed, [&bytes[..], b"\n"].concat()).unwrap();
    assert_eq!(exit(delta::apply(&first, &changed, &out, &office.ring())), Some(Exit::Verification));
    assert_eq!(exit(delta::apply(&second, &delta, &out, &office.ring())), Some(Exit::Verification));
    office.make_key("stranger");
    let stranger = Keyring::of(vec![office.key("stranger")]);
    assert_eq!(exit(delta::apply(&first, &delta, &out, &stranger)), Some(Exit::Verification));
}

#[test]
fn deltas_follow_one_another() {
    let office = Office::new();
    let packages: Vec<PathBuf> = (1..=4).map(|n| office.package(n, &format!("{n}.zip"))).collect();
    let have = office.path("have.zip");
    fs::copy(&packages[0], &have).unwrap();
    for pair in packages.windows(2) {
        let (delta, _) = make_delta(&office, &pair[0], &pair[1]);
        delta::apply(&have, &delta, &have, &office.ring()).unwrap();
    }
    assert_eq!(fs::read(&have).unwrap(), fs::read(&packages[3]).unwrap());
}

// ---------------------------------------------------------------- QGIS

/// A definition as the site offers it.
fn definition(name: &str, source: &str) -> String {
    format!(
        "<qlr><maplayers>\n<maplayer type=\"vector\">\n<id>congbo_lop_{name}</id>\n<datasource>{source}</datasource>\n\
         <layername>Lớp {name}</layername>\n</maplayer>\n</maplayers></qlr>\n"
    )
}

#[test]
fn a_package_for_qgis_holds_open_files_and_tiles_of_its_commune_and_a_project_in_its_zone() {
    let office = Office::new();
    let open = ["open/dia_gioi/dia-gioi.fgb", "open/quy_hoach/99001-qh.fgb", "open/quy_hoach/99002-qh.fgb"];
    let mut files: Vec<(String, String)> = open.map(|path| (path.to_owned(), format!("file {path}"))).to_vec();
    for name in ["dia-gioi", "99001-qh", "99002-qh", "thua-dat"] {
        let source = format!("/vsicurl/https://dat.example.vn/{name}");
        files.push((format!("site/du-lieu/qgis/{name}.qlr"), definition(name, &source)));
    }
    for (code, zone) in [("99001", 9210), ("99002", 9213)] {
        files.push((format!("extracts/thua_dat/{code}-thua-{code}.fgb"), "parcels for who was granted them".into()));
        files.push((format!("site/du-lieu/ho-so/thua-{code}/record.json"), format!("{{\"crs\":\"EPSG:{zone}\"}}")));
    }
    let files: Vec<(&str, String)> = files.iter().map(|(path, text)| (path.as_str(), text.clone())).collect();
    let edition = office.seal_files(1, "", &files);
    office.publish(&edition, "publisher");
    let package =
        opened(&office, &office.try_pack(&edition, "qgis.zip", "publisher", &[], &[], true).unwrap()).unwrap();
    let offsets = package.offsets();
    let listed = package.listing.files.iter().zip(offsets).filter(|(file, _)| file.path.starts_with("qgis/"));
    let found: std::collections::BTreeMap<String, Vec<u8>> =
        listed.map(|(file, offset)| (file.path.clone(), package.read(file, offset).unwrap())).collect();
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(names, ["qgis/99001-qh.fgb", "qgis/ban-do.qgs", "qgis/dia-gioi.fgb", "qgis/thua-dat.mbtiles"]);
    assert_eq!(found["qgis/99001-qh.fgb"], b"file open/quy_hoach/99001-qh.fgb");
    assert!(found["qgis/thua-dat.mbtiles"].starts_with(b"SQLite format 3\0"));
    let project = String::from_utf8(found["qgis/ban-do.qgs"].clone()).unwrap();
    let sources: Vec<&str> =
        project.split("<datasource>").skip(1).filter_map(|rest| Some(rest.split_once("</datasource>")?.0)).collect();
    assert_eq!(sources, ["./dia-gioi.fgb", "./99001-qh.fgb", "type=mbtiles&amp;url=./thua-dat.mbtiles"]);
    assert!(project.contains("<authid>EPSG:9210</authid>") && project.contains("+lon_0=105.75"), "{project}");
    assert!(!project.contains("dat.example.vn/") && !project.contains("99002"), "{project}");
    // Who does not ask for it has none of it, and an edition without such layers says so.
    let plain = opened(&office, &office.pack(&edition, "plain.zip", "publisher", &[], &[])).unwrap();
    assert!(!plain.listing.files.iter().any(|file| file.path.starts_with("qgis/")));
    let bare = office.seal(2);
    office.publish(&bare, "publisher");
    let refused = office.try_pack(&bare, "bare.zip", "publisher", &[], &[], true);
    assert_eq!(exit(refused), Some(Exit::Usage));
    assert!(!office.path("bare.zip").exists());
}

// ---------------------------------------------------------------- copies, the shelf

#[test]
fn a_copy_that_was_cut_off_goes_on_with_the_pieces_that_are_right() {
    let office = Office::new();
    let package = office.package_of(4 << 20);
    let whole = fs::read(&package).unwrap();
    let to = office.path("stick.zip");
    let copy = || package::copy::copy(&package, &to, &office.ring());
    let listing = opened(&office, &package).unwrap().listing;
    let (pieces, payload) = (listing.chunks.len(), listing.payload_bytes() as usize);
    assert!(pieces >= 4, "{pieces}");
    let first = copy().unwrap();
    assert_eq!((first.kept, first.copied), (0, pieces));
    assert_eq!(fs::read(&to).unwrap(), whole);
    // A browser left so much of it, another stick one wrong byte.
    let mut random = Random(5);
    let random_cuts = (0..20).map(|_| random.below(whole.len() as u64) as usize);
    for cut in random_cuts.chain([0, 1 << 20, payload - 1, payload, whole.len() - 1]) {
        fs::write(&to, &whole[..cut]).unwrap();
        // The last piece is short: behind it only the list and its signature are missing.
        let kept = if cut >= payload { pieces } else { cut >> 20 };
        assert_eq!(copy().unwrap().kept, kept, "cut at {cut} of {payload}");
        assert_eq!(fs::read(&to).unwrap(), whole);
    }
    fs::write(&to, [&whole[..5], b"~", &whole[6..]].concat()).unwrap();
    assert_eq!(copy().unwrap().copied, 1);
    assert_eq!(fs::read(&to).unwrap(), whole);
    // Longer than it should be, and of another package.
    fs::write(&to, [&whole[..], b"behind"].concat()).unwrap();
    copy().unwrap();
    assert_eq!(fs::read(&to).unwrap(), whole);
}

#[test]
fn a_damaged_piece_is_named_and_what_was_right_of_it_is_kept_for_the_next_run() {
    let office = Office::new();
    let package = office.package_of(4 << 20);
    let whole = fs::read(&package).unwrap();
    let mut damaged = whole.clone();
    damaged[(1 << 20) + 9] ^= 1;
    fs::write(&package, damaged).unwrap();
    let to = office.path("stick.zip");
    let refused = package::copy::copy(&package, &to, &office.ring());
    assert!(problem(refused).contains("đoạn 2 của"));
    assert!(!to.exists());
    fs::write(&package, &whole).unwrap();
    let report = package::copy::copy(&package, &to, &office.ring()).unwrap();
    assert_eq!(report.copied, 1);
    assert_eq!(fs::read(&to).unwrap(), whole);
}

#[test]
fn a_package_that_shrinks_or_is_gone_under_the_reader_is_an_error_and_nothing_more() {
    let office = Office::new();
    let package = office.package(1, "1.zip");
    let reading = opened(&office, &package).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&package).unwrap();
    file.set_len(3000).unwrap();
    let folder = office.path("usb/99001/ban-1.dang-giai");
    assert!(congbo::package::install::unpack_into(&reading, &folder).is_err());
    fs::remove_file(&package).unwrap();
    assert_eq!(exit(opened(&office, &package)), Some(Exit::Storage));
}

#[test]
fn packages_and_updates_are_listed_with_their_sizes_and_digests_and_a_damaged_one_is_not() {
    let office = Office::new();
    let shelf = office.dist().join("packages");
    fs::create_dir_all(&shelf).unwrap();
    let (first, second) = (office.package(1, "1.zip"), office.package(2, "2.zip"));
    let (delta, _) = make_delta(&office, &first, &second);
    fs::copy(&first, shelf.join("99001-1.zip")).unwrap();
    fs::copy(&second, shelf.join("99001-2.zip")).unwrap();
    fs::copy(&delta, shelf.join("99001-1-2.delta")).unwrap();
    let frame = office.dist().join("current/site");
    let index = || package::shelf::index(&office.dist(), &frame, "https://dat.example.vn", &office.ring());
    let listed = index().unwrap();
    assert_eq!(release::shelf::load(&office.dist()).unwrap().as_ref(), Some(&listed));
    let numbers: Vec<u64> = listed.packages.iter().map(|package| package.number).collect();
    assert_eq!((numbers, listed.newest().count()), (vec![2, 1], 1));
    assert_eq!((listed.updates[0].from, listed.updates[0].to), (1, 2));
    for file in listed.files() {
        let bytes = fs::read(shelf.join(&file.name)).unwrap();
        assert_eq!((bytes.len() as u64, congbo::digest::sha256(&bytes)), (file.bytes, file.sha256.clone()));
    }
    let page = fs::read_to_string(shelf.join("index.html")).unwrap();
    for expected in [
        "<main>Gói ngoại tuyến",
        "/goi/goi.atom\" title=",
        "href=\"/goi/99001-2.zip\"",
        "href=\"/goi/99001-1-2.delta\"",
        "11/07/2026",
    ] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    assert!(!page.contains("99001-1.zip"), "the older one is in the index alone");
    assert!(!page.contains("Chưa có gói nào"));
    let feed = fs::read_to_string(shelf.join("goi.atom")).unwrap();
    assert_eq!(feed.matches("<entry>").count(), 2);
    fs::copy(&second, shelf.join("again.zip")).unwrap();
    assert!(problem(index()).contains("of the same area and number"));
    fs::write(shelf.join("again.zip"), b"PK\x03\x04").unwrap();
    assert_eq!(exit(index()), Some(Exit::Verification));
}

#[path = "packages/refusals.rs"]
mod refusals;
