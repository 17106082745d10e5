//! The tile stage alone, on a FlatGeobuf in WGS 84: for comparisons with other tilers on the same file.
//!
//! `tile_flatgeobuf IN.fgb OUT.pmtiles MINZOOM MAXZOOM [--fabric FIELD ZOOM] [--verify] [--since LAST.pmtiles] [--times N]`
//!
//! With `--fabric` parcels are drawn from ZOOM, and below it their land dissolved by FIELD. With `--since` only what
//! differs from LAST, made the same way, is drawn and proved; the first time LAST need not be there. With
//! `--times` the land lies N times side by side, for measuring what no file at hand holds.

use std::borrow::Cow;
use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use congbo::model::field::Value;
use congbo::model::land_use;
use congbo::model::shapes::{GeometryKind, Shapes, WorldCoord};
use congbo::progress::Silent;
use congbo::project::mercator::world_from_degrees;
use congbo::read::geometry::ShapesBuilder;
use congbo::tile::fabric_layer;
use congbo::tile::layer::{ABSENT, Column, Field, TileLayer, Values};
use congbo::tile::redraw::{self, Last};
use congbo::tile::ring_walk::land_area;
use congbo::tile::set::{self, SetFacts};
use congbo::tile::weld::weld;
use flatgeobuf::{ColumnType, FallibleStreamingIterator, FgbReader};
use geozero::{ColumnValue, FeatureProperties, GeozeroGeometry, PropertyProcessor};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output, minzoom, maxzoom, rest @ ..] = arguments.as_slice() else {
        return Err(
            "usage: tile_flatgeobuf IN.fgb OUT.pmtiles MINZOOM MAXZOOM [--fabric FIELD ZOOM] [--verify] [--since LAST]"
                .into(),
        );
    };
    let (minzoom, maxzoom): (u8, u8) = (minzoom.parse()?, maxzoom.parse()?);
    let (mut shapes, mut fields) = read(Path::new(input))?;
    if let Some([_, times]) = rest.iter().position(|flag| flag == "--times").and_then(|at| rest.get(at..at + 2)) {
        repeat(&mut shapes, &mut fields, times.parse()?);
    }
    let (shapes, welded) = weld(Cow::Owned(shapes), 0.03);
    let mut layers = vec![];
    let mut parcels_from = minzoom;
    if let Some([_, field, zoom]) = rest.iter().position(|flag| flag == "--fabric").and_then(|at| rest.get(at..at + 3))
    {
        parcels_from = zoom.parse()?;
        let field = fields.iter().find(|f| f.name == *field).ok_or("there is no such field")?;
        layers = fabric_layer::layers(&shapes, &uses(field), "su_dung_dat", &field.name, (minzoom, parcels_from - 1));
    }
    layers.push(TileLayer {
        name: "thua_dat".into(),
        ids: (1..=shapes.len() as u64).collect(),
        shapes,
        fields,
        minzoom: parcels_from,
        maxzoom,
        complete: true,
        coverage: true,
        weld: Some(welded),
        inside: None,
        stated_areas: vec![],
    });
    let facts = SetFacts {
        id: "thua-dat".into(),
        title: "thua-dat".into(),
        description: String::new(),
        attribution: String::new(),
        budget_bytes: u32::MAX,
    };
    let output = Path::new(output);
    if let Some([_, last]) = rest.iter().position(|flag| flag == "--since").and_then(|at| rest.get(at..at + 2)) {
        return since(output, last, &facts, &layers);
    }
    let report = match rest.iter().any(|flag| flag == "--verify") {
        true => set::write(output, &facts, &layers, &Silent)?,
        false => set::draw(output, &facts, &layers, false, &Silent)?,
    };
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}

/// Puts copies of the land to the east of it, each with the same values.
fn repeat(shapes: &mut Shapes<WorldCoord>, fields: &mut [Field], times: u32) {
    let xs = || shapes.coords.iter().map(|corner| corner[0]);
    let width = xs().max().unwrap_or(0) - xs().min().unwrap_or(0) + 1;
    let one = shapes.clone();
    for copy in 1..times {
        shapes.append(&one.map(|[x, y]| [x + copy * width, *y]));
    }
    for field in fields {
        let (Values::Text { which, .. } | Values::Integer { which, .. } | Values::Real { which, .. }) =
            &mut field.values;
        *which = which.repeat(times as usize);
    }
}

/// Draws what differs from the last archive, and says how much that was and how long it took.
fn since(output: &Path, last: &str, facts: &SetFacts, layers: &[TileLayer<'_>]) -> Result<(), Box<dyn Error>> {
    let drawn = |archive: &str| format!("{archive}.drawn");
    let before = Last { archive: last.into(), drawn: drawn(last).into() };
    let (begun, cpu_before) = (std::time::Instant::now(), cpu_seconds()?);
    let keep = drawn(&output.to_string_lossy());
    let (report, redrawn) = redraw::write(output, facts, layers, Some(&before), Path::new(&keep), &Silent)?;
    eprintln!("tile stage: {:.2} s wall, {:.2} s CPU", begun.elapsed().as_secs_f64(), cpu_seconds()? - cpu_before);
    println!("{}", serde_json::to_string_pretty(&report)?);
    eprintln!("{}", serde_json::to_string_pretty(&redrawn)?);
    Ok(())
}

/// User and system time of this process (proc(5)); Linux counts it in hundredths.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let times = stat.split_whitespace().skip(13).take(2).map(|ticks| ticks.parse::<f64>());
    Ok(times.sum::<Result<f64, _>>()? / 100.0)
}

/// The first of the codes of each feature.
fn uses(field: &Field) -> Vec<&str> {
    let Values::Text { words, which } = &field.values else { return vec![] };
    which.iter().map(|which| if *which == ABSENT { "" } else { land_use::principal(words.get(*which)) }).collect()
}

fn read(path: &Path) -> Result<(Shapes<WorldCoord>, Vec<Field>), Box<dyn Error>> {
    let mut features = FgbReader::open(BufReader::with_capacity(1 << 20, File::open(path)?))?.select_all_seq()?;
    let names =
        features.header().columns().into_iter().flatten().map(|c| (c.name().to_owned(), c.type_())).collect::<Vec<_>>();
    let mut row = Row { columns: names.iter().map(|(_, kind)| column(*kind)).collect(), at: 0 };
    let mut shapes = Shapes::new(GeometryKind::Polygon);
    while let Some(feature) = features.next()? {
        let mut builder = ShapesBuilder::default();
        feature.process_geom(&mut builder)?;
        push(&mut shapes, &builder.finish()?);
        row.at = 0;
        feature.process_properties(&mut row)?;
        row.fill(names.len());
    }
    let fields = names.into_iter().zip(row.columns).map(|((name, _), column)| Field { name, values: column.finish() });
    Ok((shapes, fields.collect()))
}

/// One feature in the layer's own way: fixed point, outer rings counter-clockwise, holes clockwise.
fn push(shapes: &mut Shapes<WorldCoord>, feature: &Shapes<[f64; 2]>) {
    for part in feature.parts(0) {
        for (k, ring) in feature.rings(part).enumerate() {
            let start = shapes.coords.len();
            shapes.coords.extend(feature.ring(ring).iter().map(|degrees| world_from_degrees(*degrees)));
            if (land_area(&shapes.coords[start..]) > 0) != (k == 0) {
                shapes.coords[start..].reverse();
            }
            shapes.end_ring();
        }
        shapes.end_part();
    }
    shapes.end_feature();
}

fn column(kind: ColumnType) -> Column {
    match kind {
        ColumnType::Float | ColumnType::Double => Column::real(),
        ColumnType::Byte
        | ColumnType::Short
        | ColumnType::UShort
        | ColumnType::Int
        | ColumnType::UInt
        | ColumnType::Long => Column::integer(),
        _ => Column::text(),
    }
}

/// The values of one feature after the other; columns that a feature leaves out are absent.
struct Row {
    columns: Vec<Column>,
    at: usize,
}

impl Row {
    fn fill(&mut self, to: usize) {
        self.columns[self.at..to].iter_mut().for_each(|column| column.push(Value::Text(None)));
        self.at = to;
    }
}

impl PropertyProcessor for Row {
    fn property(&mut self, i: usize, _: &str, value: &ColumnValue<'_>) -> geozero::error::Result<bool> {
        self.fill(i);
        self.columns[i].push(match value {
            ColumnValue::String(text) => Value::Text(Some(Cow::Borrowed(text))),
            ColumnValue::Int(i) => Value::Integer(Some(i64::from(*i))),
            ColumnValue::Long(i) => Value::Integer(Some(*i)),
            ColumnValue::Double(r) => Value::Real(Some(*r)),
            other => panic!("the comparison has no column of type {other:?}"),
        });
        self.at = i + 1;
        Ok(false)
    }
}
