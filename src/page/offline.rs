//! What lets a phone keep a commune: the web app's manifest, the service worker, and for each commune the list of
//! the addresses to keep.

use serde_json::json;

use super::catalogue::Commune;
use super::map;
use super::site::Site;
use super::{OutputFile, parcel_sheet, plan, sheet};
use crate::error::Result;

/// The worker must lie at the root to answer for every page; its theme file carries a digest in its name.
const WORKER: &str = "service-worker.js";

pub fn all(site: &Site) -> Result<Vec<OutputFile>> {
    let mut files = vec![manifest(site)];
    if let Some(name) = site.assets.get(WORKER) {
        let bytes = super::assets::read(site, name)?;
        files.push(OutputFile { path: format!("/{WORKER}"), bytes });
    }
    files.extend(site.catalogue.communes.values().filter(|commune| !commune.sheets.is_empty()).map(|c| list(site, c)));
    Ok(files)
}

fn manifest(site: &Site) -> OutputFile {
    let settings = &site.inputs.site.site;
    OutputFile::json(
        "/site.webmanifest",
        &json!({
            "name": settings.title.vi,
            "short_name": site.inputs.site.province.name.vi,
            "lang": "vi",
            "start_url": map::PATH,
            "scope": "/",
            "display": "standalone",
            "background_color": "#FBFAF6",
            "theme_color": "#FBFAF6",
            "icons": [{ "src": format!("/assets/{}", site.assets.get("icon.svg").map_or("", String::as_str)), "sizes": "any", "type": "image/svg+xml" }],
        }),
    )
}

/// `pages` are without the language's prefix; `files` are the same in every language.
fn list(site: &Site, commune: &Commune) -> OutputFile {
    let mut pages = vec!["/".to_owned(), map::PATH.into(), "/tim-kiem/".into(), "/du-lieu/".into(), commune.path()];
    pages.extend(commune.prices.iter().map(|table| table.path(commune)));
    pages.extend(commune.coefficients.iter().map(|table| table.path(commune)));
    pages.extend((!commune.plans.is_empty()).then(|| plan::path(commune)));
    pages.extend(commune.sheets.values().map(|sheet| sheet.path(commune)));
    pages.push(parcel_sheet::PATH.into());
    let mut files: Vec<String> =
        site.assets.iter().filter(|(name, _)| *name != WORKER).map(|(_, file)| format!("/assets/{file}")).collect();
    files.extend(
        [
            "/styles/ban-do.json",
            "/styles/ban-do-toi.json",
            "/search/don-vi.json",
            "/search/land-use.json",
            "/site.webmanifest",
        ]
        .map(str::to_owned),
    );
    files.push(format!("{}panel.json", commune.path()));
    files.push(format!("/search/to-{}.json", commune.code));
    files.extend(commune.sheets.values().map(|of| sheet::file_path(commune, of)));
    files.extend(commune.sheets.keys().map(|sheet| format!("/search/to/{}/{sheet}.json", commune.code)));
    let value = json!({
        "code": commune.code,
        "name": commune.name,
        "bounds": commune.bounds(),
        "data_date": site.inputs.facts.data_date,
        "pages": pages,
        "files": files,
        "archives": site.inputs.tile_sets.iter().map(|set| json!({ "path": format!("/archives/{}", set.archive), "minzoom": set.minzoom, "maxzoom": set.maxzoom })).collect::<Vec<_>>(),
    });
    OutputFile::json(format!("{}ngoai-tuyen.json", commune.path()), &value)
}
