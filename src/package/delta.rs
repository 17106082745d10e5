//! From one package to the next: what changed, signed. The new package is made beside, to the last byte, or not at all.
//!
//! A file that did not change is copied as it is packed in the old package; of one that changed the differences are
//! carried ([`patch`](super::patch)), of a tile those of what it draws. The list of the new package is not carried: it
//! follows from its files, and the publisher's signature says whether it came out right.

use std::fs;
use std::io::Read;
use std::path::Path;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::container::Entry;
use super::durable;
use super::keyring::Keyring;
use super::listing::{self, Listed};
use super::opened::{self, Opened};
use super::patch::{self, Rest, Run, Streams, take};
use super::payload::Payload;
use super::tile_lines::{self, Line};
use crate::digest::sha256;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::release::Sign;
use crate::release::minisig::Minisig;
use crate::snapshot::signature;

const MAGIC: &[u8] = b"CONGBO-DELTA-2\n";

/// A delta of a whole province stays far below; what promises more is refused before memory is taken.
const MOST_BYTES: u64 = 1 << 30;

/// How many files are made at a time, and so held in memory.
const AT_ONCE: usize = 256;

/// Up to this size the body is packed as well as brotli can, some seconds for each MB.
const WELL_PACKED_BYTES: usize = 4 << 20;

/// What is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    area: String,
    from: State,
    to: State,
    /// The body as it is carried, and its size unpacked.
    body_sha256: String,
    body_bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    number: u64,
    bytes: u64,
    /// Digest of the list, from which every other byte but the signature follows.
    listing_sha256: String,
}

/// What stands in the body before the bytes that are carried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Plan {
    /// The new list's head as JSON, and the signature of the new package.
    head: String,
    signature: String,
    steps: Vec<Step>,
    /// How many of the bytes behind are differences; the rest are put in.
    differences: usize,
}

/// Files of the new package in their order. Old files go by their place in the old list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Step {
    /// The first, and how many.
    Copy(usize, usize),
    Patch(usize, Vec<Run>),
    /// A script of tiles.
    Tiles(usize, Vec<Line>),
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

fn state(opened: &Opened) -> State {
    let (number, bytes) = (opened.listing.head.imprint.number, opened.bytes);
    State { number, bytes, listing_sha256: sha256(opened.text.as_bytes()) }
}

/// Writes to `out` what leads from package `a` to package `b`.
///
/// # Errors
/// Exit 2 for packages of two areas, or in the wrong order; those of opening a package.
pub fn make(a: &Path, b: &Path, trusted: &Keyring, out: &Path, sign: Sign<'_>) -> Result<DeltaReport> {
    let (old, new) = (opened::open(a, trusted)?, opened::open(b, trusted)?);
    let (area, other) = (&new.listing.head.area, &old.listing.head.area);
    let (from, to) = (state(&old), state(&new));
    if area != other || from.number >= to.number {
        let problem = format!("gói số {} của {other} không dẫn tới gói số {} của {area}", from.number, to.number);
        return Err(Fault::new(Stage::Package, Exit::Usage, problem)
            .remedy("đưa gói cũ trước, gói mới sau, cùng một khu vực")
            .into());
    }
    let body = body(&old, &new)?;
    let packed = packed(&body);
    let (body_sha256, body_bytes) = (sha256(&packed), body.len() as u64);
    let head = Head { area: area.clone(), from, to, body_sha256, body_bytes };
    let text = head.to_text();
    let signature = sign(text.as_bytes(), &head.comment())?;
    let mut bytes = MAGIC.to_vec();
    for part in [signature.as_bytes(), text.as_bytes(), &packed] {
        bytes.extend((part.len() as u64).to_le_bytes());
        bytes.extend(part);
    }
    durable::put(out, &bytes)?;
    let (from, to, package_bytes) = (head.from.number, head.to.number, new.bytes);
    Ok(DeltaReport { area: head.area, from, to, bytes: bytes.len() as u64, package_bytes })
}

/// The plan, and behind it what it takes.
fn body(old: &Opened, new: &Opened) -> Result<Vec<u8>> {
    let (old_offsets, new_offsets) = (old.offsets(), new.offsets());
    let compared = new.listing.files.par_iter().zip(&new_offsets).map(|(file, offset)| {
        let place = old.listing.files.binary_search_by(|known| known.path.cmp(&file.path)).ok();
        let mut streams = Streams::default();
        let step = match place {
            Some(at) if old.listing.files[at] == *file => Step::Copy(at, 1),
            Some(at) => {
                let before = old.read(&old.listing.files[at], old_offsets[at])?;
                patched(at, &before, &new.read(file, *offset)?, &mut streams)
            }
            None => {
                streams.inserts = new.read(file, *offset)?;
                Step::New(file.path.clone(), streams.inserts.len())
            }
        };
        Ok((step, streams))
    });
    let (mut steps, mut all) = (vec![], Streams::default());
    for (step, streams) in compared.collect::<Result<Vec<_>>>()? {
        add(&mut steps, step);
        all.differences.extend(streams.differences);
        all.inserts.extend(streams.inserts);
    }
    let head = serde_json::to_string(&new.listing.head).expect("a list's head is plain data");
    let plan = Plan { head, signature: new.signature.clone(), steps, differences: all.differences.len() };
    let plan = postcard::to_stdvec(&plan).expect("memory takes every byte");
    Ok([plan, all.differences, all.inserts].concat())
}

/// Neighbours in the old package are copied in one.
fn add(steps: &mut Vec<Step>, step: Step) {
    match (steps.last_mut(), &step) {
        (Some(Step::Copy(first, count)), Step::Copy(at, 1)) if *first + *count == *at => *count += 1,
        _ => steps.push(step),
    }
}

fn patched(at: usize, before: &[u8], after: &[u8], streams: &mut Streams) -> Step {
    match (std::str::from_utf8(before), std::str::from_utf8(after)) {
        (Ok(old), Ok(new)) if new.starts_with(TILES) => Step::Tiles(at, tile_lines::make(old, new, streams)),
        _ => Step::Patch(at, patch::make(before, after, streams)),
    }
}

/// How a script of tiles begins.
const TILES: &str = "congboGoi.o(";

impl Head {
    fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a delta's head is plain data") + "\n"
    }

    fn comment(&self) -> String {
        format!("congbo delta={} from={} to={}", self.area, self.from.number, self.to.number)
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let quality = if bytes.len() > WELL_PACKED_BYTES { 9 } else { 11 };
    let params = brotli::enc::BrotliEncoderParams { quality, lgwin: 24, ..Default::default() };
    let mut packed = vec![];
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &params).expect("memory takes every byte");
    packed
}

/// What a delta says of itself, its signature checked.
pub struct DeltaFacts {
    pub area: String,
    pub from: u64,
    pub to: u64,
}

/// # Errors
/// Exit 6 for a delta that is damaged, or not signed by a trusted key; 7 when it cannot be read.
pub fn facts(delta: &Path, trusted: &Keyring) -> Result<DeltaFacts> {
    let bytes = fs::read(delta).map_err(|e| Fault::storage(Stage::Package, delta, e))?;
    let read = parted(&bytes).and_then(|(signature, text, packed)| {
        let head: Head = serde_json::from_str(text).ok()?;
        head.check(trusted, text, signature, packed).ok().map(|()| head)
    });
    let Head { area, from, to, .. } = read.ok_or_else(|| {
        Fault::new(Stage::Package, Exit::Verification, "bản cập nhật không trọn vẹn, hoặc không do cơ quan công bố ký")
            .file(delta)
    })?;
    Ok(DeltaFacts { area, from: from.number, to: to.number })
}

/// Never more than the head promises.
fn unpacked(packed: &[u8], bytes: u64) -> Option<Vec<u8>> {
    let mut plain = vec![];
    let read = brotli::Decompressor::new(packed, 1 << 16).take(bytes + 1).read_to_end(&mut plain);
    (read.is_ok() && plain.len() as u64 == bytes).then_some(plain)
}

/// Makes the package `out` of the package `old` and a delta. Both are checked whole before, and the new one after,
/// by the publisher's signature in itself; `out` gets its name then.
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
    if state(&opened) != head.from {
        return Err(refused("dành cho một gói khác với gói đang có"));
    }
    let body = unpacked(packed, head.body_bytes).ok_or_else(|| refused("không giải nén được"))?;
    let wrong = || refused("cho ra một gói không đúng");
    let (plan, rest) = postcard::take_from_bytes::<Plan>(&body).map_err(|_| wrong())?;
    let new: listing::Head = serde_json::from_str(&plan.head).map_err(|_| wrong())?;
    let mut payload = Payload::create(out)?;
    plan.write(&opened, rest, &mut payload, &wrong)?;
    let sign = |text: &[u8], _: &str| match sha256(text) == head.to.listing_sha256 {
        true => Ok(plan.signature.clone()),
        false => Err(wrong()),
    };
    payload.seal(new, &sign)?;
    opened::open(payload.beside(), &ring)?;
    // Windows puts nothing in the place of a file that is open.
    drop(opened);
    payload.publish()?;
    let (from, to) = (head.from.number, head.to.number);
    Ok(DeltaReport { area: head.area, from, to, bytes: size, package_bytes: head.to.bytes })
}

/// Signature, head and body of a delta; none when anything is missing or left over.
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
        if sha256(packed) != self.body_sha256 || self.to_text() != text || self.body_bytes > MOST_BYTES {
            return Err("không trọn vẹn hoặc đã bị sửa");
        }
        Ok(())
    }
}

/// A file of the new package, ready to be written.
enum Made {
    Copied(usize, usize),
    File(Listed, Vec<u8>),
}

impl Plan {
    fn write(&self, old: &Opened, rest: &[u8], to: &mut Payload, wrong: &dyn Fn() -> Failure) -> Result<()> {
        let offsets = old.offsets();
        let (differences, inserts) = rest.split_at_checked(self.differences).ok_or_else(wrong)?;
        let mut rest = Rest { differences, inserts };
        for steps in self.steps.chunks(AT_ONCE) {
            let shares =
                steps.iter().map(|step| step.share(&mut rest)).collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
            let made = steps.par_iter().zip(shares).map(|(step, share)| step.make(old, &offsets, share));
            for made in made.collect::<Result<Vec<_>>>()? {
                match made.ok_or_else(wrong)? {
                    Made::Copied(first, count) => {
                        to.copy(old, &old.listing.files[first..first + count], offsets[first])?;
                    }
                    Made::File(listed, packed) => to.add(listed, &packed)?,
                }
            }
        }
        (rest.differences.is_empty() && rest.inserts.is_empty()).then_some(()).ok_or_else(wrong)
    }
}

impl Step {
    /// Takes what it needs from the bytes that are left.
    fn share<'a>(&self, rest: &mut Rest<'a>) -> Option<Rest<'a>> {
        let (differences, inserts) = match self {
            Step::Copy(..) => (0, 0),
            Step::Patch(_, runs) => patch::taken(runs)?,
            Step::Tiles(_, lines) => tile_lines::taken(lines)?,
            Step::New(_, length) => (0, *length),
        };
        let differences = take(&mut rest.differences, differences)?;
        Some(Rest { differences, inserts: take(&mut rest.inserts, inserts)? })
    }

    /// None for a step that is not of the old package.
    fn make(&self, old: &Opened, offsets: &[u64], mut share: Rest<'_>) -> Result<Option<Made>> {
        let files = &old.listing.files;
        let before = |at: usize| files.get(at).map(|file| old.read(file, offsets[at])).transpose();
        let (path, plain) = match self {
            Step::Copy(first, count) => {
                let known = first.checked_add(*count).is_some_and(|end| end <= files.len());
                return Ok((known && *count > 0).then_some(Made::Copied(*first, *count)));
            }
            Step::New(path, _) => (path, Some(share.inserts.to_vec())),
            Step::Patch(at, runs) => {
                let Some(before) = before(*at)? else { return Ok(None) };
                (&files[*at].path, patch::apply(&before, runs, &mut share))
            }
            Step::Tiles(at, lines) => {
                let Some(Ok(before)) = before(*at)?.map(String::from_utf8) else { return Ok(None) };
                (&files[*at].path, tile_lines::apply(&before, lines, &mut share))
            }
        };
        Ok(plain.map(|plain| {
            let (entry, packed) = Entry::pack(path, &plain);
            Made::File(Listed::of(&entry, sha256(&plain)), packed)
        }))
    }
}
