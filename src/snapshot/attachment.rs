//! Documents published with a dataset: carried as they are and bound by digest. congbo checks that a file
//! is of the kind it is said to be; it reads neither what a document says nor whom a `.p7s` names.

use std::fs;
use std::path::{Component, Path};

use super::Snapshot;
use super::record::{AttachmentRecord, Record};
use crate::config::dataset::{Attachment, AttachmentRole, DatasetConfig};
use crate::digest::{sha256, sha256_file};
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::text::slug;

/// Bytes of a document: a scanned table of prices of a province has some 30 MB.
const LARGEST_DOCUMENT: u64 = 50 << 20;
/// Bytes of a detached signature: certificates and a time stamp, no content.
const LARGEST_SIGNATURE: u64 = 1 << 20;
/// Documents of one dataset; all of them are in memory when the snapshot is written.
const MOST_ATTACHMENTS: usize = 20;

/// A document that passed, with the bytes that did.
pub struct Attached {
    pub record: AttachmentRecord,
    pub bytes: Vec<u8>,
}

/// Reads the attachments of a dataset whose description is `dataset/dataset.toml`, in their order there.
///
/// # Errors
/// All faults: exit 3 for a file that is missing, too large, of another kind or digest; 4 for one that
/// nobody declared public, and for a signature that holds a person's number.
pub fn read_all(site: &Path, dataset: &Path, config: &DatasetConfig) -> Result<Vec<Attached>> {
    if config.attachment.len() > MOST_ATTACHMENTS {
        let problem = format!("{} attachments are more than {MOST_ATTACHMENTS}", config.attachment.len());
        return Err(Fault::new(Stage::Snapshot, Exit::Input, problem)
            .file(dataset.join("dataset.toml"))
            .remedy("put documents that belong together into one PDF")
            .into());
    }
    let mut attached = vec![];
    let mut faults = vec![];
    for (i, attachment) in config.attachment.iter().enumerate() {
        match read(site, dataset, attachment) {
            Ok(bytes) => attached.push(Attached { record: record(i + 1, attachment, &bytes), bytes }),
            Err(found) => faults.extend(found),
        }
    }
    Failure::unless_empty(faults).map(|()| attached)
}

fn record(n: usize, attachment: &Attachment, bytes: &[u8]) -> AttachmentRecord {
    let ending = if attachment.role == AttachmentRole::OfficialSignature { "p7s" } else { "pdf" };
    AttachmentRecord {
        name: format!("attachments/{n}-{}.{ending}", slug(&attachment.title.vi)),
        title: attachment.title.clone(),
        role: attachment.role,
        bytes: bytes.len() as u64,
        sha256: sha256(bytes),
    }
}

fn read(site: &Path, dataset: &Path, attachment: &Attachment) -> std::result::Result<Vec<u8>, Vec<Fault>> {
    let file = dataset.join(&attachment.file);
    let mut faults = vec![];
    if !attachment.public {
        faults.push(not_declared_public());
    }
    let bytes = bytes_of(site, &file, attachment);
    match &bytes {
        Ok(bytes) => faults.extend(objections(bytes, attachment)),
        Err(fault) => faults.push(fault.clone()),
    }
    match bytes {
        Ok(bytes) if faults.is_empty() => Ok(bytes),
        _ => Err(faults.into_iter().map(|fault| fault.file(&file)).collect()),
    }
}

fn not_declared_public() -> Fault {
    Fault::new(Stage::Disclose, Exit::Disclosure, "nobody has declared this document public").remedy(
        "congbo cannot read documents: look for names, numbers and signatures on every page, in the annexes and in \
         the file's properties, then add public = true to [[attachment]]",
    )
}

fn bytes_of(site: &Path, file: &Path, attachment: &Attachment) -> std::result::Result<Vec<u8>, Fault> {
    if !Path::new(&attachment.file).components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(refused("the attachment lies outside the dataset's folder")
            .remedy("copy it beside dataset.toml and name it by a relative path"));
    }
    let missing = |e: std::io::Error| {
        refused(&format!("the attachment cannot be read: {e}"))
            .remedy("put the file there, or remove its [[attachment]]")
    };
    let largest = largest(attachment.role);
    let length = fs::metadata(site.join(file)).map_err(missing)?.len();
    if length > largest {
        return Err(refused(&format!("has {length} bytes; at most {largest} are published"))
            .remedy("scan the document with fewer dots, or split it"));
    }
    fs::read(site.join(file)).map_err(missing)
}

fn largest(role: AttachmentRole) -> u64 {
    if role == AttachmentRole::OfficialSignature { LARGEST_SIGNATURE } else { LARGEST_DOCUMENT }
}

fn refused(problem: &str) -> Fault {
    Fault::new(Stage::Snapshot, Exit::Input, problem)
}

fn objections(bytes: &[u8], attachment: &Attachment) -> Vec<Fault> {
    let mut faults = vec![];
    let found = sha256(bytes);
    if found != attachment.sha256 {
        faults.push(
            refused(&format!("the file's SHA-256 is {found}, not the one that was approved"))
                .remedy("restore the approved file, or write the new digest after the new file has been accepted"),
        );
    }
    match attachment.role {
        AttachmentRole::OfficialSignature => faults.extend(signature_objection(bytes)),
        _ if is_pdf(bytes) => {}
        _ => faults.push(
            refused("is not a whole PDF file")
                .remedy("export the document as PDF; a detached signature has role = \"official_signature\""),
        ),
    }
    faults
}

/// From `%PDF-` to an `%%EOF` in the last kilobyte, where readers look for it (ISO 32000-1, annex H).
fn is_pdf(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(1024)..];
    bytes.starts_with(b"%PDF-") && tail.windows(5).any(|window| window == b"%%EOF")
}

fn signature_objection(bytes: &[u8]) -> Option<Fault> {
    let der = if bytes.starts_with(b"-----BEGIN ") { from_pem(bytes) } else { Some(bytes.to_vec()) };
    let Some(der) = der.filter(|der| is_signed_data(der)) else {
        return Some(refused("is not a PKCS #7 signature").remedy("give the detached .p7s file as it was made"));
    };
    // Certificates of persons carry `CCCD:` and the number; strings in DER are not compressed, so it is seen.
    holds_person_number(&der).then(|| {
        Fault::new(Stage::Disclose, Exit::Disclosure, "holds a number as long as an identity number")
            .remedy("have the document signed with the certificate of the office, or leave the signature out")
    })
}

/// Object identifier 1.2.840.113549.1.7.2, `signedData` (RFC 5652, 5.1), as DER writes it.
const SIGNED_DATA: [u8; 11] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];

fn is_signed_data(der: &[u8]) -> bool {
    sequence(der).is_some_and(|content| content.starts_with(&SIGNED_DATA))
}

/// The content of the one SEQUENCE that a file consists of, its length given or open (BER).
fn sequence(der: &[u8]) -> Option<&[u8]> {
    let [0x30, first, rest @ ..] = der else { return None };
    match first {
        0x80 => rest.strip_suffix(&[0, 0]),
        0x81..=0x84 => {
            let (length, content) = rest.split_at_checked(usize::from(first & 0x7F))?;
            let length = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            (content.len() == length).then_some(content)
        }
        short => (rest.len() == usize::from(*short)).then_some(rest),
    }
}

fn from_pem(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let body = text.trim().strip_prefix("-----BEGIN ")?.split_once("-----")?.1.split_once("-----END ")?.0;
    base64(body.bytes().filter(|byte| !byte.is_ascii_whitespace()))
}

fn base64(letters: impl Iterator<Item = u8>) -> Option<Vec<u8>> {
    let mut bytes = vec![];
    let (mut held, mut bits) = (0u32, 0);
    for letter in letters.filter(|letter| *letter != b'=') {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        held = held << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

/// Runs of 9 or 12 digits, in strings of one or two bytes a letter. `…Z` is a time, not a number.
fn holds_person_number(der: &[u8]) -> bool {
    let narrow: Vec<u8> = der.iter().copied().filter(|byte| *byte != 0).collect();
    [der, &narrow].into_iter().any(|bytes| {
        let runs = bytes.split_inclusive(|byte| !byte.is_ascii_digit());
        runs.into_iter().any(|run| run.last() != Some(&b'Z') && is_person_number(run))
    })
}

/// The tag behind a string is often SEQUENCE or SET, 0x30 and 0x31, which read as the digits 0 and 1.
fn is_person_number(run: &[u8]) -> bool {
    let digits: Vec<u8> = run.iter().copied().filter(u8::is_ascii_digit).collect();
    let before_tag = matches!(digits.last(), Some(b'0' | b'1')) && matches!(digits.len(), 10 | 13);
    before_tag || matches!(digits.len(), 9 | 12)
}

/// What differs from the record in a snapshot's folder.
pub(super) fn changed(site: &Path, folder: &Path, record: &Record) -> Vec<Fault> {
    let differs = |attachment: &&AttachmentRecord| {
        sha256_file(&site.join(folder).join(&attachment.name)).ok().as_deref() != Some(attachment.sha256.as_str())
    };
    record.attachments.iter().filter(differs).map(|attachment| damaged(&folder.join(&attachment.name))).collect()
}

fn damaged(file: &Path) -> Fault {
    Fault::new(Stage::Snapshot, Exit::Verification, "differs from what was approved")
        .file(file)
        .remedy("approve the dataset again")
}

/// The bytes of an attachment of a snapshot, as approved.
pub fn bytes(site: &Path, snapshot: &Snapshot, attachment: &AttachmentRecord) -> Result<Vec<u8>> {
    let file = snapshot.folder.join(&attachment.name);
    let bytes = fs::read(site.join(&file)).map_err(|e| Fault::storage(Stage::Snapshot, &file, e))?;
    if sha256(&bytes) == attachment.sha256 { Ok(bytes) } else { Err(damaged(&file).into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ContentInfo of signedData around some bytes.
    fn signed_data(inside: &[u8]) -> Vec<u8> {
        let content = [&SIGNED_DATA[..], &[0xA0, inside.len() as u8], inside].concat();
        let length = (content.len() as u16).to_be_bytes();
        [&[0x30, 0x82], &length[..], &content[..]].concat()
    }

    #[test]
    fn a_signature_is_one_sequence_that_begins_with_its_identifier() {
        let der = signed_data(b"anything");
        assert!(is_signed_data(&der));
        assert!(!is_signed_data(&der[..der.len() - 1]), "cut short");
        assert!(!is_signed_data(&[&der[..], b"more"].concat()), "something follows");
        assert!(!is_signed_data(&[0x30, 0x03, 0x06, 0x01, 0x2A]), "another identifier");
        assert!(is_signed_data(&[&[0x30, 0x80], &SIGNED_DATA[..], &[0, 0]].concat()), "open length");
        assert!(!is_signed_data(b"%PDF-1.7") && !is_signed_data(&[]) && !is_signed_data(&[0x30]));
    }

    #[test]
    fn a_signature_in_letters_is_read_as_its_bytes() {
        assert_eq!(base64(b"TWFu".iter().copied()).unwrap(), b"Man");
        assert_eq!(base64(b"TWE=".iter().copied()).unwrap(), b"Ma");
        assert_eq!(from_pem(b"-----BEGIN PKCS7-----\nTWFu\r\nTWE=\n-----END PKCS7-----\n").unwrap(), b"ManMa");
        assert!(from_pem(b"-----BEGIN PKCS7-----\n<>\n-----END PKCS7-----").is_none());
    }

    #[test]
    fn a_person_s_number_in_a_certificate_is_seen_and_a_time_is_not_one() {
        assert!(holds_person_number(b"\x0c\x11CCCD:001099000001\x30"));
        assert!(holds_person_number(b"CMND:012345678"));
        let wide: Vec<u8> = b"CCCD:001099000001".iter().flat_map(|letter| [0, *letter]).collect();
        assert!(holds_person_number(&wide));
        assert!(!holds_person_number(b"\x17\x0d260105000000Z\x18\x0f20260105000000Z MST:0100000000\x31"));
    }

    #[test]
    fn a_pdf_has_a_beginning_and_an_end() {
        assert!(is_pdf(b"%PDF-1.7\n%%EOF\n"));
        assert!(!is_pdf(b"%PDF-1.7\n") && !is_pdf(b"\n%PDF-1.7\n%%EOF") && !is_pdf(b""));
        assert!(!is_pdf(&[&b"%PDF-1.7\n%%EOF\n"[..], &[b' '; 2000]].concat()), "the end is far from the end");
    }
}
