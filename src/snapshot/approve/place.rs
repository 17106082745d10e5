//! Where the rows of a dataset may lie: its zone, and the communes of the approved boundaries.

use std::collections::BTreeMap;

use super::Gate;
use crate::config::dataset::DatasetKind;
use crate::config::site::SiteConfig;
use crate::error::{Exit, Fault, Result, Stage};
use crate::inspect::extent::{self, Bounds};
use crate::snapshot::layer_writer::Place;
use crate::snapshot::store::{self, Communes};

impl Gate<'_> {
    /// The approved communes; none for the boundaries themselves, which need no earlier ones: those may not even be
    /// readable any more.
    pub(super) fn communes(&self, site: &SiteConfig) -> Result<Communes> {
        let needed = self.config.kind != DatasetKind::DiaGioi;
        if needed { store::communes(self.site, site) } else { Ok(Communes::default()) }
    }

    pub(super) fn place(&self, site: &SiteConfig, communes: Communes) -> Result<Place<'_>> {
        let zone = self.config.crs.ok_or_else(|| {
            Fault::new(Stage::Config, Exit::Usage, "the dataset names no coordinate system")
                .file(&self.description)
                .remedy("add crs = \"EPSG:…\" with the zone of the commune's own meridian")
        })?;
        let allowed = self.allowed_bounds(site, &communes.bounds);
        let borders = (self.config.kind == DatasetKind::DiaChinh).then_some(communes.borders);
        let file = self.files.first().unwrap_or(&self.description);
        Ok(Place { zone, allowed, borders, file })
    }

    /// The box of the dataset's communes by the approved boundaries, or the province's where there are none.
    fn allowed_bounds(&self, site: &SiteConfig, communes: &BTreeMap<String, Bounds>) -> Bounds {
        if self.config.kind == DatasetKind::DiaGioi {
            return site.province.bounds_deg;
        }
        let boxes: Option<Vec<Bounds>> = self.config.communes.iter().map(|code| communes.get(code).copied()).collect();
        let corners = boxes.into_iter().flatten().flat_map(|[w, s, e, n]| [[w, s], [e, n]]);
        extent::bounds(corners).unwrap_or(site.province.bounds_deg)
    }
}
