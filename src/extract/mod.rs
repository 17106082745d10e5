//! Files that other programs open: FlatGeobuf by layer and commune.
//!
//! Which layers are open data is said by one table ([`crate::model::tier`]), and with it where each goes: plans,
//! boundaries and the base layer to `open/`. Parcels of a whole commune are an extract by area (Circular 17/2010,
//! article 15.2đ): they go to `extracts/`, which no server serves as it is.

pub mod flatgeobuf;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use crate::digest::sha256;
use crate::disclose::Public;
use crate::error::Result;
use crate::model::base_feature::Theme;
use crate::model::field::Fields;
use crate::model::tier;
use crate::snapshot::record::Record;
use crate::snapshot::{Boundaries, Content, Layer, Snapshot, parcel_runs};

/// One file that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExtractReport {
    pub path: String,
    pub dataset: String,
    pub features: u64,
    pub bytes: u64,
    pub sha256: String,
}

/// Takes a path inside the edition and the bytes that belong there.
pub type WriteFile<'a> = dyn Fn(&str, &[u8]) -> Result<()> + Sync + 'a;

/// Writes every extract of every snapshot; parcels on disk a commune at a time.
pub fn write(site: &Path, snapshots: &[Snapshot], write_file: &WriteFile<'_>) -> Result<Vec<ExtractReport>> {
    let mut reports = vec![];
    for snapshot in snapshots {
        let Snapshot { id, record, content, .. } = snapshot;
        match content {
            Content::Parcels(layer) => {
                by_commune(id, record, layer, tier::Layer::Parcels, |p| &p.commune_code, write_file, &mut reports)?;
            }
            Content::ParcelsOnDisk => {
                for commune in parcel_runs::read(site, snapshot)? {
                    by_commune(
                        id,
                        record,
                        &commune?,
                        tier::Layer::Parcels,
                        |p| &p.commune_code,
                        write_file,
                        &mut reports,
                    )?;
                }
            }
            Content::Plans(layer) => {
                by_commune(id, record, layer, tier::Layer::Plans, |z| &z.commune_code, write_file, &mut reports)?;
            }
            Content::Boundaries(boundaries) => {
                let Boundaries { units, former, .. } = &**boundaries;
                whole(record, units, tier::Layer::Boundaries, id, write_file, &mut reports)?;
                if !former.rows.is_empty() {
                    whole(record, former, tier::Layer::Boundaries, &format!("{id}-cu"), write_file, &mut reports)?;
                }
            }
            Content::Base(layers) => {
                for layer in layers {
                    let theme = layer.rows.first().map_or("nen", |row| theme_name(row.theme));
                    whole(record, layer, tier::Layer::Base, &format!("{id}-{theme}"), write_file, &mut reports)?;
                }
            }
            Content::Prices(_) | Content::Statistics(_) | Content::Coefficients(_) => {}
        }
    }
    Ok(reports)
}

fn theme_name(theme: Theme) -> &'static str {
    match theme {
        Theme::GiaoThong => "giao-thong",
        Theme::ThuyHe => "thuy-he",
        Theme::DiaDanh => "dia-danh",
    }
}

fn by_commune<T: Fields>(
    id: &str,
    record: &Record,
    layer: &Layer<T>,
    tier: tier::Layer,
    commune: fn(&T) -> &str,
    write_file: &WriteFile<'_>,
    reports: &mut Vec<ExtractReport>,
) -> Result<()> {
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, row) in layer.rows.iter().enumerate() {
        members.entry(commune(row)).or_default().push(i);
    }
    for (code, features) in members {
        one(record, layer, &features, format!("{}/{code}-{id}.fgb", tier.folder()), write_file, reports)?;
    }
    Ok(())
}

fn whole<T: Fields>(
    record: &Record,
    layer: &Layer<T>,
    tier: tier::Layer,
    name: &str,
    write_file: &WriteFile<'_>,
    reports: &mut Vec<ExtractReport>,
) -> Result<()> {
    let features: Vec<usize> = (0..layer.rows.len()).collect();
    one(record, layer, &features, format!("{}/{name}.fgb", tier.folder()), write_file, reports)
}

fn one<T: Fields>(
    record: &Record,
    layer: &Layer<T>,
    features: &[usize],
    path: String,
    write_file: &WriteFile<'_>,
    reports: &mut Vec<ExtractReport>,
) -> Result<()> {
    let rows: Vec<&Public<T>> = features.iter().map(|i| &layer.rows[*i]).collect();
    let bytes = flatgeobuf::encode(record, &rows, &layer.grid, features, &path)?;
    write_file(&path, &bytes)?;
    reports.push(ExtractReport {
        path,
        dataset: record.dataset.clone(),
        features: features.len() as u64,
        bytes: bytes.len() as u64,
        sha256: sha256(&bytes),
    });
    Ok(())
}
