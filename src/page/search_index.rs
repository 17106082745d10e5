//! The search index: places in one file, parcels by commune, so that a phone loads what it needs.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::catalogue::{Commune, Unit};
use super::site::Site;
use super::{OutputFile, lonlat};
use crate::model::base_feature::{BaseFeature, Theme};
use crate::model::label_point::{self, LabelPoint};
use crate::model::text::fold;
use crate::snapshot::{Content, Layer};

pub fn all(site: &Site) -> Vec<OutputFile> {
    let mut files = vec![OutputFile::json("/search/places.json", &places(site))];
    let communes: Vec<&Commune> =
        site.catalogue.communes.values().filter(|commune| !commune.sheets.is_empty()).collect();
    let file =
        |commune: &&Commune| OutputFile::json(format!("/search/parcels-{}.json", commune.code), &parcels(commune));
    files.extend(communes.par_iter().map(file).collect::<Vec<_>>());
    files
}

/// A road is one entry for a commune, whether its price rows, its line on the map or both are known.
#[derive(Default)]
struct Place {
    bounds: Option<[f64; 4]>,
    url: Option<String>,
}

fn places(site: &Site) -> Value {
    let mut entries: Vec<Value> = site.catalogue.communes.values().map(commune_entry).collect();
    let mut named: BTreeMap<(&str, String, Option<&str>), Place> = BTreeMap::new();
    for snapshot in site.catalogue.snapshots {
        if let Content::Base(layers) = &snapshot.content {
            layers.iter().for_each(|layer| add_base(layer, &mut named));
        }
    }
    add_price_roads(site, &mut named);
    entries.extend(named.into_iter().map(|((kind, name, commune), place)| {
        json!({
            "kind": kind, "name": name, "folded": fold(&name), "commune": commune,
            "bounds": place.bounds, "url": place.url,
        })
    }));
    Value::Array(entries)
}

fn commune_entry(commune: &Commune) -> Value {
    json!({
        "kind": "xa",
        "name": commune.name,
        "folded": fold(commune.name),
        "commune": commune.code,
        "bounds": commune.unit.as_ref().and_then(|unit| unit_bounds(unit)).or_else(|| sheets_bounds(commune)),
        "url": commune.path(),
        "parcels": !commune.sheets.is_empty(),
    })
}

fn unit_bounds(unit: &Unit) -> Option<[f64; 4]> {
    lonlat::feature_bounds(unit.world, unit.feature)
}

fn sheets_bounds(commune: &Commune) -> Option<[f64; 4]> {
    let sheets = commune.sheets.values();
    let bounds =
        sheets.flat_map(|sheet| sheet.rows.iter().filter_map(|row| lonlat::feature_bounds(&sheet.layer.world, *row)));
    bounds.reduce(union)
}

fn union(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

/// Named roads and places; a road cut into several lines is one entry around them all.
fn add_base<'a>(layer: &'a Layer<BaseFeature>, named: &mut BTreeMap<(&str, String, Option<&'a str>), Place>) {
    for (feature, facts) in layer.rows.iter().enumerate() {
        let (Some(name), Some(bounds)) = (&facts.name, lonlat::feature_bounds(&layer.world, feature)) else { continue };
        let kind = match facts.theme {
            Theme::GiaoThong => "duong",
            Theme::ThuyHe => "thuy_he",
            Theme::DiaDanh => "dia_danh",
        };
        let place = named.entry((kind, name.clone(), facts.commune_code.as_deref())).or_default();
        place.bounds = Some(place.bounds.map_or(bounds, |known| union(known, bounds)));
    }
}

fn add_price_roads<'a>(site: &'a Site, named: &mut BTreeMap<(&str, String, Option<&'a str>), Place>) {
    for commune in site.catalogue.communes.values() {
        for table in &commune.prices {
            for (snapshot, row) in table.all_rows() {
                let Some(road) = &row.road else { continue };
                let place = named.entry(("duong", road.clone(), Some(commune.code))).or_default();
                place.url.get_or_insert_with(|| format!("{}#{}", table.path(commune), table.anchor(snapshot, row)));
            }
        }
    }
}

/// `{"sheets": {"5": {"12": [lon, lat]}}, "old": {"2-31": ["5-12"]}}`; old numbers as on old papers.
fn parcels(commune: &Commune) -> Value {
    let mut sheets = Map::new();
    let mut old: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for sheet in commune.sheets.values() {
        let mut numbers = Map::new();
        for (row, parcel) in sheet.parcels() {
            if let Some(LabelPoint { at: [x, y], .. }) = label_point::inside(&sheet.world_rings(row)) {
                numbers.insert(parcel.number.to_string(), json!(lonlat::from_world([x, y].map(|v| v.round() as u32))));
            }
            if let (Some(old_sheet), Some(old_number)) = (&parcel.old_sheet, &parcel.old_number) {
                let today = format!("{}-{}", parcel.sheet, parcel.number);
                old.entry(format!("{old_sheet}-{old_number}")).or_default().push(today);
            }
        }
        sheets.insert(sheet.number.to_string(), Value::Object(numbers));
    }
    json!({ "sheets": sheets, "old": old })
}
