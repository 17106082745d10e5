//! A first look at a source file, before it is a dataset: what is in it, where it lies, and the `dataset.toml`
//! that would fit. Of its rows only the codes of communes are read.

mod description;

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;

use crate::config::dataset::{Axes, DatasetKind, Source};
use crate::digest::sha256_file;
use crate::disclose::allow_list::{self, Field};
use crate::disclose::private_columns::PrivateGroup;
use crate::error::{Fault, Result, Stage};
use crate::inspect::extent::{self, Bounds};
use crate::model::crs::Vn2000Zone;
use crate::model::shapes::GeometryKind;
use crate::read::{DeclaredCrs, Table};

/// What a file holds.
#[derive(Debug, Serialize)]
pub struct Survey {
    pub file: String,
    pub sha256: String,
    pub layers: Vec<LayerSurvey>,
}

/// One layer or sheet.
#[derive(Debug, Serialize)]
pub struct LayerSurvey {
    /// Absent where the format has one table without a name.
    pub layer: Option<String>,
    /// Guessed from the columns.
    pub kind: DatasetKind,
    pub rows: u64,
    pub geometry: Option<GeometryKind>,
    /// Rows whose geometry cannot be read.
    pub broken_geometries: u64,
    /// `EPSG:9210`, a shortened definition, or nothing.
    pub declared_crs: Option<String>,
    /// West, south, east, north in the file's own coordinates.
    pub extent: Option<Bounds>,
    pub place: Place,
    pub columns: Vec<Column>,
    /// Five-digit codes of the commune column.
    pub communes: BTreeSet<String>,
    /// Rows of the commune column that hold no such code; what they hold is not shown.
    pub rows_without_commune: u64,
    /// A `dataset.toml` that fits but for the decision.
    pub description: String,
}

/// Where the coordinates lie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    NoGeometry,
    /// Longitude and latitude: the file must be exported in a zone of VN-2000.
    Degrees,
    /// Metres of VN-2000, northing first.
    NorthingFirst,
    /// Metres of VN-2000 in the zones that would put them into the province; none without `congbo.toml`.
    Metres(Vec<String>),
    /// Neither degrees nor metres of VN-2000.
    Elsewhere,
}

#[derive(Debug, Serialize)]
pub struct Column {
    pub name: String,
    pub meaning: Meaning,
}

/// What a column's name says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    Public {
        field: &'static str,
    },
    /// Private unless the province switches the field on.
    ByPermission {
        field: &'static str,
    },
    Private {
        group: &'static str,
        what: &'static str,
        law: &'static str,
    },
    Unknown,
}

/// Opens one layer: site folder, path in it, and which layer.
pub type Open<'a> = dyn Fn(&Path, &Path, &Source) -> Result<Box<dyn Table>> + 'a;

/// How files are opened: in a child process, when the caller has one.
pub struct Reader<'a> {
    pub layers: &'a dyn Fn(&Path, &Path) -> Result<Vec<String>>,
    pub open: &'a Open<'a>,
}

/// Looks at `file`, a path relative to `site`; `province` is the box of `congbo.toml` in degrees, if there is one.
///
/// # Errors
/// Exit 3 when the file cannot be read, 7 when it cannot be opened.
pub fn survey(site: &Path, file: &Path, province: Option<Bounds>, reader: &Reader<'_>) -> Result<Survey> {
    let sha256 = sha256_file(&site.join(file)).map_err(|e| Fault::storage(Stage::Read, file, e))?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let names = (reader.layers)(site, file)?;
    let names: Vec<Option<String>> = if names.is_empty() { vec![None] } else { names.into_iter().map(Some).collect() };
    let look = |layer: Option<String>| {
        let source = Source {
            file: name.clone(),
            layer,
            axes: Axes::EastNorth,
            encoding: None,
            theme: None,
            sha256: sha256.clone(),
        };
        let table = (reader.open)(site, file, &source)?;
        let mut layer = LayerSurvey::read(table.as_ref(), source.layer.clone(), province)?;
        layer.description = description::toml(&layer, &source);
        Ok(layer)
    };
    let layers = names.into_iter().map(look).collect::<Result<_>>()?;
    Ok(Survey { file: name, sha256, layers })
}

impl LayerSurvey {
    fn read(table: &dyn Table, layer: Option<String>, province: Option<Bounds>) -> Result<Self> {
        // Whether a layer has shapes helps to guess its kind, so the commune column is sought by every kind's names.
        let commune = table.columns().iter().find(|column| is_commune(column)).cloned();
        let wanted: Vec<&str> = commune.iter().map(String::as_str).collect();
        let mut found = Found::default();
        table.rows(&wanted, &mut |row, shape| {
            found.rows += 1;
            if let Some(value) = row.values.first() {
                found.commune(value);
            }
            match shape {
                Ok(shape) if shape.is_empty() => {}
                Ok(shape) => {
                    found.geometry = Some(shape.kind);
                    found.extent = extent::join(found.extent, extent::bounds(shape.coords.iter().copied()));
                }
                Err(_) => found.broken += 1,
            }
            Ok(())
        })?;
        let has_shapes = found.geometry.is_some() || found.broken > 0;
        let kind = guess_kind(table.columns(), has_shapes);
        Ok(LayerSurvey {
            layer,
            kind,
            rows: found.rows,
            geometry: found.geometry,
            broken_geometries: found.broken,
            declared_crs: declared(table.crs()),
            extent: found.extent,
            place: place(found.extent, province),
            columns: table.columns().iter().map(|name| Column::new(kind, name)).collect(),
            communes: found.communes,
            rows_without_commune: found.strangers,
            description: String::new(),
        })
    }
}

/// What the rows said.
#[derive(Default)]
struct Found {
    rows: u64,
    geometry: Option<GeometryKind>,
    broken: u64,
    extent: Option<Bounds>,
    communes: BTreeSet<String>,
    strangers: u64,
}

impl Found {
    fn commune(&mut self, value: &crate::read::Value) {
        let code = match value {
            crate::read::Value::Text(text) => text.trim().to_owned(),
            crate::read::Value::Integer(i) => format!("{i:05}"),
            _ => String::new(),
        };
        if code.len() == 5 && code.bytes().all(|b| b.is_ascii_digit()) {
            self.communes.insert(code);
        } else {
            self.strangers += 1;
        }
    }
}

const KINDS: [DatasetKind; 7] = [
    DatasetKind::DiaChinh,
    DatasetKind::QuyHoach,
    DatasetKind::DiaGioi,
    DatasetKind::GiaDat,
    DatasetKind::HeSo,
    DatasetKind::ThongKe,
    DatasetKind::Nen,
];

fn has_geometry(kind: DatasetKind) -> bool {
    !matches!(kind, DatasetKind::GiaDat | DatasetKind::HeSo | DatasetKind::ThongKe)
}

fn is_commune(column: &str) -> bool {
    let field = |kind| allow_list::field_of(kind, column).map(|field| field.name);
    KINDS.into_iter().any(|kind| matches!(field(kind), Some("maXa" | "ma_xa")))
}

/// The kind of whose required fields the greatest share is there, and of those the one that knows most of the columns.
fn guess_kind(columns: &[String], shapes: bool) -> DatasetKind {
    let rank = |kind: DatasetKind| {
        let known: BTreeSet<&str> =
            columns.iter().filter_map(|column| allow_list::field_of(kind, column)).map(|field| field.name).collect();
        let required: Vec<&Field> = allow_list::allowed(kind).iter().filter(|field| field.required).collect();
        let there = required.iter().filter(|field| known.contains(field.name)).count();
        (there * 1000 / required.len(), known.len())
    };
    let fitting = KINDS.into_iter().filter(|kind| has_geometry(*kind) == shapes);
    // Of equals the first of the list is taken.
    fitting.rev().max_by_key(|kind| rank(*kind)).unwrap_or(DatasetKind::DiaChinh)
}

impl Column {
    fn new(kind: DatasetKind, name: &str) -> Self {
        let meaning = match (allow_list::field_of(kind, name), allow_list::private_group(name)) {
            (Some(field), _) if field.by_permission => Meaning::ByPermission { field: field.name },
            (Some(field), _) => Meaning::Public { field: field.name },
            (None, Some(PrivateGroup { name, what, law, .. })) => Meaning::Private { group: name, what, law },
            (None, None) => Meaning::Unknown,
        };
        Column { name: name.to_owned(), meaning }
    }
}

fn declared(crs: DeclaredCrs) -> Option<String> {
    match crs {
        DeclaredCrs::Unknown => None,
        DeclaredCrs::Epsg(code) => Some(format!("EPSG:{code}")),
        DeclaredCrs::Other(text) => Some(text),
    }
}

fn place(found: Option<Bounds>, province: Option<Bounds>) -> Place {
    let Some(found) = found else { return Place::NoGeometry };
    let [west, south, east, north] = found;
    let swapped = [south, west, north, east];
    if extent::check_axes(found).is_none() {
        let fits = |zone: &Vn2000Zone| province.is_some_and(|province| extent::lies_within(found, *zone, province));
        return Place::Metres(Vn2000Zone::all().filter(fits).map(String::from).collect());
    }
    if extent::check_axes(swapped).is_none() {
        return Place::NorthingFirst;
    }
    let is_degrees = west >= -180.0 && east <= 180.0 && south >= -180.0 && north <= 180.0;
    if is_degrees { Place::Degrees } else { Place::Elsewhere }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &str) -> Vec<String> {
        names.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn the_kind_is_guessed_from_the_columns() {
        for (names, shapes, kind) in [
            ("MaXa SOTO SOTHUA DIENTICH LOAIDAT TenChu", true, DatasetKind::DiaChinh),
            ("maKyHieuDat maXa kyQuyHoach soQuyetDinh dienTich", true, DatasetKind::QuyHoach),
            ("maTinh maXa ten loai nghiQuyet", true, DatasetKind::DiaGioi),
            ("ten loai", true, DatasetKind::Nen),
            ("bieu maXa loaiDat dienTich nam", false, DatasetKind::ThongKe),
            (
                "so_quyet_dinh hieu_luc_tu ma_xa ten_xa loai_dat khu_vuc vi_tri loai_he_so muc gia_tri",
                false,
                DatasetKind::HeSo,
            ),
            ("stt ma_bang ma_xa ten_xa ten_duong vi_tri_1 vi_tri_2 don_vi", false, DatasetKind::GiaDat),
        ] {
            assert_eq!(guess_kind(&columns(names), shapes), kind, "{names}");
        }
    }

    #[test]
    fn coordinates_say_whether_they_are_degrees_swapped_or_in_a_zone() {
        let province = Some([106.2, 20.6, 106.6, 21.0]);
        let metres = [567_000.0, 2_305_000.0, 568_000.0, 2_306_000.0];
        let Place::Metres(zones) = place(Some(metres), province) else { panic!("metres of VN-2000") };
        assert!(zones.contains(&"EPSG:9210".to_owned()), "{zones:?}");
        assert_eq!(place(Some(metres), None), Place::Metres(vec![]));
        let [w, s, e, n] = metres;
        assert_eq!(place(Some([s, w, n, e]), province), Place::NorthingFirst);
        assert_eq!(place(Some([106.3, 20.8, 106.4, 20.9]), province), Place::Degrees);
        assert_eq!(place(Some([0.0, 0.0, 1e9, 1e9]), province), Place::Elsewhere);
        assert_eq!(place(None, province), Place::NoGeometry);
    }
}
