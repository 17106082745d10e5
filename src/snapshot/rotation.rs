//! Statements by which an approver's key hands its rights to another: JSON, signed by the old key.
//!
//! A statement lists the records that the old key had signed until then. From then on the old key vouches
//! for these alone, so whoever steals it later can sign nothing new. Order comes from the statements'
//! numbers, never from a clock.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::signature::{self, Signer};
use super::store;
use super::trust::{Act, Trust};
use crate::config::dataset::DatasetKind;
use crate::config::site::SiteConfig;
use crate::digest::sha256;
use crate::error::{Exit, Failure, Fault, Result, Stage};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    pub format: u32,
    /// 1 for the first statement of a site, then without a gap.
    pub sequence: u32,
    pub old_key: String,
    pub new_key: String,
    pub kinds: Vec<DatasetKind>,
    /// The new key signs off samples in place of the old one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sign_off: bool,
    /// The new key publishes in place of the old one, which vouches for publications up to this number.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub publish: bool,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub last_publication: u64,
    /// SHA-256 of every record of these kinds that the old key had signed, sorted.
    pub records: Vec<String>,
}

impl Rotation {
    /// What it hands over.
    pub(super) fn acts(&self) -> impl Iterator<Item = Act> {
        let kinds = self.kinds.iter().map(|kind| Act::Approve(*kind));
        kinds.chain(self.sign_off.then_some(Act::SignOff)).chain(self.publish.then_some(Act::Publish))
    }

    /// The same in words: kinds by their ids.
    pub fn named(&self) -> Vec<&'static str> {
        let kinds = self.kinds.iter().map(|kind| kind.id());
        let sign_off = self.sign_off.then_some("the sign-off");
        kinds.chain(sign_off).chain(self.publish.then_some("the publishing")).collect()
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What a key is to hand over; nothing named means all that it has.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub kinds: Vec<DatasetKind>,
    pub sign_off: bool,
    pub publish: bool,
    /// The greatest number of a publication so far.
    pub last_publication: u64,
}

impl Wanted {
    fn or_all(&self, acts: &[Act]) -> Wanted {
        if !self.kinds.is_empty() || self.sign_off || self.publish {
            return self.clone();
        }
        let kind = |act: &Act| if let Act::Approve(kind) = act { Some(*kind) } else { None };
        let (sign_off, publish) = (acts.contains(&Act::SignOff), acts.contains(&Act::Publish));
        let kinds = acts.iter().filter_map(kind).collect();
        Wanted { kinds, sign_off, publish, last_publication: self.last_publication }
    }
}

/// A statement whose signature holds, and the file it stands in, relative to the site folder.
pub struct Statement {
    pub file: PathBuf,
    pub rotation: Rotation,
}

/// The statements of a site in the order of their numbers.
///
/// # Errors
/// Exit 3 for each that cannot be read, is not signed by its old key, or is out of order.
pub fn load_all(site: &Path, config: &SiteConfig) -> Result<Vec<Statement>> {
    let mut statements = vec![];
    let mut faults = vec![];
    for file in statement_files(site, Path::new(&config.keys.rotations))? {
        match load(site, &file) {
            Ok(rotation) => statements.push(Statement { file, rotation }),
            Err(Failure { faults: found }) => faults.extend(found),
        }
    }
    statements.sort_by_key(|statement| statement.rotation.sequence);
    if faults.is_empty() {
        let misplaced = statements.iter().zip(1..).filter(|(statement, n)| statement.rotation.sequence != *n);
        faults = misplaced.map(|(statement, n)| out_of_order(statement, n)).collect();
    }
    Failure::unless_empty(faults).map(|()| statements)
}

fn statement_files(site: &Path, folder: &Path) -> Result<Vec<PathBuf>> {
    let listed = match fs::read_dir(site.join(folder)) {
        Ok(listed) => listed,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
        Err(e) => return Err(Fault::storage(Stage::Config, folder, e).into()),
    };
    let names = listed.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut files: Vec<PathBuf> = names.filter(|name| name.ends_with(".json")).map(|name| folder.join(name)).collect();
    files.sort();
    Ok(files)
}

fn load(site: &Path, file: &Path) -> Result<Rotation> {
    let read = |file: &Path| fs::read_to_string(site.join(file)).map_err(|e| Fault::storage(Stage::Config, file, e));
    let json = read(file)?;
    let rotation: Rotation = serde_json::from_str(&json).map_err(|e| {
        Fault::new(Stage::Snapshot, Exit::Input, format!("is not a statement of a rotation: {e}"))
            .file(file)
            .remedy("restore the file that 'congbo key rotate' wrote")
    })?;
    let signature = read(&minisig(file))?;
    if signature::verify(std::slice::from_ref(&rotation.old_key), json.as_bytes(), &signature) {
        return Ok(rotation);
    }
    Err(Fault::new(Stage::Snapshot, Exit::Input, "the old key did not sign this statement")
        .file(file)
        .remedy("restore the file that 'congbo key rotate' wrote; if nobody changed it, find out who put it there")
        .into())
}

fn out_of_order(statement: &Statement, expected: u32) -> Fault {
    let problem = format!("has number {} where {expected} is expected", statement.rotation.sequence);
    Fault::new(Stage::Snapshot, Exit::Input, problem)
        .file(&statement.file)
        .remedy("restore the statement that is missing, or remove the one that stands twice")
}

fn minisig(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".minisig");
    name.into()
}

/// Writes the statement by which `old` hands over to `new_key`, and its signature; `out` is relative to the site folder.
///
/// # Errors
/// Exit 3 when the old key has no right to hand over, or the new one has handed its own away.
pub fn rotate(
    site: &Path,
    config: &SiteConfig,
    old: &Signer,
    new_key: &str,
    wanted: &Wanted,
    out: Option<PathBuf>,
) -> Result<Statement> {
    let trust = Trust::load(site, config)?;
    let old_key = old.public_key();
    let Wanted { kinds, sign_off, publish, last_publication } = wanted.or_all(&trust.acts_of(&old_key));
    let last_publication = if publish { last_publication } else { 0 };
    let sequence = trust.rotations() as u32 + 1;
    let records = signed_records(site, &old_key, &kinds)?;
    let new_key = new_key.to_owned();
    let format = 1;
    let rotation = Rotation { format, sequence, old_key, new_key, kinds, sign_off, publish, last_publication, records };
    let file = out.unwrap_or_else(|| Path::new(&config.keys.rotations).join(format!("{sequence:04}.json")));
    let statement = Statement { file, rotation };
    trust.with(&statement)?;
    write(site, &statement, old)?;
    Ok(statement)
}

fn write(site: &Path, statement: &Statement, old: &Signer) -> Result<()> {
    let Statement { file, rotation } = statement;
    let json = serde_json::to_string_pretty(rotation).expect("a statement is plain data") + "\n";
    let signature = old.sign(json.as_bytes(), &format!("congbo key rotation {}", rotation.sequence))?;
    // The statement counts once it is there, so its signature comes first.
    signature::write_new(&site.join(minisig(file)), signature.as_bytes(), 0o644)?;
    signature::write_new(&site.join(file), json.as_bytes(), 0o644)
}

/// Digests of all records of some kinds under `snapshots/`, the earlier ones too, that a key signed first or
/// second.
fn signed_records(site: &Path, key: &str, kinds: &[DatasetKind]) -> Result<Vec<String>> {
    let mut digests = vec![];
    for held in store::all_records(site)? {
        let by_key = |signature: &str| signature::verify(&[key.to_owned()], held.json.as_bytes(), signature);
        let signed = by_key(&held.signature) || held.countersignature.as_deref().is_some_and(by_key);
        if signed && kinds.contains(&held.record.kind) {
            digests.push(sha256(held.json.as_bytes()));
        }
    }
    digests.sort();
    digests.dedup();
    Ok(digests)
}
