//! Who may sign what: attachments under the signature, the second person, keys that hand over and keys that
//! are struck off, and what one dataset says about another.

mod small_site;

use std::path::{Path, PathBuf};
use std::process::Output;

use congbo::config::site::SiteConfig;
use congbo::digest::{sha256, sha256_file};
use congbo::snapshot::signature::{self, Signer};
use congbo::snapshot::{Snapshot, store};
use small_site::{DATASET, METADATA, SITE, SmallSite};

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n";
/// A detached signature as far as its outer layer goes: SEQUENCE, signedData.
const P7S: &[u8] = &[0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02, 0xA0, 0x00];

impl SmallSite {
    /// Makes `keys/<name>.key` and `.pub`.
    fn key(&self, name: &str) {
        signature::make_key(&self.path().join("keys").join(name), None).unwrap();
    }

    fn keys(&self, names: &[&str]) {
        names.iter().for_each(|name| self.key(name));
    }

    fn public_key(&self, name: &str) -> String {
        signature::listed_key(self.path(), &format!("keys/{name}.pub")).unwrap()
    }

    /// Rewrites `congbo.toml` with these approvers of parcels and prices, and what follows them.
    fn approvers(&self, names: &[&str], more: &str) {
        let keys: Vec<String> = names.iter().map(|name| format!("\"keys/{name}.pub\"")).collect();
        let list = keys.join(", ");
        let lists = format!("dia_chinh = [{list}]\ngia_dat = [{list}]");
        self.write("congbo.toml", &(SITE.replace("dia_chinh = [\"keys/approver.pub\"]", &lists) + more));
    }

    fn approve_with(&self, key: &str) -> Output {
        self.congbo(&["approve", DATASET, "--key", key])
    }

    fn rotate(&self, old: &str, new: &str) -> Output {
        self.congbo(&["key", "rotate", "--old", &format!("keys/{old}.key"), "--new", &format!("keys/{new}.pub")])
    }

    fn open(&self, dataset: &str) -> Result<Snapshot, congbo::error::Failure> {
        store::open(self.path(), &SiteConfig::load(self.path())?, dataset)
    }

    /// Another title: the same data under another record.
    fn retitle(&self) {
        self.describe(|d| d.replace("Thửa đất xã An Minh", "Thửa đất xã An Minh, bản sửa"));
    }

    /// The folder of the approved snapshot.
    fn snapshot(&self, dataset: &str) -> PathBuf {
        let folder = self.path().join("snapshots").join(dataset);
        folder.join(std::fs::read_to_string(folder.join("approved")).unwrap())
    }
}

fn done(output: Output) -> String {
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap() + &said
}

fn refused(output: &Output, exit: i32) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(exit), "{said}");
    assert!(said.contains("fix: "), "no remedy: {said}");
    said
}

fn unopened(opened: Result<Snapshot, congbo::error::Failure>, exit: u8) -> String {
    let failure = opened.map(|_| ()).unwrap_err();
    assert_eq!(failure.exit().code(), exit, "{failure}");
    failure.to_string()
}

// Rotation and revocation.

#[test]
fn after_a_rotation_the_new_key_approves_and_the_old_one_vouches_for_what_it_had_signed() {
    let site = SmallSite::new();
    site.key("new");
    done(site.approve());
    let said = done(site.rotate("approver", "new"));
    assert!(
        said.contains("keys/rotations/0001.json: dia_chinh goes to the new key; the old one vouches for 1 records")
    );
    site.open("thua-dat").unwrap();
    site.retitle();
    let said = refused(&site.approve(), 3);
    assert!(said.contains(&format!("this key handed 'dia_chinh' over to {}", site.public_key("new"))), "{said}");
    done(site.approve_with("keys/new.key"));
    site.open("thua-dat").unwrap();
}

#[test]
fn a_stolen_old_key_signs_nothing_new() {
    let site = SmallSite::new();
    site.key("new");
    done(site.approve());
    done(site.rotate("approver", "new"));
    let folder = site.snapshot("thua-dat");
    let forged = std::fs::read_to_string(folder.join("record.json")).unwrap().replace("BB-NT 01/2026", "BB-NT 99/2026");
    let thief = Signer::open(&site.path().join("keys/approver.key"), None).unwrap();
    std::fs::write(folder.join("record.json.minisig"), thief.sign(forged.as_bytes(), "stolen").unwrap()).unwrap();
    std::fs::write(folder.join("record.json"), forged).unwrap();
    let said = unopened(site.open("thua-dat"), 6);
    assert!(said.contains("keys/rotations/0001.json does not list it"), "{said}");
}

#[test]
fn rotations_follow_one_another_and_a_key_hands_over_once() {
    let site = SmallSite::new();
    site.keys(&["second", "third", "thief"]);
    done(site.approve());
    done(site.rotate("approver", "second"));
    site.retitle();
    done(site.approve_with("keys/second.key"));
    done(site.rotate("second", "third"));
    site.open("thua-dat").unwrap();
    let said = refused(&site.rotate("approver", "thief"), 3);
    assert!(said.contains("the old key may approve nothing"), "{said}");
    let statement = std::fs::read_to_string(site.path().join("keys/rotations/0002.json")).unwrap();
    let record = sha256_file(&site.snapshot("thua-dat").join("record.json")).unwrap();
    assert!(statement.contains("\"sequence\": 2") && statement.contains(&record), "{statement}");
    site.describe(|d| d);
    refused(&site.approve_with("keys/second.key"), 3);
    done(site.approve_with("keys/third.key"));
}

#[test]
fn a_rotation_can_leave_a_kind_with_the_old_key() {
    let site = SmallSite::new();
    site.key("new");
    site.approvers(&["approver"], "");
    let new = ["key", "rotate", "--old", "keys/approver.key", "--new", "keys/new.pub", "--kind", "gia_dat"];
    done(site.congbo(&new));
    done(site.approve());
    assert!(refused(&site.approve_with("keys/new.key"), 3).contains("this key may not approve 'dia_chinh'"));
    let unknown = site.congbo(&["key", "rotate", "--old", "a.key", "--new", "a.pub", "--kind", "gia"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("there is no kind of data 'gia'"));
}

#[test]
fn a_statement_that_its_old_key_did_not_sign_or_that_nobody_listed_is_refused() {
    let site = SmallSite::new();
    site.keys(&["new", "stranger"]);
    assert!(refused(&site.rotate("stranger", "new"), 3).contains("the old key may approve nothing"));
    done(site.rotate("approver", "new"));
    let file = site.path().join("keys/rotations/0001.json");
    let statement = std::fs::read_to_string(&file).unwrap();
    let forged = statement.replace(&site.public_key("new"), &site.public_key("stranger"));
    std::fs::write(&file, &forged).unwrap();
    assert!(refused(&site.approve(), 3).contains("keys/rotations/0001.json: the old key did not sign this statement"));
    let stranger = Signer::open(&site.path().join("keys/stranger.key"), None).unwrap();
    let own = statement.replace(&site.public_key("approver"), &site.public_key("stranger"));
    std::fs::write(&file, &own).unwrap();
    std::fs::write(file.with_extension("json.minisig"), stranger.sign(own.as_bytes(), "own").unwrap()).unwrap();
    assert!(refused(&site.approve(), 3).contains("the old key may not approve 'dia_chinh'"));
}

#[test]
fn a_statement_that_was_taken_away_is_missed() {
    let site = SmallSite::new();
    site.keys(&["second", "third"]);
    done(site.rotate("approver", "second"));
    done(site.rotate("second", "third"));
    std::fs::remove_file(site.path().join("keys/rotations/0001.json")).unwrap();
    assert!(refused(&site.approve(), 3).contains("keys/rotations/0002.json: has number 2 where 1 is expected"));
}

#[test]
fn a_revoked_key_counts_only_for_records_that_a_rotation_lists() {
    let site = SmallSite::new();
    site.key("new");
    site.approvers(&["approver", "new"], "");
    done(site.approve());
    let revoked = "\n[keys]\nrevoked = [\"keys/approver.pub\"]\n";
    site.approvers(&["approver", "new"], revoked);
    assert!(unopened(site.open("thua-dat"), 6).contains("the key that signed this record is revoked"));
    assert!(refused(&site.approve(), 3).contains("this key is revoked in congbo.toml"));
    // The other approver signs the unchanged record anew.
    done(site.approve_with("keys/new.key"));
    site.open("thua-dat").unwrap();
}

#[test]
fn revoking_a_key_that_handed_over_keeps_what_it_signed_before() {
    let site = SmallSite::new();
    site.key("new");
    site.approvers(&["approver", "new"], "");
    done(site.approve());
    done(site.rotate("approver", "new"));
    site.approvers(&["approver", "new"], "\n[keys]\nrevoked = [\"keys/approver.pub\"]\n");
    site.open("thua-dat").unwrap();
    site.approvers(&["approver"], "\n[keys]\nrevoked = [\"keys/approver.pub\"]\n");
    assert!(unopened(site.open("thua-dat"), 3).contains("a revoked key cannot give rights to another"));
}

// The second person.

const TWO_FOR_PARCELS: &str = "\n[second_person]\nkinds = [\"dia_chinh\"]\n";

#[test]
fn a_kind_that_needs_two_counts_when_two_have_signed() {
    let site = SmallSite::new();
    site.key("second");
    site.approvers(&["approver", "second"], TWO_FOR_PARCELS);
    let said = done(site.approve());
    assert!(
        said.contains("warning: thua-dat: waits for a second person")
            && said.contains("congbo countersign thua-dat --key"),
        "{said}"
    );
    let said = unopened(site.open("thua-dat"), 3);
    assert!(said.contains("'dia_chinh' needs a second person") && said.contains("congbo countersign thua-dat --key"));
    assert!(refused(&site.congbo(&["countersign", "thua-dat"]), 3).contains("by the same approver"));
    let before = std::fs::read(site.snapshot("thua-dat").join("record.json.minisig")).unwrap();
    done(site.congbo(&["countersign", DATASET, "--key", "keys/second.key"]));
    assert!(site.open("thua-dat").unwrap().countersignature.is_some());
    assert_eq!(std::fs::read(site.snapshot("thua-dat").join("record.json.minisig")).unwrap(), before);
    // A second signature is not made anew.
    let second = std::fs::read(site.snapshot("thua-dat").join("record.json.2.minisig")).unwrap();
    done(site.congbo(&["countersign", "thua-dat", "--key", "keys/second.key"]));
    assert_eq!(std::fs::read(site.snapshot("thua-dat").join("record.json.2.minisig")).unwrap(), second);
}

#[test]
fn the_second_person_is_listed_for_the_kind_and_signs_this_record() {
    let site = SmallSite::new();
    site.keys(&["second", "stranger"]);
    site.approvers(&["approver", "second"], TWO_FOR_PARCELS);
    done(site.approve());
    let stranger = site.congbo(&["countersign", "thua-dat", "--key", "keys/stranger.key"]);
    assert!(refused(&stranger, 3).contains("this key may not approve 'dia_chinh'"));
    let folder = site.snapshot("thua-dat");
    std::fs::copy(folder.join("record.json.minisig"), folder.join("record.json.2.minisig")).unwrap();
    assert!(unopened(site.open("thua-dat"), 6).contains("the second signature is by the first approver"));
    let signer = Signer::open(&site.path().join("keys/second.key"), None).unwrap();
    std::fs::write(folder.join("record.json.2.minisig"), signer.sign(b"another record", "").unwrap()).unwrap();
    unopened(site.open("thua-dat"), 6);
    done(site.congbo(&["countersign", "thua-dat", "--key", "keys/second.key"]));
    site.open("thua-dat").unwrap();
}

#[test]
fn a_rotation_does_not_make_two_people_out_of_one() {
    let site = SmallSite::new();
    site.keys(&["second", "new"]);
    site.approvers(&["approver", "second"], TWO_FOR_PARCELS);
    done(site.approve());
    done(site.rotate("approver", "new"));
    let heir = site.congbo(&["countersign", "thua-dat", "--key", "keys/new.key"]);
    assert!(refused(&heir, 3).contains("the first signature is by the same approver"));
    done(site.congbo(&["countersign", "thua-dat", "--key", "keys/second.key"]));
}

#[test]
fn nobody_countersigns_a_snapshot_whose_files_were_changed() {
    let site = SmallSite::new();
    site.key("second");
    site.approvers(&["approver", "second"], TWO_FOR_PARCELS);
    done(site.approve());
    std::fs::write(site.snapshot("thua-dat").join("rows.0.postcard"), b"other rows").unwrap();
    refused(&site.congbo(&["countersign", "thua-dat", "--key", "keys/second.key"]), 6);
}

// Attachments.

fn attachment(file: &str, bytes: &[u8], role: &str) -> String {
    let digest = sha256(bytes);
    format!(
        "[[attachment]]\ntitle = {{ vi = \"Nghị quyết bảng giá\" }}\nfile = \"{file}\"\nsha256 = \"{digest}\"\nrole = \"{role}\"\npublic = true\n"
    )
}

fn attach(site: &SmallSite, text: &str) {
    site.describe(|d| d + text);
}

#[test]
fn d02_documents_are_carried_under_the_approver_s_signature() {
    let site = SmallSite::new();
    std::fs::write(site.path().join(DATASET).join("nq.pdf"), PDF).unwrap();
    std::fs::write(site.path().join(DATASET).join("nq.p7s"), P7S).unwrap();
    let both = attachment("nq.pdf", PDF, "decision") + &attachment("nq.p7s", P7S, "official_signature");
    attach(&site, &both);
    done(site.approve());
    let record = site.open("thua-dat").unwrap().record;
    let names: Vec<&str> = record.attachments.iter().map(|attachment| attachment.name.as_str()).collect();
    assert_eq!(names, ["attachments/1-nghi-quyet-bang-gia.pdf", "attachments/2-nghi-quyet-bang-gia.p7s"]);
    assert_eq!((record.attachments[0].bytes, &record.attachments[0].sha256), (PDF.len() as u64, &sha256(PDF)));
    let copy = site.snapshot("thua-dat").join(names[0]);
    assert_eq!(std::fs::read(&copy).unwrap(), PDF);
    std::fs::write(copy, [PDF, b"\n"].concat()).unwrap();
    assert!(unopened(site.open("thua-dat"), 6).contains("attachments/1-nghi-quyet-bang-gia.pdf: differs from what"));
}

#[test]
fn every_attachment_that_cannot_be_published_is_named_in_one_run() {
    let site = SmallSite::new();
    let named = b"0\x82CCCD:001099000001";
    for (file, bytes) in [("word.pdf", &b"PK\x03\x04"[..]), ("other.pdf", PDF), ("quiet.pdf", PDF), ("bad.p7s", PDF)] {
        std::fs::write(site.path().join(DATASET).join(file), bytes).unwrap();
    }
    let inside = [&P7S[2..13], &named[2..]].concat();
    let person = [&[0x30, inside.len() as u8], &inside[..]].concat();
    std::fs::write(site.path().join(DATASET).join("person.p7s"), &person).unwrap();
    let text = [
        attachment("word.pdf", b"PK\x03\x04", "decision"),
        attachment("other.pdf", b"accepted", "acceptance"),
        attachment("quiet.pdf", PDF, "explanation").replace("public = true\n", ""),
        attachment("bad.p7s", PDF, "official_signature"),
        attachment("person.p7s", &person, "official_signature"),
        attachment("none.pdf", PDF, "decision"),
        attachment("../outside.pdf", PDF, "decision"),
    ];
    attach(&site, &text.concat());
    let said = refused(&site.approve(), 4);
    for expected in [
        "word.pdf: is not a whole PDF file",
        "other.pdf: the file's SHA-256 is",
        "quiet.pdf: nobody has declared this document public",
        "bad.p7s: is not a PKCS #7 signature",
        "person.p7s: holds a number as long as an identity number",
        "none.pdf: the attachment cannot be read",
        "outside.pdf: the attachment lies outside the dataset's folder",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert!(!said.contains("001099000001"), "{said}");
    assert!(!site.path().join("snapshots/thua-dat").exists());
}

// Superseding and amending.

const HEAD: &str = "stt,ma_bang,so_van_ban,ngay_ban_hanh,hieu_luc_tu,ma_xa,ten_xa,nhom_gia,loai_dat,loai_bang,ten_duong,vi_tri_1,don_vi,thay_cho_stt";

/// Writes a price dataset of rows `(stt, road, price, replaced row)`; `more` are keys before `[[source]]`.
fn write_prices(site: &SmallSite, name: &str, rows: &[(u32, &str, u32, &str)], more: &str, from: &str) {
    let line = |(stt, road, price, replaced): &(u32, &str, u32, &str)| {
        format!(
            "{stt},B05,00/2025/NQ-HĐND,2025-12-10,{from},99001,Xã An Minh,DAT_O,ONT,duong,{road},{price},1000 đồng/m2,{replaced}\n"
        )
    };
    let table = format!("{HEAD}\n{}", rows.iter().map(line).collect::<String>());
    let fields: String = HEAD.split(',').map(|field| format!("{field} = \"{field}\"\n")).collect();
    site.write(&format!("content/data/{name}/gia.csv"), &table);
    site.write(
        &format!("content/data/{name}/dataset.toml"),
        &format!(
            "kind = \"gia_dat\"\ntitle = {{ vi = \"Bảng giá {name}\" }}\ncommunes = [\"99001\"]\n{more}\n[[source]]\nfile = \"gia.csv\"\n\
             sha256 = \"{}\"\n[fields]\n{fields}[decision]\nnumber = \"{name}/NQ-HĐND\"\ndate = 2025-12-10\n\
             authority = \"HĐND tỉnh Minh Họa\"\neffective_from = {from}\nacceptance = \"BB 01\"\n{METADATA}",
            sha256(table.as_bytes())
        ),
    );
}

fn price_site() -> SmallSite {
    let site = SmallSite::new();
    site.approvers(&["approver"], "");
    for part in ["themes", "tiles"] {
        std::os::unix::fs::symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join(part), site.path().join(part)).unwrap();
    }
    write_prices(&site, "gia-2026", &[(1, "Đường 1", 100, ""), (2, "Đường 2", 200, "")], "", "2026-01-01");
    done(site.congbo(&["approve", "content/data/gia-2026"]));
    site
}

/// Builds, and returns the folder of the edition.
fn edition(site: &SmallSite) -> PathBuf {
    done(site.congbo(&["build"]));
    let mut editions = std::fs::read_dir(site.path().join("dist/releases")).unwrap();
    let edition = editions.next().unwrap().unwrap().path();
    assert!(editions.next().is_none());
    edition
}

#[test]
fn a_link_that_leads_nowhere_or_elsewhere_is_refused_at_the_gate() {
    let site = price_site();
    done(site.approve());
    let cases = [
        ("supersedes = \"gia-2025\"", 2, "supersedes 'gia-2025', which is not approved"),
        ("supersedes = \"thua-dat\"", 2, "supersedes 'thua-dat', which is 'dia_chinh', not 'gia_dat'"),
        ("supersedes = \"gia-2027\"", 2, "supersedes itself in a circle"),
        ("amends = \"gia-2025\"", 3, "amends 'gia-2025', which is not approved"),
    ];
    for (link, exit, expected) in cases {
        write_prices(&site, "gia-2027", &[(1, "Đường 1", 100, "")], link, "2027-01-01");
        let said = refused(&site.congbo(&["approve", "content/data/gia-2027"]), exit);
        assert!(said.contains(expected), "{said}");
    }
    write_prices(&site, "gia-sua", &[(1, "Đường 1", 110, "7")], "amends = \"gia-2026\"", "2026-06-01");
    let said = refused(&site.congbo(&["approve", "content/data/gia-sua"]), 3);
    assert!(said.contains("row 1: thay_cho_stt names row 7, which 'gia-2026' does not have"), "{said}");
}

#[test]
fn a_hole_between_two_tables_and_an_early_effect_are_warned_of_and_approved() {
    let site = price_site();
    let ends = std::fs::read_to_string(site.path().join("content/data/gia-2026/dataset.toml"))
        .unwrap()
        .replace("acceptance", "effective_to = 2026-12-31\nacceptance");
    site.write("content/data/gia-2026/dataset.toml", &ends);
    done(site.congbo(&["approve", "content/data/gia-2026"]));
    write_prices(&site, "gia-2027", &[(1, "Đường 1", 100, "")], "supersedes = \"gia-2026\"", "2027-02-01");
    let said = done(site.congbo(&["approve", "content/data/gia-2027"]));
    assert!(said.contains("warning: content/data/gia-2027/dataset.toml: neither this nor 'gia-2026' is in force from 01/01/2027 to 31/01/2027"));
    write_prices(&site, "gia-2027", &[(1, "Đường 1", 100, "")], "", "2025-12-01");
    let said = done(site.congbo(&["approve", "content/data/gia-2027"]));
    assert!(
        said.contains(
            "warning: content/data/gia-2027/dataset.toml: the decision of 10/12/2025 takes effect before its date"
        ),
        "{said}"
    );
}

#[test]
fn an_edition_carries_amendments_documents_and_both_signatures() {
    let site = price_site();
    site.key("second");
    site.approvers(&["approver", "second"], "\n[second_person]\nkinds = [\"gia_dat\"]\n");
    write_prices(
        &site,
        "gia-sua",
        &[(1, "Đường 2", 250, "2"), (2, "Đường 3", 300, "")],
        "amends = \"gia-2026\"",
        "2026-06-01",
    );
    std::fs::write(site.path().join("content/data/gia-sua/nq.pdf"), PDF).unwrap();
    let description = std::fs::read_to_string(site.path().join("content/data/gia-sua/dataset.toml")).unwrap();
    site.write("content/data/gia-sua/dataset.toml", &(description + &attachment("nq.pdf", PDF, "decision")));
    let second = ["countersign", "gia-2026", "--key", "keys/second.key"];
    assert!(refused(&site.congbo(&["approve", "content/data/gia-sua"]), 3).contains("congbo countersign gia-2026"));
    done(site.congbo(&second));
    done(site.congbo(&["approve", "content/data/gia-sua"]));
    let said = refused(&site.congbo(&["build"]), 3);
    assert!(said.contains("congbo countersign gia-sua --key"), "{said}");
    done(site.congbo(&["countersign", "gia-sua", "--key", "keys/second.key"]));
    let edition = edition(&site);
    let proof = edition.join("site/du-lieu/ho-so/gia-sua");
    assert_eq!(std::fs::read(proof.join("attachments/1-nghi-quyet-bang-gia.pdf")).unwrap(), PDF);
    assert!(proof.join("record.json.2.minisig").is_file());
    let data = std::fs::read_to_string(edition.join("site/du-lieu/index.html")).unwrap();
    assert!(
        data.contains("/du-lieu/ho-so/gia-sua/attachments/1-nghi-quyet-bang-gia.pdf") && data.contains(&sha256(PDF))
    );
    let csv = std::fs::read_to_string(edition.join("site/bang-gia-dat/gia-2026/99001-xa-an-minh.csv")).unwrap();
    assert_eq!(csv.lines().count(), 5, "{csv}");
    assert!(csv.contains(",gia-2026,,gia-sua/NQ-HĐND,2026-06-01\r\n"), "{csv}");
}

#[test]
fn two_surveys_of_one_sheet_build_when_one_supersedes_the_other() {
    let site = price_site();
    done(site.approve());
    let again = "content/data/thua-dat-lai";
    std::fs::create_dir_all(site.path().join(again)).unwrap();
    std::fs::copy(site.gpkg(), site.path().join(again).join("thua_dat.gpkg")).unwrap();
    let description = std::fs::read_to_string(site.path().join(DATASET).join("dataset.toml")).unwrap();
    site.write(&format!("{again}/dataset.toml"), &description);
    done(site.congbo(&["approve", again]));
    refused(&site.congbo(&["build"]), 5);
    let superseding = description.replace("crs = ", "supersedes = \"thua-dat\"\ncrs = ");
    site.write(&format!("{again}/dataset.toml"), &superseding);
    done(site.congbo(&["approve", again]));
    let edition = edition(&site);
    assert!(edition.join("extracts/thua_dat/99001-thua-dat-lai.fgb").is_file());
    assert!(!edition.join("extracts/thua_dat/99001-thua-dat.fgb").exists());
    assert!(edition.join("site/du-lieu/ho-so/thua-dat/record.json").is_file(), "the superseded record stays as proof");
}
