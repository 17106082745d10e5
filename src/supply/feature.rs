//! One parcel out of a FlatGeobuf file, decoded.

use std::io;

use flatgeobuf::{ColumnType, Geometry, Header, size_prefixed_root_as_feature};

use super::damaged;
use super::mark::Mark;
use super::polygon::Ring;

/// What a file of the edition holds of each parcel, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    pub fields: Vec<(String, Kind)>,
    /// Of each field that has a width: files of an edition have whole numbers of eight bytes, other writers of four.
    widths: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Integer,
    Real,
    Text,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    #[default]
    Nothing,
    Integer(i64),
    Real(f64),
    Text(String),
}

pub struct Feature {
    /// By column.
    pub values: Vec<Value>,
    /// Polygons → rings, outer one first → positions, **open**; longitude and latitude of WGS 84.
    pub polygons: Vec<Vec<Ring>>,
    /// Column of the map sheet.
    sheet: Option<usize>,
}

const SHEET: &str = "soHieuToBanDo";

impl Columns {
    pub fn of(header: &Header<'_>) -> io::Result<Columns> {
        let kind = |kind: ColumnType| match kind {
            ColumnType::Int => Ok((Kind::Integer, 4)),
            ColumnType::Long => Ok((Kind::Integer, 8)),
            ColumnType::Double => Ok((Kind::Real, 8)),
            ColumnType::String => Ok((Kind::Text, 0)),
            _ => Err(damaged("a column is of a kind that extracts have not")),
        };
        let mut columns = Columns { fields: vec![], widths: vec![] };
        for column in header.columns().iter().flatten() {
            let (kind, width) = kind(column.type_())?;
            columns.fields.push((column.name().to_owned(), kind));
            columns.widths.push(width);
        }
        Ok(columns)
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|(column, _)| column == name)
    }

    /// Those that were asked for, in the order of the file; all where none was named.
    pub fn choose(&self, fields: &[String]) -> Vec<usize> {
        (0..self.fields.len()).filter(|i| fields.is_empty() || fields.contains(&self.fields[*i].0)).collect()
    }
}

impl Feature {
    /// `bytes` are one feature with its size before it.
    pub fn decode(bytes: &[u8], columns: &Columns) -> io::Result<Feature> {
        let feature = size_prefixed_root_as_feature(bytes).map_err(|_| damaged("a feature is damaged"))?;
        let mut values = vec![Value::Nothing; columns.fields.len()];
        if let Some(properties) = feature.properties() {
            read_values(properties.bytes(), columns, &mut values).ok_or_else(|| damaged("a feature is damaged"))?;
        }
        let geometry = feature.geometry().ok_or_else(|| damaged("a feature has no shape"))?;
        let polygons = match geometry.parts() {
            Some(parts) => parts.iter().map(|part| rings(&part)).collect::<Option<_>>(),
            None => rings(&geometry).map(|rings| vec![rings]),
        };
        let polygons: Vec<Vec<Ring>> = polygons.ok_or_else(|| damaged("a shape is damaged"))?;
        Ok(Feature { values, polygons, sheet: columns.find(SHEET) })
    }

    pub fn sheet(&self) -> Option<i64> {
        match self.values.get(self.sheet?)? {
            Value::Integer(sheet) => Some(*sheet),
            _ => None,
        }
    }

    /// Lets each outer ring begin where the mark says.
    pub fn marked(mut self, mark: Option<&Mark>) -> Feature {
        if let Some(mark) = mark {
            for ring in self.polygons.iter_mut().filter_map(|rings| rings.first_mut()) {
                let begins = mark.begins(ring);
                ring.rotate_left(begins);
            }
        }
        self
    }

    /// West, south, east, north.
    pub fn bounds(&self) -> [f64; 4] {
        super::polygon::bounds(self.polygons.iter().flatten().flatten())
    }
}

/// Where the outer rings of a feature lie in its bytes: begin and number of positions, the last one repeating the
/// first.
pub fn outer_rings(bytes: &[u8]) -> io::Result<Vec<(usize, usize)>> {
    let feature = size_prefixed_root_as_feature(bytes).map_err(|_| damaged("a feature is damaged"))?;
    let geometry = feature.geometry().ok_or_else(|| damaged("a feature has no shape"))?;
    let place = |geometry: &Geometry<'_>| {
        let xy = geometry.xy()?;
        let begin = xy.bytes().as_ptr().addr().checked_sub(bytes.as_ptr().addr())?;
        let positions = match geometry.ends().filter(|ends| !ends.is_empty()) {
            Some(ends) => ends.get(0) as usize,
            None => xy.len() / 2,
        };
        (positions >= 4 && positions <= xy.len() / 2).then_some((begin, positions))
    };
    let places: Option<Vec<_>> = match geometry.parts() {
        Some(parts) => parts.iter().map(|part| place(&part)).collect(),
        None => place(&geometry).map(|place| vec![place]),
    };
    places.ok_or_else(|| damaged("a shape is damaged"))
}

fn rings(geometry: &Geometry<'_>) -> Option<Vec<Ring>> {
    let xy = geometry.xy()?;
    let count = xy.len() / 2;
    let ends: Vec<usize> = match geometry.ends().filter(|ends| !ends.is_empty()) {
        Some(ends) => ends.iter().map(|end| end as usize).collect(),
        None => vec![count],
    };
    let mut rings = vec![];
    let mut begin = 0;
    for end in ends {
        if end < begin + 4 || end > count {
            return None;
        }
        rings.push((begin..end - 1).map(|i| [xy.get(2 * i), xy.get(2 * i + 1)]).collect());
        begin = end;
    }
    Some(rings)
}

fn read_values(bytes: &[u8], columns: &Columns, values: &mut [Value]) -> Option<()> {
    let mut rest = bytes;
    let mut take = |count: usize| {
        let (taken, after) = rest.split_at_checked(count)?;
        rest = after;
        Some(taken)
    };
    while let Some(column) = take(2) {
        let column = usize::from(u16::from_le_bytes(column.try_into().ok()?));
        values[column] = match columns.fields.get(column)?.1 {
            Kind::Integer if columns.widths[column] == 4 => {
                Value::Integer(i32::from_le_bytes(take(4)?.try_into().ok()?).into())
            }
            Kind::Integer => Value::Integer(i64::from_le_bytes(take(8)?.try_into().ok()?)),
            Kind::Real => Value::Real(f64::from_le_bytes(take(8)?.try_into().ok()?)),
            Kind::Text => {
                let length = u32::from_le_bytes(take(4)?.try_into().ok()?);
                Value::Text(String::from_utf8(take(length as usize)?.to_vec()).ok()?)
            }
        };
    }
    Some(())
}
