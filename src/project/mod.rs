//! Coordinates: VN-2000 ↔ WGS 84 ↔ Web Mercator.

pub mod mercator;
pub mod qgis_srs;
pub mod vn2000;
