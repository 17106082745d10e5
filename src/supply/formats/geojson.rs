//! GeoJSON (RFC 7946): WGS 84, longitude first, to a tenth of a millimetre. Provenance is a foreign member before
//! the features.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde_json::{Map, Number};

use super::{Job, Row};
use crate::supply::feature::Value;
use crate::supply::frame::Frame;
use crate::supply::provenance::KEY;

pub fn write(job: &Job<'_>, path: &Path) -> io::Result<()> {
    let mut out = BufWriter::new(File::create_new(path)?);
    write!(out, "{{\"type\":\"FeatureCollection\",\"{KEY}\":{},\"features\":[", job.order.provenance.json())?;
    let fields = job.fields();
    let mut parting = "\n";
    job.rows(|row| {
        let mut properties = Map::new();
        for ((name, _), value) in fields.iter().zip(&row.values) {
            properties.insert((*name).to_owned(), json(value));
        }
        let properties = serde_json::Value::Object(properties);
        let coordinates = coordinates(&row, &job.frame);
        let written = write!(
            out,
            "{parting}{{\"type\":\"Feature\",\"properties\":{properties},\"geometry\":{{\"type\":\"MultiPolygon\",\
             \"coordinates\":{coordinates}}}}}"
        );
        parting = ",\n";
        written
    })?;
    out.write_all(b"\n]}\n")?;
    out.flush()
}

fn coordinates(row: &Row, frame: &Frame) -> String {
    let ring = |ring: &Vec<[f64; 2]>| {
        let places = ring.iter().chain(ring.first());
        let places: Vec<String> = places.map(|[x, y]| format!("[{},{}]", frame.text(*x), frame.text(*y))).collect();
        format!("[{}]", places.join(","))
    };
    let polygon = |rings: &Vec<Vec<[f64; 2]>>| format!("[{}]", rings.iter().map(ring).collect::<Vec<_>>().join(","));
    format!("[{}]", row.polygons.iter().map(polygon).collect::<Vec<_>>().join(","))
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Nothing => serde_json::Value::Null,
        Value::Integer(integer) => (*integer).into(),
        Value::Real(real) => Number::from_f64(*real).map_or(serde_json::Value::Null, serde_json::Value::Number),
        Value::Text(text) => text.as_str().into(),
    }
}
