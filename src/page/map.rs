//! The map's pages: a frame for the script, and the way to the sheets for those without it; the same for pages of
//! others, without head and foot.

use minijinja::{Value, context};

use super::site::{At, Site};
use super::template::view;
use super::{province_drawing, sovereignty};
use crate::config::dataset::DatasetKind;
use crate::error::Result;
use crate::model::crs::Vn2000Zone;

pub const PATH: &str = "/ban-do/";
/// What other pages may show in a frame of their own.
pub const EMBEDDED_PATH: &str = "/ban-do/nhung/";
/// Room around the data that the map may show, as a share of its size and in degrees.
const MARGIN: (f64, f64) = (0.3, 0.005);

pub fn render(at: &At) -> Result<String> {
    render_map(at, false)
}

pub fn render_embedded(at: &At) -> Result<String> {
    render_map(at, true)
}

fn render_map(at: &At, embedded: bool) -> Result<String> {
    let catalogue = at.site.catalogue;
    let communes: Vec<_> =
        catalogue.communes.values().map(|c| context! { code => c.code, name => c.name, path => c.path() }).collect();
    let cadastre: Vec<_> = catalogue
        .snapshots
        .iter()
        .filter(|snapshot| snapshot.record.kind == DatasetKind::DiaChinh)
        .map(|snapshot| &snapshot.record)
        .collect();
    let degrees = |bounds: [f64; 4]| bounds.map(|degrees| degrees.to_string()).join(",");
    let bounds = bounds(at.site);
    at.render(
        "map.html",
        context! {
            communes,
            cadastre => view(cadastre),
            bounds => bounds.map(degrees),
            frame => bounds.map(frame).map(degrees),
            zone => zone(at.site).map(zone_view),
            whole => province_drawing::view(catalogue, at.language.prefix()),
            embedded,
        },
    )
}

/// Around all data: the map opens on it and may not leave it by much, so that it never shows the national
/// territory, which must be drawn from the official border set (Luật 27/2018 Đ6.4).
fn bounds(site: &Site) -> Option<[f64; 4]> {
    let of_tiles = site.inputs.tile_sets.iter().map(|set| set.bounds_deg);
    let of_records = site.catalogue.snapshots.iter().filter_map(|snapshot| snapshot.record.bounds_deg);
    of_tiles.chain(of_records).reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
}

/// Where the map can be moved to.
fn frame([west, south, east, north]: [f64; 4]) -> [f64; 4] {
    let (share, degrees) = MARGIN;
    let (x, y) = ((east - west) * share + degrees, (north - south) * share + degrees);
    [west - x, south - y, east + x, north + y].map(|edge| (edge * 1e6).round() / 1e6)
}

/// # Errors
/// A map that shows the national territory without its archipelagos.
pub fn refuse_incomplete_territory(site: &Site) -> Result<()> {
    let Some(bounds) = bounds(site) else { return Ok(()) };
    let islands = sovereignty::islands(site.catalogue.snapshots);
    sovereignty::refuse_without_islands(frame(bounds), &site.inputs.site.province.code, &islands)
}

/// The zone in which most of the cadastre is kept: coordinates are shown and lengths measured in it.
fn zone(site: &Site) -> Option<Vn2000Zone> {
    let zones = |parcels_only: bool| {
        let of_interest = move |kind| !parcels_only || kind == DatasetKind::DiaChinh;
        let records = site.catalogue.snapshots.iter().map(|snapshot| &snapshot.record);
        let of_rows = records.filter(move |record| of_interest(record.kind));
        of_rows.filter_map(|record| Some((record.crs?, record.rows))).fold(
            std::collections::BTreeMap::<u16, u64>::new(),
            |mut zones, (zone, rows)| {
                *zones.entry(zone.epsg).or_default() += rows;
                zones
            },
        )
    };
    let most =
        |zones: std::collections::BTreeMap<u16, u64>| zones.into_iter().max_by_key(|(epsg, rows)| (*rows, *epsg));
    most(zones(true)).or_else(|| most(zones(false))).and_then(|(epsg, _)| Vn2000Zone::from_epsg(epsg))
}

fn zone_view(zone: Vn2000Zone) -> Value {
    context! { epsg => zone.epsg, meridian_deg => zone.meridian_deg(), meridian => zone.meridian_text() }
}
