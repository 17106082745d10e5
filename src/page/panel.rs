//! `panel.json` of each commune: what the map's panel says about any parcel in it.

use serde_json::{Value, json};

use super::catalogue::{Commune, PriceTable};
use super::{OutputFile, plan, price_figure, template};
use crate::model::land_use;
use crate::model::price_table::PriceRow;
use crate::snapshot::Snapshot;

pub fn file(commune: &Commune) -> OutputFile {
    OutputFile::json(format!("{}panel.json", commune.path()), &panel(commune))
}

fn panel(commune: &Commune) -> Value {
    let mut cadastre: Vec<Value> = vec![];
    for sheet in commune.sheets.values() {
        let decision = json!({ "dataset": sheet.snapshot.id, "decision": sheet.snapshot.record.decision });
        if !cadastre.contains(&decision) {
            cadastre.push(decision);
        }
    }
    let sheets: serde_json::Map<String, Value> =
        commune.sheets.values().map(|sheet| (sheet.number.to_string(), json!(sheet.snapshot.id))).collect();
    json!({
        "code": commune.code,
        "name": commune.name,
        "url": commune.path(),
        "cadastre": cadastre,
        "sheets": sheets,
        "prices": commune.prices.iter().map(|table| prices(commune, table)).collect::<Vec<_>>(),
        "plans": commune.plans.iter().map(|plan| json!({
            "title": plan.snapshot.record.title,
            "url": plan::path(commune),
            "decision": plan.snapshot.record.decision,
        })).collect::<Vec<_>>(),
    })
}

fn prices(commune: &Commune, table: &PriceTable) -> Value {
    json!({
        "title": table.snapshot.record.title,
        "url": table.path(commune),
        "decision": table.snapshot.record.decision,
        "rows": rows(table),
    })
}

/// Rows of amendments first: a panel shows but some of the rows.
fn rows(table: &PriceTable) -> Vec<Value> {
    let (own, added): (Vec<_>, Vec<_>) = table.all_rows().partition(|(snapshot, _)| snapshot.id == table.snapshot.id);
    added.into_iter().chain(own).map(|(snapshot, row)| standing_row(table, snapshot, row)).collect()
}

/// A row, and where there is an amendment the decision that brought or replaced it; the anchor of a row of
/// the table itself is `r` and its number.
fn standing_row(table: &PriceTable, snapshot: &Snapshot, row: &PriceRow) -> Value {
    let said = |snapshot: &Snapshot| {
        let decision = &snapshot.record.decision;
        json!({ "number": decision.number, "effective_from": decision.effective_from })
    };
    let mut value = price_row(row);
    if snapshot.id != table.snapshot.id {
        value["anchor"] = table.anchor(snapshot, row).into();
        value["amended_by"] = said(snapshot);
    }
    if let Some(by) = table.replaced_by(snapshot, row).last() {
        value["replaced_by"] = said(by);
    }
    value
}

/// Figures are text in the table's unit, as the price page prints them.
fn price_row(row: &PriceRow) -> Value {
    let figures = row.price_vnd_per_m2.map(|price| price.map(|vnd| price_figure::in_unit(vnd, row.unit_vnd)));
    let mut value = json!({
        "row": row.row,
        "table": row.table,
        "group": row.group,
        "land_use": row.land_use,
        "road": row.road,
        "from": row.from,
        "to": row.to,
        "zone": row.zone,
        "figures": figures,
        "unit_vnd": row.unit_vnd,
        "decision": row.decision_number,
        "page": row.source_page,
    });
    // The table of a former district still applies on its land alone: without it the row is nobody's.
    if let Some(old_area) = &row.old_area {
        value["old_area"] = old_area.as_str().into();
    }
    value
}

/// Names and official colours of the land-use codes, for legend and panel.
pub fn land_uses() -> OutputFile {
    let entry = |land_use: &land_use::LandUse| {
        let facts = json!({
            "vi": land_use.name_vi,
            "en": land_use.name_en,
            "colour": template::colour(&land_use.code),
            "group": land_use.group,
        });
        (land_use.code.clone(), facts)
    };
    OutputFile::json("/search/land-use.json", &Value::Object(land_use::all().map(entry).collect()))
}
