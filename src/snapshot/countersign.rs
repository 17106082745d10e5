//! The second person's signature beside the first: `record.json.2.minisig`.

use std::path::{Path, PathBuf};

use super::record::Record;
use super::signature::Signer;
use super::store;
use super::trust::Trust;
use super::writing::replace;
use crate::config::site::SiteConfig;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::inspect::finding::{Finding, Severity};

/// Name of the second signature in a snapshot's folder.
pub const FILE: &str = "record.json.2.minisig";

/// What `countersign` did.
pub struct Countersigned {
    pub record: Record,
    /// Relative to the site folder.
    pub file: PathBuf,
}

/// Signs the approved record of `dataset` as the second person, after the first signature and every file
/// were checked. The signature is the only file that is added to a snapshot.
///
/// # Errors
/// Exit 3 for the first approver's own key or one that may not approve the kind, 6 for a snapshot that does
/// not hold.
pub fn countersign(site: &Path, dataset: &str, signer: &Signer) -> Result<Countersigned> {
    let config = SiteConfig::load(site)?;
    let trust = Trust::load(site, &config)?;
    let held = store::held(site, dataset)?;
    let file = held.folder.join(FILE);
    store::check_files(site, &held.folder, &held.record)?;
    if held.countersignature.is_some() && trust.check(&held).is_ok() {
        return Ok(Countersigned { record: held.record, file });
    }
    let (kind, key) = (held.record.kind, signer.public_key());
    let first = trust.signer(kind, &held.json, &held.signature).map_err(|problem| {
        Fault::new(Stage::Snapshot, Exit::Verification, problem).file(held.folder.join("record.json"))
    })?;
    let mut faults: Vec<Fault> = trust.objection(kind, &key).into_iter().collect();
    if trust.same_person(&first, &key) {
        faults.push(
            Fault::new(Stage::Snapshot, Exit::Input, "the first signature is by the same approver")
                .remedy("another person listed for this kind under [approvers] signs with a key of their own"),
        );
    }
    Failure::unless_empty(faults.into_iter().map(|fault| fault.file(&file)).collect())?;
    let comment = format!("congbo second signature of {dataset}, decision {}", held.record.decision.number);
    replace(&site.join(&file), signer.sign(held.json.as_bytes(), &comment)?.as_bytes())
        .map_err(|e| Fault::storage(Stage::Snapshot, &file, e))?;
    Ok(Countersigned { record: held.record, file })
}

/// What to tell an approver whose record waits for a second person.
pub(super) fn reminder(site: &Path, trust: &Trust, record: &Record) -> Option<Finding> {
    let dataset = &record.dataset;
    let waits = trust.needs_second_person(record.kind)
        && store::held(site, dataset).is_ok_and(|held| trust.check(&held).is_err());
    let fault = || {
        Fault::new(Stage::Snapshot, Exit::Input, "waits for a second person")
            .feature(dataset)
            .remedy(format!("another approver signs too: congbo countersign {dataset} --key <second approver>.key"))
    };
    waits.then(|| Finding::new("second-person", Severity::Warning, fault()))
}

/// Puts a new first signature beside an unchanged record whose old one counts no longer, because its key was
/// struck off, revoked or handed over.
pub(super) fn renew(site: &Path, trust: &Trust, dataset: &str, signer: &Signer, comment: &str) -> Result<()> {
    let held = store::held(site, dataset)?;
    if trust.signer(held.record.kind, &held.json, &held.signature).is_ok() {
        return Ok(());
    }
    let file = held.folder.join("record.json.minisig");
    replace(&site.join(&file), signer.sign(held.json.as_bytes(), comment)?.as_bytes())
        .map_err(|e| Fault::storage(Stage::Snapshot, &file, e).into())
}
