//! FlatGeobuf in WGS 84 (EPSG:4326, longitude first), with index, approval and citation in its head.

use flatgeobuf::{ColumnType, FgbCrs, FgbWriter, FgbWriterOptions, GeometryType};
use geozero::error::{GeozeroError, Result as GeozeroResult};
use geozero::{ColumnValue, GeomProcessor, GeozeroGeometry, PropertyProcessor};

use crate::disclose::Public;
use crate::error::{Exit, Fault, Result, Stage};
use crate::model::field::{Fields, Value};
use crate::model::shapes::{GeometryKind, GridCoord, Shapes};
use crate::project::vn2000::Transformer;
use crate::snapshot::record::Record;

/// Encodes rows and the features of `grid` that belong to them (VN-2000, the record's zone). Coordinates
/// come from the approved ones, not from the tile grid: exact to the projection's 0.1 mm.
pub fn encode<T: Fields>(
    record: &Record,
    rows: &[&Public<T>],
    grid: &Shapes<GridCoord>,
    features: &[usize],
    path: &str,
) -> Result<Vec<u8>> {
    let fault = |e: &dyn std::fmt::Display| Fault::new(Stage::Extract, Exit::Unexpected, e.to_string()).file(path);
    let zone = record.crs.ok_or_else(|| fault(&"a layer with geometry has no coordinate system"))?;
    let transformer = Transformer::new(zone);
    let metadata = metadata(record).to_string();
    let mut writer =
        FgbWriter::create_with_options(&record.dataset, geometry_type(grid.kind), options(record, &metadata))
            .map_err(|e| fault(&e))?;
    let columns = columns(rows);
    for (name, kind) in &columns {
        writer.add_column(name, *kind, |_, _| {});
    }
    for (row, feature) in rows.iter().zip(features) {
        let shape = Shape { grid, feature: *feature, transformer: &transformer };
        let mut properties = Ok(());
        writer
            .add_feature_geom(shape, |feature| {
                properties =
                    columns.iter().enumerate().try_for_each(|(i, (name, _))| set(feature, i, name, row.value(name)));
            })
            .and(properties)
            .map_err(|e| fault(&e))?;
    }
    let mut bytes = vec![];
    writer.write(&mut bytes).map_err(|e| fault(&e))?;
    Ok(bytes)
}

fn geometry_type(kind: GeometryKind) -> GeometryType {
    match kind {
        GeometryKind::Point => GeometryType::Point,
        GeometryKind::Line => GeometryType::MultiLineString,
        GeometryKind::Polygon => GeometryType::MultiPolygon,
    }
}

fn options<'a>(record: &'a Record, metadata: &'a str) -> FgbWriterOptions<'a> {
    FgbWriterOptions {
        write_index: true,
        crs: FgbCrs { org: Some("EPSG"), code: 4326, name: Some("WGS 84"), ..FgbCrs::default() },
        title: Some(&record.title.vi),
        description: Some("Thông tin công bố, không thay thế trích lục"),
        metadata: Some(metadata),
        ..FgbWriterOptions::default()
    }
}

/// What a file must say of itself wherever it is carried: decision, source and how to cite it.
fn metadata(record: &Record) -> serde_json::Value {
    let decision = &record.decision;
    serde_json::json!({
        "dataset": record.dataset,
        "decision": decision,
        "sources": record.sources,
        "citation": format!("{}, {} ngày {}", decision.authority, decision.number, crate::model::text::date_vi(decision.date)),
    })
}

fn columns<T: Fields>(rows: &[&Public<T>]) -> Vec<(&'static str, ColumnType)> {
    let Some(first) = rows.first() else { return vec![] };
    let kind = |name: &str| match first.value(name) {
        Some(Value::Integer(_)) => ColumnType::Long,
        Some(Value::Real(_)) => ColumnType::Double,
        _ => ColumnType::String,
    };
    T::NAMES.iter().map(|name| (*name, kind(name))).collect()
}

fn set(feature: &mut impl PropertyProcessor, i: usize, name: &str, value: Option<Value<'_>>) -> GeozeroResult<()> {
    match value {
        Some(Value::Text(Some(text))) => feature.property(i, name, &ColumnValue::String(&text)),
        Some(Value::Integer(Some(integer))) => feature.property(i, name, &ColumnValue::Long(integer)),
        Some(Value::Real(Some(real))) => feature.property(i, name, &ColumnValue::Double(real)),
        _ => Ok(false),
    }
    .map(|_| ())
}

/// One feature, projected as it is handed over.
struct Shape<'a> {
    grid: &'a Shapes<GridCoord>,
    feature: usize,
    transformer: &'a Transformer,
}

impl GeozeroGeometry for Shape<'_> {
    fn process_geom<P: GeomProcessor>(&self, out: &mut P) -> GeozeroResult<()> {
        let parts = self.grid.parts(self.feature);
        match self.grid.kind {
            GeometryKind::Point => {
                out.point_begin(0)?;
                self.grid.feature_rings(self.feature).take(1).try_for_each(|point| self.coords(point, false, out))?;
                out.point_end(0)
            }
            GeometryKind::Line => {
                out.multilinestring_begin(parts.len(), 0)?;
                for (i, part) in parts.enumerate() {
                    self.grid.rings(part).try_for_each(|line| self.line(i, self.grid.ring(line), false, out))?;
                }
                out.multilinestring_end(0)
            }
            GeometryKind::Polygon => {
                out.multipolygon_begin(parts.len(), 0)?;
                for (i, part) in parts.enumerate() {
                    let rings = self.grid.rings(part);
                    out.polygon_begin(false, rings.len(), i)?;
                    rings.enumerate().try_for_each(|(k, ring)| self.line(k, self.grid.ring(ring), true, out))?;
                    out.polygon_end(false, i)?;
                }
                out.multipolygon_end(0)
            }
        }
    }
}

impl Shape<'_> {
    fn line<P: GeomProcessor>(&self, i: usize, coords: &[GridCoord], close: bool, out: &mut P) -> GeozeroResult<()> {
        out.linestring_begin(false, coords.len() + usize::from(close), i)?;
        self.coords(coords, close, out)?;
        out.linestring_end(false, i)
    }

    fn coords<P: GeomProcessor>(&self, coords: &[GridCoord], close: bool, out: &mut P) -> GeozeroResult<()> {
        let closing = coords.first().filter(|_| close);
        for (i, coord) in coords.iter().chain(closing).enumerate() {
            let [lon, lat] =
                self.transformer.degrees_from_grid(*coord).map_err(|e| GeozeroError::Geometry(e.to_string()))?;
            out.xy(lon, lat, i)?;
        }
        Ok(())
    }
}
