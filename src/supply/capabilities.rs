//! What may be asked for, as JSON for programs: the members that Norway's order API (Geonorge) has for each dataset,
//! with this project's areas, fields and limits beside them. It follows from the tables that the orders are held to.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::area::{MOST_COMMUNES, MOST_DEG};
use super::polygon::MOST_POSITIONS;
use super::source::parts;
use super::{Crs, Format, frame};
use crate::model::crs::Vn2000Zone;
use crate::model::tier::{Layer, Tier};
use crate::release::{self, OpenEdition};

/// Of one edition, for somebody who reaches some communes (`None`: all).
pub fn capabilities(edition: &OpenEdition, within: Option<&[String]>) -> Value {
    let layers: Vec<Value> = Layer::ALL.iter().map(|layer| of_layer(*layer, edition, within)).collect();
    json!({ "edition": edition.name, "root": edition.manifest.root, "date": edition.manifest.date, "layers": layers })
}

fn of_layer(layer: Layer, edition: &OpenEdition, within: Option<&[String]>) -> Value {
    let terms = layer.terms();
    let folder = format!("{}/", terms.folder);
    let files = edition.manifest.files.iter().filter(|file| file.path.starts_with(&folder));
    if terms.tier == Tier::Open {
        let files: Vec<Value> = files
            .map(|file| json!({ "url": format!("/{}", file.path), "bytes": file.bytes, "sha256": file.sha256 }))
            .collect();
        return json!({
            "layer": layer.id(), "tier": terms.tier.id(), "files": files,
            "supportsAreaSelection": false, "supportsPolygonSelection": false,
            "supportsProjectionSelection": false, "supportsFormatSelection": false,
        });
    }
    let reached = files
        .filter_map(|file| parts(&file.path))
        .filter(|(commune, _)| within.is_none_or(|within| within.iter().any(|code| code == commune)));
    let (communes, datasets): (BTreeSet<&str>, BTreeSet<&str>) = reached.unzip();
    let zones: BTreeSet<u16> =
        datasets.iter().filter_map(|dataset| release::zone(&edition.dir, dataset)).map(|zone| zone.epsg).collect();
    json!({
        "layer": layer.id(), "tier": terms.tier.id(),
        "supportsAreaSelection": true, "supportsPolygonSelection": true,
        "supportsProjectionSelection": true, "supportsFormatSelection": true,
        "areas": areas(&terms.areas), "communes": communes,
        "projections": projections(&zones),
        "formats": Format::ALL.iter().map(|format| of_format(*format, !zones.is_empty())).collect::<Vec<_>>(),
        "fields": terms.fields,
    })
}

fn areas(kinds: &[&str]) -> Vec<Value> {
    let limits = |kind: &str| match kind {
        "xa" => json!({ "communes": MOST_COMMUNES }),
        "to" => json!({ "sheets": 1 }),
        "vung" => json!({ "degrees": MOST_DEG }),
        _ => json!({ "degrees": MOST_DEG, "positions": MOST_POSITIONS }),
    };
    kinds.iter().map(|kind| json!({ "type": kind, "limits": limits(kind) })).collect()
}

fn projections(zones: &BTreeSet<u16>) -> Vec<Value> {
    let named = |id: Crs, epsg: u16, name: String| json!({ "id": id.id(), "code": epsg.to_string(), "name": name, "codespace": format!("http://www.opengis.net/def/crs/EPSG/0/{epsg}") });
    let zones = zones.iter().filter_map(|epsg| Vn2000Zone::from_epsg(*epsg));
    let zones = zones.map(|zone| named(Crs::Vn2000, zone.epsg, frame::name(zone)));
    [named(Crs::Wgs84, 4326, "WGS 84".into())].into_iter().chain(zones).collect()
}

fn of_format(format: Format, has_zone: bool) -> Value {
    let crs = Crs::ALL.iter().filter(|crs| format.takes(**crs) && (has_zone || **crs == Crs::Wgs84));
    json!({
        "id": format.id(), "name": format.name(), "ending": format.ending(), "outlines": format.has_outlines(),
        "projections": crs.map(|crs| crs.id()).collect::<Vec<_>>(),
    })
}
