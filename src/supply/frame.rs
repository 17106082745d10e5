//! The coordinate system of an extract: its name, its definitions, and the way there from WGS 84.

use std::io;

use super::source::{Selection, parts};
use super::{Crs, Order, refused};
use crate::model::crs::Vn2000Zone;
use crate::project::vn2000::Transformer;

/// A tenth of a millimetre: what the projection is good for.
const METRE_DIGITS: f64 = 1e4;

const GEOGRAPHIC: &str = r#"GEOGCS["VN-2000",DATUM["Vietnam_2000",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6756"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4756"]]"#;
const GEOGRAPHIC_ESRI: &str = r#"GEOGCS["GCS_VN_2000",DATUM["D_Vietnam_2000",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
pub const WGS84: &str = r#"GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]"#;
const WGS84_ESRI: &str = r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;

pub struct Frame {
    zone: Option<(Vn2000Zone, Transformer)>,
}

impl Frame {
    /// # Errors
    /// `zone` where the edition does not say in which zone a file was approved, or files were in different ones.
    pub fn of(order: &Order<'_>, selection: &Selection) -> io::Result<Frame> {
        match order.output.crs {
            Crs::Wgs84 => Ok(Frame { zone: None }),
            Crs::Vn2000 => {
                let mut zones = selection.taken.iter().map(|(source, _)| zone_of(order, &source.path));
                let first = zones.next().flatten().ok_or_else(|| refused("zone"))?;
                let same = zones.all(|zone| zone == Some(first));
                if same { Ok(Frame { zone: Some((first, Transformer::new(first))) }) } else { Err(refused("zone")) }
            }
        }
    }

    /// Longitude and latitude of WGS 84 → this system; easting and northing rounded to a tenth of a millimetre.
    pub fn place(&self, degrees: [f64; 2]) -> io::Result<[f64; 2]> {
        let Some((_, transformer)) = &self.zone else { return Ok(degrees) };
        let grid = transformer.grid_from_degrees(degrees).map_err(|e| io::Error::other(e.to_string()))?;
        Ok(grid.map(|metres| (metres * METRE_DIGITS).round() / METRE_DIGITS))
    }

    /// A coordinate in decimals, to a tenth of a millimetre on the ground.
    pub fn text(&self, number: f64) -> String {
        let digits = if self.is_degrees() { 9 } else { 4 };
        let text = format!("{number:.digits$}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }

    pub fn is_degrees(&self) -> bool {
        self.zone.is_none()
    }

    pub fn epsg(&self) -> u16 {
        self.zone.as_ref().map_or(4326, |(zone, _)| zone.epsg)
    }

    pub fn name(&self) -> String {
        self.zone.as_ref().map_or_else(|| "WGS 84".into(), |(zone, _)| name(*zone))
    }

    /// WKT 1 with EPSG codes.
    pub fn wkt(&self) -> String {
        let Some((zone, _)) = &self.zone else { return WGS84.to_owned() };
        format!(
            "PROJCS[\"{}\",{GEOGRAPHIC},PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"latitude_of_origin\",0],\
             PARAMETER[\"central_meridian\",{}],PARAMETER[\"scale_factor\",0.9999],PARAMETER[\"false_easting\",500000],\
             PARAMETER[\"false_northing\",0],UNIT[\"metre\",1,AUTHORITY[\"EPSG\",\"9001\"]],AXIS[\"Easting\",EAST],\
             AXIS[\"Northing\",NORTH],AUTHORITY[\"EPSG\",\"{}\"]]",
            name(*zone),
            zone.meridian_deg(),
            zone.epsg
        )
    }

    /// WKT 1 as a `.prj` has it.
    pub fn wkt_esri(&self) -> String {
        let Some((zone, _)) = &self.zone else { return WGS84_ESRI.to_owned() };
        format!(
            "PROJCS[\"{}\",{GEOGRAPHIC_ESRI},PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"False_Easting\",500000.0],\
             PARAMETER[\"False_Northing\",0.0],PARAMETER[\"Central_Meridian\",{}],PARAMETER[\"Scale_Factor\",0.9999],\
             PARAMETER[\"Latitude_Of_Origin\",0.0],UNIT[\"Meter\",1.0]]",
            name(*zone).replace(" / ", "_").replace(' ', "_"),
            zone.meridian_deg()
        )
    }
}

/// As EPSG calls it.
pub fn name(zone: Vn2000Zone) -> String {
    match zone.epsg {
        5897 => "VN-2000 / TM-3 zone 482".into(),
        5898 => "VN-2000 / TM-3 zone 491".into(),
        _ => format!("VN-2000 / TM-3 {}-{:02}", zone.meridian_arcmin / 60, zone.meridian_arcmin % 60),
    }
}

/// The zone in which the dataset of a file was approved, from the signed record in the edition.
fn zone_of(order: &Order<'_>, path: &str) -> Option<Vn2000Zone> {
    let (_, dataset) = parts(path)?;
    crate::release::zone(&order.edition.dir, dataset)
}
