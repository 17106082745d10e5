//! What inspection found: counted for the record, and written out whole for those who can mend it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Fault, Result, Stage};
use crate::inspect::fault_map;
use crate::inspect::finding::Finding;
use crate::inspect::neighbours::Neighbours;
use crate::inspect::report::Report;
use crate::model::crs::Vn2000Zone;

/// The quality of a dataset as it was approved (Circular 17/2010, article 7); no finding here is a refusal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Quality {
    /// Kind → how many.
    pub warnings: BTreeMap<String, u64>,
    /// Of parcels only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub borders: Option<Borders>,
}

/// How well the parcels of a dataset fit together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Borders {
    /// Edges that a neighbour has too.
    pub shared_edges: u64,
    /// Edges at roads, water and the rim.
    pub open_edges: u64,
    /// Square metres, to the square centimetre.
    pub overlap_area_m2: f64,
    pub gap_area_m2: f64,
    /// Overlaps and gaps too small to name.
    pub within_tolerance: u64,
    /// Greatest distance between borders that count as one, metres.
    pub largest_step_m: f64,
}

impl Borders {
    pub fn new(found: &Neighbours) -> Self {
        let rounded = |value: f64| (value * 1e4).round() / 1e4;
        Borders {
            shared_edges: found.matched_edges,
            open_edges: found.unmatched_edges,
            overlap_area_m2: rounded(found.overlap_area_m2),
            gap_area_m2: rounded(found.gap_area_m2),
            within_tolerance: found.within_tolerance as u64,
            largest_step_m: rounded(found.largest_step_m),
        }
    }
}

impl Quality {
    pub fn new(warnings: &[Finding], borders: Option<Borders>) -> Self {
        let mut counts = BTreeMap::new();
        for warning in warnings {
            *counts.entry(warning.kind.to_owned()).or_default() += 1;
        }
        Quality { warnings: counts, borders }
    }
}

/// Writes `reports/<dataset>/`: everything as text, JSON and map of faults, and a text for each commune to be sent
/// back. Without findings there is no folder. Returns the folder, relative to the site.
pub fn write_report(
    site: &Path,
    dataset: &str,
    zone: Option<Vn2000Zone>,
    found: Vec<Finding>,
) -> Result<Option<PathBuf>> {
    let folder = Path::new("reports").join(dataset);
    let fault = |e: io::Error| Fault::storage(Stage::Inspect, &folder, e);
    clear(&site.join(&folder)).map_err(fault)?;
    if found.is_empty() {
        return Ok(None);
    }
    let map = zone.filter(|_| found.iter().any(|finding| finding.at.is_some()));
    let map = map.map(|zone| fault_map::encode(&found, zone)).transpose()?;
    let report = Report::new(found);
    let mut json = serde_json::to_vec_pretty(&report.json()).unwrap_or_default();
    json.push(b'\n');
    let mut files = vec![("report.txt".to_owned(), report.text().into_bytes()), ("report.json".to_owned(), json)];
    files.extend(map.map(|bytes| ("faults.fgb".to_owned(), bytes)));
    let communes = report.by_commune.keys().filter(|code| !code.is_empty());
    files.extend(communes.map(|code| (format!("{code}.txt"), report.of_commune(code).text().into_bytes())));
    fs::create_dir_all(site.join(&folder)).map_err(fault)?;
    files.iter().try_for_each(|(name, bytes)| fs::write(site.join(&folder).join(name), bytes)).map_err(fault)?;
    Ok(Some(folder))
}

/// An older report must not be taken for this one.
fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}
