//! The `dataset.toml` that fits a surveyed layer: only the decision is left to fill in.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{LayerSurvey, Meaning, Place, has_geometry};
use crate::config::dataset::{DatasetKind, Source};
use crate::disclose::allow_list;
use crate::model::crs::Vn2000Zone;
use crate::model::shapes::GeometryKind;

/// The description as text; it loads as it stands, and is refused until its decision is there.
pub fn toml(layer: &LayerSurvey, source: &Source) -> String {
    let mut toml = String::new();
    let stem = source.file.rsplit_once('.').map_or(source.file.as_str(), |(stem, _)| stem);
    let communes: Vec<String> = layer.communes.iter().map(|code| quoted(code)).collect();
    line(&mut toml, &format!("kind = \"{}\" # guessed from the columns", layer.kind.id()));
    line(&mut toml, &format!("title = {{ vi = {} }}", quoted(layer.layer.as_deref().unwrap_or(stem))));
    line(&mut toml, &format!("communes = [{}]", communes.join(", ")));
    if has_geometry(layer.kind) {
        line(&mut toml, &crs(layer));
    }
    line(&mut toml, "\n[[source]]");
    line(&mut toml, &format!("file = {}", quoted(&source.file)));
    if let Some(name) = &source.layer {
        line(&mut toml, &format!("layer = {}", quoted(name)));
    }
    if layer.place == Place::NorthingFirst {
        line(&mut toml, "axes = \"north_east\"");
    }
    if layer.kind == DatasetKind::Nen {
        line(&mut toml, &format!("theme = \"{}\"", theme(layer.geometry)));
    }
    line(&mut toml, &format!("sha256 = \"{}\"", source.sha256));
    columns(&mut toml, layer);
    toml.push_str(DECISION);
    toml
}

const DECISION: &str = "
# Nothing is published without these.
# [decision]
# number = \"\"
# date = 2026-01-31
# authority = \"\"
# effective_from = 2026-01-31
# acceptance = \"\"
";

fn line(toml: &mut String, text: &str) {
    let _ = writeln!(toml, "{text}");
}

/// A TOML string, whatever a column is called.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// The zone that the file declares, or the only one that would put it into the province.
fn crs(layer: &LayerSurvey) -> String {
    let declared = layer.declared_crs.clone().filter(|crs| Vn2000Zone::try_from(crs.clone()).is_ok());
    match (declared, &layer.place) {
        (Some(zone), _) => format!("crs = \"{zone}\" # as the file declares"),
        (None, Place::Metres(zones)) if zones.len() == 1 => format!("crs = \"{}\" # the only zone that fits", zones[0]),
        (None, Place::Metres(zones)) if !zones.is_empty() => {
            format!("# crs = \"{}\" # several zones would fit: {}", zones[0], zones.join(", "))
        }
        _ => "# crs = \"EPSG:…\" # the zone of the commune's own meridian".to_owned(),
    }
}

fn theme(geometry: Option<GeometryKind>) -> &'static str {
    match geometry {
        Some(GeometryKind::Line) => "giao_thong",
        Some(GeometryKind::Point) => "dia_danh",
        _ => "thuy_he",
    }
}

/// Each field by the first column that holds it; every other column is withheld, by what is known of it.
fn columns(toml: &mut String, layer: &LayerSurvey) {
    let mut fields: BTreeMap<&str, &str> = BTreeMap::new();
    let mut withheld: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for column in &layer.columns {
        let why = match &column.meaning {
            Meaning::Public { field } if !fields.contains_key(field) => {
                fields.insert(field, &column.name);
                continue;
            }
            Meaning::Public { field } => format!("'{field}' once more"),
            Meaning::ByPermission { field } => format!("'{field}': public only where congbo.toml allows it"),
            Meaning::Private { group, what, law } => format!("{what}, group {group} ({law})"),
            Meaning::Unknown => "not known: map under [fields] what is public".to_owned(),
        };
        withheld.entry(why).or_default().push(&column.name);
    }
    line(toml, "\n# standard name = column of the source\n[fields]");
    for field in allow_list::allowed(layer.kind) {
        match fields.get(field.name) {
            Some(column) => line(toml, &format!("{} = {}", field.name, quoted(column))),
            None if field.required => {
                line(toml, &format!("# {} = \"…\" # required, and no column is recognised", field.name))
            }
            None => {}
        }
    }
    if withheld.is_empty() {
        return;
    }
    line(toml, "\n# known to be there, never read\n[withhold]\ncolumns = [");
    for (why, names) in withheld {
        line(toml, &format!("    # {why}"));
        names.iter().for_each(|name| line(toml, &format!("    {},", quoted(name))));
    }
    line(toml, "]");
}
