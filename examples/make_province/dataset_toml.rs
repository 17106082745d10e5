//! `dataset.toml` of a generated data set: written along with the files, so that digests cannot drift.

use std::fmt::Write;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::geopackage::Result;
use super::metadata;
use super::projection::Zone;
use super::tables::Rule;

pub struct Description<'a> {
    pub kind: &'a str,
    /// Vietnamese, English.
    pub title: [&'a str; 2],
    pub communes: &'a [&'a str],
    pub zone: Option<Zone>,
    /// File, layer, theme.
    pub sources: Vec<(&'a str, Option<&'a str>, Option<&'a str>)>,
    /// Standard name, column.
    pub fields: Vec<(&'a str, &'a str)>,
    pub withhold: Vec<&'a str>,
    /// Last day of comments on a draft.
    pub consultation_until: Option<&'a str>,
    /// Data set whose place this one takes.
    pub supersedes: Option<&'a str>,
    /// Provisions of a decision on prices.
    pub rules: &'a [Rule],
    /// File of the changes of administrative units.
    pub events: Option<&'a str>,
    pub decision: Decision<'a>,
}

pub struct Decision<'a> {
    pub number: &'a str,
    pub date: &'a str,
    pub authority: &'a str,
    pub effective_from: &'a str,
    pub acceptance: &'a str,
}

impl Decision<'static> {
    pub const DEFAULT: Decision<'static> =
        Decision { number: "", date: "", authority: "UBND tỉnh Minh Họa", effective_from: "", acceptance: "" };
}

/// Columns that are called what the standard calls them.
pub fn same_names<'a>(columns: impl Iterator<Item = &'a str>) -> Vec<(&'a str, &'a str)> {
    columns.map(|column| (column, column)).collect()
}

impl Description<'_> {
    pub fn write(&self, folder: &Path) -> Result<()> {
        let mut toml = String::from("# Written by scripts/make-province --site. Everything here is invented.\n");
        writeln!(toml, "kind = \"{}\"", self.kind)?;
        writeln!(toml, "title = {{ vi = \"{}\", en = \"{}\" }}", self.title[0], self.title[1])?;
        writeln!(toml, "communes = [{}]", list(self.communes))?;
        if let Some(zone) = self.zone {
            writeln!(toml, "crs = \"EPSG:{}\"", zone.epsg)?;
        }
        if let Some(until) = self.consultation_until {
            writeln!(toml, "consultation_until = {until} # a draft: ten days at least (Decree 49/2026)")?;
        }
        if let Some(old) = self.supersedes {
            writeln!(toml, "supersedes = \"{old}\"")?;
        }
        if let Some(events) = self.events {
            writeln!(toml, "events = \"{events}\"\nevents_sha256 = \"{}\"", sha256(&folder.join(events))?)?;
        }
        for source in &self.sources {
            self.write_source(&mut toml, folder, source)?;
        }
        writeln!(toml, "\n# standard name = column of the source\n[fields]")?;
        for (name, column) in &self.fields {
            writeln!(toml, "{name} = \"{column}\"")?;
        }
        if !self.withhold.is_empty() {
            writeln!(toml, "\n# known to be there, never read\n[withhold]\ncolumns = [{}]", list(&self.withhold))?;
        }
        toml.push_str(&metadata::toml(self.kind));
        for (article, page, tables, [vi, en]) in self.rules {
            writeln!(toml, "\n[[metadata.rule]]\narticle = \"{article}\"\npage = {page}\ntables = [{}]", list(tables))?;
            writeln!(toml, "text = {{ vi = \"{vi}\", en = \"{en}\" }}")?;
        }
        self.write_decision(&mut toml)?;
        Ok(std::fs::write(folder.join("dataset.toml"), toml)?)
    }

    fn write_source(
        &self,
        toml: &mut String,
        folder: &Path,
        source: &(&str, Option<&str>, Option<&str>),
    ) -> Result<()> {
        let (file, layer, theme) = source;
        writeln!(toml, "\n[[source]]\nfile = \"{file}\"")?;
        for (key, value) in [("layer", layer), ("theme", theme)] {
            if let Some(value) = value {
                writeln!(toml, "{key} = \"{value}\"")?;
            }
        }
        Ok(writeln!(toml, "sha256 = \"{}\"", sha256(&folder.join(file))?)?)
    }

    fn write_decision(&self, toml: &mut String) -> Result<()> {
        let decision = &self.decision;
        writeln!(toml, "\n[decision]\nnumber = \"{}\"\ndate = {}", decision.number, decision.date)?;
        writeln!(toml, "authority = \"{}\"\neffective_from = {}", decision.authority, decision.effective_from)?;
        Ok(writeln!(toml, "acceptance = \"{}\"", decision.acceptance)?)
    }
}

fn sha256(file: &Path) -> Result<String> {
    Ok(Sha256::digest(std::fs::read(file)?).iter().map(|byte| format!("{byte:02x}")).collect())
}

fn list(items: &[&str]) -> String {
    items.iter().map(|item| format!("\"{item}\"")).collect::<Vec<_>>().join(", ")
}
