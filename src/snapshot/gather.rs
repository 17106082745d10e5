//! The rows of a source as they come: disclosed and inspected in batches on all cores, then handed on in the
//! order of the source.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;

use super::noun::{Drawn, Noun};
use crate::config::dataset::DatasetConfig;
use crate::disclose::Public;
use crate::disclose::report::{DisclosureReport, Tally};
use crate::disclose::rows::Positions;
use crate::disclose::rules::Rules;
use crate::disclose::secrecy::{Reason, Secrecy};
use crate::error::{Exit, Fault, Result, Stage};
use crate::inspect::areas::{self, AreaTolerance};
use crate::inspect::canonical::canonical;
use crate::inspect::finding::{Finding, Severity};
use crate::inspect::geometry;
use crate::model::shapes::{GeometryKind, GridCoord, Shapes};
use crate::progress::Progress;
use crate::read::{Row, Table};

/// Rows that are judged side by side: enough for all cores, and some megabytes.
const BATCH_ROWS: usize = 8192;

/// One opened source and where it lies, relative to the site folder.
pub struct OpenSource<'a> {
    pub table: Box<dyn Table>,
    pub file: &'a Path,
    /// Its place in `dataset.toml`, from 1.
    pub number: usize,
    pub config: &'a DatasetConfig,
    pub rules: Rules<'a>,
    pub secrecy: &'a Secrecy,
    pub progress: &'a dyn Progress,
}

/// A row that may be published, with its shape in the one way it is stored.
pub struct Admitted<T> {
    pub public: Public<T>,
    pub name: String,
    pub commune: Option<String>,
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
    pub disclosure: DisclosureReport,
}

type Read = (Row, std::result::Result<Shapes<GridCoord>, String>);

/// A row after judgement: admitted unless something refuses it.
struct Judged<T> {
    admitted: Option<Admitted<T>>,
    place: String,
    findings: Vec<Finding>,
    /// What became of its cells, for the disclosure report.
    tally: Tally,
    /// Why nothing of the row may go out, nor be said of it.
    withheld: Option<Reason>,
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
        let (rules, secrecy) = (self.rules, self.secrecy);
        let judge = Judge { file: self.file, noun, positions, communes: self.communes(), rules, secrecy };
        let rows_before = gathered.rows_in;
        let mut batch: Vec<Read> = Vec::with_capacity(BATCH_ROWS);
        let read = self.table.rows(&columns, &mut |row, shape| {
            batch.push((row, shape));
            if batch.len() == BATCH_ROWS {
                self.settle(&judge, &mut batch, admit, gathered);
            }
            Ok(())
        });
        self.settle(&judge, &mut batch, admit, gathered);
        let rows = gathered.rows_in - rows_before;
        gathered.disclosure.came_in(self.name(), rows, self.table.columns(), self.config);
        read
    }

    /// The source in the disclosure report, by its place in `dataset.toml`: files and layers may be named after
    /// persons.
    fn name(&self) -> String {
        format!("source {}", self.number)
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
        for Judged { admitted, place, mut findings, tally, withheld } in judged {
            if let Some(reason) = withheld {
                gathered.disclosure.withhold(reason);
                continue;
            }
            if let Some(skip) = self.skipped(admitted.as_ref().map(|row| row.name.as_str()), &place) {
                gathered.skips_used.insert(skip.to_owned());
                gathered.rows_skipped += 1;
                continue;
            }
            let refused = admitted.is_none() || findings.iter().any(|finding| finding.severity == Severity::Refusal);
            gathered.findings.append(&mut findings);
            if !refused && let Some(row) = admitted {
                gathered.disclosure.let_out(&tally);
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
    rules: Rules<'a>,
    secrecy: &'a Secrecy,
}

impl<T> Judge<'_, T> {
    fn row(&self, row: &Row, shape: std::result::Result<Shapes<GridCoord>, String>) -> Judged<T> {
        let place = row.place.clone();
        let mut tally = Tally::default();
        match (self.noun.disclose)(row, &self.positions, &self.rules, &mut tally) {
            Ok(public) => {
                let withheld = self.withholds(&public, shape.as_ref().ok());
                if withheld.is_some() {
                    return Judged { admitted: None, place, findings: vec![], tally, withheld };
                }
                let (admitted, findings) = self.disclosed(public, shape, &place);
                Judged { admitted, place, findings, tally, withheld }
            }
            Err(faults) => {
                let mut findings: Vec<Finding> = faults.into_iter().map(|fault| self.value_finding(fault)).collect();
                // Where a cell could not be read, only its reader knows which one and why.
                findings.extend(shape.err().map(|problem| self.broken(&place, problem)));
                Judged { admitted: None, place, findings, tally, withheld: None }
            }
        }
    }

    fn withholds(&self, public: &T, shape: Option<&Shapes<GridCoord>>) -> Option<Reason> {
        let nowhere = Shapes::new(GeometryKind::Point);
        let shape = shape.filter(|_| self.noun.within_areas).unwrap_or(&nowhere);
        self.secrecy.withholds((self.noun.land_uses)(public), shape)
    }

    fn disclosed(
        &self,
        public: Public<T>,
        shape: std::result::Result<Shapes<GridCoord>, String>,
        place: &str,
    ) -> (Option<Admitted<T>>, Vec<Finding>) {
        let name = (self.noun.name)(&public);
        let label = if name.is_empty() { place.to_owned() } else { format!("{name} ({place})") };
        let commune = (self.noun.commune)(&public).map(str::to_owned);
        let mut findings = vec![];
        if let Some(code) = commune.as_deref().filter(|code| !self.communes.contains(code)) {
            findings.push(self.stray(&label, code));
        }
        let shape = match shape {
            Ok(shape) if !self.is_drawn_right(&shape) => {
                findings.push(self.not_drawn(&label, &shape));
                return (None, of_commune(findings, &commune));
            }
            Ok(shape) if shape.is_empty() => shape,
            Ok(shape) => {
                let problems = geometry::problems(&shape, 0).into_iter();
                findings.extend(problems.map(|problem| self.named(&label, problem.into_finding())));
                findings.extend(self.area_finding(&public, &shape).map(|finding| self.named(&label, finding)));
                canonical(&shape, 0)
            }
            Err(problem) => {
                findings.push(self.broken(&label, problem));
                return (None, of_commune(findings, &commune));
            }
        };
        (Some(Admitted { commune: commune.clone(), public, name, shape }), of_commune(findings, &commune))
    }

    fn is_drawn_right(&self, shape: &Shapes<GridCoord>) -> bool {
        match self.noun.drawn {
            Drawn::Not => shape.is_empty(),
            Drawn::Any => !shape.is_empty(),
            Drawn::As(kind) => !shape.is_empty() && shape.kind == kind,
        }
    }

    /// A row without polygon (Decision of Hải Phòng, article 6.1a), or with something else in its place.
    fn not_drawn(&self, label: &str, shape: &Shapes<GridCoord>) -> Finding {
        let (kind, problem, remedy) = match (self.noun.drawn, shape.is_empty()) {
            (Drawn::Not, _) => {
                ("wrong-shape", "has a shape, in a table that has none", "export the table without geometry")
            }
            (_, true) => {
                ("row-without-shape", "has no shape", "draw it in the source, or export the layer with its geometry")
            }
            (_, false) => {
                ("wrong-shape", "is not drawn as an area", "export the layer of areas, not that of lines or points")
            }
        };
        let fault = Fault::new(Stage::Inspect, Exit::Quality, problem).file(self.file).feature(label).remedy(remedy);
        Finding::new(kind, Severity::Refusal, fault)
    }

    /// The area on paper against that of the shape, placed at its first corner.
    fn area_finding(&self, public: &T, shape: &Shapes<GridCoord>) -> Option<Finding> {
        let recorded_m2 = (self.noun.recorded_area_m2)(public)?;
        let finding = areas::check(recorded_m2, geometry::area(shape, 0), AreaTolerance::default())?;
        Some(match shape.coords.first() {
            Some(corner) => finding.at(*corner),
            None => finding,
        })
    }

    /// A fault that disclosure found in a cell.
    fn value_finding(&self, fault: Fault) -> Finding {
        let kind = if fault.exit == Exit::Disclosure { "private-value" } else { "bad-value" };
        Finding::new(kind, Severity::Refusal, fault.file(self.file))
    }

    fn named(&self, label: &str, mut finding: Finding) -> Finding {
        finding.fault = finding.fault.file(self.file).feature(label);
        finding
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

/// To whom findings are sent.
fn of_commune(findings: Vec<Finding>, commune: &Option<String>) -> Vec<Finding> {
    findings.into_iter().map(|finding| Finding { commune: commune.clone(), ..finding }).collect()
}
