//! What refuses a dataset, and what is only odd and approved as it is.

use super::Gate;
use crate::disclose::report::DisclosureReport;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::inspect::finding::{Finding, Severity};
use crate::snapshot::gather::Gathered;

impl Gate<'_> {
    /// Refuses what cannot be published and gives back what is only odd.
    pub(super) fn judge(&self, gathered: &mut Gathered) -> Result<Vec<Finding>> {
        let warnings = self.refuse(std::mem::take(&mut gathered.findings));
        let unused = Failure::unless_empty(self.unused_skips(gathered));
        match (warnings, unused) {
            (Err(a), Err(b)) => Err(Failure { faults: [a.faults, b.faults].concat() }),
            (warnings, unused) => unused.and(warnings),
        }
    }

    pub(super) fn refuse(&self, findings: Vec<Finding>) -> Result<Vec<Finding>> {
        self.found.borrow_mut().extend(findings.iter().cloned());
        let (refusals, warnings): (Vec<_>, Vec<_>) =
            findings.into_iter().partition(|finding| finding.severity == Severity::Refusal);
        Failure::unless_empty(refusals.into_iter().map(|finding| finding.fault).collect()).map(|()| warnings)
    }

    /// An entry of `[skip]` that names nothing hides a mistake.
    fn unused_skips(&self, gathered: &Gathered) -> Vec<Fault> {
        let listed = self.config.skip.iter().flat_map(|skip| &skip.features);
        let unused = listed.filter(|entry| !gathered.skips_used.contains(*entry));
        unused
            .map(|entry| {
                Fault::new(Stage::Config, Exit::Usage, format!("[skip] names '{entry}', which is not in the source"))
                    .file(&self.description)
                    .remedy("remove it from [skip] features, or write it as the report does")
            })
            .collect()
    }

    /// An acceptance that nothing needed would let through what comes later.
    pub(super) fn check_accepted(&self, disclosure: &DisclosureReport) -> Result<()> {
        let unused = self.config.scan.accept.difference(&disclosure.accepted_cells);
        let fault = |cell: &String| {
            Fault::new(Stage::Disclose, Exit::Usage, format!("[scan] accepts '{cell}', where nothing was objected to"))
                .file(&self.description)
                .remedy("remove the entry from accept")
        };
        Failure::unless_empty(unused.map(fault).collect())
    }
}
