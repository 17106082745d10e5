//! The findings as a FlatGeobuf layer to open in QGIS beside the source: polygons, lines and points in the
//! dataset's own zone of VN-2000 (easting, northing).

use flatgeobuf::{ColumnType, FgbCrs, FgbWriter, FgbWriterOptions, GeometryType};
use geozero::error::Result as GeozeroResult;
use geozero::{ColumnValue, GeomProcessor, GeozeroGeometry, PropertyProcessor};

use super::finding::{Finding, Severity};
use crate::error::{Exit, Fault, Result, Stage};
use crate::model::crs::Vn2000Zone;
use crate::model::shapes::GridCoord;

/// Encodes every finding that has a place; those of tables have none and stand in the report alone.
///
/// # Errors
/// Exit 1 when the layer cannot be encoded.
pub fn encode(findings: &[Finding], zone: Vn2000Zone) -> Result<Vec<u8>> {
    let fault = |e: &dyn std::fmt::Display| Fault::new(Stage::Inspect, Exit::Unexpected, e.to_string());
    let placed: Vec<Place<'_>> = findings.iter().filter_map(Place::of).collect();
    let name = format!("VN-2000 {}", zone.meridian_text());
    let options = FgbWriterOptions {
        write_index: !placed.is_empty(),
        // A map of faults mixes points, lines and polygons; each keeps its own type.
        promote_to_multi: false,
        detect_type: false,
        crs: FgbCrs { org: Some("EPSG"), code: i32::from(zone.epsg), name: Some(&name), ..FgbCrs::default() },
        ..FgbWriterOptions::default()
    };
    let mut writer =
        FgbWriter::create_with_options("findings", GeometryType::Unknown, options).map_err(|e| fault(&e))?;
    for column in ["kind", "severity", "commune", "feature", "problem"] {
        writer.add_column(column, ColumnType::String, |_, _| {});
    }
    writer.add_column("area_m2", ColumnType::Double, |_, _| {});
    for place in placed {
        let finding = place.finding;
        let mut properties = Ok(());
        writer
            .add_feature_geom(place, |feature| properties = set_all(feature, finding))
            .and(properties)
            .map_err(|e| fault(&e))?;
    }
    let mut bytes = vec![];
    writer.write(&mut bytes).map_err(|e| fault(&e))?;
    Ok(bytes)
}

fn set_all(feature: &mut impl PropertyProcessor, finding: &Finding) -> GeozeroResult<()> {
    let severity = match finding.severity {
        Severity::Warning => "warning",
        Severity::Refusal => "refusal",
    };
    let fault = &finding.fault;
    let texts = [
        ("kind", Some(finding.kind)),
        ("severity", Some(severity)),
        ("commune", finding.commune.as_deref()),
        ("feature", fault.feature.as_deref()),
        ("problem", Some(fault.problem.as_str())),
    ];
    for (i, (name, text)) in texts.into_iter().enumerate() {
        if let Some(text) = text {
            feature.property(i, name, &ColumnValue::String(text))?;
        }
    }
    if let Some(area_m2) = finding.area_m2 {
        feature.property(5, "area_m2", &ColumnValue::Double(area_m2))?;
    }
    Ok(())
}

/// A finding and what is drawn of it.
struct Place<'a> {
    finding: &'a Finding,
    coords: &'a [GridCoord],
}

impl<'a> Place<'a> {
    fn of(finding: &'a Finding) -> Option<Self> {
        let coords = if finding.outline.len() > 1 { &finding.outline } else { finding.at.as_slice() };
        let is_finite = coords.iter().flatten().all(|v| v.is_finite());
        (!coords.is_empty() && is_finite).then_some(Place { finding, coords })
    }
}

impl GeozeroGeometry for Place<'_> {
    fn process_geom<P: GeomProcessor>(&self, out: &mut P) -> GeozeroResult<()> {
        match self.coords {
            [[x, y]] => {
                out.point_begin(0)?;
                out.xy(*x, *y, 0)?;
                out.point_end(0)
            }
            [_, _] => self.line(false, true, out),
            _ => {
                out.polygon_begin(true, 1, 0)?;
                self.line(true, false, out)?;
                out.polygon_end(true, 0)
            }
        }
    }
}

impl Place<'_> {
    fn line<P: GeomProcessor>(&self, close: bool, tagged: bool, out: &mut P) -> GeozeroResult<()> {
        out.linestring_begin(tagged, self.coords.len() + usize::from(close), 0)?;
        let closing = self.coords.first().filter(|_| close);
        for (i, [x, y]) in self.coords.iter().chain(closing).enumerate() {
            out.xy(*x, *y, i)?;
        }
        out.linestring_end(tagged, 0)
    }
}
