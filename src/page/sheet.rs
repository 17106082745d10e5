//! One map sheet: a drawing to scale, every parcel as text, and the file from which one parcel is printed.

use minijinja::{Value, context};
use serde_json::json;

use super::cadastre::SheetParcels;
use super::catalogue::{Commune, Sheet};
use super::plan_cover::Share;
use super::sheet_drawing::{self, Drawing};
use super::site::{At, Site};
use super::template::view;
use super::{OutputFile, corners, parcel_sheet, plan};
use crate::error::Result;
use crate::model::parcel::Parcel;
use crate::model::{label_point, land_use};

/// What is computed once for the page in every language and for the file beside it.
pub struct Measured<'a> {
    drawing: Option<Drawing>,
    parcels: Vec<MeasuredParcel<'a>>,
}

struct MeasuredParcel<'a> {
    parcel: &'a Parcel,
    /// As [`corners::rings`].
    rings: Vec<Vec<[f64; 2]>>,
    plans: Vec<Share<'a>>,
}

pub fn measure<'a>(site: &'a Site, commune: &Commune, parcels: &SheetParcels<'a>) -> Measured<'a> {
    let measured = |(row, parcel)| MeasuredParcel {
        parcel,
        rings: corners::rings(parcels, row),
        plans: site.plan_cover.shares(commune.code, parcels.world(), row),
    };
    Measured { drawing: sheet_drawing::sheet(parcels), parcels: parcels.iter().map(measured).collect() }
}

pub fn render(at: &At, commune: &Commune, sheet: &Sheet, measured: &Measured) -> Result<String> {
    let any = |has: fn(&Parcel) -> bool| measured.parcels.iter().any(|measured| has(measured.parcel));
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
            drawing => measured.drawing.as_ref().map(drawing_view),
            parcels => measured.parcels.iter().map(|parcel| parcel_view(at, commune, sheet, parcel)).collect::<Vec<_>>(),
            uses => uses(measured),
            has_old => any(|parcel| parcel.old_sheet.is_some() || parcel.old_number.is_some()),
            has_old_use => any(|parcel| parcel.old_land_use.is_some()),
            has_legal_area => any(|parcel| parcel.legal_area_m2.is_some()),
            has_planned => any(|parcel| parcel.planned_use.is_some()),
            has_plans => measured.parcels.iter().any(|parcel| !parcel.plans.is_empty()),
            has_address => any(|parcel| parcel.address.is_some()),
            price_path => commune.prices.first().map(|table| table.path(commune)),
            plan_path => (!commune.plans.is_empty()).then(|| plan::path(commune)),
            previous => neighbour(commune.sheets.range(..sheet.number).next_back()),
            next => neighbour(commune.sheets.range(sheet.number + 1..).next()),
        },
    )
}

pub fn drawing_view(drawing: &Drawing) -> Value {
    context! {
        width => format!("{:.1}", drawing.width_mm),
        height => format!("{:.1}", drawing.height_mm),
        scale => drawing.scale,
        bar_m => drawing.bar_m,
        bar_mm => drawing.bar_mm,
        body => Value::from_safe_string(drawing.body.clone()),
    }
}

fn parcel_view(at: &At, commune: &Commune, sheet: &Sheet, measured: &MeasuredParcel) -> Value {
    let parcel = measured.parcel;
    let of_ring = |ring: &Vec<[f64; 2]>| {
        let lengths = corners::edge_lengths_m(ring);
        lengths.iter().map(|length| at.language.decimal(&format!("{length:.2}"))).collect::<Vec<_>>().join(" – ")
    };
    let perimeter_m: f64 = measured.rings.iter().flat_map(|ring| corners::edge_lengths_m(ring)).sum();
    context! {
        number => parcel.number,
        area => parcel.area_m2.to_string(),
        legal_area => parcel.legal_area_m2.map(|area| area.to_string()),
        land_use => &parcel.land_use,
        old_land_use => &parcel.old_land_use,
        old_sheet => &parcel.old_sheet,
        old_number => &parcel.old_number,
        planned_use => &parcel.planned_use,
        plans => measured.plans.iter().map(share_view).collect::<Vec<_>>(),
        address => &parcel.address,
        identifier => &parcel.identifier,
        updated_on => view(parcel.updated_on),
        edges => measured.rings.iter().map(Vec::len).sum::<usize>(),
        perimeter_m => format!("{perimeter_m:.2}"),
        lengths => measured.rings.iter().map(of_ring).collect::<Vec<_>>(),
        map_path => format!("/ban-do/#thua={}-{}-{}", commune.code, sheet.number, parcel.number),
        print_path => parcel_sheet::address(commune, sheet, parcel),
    }
}

fn share_view(share: &Share) -> Value {
    context! { code => share.land_use, percent => share.percent, amended_by => share.amends.then_some(share.decision) }
}

/// The land uses on the sheet with how many parcels have each: the drawing's legend.
fn uses(measured: &Measured) -> Vec<Value> {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for of in &measured.parcels {
        *counts.entry(land_use::principal(&of.parcel.land_use)).or_default() += 1;
    }
    counts.into_iter().map(|(code, parcels)| context! { code, parcels }).collect()
}

/// `thua.json` beside the sheet's page: what the page says, with the corners, for whoever prints one parcel.
///
/// Coordinates are whole millimetres east and north of `origin_m` (VN-2000, zone `crs`), one flat list for each
/// ring, open, as [`corners::rings`] numbers them.
pub fn file(site: &Site, commune: &Commune, sheet: &Sheet, measured: &Measured) -> OutputFile {
    let record = &sheet.snapshot.record;
    let coords = || measured.parcels.iter().flat_map(|parcel| parcel.rings.iter().flatten());
    let least = |axis: usize| coords().map(|coord| coord[axis].floor()).fold(f64::INFINITY, f64::min);
    let origin = if measured.drawing.is_some() { [least(0), least(1)] } else { [0.0, 0.0] };
    let prices = commune.prices.iter().map(|table| source(&table.snapshot.record, &table.path(commune)));
    let plans = commune.plans.iter().map(|plan| source(&plan.snapshot.record, &plan::path(commune)));
    let value = json!({
        "commune": { "code": commune.code, "name": commune.name },
        "sheet": sheet.number,
        "page": site.url(&sheet.path(commune)),
        "title": record.title,
        "dataset": record.dataset,
        "decision": record.decision,
        "record_sha256": crate::digest::sha256(sheet.snapshot.record_json.as_bytes()),
        "crs": record.crs,
        "meridian": record.crs.map(|zone| zone.meridian_text()),
        "prices": prices.collect::<Vec<_>>(),
        "plans": plans.collect::<Vec<_>>(),
        "origin_m": origin,
        "parcels": measured.parcels.iter().map(|parcel| parcel_json(parcel, origin)).collect::<Vec<_>>(),
    });
    OutputFile::json(file_path(commune, sheet), &value)
}

pub fn file_path(commune: &Commune, sheet: &Sheet) -> String {
    format!("{}thua.json", sheet.path(commune))
}

fn source(record: &crate::snapshot::record::Record, path: &str) -> serde_json::Value {
    json!({ "title": record.title, "url": path, "decision": record.decision })
}

fn parcel_json(measured: &MeasuredParcel, origin: [f64; 2]) -> serde_json::Value {
    let parcel = measured.parcel;
    let mm = |[e, n]: [f64; 2]| [e - origin[0], n - origin[1]].map(|metres| (metres * 1000.0).round() as i64);
    let ring = |ring: &Vec<[f64; 2]>| ring.iter().flat_map(|coord| mm(*coord)).collect::<Vec<i64>>();
    let mut value = json!({ "number": parcel.number, "area_m2": parcel.area_m2, "land_use": parcel.land_use });
    let known = [
        ("legal_area_m2", json!(parcel.legal_area_m2)),
        ("old_land_use", json!(parcel.old_land_use)),
        ("planned_use", json!(parcel.planned_use)),
        ("old_sheet", json!(parcel.old_sheet)),
        ("old_number", json!(parcel.old_number)),
        ("address", json!(parcel.address)),
        ("updated_on", json!(parcel.updated_on)),
        ("label", json!(label_point::inside(&measured.rings).map(|label| mm(label.at)))),
    ];
    for (name, fact) in known.into_iter().filter(|(_, fact)| !fact.is_null()) {
        value[name] = fact;
    }
    if !measured.plans.is_empty() {
        let plans = measured.plans.iter();
        value["plans"] = plans.map(|share| json!([share.land_use, share.percent, share.decision])).collect();
    }
    value["rings"] = measured.rings.iter().map(ring).collect();
    value
}
