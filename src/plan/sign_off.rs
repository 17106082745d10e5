//! The sign-off: a person has checked a sample of what changed, and says so with a key.
//!
//! `dist/sign-off/<edition>/sample.csv` holds the cases with two columns to fill, `ket_qua` (`dat` or
//! `khong_dat`) and `ghi_chu`; `sample.csv.minisig` beside it is the signature, with the edition's name in
//! its trusted comment. Nothing here is taken on trust: whoever asks makes the sample anew.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::compare::compare;
use super::sample::{self, Case};
use super::{Datasets, table};
use crate::config::site::SiteConfig;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::text::{fold, inert_cell};
use crate::snapshot::signature::{self, Signer};
use crate::snapshot::trust::Trust;

const COLUMNS: [&str; 6] = ["dataset", "commune", "feature", "change", "ket_qua", "ghi_chu"];

/// What must be checked before an edition may take the place of what is published.
pub struct Sample {
    edition: String,
    /// How many cases changed; the sample is a part of them.
    pub cases: usize,
    pub chosen: Vec<Case>,
    /// Folders of published snapshots that are gone: their cases count as added.
    pub lost_snapshots: Vec<String>,
}

/// Where the sign-off of an edition lies, relative to the site.
pub fn folder(dist: &Path, edition: &str) -> PathBuf {
    dist.join("sign-off").join(edition)
}

impl Sample {
    /// The sample of the edition that holds `data`, against what is published.
    pub fn new(site: &Path, edition: &str, published: &Datasets, data: &Datasets) -> Result<Self> {
        let changed = |side: &Datasets, other: &Datasets| -> Datasets {
            let differs = |(name, digest): &(&String, &String)| other.get(*name) != Some(*digest);
            side.iter().filter(differs).map(|(name, digest)| (name.clone(), digest.clone())).collect()
        };
        let mut cases = vec![];
        let plans = compare(site, &changed(published, data), &changed(data, published), &mut |change| {
            cases.push(Case::of(change));
            Ok(())
        })?;
        Ok(Sample {
            edition: edition.to_owned(),
            cases: cases.len(),
            chosen: sample::choose(data, cases),
            lost_snapshots: plans.into_iter().filter_map(|plan| plan.lost_snapshot).collect(),
        })
    }

    /// Writes the table to fill. One that lies there and holds these cases is left as it is: somebody may
    /// have begun to fill it.
    pub fn write(&self, site: &Path, dist: &Path) -> Result<PathBuf> {
        let folder = folder(dist, &self.edition);
        let file = folder.join("sample.csv");
        let storage = |e: std::io::Error| Fault::storage(Stage::Plan, &file, e);
        match fs::read(site.join(&file)) {
            Ok(there) if self.check(&there, &file, Filled::Begun).is_ok() => return Ok(file),
            Ok(_) => {
                return Err(Fault::new(Stage::Plan, Exit::Usage, "another sample lies here")
                    .file(&file)
                    .remedy("what is published or the table has changed since: move it away and ask again")
                    .into());
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(storage(e).into()),
        }
        fs::create_dir_all(site.join(&folder)).map_err(storage)?;
        write_whole(&site.join(&file), &self.csv()).map_err(storage)?;
        Ok(file)
    }

    fn csv(&self) -> Vec<u8> {
        let mut writer = table::writer(table::MARK.as_bytes().to_vec());
        table::row(&mut writer, &COLUMNS).expect("memory takes every row");
        for case in &self.chosen {
            let cells = [&case.dataset, &case.commune, &case.feature, case.change.vi(), "", ""];
            table::row(&mut writer, &cells).expect("memory takes every row");
        }
        writer.into_inner().expect("memory takes every row")
    }

    /// Signs the filled table, when every case was found right.
    ///
    /// # Errors
    /// Exit 3 for a key that is not listed, cases that are missing, not asked for or not filled; 5 for a
    /// case that is `khong_dat`.
    pub fn sign(&self, site: &Path, config: &SiteConfig, dist: &Path, signer: &Signer) -> Result<PathBuf> {
        let file = folder(dist, &self.edition).join("sample.csv");
        if let Some(objection) = Trust::load(site, config)?.sign_off_objection(&signer.public_key()) {
            return Err(objection.file("congbo.toml").feature(signer.public_key()).into());
        }
        let bytes = read(site, &file)?;
        self.check(&bytes, &file, Filled::Whole)?;
        let signature =
            signer.sign(&bytes, &format!("{}, {} of {} cases", self.comment(), self.chosen.len(), self.cases))?;
        let signed = file.with_extension("csv.minisig");
        write_whole(&site.join(&signed), signature.as_bytes()).map_err(|e| Fault::storage(Stage::Plan, &signed, e))?;
        Ok(signed)
    }

    /// What the trusted comment begins with; the comma after it ends the edition's name.
    fn comment(&self) -> String {
        format!("congbo sign-off of edition {}", self.edition)
    }

    /// Refuses (exit 3) an edition with changed cases whose sample no listed key has signed off.
    pub fn verify(&self, site: &Path, config: &SiteConfig, dist: &Path) -> Result<()> {
        if self.cases == 0 {
            return Ok(());
        }
        let keys = Trust::load(site, config)?.sign_off_keys();
        if keys.is_empty() {
            return Err(self
                .refused(&format!("{} cases would change, and nobody may sign them off", self.cases))
                .file("congbo.toml")
                .remedy("add [sign_off] with keys = [\"keys/….pub\"]: the public key of who checks the sample")
                .into());
        }
        let file = folder(dist, &self.edition).join("sample.csv");
        let signed = file.with_extension("csv.minisig");
        let (Ok(bytes), Ok(signature)) = (fs::read(site.join(&file)), fs::read_to_string(site.join(&signed))) else {
            return Err(self
                .refused(&format!("{} cases would change, and no sample of them is signed off", self.cases))
                .file(signed)
                .remedy("congbo sample, fill ket_qua, congbo sign-off")
                .into());
        };
        match signature::verified_comment(&keys, &bytes, &signature) {
            Some(comment) if comment.starts_with(&format!("{},", self.comment())) => {
                self.check(&bytes, &file, Filled::Whole)
            }
            Some(_) => Err(self
                .refused("the signature is of another edition")
                .file(signed)
                .remedy("sign this edition's own sample: congbo sign-off")
                .into()),
            None => Err(self
                .refused("no key listed under [sign_off] signed this table as it is now")
                .file(signed)
                .remedy("sign it again with a listed key: congbo sign-off")
                .into()),
        }
    }

    fn refused(&self, problem: &str) -> Fault {
        Fault::new(Stage::Plan, Exit::Input, problem).feature(format!("edition {}", self.edition))
    }

    /// Holds a table against the sample: every case once, none besides, and filled as far as asked.
    fn check(&self, bytes: &[u8], file: &Path, filled: Filled) -> Result<()> {
        let refused = |exit, problem: &str| Fault::new(Stage::Plan, exit, problem).file(file);
        let rows =
            table::read(bytes).map_err(|problem| refused(Exit::Input, &problem).remedy("save it as CSV in UTF-8"))?;
        let mut expected: BTreeMap<[String; 4], u32> = BTreeMap::new();
        self.chosen.iter().for_each(|case| *expected.entry(key(&cells(case))).or_default() += 1);
        let mut faults = vec![];
        for (line, row) in rows.iter().skip(1).filter(|(_, row)| row.iter().any(|cell| !cell.is_empty())) {
            let [dataset, commune, feature, change, result] =
                std::array::from_fn(|i| row.get(i).map_or("", String::as_str));
            let named = |exit, problem: &str| refused(exit, problem).feature(format!("line {line}, {feature}"));
            match expected.get_mut(&key(&[dataset, commune, feature, change])) {
                Some(left) if *left > 0 => *left -= 1,
                _ => {
                    faults.push(named(Exit::Input, "is not in the sample").remedy("take the line out"));
                    continue;
                }
            }
            match (filled, fold(result).as_str()) {
                (Filled::Begun, _) | (_, "dat") => {}
                (_, "khong dat") => faults.push(
                    named(Exit::Quality, "was found not to be right (khong_dat)")
                        .remedy("have the data corrected, approve it again and build"),
                ),
                _ => faults.push(
                    named(Exit::Input, "has no result")
                        .remedy("check the case, then write dat or khong_dat into ket_qua"),
                ),
            }
        }
        let missing = expected.iter().filter(|(_, left)| **left > 0);
        faults.extend(missing.map(|([dataset, _, feature, _], _)| {
            refused(Exit::Input, "a case of the sample is missing")
                .feature(format!("{dataset}, {feature}"))
                .remedy("put the line back, or move the table away and make it anew: congbo sample")
        }));
        Failure::unless_empty(faults)
    }
}

/// How far a table must be filled.
#[derive(Clone, Copy)]
enum Filled {
    Begun,
    Whole,
}

fn cells(case: &Case) -> [&str; 4] {
    [&case.dataset, &case.commune, &case.feature, case.change.vi()]
}

/// Cells as they are compared: inert, and codes with the zeros that a spreadsheet takes away.
fn key(cells: &[&str; 4]) -> [String; 4] {
    let [dataset, commune, feature, change] = cells.map(|cell| inert_cell(cell.trim()));
    [dataset, format!("{commune:0>5}"), feature, change]
}

fn read(site: &Path, file: &Path) -> Result<Vec<u8>> {
    fs::read(site.join(file)).map_err(|e| {
        let fault = Fault::storage(Stage::Plan, file, &e);
        if e.kind() == std::io::ErrorKind::NotFound { fault.remedy("congbo sample") } else { fault }.into()
    })
}

/// Written beside, then renamed.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(beside, path)
}
