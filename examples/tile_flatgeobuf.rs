//! The tile stage alone, on a FlatGeobuf in WGS 84: for comparisons with other tilers on the same file.
//!
//! `tile_flatgeobuf IN.fgb OUT.pmtiles MINZOOM MAXZOOM [--verify]`

use std::borrow::Cow;
use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use congbo::model::shapes::{Shapes, WorldCoord};
use congbo::progress::Silent;
use congbo::project::mercator::world_from_degrees;
use congbo::read::geometry::ShapesBuilder;
use congbo::tile::layer::{Field, TileLayer, Values};
use congbo::tile::set::{self, SetFacts};
use flatgeobuf::{ColumnType, FallibleStreamingIterator, FgbReader};
use geozero::{ColumnValue, FeatureProperties, GeozeroGeometry, PropertyProcessor};
use rayon::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output, minzoom, maxzoom, rest @ ..] = arguments.as_slice() else {
        return Err("usage: tile_flatgeobuf IN.fgb OUT.pmtiles MINZOOM MAXZOOM [--verify]".into());
    };
    let (shapes, fields) = read(Path::new(input))?;
    let layer = TileLayer {
        name: "thua_dat".into(),
        ids: (1..=shapes.len() as u64).collect(),
        shapes: Cow::Owned(shapes),
        fields,
        minzoom: minzoom.parse()?,
        maxzoom: maxzoom.parse()?,
        complete: true,
    };
    let facts = SetFacts {
        id: "thua-dat".into(),
        title: "thua-dat".into(),
        description: String::new(),
        attribution: String::new(),
        budget_bytes: u32::MAX,
    };
    let made = if rest.iter().any(|flag| flag == "--verify") { set::write } else { set::draw };
    let report = made(Path::new(output), &facts, &[layer], &Silent)?;
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}

fn read(path: &Path) -> Result<(Shapes<WorldCoord>, Vec<Field>), Box<dyn Error>> {
    let mut features = FgbReader::open(BufReader::with_capacity(1 << 20, File::open(path)?))?.select_all_seq()?;
    let names =
        features.header().columns().into_iter().flatten().map(|c| (c.name().to_owned(), c.type_())).collect::<Vec<_>>();
    let mut columns = Columns { columns: names.iter().map(|(_, kind)| Column::new(*kind)).collect() };
    let mut builder = ShapesBuilder::default();
    while let Some(feature) = features.next()? {
        feature.process_geom(&mut builder)?;
        builder.end_feature()?;
        columns.columns.iter_mut().for_each(Column::begin);
        feature.process_properties(&mut columns)?;
    }
    let degrees = builder.shapes;
    let coords = degrees.coords.par_iter().map(|c| world_from_degrees(*c)).collect();
    let Shapes { kind, ring_ends, part_ends, feature_ends, .. } = degrees;
    let fields =
        names.into_iter().zip(columns.columns).map(|((name, _), column)| Field { name, values: column.finish() });
    Ok((Shapes { kind, coords, ring_ends, part_ends, feature_ends }, fields.collect()))
}

enum Column {
    Text(Vec<Option<String>>),
    Integer(Vec<Option<i64>>),
    Real(Vec<Option<f64>>),
}

impl Column {
    fn new(kind: ColumnType) -> Self {
        match kind {
            ColumnType::Float | ColumnType::Double => Column::Real(vec![]),
            ColumnType::Byte
            | ColumnType::Short
            | ColumnType::UShort
            | ColumnType::Int
            | ColumnType::UInt
            | ColumnType::Long => Column::Integer(vec![]),
            _ => Column::Text(vec![]),
        }
    }

    fn begin(&mut self) {
        match self {
            Column::Text(cells) => cells.push(None),
            Column::Integer(cells) => cells.push(None),
            Column::Real(cells) => cells.push(None),
        }
    }

    fn set(&mut self, value: &ColumnValue<'_>) {
        match (self, value) {
            (Column::Text(cells), ColumnValue::String(text)) => {
                *cells.last_mut().expect("begun") = Some((*text).to_owned())
            }
            (Column::Integer(cells), ColumnValue::Int(i)) => *cells.last_mut().expect("begun") = Some(i64::from(*i)),
            (Column::Integer(cells), ColumnValue::Long(i)) => *cells.last_mut().expect("begun") = Some(*i),
            (Column::Real(cells), ColumnValue::Double(r)) => *cells.last_mut().expect("begun") = Some(*r),
            (_, other) => panic!("the comparison has no column of type {other:?}"),
        }
    }

    fn finish(self) -> Values {
        match self {
            Column::Text(cells) => Values::text(cells.iter().map(|cell| cell.as_deref().map(Cow::Borrowed))),
            Column::Integer(cells) => Values::Integer(cells),
            Column::Real(cells) => Values::Real(cells),
        }
    }
}

struct Columns {
    columns: Vec<Column>,
}

impl PropertyProcessor for Columns {
    fn property(&mut self, i: usize, _name: &str, value: &ColumnValue<'_>) -> geozero::error::Result<bool> {
        self.columns[i].set(value);
        Ok(false)
    }
}
