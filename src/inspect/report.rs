//! All findings of a run, in an order to send back: by commune, the gravest first.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::finding::{Finding, Severity};
use super::geometry;
use crate::model::text::integer_vi;

/// Findings of one kind that the text prints for one commune; the JSON holds all.
const PRINTED_OF_A_KIND: usize = 50;

#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub refusals: usize,
    pub warnings: usize,
    /// Kind → how many.
    pub by_kind: BTreeMap<&'static str, usize>,
    /// Commune → kind → how many. What belongs to no commune stands under "".
    pub by_commune: BTreeMap<String, BTreeMap<&'static str, usize>>,
    /// By commune, refusals before warnings, then kind, feature and place.
    pub findings: Vec<Finding>,
}

impl Report {
    pub fn new(mut findings: Vec<Finding>) -> Self {
        findings.sort_by(|a, b| order(a).cmp(&order(b)));
        let mut report = Report::default();
        for finding in &findings {
            match finding.severity {
                Severity::Refusal => report.refusals += 1,
                Severity::Warning => report.warnings += 1,
            }
            *report.by_kind.entry(finding.kind).or_default() += 1;
            let commune = finding.commune.clone().unwrap_or_default();
            *report.by_commune.entry(commune).or_default().entry(finding.kind).or_default() += 1;
        }
        report.findings = findings;
        report
    }

    /// What concerns one commune, to be sent to it.
    pub fn of_commune(&self, code: &str) -> Report {
        let is_its = |finding: &&Finding| finding.commune.as_deref().unwrap_or("") == code;
        Report::new(self.findings.iter().filter(is_its).cloned().collect())
    }

    /// For people: each finding with its place and remedy, the first fifty of a kind.
    pub fn text(&self) -> String {
        let mut out = format!("{}, {}\n", count(self.refusals, "refusal"), count(self.warnings, "warning"));
        for of_commune in self.findings.chunk_by(|a, b| a.commune == b.commune) {
            let title =
                of_commune[0].commune.as_ref().map_or("No commune".to_owned(), |code| format!("Commune {code}"));
            let _ = write!(out, "\n{title}\n");
            for of_kind in of_commune.chunk_by(|a, b| (a.severity, a.kind) == (b.severity, b.kind)) {
                kind_text(of_kind, &mut out);
            }
        }
        out
    }

    /// Complete, for programs.
    pub fn json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

fn kind_text(findings: &[Finding], out: &mut String) {
    let severity = match findings[0].severity {
        Severity::Refusal => "refused",
        Severity::Warning => "warning",
    };
    let _ = writeln!(out, "  {} ({severity}): {}", findings[0].kind, grouped(findings.len()));
    for finding in findings.iter().take(PRINTED_OF_A_KIND) {
        let fault = &finding.fault;
        let named: Vec<&str> = [&fault.file, &fault.feature].into_iter().flatten().map(String::as_str).collect();
        let subject = named.iter().map(|name| format!("{name}: ")).collect::<String>();
        let place = finding.at.map_or(String::new(), |at| format!(" [{}]", geometry::at(at)));
        let _ = writeln!(out, "    {subject}{}{place}", fault.problem);
        if let Some(remedy) = &fault.remedy {
            let _ = writeln!(out, "      fix: {remedy}");
        }
    }
    if let Some(more) = findings.len().checked_sub(PRINTED_OF_A_KIND).filter(|more| *more > 0) {
        let _ = writeln!(out, "    and {} more", grouped(more));
    }
}

fn order(finding: &Finding) -> impl Ord + use<'_> {
    let place = finding.at.unwrap_or_default().map(f64::to_bits);
    let fault = &finding.fault;
    (
        &finding.commune,
        std::cmp::Reverse(finding.severity),
        finding.kind,
        &fault.file,
        &fault.feature,
        &fault.problem,
        place,
    )
}

fn count(n: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// `1,234`: the reports are written in English.
fn grouped(n: usize) -> String {
    integer_vi(n as i64).replace('.', ",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Exit, Fault, Stage};

    fn finding(kind: &'static str, severity: Severity, commune: &str, feature: &str) -> Finding {
        let fault = Fault::new(Stage::Inspect, Exit::Quality, "is odd").feature(feature).remedy("look at it");
        Finding::new(kind, severity, fault).commune(commune).at([512_000.0, 2_300_000.5])
    }

    #[test]
    fn the_text_goes_by_commune_with_place_and_remedy_the_gravest_first() {
        let report = Report::new(vec![
            finding("gap", Severity::Warning, "99002", "parcel 1"),
            finding("gap", Severity::Warning, "99001", "parcel 3"),
            finding("overlap", Severity::Refusal, "99001", "parcel 2"),
        ]);
        assert_eq!(
            report.text(),
            "1 refusal, 2 warnings\n\
             \nCommune 99001\n  overlap (refused): 1\n    parcel 2: is odd [E 512000.000 N 2300000.500]\n      fix: look at it\n  \
             gap (warning): 1\n    parcel 3: is odd [E 512000.000 N 2300000.500]\n      fix: look at it\n\
             \nCommune 99002\n  gap (warning): 1\n    parcel 1: is odd [E 512000.000 N 2300000.500]\n      fix: look at it\n"
        );
        assert_eq!(report.of_commune("99001").findings.len(), 2);
        assert_eq!(report.json()["by_commune"]["99001"]["gap"], 1);
    }

    #[test]
    fn fifty_of_a_kind_are_printed_and_the_rest_counted() {
        let many = (0..1284).map(|i| finding("gap", Severity::Warning, "99001", &format!("parcel {i:05}"))).collect();
        let report = Report::new(many);
        assert!(report.text().ends_with("    and 1,234 more\n"));
        assert_eq!(report.text().matches("parcel").count(), 50);
        assert_eq!(report.json()["findings"].as_array().unwrap().len(), 1284);
    }
}
