//! Approved snapshots → the layers that a tile set's configuration names.

use std::borrow::Cow;

use super::layer::{Field, TileLayer, Values, stable_id};
use super::{fabric, label};
use crate::config::dataset::DatasetKind;
use crate::config::tile_set::{Draw, TileLayerConfig, TileSetConfig};
use crate::disclose::Public;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::admin_unit::AdminUnit;
use crate::model::base_feature::BaseFeature;
use crate::model::land_use;
use crate::model::land_use_plan::PlanZone;
use crate::model::parcel::Parcel;
use crate::model::shapes::{Shapes, WorldCoord};
use crate::snapshot::{Content, Snapshot};

/// The layers of one tile set, in the configuration's order.
///
/// # Errors
/// Exit 2 for each field or drawing that a layer's data does not have.
pub fn layers<'a>(set: &TileSetConfig, snapshots: &'a [Snapshot]) -> Result<Vec<TileLayer<'a>>> {
    let mut layers = vec![];
    let mut faults = vec![];
    for config in &set.layer {
        match layer(set, config, snapshots) {
            Ok(layer) if layer.shapes.is_empty() => {}
            Ok(layer) => layers.push(layer),
            Err(failure) => faults.extend(failure.faults),
        }
    }
    Failure::unless_empty(faults).map(|()| layers)
}

fn layer<'a>(set: &TileSetConfig, config: &TileLayerConfig, snapshots: &'a [Snapshot]) -> Result<TileLayer<'a>> {
    let contents = || snapshots.iter().map(|snapshot| &snapshot.content);
    match config.from {
        DatasetKind::DiaChinh => drawn(
            set,
            config,
            contents().filter_map(|c| if let Content::Parcels(l) = c { Some((&l.rows, &l.world)) } else { None }),
        ),
        DatasetKind::QuyHoach => drawn(
            set,
            config,
            contents().filter_map(|c| if let Content::Plans(l) = c { Some((&l.rows, &l.world)) } else { None }),
        ),
        DatasetKind::DiaGioi => drawn(
            set,
            config,
            contents().filter_map(|c| if let Content::Boundaries(l) = c { Some((&l.rows, &l.world)) } else { None }),
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
trait Drawable {
    /// Whether every feature must be seen at every zoom of its layer.
    const COMPLETE: bool;

    /// By what a feature keeps its id from one edition to the next.
    fn key(&self) -> Key;

    /// The value of a standard field; `None` when the kind has no such field.
    fn value(&self, field: &str) -> Option<Value<'_>>;
}

enum Key {
    /// An official code, which no two features may share.
    Code(u64),
    /// A name that may stand twice.
    Name(String),
}

enum Value<'a> {
    Text(Option<Cow<'a, str>>),
    Integer(Option<i64>),
    Real(Option<f64>),
}

type Source<'a, T> = (&'a Vec<Public<T>>, &'a Shapes<WorldCoord>);

fn drawn<'a, T: Drawable + 'a>(
    set: &TileSetConfig,
    config: &TileLayerConfig,
    sources: impl Iterator<Item = Source<'a, T>>,
) -> Result<TileLayer<'a>> {
    let sources: Vec<Source<'a, T>> = sources.collect();
    let rows: Vec<&T> = sources.iter().flat_map(|(rows, _)| rows.iter()).map(|row| &**row).collect();
    let shapes = joined(&sources);
    let (shapes, ids, rows) = match config.draw {
        Draw::Shape => (shapes, ids(&rows), Drawn::Rows(rows)),
        Draw::LabelPoint => (Cow::Owned(label::points(&shapes)), ids(&rows), Drawn::Rows(rows)),
        Draw::Fabric => dissolved(set, config, &rows, &shapes)?,
    };
    let fields = config.fields.iter().map(|field| values(set, config, field, &rows)).collect::<Result<Vec<_>>>()?;
    let complete = T::COMPLETE && config.draw != Draw::Fabric;
    let (minzoom, maxzoom) = (config.minzoom, config.maxzoom);
    Ok(TileLayer { name: config.name.clone(), shapes, ids, fields, minzoom, maxzoom, complete })
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

/// The features of a drawn layer: rows, or groups of rows.
enum Drawn<'a, T> {
    Rows(Vec<&'a T>),
    LandUses(Vec<String>),
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

type Dissolved<'a, 'b, T> = (Cow<'a, Shapes<WorldCoord>>, Vec<u64>, Drawn<'b, T>);

fn dissolved<'a, 'b, T: Drawable>(
    set: &TileSetConfig,
    config: &TileLayerConfig,
    rows: &[&'b T],
    shapes: &Shapes<WorldCoord>,
) -> Result<Dissolved<'a, 'b, T>> {
    let uses: Vec<String> = rows
        .iter()
        .map(|row| match row.value("kyHieuMucDichSuDung") {
            Some(Value::Text(Some(codes))) => Ok(land_use::principal(&codes).to_owned()),
            _ => Err(fault(set, config, "only parcels have a land use to dissolve by".into())),
        })
        .collect::<Result<_, _>>()?;
    let fabric = fabric::dissolve(shapes, &uses.iter().map(String::as_str).collect::<Vec<_>>());
    let corner = |i: usize| fabric.shapes.feature_rings(i).next().and_then(|ring| ring.iter().min()).copied();
    let ids =
        fabric.groups.iter().enumerate().map(|(i, group)| stable_id(&format!("{group} {:?}", corner(i)))).collect();
    Ok((Cow::Owned(fabric.shapes), ids, Drawn::LandUses(fabric.groups)))
}

fn values<T: Drawable>(
    set: &TileSetConfig,
    config: &TileLayerConfig,
    field: &str,
    rows: &Drawn<'_, T>,
) -> Result<Field> {
    let unknown = || fault(set, config, format!("there is no field '{field}' to carry"));
    let values = match rows {
        Drawn::LandUses(uses) if field == "kyHieuMucDichSuDung" => {
            Values::text(uses.iter().map(|code| Some(Cow::Borrowed(code.as_str()))))
        }
        Drawn::LandUses(_) => return Err(unknown().into()),
        Drawn::Rows(rows) => column(rows, field).ok_or_else(unknown)?,
    };
    Ok(Field { name: field.to_owned(), values })
}

fn column<T: Drawable>(rows: &[&T], field: &str) -> Option<Values> {
    let cells: Vec<Value<'_>> = rows.iter().map(|row| row.value(field)).collect::<Option<_>>()?;
    Some(match cells.first() {
        Some(Value::Integer(_)) => {
            Values::Integer(cells.iter().map(|cell| if let Value::Integer(i) = cell { *i } else { None }).collect())
        }
        Some(Value::Real(_)) => {
            Values::Real(cells.iter().map(|cell| if let Value::Real(r) = cell { *r } else { None }).collect())
        }
        _ => Values::text(cells.into_iter().map(|cell| if let Value::Text(text) = cell { text } else { None })),
    })
}

fn text(value: &str) -> Option<Value<'_>> {
    Some(Value::Text(Some(Cow::Borrowed(value))))
}

fn maybe(value: &Option<String>) -> Option<Value<'_>> {
    Some(Value::Text(value.as_deref().map(Cow::Borrowed)))
}

fn date(value: &Option<jiff::civil::Date>) -> Option<Value<'_>> {
    Some(Value::Text(value.map(|date| Cow::Owned(date.to_string()))))
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

    fn key(&self) -> Key {
        Key::Code(parcel_id(self))
    }

    fn value(&self, field: &str) -> Option<Value<'_>> {
        match field {
            "maXa" => text(&self.commune_code),
            "soHieuToBanDo" => Some(Value::Integer(Some(self.sheet.into()))),
            "soThuTuThua" => Some(Value::Integer(Some(self.number.into()))),
            "maDinhDanhThuaDat" => maybe(&self.identifier),
            "dienTich" => Some(Value::Real(Some(self.area_m2))),
            "kyHieuMucDichSuDung" => text(&self.land_use),
            "mucDichSuDungQuyHoach" => maybe(&self.planned_use),
            "soHieuToBanDoCu" => maybe(&self.old_sheet),
            "soThuTuThuaCu" => maybe(&self.old_number),
            "maXaCu" => maybe(&self.old_commune_code),
            "diaChiThuaDat" => maybe(&self.address),
            "thoiDiemCapNhat" => date(&self.updated_on),
            _ => None,
        }
    }
}

impl Drawable for PlanZone {
    const COMPLETE: bool = true;

    fn key(&self) -> Key {
        Key::Name(format!("{} {} {}", self.commune_code, self.land_use, self.decision_number))
    }

    fn value(&self, field: &str) -> Option<Value<'_>> {
        match field {
            "maKyHieuDat" => text(&self.land_use),
            "maXa" => text(&self.commune_code),
            "dienTich" => Some(Value::Real(self.area_m2)),
            "kyQuyHoach" => text(&self.period),
            "capQuyHoach" => maybe(&self.level),
            "soQuyetDinh" => text(&self.decision_number),
            "ngayPheDuyet" => date(&self.approved_on),
            "coQuanPheDuyet" => maybe(&self.authority),
            "trangThai" => maybe(&self.status),
            "tenCongTrinh" => maybe(&self.project_name),
            _ => None,
        }
    }
}

impl Drawable for AdminUnit {
    const COMPLETE: bool = true;

    fn key(&self) -> Key {
        Key::Code(stable_id(&self.code))
    }

    fn value(&self, field: &str) -> Option<Value<'_>> {
        match field {
            "maXa" => text(&self.code),
            "maTinh" => maybe(&self.province_code),
            "ten" => text(&self.name),
            "loai" => text(&self.level),
            "nghiQuyet" => maybe(&self.resolution),
            "hieuLucTu" => date(&self.effective_from),
            "hieuLucDen" => date(&self.effective_to),
            _ => None,
        }
    }
}

impl Drawable for BaseFeature {
    const COMPLETE: bool = false;

    fn key(&self) -> Key {
        Key::Name(format!("{} {}", self.class, self.name.as_deref().unwrap_or("")))
    }

    fn value(&self, field: &str) -> Option<Value<'_>> {
        match field {
            "ten" => maybe(&self.name),
            "loai" => text(&self.class),
            "maXa" => maybe(&self.commune_code),
            _ => None,
        }
    }
}
