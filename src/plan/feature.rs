//! What a row of each kind says about itself when two sides are compared.

use std::collections::BTreeMap;

use super::change::ChangeKind;
use crate::model::admin_unit::AdminUnit;
use crate::model::base_feature::BaseFeature;
use crate::model::coefficient::Coefficient;
use crate::model::field::{Fields, Value};
use crate::model::land_use_plan::PlanZone;
use crate::model::parcel::Parcel;
use crate::model::price_table::PriceRow;
use crate::model::shapes::{GeometryKind, GridCoord, Shapes, WorldCoord};
use crate::model::statistics::StatisticsRow;
use crate::model::text::{decimal_vi, integer_vi};
use crate::project::mercator::degrees_from_world;

/// A public row and its shape, if its kind has one.
#[derive(Clone, Copy)]
pub struct Feature<'a, T> {
    pub row: &'a T,
    pub shape: Option<Shape<'a>>,
}

#[derive(Clone, Copy)]
pub struct Shape<'a> {
    pub grid: &'a Shapes<GridCoord>,
    pub world: &'a Shapes<WorldCoord>,
    pub index: usize,
}

/// Names and values of the standard's fields, as people read them.
pub type Facts = Vec<(&'static str, String)>;

pub trait Described: PartialEq {
    fn commune(&self) -> &str;
    /// What the offices call it.
    fn name(&self) -> String;
    /// Fields that have a value, with their units.
    fn facts(&self) -> Facts;
}

impl Described for Parcel {
    fn commune(&self) -> &str {
        &self.commune_code
    }
    fn name(&self) -> String {
        self.code()
    }
    fn facts(&self) -> Facts {
        fields(self)
    }
}

impl Described for PlanZone {
    fn commune(&self) -> &str {
        &self.commune_code
    }
    fn name(&self) -> String {
        format!("{} {}", self.land_use, self.decision_number)
    }
    fn facts(&self) -> Facts {
        fields(self)
    }
}

impl Described for AdminUnit {
    fn commune(&self) -> &str {
        &self.code
    }
    fn name(&self) -> String {
        format!("{} {}", self.code, self.name)
    }
    fn facts(&self) -> Facts {
        fields(self)
    }
}

impl Described for BaseFeature {
    fn commune(&self) -> &str {
        self.commune_code.as_deref().unwrap_or_default()
    }
    fn name(&self) -> String {
        format!("{} {}", self.class, self.name.as_deref().unwrap_or_default()).trim_end().to_owned()
    }
    fn facts(&self) -> Facts {
        fields(self)
    }
}

impl Described for PriceRow {
    fn commune(&self) -> &str {
        &self.commune_code
    }
    fn name(&self) -> String {
        format!("bảng {} dòng {}", self.table, self.row)
    }
    fn facts(&self) -> Facts {
        const POSITIONS: [&str; 5] = ["vi_tri_1", "vi_tri_2", "vi_tri_3", "vi_tri_4", "vi_tri_5"];
        let text = |name, value: &Option<String>| Some((name, value.clone()?));
        let date = |name, value: Option<jiff::civil::Date>| Some((name, value?.to_string()));
        let told = [
            Some(("so_van_ban", self.decision_number.clone())),
            date("ngay_ban_hanh", Some(self.issued_on)),
            date("hieu_luc_tu", Some(self.effective_from)),
            date("hieu_luc_den", self.effective_to),
            Some(("ma_xa", self.commune_code.clone())),
            Some(("ten_xa", self.commune_name.clone())),
            text("dia_ban_cu", &self.old_area),
            Some(("nhom_gia", self.group.clone())),
            Some(("loai_dat", self.land_use.clone())),
            Some(("loai_bang", self.shape.clone())),
            text("ten_duong", &self.road),
            text("tu", &self.from),
            text("den", &self.to),
            text("khu_vuc", &self.zone),
            Some(("don_vi", format!("{} đồng", integer_vi(self.unit_vnd)))),
            text("ghi_chu", &self.note),
            self.source_page.map(|page| ("trang_nguon", page.to_string())),
        ];
        let prices = POSITIONS.into_iter().zip(self.price_vnd_per_m2);
        let prices = prices.filter_map(|(name, vnd)| Some((name, format!("{} đồng/m²", integer_vi(vnd?)))));
        told.into_iter().flatten().chain(prices).collect()
    }
}

impl Described for StatisticsRow {
    fn commune(&self) -> &str {
        &self.commune_code
    }
    fn name(&self) -> String {
        let holder = self.holder.as_deref().map(|holder| format!(" {holder}")).unwrap_or_default();
        format!("{} {} {}{holder}", self.form, self.year, self.land_use)
    }
    fn facts(&self) -> Facts {
        let area = ("dienTich", format!("{} ha", decimal_vi(&self.area_ha)));
        [area].into_iter().chain(self.source.clone().map(|source| ("nguonSoLieu", source))).collect()
    }
}

impl Described for Coefficient {
    fn commune(&self) -> &str {
        &self.commune_code
    }
    fn name(&self) -> String {
        self.key()
    }
    fn facts(&self) -> Facts {
        let dates = [("hieu_luc_tu", Some(self.effective_from)), ("hieu_luc_den", self.effective_to)];
        let dates = dates.into_iter().filter_map(|(name, date)| Some((name, date?.to_string())));
        [("gia_tri", decimal_vi(&self.value))].into_iter().chain(dates).collect()
    }
}

fn fields<T: Fields>(row: &T) -> Facts {
    T::NAMES.iter().filter_map(|name| Some((*name, shown(row.value(name)?)?))).collect()
}

/// The only real numbers of the standard's fields are areas.
fn shown(value: Value<'_>) -> Option<String> {
    match value {
        Value::Text(text) => text.map(|text| text.into_owned()),
        Value::Integer(number) => number.map(|number| number.to_string()),
        Value::Real(area_m2) => area_m2.map(|area_m2| format!("{} m²", decimal_vi(&area_m2.to_string()))),
    }
}

/// What differs between two features that are the same case; `None` when nothing does.
pub fn difference<T: Described>(before: &Feature<T>, after: &Feature<T>) -> Option<(ChangeKind, String)> {
    let shape = !same_shape(before.shape, after.shape);
    let change = match (before.row != after.row, shape) {
        (false, false) => return None,
        (true, false) => ChangeKind::Attributes,
        (false, true) => ChangeKind::Shape,
        (true, true) => ChangeKind::Both,
    };
    let mut told = changed_facts(before.row.facts(), after.row.facts());
    if let (true, Some(before), Some(after)) = (shape, before.shape, after.shape) {
        told.push(changed_shape(before, after));
    }
    Some((change, told.join("; ")))
}

/// All that a feature says, for one that is new or gone.
pub fn told<T: Described>(feature: &Feature<T>) -> String {
    let facts = feature.row.facts();
    facts.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join("; ")
}

fn changed_facts(before: Facts, after: Facts) -> Vec<String> {
    let mut values: BTreeMap<&str, (Option<&str>, Option<&str>)> = BTreeMap::new();
    before.iter().for_each(|(name, value)| values.entry(name).or_default().0 = Some(value));
    after.iter().for_each(|(name, value)| values.entry(name).or_default().1 = Some(value));
    let differing = values.into_iter().filter(|(_, (old, new))| old != new);
    differing.map(|(name, (old, new))| format!("{name} {} → {}", old.unwrap_or("–"), new.unwrap_or("–"))).collect()
}

/// Equal to the last bit: what is a rounding and what a move is not for a program to say.
pub fn same_shape(before: Option<Shape>, after: Option<Shape>) -> bool {
    let (Some(before), Some(after)) = (before, after) else { return before.is_none() && after.is_none() };
    before.grid.kind == after.grid.kind && structure(before) == structure(after) && rings(before).eq(rings(after))
}

fn rings<'a>(shape: Shape<'a>) -> impl Iterator<Item = &'a [GridCoord]> {
    shape.grid.feature_rings(shape.index)
}

/// Rings of each part.
fn structure(shape: Shape) -> Vec<usize> {
    shape.grid.parts(shape.index).map(|part| shape.grid.rings(part).len()).collect()
}

/// The areas of both, or how far the farthest vertex went, in metres on the grid.
fn changed_shape(before: Shape, after: Shape) -> String {
    let (old_m2, new_m2) = (area_m2(before), area_m2(after));
    if after.grid.kind == GeometryKind::Polygon && (old_m2 - new_m2).abs() >= 0.005 {
        return format!("hình thể {} → {} m²", two_digits(old_m2), two_digits(new_m2));
    }
    let vertices = |shape| rings(shape).flatten().copied();
    if vertices(before).count() != vertices(after).count() {
        return "hình thể: số đỉnh".into();
    }
    let moved = vertices(before).zip(vertices(after)).map(|(a, b)| (b[0] - a[0]).hypot(b[1] - a[1]));
    format!("hình thể dời đến {} m", decimal_vi(&format!("{:.3}", moved.fold(0.0, f64::max))))
}

fn two_digits(area_m2: f64) -> String {
    decimal_vi(&format!("{area_m2:.2}"))
}

/// Holes run the other way round, so they count against their outer ring.
fn area_m2(shape: Shape) -> f64 {
    rings(shape).map(signed_area_m2).sum::<f64>().abs()
}

/// Sums are taken from the first corner: grid coordinates are large and areas small.
fn signed_area_m2(ring: &[GridCoord]) -> f64 {
    let Some(&[x0, y0]) = ring.first() else { return 0.0 };
    let edges = ring.iter().zip(ring.iter().cycle().skip(1));
    edges.map(|(a, b)| (a[0] - x0) * (b[1] - y0) - (b[0] - x0) * (a[1] - y0)).sum::<f64>() / 2.0
}

/// Latitude and longitude of the middle of a feature's box, to a metre.
pub fn place(shape: Shape) -> Option<String> {
    let coords = || shape.world.feature_rings(shape.index).flatten();
    let middle = |axis: usize| {
        let values = || coords().map(|world| world[axis]);
        Some((u64::from(values().min()?) + u64::from(values().max()?)) / 2)
    };
    let [longitude, latitude] = degrees_from_world([middle(0)? as u32, middle(1)? as u32]);
    Some(format!("{latitude:.5} {longitude:.5}"))
}
