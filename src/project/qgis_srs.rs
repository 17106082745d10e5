//! A coordinate system as files of QGIS write it.

/// By code and by definition: of a code alone QGIS makes no system.
pub fn qgis_srs(epsg: u16, definition: &str) -> String {
    format!("<spatialrefsys><proj4>{definition} +no_defs</proj4><authid>EPSG:{epsg}</authid></spatialrefsys>")
}
