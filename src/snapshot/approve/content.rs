//! The third step of the gate: rows are gathered, inspected together and written, as their kind of data asks.

use std::path::Path;

use serde::Serialize;

use super::{Content, Gate, Open};
use crate::config::dataset::{DatasetKind, Source};
use crate::config::site::SiteConfig;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::inspect::extent;
use crate::inspect::finding::{Finding, Severity};
use crate::inspect::home_land::HomeLand;
use crate::inspect::neighbours::{self, Tolerances};
use crate::inspect::{duplicates, price_order, statistics_sums};
use crate::model::admin_unit::AdminUnit;
use crate::model::parcel::Parcel;
use crate::model::statistics::StatisticsRow;
use crate::snapshot::gather::{Admitted, Gathered, OpenSource};
use crate::snapshot::layer_writer::{LayerRows, Placed};
use crate::snapshot::noun::{self, Noun};
use crate::snapshot::quality::Borders;
use crate::snapshot::writing::Writing;
use crate::snapshot::{boundaries, store};

impl Gate<'_> {
    pub(super) fn content(
        &self,
        site: &SiteConfig,
        sources: &[OpenSource<'_>],
        open: &Open<'_>,
        writing: &mut Writing,
    ) -> Result<Content> {
        self.progress.begin(&format!("approve {}", self.id), 0);
        match self.config.kind {
            DatasetKind::DiaChinh => self.parcels(site, sources, writing),
            DatasetKind::QuyHoach => self.plan(site, sources, writing),
            DatasetKind::DiaGioi => self.boundaries(site, sources, open, writing),
            DatasetKind::Nen => self.base(site, sources, writing),
            DatasetKind::GiaDat => {
                self.table(sources, &noun::price_row(), &|rows| price_order::check(rows.iter().copied()), writing)
            }
            DatasetKind::ThongKe => {
                let (province, communes) = (&site.province.code, &self.config.communes);
                let communes: Vec<&str> = communes.iter().map(String::as_str).collect();
                let sums = |rows: &[&StatisticsRow]| statistics_sums::check(rows.iter().copied(), province, &communes);
                self.table(sources, &noun::statistics_row(), &sums, writing)
            }
            DatasetKind::HeSo => self.table(sources, &noun::coefficient(), &|_| vec![], writing),
        }
    }

    /// Parcels, held against their neighbours and their communes.
    fn parcels(&self, site: &SiteConfig, sources: &[OpenSource<'_>], writing: &mut Writing) -> Result<Content> {
        let mut gathered = Gathered::default();
        let mut homes = HomeLand::default();
        let count = &mut |parcel: &Parcel| homes.count(parcel);
        let layer = self.gather_layer(sources, &noun::parcel(), &mut gathered, count)?;
        let borders = Some(self.neighbours(&layer, &mut gathered));
        let mut warnings = self.judge(&mut gathered)?;
        let communes = self.communes(site)?;
        let file = self.files.first().unwrap_or(&self.description);
        let misfits = homes.check(&communes.levels).into_iter().map(|finding| in_file(finding, file));
        let Placed { bounds, strays } = layer.write(writing, 0, &self.place(site, communes)?)?;
        warnings.extend(self.refuse(strays.into_iter().chain(misfits).collect())?);
        let (rows, rows_skipped, disclosure) = (layer.len() as u64, gathered.rows_skipped, gathered.disclosure);
        Ok(Content { rows, rows_skipped, bounds: Some(bounds), warnings, borders, disclosure })
    }

    /// The zones of a plan as one layer.
    fn plan(&self, site: &SiteConfig, sources: &[OpenSource<'_>], writing: &mut Writing) -> Result<Content> {
        let mut gathered = Gathered::default();
        let layer = self.gather_layer(sources, &noun::plan_zone(), &mut gathered, &mut |_| {})?;
        let mut warnings = self.judge(&mut gathered)?;
        let Placed { bounds, strays } = layer.write(writing, 0, &self.place(site, self.communes(site)?)?)?;
        warnings.extend(self.refuse(strays)?);
        let (rows, rows_skipped, disclosure) = (layer.len() as u64, gathered.rows_skipped, gathered.disclosure);
        Ok(Content { rows, rows_skipped, bounds: Some(bounds), warnings, borders: None, disclosure })
    }

    /// Overlaps and gaps between the parcels of the dataset.
    fn neighbours(&self, layer: &LayerRows, gathered: &mut Gathered) -> Borders {
        let file = self.files.first().unwrap_or(&self.description);
        let found = neighbours::check(&layer.grid, &|row| layer.name(row).to_owned(), &Tolerances::default());
        let borders = Borders::new(&found);
        let owners = found.owners.iter().map(|owners| owners.first().map(|row| *row as usize));
        gathered.findings.extend(found.findings.into_iter().zip(owners).map(|(finding, owner)| match owner {
            Some(row) => layer.named(row, finding, file),
            None => finding,
        }));
        if found.cut_short {
            let fault = Fault::new(Stage::Inspect, Exit::Quality, "has more overlaps than can be listed")
                .file(file)
                .remedy("this is not one coverage: look whether parcels stand in it twice, under other numbers");
            gathered.findings.push(Finding::new("overlaps-cut-short", Severity::Refusal, fault));
        }
        borders
    }

    /// Units of today and of before in one layer, and the events that led from one to the other.
    fn boundaries(
        &self,
        site: &SiteConfig,
        sources: &[OpenSource<'_>],
        open: &Open<'_>,
        writing: &mut Writing,
    ) -> Result<Content> {
        let mut gathered = Gathered::default();
        let mut units: Vec<AdminUnit> = vec![];
        let keep = &mut |unit: &AdminUnit| units.push(unit.clone());
        let layer = self.gather_layer(sources, &noun::admin_unit(), &mut gathered, keep)?;
        let warnings = self.judge(&mut gathered)?;
        let events = boundaries::events(self.site, &self.description, self.rules(site), &units, open)?;
        let bounds = layer.write(writing, 0, &self.place(site, self.communes(site)?)?)?.bounds;
        writing.file(&store::events_file(), |to| {
            postcard::to_io(&events, to).map(|_| ()).map_err(std::io::Error::other)
        })?;
        let (rows, rows_skipped, disclosure) = (layer.len() as u64, gathered.rows_skipped, gathered.disclosure);
        Ok(Content { rows, rows_skipped, bounds: Some(bounds), warnings, borders: None, disclosure })
    }

    /// The base layer: one layer per source, each of one theme.
    fn base(&self, site: &SiteConfig, sources: &[OpenSource<'_>], writing: &mut Writing) -> Result<Content> {
        let mut gathered = Gathered::default();
        let mut layers = vec![];
        for (source, config) in sources.iter().zip(&self.config.source) {
            let theme = config.theme.ok_or_else(|| self.no_theme(config))?;
            let (source, noun) = (std::slice::from_ref(source), noun::base_feature(theme));
            layers.push(self.gather_layer(source, &noun, &mut gathered, &mut |_| {})?);
        }
        let warnings = self.judge(&mut gathered)?;
        let place = self.place(site, self.communes(site)?)?;
        let mut bounds = None;
        for (i, layer) in layers.iter().enumerate() {
            bounds = extent::join(bounds, Some(layer.write(writing, i, &place)?.bounds));
        }
        let rows = layers.iter().map(|layer| layer.len() as u64).sum();
        let (rows_skipped, disclosure) = (gathered.rows_skipped, gathered.disclosure);
        Ok(Content { rows, rows_skipped, bounds, warnings, borders: None, disclosure })
    }

    fn gather_layer<T: Serialize + Send + Sync>(
        &self,
        sources: &[OpenSource<'_>],
        noun: &Noun<T>,
        gathered: &mut Gathered,
        seen: &mut dyn FnMut(&T),
    ) -> Result<LayerRows> {
        let mut layer = LayerRows::new();
        let mut admit = |row: Admitted<T>| {
            seen(&row.public);
            layer.push(row);
        };
        let mut faults = vec![];
        for source in sources {
            if let Err(failure) = source.gather(noun, &mut |row| admit(row), gathered) {
                faults.extend(failure.faults);
            }
        }
        // What the rows have said so far counts as well, when a source breaks off in the middle.
        if !faults.is_empty() {
            faults.extend(self.judge(gathered).err().into_iter().flat_map(|failure| failure.faults));
            return Err(Failure { faults });
        }
        layer.sort();
        let file = sources.first().map_or(self.description.as_path(), |source| source.file);
        gathered.findings.extend(layer.mixture(file));
        if noun.unique {
            gathered.findings.extend(duplicates::check(layer.sorted_names(), Some(file)));
        }
        Ok(layer)
    }

    /// Rows without geometry, in the order of their names.
    fn table<T: Serialize + Send + Sync>(
        &self,
        sources: &[OpenSource<'_>],
        noun: &Noun<T>,
        inspect: &dyn Fn(&[&T]) -> Vec<Finding>,
        writing: &mut Writing,
    ) -> Result<Content> {
        let mut gathered = Gathered::default();
        let mut rows = vec![];
        let mut faults = vec![];
        for source in sources {
            let read = source.gather(noun, &mut |row| rows.push(row), &mut gathered);
            faults.extend(read.err().into_iter().flat_map(|failure| failure.faults));
        }
        rows.sort_by(|a, b| a.name.cmp(&b.name));
        if noun.unique {
            let names = rows.iter().map(|row| row.name.as_str());
            gathered.findings.extend(duplicates::check(names, sources.first().map(|source| source.file)));
        }
        let file = self.files.first().unwrap_or(&self.description);
        let found = inspect(&rows.iter().map(|row| &*row.public).collect::<Vec<_>>());
        gathered.findings.extend(found.into_iter().map(|finding| in_file(finding, file)));
        let warnings = self
            .judge(&mut gathered)
            .map_err(|failure| Failure { faults: [failure.faults, faults.clone()].concat() })?;
        Failure::unless_empty(faults)?;
        let rows: Vec<_> = rows.into_iter().map(|row| row.public).collect();
        writing.file(&store::layer_files(0)[0], |to| {
            postcard::to_io(&rows, to).map(|_| ()).map_err(std::io::Error::other)
        })?;
        let (rows, rows_skipped, disclosure) = (rows.len() as u64, gathered.rows_skipped, gathered.disclosure);
        Ok(Content { rows, rows_skipped, bounds: None, warnings, borders: None, disclosure })
    }

    fn no_theme(&self, source: &Source) -> Fault {
        Fault::new(Stage::Config, Exit::Usage, format!("the source '{}' has no theme", source.file))
            .file(&self.description)
            .remedy("add theme = \"giao_thong\", \"thuy_he\" or \"dia_danh\" to [[source]]")
    }
}

fn in_file(finding: Finding, file: &Path) -> Finding {
    let fault = finding.fault.clone().file(file);
    Finding { fault, ..finding }
}
