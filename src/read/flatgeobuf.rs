//! FlatGeobuf (version 3), read from front to back and never through its index: the index orders features by
//! place, and a false one would hide some.
//!
//! A size in the file is held against the bytes that are left before memory is asked for, and every buffer is
//! verified before it is looked into.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flatgeobuf::{
    ColumnType, Geometry, GeometryType, Header, size_prefixed_root_as_feature, size_prefixed_root_as_header,
};

use super::geometry::{COLLECTION, CURVES, CUT_OFF, ShapesBuilder};
use super::{DeclaredCrs, Each, MAX_FEATURE_BYTES, Row, Table, Value, wkt_crs};
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::shapes::{GridCoord, Shapes};

/// A hundred columns and a definition of the coordinate system take 20 KiB.
const MAX_HEADER_BYTES: u64 = 10 << 20;

/// Bytes of one node of the index: a box of four numbers and an offset.
const NODE_BYTES: u128 = 40;

pub struct FlatGeobuf {
    absolute: PathBuf,
    path: PathBuf,
    columns: Vec<String>,
    types: Vec<ColumnType>,
    crs: DeclaredCrs,
    kind: GeometryType,
    /// Number of features by the header; 0 where the writer did not know.
    features: u64,
    features_at: u64,
}

impl FlatGeobuf {
    /// Opens the file and reads its header.
    pub fn open(site: &Path, path: &Path) -> Result<Self> {
        let absolute = site.join(path);
        let (header, bytes) = read_header(&absolute, path)?;
        let damaged = || damaged(path, "its header is damaged");
        let after_header = 8 + header.len() as u64;
        let header = size_prefixed_root_as_header(&header).map_err(|_| damaged())?;
        let features_at = after_header + index_bytes(&header).ok_or_else(damaged)?;
        if features_at > bytes {
            return Err(self::damaged(path, "it ends inside its index").into());
        }
        let columns = header.columns();
        let columns = columns.iter().flatten().map(|column| (column.name().to_owned(), column.type_()));
        let (columns, types) = columns.unzip();
        let (crs, kind, features) = (declared_crs(&header), header.geometry_type(), header.features_count());
        Ok(FlatGeobuf { absolute, path: path.to_owned(), columns, types, crs, kind, features, features_at })
    }

    /// The next feature's bytes with the size before them, or `None` at the end.
    fn next(&self, file: &mut BufReader<File>, left: &mut u64, buffer: &mut Vec<u8>) -> Result<Option<()>> {
        if *left == 0 {
            return Ok(None);
        }
        let mut size = [0; 4];
        if *left >= 4 {
            file.read_exact(&mut size).map_err(|e| Fault::storage(Stage::Read, &self.path, e))?;
        }
        let bytes = u64::from(u32::from_le_bytes(size));
        if *left < 4 + bytes || bytes == 0 {
            return Err(damaged(&self.path, "it ends inside a feature, or the size of one is false").into());
        }
        if bytes > MAX_FEATURE_BYTES as u64 {
            return Err(damaged(&self.path, "a feature is larger than 64 MiB").into());
        }
        buffer.clear();
        buffer.extend(size);
        buffer.resize(4 + bytes as usize, 0);
        file.read_exact(&mut buffer[4..]).map_err(|e| Fault::storage(Stage::Read, &self.path, e))?;
        *left -= 4 + bytes;
        Ok(Some(()))
    }

    /// Position of each column of the file in the row, where it was asked for.
    fn wanted(&self, columns: &[&str]) -> Vec<Option<usize>> {
        self.columns.iter().map(|column| columns.iter().position(|wanted| wanted == column)).collect()
    }

    fn feature(&self, buffer: &[u8], wanted: &[Option<usize>], width: usize) -> Result<Feature, &'static str> {
        let feature = size_prefixed_root_as_feature(buffer).map_err(|_| "the feature is damaged")?;
        if feature.columns().is_some_and(|columns| !columns.is_empty()) {
            return Err("the feature has columns of its own: write the file with one list of columns");
        }
        let mut values = vec![Value::Null; width];
        let bytes = feature.properties().map_or(&[][..], |properties| properties.bytes());
        self.properties(bytes, wanted, &mut values).ok_or("the feature's values are damaged")?;
        let shape = match feature.geometry() {
            Some(geometry) => shape(&geometry, self.kind),
            None => Err("there is no geometry".to_owned()),
        };
        Ok(Feature { values, shape })
    }

    /// Pairs of a column's number and its value; values that were not asked for are stepped over.
    fn properties(&self, bytes: &[u8], wanted: &[Option<usize>], values: &mut [Value]) -> Option<()> {
        let mut bytes = Bytes(bytes);
        while !bytes.0.is_empty() {
            let column = usize::from(u16::from_le_bytes(bytes.take()?));
            let position = *wanted.get(column)?;
            let value = bytes.value(*self.types.get(column)?, position.is_some())?;
            if let Some(position) = position {
                values[position] = value;
            }
        }
        Some(())
    }
}

struct Feature {
    values: Vec<Value>,
    shape: std::result::Result<Shapes<GridCoord>, String>,
}

impl Table for FlatGeobuf {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn crs(&self) -> DeclaredCrs {
        self.crs.clone()
    }

    fn rows(&self, columns: &[&str], each: &mut Each<'_>) -> Result<()> {
        let storage = |e: std::io::Error| Fault::storage(Stage::Read, &self.path, e);
        let file = File::open(&self.absolute).map_err(storage)?;
        let mut left = file.metadata().map_err(storage)?.len().saturating_sub(self.features_at);
        let mut file = BufReader::with_capacity(1 << 18, file);
        file.seek(SeekFrom::Start(self.features_at)).map_err(storage)?;
        let wanted = self.wanted(columns);
        let mut buffer = vec![];
        let mut faults = vec![];
        let mut number = 0;
        while self.next(&mut file, &mut left, &mut buffer)?.is_some() {
            number += 1;
            let place = format!("feature {number}");
            match self.feature(&buffer, &wanted, columns.len()) {
                Ok(Feature { values, shape }) => each(Row { place, values }, shape)?,
                Err(problem) => faults.push(damaged(&self.path, problem).feature(place)),
            }
        }
        if self.features != 0 && self.features != number {
            let counts = format!("its header counts {} features, and {number} are there", self.features);
            faults.push(damaged(&self.path, &counts));
        }
        Failure::unless_empty(faults)
    }
}

/// The header with the size before it, and the size of the file.
fn read_header(absolute: &Path, path: &Path) -> Result<(Vec<u8>, u64)> {
    let storage = |e: std::io::Error| Fault::storage(Stage::Read, path, e);
    let mut file = File::open(absolute).map_err(storage)?;
    let bytes = file.metadata().map_err(storage)?.len();
    let mut start = [0; 12];
    if bytes < 12 {
        return Err(damaged(path, "it is too short").into());
    }
    file.read_exact(&mut start).map_err(storage)?;
    // The last of the eight is the patch level; the fourth is the version.
    if &start[..7] != b"fgb\x03fgb" {
        return Err(damaged(path, "it does not begin as FlatGeobuf of version 3 does").into());
    }
    let size = u64::from(u32::from_le_bytes([start[8], start[9], start[10], start[11]]));
    if size > MAX_HEADER_BYTES || 12 + size > bytes {
        return Err(damaged(path, "the size of its header is false").into());
    }
    let mut header = start[8..].to_vec();
    header.resize(4 + size as usize, 0);
    file.read_exact(&mut header[4..]).map_err(storage)?;
    Ok((header, bytes))
}

/// Bytes between header and features: every level of the tree has one node for each `node_size` below it.
fn index_bytes(header: &Header<'_>) -> Option<u64> {
    let node_size = u64::from(header.index_node_size());
    let mut level = header.features_count();
    if node_size == 0 || level == 0 {
        return Some(0);
    }
    if node_size == 1 {
        return None;
    }
    let mut nodes = u128::from(level);
    while level > 1 {
        level = level.div_ceil(node_size);
        nodes += u128::from(level);
    }
    // A tree of one leaf has a root all the same.
    nodes += u128::from(header.features_count() == 1);
    u64::try_from(nodes * NODE_BYTES).ok().filter(|bytes| *bytes < 1 << 60)
}

fn declared_crs(header: &Header<'_>) -> DeclaredCrs {
    let Some(crs) = header.crs() else { return DeclaredCrs::Unknown };
    let by_epsg = crs.org().is_none_or(|org| org.eq_ignore_ascii_case("EPSG"));
    let defined = crs.wkt().map_or(DeclaredCrs::Unknown, wkt_crs::declared);
    match (by_epsg && crs.code() > 0, defined) {
        (true, defined) => wkt_crs::agreed(crs.code(), defined),
        (false, DeclaredCrs::Unknown) => crs.name().map_or(DeclaredCrs::Unknown, wkt_crs::declared),
        (false, defined) => defined,
    }
}

/// A feature of a file of mixed kinds says its own; the members of a multi-polygon need not.
fn shape(geometry: &Geometry<'_>, of_file: GeometryType) -> std::result::Result<Shapes<GridCoord>, String> {
    let own = geometry.type_();
    let kind = if own == GeometryType::Unknown { of_file } else { own };
    let mut builder = ShapesBuilder::default();
    match kind {
        GeometryType::Point | GeometryType::MultiPoint => {
            coords(geometry, 0..pairs(geometry)?, &mut builder)?;
            builder.end_points();
        }
        GeometryType::LineString | GeometryType::MultiLineString => {
            runs(geometry, &mut builder, ShapesBuilder::end_line)?;
        }
        GeometryType::Polygon => polygon(geometry, &mut builder)?,
        GeometryType::MultiPolygon => match geometry.parts() {
            Some(parts) => parts.iter().try_for_each(|part| polygon(&part, &mut builder))?,
            None => return Err("the geometry is empty".into()),
        },
        GeometryType::GeometryCollection => return Err(COLLECTION.into()),
        GeometryType(8..=14) => return Err(CURVES.into()),
        GeometryType(code) => return Err(format!("geometry type {code} is not supported")),
    }
    builder.finish()
}

fn polygon(geometry: &Geometry<'_>, builder: &mut ShapesBuilder) -> std::result::Result<(), String> {
    runs(geometry, builder, ShapesBuilder::end_ring)?;
    builder.end_polygon();
    Ok(())
}

/// Every run of coordinates up to one of `ends`; without ends there is one.
fn runs(
    geometry: &Geometry<'_>,
    builder: &mut ShapesBuilder,
    end_run: fn(&mut ShapesBuilder),
) -> std::result::Result<(), String> {
    let pairs = pairs(geometry)?;
    let ends: Vec<usize> = match geometry.ends().filter(|ends| !ends.is_empty()) {
        Some(ends) => ends.iter().map(|end| end as usize).collect(),
        None => vec![pairs],
    };
    if !ends.is_sorted() || ends.last() != Some(&pairs) {
        return Err(CUT_OFF.into());
    }
    let mut start = 0;
    for end in ends {
        coords(geometry, start..end, builder)?;
        end_run(builder);
        start = end;
    }
    Ok(())
}

fn pairs(geometry: &Geometry<'_>) -> std::result::Result<usize, String> {
    let numbers = geometry.xy().map_or(0, |xy| xy.len());
    if numbers.is_multiple_of(2) { Ok(numbers / 2) } else { Err(CUT_OFF.into()) }
}

fn coords(
    geometry: &Geometry<'_>,
    range: std::ops::Range<usize>,
    builder: &mut ShapesBuilder,
) -> std::result::Result<(), String> {
    let xy = geometry.xy().ok_or("the geometry is empty")?;
    range.for_each(|i| builder.coord(xy.get(2 * i), xy.get(2 * i + 1)));
    Ok(())
}

/// Bytes that are left of a feature's values.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn sized(&mut self) -> Option<&'a [u8]> {
        let bytes = u32::from_le_bytes(self.take()?) as usize;
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    fn value(&mut self, kind: ColumnType, wanted: bool) -> Option<Value> {
        Some(match kind {
            ColumnType::Byte => Value::Integer(i64::from(i8::from_le_bytes(self.take()?))),
            ColumnType::UByte => Value::Integer(i64::from(u8::from_le_bytes(self.take()?))),
            ColumnType::Bool => Value::Integer(i64::from(u8::from_le_bytes(self.take()?) != 0)),
            ColumnType::Short => Value::Integer(i64::from(i16::from_le_bytes(self.take()?))),
            ColumnType::UShort => Value::Integer(i64::from(u16::from_le_bytes(self.take()?))),
            ColumnType::Int => Value::Integer(i64::from(i32::from_le_bytes(self.take()?))),
            ColumnType::UInt => Value::Integer(i64::from(u32::from_le_bytes(self.take()?))),
            ColumnType::Long => Value::Integer(i64::from_le_bytes(self.take()?)),
            ColumnType::ULong => Value::figure(&u64::from_le_bytes(self.take()?).to_string()),
            ColumnType::Float => Value::Real(f64::from(f32::from_le_bytes(self.take()?))),
            ColumnType::Double => Value::Real(f64::from_le_bytes(self.take()?)),
            ColumnType::String | ColumnType::Json | ColumnType::DateTime => {
                let text = self.sized()?;
                if wanted { Value::text(text) } else { Value::Null }
            }
            ColumnType::Binary => self.sized().map(|_| Value::Null)?,
            _ => return None,
        })
    }
}

fn damaged(path: &Path, problem: &str) -> Fault {
    Fault::new(Stage::Read, Exit::Input, format!("the FlatGeobuf cannot be read: {problem}"))
        .file(path)
        .remedy("export the layer again, and check that the copy is whole")
}
