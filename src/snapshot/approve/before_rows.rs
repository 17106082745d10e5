//! The first step of the gate: everything that can be refused before a row is read.

use std::path::{Component, Path};

use super::Gate;
use crate::config::dataset::{DatasetKind, Source};
use crate::config::site::SiteConfig;
use crate::disclose::{allow_list, metadata};
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::read;
use crate::snapshot::signature::Signer;
use crate::snapshot::trust::Trust;
use crate::snapshot::{attachment, succession};

impl Gate<'_> {
    /// Everything that can be refused before a row is read.
    pub(super) fn check(&self, site: &SiteConfig, trust: &Trust, signer: &Signer) -> Result<()> {
        let mut faults = vec![];
        if self.config.decision.is_none() {
            faults.push(
                Fault::new(Stage::Snapshot, Exit::Input, "the dataset has no decision")
                    .file(&self.description)
                    .remedy("add [decision] with number, date, authority, effective_from and acceptance"),
            );
        }
        let key = trust.objection(self.config.kind, &signer.public_key());
        faults.extend(key.map(|fault| fault.file(&self.description)));
        faults.extend(succession::objections(self.site, trust, &self.id, &self.config));
        for (source, file) in self.config.source.iter().zip(&self.files) {
            faults.extend(self.check_path(source).or_else(|| self.check_digest(source, file)));
        }
        if let Some(source) = self.config.events_source() {
            let file = self.description.with_file_name(&source.file);
            faults.extend(self.check_path(&source).or_else(|| self.check_digest(&source, &file)));
        }
        if let Err(failure) = allow_list::check_fields(&self.config, &site.disclosure, &self.description) {
            faults.extend(failure.faults);
        }
        faults.extend(self.check_empty_decision());
        faults.extend(self.check_consultation());
        let said = metadata::public(self.config.metadata_for(&site.province), &self.description);
        faults.extend(said.err().into_iter().flat_map(|failure| failure.faults));
        let attachments = attachment::read_all(self.site, self.dataset(), &self.config);
        faults.extend(attachments.err().into_iter().flat_map(|failure| failure.faults));
        Failure::unless_empty(faults)
    }

    /// A description that came from elsewhere must not make this machine read its other files.
    fn check_path(&self, source: &Source) -> Option<Fault> {
        let inside = Path::new(&source.file).components().all(|part| matches!(part, Component::Normal(_)));
        (!inside || source.file.is_empty()).then(|| {
            Fault::new(Stage::Config, Exit::Usage, format!("the source '{}' lies outside the dataset", source.file))
                .file(&self.description)
                .remedy("put the file into the dataset's folder and name it relative to that")
        })
    }

    fn check_digest(&self, source: &Source, file: &Path) -> Option<Fault> {
        if let Some(fault) = read::special_file(self.site, file) {
            return Some(fault);
        }
        let found = match read::source_digest(self.site, file) {
            Ok(digest) => digest,
            Err(e) => return Some(Fault::storage(Stage::Read, file, e)),
        };
        (found != source.sha256).then(|| {
            Fault::new(
                Stage::Snapshot,
                Exit::Input,
                format!("the file's SHA-256 is {found}, not the one that was approved"),
            )
            .file(file)
            .remedy("restore the approved file, or write the new digest after the new file has been accepted")
        })
    }

    fn check_empty_decision(&self) -> Option<Fault> {
        let decision = self.config.decision.as_ref()?;
        let empty =
            [&decision.number, &decision.authority, &decision.acceptance].iter().any(|text| text.trim().is_empty());
        let ends_early = decision.effective_to.is_some_and(|to| to < decision.effective_from);
        (empty || ends_early).then(|| {
            Fault::new(Stage::Snapshot, Exit::Input, "the decision is incomplete or ends before it begins")
                .file(&self.description)
                .remedy("give number, authority and acceptance a value, and put effective_to after effective_from")
        })
    }

    /// Drafts of coefficients are open to comments for ten days at least (Decree 49/2026, appendix).
    fn check_consultation(&self) -> Option<Fault> {
        let until = self.config.consultation_until?;
        let decision = self.config.decision.as_ref()?;
        let may_be_a_draft = matches!(self.config.kind, DatasetKind::HeSo | DatasetKind::GiaDat);
        let days = (until - decision.date).get_days();
        (!may_be_a_draft || days < 10).then(|| {
            let problem = match may_be_a_draft {
                true => format!("the consultation ends {days} days after the draft"),
                false => "only price tables and coefficients are put up for consultation".to_owned(),
            };
            Fault::new(Stage::Config, Exit::Usage, problem)
                .file(&self.description)
                .remedy("put consultation_until at least ten days after the date under [decision], or remove it")
        })
    }
}
