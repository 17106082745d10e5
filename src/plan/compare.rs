//! Two sides, dataset by dataset: what was added, changed and removed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Datasets;
use super::change::{Change, ChangeKind, Counts, DatasetPlan, DatasetState};
use super::feature::{self, Described, Feature, Shape};
use super::lineage::{self, Lineage};
use super::matching::{self, Pair};
use super::outline::Outline;
use crate::error::{Exit, Fault, Result, Stage};
use crate::model::admin_unit::AdminUnit;
use crate::model::base_feature::BaseFeature;
use crate::model::coefficient::Coefficient;
use crate::model::land_use_plan::PlanZone;
use crate::model::parcel::Parcel;
use crate::model::price_table::PriceRow;
use crate::model::statistics::StatisticsRow;
use crate::snapshot::{Content, Layer, Snapshot, store};

/// Takes the changes, in the order of datasets, communes and features.
pub type Sink<'a> = dyn FnMut(&Change) -> Result<()> + 'a;

/// Compares what is published with what would be, one dataset at a time: no more than two snapshots are in
/// memory at once.
///
/// # Errors
/// Exit 3 when a snapshot of `after` is gone, 6 when one was changed on disk; what `changed` fails with.
pub fn compare(site: &Path, published: &Datasets, after: &Datasets, changed: &mut Sink) -> Result<Vec<DatasetPlan>> {
    let superseding = superseding(site, published, after)?;
    let taken: BTreeSet<&str> = superseding.values().map(String::as_str).collect();
    let names: BTreeSet<&String> = published.keys().chain(after.keys()).collect();
    let mut plans = vec![];
    for name in names.into_iter().filter(|name| !taken.contains(name.as_str())) {
        let replaces = superseding.get(name);
        let old = replaces.unwrap_or(name);
        let sides = Sides {
            dataset: name,
            replaces,
            before: published.get(old).map(|digest| (old.as_str(), digest.as_str())),
            after: after.get(name).map(String::as_str),
        };
        plans.push(sides.compare(site, changed)?);
    }
    Ok(plans)
}

/// New datasets that take the place of one that goes, or stays approved and is drawn no more: new → old.
fn superseding(site: &Path, published: &Datasets, after: &Datasets) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for (name, digest) in after.iter().filter(|(name, _)| !published.contains_key(*name)) {
        let Some(record) = store::recorded(site, name, digest)? else { continue };
        let goes = |old: &String| published.contains_key(old);
        if let Some(old) = record.supersedes.filter(goes)
            && !found.values().any(|taken| *taken == old)
        {
            found.insert(name.clone(), old);
        }
    }
    Ok(found)
}

struct Sides<'a> {
    dataset: &'a str,
    replaces: Option<&'a String>,
    /// Name and digest of the published dataset.
    before: Option<(&'a str, &'a str)>,
    after: Option<&'a str>,
}

impl Sides<'_> {
    fn compare(&self, site: &Path, changed: &mut Sink) -> Result<DatasetPlan> {
        let after = self.after.map(|digest| self.needed(site, digest)).transpose()?;
        let unchanged = self.replaces.is_none() && self.before.map(|(_, digest)| digest) == self.after;
        let mut lost_snapshot = None;
        let before = match self.before {
            Some((name, digest)) if !unchanged => {
                let found = store::open_recorded(site, name, digest)?;
                if found.is_none() {
                    lost_snapshot = Some(store::recorded_folder(name, digest).display().to_string());
                }
                found
            }
            _ => None,
        };
        let mut found = Found { dataset: self.dataset, communes: BTreeMap::new(), lineage: vec![], changed };
        let content = after.as_ref().map(|snapshot| &snapshot.content);
        match (unchanged, &before) {
            (true, _) => found.contents(content, content)?,
            (false, before) => found.contents(before.as_ref().map(|snapshot| &snapshot.content), content)?,
        }
        let decision = |snapshot: &Option<Snapshot>| Some(snapshot.as_ref()?.record.decision.clone());
        Ok(DatasetPlan {
            dataset: self.dataset.to_owned(),
            state: match (self.before, self.after) {
                _ if unchanged => DatasetState::Unchanged,
                (None, _) => DatasetState::Added,
                (_, None) => DatasetState::Removed,
                _ => DatasetState::Changed,
            },
            replaces: self.replaces.cloned(),
            published_decision: decision(if unchanged { &after } else { &before }),
            decision: decision(&after),
            lost_snapshot,
            communes: found.communes,
            lineage: found.lineage,
        })
    }

    fn needed(&self, site: &Path, digest: &str) -> Result<Snapshot> {
        store::open_recorded(site, self.dataset, digest)?.ok_or_else(|| {
            Fault::new(Stage::Plan, Exit::Input, "the snapshot is gone, so nobody can say what would change")
                .file(store::recorded_folder(self.dataset, digest))
                .remedy("bring the folder back, or approve the dataset again and build")
                .into()
        })
    }
}

/// The comparison of one dataset as it goes on.
struct Found<'a, 's> {
    dataset: &'a str,
    communes: BTreeMap<String, Counts>,
    lineage: Vec<Lineage>,
    changed: &'a mut Sink<'s>,
}

impl Found<'_, '_> {
    fn contents<'c>(&mut self, before: Option<&'c Content>, after: Option<&'c Content>) -> Result<()> {
        if let (Some(old), Some(new)) = (before, after)
            && std::mem::discriminant(old) != std::mem::discriminant(new)
        {
            self.contents(before, None)?;
            return self.contents(None, after);
        }
        match before.or(after) {
            None => Ok(()),
            Some(Content::Parcels(_)) => {
                let (old, new) = (parcels(before), parcels(after));
                let key = |parcel: &'c Parcel| (parcel.commune_code.as_str(), parcel.sheet, parcel.number);
                let pairs = matching::by_key(&old, &new, key);
                self.lineage = lineage::of(&old, &new, &pairs);
                self.report(&old, &new, &pairs, false)
            }
            Some(Content::ParcelsOnDisk) => unreachable!("parcels are compared while they are in memory"),
            Some(Content::Boundaries(_)) => {
                let (old, new) = (units(before), units(after));
                let key = |unit: &'c AdminUnit| unit.code.as_str();
                self.report(&old, &new, &matching::by_key(&old, &new, key), false)
            }
            Some(Content::Prices(_)) => {
                let (old, new) = (prices(before), prices(after));
                let key = |row: &'c PriceRow| (row.table.as_str(), row.row);
                self.report(&old, &new, &matching::by_key(&old, &new, key), false)
            }
            Some(Content::Statistics(_)) => {
                let (old, new) = (statistics(before), statistics(after));
                let key = |row: &'c StatisticsRow| (&row.commune_code, &row.form, row.year, &row.land_use, &row.holder);
                self.report(&old, &new, &matching::by_key(&old, &new, key), false)
            }
            Some(Content::Coefficients(_)) => {
                let (old, new) = (coefficients(before), coefficients(after));
                self.report(&old, &new, &matching::by_key(&old, &new, Coefficient::key), false)
            }
            Some(Content::Plans(_)) => {
                let (old, new) = (zones(before), zones(after));
                self.report(&old, &new, &matching::by_content(&old, &new), true)
            }
            Some(Content::Base(_)) => {
                let (old, new) = (base(before), base(after));
                self.report(&old, &new, &matching::by_content(&old, &new), true)
            }
        }
    }

    /// Counts every pair and passes on those that differ. Features without a key are named with their
    /// place, and with a number where several of one name lie at one place.
    fn report<T: Described>(
        &mut self,
        before: &[Feature<T>],
        after: &[Feature<T>],
        pairs: &[Pair],
        placed: bool,
    ) -> Result<()> {
        let mut named: BTreeMap<String, u32> = BTreeMap::new();
        for (old, new) in pairs {
            let (old, new) = (old.map(|i| &before[i]), new.map(|i| &after[i]));
            let Some(one) = new.or(old) else { continue };
            let change = change(old, new);
            let commune = one.row.commune().to_owned();
            self.communes.entry(commune.clone()).or_default().count(change.as_ref().map(|(kind, _)| *kind));
            let Some((change, what)) = change else { continue };
            let mut feature = one.row.name();
            if let Some(place) = one.shape.filter(|_| placed).and_then(feature::place) {
                feature = format!("{feature} ({place})");
                let times = named.entry(feature.clone()).or_default();
                *times += 1;
                if *times > 1 {
                    feature = format!("{feature} #{times}");
                }
            }
            let (dataset, outline) = (self.dataset.to_owned(), one.shape.map(Outline::of));
            (self.changed)(&Change { dataset, commune, feature, change, what, outline })?;
        }
        Ok(())
    }
}

fn change<T: Described>(before: Option<&Feature<T>>, after: Option<&Feature<T>>) -> Option<(ChangeKind, String)> {
    match (before, after) {
        (Some(old), Some(new)) => feature::difference(old, new),
        (None, Some(new)) => Some((ChangeKind::Added, feature::told(new))),
        (Some(old), None) => Some((ChangeKind::Removed, feature::told(old))),
        (None, None) => None,
    }
}

fn parcels(content: Option<&Content>) -> Vec<Feature<'_, Parcel>> {
    if let Some(Content::Parcels(layer)) = content { features(layer) } else { vec![] }
}

fn units(content: Option<&Content>) -> Vec<Feature<'_, AdminUnit>> {
    if let Some(Content::Boundaries(boundaries)) = content { features(&boundaries.units) } else { vec![] }
}

fn zones(content: Option<&Content>) -> Vec<Feature<'_, PlanZone>> {
    if let Some(Content::Plans(layer)) = content { features(layer) } else { vec![] }
}

fn base(content: Option<&Content>) -> Vec<Feature<'_, BaseFeature>> {
    if let Some(Content::Base(layers)) = content { layers.iter().flat_map(features).collect() } else { vec![] }
}

fn prices(content: Option<&Content>) -> Vec<Feature<'_, PriceRow>> {
    if let Some(Content::Prices(rows)) = content { without_shape(rows) } else { vec![] }
}

fn coefficients(content: Option<&Content>) -> Vec<Feature<'_, Coefficient>> {
    if let Some(Content::Coefficients(rows)) = content { without_shape(rows) } else { vec![] }
}

fn statistics(content: Option<&Content>) -> Vec<Feature<'_, StatisticsRow>> {
    if let Some(Content::Statistics(rows)) = content { without_shape(rows) } else { vec![] }
}

fn features<T>(layer: &Layer<T>) -> Vec<Feature<'_, T>> {
    let shape = |index| Some(Shape { grid: &layer.grid, world: &layer.world, index });
    layer.rows.iter().enumerate().map(|(i, row)| Feature { row: &**row, shape: shape(i) }).collect()
}

fn without_shape<T, R: std::ops::Deref<Target = T>>(rows: &[R]) -> Vec<Feature<'_, T>> {
    rows.iter().map(|row| Feature { row: &**row, shape: None }).collect()
}
