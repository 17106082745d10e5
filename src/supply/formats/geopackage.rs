//! GeoPackage 1.3 (OGC 12-128r17): one layer with an R-tree, its system defined inside, provenance as metadata.

use std::io;
use std::path::Path;

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params};

use super::{Job, LAYER, Row};
use crate::supply::feature::{Kind, Value};
use crate::supply::frame::WGS84;

/// "GPKG", and version 1.3.
const APPLICATION_ID: i64 = 0x4750_4B47;
const VERSION: i64 = 10_300;

/// Pages kept in memory while it is written, in KiB.
const CACHE_KIB: i64 = 8 << 10;

pub fn write(job: &Job<'_>, path: &Path) -> io::Result<()> {
    fill(job, path).map_err(|e| match e {
        Failed::Disk(e) => e,
        Failed::Database(e) => io::Error::other(format!("the GeoPackage cannot be written: {e}")),
    })
}

enum Failed {
    Disk(io::Error),
    Database(rusqlite::Error),
}

impl From<rusqlite::Error> for Failed {
    fn from(e: rusqlite::Error) -> Self {
        Failed::Database(e)
    }
}

impl From<io::Error> for Failed {
    fn from(e: io::Error) -> Self {
        Failed::Disk(e)
    }
}

fn fill(job: &Job<'_>, path: &Path) -> Result<(), Failed> {
    let mut db = Connection::open(path)?;
    for (name, value) in [("application_id", APPLICATION_ID), ("user_version", VERSION), ("cache_size", -CACHE_KIB)] {
        db.pragma_update(None, name, value)?;
    }
    // It is thrown away when this breaks off: nothing has to be taken back.
    db.pragma_update(None, "journal_mode", "OFF")?;
    db.pragma_update(None, "synchronous", "OFF")?;
    let all = db.transaction()?;
    all.execute_batch(TABLES)?;
    let fields = job.fields();
    all.execute_batch(&table(&fields))?;
    let bounds = fill_table(job, &all, fields.len())?;
    all.execute_batch(TRIGGERS)?;
    describe(job, &all, bounds)?;
    all.commit()?;
    db.close().map_err(|(_, e)| e)?;
    Ok(())
}

fn fill_table(job: &Job<'_>, db: &Connection, fields: usize) -> Result<[f64; 4], Failed> {
    let places: String = (0..fields).map(|i| format!(", ?{}", i + 3)).collect();
    let mut insert = db.prepare(&format!("INSERT INTO {LAYER} VALUES (?1, ?2{places})"))?;
    let mut index = db.prepare(&format!("INSERT INTO rtree_{LAYER}_geom VALUES (?1, ?2, ?3, ?4, ?5)"))?;
    let mut whole = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    let (mut fid, srs) = (0i64, i32::from(job.frame.epsg()));
    let failed = |e: rusqlite::Error| io::Error::other(format!("the GeoPackage cannot be written: {e}"));
    job.rows(|row| {
        fid += 1;
        let own = row.bounds();
        whole = [whole[0].min(own[0]), whole[1].min(own[1]), whole[2].max(own[2]), whole[3].max(own[3])];
        let mut values = vec![Sql::Integer(fid), Sql::Blob(blob(&row, own, srs))];
        values.extend(row.values.into_iter().map(|value| match value {
            Value::Nothing => Sql::Null,
            Value::Integer(integer) => Sql::Integer(integer),
            Value::Real(real) => Sql::Real(real),
            Value::Text(text) => Sql::Text(text),
        }));
        insert.execute(rusqlite::params_from_iter(values)).map_err(failed)?;
        index.execute(params![fid, own[0], own[2], own[1], own[3]]).map_err(failed)?;
        Ok(())
    })?;
    Ok(whole)
}

/// A geometry as the format holds it: little-endian, with its box.
fn blob(row: &Row, [west, south, east, north]: [f64; 4], srs: i32) -> Vec<u8> {
    let mut bytes = b"GP\x00\x03".to_vec();
    bytes.extend(srs.to_le_bytes());
    [west, east, south, north].iter().for_each(|number| bytes.extend(number.to_le_bytes()));
    bytes.extend(row.wkb());
    bytes
}

fn describe(job: &Job<'_>, db: &Connection, [west, south, east, north]: [f64; 4]) -> Result<(), Failed> {
    let provenance = job.order.provenance;
    let (epsg, name, wkt) = (i64::from(job.frame.epsg()), job.frame.name(), job.frame.wkt());
    let system = "INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES (?1, ?2, ?3, ?4, ?5, NULL)";
    db.execute(system, params!["WGS 84", 4326, "EPSG", 4326, WGS84])?;
    db.execute(system, params![name, epsg, "EPSG", epsg, wkt])?;
    let moment = format!("{}T00:00:00.000Z", provenance.granted_on);
    let identifier = format!("Thửa đất, {}", provenance.request);
    let described = format!("{} {}", provenance.citation, provenance.licence);
    db.execute(
        "INSERT INTO gpkg_contents VALUES (?1, 'features', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![LAYER, identifier, described, moment, west, south, east, north, epsg],
    )?;
    db.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?1, 'geom', 'MULTIPOLYGON', ?2, 0, 0)",
        params![LAYER, epsg],
    )?;
    let schema = "https://www.iso.org/standard/53798.html";
    db.execute(
        "INSERT INTO gpkg_metadata VALUES (1, 'dataset', ?1, 'application/json', ?2)",
        params![schema, provenance.line()],
    )?;
    db.execute(
        "INSERT INTO gpkg_metadata_reference VALUES ('geopackage', NULL, NULL, NULL, ?1, 1, NULL)",
        params![moment],
    )?;
    Ok(())
}

fn table(fields: &[(&str, Kind)]) -> String {
    let columns: String = fields
        .iter()
        .map(|(name, kind)| {
            let kind = match kind {
                Kind::Integer => "INTEGER",
                Kind::Real => "REAL",
                Kind::Text => "TEXT",
            };
            format!(", \"{name}\" {kind}")
        })
        .collect();
    format!(
        "CREATE TABLE {LAYER} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom MULTIPOLYGON{columns});
         CREATE VIRTUAL TABLE rtree_{LAYER}_geom USING rtree(id, minx, maxx, miny, maxy);"
    )
}

const TABLES: &str = include_str!("geopackage.sql");
const TRIGGERS: &str = include_str!("geopackage_rtree.sql");
