//! The nouns of the field, without I/O.

pub mod admin_unit;
pub mod base_feature;
pub mod checking_key;
pub mod coefficient;
pub mod crs;
pub mod date;
pub mod deadline;
pub mod decision;
pub mod field;
pub mod label_point;
pub mod land_use;
pub mod land_use_plan;
pub mod localised;
pub mod metadata;
pub(crate) mod named;
pub mod parcel;
pub mod price_table;
pub mod search_words;
pub mod shapes;
pub mod shared_area;
pub mod statistics;
pub mod text;
pub mod tile_coord;
pub mod unit_event;
pub mod unit_history;
