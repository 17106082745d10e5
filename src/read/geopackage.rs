//! GeoPackage (OGC 12-128) layers and attribute tables.
//!
//! A GeoPackage is a database that somebody else wrote: it is opened as a file that nobody changes, its
//! schema is not trusted to call functions, and what lies beside it in a write-ahead log is not read, for no
//! digest covers it.

use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::{DeclaredCrs, Each, MAX_FEATURE_BYTES, Row, Table, Value, geometry, wkt_crs};
use crate::error::{Exit, Fault, Result, Stage};
use crate::model::shapes::{GeometryKind, GridCoord, Shapes};

pub struct GeoPackage {
    connection: Connection,
    path: PathBuf,
    layer: Layer,
    /// Absent for a view without one.
    key: Option<String>,
    columns: Vec<String>,
}

/// A table that the contents name.
#[derive(Clone)]
struct Layer {
    name: String,
    /// Absent for a table of attributes.
    geometry: Option<String>,
    crs: DeclaredCrs,
}

impl GeoPackage {
    /// Opens one layer; without a name the file must have exactly one, or no layer and one table of attributes.
    pub fn open(site: &Path, path: &Path, layer: Option<&str>) -> Result<Self> {
        let fault = |e: rusqlite::Error| unreadable(path, &e);
        let connection = connect(site, path)?;
        let layers = all_layers(&connection).map_err(fault)?;
        let layer = choose(layers, layer).map_err(|problem| {
            Fault::new(Stage::Read, Exit::Input, problem).file(path).remedy("name an existing layer in [[source]]")
        })?;
        let (key, columns) = columns(&connection, &layer).map_err(fault)?;
        Ok(GeoPackage { connection, path: path.to_owned(), layer, key, columns })
    }

    fn query(&self, columns: &[&str]) -> String {
        let key = self.key.as_deref().map(quoted);
        let shape = self.layer.geometry.as_deref().map(quoted);
        let selected = [key.clone(), shape].map(|column| column.unwrap_or("NULL".into())).join(", ");
        let wanted: String = columns.iter().map(|column| format!(", {}", quoted(column))).collect();
        let order = key.map(|key| format!(" ORDER BY {key}")).unwrap_or_default();
        format!("SELECT {selected}{wanted} FROM {}{order}", quoted(&self.layer.name))
    }

    fn shape(&self, value: ValueRef<'_>) -> std::result::Result<Shapes<GridCoord>, String> {
        match value {
            _ if self.layer.geometry.is_none() => Ok(Shapes::new(GeometryKind::Point)),
            ValueRef::Blob(blob) => geometry::from_gpkg_blob(blob),
            _ => Err("there is no geometry".to_owned()),
        }
    }
}

impl Table for GeoPackage {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn crs(&self) -> DeclaredCrs {
        self.layer.crs.clone()
    }

    fn rows(&self, columns: &[&str], each: &mut Each<'_>) -> Result<()> {
        let fault = |e: rusqlite::Error| unreadable(&self.path, &e);
        let mut statement = self.connection.prepare(&self.query(columns)).map_err(fault)?;
        let mut rows = statement.query([]).map_err(fault)?;
        let mut number = 0;
        while let Some(row) = rows.next().map_err(fault)? {
            number += 1;
            // Only a number may be named: a key of text may be a person's.
            let place = match row.get_ref(0).map_err(fault)? {
                ValueRef::Integer(key) => format!("fid {key}"),
                _ => format!("row {number}"),
            };
            let shape = self.shape(row.get_ref(1).map_err(fault)?);
            let values = (0..columns.len()).map(|i| row.get_ref(i + 2).map(value)).collect::<Result<_, _>>();
            each(Row { place, values: values.map_err(fault)? }, shape)?;
        }
        Ok(())
    }
}

/// Names of the layers and tables of attributes of a file.
pub fn layers(site: &Path, path: &Path) -> Result<Vec<String>> {
    let layers = all_layers(&connect(site, path)?).map_err(|e| unreadable(path, &e))?;
    Ok(layers.into_iter().map(|layer| layer.name).collect())
}

fn connect(site: &Path, path: &Path) -> Result<Connection> {
    let absolute = site.join(path);
    if let Some(beside) = unfinished(&absolute) {
        return Err(Fault::new(
            Stage::Read,
            Exit::Input,
            format!("changes of it still lie in a {beside} file beside it"),
        )
        .file(path)
        .remedy("close the file in every program that has it open, then copy it again")
        .into());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    // SQLite's own words for a missing file name no cause.
    std::fs::File::open(&absolute).map_err(|e| Fault::storage(Stage::Read, path, e))?;
    let connection = Connection::open_with_flags(immutable_uri(&absolute), flags).map_err(|e| unreadable(path, &e))?;
    restrict(&connection).map_err(|e| unreadable(path, &e))?;
    Ok(connection)
}

/// A log with changes, by its ending. An empty one is left behind by programs that only read.
fn unfinished(absolute: &Path) -> Option<&'static str> {
    let holds_something = |ending: &str| {
        let mut name = absolute.as_os_str().to_owned();
        name.push(ending);
        std::fs::metadata(name).is_ok_and(|file| file.len() > 0)
    };
    ["-wal", "-journal"].into_iter().find(|ending| holds_something(ending))
}

/// Without `immutable` SQLite would write its own files beside one that was copied in WAL mode.
fn immutable_uri(absolute: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    let bytes = absolute.as_os_str().as_encoded_bytes();
    let path: String = bytes
        .iter()
        .map(|byte| if plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    // A path that is not absolute would be taken for a host's name behind two slashes.
    format!("file:{path}?immutable=1")
}

/// What a hostile schema could reach for, taken away.
fn restrict(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MAX_FEATURE_BYTES as i32)?;
    connection.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, 1 << 20)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.pragma_update(None, "query_only", true)?;
    // A page that contradicts itself is an error then, and not a row more or less.
    connection.pragma_update(None, "cell_size_check", true)
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null | ValueRef::Blob(_) => Value::Null,
        ValueRef::Integer(i) => Value::Integer(i),
        ValueRef::Real(r) => Value::Real(r),
        ValueRef::Text(bytes) => Value::text(bytes),
    }
}

/// Every layer of features by its name, then every table of attributes.
fn all_layers(connection: &Connection) -> rusqlite::Result<Vec<Layer>> {
    let mut layers = if has_table(connection, "gpkg_geometry_columns")? { feature_layers(connection)? } else { vec![] };
    let attributes = connection
        .prepare(
            "SELECT table_name FROM gpkg_contents WHERE data_type IN ('attributes', 'aspatial') ORDER BY table_name",
        )?
        .query_map([], |row| Ok(Layer { name: row.get(0)?, geometry: None, crs: DeclaredCrs::Unknown }))?
        .collect::<rusqlite::Result<Vec<Layer>>>()?;
    layers.extend(attributes);
    Ok(layers)
}

fn has_table(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    let found = connection.query_row("SELECT 1 FROM sqlite_master WHERE lower(name) = ?1", [name], |_| Ok(()));
    Ok(found.optional()?.is_some())
}

fn feature_layers(connection: &Connection) -> rusqlite::Result<Vec<Layer>> {
    connection
        .prepare(
            "SELECT c.table_name, g.column_name, s.organization, s.organization_coordsys_id, s.definition \
             FROM gpkg_geometry_columns g \
             JOIN gpkg_contents c ON lower(c.table_name) = lower(g.table_name) \
             LEFT JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id ORDER BY c.table_name",
        )?
        .query_map([], |row| {
            let crs = declared_crs(row.get(2)?, row.get(3)?, row.get(4)?);
            Ok(Layer { name: row.get(0)?, geometry: Some(row.get(1)?), crs })
        })?
        .collect()
}

/// The code where the organisation is EPSG, and the definition where it is another or none. 0 and -1 are
/// GeoPackage's own "undefined".
fn declared_crs(organization: Option<String>, id: Option<i32>, definition: Option<String>) -> DeclaredCrs {
    let is_epsg = organization.is_some_and(|name| name.eq_ignore_ascii_case("EPSG"));
    let defined = wkt_crs::declared(definition.as_deref().unwrap_or_default());
    match id.filter(|id| is_epsg && *id > 0) {
        Some(code) => wkt_crs::agreed(code, defined),
        None if id.is_some_and(|id| id == 0 || id == -1) => DeclaredCrs::Unknown,
        None => defined,
    }
}

fn choose(layers: Vec<Layer>, wanted: Option<&str>) -> Result<Layer, String> {
    let names = layers.iter().map(|layer| layer.name.as_str()).collect::<Vec<_>>().join(", ");
    if let Some(wanted) = wanted {
        let found = layers.into_iter().find(|layer| layer.name == wanted);
        return found.ok_or(format!("there is no layer '{wanted}' among: {names}"));
    }
    let has_features = layers.iter().any(|layer| layer.geometry.is_some());
    let mut candidates: Vec<Layer> =
        layers.into_iter().filter(|layer| layer.geometry.is_some() || !has_features).collect();
    match (candidates.pop(), candidates.len()) {
        (Some(layer), 0) => Ok(layer),
        (None, _) => Err("the file has no layer".into()),
        (Some(_), others) => Err(format!("the file has {} layers: {names}", others + 1)),
    }
}

/// The key column, and all others but the geometry. A view has no key of its own; where it brings one along it
/// is named `fid` (GeoPackage's habit) or `OGC_FID`.
fn columns(connection: &Connection, layer: &Layer) -> rusqlite::Result<(Option<String>, Vec<String>)> {
    let all: Vec<(String, bool)> = connection
        .prepare("SELECT name, pk FROM pragma_table_info(?1)")?
        .query_map([&layer.name], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? > 0)))?
        .collect::<rusqlite::Result<_>>()?;
    let is_view: bool = connection
        .query_row("SELECT type = 'view' FROM sqlite_master WHERE lower(name) = lower(?1)", [&layer.name], |row| {
            row.get(0)
        })
        .optional()?
        .unwrap_or_default();
    let habitual = |name: &&String| ["fid", "ogc_fid"].contains(&name.to_ascii_lowercase().as_str());
    let key = match all.iter().find(|column| column.1) {
        Some((name, _)) => Some(name.clone()),
        None if is_view => all.iter().map(|column| &column.0).find(habitual).cloned(),
        None => Some("rowid".to_owned()),
    };
    let is_attribute = |name: &String| Some(name) != key.as_ref() && Some(name) != layer.geometry.as_ref();
    Ok((key.clone(), all.into_iter().map(|column| column.0).filter(is_attribute).collect()))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn unreadable(path: &Path, error: &rusqlite::Error) -> Fault {
    // SQLite quotes the schema, which may be as long as the file.
    let said: String = error.to_string().chars().take(300).collect();
    Fault::new(Stage::Read, Exit::Input, format!("the GeoPackage cannot be read: {said}"))
        .file(path)
        .remedy("export the layer again, and check that the copy is whole")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTENTS: &str = "
        CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT, srs_id INTEGER);
        CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER);
        CREATE TABLE gpkg_spatial_ref_sys (srs_id INTEGER, organization TEXT, organization_coordsys_id INTEGER, definition TEXT);
    ";

    const POINT: &str = "x'47500001000000000101000000000000000000F03F0000000000000040'";

    fn package(sql: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open(folder.path().join("t.gpkg")).unwrap();
        connection.execute_batch(CONTENTS).unwrap();
        connection.execute_batch(&sql.replace("POINT", POINT)).unwrap();
        folder
    }

    fn open(folder: &tempfile::TempDir, layer: Option<&str>) -> Result<GeoPackage> {
        GeoPackage::open(folder.path(), Path::new("t.gpkg"), layer)
    }

    fn rows(table: &GeoPackage, columns: &[&str]) -> Vec<(String, Vec<Value>, std::result::Result<usize, String>)> {
        let mut rows = vec![];
        let mut each = |row: Row, shape: std::result::Result<Shapes<GridCoord>, String>| {
            rows.push((row.place, row.values, shape.map(|shape| shape.len())));
            Ok(())
        };
        table.rows(columns, &mut each).unwrap();
        rows
    }

    const LAYER: &str = "
        CREATE TABLE thua (fid INTEGER PRIMARY KEY, geom BLOB, \"so \"\"hieu\"\"\" TEXT, ngay DATETIME, co BOOLEAN);
        INSERT INTO thua VALUES (7, POINT, 'A', '2026-01-05T23:30:00Z', 1), (3, NULL, CAST(x'ff' AS TEXT), NULL, 0);
        INSERT INTO gpkg_contents VALUES ('thua', 'features', 1);
        INSERT INTO gpkg_geometry_columns VALUES ('thua', 'geom', 1);
        INSERT INTO gpkg_spatial_ref_sys VALUES (1, 'epsg', 9210, 'undefined');
    ";

    #[test]
    fn a_layer_is_read_by_key_with_names_as_they_are() {
        let table = open(&package(LAYER), None).unwrap();
        assert_eq!(table.columns(), ["so \"hieu\"", "ngay", "co"]);
        assert_eq!(table.crs(), DeclaredCrs::Epsg(9210));
        let text = |text: &str| Value::Text(text.into());
        assert_eq!(
            rows(&table, &["so \"hieu\"", "ngay", "co"]),
            [
                (
                    "fid 3".into(),
                    vec![text("\u{fffd}"), Value::Null, Value::Integer(0)],
                    Err("there is no geometry".to_owned())
                ),
                ("fid 7".into(), vec![text("A"), text("2026-01-05T23:30:00Z"), Value::Integer(1)], Ok(1)),
            ]
        );
    }

    #[test]
    fn a_table_of_attributes_is_read_without_shapes() {
        let folder = package(
            "CREATE TABLE gia (stt INTEGER PRIMARY KEY, gia TEXT); INSERT INTO gia VALUES (1, '60000');
             INSERT INTO gpkg_contents VALUES ('gia', 'attributes', NULL);",
        );
        let table = open(&folder, None).unwrap();
        assert_eq!(rows(&table, &["gia"]), [("fid 1".into(), vec![Value::Text("60000".into())], Ok(0))]);
        let both = package(&format!(
            "{LAYER} CREATE TABLE gia (a); INSERT INTO gpkg_contents VALUES ('gia', 'attributes', 0);"
        ));
        assert_eq!(layers(both.path(), Path::new("t.gpkg")).unwrap(), ["thua", "gia"]);
        assert_eq!(open(&both, None).unwrap().layer.name, "thua");
        assert_eq!(open(&both, Some("gia")).unwrap().columns(), ["a"]);
    }

    #[test]
    fn a_view_is_read_with_or_without_a_key() {
        for (key, place) in [("fid", "fid 3"), ("co", "row 1")] {
            let folder = package(&format!(
                "{LAYER} CREATE VIEW xem AS SELECT {key}, geom, ngay FROM thua ORDER BY fid;
                 INSERT INTO gpkg_contents VALUES ('xem', 'features', 1);
                 INSERT INTO gpkg_geometry_columns VALUES ('xem', 'geom', 1);"
            ));
            let table = open(&folder, Some("xem")).unwrap();
            assert_eq!(rows(&table, &["ngay"])[0].0, place);
        }
    }

    #[test]
    fn a_key_of_text_is_never_shown() {
        let folder = package(
            "CREATE TABLE t (cccd TEXT PRIMARY KEY, a); INSERT INTO t VALUES ('CHU SU DUNG 0001', 1);
             INSERT INTO gpkg_contents VALUES ('t', 'attributes', 0);",
        );
        assert_eq!(rows(&open(&folder, None).unwrap(), &["a"])[0].0, "row 1");
    }

    #[test]
    fn a_definition_tells_the_zone_where_no_code_does() {
        let wkt = "PROJCS[\"x\",GEOGCS[\"x\",DATUM[\"D_Vietnam_2000\",SPHEROID[\"x\",6378137,298.25]]],\
             PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"False_Easting\",500000],\
             PARAMETER[\"Central_Meridian\",105.75],PARAMETER[\"Scale_Factor\",0.9999],UNIT[\"Meter\",1]]";
        let crs = |organization: &str, id: i32, definition: &str| {
            declared_crs(Some(organization.into()), Some(id), Some(definition.into()))
        };
        assert_eq!(crs("NONE", 100_001, wkt), DeclaredCrs::Epsg(9210));
        assert_eq!(crs("EPSG", 9210, wkt), DeclaredCrs::Epsg(9210));
        assert!(matches!(crs("EPSG", 9211, wkt), DeclaredCrs::Other(_)));
        assert_eq!(crs("NONE", -1, "undefined"), DeclaredCrs::Unknown);
        assert_eq!(crs("NONE", 0, "undefined"), DeclaredCrs::Unknown);
        assert_eq!(declared_crs(None, None, None), DeclaredCrs::Unknown);
    }

    #[test]
    fn a_file_with_changes_beside_it_is_refused_and_nothing_is_written_there() {
        let folder = package(&format!("PRAGMA journal_mode = WAL; {LAYER}"));
        let listing = || std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(listing(), 1, "closing takes the log in");
        assert_eq!(rows(&open(&folder, None).unwrap(), &["co"]).len(), 2);
        assert_eq!(listing(), 1);
        std::fs::write(folder.path().join("t.gpkg-wal"), "changes").unwrap();
        let said = open(&folder, None).err().unwrap().to_string();
        assert!(said.contains("-wal file beside it"), "{said}");
    }

    #[test]
    fn a_schema_cannot_reach_further_than_its_own_rows() {
        let folder = package(&format!(
            "{LAYER} CREATE VIEW xem AS SELECT fid, geom, load_extension('x') AS a FROM thua;
             INSERT INTO gpkg_contents VALUES ('xem', 'attributes', 1);"
        ));
        let said = open(&folder, Some("xem")).err().unwrap().to_string();
        assert!(said.contains("unsafe use of load_extension()"), "{said}");
        let table = open(&folder, Some("thua")).unwrap();
        assert!(table.connection.execute("DELETE FROM thua", []).is_err());
        assert!(table.connection.execute("ATTACH ':memory:' AS other", []).is_err());
    }

    #[test]
    fn a_value_larger_than_any_feature_is_refused() {
        let folder = package(&format!("{LAYER} UPDATE thua SET geom = zeroblob(67108865) WHERE fid = 7;"));
        let table = open(&folder, None).unwrap();
        let failure = table.rows(&["co"], &mut |_, _| Ok(())).unwrap_err().to_string();
        assert!(failure.contains("too big"), "{failure}");
    }

    #[test]
    fn an_odd_path_is_still_that_file() {
        let folder = package(LAYER);
        let odd = Path::new("x?mode=rw#%41 đ.gpkg");
        std::fs::rename(folder.path().join("t.gpkg"), folder.path().join(odd)).unwrap();
        assert_eq!(rows(&GeoPackage::open(folder.path(), odd, None).unwrap(), &["co"]).len(), 2);
    }
}
