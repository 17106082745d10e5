//! The approved snapshot: immutable, and signed by the approver.
//!
//! `snapshots/<dataset>/<first 16 hex of the record's digest>/` holds `record.json`, its minisign
//! signature `record.json.minisig`, the content files and attachments whose digests the record names,
//! and `record.json.2.minisig` where a second person signed.
//! `snapshots/<dataset>/approved` names the one that counts.

pub mod approve;
pub mod attachment;
mod boundaries;
pub mod countersign;
mod gather;
mod layer_writer;
mod noun;
pub mod parcel_runs;
pub mod quality;
pub mod record;
pub mod rotation;
mod secret_areas;
pub mod signature;
pub mod store;
pub mod succession;
pub mod trust;
mod writing;

use std::path::PathBuf;

use crate::disclose::Public;
use crate::disclose::report::DisclosureReport;
use crate::model::admin_unit::AdminUnit;
use crate::model::base_feature::BaseFeature;
use crate::model::coefficient::Coefficient;
use crate::model::land_use_plan::PlanZone;
use crate::model::parcel::Parcel;
use crate::model::price_table::PriceRow;
use crate::model::shapes::{GridCoord, Shapes, WorldCoord};
use crate::model::statistics::StatisticsRow;
use crate::model::unit_event::UnitEvent;
use record::Record;

/// One approved dataset, verified and in memory.
pub struct Snapshot {
    /// Name of the dataset's folder.
    pub id: String,
    /// Where it lies, relative to the site folder.
    pub folder: PathBuf,
    pub record: Record,
    /// Text of `record.json` and `record.json.minisig`, carried into the edition as proof.
    pub record_json: String,
    pub signature: String,
    /// What came in, what was let out, what was withheld and why; covered by the signature.
    pub disclosure: DisclosureReport,
    /// Text of `record.json.2.minisig`, where a second person signed.
    pub countersignature: Option<String>,
    pub content: Content,
}

pub enum Content {
    Parcels(Layer<Parcel>),
    /// Parcels that stay in the snapshot's files until [`parcel_runs::read`] brings some of them.
    ParcelsOnDisk,
    Plans(Layer<PlanZone>),
    Boundaries(Box<Boundaries>),
    /// One layer per source: roads are lines, water is areas, names are points.
    Base(Vec<Layer<BaseFeature>>),
    Prices(Vec<Public<PriceRow>>),
    Statistics(Vec<Public<StatisticsRow>>),
    Coefficients(Vec<Public<Coefficient>>),
}

/// Where parcels are while a snapshot is open: they are many times as much as everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parcels {
    InMemory,
    OnDisk,
}

/// Administrative units, today's and former ones.
pub struct Boundaries {
    /// Units in force when the dataset takes effect: what maps, pages and extents know.
    pub units: Layer<AdminUnit>,
    /// Generations that have ended or not yet begun, kept for looking up.
    pub former: Layer<AdminUnit>,
    /// Changes that led from one to the other, the earliest first.
    pub events: Vec<Public<UnitEvent>>,
}

/// Rows with geometry, both in one order that does not depend on the source's.
pub struct Layer<T> {
    pub rows: Vec<Public<T>>,
    /// For tiles: no stage after approval projects what it draws.
    pub world: Shapes<WorldCoord>,
    /// For areas, edges and print: VN-2000 exactly as approved, in the record's zone.
    pub grid: Shapes<GridCoord>,
}
