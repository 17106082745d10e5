//! The second step of the gate: the sources are opened, and their columns and zones held against the description.

use std::collections::BTreeSet;

use super::{Gate, Open};
use crate::config::site::SiteConfig;
use crate::disclose::allow_list;
use crate::disclose::rules::Rules;
use crate::disclose::secrecy::Secrecy;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::read::DeclaredCrs;
use crate::snapshot::gather::OpenSource;

impl Gate<'_> {
    pub(super) fn sources<'s>(
        &'s self,
        site: &'s SiteConfig,
        secrecy: &'s Secrecy,
        open: &Open<'_>,
    ) -> Result<Vec<OpenSource<'s>>> {
        let rules = self.rules(site);
        let mut opened = vec![];
        let mut faults = vec![];
        for (number, (source, file)) in (1..).zip(self.config.source.iter().zip(&self.files)) {
            match open(self.site, file, source) {
                Ok(table) => {
                    let (config, progress) = (&self.config, self.progress);
                    opened.push(OpenSource { table, file, number, config, rules, secrecy, progress });
                }
                Err(failure) => faults.extend(failure.faults),
            }
        }
        let anywhere: BTreeSet<String> = opened.iter().flat_map(|source| source.table.columns()).cloned().collect();
        for source in &opened {
            let columns = allow_list::check_columns(&self.config, source.table.columns(), &anywhere, source.file);
            faults.extend(columns.err().into_iter().flat_map(|failure| failure.faults));
            faults.extend(self.check_declared_crs(source));
        }
        Failure::unless_empty(faults).map(|()| opened)
    }

    /// A file that names its zone must name the dataset's.
    fn check_declared_crs(&self, source: &OpenSource<'_>) -> Option<Fault> {
        let declared = match source.table.crs() {
            DeclaredCrs::Unknown => return None,
            DeclaredCrs::Epsg(code) => format!("EPSG:{code}"),
            DeclaredCrs::Other(text) => text,
        };
        let expected = self.config.crs.map_or("nothing".to_owned(), String::from);
        (expected != declared).then(|| {
            Fault::new(Stage::Snapshot, Exit::Input, format!("the file declares {declared}, the dataset {expected}"))
                .file(source.file)
                .remedy("find out which meridian the data has, then correct crs or the export")
        })
    }

    pub(super) fn rules<'r>(&'r self, site: &'r SiteConfig) -> Rules<'r> {
        Rules { dataset: &self.config, province: &site.disclosure }
    }
}
