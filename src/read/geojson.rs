//! GeoJSON (RFC 7946, and the `crs` member of its forerunner of 2008) and sequences of GeoJSON features, one on
//! a line or behind record separators (RFC 8142). Both are read a feature at a time.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::geometry::{COLLECTION, ShapesBuilder};
use super::json_scanner::{JsonScanner, Stop};
use super::{DeclaredCrs, Each, MAX_FEATURE_BYTES, Row, Table, Value, wkt_crs};
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::shapes::{GridCoord, Shapes};

/// Members beside the features, such as the name of the layer and its coordinate system.
const MAX_MEMBER_BYTES: usize = 1 << 20;

/// Features may differ in their properties, but a layer has no more of them than a database table.
const MAX_COLUMNS: usize = 2_000;
const MAX_NAME_BYTES: usize = 255;

/// After so many damaged features the file is not worth reading on.
const MAX_DAMAGED: usize = 100;

/// RFC 8142 puts it before each text of a sequence.
const RECORD_SEPARATOR: u8 = 0x1e;

pub struct GeoJson {
    absolute: PathBuf,
    path: PathBuf,
    is_sequence: bool,
    columns: Vec<String>,
    crs: DeclaredCrs,
}

impl GeoJson {
    /// Opens a feature collection, and walks over it once for the names of all properties.
    pub fn open(site: &Path, path: &Path) -> Result<Self> {
        Self::open_as(site, path, false)
    }

    /// The same for a sequence of features.
    pub fn open_sequence(site: &Path, path: &Path) -> Result<Self> {
        Self::open_as(site, path, true)
    }

    fn open_as(site: &Path, path: &Path, is_sequence: bool) -> Result<Self> {
        let (absolute, path) = (site.join(path), path.to_owned());
        let mut table = GeoJson { absolute, path, is_sequence, columns: vec![], crs: DeclaredCrs::Unknown };
        let mut known = HashSet::new();
        let mut columns = vec![];
        table.crs = table.features(&mut |text| {
            // A damaged feature is named when the rows are read.
            let names = text.parse().map(|feature| feature.names()).unwrap_or_default();
            for name in names {
                if known.contains(name.as_ref()) {
                    continue;
                }
                if columns.len() == MAX_COLUMNS || name.len() > MAX_NAME_BYTES {
                    return Err(table.fault("the features have too many properties, or too long names of them").into());
                }
                known.insert(name.clone().into_owned());
                columns.push(name.into_owned());
            }
            Ok(())
        })?;
        table.columns = columns;
        Ok(table)
    }

    /// Calls `each` with the text of every feature, and tells the coordinate system that stands beside them.
    fn features(&self, each: &mut dyn FnMut(Text<'_>) -> Result<()>) -> Result<DeclaredCrs> {
        let file = File::open(&self.absolute).map_err(|e| Fault::storage(Stage::Read, &self.path, e))?;
        let reader = BufReader::with_capacity(1 << 18, file);
        if self.is_sequence {
            self.sequence(reader, each).map(|()| DeclaredCrs::Unknown)
        } else {
            let mut scanner = JsonScanner::new(reader);
            self.collection(&mut scanner, each).map_err(|stop| match stop {
                End::Each(failure) => failure,
                End::Scan(Stop::Io(e)) => Fault::storage(Stage::Read, &self.path, e).into(),
                End::Scan(Stop::Syntax(problem)) => {
                    let place = format!("line {}, column {}", scanner.line, scanner.column);
                    self.fault(problem).feature(place).into()
                }
            })
        }
    }

    fn collection<R: BufRead>(
        &self,
        scanner: &mut JsonScanner<R>,
        each: &mut dyn FnMut(Text<'_>) -> Result<()>,
    ) -> std::result::Result<DeclaredCrs, End> {
        let mut crs = DeclaredCrs::Unknown;
        let mut has_features = false;
        let mut member = vec![];
        scanner.skip_bom()?;
        scanner.expect(b'{', "the file does not begin as GeoJSON does")?;
        loop {
            scanner.value(&mut member, MAX_MEMBER_BYTES)?;
            let name: String = serde_json::from_slice(&member).map_err(|_| Stop::Syntax("a name is missing here"))?;
            scanner.expect(b':', "a colon is missing")?;
            match name.as_str() {
                "features" if has_features => Err(Stop::Syntax("there is a second list of features"))?,
                "features" => {
                    has_features = true;
                    self.list(scanner, each)?;
                }
                _ => {
                    scanner.value(&mut member, MAX_MEMBER_BYTES)?;
                    if name == "crs" {
                        crs = declared_crs(&member);
                    }
                }
            }
            if !scanner.comma_or(b'}')? {
                break;
            }
        }
        match (scanner.peek()?, has_features) {
            (Some(_), _) => Err(Stop::Syntax("something follows the end of the collection"))?,
            (None, false) => Err(Stop::Syntax("there is no list of features: export a FeatureCollection"))?,
            (None, true) => Ok(crs),
        }
    }

    fn list<R: BufRead>(
        &self,
        scanner: &mut JsonScanner<R>,
        each: &mut dyn FnMut(Text<'_>) -> Result<()>,
    ) -> std::result::Result<(), End> {
        let mut bytes = vec![];
        scanner.expect(b'[', "the features are not a list")?;
        if scanner.peek()? == Some(b']') {
            return Ok(scanner.expect(b']', "")?);
        }
        for number in 1.. {
            scanner.peek()?;
            let (line, column) = (scanner.line, scanner.column);
            scanner.value(&mut bytes, MAX_FEATURE_BYTES)?;
            each(Text { number, line, column, bytes: &bytes }).map_err(End::Each)?;
            if !scanner.comma_or(b']')? {
                break;
            }
        }
        Ok(())
    }

    fn sequence(&self, mut reader: impl BufRead, each: &mut dyn FnMut(Text<'_>) -> Result<()>) -> Result<()> {
        let storage = |e: io::Error| Fault::storage(Stage::Read, &self.path, e);
        let start = reader.fill_buf().map_err(storage)?;
        let end_of_record = if start.first() == Some(&RECORD_SEPARATOR) { RECORD_SEPARATOR } else { b'\n' };
        let (mut line, mut number) = (1, 0);
        let mut bytes = vec![];
        loop {
            bytes.clear();
            let mut record = reader.by_ref().take(MAX_FEATURE_BYTES as u64 + 1);
            if record.read_until(end_of_record, &mut bytes).map_err(storage)? == 0 {
                return Ok(());
            }
            if bytes.len() > MAX_FEATURE_BYTES {
                return Err(self.fault("a value is larger than can be read").feature(format!("line {line}")).into());
            }
            let text = bytes.strip_suffix(&[RECORD_SEPARATOR]).unwrap_or(&bytes);
            let text = if number == 0 { text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text) } else { text };
            if !text.trim_ascii().is_empty() {
                number += 1;
                each(Text { number, line, column: 1, bytes: text })?;
            }
            line += bytes.iter().filter(|b| **b == b'\n').count() as u64;
        }
    }

    fn fault(&self, problem: &str) -> Fault {
        Fault::new(Stage::Read, Exit::Input, format!("the GeoJSON cannot be read: {problem}"))
            .file(&self.path)
            .remedy("export the layer again, and check that the copy is whole")
    }
}

impl Table for GeoJson {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn crs(&self) -> DeclaredCrs {
        self.crs.clone()
    }

    fn rows(&self, columns: &[&str], each: &mut Each<'_>) -> Result<()> {
        let mut damaged = vec![];
        let read = self.features(&mut |text| match text.parse() {
            Ok(feature) => {
                let (values, shape) = feature.row(columns);
                each(Row { place: text.place(), values }, shape)
            }
            Err(problem) => {
                damaged.push(self.fault(&problem).feature(text.place()));
                if damaged.len() < MAX_DAMAGED { Ok(()) } else { Err(Failure { faults: vec![] }) }
            }
        });
        damaged.extend(read.err().into_iter().flat_map(|failure| failure.faults));
        Failure::unless_empty(damaged)
    }
}

/// Why a collection was not read to its end.
enum End {
    Scan(Stop),
    Each(Failure),
}

impl From<Stop> for End {
    fn from(stop: Stop) -> Self {
        End::Scan(stop)
    }
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        End::Scan(Stop::Io(error))
    }
}

/// One feature as it is written, and where.
struct Text<'a> {
    number: u64,
    line: u64,
    column: u64,
    bytes: &'a [u8],
}

impl<'a> Text<'a> {
    fn place(&self) -> String {
        format!("feature {} (line {})", self.number, self.line)
    }

    /// The error names place and problem and never repeats what is written there: it may be private.
    fn parse(&self) -> std::result::Result<Feature<'a>, String> {
        let feature: Feature<'a> = serde_json::from_slice(self.bytes).map_err(|e| self.problem(&e))?;
        if feature.kind == "Feature" { Ok(feature) } else { Err("this is not a feature".to_owned()) }
    }

    fn problem(&self, error: &serde_json::Error) -> String {
        let line = self.line + (error.line() as u64).saturating_sub(1);
        let before = if error.line() <= 1 { self.column - 1 } else { 0 };
        let column = before + error.column() as u64;
        let said = error.to_string();
        let said = match error.is_data() {
            true => "this is not a feature",
            false => said.split(" at line ").next().unwrap_or_default(),
        };
        format!("line {line}, column {column}: {said}")
    }
}

#[derive(Deserialize)]
struct Feature<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    geometry: Option<&'a RawValue>,
    #[serde(borrow, default)]
    properties: Option<Properties<'a>>,
}

/// Values are only cut out here; those that nobody asks for are never looked into.
struct Properties<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Feature<'a> {
    fn names(self) -> Vec<Cow<'a, str>> {
        self.properties.into_iter().flat_map(|properties| properties.0).map(|property| property.0).collect()
    }

    fn row(&self, columns: &[&str]) -> (Vec<Value>, std::result::Result<Shapes<GridCoord>, String>) {
        let mut values = vec![Value::Null; columns.len()];
        let mut seen = vec![false; columns.len()];
        let mut shape = match self.geometry.filter(|geometry| geometry.get() != "null") {
            Some(geometry) => shape(geometry),
            None => Err("there is no geometry".to_owned()),
        };
        for (name, raw) in self.properties.iter().flat_map(|properties| &properties.0) {
            let Some(i) = columns.iter().position(|column| column == name) else { continue };
            if std::mem::replace(&mut seen[i], true) {
                shape = Err(format!("the property '{name}' stands twice"));
            }
            values[i] = value(raw.get());
        }
        (values, shape)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Properties<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_map(PropertiesVisitor)
    }
}

struct PropertiesVisitor;

impl<'de> Visitor<'de> for PropertiesVisitor {
    type Value = Properties<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("properties")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Properties<'de>, A::Error> {
        let mut properties = vec![];
        while let Some((Name(name), value)) = map.next_entry()? {
            properties.push((name, value));
        }
        Ok(Properties(properties))
    }
}

/// `Cow` alone would copy every name.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// A figure keeps its digits; a list or an object is kept as it is written, as GDAL does.
fn value(json: &str) -> Value {
    match json.as_bytes() {
        b"null" => Value::Null,
        b"true" => Value::Integer(1),
        b"false" => Value::Integer(0),
        // Half a surrogate pair is a text that cannot be written; no field accepts what stands for it.
        [b'"', ..] => Value::Text(serde_json::from_str(json).unwrap_or_else(|_| "\u{fffd}".to_owned())),
        [b'{' | b'[', ..] => Value::Text(json.to_owned()),
        _ => Value::figure(json),
    }
}

#[derive(Deserialize)]
struct Geometry<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    coordinates: Option<&'a RawValue>,
}

fn shape(json: &RawValue) -> std::result::Result<Shapes<GridCoord>, String> {
    let geometry: Geometry<'_> = serde_json::from_str(json.get()).map_err(|_| "the geometry is none of GeoJSON")?;
    let (levels, end): (u8, fn(&mut ShapesBuilder, u8)) = match geometry.kind.as_ref() {
        "Point" => (0, end_points),
        "MultiPoint" => (1, end_points),
        "LineString" => (1, end_line),
        "MultiLineString" => (2, end_line),
        "Polygon" => (2, end_polygon),
        "MultiPolygon" => (3, end_polygon),
        "GeometryCollection" => return Err(COLLECTION.into()),
        _ => return Err("the geometry is of a type that GeoJSON does not define".into()),
    };
    let coordinates = geometry.coordinates.ok_or("the geometry has no coordinates")?;
    let mut builder = ShapesBuilder::default();
    let coords = Coords { level: levels, end, builder: &mut builder };
    let mut deserializer = serde_json::Deserializer::from_str(coordinates.get());
    let read = coords.deserialize(&mut deserializer);
    read.map_err(|_| format!("the coordinates are not those of a {}", geometry.kind))?;
    builder.finish()
}

/// What the end of a list makes of the coordinates in it; level 0 is a position.
fn end_points(builder: &mut ShapesBuilder, level: u8) {
    if level == 0 {
        builder.end_points();
    }
}

fn end_line(builder: &mut ShapesBuilder, level: u8) {
    if level == 1 {
        builder.end_line();
    }
}

fn end_polygon(builder: &mut ShapesBuilder, level: u8) {
    match level {
        1 => builder.end_ring(),
        2 => builder.end_polygon(),
        _ => {}
    }
}

/// Lists of lists of positions, fed to the builder as they are read.
struct Coords<'b> {
    level: u8,
    end: fn(&mut ShapesBuilder, u8),
    builder: &'b mut ShapesBuilder,
}

impl<'de> DeserializeSeed<'de> for Coords<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Coords<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("coordinates")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<(), A::Error> {
        let Coords { level, end, builder } = self;
        if level == 0 {
            let (x, y) = (ordinate(&mut list)?, ordinate(&mut list)?);
            while list.next_element::<IgnoredAny>()?.is_some() {}
            builder.coord(x, y);
        } else {
            while list.next_element_seed(Coords { level: level - 1, end, builder: &mut *builder })?.is_some() {}
        }
        end(builder, level);
        Ok(())
    }
}

/// Read from its digits: serde's own figures may differ in the last bit from those of other formats.
fn ordinate<'de, A: SeqAccess<'de>>(list: &mut A) -> std::result::Result<f64, A::Error> {
    let digits = list.next_element::<&'de RawValue>()?.ok_or_else(|| A::Error::custom("too few"))?;
    digits.get().parse().map_err(|_| A::Error::custom("not a number"))
}

/// `{"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::9210"}}`, or null.
fn declared_crs(member: &[u8]) -> DeclaredCrs {
    let crs: serde_json::Value = serde_json::from_slice(member).unwrap_or_default();
    let code = crs["properties"]["code"].as_i64().and_then(|code| i32::try_from(code).ok());
    match (crs["properties"]["name"].as_str(), code) {
        (Some(name), _) => named_crs(name),
        (None, Some(code)) if crs["type"] == "EPSG" => DeclaredCrs::Epsg(code),
        _ if crs.is_null() => DeclaredCrs::Unknown,
        _ => DeclaredCrs::Other("a crs member without a name".into()),
    }
}

fn named_crs(name: &str) -> DeclaredCrs {
    let parts: Vec<&str> = name.split(':').collect();
    let is_epsg = parts.iter().any(|part| part.eq_ignore_ascii_case("EPSG"));
    let code = parts.last().and_then(|code| code.parse().ok()).filter(|code| *code > 0);
    match (is_epsg, code) {
        (true, Some(code)) => DeclaredCrs::Epsg(code),
        _ if name.to_ascii_uppercase().ends_with("CRS84") => DeclaredCrs::Epsg(4326),
        _ => wkt_crs::declared(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(ending: &str, text: &str) -> Result<(tempfile::TempDir, GeoJson)> {
        let folder = tempfile::tempdir().unwrap();
        let name = PathBuf::from(format!("t.{ending}"));
        std::fs::write(folder.path().join(&name), text).unwrap();
        let table = if ending == "geojson" {
            GeoJson::open(folder.path(), &name)?
        } else {
            GeoJson::open_sequence(folder.path(), &name)?
        };
        Ok((folder, table))
    }

    type Read = Vec<(String, Vec<Value>, std::result::Result<usize, String>)>;

    fn rows(table: &GeoJson, columns: &[&str]) -> (Read, String) {
        let mut read = vec![];
        let end = table.rows(columns, &mut |row, shape| {
            read.push((row.place, row.values, shape.map(|shape| shape.coords.len())));
            Ok(())
        });
        (read, end.err().map(|failure| failure.to_string()).unwrap_or_default())
    }

    fn collection(features: &[&str]) -> String {
        format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}", features.join(",\n"))
    }

    fn feature(geometry: &str, properties: &str) -> String {
        format!("{{\"type\":\"Feature\",\"geometry\":{geometry},\"properties\":{properties}}}")
    }

    const SQUARE: &str = r#"{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,4],[0,0]]]}"#;

    #[test]
    fn columns_are_the_properties_of_all_features() {
        let text = collection(&[
            &feature(SQUARE, "{\"a\":1}"),
            &feature(SQUARE, "{\"b\":2,\"a\":3}"),
            &feature(SQUARE, "null"),
        ]);
        let (_folder, table) = open("geojson", &text).unwrap();
        assert_eq!(table.columns(), ["a", "b"]);
        let values: Vec<Vec<Value>> = rows(&table, &["b", "a"]).0.into_iter().map(|row| row.1).collect();
        assert_eq!(values[0], [Value::Null, Value::Integer(1)]);
        assert_eq!(values[1], [Value::Integer(2), Value::Integer(3)]);
        assert_eq!(values[2], [Value::Null, Value::Null]);
    }

    #[test]
    fn figures_keep_their_digits_and_other_values_their_meaning() {
        for (json, expected) in [
            ("0.1000000000000000055511151231257827", Value::Text("0.1000000000000000055511151231257827".into())),
            ("152.50", Value::Text("152.5".into())),
            ("12.0", Value::Integer(12)),
            ("true", Value::Integer(1)),
            (r#""Th\u1eeda \"1\"""#, Value::Text("Thửa \"1\"".into())),
            (r#"{"x":[1]}"#, Value::Text(r#"{"x":[1]}"#.into())),
            (r#""\ud800""#, Value::Text("\u{fffd}".into())),
        ] {
            assert_eq!(value(json), expected, "{json}");
        }
    }

    #[test]
    fn the_member_crs_is_read_wherever_it_stands() {
        let named = |name: &str| {
            format!("{{\"features\":[],\"crs\":{{\"type\":\"name\",\"properties\":{{\"name\":\"{name}\"}}}}}}")
        };
        for (text, crs) in [
            (named("urn:ogc:def:crs:EPSG::9210"), DeclaredCrs::Epsg(9210)),
            (named("EPSG:9210"), DeclaredCrs::Epsg(9210)),
            (named("urn:ogc:def:crs:EPSG:9.8:9210"), DeclaredCrs::Epsg(9210)),
            (named("urn:ogc:def:crs:OGC:1.3:CRS84"), DeclaredCrs::Epsg(4326)),
            (named("Hệ của xã"), DeclaredCrs::Other("Hệ của xã".into())),
            (
                "{\"crs\":{\"type\":\"EPSG\",\"properties\":{\"code\":9210}},\"features\":[]}".into(),
                DeclaredCrs::Epsg(9210),
            ),
            ("{\"crs\":null,\"features\":[]}".into(), DeclaredCrs::Unknown),
            ("{\"features\":[]}".into(), DeclaredCrs::Unknown),
        ] {
            assert_eq!(open("geojson", &text).unwrap().1.crs(), crs, "{text}");
        }
    }

    #[test]
    fn a_bad_shape_is_a_fault_of_its_row() {
        for (geometry, problem) in [
            ("null", "there is no geometry"),
            (r#"{"type":"GeometryCollection","geometries":[]}"#, COLLECTION),
            (r#"{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,4]]]}"#, "ring 1 is not closed"),
            (r#"{"type":"Polygon","coordinates":[]}"#, "a polygon has no ring"),
            (r#"{"type":"Point","coordinates":[1]}"#, "the coordinates are not those of a Point"),
            (r#"{"type":"Point","coordinates":[1,1e999]}"#, "a coordinate is not a number"),
            (r#"{"type":"Point","coordinates":["x",1]}"#, "the coordinates are not those of a Point"),
            (r#"{"type":"Polygon","coordinates":[[0,0]]}"#, "the coordinates are not those of a Polygon"),
            (r#"{"type":"Curve","coordinates":[0,0]}"#, "the geometry is of a type that GeoJSON does not define"),
            ("7", "the geometry is none of GeoJSON"),
        ] {
            let text = collection(&[&feature(SQUARE, "{}"), &feature(geometry, "{}"), &feature(SQUARE, "{}")]);
            let (read, end) = rows(&open("geojson", &text).unwrap().1, &[]);
            let shapes: Vec<_> = read.into_iter().map(|row| row.2).collect();
            assert_eq!(shapes, [Ok(4), Err(problem.to_owned()), Ok(4)], "{geometry}");
            assert_eq!(end, "");
        }
    }

    #[test]
    fn heights_are_dropped_and_figures_are_exact() {
        let text =
            collection(&[&feature(r#"{"type":"Point","coordinates":[585432.1234567,2301234.7654321,12,7]}"#, "{}")]);
        let (_folder, table) = open("geojson", &text).unwrap();
        let mut found = vec![];
        let mut each = |_, shape: std::result::Result<Shapes<GridCoord>, String>| {
            found.extend(shape.unwrap().coords);
            Ok(())
        };
        table.rows(&[], &mut each).unwrap();
        assert_eq!(found, [[585432.1234567, 2301234.7654321]]);
    }

    #[test]
    fn a_property_that_stands_twice_is_a_fault_of_its_row() {
        let text = collection(&[&feature(SQUARE, "{\"a\":1,\"a\":2}")]);
        let (read, _) = rows(&open("geojson", &text).unwrap().1, &["a"]);
        assert_eq!(read[0].2, Err("the property 'a' stands twice".to_owned()));
    }

    #[test]
    fn a_syntax_error_names_line_and_column_and_no_value() {
        let text = collection(&[
            &feature(SQUARE, "{\"a\":1}"),
            &feature(SQUARE, "{\"a\":tru}"),
            &feature(SQUARE, "{\"a\":\"Trần\"}"),
        ]);
        let (read, end) = rows(&open("geojson", &text).unwrap().1, &["a"]);
        assert_eq!(read.len(), 2);
        assert!(end.contains("feature 2 (line 3)") && end.contains("line 3, column 118"), "{end}");
        let cut = open("geojson", &text[..text.len() - 30]).err().unwrap().to_string();
        assert!(cut.contains("line 4, column 98") && cut.contains("not whole"), "{cut}");
        let wrong_type = collection(&[&feature(SQUARE, "\"CHỦ SỬ DỤNG 0001\"")]);
        let (_, end) = rows(&open("geojson", &wrong_type).unwrap().1, &[]);
        assert!(end.contains("this is not a feature") && !end.contains("0001"), "{end}");
    }

    #[test]
    fn a_bad_line_of_a_sequence_does_not_stop_the_others() {
        let lines = [
            feature(SQUARE, "{\"a\":1}"),
            "{\"type\":\"Feature\",[".into(),
            String::new(),
            feature(SQUARE, "{\"b\":2}"),
        ];
        let (_folder, table) = open("geojsonl", &lines.join("\r\n")).unwrap();
        assert_eq!(table.columns(), ["a", "b"]);
        let (read, end) = rows(&table, &["b"]);
        assert_eq!(
            read.iter().map(|row| row.0.as_str()).collect::<Vec<_>>(),
            ["feature 1 (line 1)", "feature 3 (line 4)"]
        );
        assert!(end.contains("feature 2 (line 2)"), "{end}");
    }

    #[test]
    fn record_separators_are_accepted_and_then_a_feature_may_take_several_lines() {
        let pretty = feature(SQUARE, "{\"a\":1}").replace(',', ",\n");
        let (_folder, table) = open("geojsons", &format!("\u{1e}{pretty}\n\u{1e}{pretty}\n")).unwrap();
        let (read, end) = rows(&table, &["a"]);
        assert_eq!((read.len(), end.as_str()), (2, ""));
        assert_eq!(read[1].1, [Value::Integer(1)]);
    }

    #[test]
    fn what_is_no_feature_collection_is_refused() {
        for text in ["", "[]", "{}", "{\"features\":{}}", "{\"features\":[]}x", "{\"features\":[],\"features\":[]}"] {
            assert!(open("geojson", text).is_err(), "{text}");
        }
        let deep = format!("{{\"features\":[{}", "[".repeat(1_000_000));
        assert!(open("geojson", &deep).err().unwrap().to_string().contains("nested too deeply"));
    }
}
