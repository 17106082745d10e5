//! `congbo inspect-source`

use std::path::{Path, PathBuf};

use super::Context;
use super::output::say;
use crate::config::dataset::Source;
use crate::config::site::SiteConfig;
use crate::error::{Exit, Fault, Result, Stage};
use crate::read::sandbox;
use crate::survey::{LayerSurvey, Meaning, Place, Reader, Survey, survey};

/// Look at a source file and print a dataset.toml that fits it
///
/// Prints layers, columns, rows, coordinate system and extent, and for each layer a description in which only
/// the decision is left to fill in. Writes nothing. Of the rows only codes of communes are shown.
#[derive(clap::Args)]
pub struct Args {
    /// File relative to the site, e.g. content/data/thua-dat-an-minh/thua_dat.gpkg
    file: PathBuf,
}

pub fn run(context: &Context, args: Args) -> Result<()> {
    // A file may be looked at before there is a site around it.
    let has_site = context.site.join("congbo.toml").exists();
    let province = if has_site { Some(SiteConfig::load(&context.site)?.province.bounds_deg) } else { None };
    let program = std::env::current_exe()
        .map_err(|e| Fault::new(Stage::Config, Exit::Unexpected, format!("the program cannot find itself: {e}")))?;
    let reader = Reader {
        layers: &|site: &Path, path: &Path| sandbox::layers(&program, site, path),
        open: &|site: &Path, path: &Path, source: &Source| sandbox::open(&program, site, path, source),
    };
    let found = survey(&context.site, &args.file, province, &reader)?;
    if context.json {
        say!("{}", serde_json::to_string_pretty(&found).unwrap_or_default());
    } else {
        print(&found);
    }
    Ok(())
}

fn print(survey: &Survey) {
    say!("{}: {} layers, SHA-256 {}", survey.file, survey.layers.len(), survey.sha256);
    for layer in &survey.layers {
        say!("\nlayer {}: {} rows", layer.layer.as_deref().unwrap_or("(without a name)"), layer.rows);
        print_place(layer);
        for column in &layer.columns {
            say!("  {:<28} {}", column.name, meaning_text(&column.meaning));
        }
        say!("  communes: {}", layer.communes.iter().cloned().collect::<Vec<_>>().join(", "));
        if layer.rows_without_commune > 0 {
            say!("  {} rows hold no five-digit code of a commune", layer.rows_without_commune);
        }
        say!("\n# ---- dataset.toml ----\n{}", layer.description);
    }
}

fn print_place(layer: &LayerSurvey) {
    let Some([w, s, e, n]) = layer.extent else {
        say!("  no geometry");
        return;
    };
    let kind = layer.geometry.map(|kind| format!("{kind:?}").to_lowercase()).unwrap_or_default();
    say!("  {kind}, x {w:.3} – {e:.3}, y {s:.3} – {n:.3}");
    say!("  coordinate system declared: {}", layer.declared_crs.as_deref().unwrap_or("none"));
    say!("  {}", place_text(&layer.place));
    if layer.broken_geometries > 0 {
        say!("  {} rows have a geometry that cannot be read", layer.broken_geometries);
    }
}

fn place_text(place: &Place) -> String {
    match place {
        Place::NoGeometry => "no geometry".to_owned(),
        Place::Degrees => "degrees, not metres: export in a zone of VN-2000".to_owned(),
        Place::NorthingFirst => "the axes are swapped: northing stands where easting should".to_owned(),
        Place::Metres(zones) if zones.is_empty() => {
            "metres of VN-2000; no zone puts them into the province, or there is no congbo.toml".to_owned()
        }
        Place::Metres(zones) => format!("zones that put it into the province: {}", zones.join(", ")),
        Place::Elsewhere => "neither degrees nor metres of VN-2000".to_owned(),
    }
}

fn meaning_text(meaning: &Meaning) -> String {
    match meaning {
        Meaning::Public { field } => (*field).to_owned(),
        Meaning::ByPermission { field } => format!("{field}: withhold, unless the province allows it"),
        Meaning::Private { group, what, law } => format!("withhold: {what}, group {group} ({law})"),
        Meaning::Unknown => "unknown → withhold?".to_owned(),
    }
}
