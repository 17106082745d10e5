//! GeoPackage 1.3 (OGC 12-128r17) as GDAL writes it, without a spatial index.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::projection::{GridMm, Zone};

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

pub enum Geometry<'a> {
    Point(GridMm),
    Line(&'a [GridMm]),
    MultiPolygon(&'a [Vec<Vec<GridMm>>]),
}

pub struct Layer<'a> {
    pub name: &'a str,
    pub geometry_column: &'a str,
    /// `POINT`, `LINESTRING` or `MULTIPOLYGON`.
    pub geometry_type: &'a str,
    pub zone: Zone,
    /// Name and GeoPackage type of each attribute.
    pub columns: &'a [(&'a str, &'a str)],
}

pub struct Package {
    db: Connection,
}

/// The day the files say they were changed: the generator knows no clock.
const LAST_CHANGE: &str = "2026-01-05T00:00:00.000Z";

const WGS84_WKT: &str = concat!(
    r#"GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],"#,
    r#"AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,"#,
    r#"AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]"#
);

const SCHEMA: &str = "
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY,
  organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
INSERT INTO gpkg_spatial_ref_sys VALUES
  ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', 'undefined Cartesian coordinate reference system'),
  ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', 'undefined geographic coordinate reference system');
";

impl Package {
    /// A new file in place of what stood there.
    pub fn create(path: &Path) -> Result<Self> {
        if path.exists() {
            std::fs::remove_file(path)?;
        }
        let db = Connection::open(path)?;
        // No page is ever cleaned or compacted, so that what was deleted is still found in the file.
        db.execute_batch(
            "PRAGMA application_id = 1196444487; PRAGMA user_version = 10300; PRAGMA secure_delete = OFF;
             PRAGMA auto_vacuum = NONE; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;",
        )?;
        db.execute_batch(SCHEMA)?;
        let add_srs = "INSERT INTO gpkg_spatial_ref_sys VALUES (?1, ?2, 'EPSG', ?2, ?3, ?4)";
        db.execute(
            add_srs,
            (
                "WGS 84 geodetic",
                4326,
                WGS84_WKT,
                "longitude/latitude coordinates in decimal degrees on the WGS 84 spheroid",
            ),
        )?;
        Ok(Package { db })
    }

    pub fn add_layer(&self, layer: &Layer) -> Result<()> {
        self.db.execute(
            "INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES (?1, ?2, 'EPSG', ?2, ?3, NULL)",
            (layer.zone.name, layer.zone.epsg, layer.zone.wkt()),
        )?;
        let columns: String = layer.columns.iter().map(|(name, kind)| format!(", \"{name}\" {kind}")).collect();
        self.db.execute_batch(&format!(
            "CREATE TABLE \"{}\" (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, \"{}\" {}{columns})",
            layer.name, layer.geometry_column, layer.geometry_type
        ))?;
        self.db.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change, srs_id) VALUES (?1, 'features', ?1, ?2, ?3)",
            (layer.name, LAST_CHANGE, layer.zone.epsg),
        )?;
        self.db.execute(
            "INSERT INTO gpkg_geometry_columns VALUES (?1, ?2, ?3, ?4, 0, 0)",
            (layer.name, layer.geometry_column, layer.geometry_type, layer.zone.epsg),
        )?;
        Ok(())
    }

    /// Writes rows in one transaction and widens the layer's extent by them.
    pub fn insert<'a>(&mut self, layer: &Layer, rows: impl Iterator<Item = (Geometry<'a>, Vec<Value>)>) -> Result<()> {
        let marks: String = (0..layer.columns.len()).map(|k| format!(", ?{}", k + 2)).collect();
        let names: String = layer.columns.iter().map(|(name, _)| format!(", \"{name}\"")).collect();
        let sql = format!("INSERT INTO \"{}\" (\"{}\"{names}) VALUES (?1{marks})", layer.name, layer.geometry_column);
        let mut extent = Extent::default();
        let transaction = self.db.transaction()?;
        {
            let mut statement = transaction.prepare(&sql)?;
            for (geometry, values) in rows {
                let (blob, row_extent) = blob(&geometry, layer.zone);
                extent.widen(&row_extent);
                statement.execute(params_from_iter(std::iter::once(Value::Blob(blob)).chain(values)))?;
            }
        }
        if extent.low[0] <= extent.high[0] {
            transaction.execute(
                "UPDATE gpkg_contents SET min_x = min(ifnull(min_x, ?2), ?2), min_y = min(ifnull(min_y, ?3), ?3),
                 max_x = max(ifnull(max_x, ?4), ?4), max_y = max(ifnull(max_y, ?5), ?5) WHERE table_name = ?1",
                (
                    layer.name,
                    metres(extent.low[0]),
                    metres(extent.low[1]),
                    metres(extent.high[0]),
                    metres(extent.high[1]),
                ),
            )?;
        }
        Ok(transaction.commit()?)
    }

    /// Deletes rows but leaves their bytes on the free pages, as an office's file would have them.
    pub fn forget(&self, layer: &Layer, column: &str, like: &str) -> Result<()> {
        self.db.execute(&format!("DELETE FROM \"{}\" WHERE \"{column}\" LIKE ?1", layer.name), [like])?;
        Ok(())
    }

    pub fn close(self) -> Result<()> {
        self.db.close().map_err(|(_, error)| error.into())
    }
}

struct Extent {
    low: GridMm,
    high: GridMm,
}

impl Default for Extent {
    fn default() -> Self {
        Extent { low: [i64::MAX; 2], high: [i64::MIN; 2] }
    }
}

impl Extent {
    fn add(&mut self, p: GridMm) {
        self.low = [self.low[0].min(p[0]), self.low[1].min(p[1])];
        self.high = [self.high[0].max(p[0]), self.high[1].max(p[1])];
    }

    fn widen(&mut self, other: &Extent) {
        self.add(other.low);
        self.add(other.high);
    }
}

fn metres(mm: i64) -> f64 {
    mm as f64 / 1000.0
}

/// The GeoPackage header with its envelope, then well-known binary.
fn blob(geometry: &Geometry, zone: Zone) -> (Vec<u8>, Extent) {
    let mut extent = Extent::default();
    let mut wkb = vec![];
    match geometry {
        Geometry::Point(p) => {
            begin(&mut wkb, 1);
            push_point(&mut wkb, *p, &mut extent);
        }
        Geometry::Line(line) => {
            begin(&mut wkb, 2);
            push_points(&mut wkb, line.iter().copied(), &mut extent);
        }
        Geometry::MultiPolygon(polygons) => {
            begin(&mut wkb, 6);
            push_count(&mut wkb, polygons.len());
            for polygon in *polygons {
                begin(&mut wkb, 3);
                push_count(&mut wkb, polygon.len());
                for ring in polygon {
                    push_points(&mut wkb, ring.iter().chain(&ring[..1]).copied(), &mut extent);
                }
            }
        }
    }
    // Version 0, little endian; a point needs no envelope.
    let has_envelope = !matches!(geometry, Geometry::Point(_));
    let mut blob = vec![b'G', b'P', 0, if has_envelope { 0b011 } else { 0b001 }];
    blob.extend(zone.epsg.to_le_bytes());
    if has_envelope {
        for value in [extent.low[0], extent.high[0], extent.low[1], extent.high[1]] {
            blob.extend(metres(value).to_le_bytes());
        }
    }
    blob.extend(wkb);
    (blob, extent)
}

fn begin(wkb: &mut Vec<u8>, kind: u32) {
    wkb.push(1);
    wkb.extend(kind.to_le_bytes());
}

fn push_count(wkb: &mut Vec<u8>, count: usize) {
    wkb.extend((count as u32).to_le_bytes());
}

fn push_points(wkb: &mut Vec<u8>, points: impl Iterator<Item = GridMm> + Clone, extent: &mut Extent) {
    push_count(wkb, points.clone().count());
    for point in points {
        push_point(wkb, point, extent);
    }
}

fn push_point(wkb: &mut Vec<u8>, point: GridMm, extent: &mut Extent) {
    extent.add(point);
    wkb.extend(metres(point[0]).to_le_bytes());
    wkb.extend(metres(point[1]).to_le_bytes());
}
