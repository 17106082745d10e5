//! From one package to the next: what changed, signed. The new package is made beside, to the last byte, or not at all.
//!
//! A file that did not change is copied within the old package; of one that changed only the lines that are new are
//! carried, and in the scripts of the map a line is a tile.

use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::container::Entry;
use super::keyring::Keyring;
use super::lines::{self, Edit};
use super::listing::Listed;
use super::opened::{self, Opened, tail};
use crate::digest::{hex, sha256, sha256_file};
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::release::Sign;
use crate::release::minisig::Minisig;
use crate::snapshot::signature;

const MAGIC: &[u8] = b"CONGBO-DELTA-1\n";

/// A delta of a whole province stays far below; what promises more is refused before memory is taken.
const MOST_BYTES: u64 = 1 << 30;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    area: String,
    from: State,
    to: State,
    steps: Vec<Step>,
    /// The listing of the new package by the lines of the old one.
    listing: Vec<Edit>,
    /// The signature of the new package.
    signature: String,
    /// New bytes as they are carried, and their size unpacked.
    packed_sha256: String,
    new_bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    number: u64,
    bytes: u64,
    sha256: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    /// Bytes of the old package: from where, and how many.
    Copy(u64, u64),
    /// A file of the old package (by its place in the listing) with changed lines.
    Edit(usize, Vec<Edit>),
    /// A file that is new: path, bytes.
    New(String, usize),
}

#[derive(Clone, Debug, Serialize)]
pub struct DeltaReport {
    pub area: String,
    pub from: u64,
    pub to: u64,
    pub bytes: u64,
    pub package_bytes: u64,
}

fn state(opened: &Opened, path: &Path) -> Result<State> {
    let sha256 = sha256_file(path).map_err(|e| Fault::storage(Stage::Package, path, e))?;
    Ok(State { number: opened.listing.head.imprint.number, bytes: opened.bytes, sha256 })
}

/// Writes to `out` what leads from package `a` to package `b`.
///
/// # Errors
/// Exit 2 for packages of two areas, or in the wrong order; those of opening a package.
pub fn make(a: &Path, b: &Path, trusted: &Keyring, out: &Path, sign: Sign<'_>) -> Result<DeltaReport> {
    let (old, new) = (opened::open(a, trusted)?, opened::open(b, trusted)?);
    let (area, other) = (&new.listing.head.area, &old.listing.head.area);
    let (from, to) = (state(&old, a)?, state(&new, b)?);
    if area != other || from.number >= to.number {
        let problem = format!("gói số {} của {other} không dẫn tới gói số {} của {area}", from.number, to.number);
        return Err(Fault::new(Stage::Package, Exit::Usage, problem)
            .remedy("đưa gói cũ trước, gói mới sau, cùng một khu vực")
            .into());
    }
    let (steps, mut fresh) = steps(&old, &new)?;
    let (listing, text) = lines::edits(&old.text, &new.text);
    fresh.extend(text);
    let packed = packed(&fresh);
    let head = Head {
        area: area.clone(),
        from,
        to,
        steps,
        listing,
        signature: new.signature.clone(),
        packed_sha256: sha256(&packed),
        new_bytes: fresh.len() as u64,
    };
    let text = head.to_text();
    let signature = sign(text.as_bytes(), &head.comment())?;
    let mut bytes = MAGIC.to_vec();
    for part in [signature.as_bytes(), text.as_bytes(), &packed] {
        bytes.extend((part.len() as u64).to_le_bytes());
        bytes.extend(part);
    }
    fs::write(out, &bytes).map_err(|e| Fault::storage(Stage::Package, out, e))?;
    let (from, to, package_bytes) = (head.from.number, head.to.number, new.bytes);
    Ok(DeltaReport { area: head.area, from, to, bytes: bytes.len() as u64, package_bytes })
}

/// What makes the files of the new package of those of the old one, and the new bytes for it.
fn steps(old: &Opened, new: &Opened) -> Result<(Vec<Step>, Vec<u8>)> {
    let (old_offsets, new_offsets) = (old.offsets(), new.offsets());
    let (mut steps, mut fresh) = (vec![], vec![]);
    for (file, offset) in new.listing.files.iter().zip(&new_offsets) {
        let place = old.listing.files.binary_search_by(|known| known.path.cmp(&file.path)).ok();
        if let Some(at) = place.filter(|at| old.listing.files[*at] == *file) {
            copy(&mut steps, old_offsets[at], file.entry().span());
            continue;
        }
        let plain = new.read(file, *offset)?;
        let edited = place.map(|at| edited(old, at, old_offsets[at], &plain)).transpose()?.flatten();
        match (edited, place) {
            (Some((edits, bytes)), Some(at)) => {
                fresh.extend(bytes);
                steps.push(Step::Edit(at, edits));
            }
            _ => {
                steps.push(Step::New(file.path.clone(), plain.len()));
                fresh.extend(plain);
            }
        }
    }
    Ok((steps, fresh))
}

/// Neighbours in the old package are copied in one.
fn copy(steps: &mut Vec<Step>, offset: u64, length: u64) {
    match steps.last_mut() {
        Some(Step::Copy(start, so_far)) if *start + *so_far == offset => *so_far += length,
        _ => steps.push(Step::Copy(offset, length)),
    }
}

/// A text by its lines, where that spares something.
fn edited(old: &Opened, at: usize, offset: u64, new: &[u8]) -> Result<Option<(Vec<Edit>, Vec<u8>)>> {
    let before = old.read(&old.listing.files[at], offset)?;
    let (Ok(before), Ok(after)) = (std::str::from_utf8(&before), std::str::from_utf8(new)) else { return Ok(None) };
    let (edits, bytes) = lines::edits(before, after);
    Ok((bytes.len() < new.len()).then_some((edits, bytes)))
}

impl Head {
    fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a delta's head is plain data") + "\n"
    }

    fn comment(&self) -> String {
        format!("congbo delta={} from={} to={}", self.area, self.from.number, self.to.number)
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let params = brotli::enc::BrotliEncoderParams { quality: 9, lgwin: 24, ..Default::default() };
    let mut packed = vec![];
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &params).expect("memory takes every byte");
    packed
}

/// Never more than the head promises.
fn unpacked(packed: &[u8], bytes: u64) -> Option<Vec<u8>> {
    let mut plain = vec![];
    let read = brotli::Decompressor::new(packed, 1 << 16).take(bytes + 1).read_to_end(&mut plain);
    (read.is_ok() && plain.len() as u64 == bytes).then_some(plain)
}

/// Makes the package `out` of the package `old` and a delta. Both are checked whole before, and the new one after,
/// against the digest in the delta and the publisher's signature in itself; `out` gets its name then.
///
/// # Errors
/// Exit 6 for a delta that is damaged, foreign, or of another package; those of opening a package; 7 when `out`
/// cannot be written.
pub fn apply(old: &Path, delta: &Path, out: &Path, trusted: &Keyring) -> Result<DeltaReport> {
    let name = delta.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let refused = |problem: &str| {
        Failure::from(
            Fault::new(Stage::Package, Exit::Verification, format!("bản cập nhật {problem}"))
                .file(&name)
                .remedy("giữ gói cũ; chép lại bản cập nhật, hoặc lấy gói đầy đủ"),
        )
    };
    let size = fs::metadata(delta).map_err(|e| Fault::storage(Stage::Package, &name, e))?.len();
    if size > MOST_BYTES {
        return Err(refused("quá lớn"));
    }
    let bytes = fs::read(delta).map_err(|e| Fault::storage(Stage::Package, &name, e))?;
    let (signature, text, packed) = parted(&bytes).ok_or_else(|| refused("không trọn vẹn hoặc đã bị sửa"))?;
    let head: Head = serde_json::from_str(text).map_err(|_| refused("không trọn vẹn hoặc đã bị sửa"))?;
    let opened = opened::open(old, trusted)?;
    let ring = trusted.after(&opened.listing.head.rotations);
    head.check(&ring, text, signature, packed).map_err(refused)?;
    if state(&opened, old)? != head.from {
        return Err(refused("dành cho một gói khác với gói đang có"));
    }
    let fresh = unpacked(packed, head.new_bytes).ok_or_else(|| refused("không giải nén được"))?;
    let beside = out.with_extension("dang-ghi");
    let made = head.build(&opened, &fresh, &beside).and_then(|sha256| match sha256 == head.to.sha256 {
        true => opened::open(&beside, &ring).map(drop),
        false => Err(refused("cho ra một gói không đúng")),
    });
    let named = made.and_then(|()| {
        fs::rename(&beside, out).map_err(|e| Fault::storage(Stage::Package, out, e))?;
        let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|f| f.sync_all()).map_err(|e| Fault::storage(Stage::Package, folder, e).into())
    });
    if named.is_err() {
        // The fault that is told is the first one; the next run writes over what stays.
        let _ = fs::remove_file(&beside);
    }
    named?;
    let (from, to) = (head.from.number, head.to.number);
    Ok(DeltaReport { area: head.area, from, to, bytes: size, package_bytes: head.to.bytes })
}

/// Signature, head and new bytes of a delta; none when anything is missing or left over.
fn parted(bytes: &[u8]) -> Option<(&str, &str, &[u8])> {
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let mut part = || {
        let (length, behind) = rest.split_at_checked(8)?;
        let length = usize::try_from(u64::from_le_bytes(length.try_into().ok()?)).ok()?;
        let (part, behind) = behind.split_at_checked(length)?;
        rest = behind;
        Some(part)
    };
    let (signature, text, packed) = (part()?, part()?, part()?);
    let parted = (std::str::from_utf8(signature).ok()?, std::str::from_utf8(text).ok()?, packed);
    rest.is_empty().then_some(parted)
}

impl Head {
    fn check(&self, ring: &Keyring, text: &str, signature: &str, packed: &[u8]) -> Result<(), &'static str> {
        let sound = Minisig::parse(signature).is_some_and(|parsed| parsed.to_text() == signature);
        let by = |key: &&crate::release::PublisherKey| {
            let made = signature::verified_comment(std::slice::from_ref(&key.key), text.as_bytes(), signature);
            made.is_some_and(|comment| comment == self.comment())
        };
        let key =
            ring.keys.iter().find(by).filter(|_| sound).ok_or("không do cơ quan công bố mà máy này tin cậy ký")?;
        if ring.revoked.contains(&key.key) {
            return Err("được ký bằng khóa đã bị thu hồi");
        }
        if !key.covers(Some(self.to.number)) {
            return Err("được ký bằng khóa cũ, đã bàn giao cho khóa khác trước số này");
        }
        if sha256(packed) != self.packed_sha256 || self.to_text() != text || self.new_bytes > MOST_BYTES {
            return Err("không trọn vẹn hoặc đã bị sửa");
        }
        Ok(())
    }

    /// Writes the new package; the digest of what was written.
    fn build(&self, old: &Opened, fresh: &[u8], out: &Path) -> Result<String> {
        let storage = |e: std::io::Error| Failure::from(Fault::storage(Stage::Package, out, e));
        let broken =
            || Failure::from(Fault::new(Stage::Package, Exit::Verification, "bản cập nhật không khớp với gói cũ"));
        let mut target = Target { file: BufWriter::new(File::create(out).map_err(storage)?), digest: Sha256::new() };
        let mut rest = fresh;
        let mut take = |length: usize| {
            let (now, later) = rest.split_at_checked(length)?;
            rest = later;
            Some(now.to_vec())
        };
        let offsets = old.offsets();
        for step in &self.steps {
            match step {
                Step::Copy(offset, length) => target.copy(old, *offset, *length).map_err(storage)?,
                Step::New(path, length) => {
                    target.file(path, &take(*length).ok_or_else(broken)?).map_err(storage)?;
                }
                Step::Edit(at, edits) => {
                    let file: &Listed = old.listing.files.get(*at).ok_or_else(broken)?;
                    let before = String::from_utf8(old.read(file, offsets[*at])?).map_err(|_| broken())?;
                    let after = lines::apply(&before, edits, &mut take).ok_or_else(broken)?;
                    target.file(&file.path, &after).map_err(storage)?;
                }
            }
        }
        let text = lines::apply(&old.text, &self.listing, &mut take).ok_or_else(broken)?;
        let text = String::from_utf8(text).map_err(|_| broken())?;
        let listing = super::listing::Listing::parse(&text).ok_or_else(broken)?;
        target.put(&tail(&listing, &text, &self.signature)?).map_err(storage)?;
        target.file.flush().and_then(|()| target.file.get_ref().sync_all()).map_err(storage)?;
        Ok(hex(&target.digest.finalize()))
    }
}

struct Target {
    file: BufWriter<File>,
    digest: Sha256,
}

impl Target {
    fn put(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.digest.update(bytes);
        self.file.write_all(bytes)
    }

    fn file(&mut self, path: &str, plain: &[u8]) -> std::io::Result<()> {
        let (entry, packed) = Entry::pack(path, plain);
        self.put(&entry.local_header())?;
        self.put(&packed)
    }

    /// A MiB at a time.
    fn copy(&mut self, old: &Opened, mut offset: u64, mut length: u64) -> std::io::Result<()> {
        while length > 0 {
            let now = length.min(1 << 20);
            let bytes = old.read_at(offset, now).map_err(std::io::Error::other)?;
            self.put(&bytes)?;
            (offset, length) = (offset + now, length - now);
        }
        Ok(())
    }
}
