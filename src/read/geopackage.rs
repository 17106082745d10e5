//! GeoPackage (OGC 12-128) layers, opened read-only.

use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use super::{DeclaredCrs, Each, Row, Table, Value, geometry};
use crate::error::{Exit, Fault, Result, Stage};

pub struct GeoPackage {
    connection: Connection,
    path: PathBuf,
    layer: String,
    key: String,
    geometry: String,
    epsg: Option<i32>,
    columns: Vec<String>,
}

impl GeoPackage {
    /// Opens one layer; without a name the file must have exactly one.
    pub fn open(site: &Path, path: &Path, layer: Option<&str>) -> Result<Self> {
        let fault = |e: rusqlite::Error| unreadable(path, &e);
        let connection = connect(site, path)?;
        let layers = feature_layers(&connection).map_err(fault)?;
        let (layer, geometry, epsg) = choose(layers, layer).map_err(|problem| {
            Fault::new(Stage::Read, Exit::Input, problem).file(path).remedy("name an existing layer in [[source]]")
        })?;
        let (key, columns) = columns(&connection, &layer, &geometry).map_err(fault)?;
        Ok(GeoPackage { connection, path: path.to_owned(), layer, key, geometry, epsg, columns })
    }

    fn query(&self, columns: &[&str]) -> String {
        let wanted: String = columns.iter().map(|column| format!(", {}", quoted(column))).collect();
        let key = quoted(&self.key);
        format!("SELECT {key}, {}{wanted} FROM {} ORDER BY {key}", quoted(&self.geometry), quoted(&self.layer))
    }
}

impl Table for GeoPackage {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn crs(&self) -> DeclaredCrs {
        // 0 and -1 are GeoPackage's own "undefined".
        self.epsg.filter(|epsg| *epsg > 0).map_or(DeclaredCrs::Unknown, DeclaredCrs::Epsg)
    }

    fn rows(&self, columns: &[&str], each: &mut Each<'_>) -> Result<()> {
        let fault = |e: rusqlite::Error| unreadable(&self.path, &e);
        let mut statement = self.connection.prepare(&self.query(columns)).map_err(fault)?;
        let mut rows = statement.query([]).map_err(fault)?;
        while let Some(row) = rows.next().map_err(fault)? {
            let key: i64 = row.get(0).map_err(fault)?;
            let shape = match row.get_ref(1).map_err(fault)? {
                ValueRef::Blob(blob) => geometry::from_gpkg_blob(blob),
                _ => Err("there is no geometry".to_owned()),
            };
            let values = (0..columns.len()).map(|i| row.get_ref(i + 2).map(value)).collect::<Result<_, _>>();
            each(Row { place: format!("fid {key}"), values: values.map_err(fault)? }, shape)?;
        }
        Ok(())
    }
}

/// Names of the feature layers of a file.
pub fn layers(site: &Path, path: &Path) -> Result<Vec<String>> {
    let layers = feature_layers(&connect(site, path)?).map_err(|e| unreadable(path, &e))?;
    Ok(layers.into_iter().map(|layer| layer.0).collect())
}

fn connect(site: &Path, path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(site.join(path), flags).map_err(|e| unreadable(path, &e).into())
}

/// Text is kept as it is: a broken byte must be seen, not replaced, so it becomes a value no field accepts.
fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null | ValueRef::Blob(_) => Value::Null,
        ValueRef::Integer(i) => Value::Integer(i),
        ValueRef::Real(r) => Value::Real(r),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(_) => Value::Text("\u{fffd}".to_owned()),
        },
    }
}

/// Name, geometry column and EPSG code of every feature layer.
fn feature_layers(connection: &Connection) -> rusqlite::Result<Vec<(String, String, Option<i32>)>> {
    connection
        .prepare(
            "SELECT g.table_name, g.column_name, s.organization_coordsys_id FROM gpkg_geometry_columns g \
             JOIN gpkg_contents c ON c.table_name = g.table_name \
             LEFT JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id ORDER BY g.table_name",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}

fn choose<T>(layers: Vec<(String, String, T)>, wanted: Option<&str>) -> Result<(String, String, T), String> {
    let names = layers.iter().map(|layer| layer.0.as_str()).collect::<Vec<_>>().join(", ");
    match wanted {
        Some(name) => {
            layers.into_iter().find(|layer| layer.0 == name).ok_or(format!("there is no layer '{name}' among: {names}"))
        }
        None if layers.len() == 1 => layers.into_iter().next().ok_or_else(String::new),
        None => Err(format!("the file has {} layers: {names}", layers.len())),
    }
}

/// The key column, and all others but the geometry.
fn columns(connection: &Connection, layer: &str, geometry: &str) -> rusqlite::Result<(String, Vec<String>)> {
    let all: Vec<(String, bool)> = connection
        .prepare(&format!("PRAGMA table_info({})", quoted(layer)))?
        .query_map([], |row| Ok((row.get("name")?, row.get::<_, i64>("pk")? > 0)))?
        .collect::<rusqlite::Result<_>>()?;
    let key = all.iter().find(|column| column.1).map_or("rowid", |column| &column.0).to_owned();
    let rest = all.into_iter().map(|column| column.0).filter(|name| *name != key && name != geometry).collect();
    Ok((key, rest))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn unreadable(path: &Path, error: &rusqlite::Error) -> Fault {
    Fault::new(Stage::Read, Exit::Input, format!("the GeoPackage cannot be read: {error}"))
        .file(path)
        .remedy("export the layer again, and check that the copy is whole")
}
