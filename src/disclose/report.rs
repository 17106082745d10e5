//! The disclosure report: what came in, what was let out, what was withheld and why. It holds counts and the
//! standard's own names alone, never a value, nor the name of a withheld column.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::allow_list;
use super::secrecy::Reason;
use crate::config::dataset::DatasetConfig;

/// What became of one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Empty,
    Present,
    /// Part of it was left out, as the house number of an address.
    Coarsened,
    /// Nothing of it could go out.
    LeftOut,
    /// An old land-use code stands for its successor.
    Translated,
}

/// The cells of one row, counted only when the row is let out.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    outcomes: Vec<(&'static str, Outcome)>,
    accepted: Vec<String>,
}

impl Tally {
    /// What became of a field's cell; a later outcome takes the place of an earlier one.
    pub fn set(&mut self, field: &'static str, outcome: Outcome) {
        match self.outcomes.iter_mut().find(|known| known.0 == field) {
            Some(known) => known.1 = outcome,
            None => self.outcomes.push((field, outcome)),
        }
    }

    /// A cell that the scan objected to and the approver answers for.
    pub fn accept(&mut self, cell: String) {
        self.accepted.push(cell);
    }
}

/// How many values of one public field there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldCounts {
    pub present: u64,
    pub empty: u64,
    /// Of those present: shortened to what is coarse.
    pub coarsened: u64,
    /// Not among those present: nothing of the value was coarse enough.
    pub left_out: u64,
    /// Of those present: an old code stands with its successor.
    pub translated: u64,
}

/// What came in from one source file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceCounts {
    pub rows: u64,
    pub columns: u64,
    pub columns_withheld: u64,
}

/// Counts of one dataset. [`DisclosureReport::merge`] is associative and commutative, so batches of rows may be
/// counted apart and in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisclosureReport {
    /// By file, with its layer behind `#`.
    pub sources: BTreeMap<String, SourceCounts>,
    pub rows_let_out: u64,
    /// By standard name.
    pub fields: BTreeMap<Cow<'static, str>, FieldCounts>,
    pub rows_withheld: BTreeMap<Reason, u64>,
    /// Withheld columns by the group of the standard that they are known to belong to.
    pub columns_withheld: BTreeMap<Cow<'static, str>, WithheldColumns>,
    /// Row and field of each cell that the scan objected to and the approver answers for.
    pub accepted_cells: BTreeSet<String>,
}

/// Columns of one group that were never read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithheldColumns {
    /// The act that keeps them private, empty for columns of no known group.
    pub law: Cow<'static, str>,
    pub columns: u64,
}

impl DisclosureReport {
    /// Counts a row that goes out.
    pub fn let_out(&mut self, tally: &Tally) {
        self.rows_let_out += 1;
        for (field, outcome) in &tally.outcomes {
            let counts = match self.fields.get_mut(*field) {
                Some(counts) => counts,
                None => self.fields.entry(Cow::Borrowed(*field)).or_default(),
            };
            match outcome {
                Outcome::Empty => counts.empty += 1,
                Outcome::Present => counts.present += 1,
                Outcome::LeftOut => counts.left_out += 1,
                Outcome::Coarsened => (counts.present, counts.coarsened) = (counts.present + 1, counts.coarsened + 1),
                Outcome::Translated => {
                    (counts.present, counts.translated) = (counts.present + 1, counts.translated + 1);
                }
            }
        }
        self.accepted_cells.extend(tally.accepted.iter().cloned());
    }

    /// Counts a row that is withheld; nothing of it is counted but that.
    pub fn withhold(&mut self, reason: Reason) {
        *self.rows_withheld.entry(reason).or_default() += 1;
    }

    /// Counts the columns of one source, once, with its rows.
    pub fn came_in(&mut self, source: String, rows: u64, columns: &[String], config: &DatasetConfig) {
        let mut withheld = 0;
        for column in columns.iter().filter(|column| config.withhold.columns.contains(column)) {
            withheld += 1;
            let (group, law) = allow_list::private_group(column).map_or(("", ""), |group| (group.name, group.law));
            let counts = self.columns_withheld.entry(Cow::Borrowed(group)).or_default();
            counts.law = Cow::Borrowed(law);
            counts.columns += 1;
        }
        let counts = self.sources.entry(source).or_default();
        counts.rows += rows;
        counts.columns += columns.len() as u64;
        counts.columns_withheld += withheld;
    }

    pub fn merge(&mut self, other: DisclosureReport) {
        self.rows_let_out += other.rows_let_out;
        for (source, counts) in other.sources {
            let own = self.sources.entry(source).or_default();
            own.rows += counts.rows;
            own.columns += counts.columns;
            own.columns_withheld += counts.columns_withheld;
        }
        for (field, counts) in other.fields {
            let own = self.fields.entry(field).or_default();
            own.present += counts.present;
            own.empty += counts.empty;
            own.coarsened += counts.coarsened;
            own.left_out += counts.left_out;
            own.translated += counts.translated;
        }
        for (reason, rows) in other.rows_withheld {
            *self.rows_withheld.entry(reason).or_default() += rows;
        }
        for (group, columns) in other.columns_withheld {
            let own = self.columns_withheld.entry(group).or_default();
            own.law = columns.law;
            own.columns += columns.columns;
        }
        self.accepted_cells.extend(other.accepted_cells);
    }

    /// A few lines for the person who approves.
    pub fn summary(&self) -> Vec<String> {
        let rows: u64 = self.sources.values().map(|source| source.rows).sum();
        let mut lines = vec![format!("{rows} rows came in, {} were let out", self.rows_let_out)];
        let withheld =
            self.rows_withheld.iter().map(|(reason, rows)| format!("{rows} rows withheld: {}", reason.text()));
        lines.extend(withheld);
        lines.extend(self.columns_withheld.iter().map(|(group, withheld)| match group.as_ref() {
            "" => format!("{} columns withheld", withheld.columns),
            group => format!("{} columns withheld: {group} ({})", withheld.columns, withheld.law),
        }));
        for (field, counts) in &self.fields {
            for (count, what) in [
                (counts.coarsened, "coarsened"),
                (counts.left_out, "left out"),
                (counts.translated, "translated to their successors"),
            ] {
                lines.extend((count > 0).then(|| format!("{field}: {count} values {what}")));
            }
        }
        lines.extend(self.accepted_cells.iter().map(|cell| format!("accepted by the approver: {cell}")));
        lines
    }

    /// The report as it is kept: pretty JSON, one line feed at the end.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a report is plain data") + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(rows: &[(&'static str, Outcome)], withheld: u64) -> DisclosureReport {
        let mut report = DisclosureReport::default();
        for row in rows {
            let mut tally = Tally::default();
            tally.set(row.0, row.1);
            report.let_out(&tally);
        }
        (0..withheld).for_each(|_| report.withhold(Reason::SecretCode));
        report
    }

    #[test]
    fn batches_may_be_merged_in_any_order_and_any_grouping() {
        let parts = [
            report(&[("maXa", Outcome::Present), ("diaChiThuaDat", Outcome::Coarsened)], 1),
            report(&[("maXa", Outcome::Empty)], 0),
            report(&[("kyHieuMucDichSuDung", Outcome::Translated)], 2),
        ];
        let merged = |mut a: DisclosureReport, b: DisclosureReport| {
            a.merge(b);
            a
        };
        let [a, b, c] = parts;
        let left = merged(merged(a.clone(), b.clone()), c.clone());
        let right = merged(a.clone(), merged(b.clone(), c.clone()));
        assert_eq!(left, right);
        assert_eq!(left, merged(merged(c, a), b));
        assert_eq!(left.rows_let_out, 4);
        assert_eq!(left.rows_withheld[&Reason::SecretCode], 3);
        assert_eq!(left.fields["diaChiThuaDat"].coarsened, 1);
    }

    #[test]
    fn a_report_reads_back_as_it_was_written() {
        let report = report(&[("maXa", Outcome::Present)], 1);
        assert_eq!(serde_json::from_str::<DisclosureReport>(&report.json()).unwrap(), report);
    }

    #[test]
    fn a_cell_that_is_read_twice_counts_once() {
        let mut tally = Tally::default();
        tally.set("diaChiThuaDat", Outcome::Present);
        tally.set("diaChiThuaDat", Outcome::Coarsened);
        let mut report = DisclosureReport::default();
        report.let_out(&tally);
        let expected = FieldCounts { present: 1, coarsened: 1, ..Default::default() };
        assert_eq!(report.fields["diaChiThuaDat"], expected);
    }
}
