//! The map's page: a frame for the script, and the way to the sheets for those without it.

use minijinja::context;

use super::site::At;
use super::template::view;
use crate::config::dataset::DatasetKind;
use crate::error::Result;

pub fn render(at: &At) -> Result<String> {
    let catalogue = at.site.catalogue;
    let communes: Vec<_> =
        catalogue.communes.values().map(|c| context! { code => c.code, name => c.name, path => c.path() }).collect();
    let cadastre: Vec<_> = catalogue
        .snapshots
        .iter()
        .filter(|snapshot| snapshot.record.kind == DatasetKind::DiaChinh)
        .map(|snapshot| &snapshot.record)
        .collect();
    let bounds = bounds(at).map(|bounds| bounds.map(|degrees| degrees.to_string()).join(","));
    at.render("map.html", context! { communes, cadastre => view(cadastre), bounds })
}

/// Around all data: the map opens on it and may not leave it by much, so that it never shows the national
/// territory, which must be drawn from the official border set (Luật 27/2018 Đ6.4).
pub fn bounds(at: &At) -> Option<[f64; 4]> {
    let of_tiles = at.site.inputs.tile_sets.iter().map(|set| set.bounds_deg);
    let of_records = at.site.catalogue.snapshots.iter().filter_map(|snapshot| snapshot.record.bounds_deg);
    of_tiles.chain(of_records).reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
}
