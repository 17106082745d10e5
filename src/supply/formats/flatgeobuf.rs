//! FlatGeobuf with a choice of fields or in VN-2000: written anew, with index and provenance in its head.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use flatgeobuf::{ColumnType, FgbCrs, FgbWriter, FgbWriterOptions, GeometryType};
use geozero::error::Result as GeozeroResult;
use geozero::{ColumnValue, GeomProcessor, GeozeroGeometry, PropertyProcessor};

use super::{Job, LAYER, Row};
use crate::supply::feature::{Kind, Value};
use crate::supply::flatgeobuf::with_provenance;

pub fn write(job: &Job<'_>, path: &Path) -> io::Result<()> {
    let header = job.selection.taken[0].0.header()?;
    let metadata = with_provenance(header.metadata(), job.order.provenance);
    let (name, wkt) = (job.frame.name(), job.frame.wkt());
    let options = FgbWriterOptions {
        crs: FgbCrs {
            org: Some("EPSG"),
            code: job.frame.epsg().into(),
            name: Some(&name),
            wkt: Some(&wkt),
            ..FgbCrs::default()
        },
        title: header.title(),
        description: header.description(),
        metadata: Some(&metadata),
        ..FgbWriterOptions::default()
    };
    let mut writer =
        FgbWriter::create_with_options(LAYER, GeometryType::MultiPolygon, options).map_err(io::Error::other)?;
    let fields = job.fields();
    for (name, kind) in &fields {
        let kind = match kind {
            Kind::Integer => ColumnType::Long,
            Kind::Real => ColumnType::Double,
            Kind::Text => ColumnType::String,
        };
        writer.add_column(name, kind, |_, _| {});
    }
    job.rows(|row| {
        let mut set = Ok(());
        let written = writer.add_feature_geom(Shape(&row), |feature| {
            let mut values = fields.iter().zip(&row.values).enumerate();
            set = values.try_for_each(|(i, ((name, _), value))| set_value(feature, i, name, value));
        });
        written.and(set).map_err(io::Error::other)
    })?;
    let mut out = BufWriter::new(File::create_new(path)?);
    writer.write(&mut out).map_err(io::Error::other)?;
    out.flush()
}

fn set_value(feature: &mut impl PropertyProcessor, i: usize, name: &str, value: &Value) -> GeozeroResult<()> {
    match value {
        Value::Nothing => return Ok(()),
        Value::Integer(integer) => feature.property(i, name, &ColumnValue::Long(*integer)),
        Value::Real(real) => feature.property(i, name, &ColumnValue::Double(*real)),
        Value::Text(text) => feature.property(i, name, &ColumnValue::String(text)),
    }
    .map(drop)
}

struct Shape<'a>(&'a Row);

impl GeozeroGeometry for Shape<'_> {
    fn process_geom<P: GeomProcessor>(&self, out: &mut P) -> GeozeroResult<()> {
        out.multipolygon_begin(self.0.polygons.len(), 0)?;
        for (i, rings) in self.0.polygons.iter().enumerate() {
            out.polygon_begin(false, rings.len(), i)?;
            for (k, ring) in rings.iter().enumerate() {
                out.linestring_begin(false, ring.len() + 1, k)?;
                ring.iter().chain(ring.first()).enumerate().try_for_each(|(n, [x, y])| out.xy(*x, *y, n))?;
                out.linestring_end(false, k)?;
            }
            out.polygon_end(false, i)?;
        }
        out.multipolygon_end(0)
    }
}
