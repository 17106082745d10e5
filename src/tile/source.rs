//! Approved snapshots → the layers that a tile set's configuration names.

use std::borrow::Cow;

use super::layer::{Column, Field, TileLayer, Values, stable_id};
use super::weld::{WeldReport, weld};
use super::{fabric_layer, label, sheet_label};
use crate::config::dataset::DatasetKind;
use crate::config::tile_set::{Draw, TileLayerConfig, TileSetConfig};
use crate::disclose::Public;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::admin_unit::AdminUnit;
use crate::model::base_feature::BaseFeature;
use crate::model::field::{Fields, Value};
use crate::model::land_use;
use crate::model::land_use_plan::PlanZone;
use crate::model::parcel::Parcel;
use crate::model::shapes::{GeometryKind, Shapes, WorldCoord};
use crate::snapshot::{Content, Snapshot};

/// The parcels of all datasets as one coverage: neighbours stay neighbours across communes, meridians and surveys.
pub struct Ground<'a> {
    parcels: Cow<'a, Shapes<WorldCoord>>,
    weld: WeldReport,
}

/// Borders of two surveys are joined up to this; inspection reports what lies farther apart.
const WELD_M: f64 = 0.03;

impl<'a> Ground<'a> {
    pub fn new(snapshots: &'a [Snapshot]) -> Self {
        let (parcels, weld) = weld(joined(&parcels(snapshots).collect::<Vec<_>>()), WELD_M);
        Ground { parcels, weld }
    }
}

fn parcels<'a>(snapshots: &'a [Snapshot]) -> impl Iterator<Item = Source<'a, Parcel>> {
    let layers = snapshots.iter().map(|snapshot| &snapshot.content);
    layers.filter_map(|c| if let Content::Parcels(l) = c { Some((&l.rows, &l.world)) } else { None })
}

/// The layers of one tile set, in the configuration's order; a fabric is one for each zoom, all of one name.
///
/// # Errors
/// Exit 2 for each field or drawing that a layer's data does not have.
pub fn layers<'a>(
    set: &TileSetConfig,
    snapshots: &'a [Snapshot],
    ground: &'a Ground<'_>,
) -> Result<Vec<TileLayer<'a>>> {
    let mut layers = vec![];
    let mut faults = vec![];
    for config in &set.layer {
        match layer(set, config, snapshots, ground) {
            Ok(drawn) => layers.extend(drawn.into_iter().filter(|layer| !layer.shapes.is_empty())),
            Err(failure) => faults.extend(failure.faults),
        }
    }
    Failure::unless_empty(faults).map(|()| layers)
}

fn layer<'a>(
    set: &TileSetConfig,
    config: &TileLayerConfig,
    snapshots: &'a [Snapshot],
    ground: &'a Ground<'_>,
) -> Result<Vec<TileLayer<'a>>> {
    let contents = || snapshots.iter().map(|snapshot| &snapshot.content);
    match config.from {
        DatasetKind::DiaChinh => {
            assert!(!contents().any(|content| matches!(content, Content::ParcelsOnDisk)), "none would be drawn");
            let rows: Vec<&Parcel> = parcels(snapshots).flat_map(|(rows, _)| rows).map(|row| &**row).collect();
            let layers = drawn_rows(set, config, rows, Cow::Borrowed(&*ground.parcels))?;
            let welded = |layer: &TileLayer<'_>| layer.coverage.then(|| ground.weld.clone());
            Ok(layers.into_iter().map(|layer| TileLayer { weld: welded(&layer), ..layer }).collect())
        }
        DatasetKind::QuyHoach => drawn(
            set,
            config,
            contents().filter_map(|c| if let Content::Plans(l) = c { Some((&l.rows, &l.world)) } else { None }),
        ),
        DatasetKind::DiaGioi => drawn(
            set,
            config,
            contents().filter_map(|c| {
                if let Content::Boundaries(b) = c { Some((&b.units.rows, &b.units.world)) } else { None }
            }),
        ),
        DatasetKind::Nen => {
            let layers =
                contents().filter_map(|c| if let Content::Base(layers) = c { Some(layers) } else { None }).flatten();
            let of_theme =
                layers.filter(|l| config.theme.is_none() || l.rows.first().map(|row| row.theme) == config.theme);
            drawn(set, config, of_theme.map(|l| (&l.rows, &l.world)))
        }
        DatasetKind::GiaDat | DatasetKind::HeSo | DatasetKind::ThongKe => {
            Err(fault(set, config, format!("'{}' has no geometry", config.from.id())).into())
        }
    }
}

fn fault(set: &TileSetConfig, config: &TileLayerConfig, problem: String) -> Fault {
    Fault::new(Stage::Tile, Exit::Usage, problem)
        .file(format!("tiles/{}.toml", set.id))
        .feature(format!("layer '{}'", config.name))
        .remedy("correct the layer's 'from', 'draw' or 'fields'")
}

/// What a kind of data can put into tiles.
trait Drawable: Fields {
    /// Whether every feature must be seen at every zoom of its layer.
    const COMPLETE: bool;

    /// Whether features lie side by side without overlap.
    const COVERAGE: bool = false;

    /// Fields that may change while the land does not: in tiles they would change what a client has already
    /// (Circular 17/2010, article 13.6a). Maps read them beside the tiles.
    const NOT_IN_TILES: &[&str] = &[];

    /// By what a feature keeps its id from one edition to the next.
    fn key(&self) -> Key;
}

enum Key {
    /// An official code, which no two features may share.
    Code(u64),
    /// A name that may stand twice.
    Name(String),
}

type Source<'a, T> = (&'a Vec<Public<T>>, &'a Shapes<WorldCoord>);

fn drawn<'a, T: Drawable + 'a>(
    set: &TileSetConfig,
    config: &TileLayerConfig,
    sources: impl Iterator<Item = Source<'a, T>>,
) -> Result<Vec<TileLayer<'a>>> {
    let sources: Vec<Source<'a, T>> = sources.collect();
    let rows: Vec<&T> = sources.iter().flat_map(|(rows, _)| rows.iter()).map(|row| &**row).collect();
    let shapes = joined(&sources);
    drawn_rows(set, config, rows, shapes)
}

fn drawn_rows<'a, T: Drawable + 'a>(
    set: &TileSetConfig,
    config: &TileLayerConfig,
    rows: Vec<&T>,
    shapes: Cow<'a, Shapes<WorldCoord>>,
) -> Result<Vec<TileLayer<'a>>> {
    let mut inside = None;
    let (shapes, ids, rows) = match config.draw {
        Draw::Fabric => return fabric(set, config, &rows, &shapes),
        Draw::Shape => (shapes, ids(&rows), rows),
        Draw::LabelPoint => {
            let points = Cow::Owned(label::points(&shapes));
            inside = (shapes.kind == GeometryKind::Polygon).then_some(shapes);
            (points, ids(&rows), rows)
        }
        Draw::SheetLabel => {
            let sheets = sheet_label::sheets(&shapes, &rows);
            (Cow::Owned(sheets.points), sheets.ids, sheets.first_rows)
        }
    };
    let fields = config.fields.iter().map(|field| values(set, config, field, &rows)).collect::<Result<Vec<_>>>()?;
    let (minzoom, maxzoom, complete) = (config.minzoom, config.maxzoom, T::COMPLETE);
    let coverage = T::COVERAGE && config.draw == Draw::Shape;
    let (name, stated_areas) = (config.name.clone(), vec![]);
    Ok(vec![TileLayer {
        name,
        shapes,
        ids,
        fields,
        minzoom,
        maxzoom,
        complete,
        coverage,
        inside,
        stated_areas,
        weld: None,
    }])
}

/// All datasets of a kind as one layer: neighbours stay neighbours across communes and meridians.
fn joined<'a, T>(sources: &[Source<'a, T>]) -> Cow<'a, Shapes<WorldCoord>> {
    match sources {
        [(_, shapes)] => Cow::Borrowed(*shapes),
        _ => {
            let mut all = Shapes::new(sources.first().map_or_else(Default::default, |(_, shapes)| shapes.kind));
            sources.iter().for_each(|(_, shapes)| all.append(shapes));
            Cow::Owned(all)
        }
    }
}

fn ids<T: Drawable>(rows: &[&T]) -> Vec<u64> {
    let mut seen = rustc_hash::FxHashMap::<String, u32>::default();
    let mut nth = |name: &str| *seen.entry(name.to_owned()).and_modify(|n| *n += 1).or_insert(0);
    rows.iter()
        .map(|row| match row.key() {
            Key::Code(code) => code,
            Key::Name(name) => match nth(&name) {
                0 => stable_id(&name),
                times => stable_id(&format!("{name}#{times}")),
            },
        })
        .collect()
}

/// What a fabric is dissolved by, and the one field that it carries.
const LAND_USE: &str = "kyHieuMucDichSuDung";

fn fabric<T: Drawable>(
    set: &TileSetConfig,
    config: &TileLayerConfig,
    rows: &[&T],
    shapes: &Shapes<WorldCoord>,
) -> Result<Vec<TileLayer<'static>>> {
    if config.fields != [LAND_USE] {
        return Err(fault(set, config, format!("a fabric carries the field '{LAND_USE}' and no other")).into());
    }
    let uses: Vec<String> = rows
        .iter()
        .map(|row| match row.value(LAND_USE) {
            Some(Value::Text(Some(codes))) => Ok(land_use::principal(&codes).to_owned()),
            _ => Err(fault(set, config, "only parcels have a land use to dissolve by".into())),
        })
        .collect::<Result<_, _>>()?;
    let uses: Vec<&str> = uses.iter().map(String::as_str).collect();
    Ok(fabric_layer::layers(shapes, &uses, &config.name, LAND_USE, (config.minzoom, config.maxzoom)))
}

fn values<T: Drawable>(set: &TileSetConfig, config: &TileLayerConfig, field: &str, rows: &[&T]) -> Result<Field> {
    if T::NOT_IN_TILES.contains(&field) {
        let problem =
            format!("'{field}' of a unit cannot be carried: a new name would make new tiles of the same land");
        return Err(fault(set, config, problem).into());
    }
    let values =
        column(rows, field).ok_or_else(|| fault(set, config, format!("there is no field '{field}' to carry")))?;
    Ok(Field { name: field.to_owned(), values })
}

fn column<T: Drawable>(rows: &[&T], field: &str) -> Option<Values> {
    let column = match rows.first().map(|row| row.value(field)) {
        Some(None) => return None,
        Some(Some(Value::Integer(_))) => Column::integer(),
        Some(Some(Value::Real(_))) => Column::real(),
        // Without a row there is nothing to be of a type.
        _ => Column::text(),
    };
    Some(Values::of(column, rows.iter().filter_map(|row| row.value(field))))
}

/// Commune, sheet and number side by side in 17, 16 and 20 bits: the official code itself, so two parcels
/// can only meet when their codes do, and neighbours have neighbouring ids, which compress well. A sheet
/// or number too large for its bits is told by a hash.
fn parcel_id(parcel: &Parcel) -> u64 {
    match parcel.commune_code.parse::<u64>() {
        Ok(commune) if commune < 1 << 17 && parcel.sheet < 1 << 16 && parcel.number < 1 << 20 => {
            commune << 36 | u64::from(parcel.sheet) << 20 | u64::from(parcel.number)
        }
        _ => stable_id(&parcel.code()),
    }
}

impl Drawable for Parcel {
    const COMPLETE: bool = true;
    const COVERAGE: bool = true;

    fn key(&self) -> Key {
        Key::Code(parcel_id(self))
    }
}

impl Drawable for PlanZone {
    const COMPLETE: bool = true;

    fn key(&self) -> Key {
        Key::Name(format!("{} {} {}", self.commune_code, self.land_use, self.decision_number))
    }
}

impl Drawable for AdminUnit {
    const COMPLETE: bool = true;
    const NOT_IN_TILES: &[&str] = &["ten", "nghiQuyet", "hieuLucTu", "hieuLucDen"];

    fn key(&self) -> Key {
        Key::Code(stable_id(&self.code))
    }
}

impl Drawable for BaseFeature {
    const COMPLETE: bool = false;

    fn key(&self) -> Key {
        Key::Name(format!("{} {}", self.class, self.name.as_deref().unwrap_or("")))
    }
}
