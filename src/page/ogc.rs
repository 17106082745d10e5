//! Documents by which programs of the OGC API family find the tiles: a landing page, what it conforms to, and the
//! tile sets, as static files below `/ogc/`. Only classes that static files fulfil are claimed.

use serde_json::{Value, json};

use super::site::Site;
use super::{OutputFile, TileSetFacts, dcat};

const ROOT: &str = "/ogc/";
const WEB_MERCATOR: &str = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad";
const MVT: &str = "application/vnd.mapbox-vector-tile";
/// OGC API – Common 1.0 wants a document at each address; Tiles 1.0 a list of tile sets and their description.
const CONFORMS: [&str; 5] = [
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
];

pub fn all(site: &Site) -> Vec<OutputFile> {
    let mut files = vec![
        document("landing.json", &landing(site)),
        document("conformance.json", &json!({ "conformsTo": CONFORMS })),
        document(
            "tilesets.json",
            &json!({
                "links": [link(site, "self", "application/json", "/ogc/tilesets.json", "Danh sách bộ ô")],
                "tilesets": site.inputs.tile_sets.iter().map(|set| summary(site, set)).collect::<Vec<_>>(),
            }),
        ),
    ];
    files.extend(
        site.inputs.tile_sets.iter().map(|set| document(&format!("tilesets/{}.json", set.id), &tile_set(site, set))),
    );
    files
}

fn document(name: &str, value: &Value) -> OutputFile {
    OutputFile::json(format!("{ROOT}{name}"), value)
}

fn landing(site: &Site) -> Value {
    let settings = &site.inputs.site;
    json!({
        "title": settings.site.title.vi,
        "description": settings.province.name.vi,
        "attribution": settings.province.authority.vi,
        "links": [
            link(site, "self", "application/json", "/ogc/landing.json", "Trang vào"),
            link(site, "alternate", "text/html", "/du-lieu/", "Về dữ liệu"),
            link(site, "conformance", "application/json", "/ogc/conformance.json", "Các lớp tuân thủ"),
            link(site, "http://www.opengis.net/def/rel/ogc/1.0/conformance", "application/json", "/ogc/conformance.json", "Các lớp tuân thủ"),
            link(site, "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", "application/json", "/ogc/tilesets.json", "Danh sách bộ ô"),
            link(site, "describedby", "application/ld+json", dcat::PATH, "DCAT"),
            link(site, "license", "text/html", "/quy-che/", "Quy chế khai thác"),
        ],
    })
}

fn link(site: &Site, rel: &str, media_type: &str, path: &str, title: &str) -> Value {
    json!({ "rel": rel, "type": media_type, "href": site.url(path), "title": title })
}

fn summary(site: &Site, set: &TileSetFacts) -> Value {
    json!({
        "title": set.title.vi,
        "dataType": "vector",
        "crs": "http://www.opengis.net/def/crs/EPSG/0/3857",
        "tileMatrixSetURI": WEB_MERCATOR,
        "links": [link(site, "self", "application/json", &format!("/ogc/tilesets/{}.json", set.id), &set.title.vi)],
    })
}

/// Rows come before columns in the OGC's templates, and after them in ours: the address says which is which.
fn tile_set(site: &Site, set: &TileSetFacts) -> Value {
    let [west, south, east, north] = set.bounds_deg;
    let mut value = summary(site, set);
    value["attribution"] = set.attribution.as_str().into();
    value["boundingBox"] = json!({
        "lowerLeft": [west, south], "upperRight": [east, north],
        "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    });
    value["layers"] = set
        .layers
        .iter()
        .map(|layer| json!({ "id": layer.name, "dataType": "vector", "minTileMatrix": set.minzoom.to_string(), "maxTileMatrix": set.maxzoom.to_string() }))
        .collect();
    let template = format!("/tiles/{}/{{tileMatrix}}/{{tileCol}}/{{tileRow}}.mvt", set.id);
    let mut item = link(site, "item", MVT, &template, "Ô");
    item["templated"] = true.into();
    value["links"] = json!([
        link(site, "self", "application/json", &format!("/ogc/tilesets/{}.json", set.id), &set.title.vi),
        item,
        link(site, "alternate", "application/json", &format!("/tiles/{}.json", set.id), "TileJSON"),
        link(
            site,
            "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme",
            "application/json",
            WEB_MERCATOR,
            "WebMercatorQuad"
        ),
    ]);
    // The scheme is the OGC's own document, not one of ours.
    value["links"][3]["href"] = WEB_MERCATOR.into();
    value
}
