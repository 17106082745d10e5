//! The rows of a source as they come: disclosed and inspected in batches on all cores, then handed on in the
//! order of the source.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;

use super::noun::Noun;
use crate::config::dataset::DatasetConfig;
use crate::disclose::Public;
use crate::disclose::rows::Positions;
use crate::error::{Exit, Fault, Result, Stage};
use crate::inspect::canonical::canonical;
use crate::inspect::finding::{Finding, Severity};
use crate::inspect::geometry;
use crate::model::shapes::{GridCoord, Shapes};
use crate::progress::Progress;
use crate::read::{Row, Table};

/// Rows that are judged side by side: enough for all cores, and some megabytes.
const BATCH_ROWS: usize = 8192;

/// One opened source and where it lies, relative to the site folder.
pub struct OpenSource<'a> {
    pub table: Box<dyn Table>,
    pub file: &'a Path,
    pub config: &'a DatasetConfig,
    pub progress: &'a dyn Progress,
}

/// A row that may be published, with its shape in the one way it is stored.
pub struct Admitted<T> {
    pub public: Public<T>,
    pub name: String,
    pub shape: Shapes<GridCoord>,
}

/// What became of the rows of a source.
#[derive(Default)]
pub struct Gathered {
    pub rows_in: u64,
    pub rows_skipped: u64,
    pub findings: Vec<Finding>,
    /// Entries of `[skip]` that named a row.
    pub skips_used: BTreeSet<String>,
}

type Read = (Row, std::result::Result<Shapes<GridCoord>, String>);

/// A row after judgement: admitted unless something refuses it.
struct Judged<T> {
    admitted: Option<Admitted<T>>,
    place: String,
    findings: Vec<Finding>,
}

impl OpenSource<'_> {
    /// Judges every row and hands the admitted ones on; what is wrong with the others is all collected.
    pub fn gather<T: Send + Sync>(
        &self,
        noun: &Noun<T>,
        admit: &mut dyn FnMut(Admitted<T>),
        gathered: &mut Gathered,
    ) -> Result<()> {
        let (columns, positions) = self.wanted();
        let judge = Judge { file: self.file, noun, positions, communes: self.communes() };
        let mut batch: Vec<Read> = Vec::with_capacity(BATCH_ROWS);
        let read = self.table.rows(&columns, &mut |row, shape| {
            batch.push((row, shape));
            if batch.len() == BATCH_ROWS {
                self.settle(&judge, &mut batch, admit, gathered);
            }
            Ok(())
        });
        self.settle(&judge, &mut batch, admit, gathered);
        read
    }

    fn settle<T: Send + Sync>(
        &self,
        judge: &Judge<'_, T>,
        batch: &mut Vec<Read>,
        admit: &mut dyn FnMut(Admitted<T>),
        gathered: &mut Gathered,
    ) {
        gathered.rows_in += batch.len() as u64;
        self.progress.advance(batch.len() as u64);
        let judged: Vec<Judged<T>> =
            batch.par_drain(..).with_min_len(64).map(|(row, shape)| judge.row(&row, shape)).collect();
        for Judged { admitted, place, mut findings } in judged {
            let refused = admitted.is_none() || findings.iter().any(|finding| finding.severity == Severity::Refusal);
            if refused && let Some(skip) = self.skipped(admitted.as_ref().map(|row| row.name.as_str()), &place) {
                gathered.skips_used.insert(skip.to_owned());
                gathered.rows_skipped += 1;
                continue;
            }
            gathered.findings.append(&mut findings);
            if !refused && let Some(row) = admitted {
                admit(row);
            }
        }
    }

    /// The entry of `[skip]` that names a row, by its name or by its place in the source.
    fn skipped(&self, name: Option<&str>, place: &str) -> Option<&str> {
        let features = &self.config.skip.as_ref()?.features;
        features.iter().map(String::as_str).find(|entry| Some(*entry) == name || *entry == place)
    }

    /// The mapped columns this source has, and where each field's value will stand in a row.
    fn wanted(&self) -> (Vec<&str>, Positions) {
        let present = self.config.fields.iter().filter(|(_, column)| self.table.columns().contains(column));
        let pairs: Vec<(&String, &String)> = present.collect();
        let positions: BTreeMap<String, usize> =
            pairs.iter().enumerate().map(|(i, (field, _))| ((*field).clone(), i)).collect();
        (pairs.into_iter().map(|(_, column)| column.as_str()).collect(), positions)
    }

    fn communes(&self) -> BTreeSet<&str> {
        self.config.communes.iter().map(String::as_str).collect()
    }
}

/// What a row is held against.
struct Judge<'a, T> {
    file: &'a Path,
    noun: &'a Noun<T>,
    positions: Positions,
    communes: BTreeSet<&'a str>,
}

impl<T> Judge<'_, T> {
    fn row(&self, row: &Row, shape: std::result::Result<Shapes<GridCoord>, String>) -> Judged<T> {
        let place = row.place.clone();
        match (self.noun.disclose)(row, &self.positions) {
            Ok(public) => {
                let (admitted, findings) = self.disclosed(public, shape, &place);
                Judged { admitted, place, findings }
            }
            Err(faults) => {
                let findings = faults.into_iter().map(|fault| self.value_finding(fault)).collect();
                Judged { admitted: None, place, findings }
            }
        }
    }

    fn disclosed(
        &self,
        public: Public<T>,
        shape: std::result::Result<Shapes<GridCoord>, String>,
        place: &str,
    ) -> (Option<Admitted<T>>, Vec<Finding>) {
        let name = (self.noun.name)(&public);
        let label = if name.is_empty() { place.to_owned() } else { format!("{name} ({place})") };
        let mut findings = vec![];
        if let Some(code) = (self.noun.commune)(&public).filter(|code| !self.communes.contains(code)) {
            findings.push(self.stray(&label, code));
        }
        let shape = match shape {
            Ok(shape) if shape.is_empty() => shape,
            Ok(shape) => {
                findings.extend(geometry::problems(&shape, 0).into_iter().map(|problem| self.broken(&label, problem)));
                canonical(&shape, 0)
            }
            Err(problem) => {
                findings.push(self.broken(&label, problem));
                return (None, findings);
            }
        };
        (Some(Admitted { public, name, shape }), findings)
    }

    /// A fault that disclosure found in a cell.
    fn value_finding(&self, fault: Fault) -> Finding {
        let kind = if fault.exit == Exit::Disclosure { "private-value" } else { "bad-value" };
        Finding::new(kind, Severity::Refusal, fault.file(self.file))
    }

    fn broken(&self, label: &str, problem: String) -> Finding {
        let fault = Fault::new(Stage::Inspect, Exit::Quality, problem)
            .file(self.file)
            .feature(label)
            .remedy("correct the shape in the source and export it again");
        Finding::new("shape", Severity::Refusal, fault)
    }

    fn stray(&self, label: &str, code: &str) -> Finding {
        let problem = format!("belongs to commune {code}, which the dataset does not name");
        let fault = Fault::new(Stage::Inspect, Exit::Quality, problem)
            .file(self.file)
            .feature(label)
            .remedy(format!("add \"{code}\" to communes, or correct the row"));
        Finding::new("foreign-commune", Severity::Refusal, fault)
    }
}
