//! One map sheet: a drawing to scale, and every parcel as text.

use minijinja::{Value, context};

use super::catalogue::{Commune, Sheet};
use super::plan;
use super::sheet_drawing::{self, Drawing};
use super::site::At;
use super::template::view;
use crate::error::Result;
use crate::model::land_use;
use crate::model::parcel::Parcel;

pub fn render(at: &At, commune: &Commune, sheet: &Sheet) -> Result<String> {
    let any = |has: fn(&Parcel) -> bool| sheet.parcels().any(|(_, parcel)| has(parcel));
    let neighbour = |found: Option<(&u32, &Sheet)>| {
        found.map(|(number, sheet)| context! { number => number, path => sheet.path(commune) })
    };
    at.render(
        "sheet.html",
        context! {
            commune => context! { code => commune.code, name => commune.name, path => commune.path() },
            sheet => sheet.number,
            record => view(&sheet.snapshot.record),
            meridian => sheet.snapshot.record.crs.map(|zone| zone.meridian_text()),
            drawing => sheet_drawing::sheet(sheet).map(drawing_view),
            parcels => sheet.parcels().map(|(row, parcel)| parcel_view(commune, sheet, row, parcel)).collect::<Vec<_>>(),
            uses => uses(sheet),
            has_old => any(|parcel| parcel.old_sheet.is_some() || parcel.old_number.is_some()),
            has_old_use => any(|parcel| parcel.old_land_use.is_some()),
            has_legal_area => any(|parcel| parcel.legal_area_m2.is_some()),
            has_planned => any(|parcel| parcel.planned_use.is_some()),
            has_address => any(|parcel| parcel.address.is_some()),
            price_path => commune.prices.first().map(|table| table.path(commune)),
            plan_path => (!commune.plans.is_empty()).then(|| plan::path(commune)),
            previous => neighbour(commune.sheets.range(..sheet.number).next_back()),
            next => neighbour(commune.sheets.range(sheet.number + 1..).next()),
        },
    )
}

pub fn drawing_view(drawing: Drawing) -> Value {
    context! {
        width => format!("{:.1}", drawing.width_mm),
        height => format!("{:.1}", drawing.height_mm),
        scale => drawing.scale,
        bar_m => drawing.bar_m,
        bar_mm => drawing.bar_mm,
        body => Value::from_safe_string(drawing.body),
    }
}

fn parcel_view(commune: &Commune, sheet: &Sheet, row: usize, parcel: &Parcel) -> Value {
    let rings = sheet.grid_rings(row);
    let edges: Vec<f64> = rings.iter().flat_map(|ring| edge_lengths_m(ring)).collect();
    context! {
        number => parcel.number,
        area => parcel.area_m2.to_string(),
        legal_area => parcel.legal_area_m2.map(|area| area.to_string()),
        land_use => &parcel.land_use,
        old_land_use => &parcel.old_land_use,
        old_sheet => &parcel.old_sheet,
        old_number => &parcel.old_number,
        planned_use => &parcel.planned_use,
        address => &parcel.address,
        identifier => &parcel.identifier,
        updated_on => view(parcel.updated_on),
        edges => edges.len(),
        perimeter_m => format!("{:.2}", edges.iter().sum::<f64>()),
        map_path => format!("/ban-do/#thua={}-{}-{}", commune.code, sheet.number, parcel.number),
    }
}

/// Edge lengths in VN-2000: plane metres of the dataset's own zone, never Web Mercator.
fn edge_lengths_m(ring: &[[f64; 2]]) -> Vec<f64> {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).collect()
}

/// The land uses on the sheet with how many parcels have each: the drawing's legend.
fn uses(sheet: &Sheet) -> Vec<Value> {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for (_, parcel) in sheet.parcels() {
        *counts.entry(land_use::principal(&parcel.land_use)).or_default() += 1;
    }
    counts.into_iter().map(|(code, parcels)| context! { code, parcels }).collect()
}
