//! In which zone of VN-2000 a dataset of an edition was approved, by its signed record.

use std::path::Path;

use crate::model::crs::Vn2000Zone;

pub fn zone(edition: &Path, dataset: &str) -> Option<Vn2000Zone> {
    let record = edition.join("site/du-lieu/ho-so").join(dataset).join("record.json");
    let record: serde_json::Value = serde_json::from_slice(&std::fs::read(record).ok()?).ok()?;
    Vn2000Zone::try_from(record.get("crs")?.as_str()?.to_owned()).ok()
}
