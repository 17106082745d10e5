//! The map's two styles, light and dark: MapLibre style documents (version 8).
//!
//! Display follows the rules for cadastral maps (D23): parcels in black hairlines on paper, water blue,
//! legal and planning boundaries red, land use in its official hue at reduced chroma. There are no glyph
//! files: the labels are drawn with the page's own fonts, which hold every Vietnamese letter.

use serde_json::{Map, Value, json};

use super::OutputFile;
use super::commune_prices::{self, CLASSES, PriceClass};
use super::site::Site;
use super::sovereignty::{self, Island};
use crate::model::land_use;

/// Colours of one style; the names say what they draw.
#[derive(Clone, Copy)]
struct Palette<'a> {
    name: &'static str,
    paper: &'a str,
    ink: &'a str,
    muted: &'a str,
    water: &'static str,
    water_text: &'static str,
    road: &'static str,
    road_casing: &'static str,
    lacquer: &'a str,
    hover: &'a str,
    /// Opacity of land-use areas and of parcels.
    fabric_opacity: f64,
    parcel_opacity: f64,
    /// How dark the official hues are drawn, 1 on paper, and how strong: 1 as they are.
    lightness: f64,
    chroma: f64,
    /// Classes of prices, the cheapest first: one hue in even steps, so that no step needs colour sight.
    prices: [&'static str; CLASSES],
}

const LIGHT: Palette<'static> = Palette {
    name: "ban-do",
    paper: "#FBFAF6",
    ink: "#1C1B19",
    muted: "#5B5750",
    water: "#C9DCE6",
    water_text: "#2F5F7A",
    road: "#FFFFFF",
    road_casing: "#B9B2A4",
    lacquer: "#9B1B1E",
    hover: "#1C1B19",
    fabric_opacity: 0.5,
    parcel_opacity: 0.38,
    lightness: 1.0,
    chroma: 0.66,
    prices: ["#F7EBCF", "#EBCB8B", "#D6A052", "#AD6C2B", "#74401A"],
};

const DARK: Palette<'static> = Palette {
    name: "ban-do-toi",
    paper: "#151514",
    ink: "#EFECE5",
    muted: "#B3AEA4",
    water: "#22333D",
    water_text: "#9CC4DA",
    road: "#4A463F",
    road_casing: "#0C0C0B",
    lacquer: "#FF9C94",
    hover: "#EFECE5",
    // On black a pale hue turns to mud: stronger, and less of the ground in it.
    fabric_opacity: 0.5,
    parcel_opacity: 0.44,
    lightness: 0.8,
    chroma: 1.35,
    prices: ["#3B2B18", "#694720", "#9A6A2C", "#C99547", "#F0CB8A"],
};

const FONT: &str = "Be Vietnam Pro";

pub fn all(site: &Site) -> Vec<OutputFile> {
    [(LIGHT, false), (DARK, true)]
        .map(|(palette, dark)| own_colours(site, palette, dark))
        .iter()
        .map(|palette| OutputFile::json(format!("/styles/{}.json", palette.name), &style(site, palette)))
        .collect()
}

/// The palette in the colours that the province gave the theme.
fn own_colours<'a>(site: &'a Site, palette: Palette<'a>, dark: bool) -> Palette<'a> {
    let own = |name, given| site.properties.colour(dark, name).unwrap_or(given);
    Palette {
        paper: own("paper", palette.paper),
        ink: own("ink", palette.ink),
        muted: own("muted", palette.muted),
        lacquer: own("lacquer", palette.lacquer),
        hover: own("ink", palette.hover),
        ..palette
    }
}

fn style(site: &Site, palette: &Palette) -> Value {
    let mut sources = sources(site);
    let islands = sovereignty::islands(site.catalogue.snapshots);
    if !islands.is_empty() {
        sources.insert(ISLANDS.into(), island_points(&islands));
    }
    let classes = commune_prices::classes(site.catalogue);
    let layers: Vec<Value> = [
        ground(palette),
        land_use_areas(palette),
        price_areas(&classes, palette),
        areas(palette),
        base(palette),
        lines(palette),
        labels(site, palette),
        vec![island_names(palette)],
    ]
    .concat()
    .into_iter()
    .filter(|layer| layer.get("source").and_then(Value::as_str).is_none_or(|source| sources.contains_key(source)))
    .collect();
    json!({
        "version": 8,
        "name": site.inputs.site.site.title.vi,
        "metadata": {
            "congbo:data-date": site.inputs.facts.data_date.to_string(),
            "congbo:price-classes": price_legend(&classes, palette),
        },
        "sources": sources,
        "layers": layers,
    })
}

fn sources(site: &Site) -> Map<String, Value> {
    let source = |set: &super::TileSetFacts| {
        let url = format!("pmtiles://{}", site.url(&format!("/archives/{}", set.archive)));
        (set.id.clone(), json!({ "type": "vector", "url": url, "attribution": set.attribution }))
    };
    site.inputs.tile_sets.iter().map(source).collect()
}

fn layer(id: &str, kind: &str, source: (&str, &str), zooms: (u8, u8), body: Value) -> Value {
    let mut layer = json!({
        "id": id, "type": kind, "source": source.0, "source-layer": source.1, "minzoom": zooms.0, "maxzoom": zooms.1,
    });
    let (Value::Object(target), Value::Object(body)) = (&mut layer, body) else {
        unreachable!("both are written as objects here")
    };
    target.extend(body);
    layer
}

fn ground(palette: &Palette) -> Vec<Value> {
    let background = json!({ "id": "nen", "type": "background", "paint": { "background-color": palette.paper } });
    let inside = layer(
        "dia-gioi-nen",
        "fill",
        ("nen", "dia_gioi"),
        (0, 24),
        json!({
            "filter": ["!=", ["get", "loai"], "tinh"],
            "paint": { "fill-color": palette.ink, "fill-opacity": 0.02 },
        }),
    );
    vec![background, inside]
}

/// Land use as areas: dissolved below z15, by parcel above.
fn land_use_areas(palette: &Palette) -> Vec<Value> {
    let by_use = fill_by_code("kyHieuMucDichSuDung", palette);
    vec![
        layer(
            "su-dung-dat",
            "fill",
            ("su-dung-dat", "su_dung_dat"),
            (0, 15),
            json!({
                "paint": { "fill-color": by_use, "fill-opacity": palette.fabric_opacity, "fill-antialias": false },
            }),
        ),
        layer(
            "thua-dat-nen",
            "fill",
            ("thua-dat", "thua_dat"),
            (15, 24),
            json!({
                "paint": { "fill-color": by_use, "fill-opacity": palette.parcel_opacity, "fill-antialias": false },
            }),
        ),
    ]
}

/// Communes by their class of prices; hidden until somebody asks for it, and gone where parcels are drawn.
fn price_areas(classes: &[PriceClass], palette: &Palette) -> Vec<Value> {
    let of_class = |(class, colour): (&PriceClass, &str)| [json!(class.communes), json!(colour)];
    let cases: Vec<Value> = coloured(classes, palette).flat_map(of_class).collect();
    // An expression must have a case.
    if cases.is_empty() {
        return vec![];
    }
    let colour = [vec![json!("match"), json!(["get", "maXa"])], cases, vec![json!("rgba(0, 0, 0, 0)")]].concat();
    let body = json!({
        "filter": ["!=", ["get", "loai"], "tinh"],
        "layout": { "visibility": "none" },
        "paint": { "fill-color": colour, "fill-opacity": 0.85 },
    });
    vec![layer("gia-dat-xa", "fill", ("nen", "dia_gioi"), (0, 15), body)]
}

/// What the map's legend says of the classes.
fn price_legend(classes: &[PriceClass], palette: &Palette) -> Value {
    let row = |(class, colour): (&PriceClass, &str)| json!({ "from_vnd": class.from_vnd, "to_vnd": class.to_vnd, "communes": class.communes.len(), "colour": colour });
    coloured(classes, palette).map(row).collect()
}

/// Fewer classes than steps stand as far apart as they can.
fn coloured<'c, 'a>(
    classes: &'c [PriceClass<'a>],
    palette: &Palette,
) -> impl Iterator<Item = (&'c PriceClass<'a>, &'static str)> {
    let prices = palette.prices;
    let step = move |i: usize| i * (CLASSES - 1) / classes.len().saturating_sub(1).max(1);
    classes.iter().enumerate().map(move |(i, class)| (class, prices[step(i)]))
}

/// Water and plans, over whatever the land is coloured by.
fn areas(palette: &Palette) -> Vec<Value> {
    vec![
        layer("thuy-he", "fill", ("nen", "thuy_he"), (0, 24), json!({ "paint": { "fill-color": palette.water } })),
        layer(
            "quy-hoach",
            "fill",
            ("quy-hoach", "quy_hoach"),
            (10, 24),
            json!({
                "paint": { "fill-color": fill_by_code("maKyHieuDat", palette), "fill-opacity": 0.45 },
            }),
        ),
    ]
}

fn base(palette: &Palette) -> Vec<Value> {
    let road = |id: &str, colour: &str, extra_px: f64| {
        layer(
            id,
            "line",
            ("nen", "giao_thong"),
            (0, 24),
            json!({
                "layout": { "line-cap": "round", "line-join": "round" },
                "paint": {
                    "line-color": colour,
                    "line-width": road_width(extra_px),
                    "line-opacity": ["interpolate", ["linear"], ["zoom"], 16, 1, 17.5, 0],
                },
            }),
        )
    };
    vec![road("duong-vien", palette.road_casing, 1.0), road("duong", palette.road, 0.0)]
}

const ISLANDS: &str = "quan-dao";

/// In the style itself, so that no zoom is without them (Law 27/2018, Đ6.4); tiles begin at their own zoom.
fn island_points(islands: &[Island]) -> Value {
    let feature = |island: &Island| {
        json!({
            "type": "Feature",
            "properties": { "ten": island.name },
            "geometry": { "type": "Point", "coordinates": island.at },
        })
    };
    json!({ "type": "geojson", "data": { "type": "FeatureCollection", "features": islands.iter().map(feature).collect::<Vec<_>>() } })
}

fn island_names(palette: &Palette) -> Value {
    json!({
        "id": "quan-dao-nhan", "type": "symbol", "source": ISLANDS,
        "layout": {
            "text-field": ["get", "ten"], "text-font": [FONT], "text-size": 13, "text-allow-overlap": true,
            "text-ignore-placement": true,
        },
        "paint": { "text-color": palette.lacquer, "text-halo-color": palette.paper, "text-halo-width": 1.6 },
    })
}

/// National roads are drawn widest. Above z15 lines stop growing and then fade: there the gap between the
/// parcels on both sides shows the road in its true width.
fn road_width(extra_px: f64) -> Value {
    let by_class = |national: f64, provincial: f64, other: f64| {
        json!([
            "match",
            ["get", "loai"],
            "quoc_lo",
            national + extra_px,
            "tinh_lo",
            provincial + extra_px,
            other + extra_px
        ])
    };
    json!([
        "interpolate",
        ["linear"],
        ["zoom"],
        8,
        by_class(1.2, 0.8, 0.2),
        12,
        by_class(3.0, 2.0, 1.0),
        15,
        by_class(5.0, 4.0, 2.5)
    ])
}

fn lines(palette: &Palette) -> Vec<Value> {
    let selected = json!(["all", ["==", ["get", "maXa"], ""], ["==", ["get", "soHieuToBanDo"], -1]]);
    let hovered = |yes: f64, no: f64| json!(["case", ["boolean", ["feature-state", "hover"], false], yes, no]);
    vec![
        layer(
            "thua-dat-vien",
            "line",
            ("thua-dat", "thua_dat"),
            (15, 24),
            json!({
                "paint": {
                    "line-color": palette.ink,
                    "line-opacity": 0.6,
                    "line-width": ["interpolate", ["linear"], ["zoom"], 15, 0.5, 17, 1.0],
                },
            }),
        ),
        layer(
            "thua-dat-tro",
            "line",
            ("thua-dat", "thua_dat"),
            (15, 24),
            json!({
                "paint": { "line-color": palette.hover, "line-width": 1.6, "line-opacity": hovered(1.0, 0.0) },
            }),
        ),
        layer(
            "quy-hoach-vien",
            "line",
            ("quy-hoach", "quy_hoach"),
            (10, 24),
            json!({
                "filter": ["!=", ["get", "trangThai"], "chua_hieu_luc"],
                "paint": { "line-color": palette.lacquer, "line-width": 1.0 },
            }),
        ),
        layer(
            "quy-hoach-vien-chua",
            "line",
            ("quy-hoach", "quy_hoach"),
            (10, 24),
            json!({
                "filter": ["==", ["get", "trangThai"], "chua_hieu_luc"],
                "paint": { "line-color": palette.lacquer, "line-width": 1.0, "line-dasharray": [4, 3] },
            }),
        ),
        layer(
            "dia-gioi",
            "line",
            ("nen", "dia_gioi"),
            (0, 24),
            json!({
                "filter": ["!=", ["get", "loai"], "tinh"],
                "paint": { "line-color": palette.lacquer, "line-width": 1.2, "line-opacity": 0.75 },
            }),
        ),
        layer(
            "dia-gioi-tinh",
            "line",
            ("nen", "dia_gioi"),
            (0, 24),
            json!({
                "filter": ["==", ["get", "loai"], "tinh"],
                "paint": { "line-color": palette.lacquer, "line-width": 2.2 },
            }),
        ),
        layer(
            "thua-dat-chon-nen",
            "fill",
            ("thua-dat", "thua_dat"),
            (15, 24),
            json!({
                "filter": selected, "paint": { "fill-color": palette.lacquer, "fill-opacity": 0.14 },
            }),
        ),
        layer(
            "thua-dat-chon-quang",
            "line",
            ("thua-dat", "thua_dat"),
            (15, 24),
            json!({
                "filter": selected, "paint": { "line-color": palette.paper, "line-width": 6.5 },
            }),
        ),
        layer(
            "thua-dat-chon",
            "line",
            ("thua-dat", "thua_dat"),
            (15, 24),
            json!({
                "filter": selected, "paint": { "line-color": palette.lacquer, "line-width": 2.5 },
            }),
        ),
    ]
}

fn labels(site: &Site, palette: &Palette) -> Vec<Value> {
    let text = |field: Value, size: Value| json!({ "text-field": field, "text-font": [FONT], "text-size": size, "text-max-width": 8 });
    let paint =
        |colour: &str| json!({ "text-color": colour, "text-halo-color": palette.paper, "text-halo-width": 1.2 });
    let along = json!({
        "symbol-placement": "line", "text-field": ["get", "ten"], "text-font": [FONT], "text-size": 12,
        "symbol-spacing": 320,
    });
    vec![
        // Below every other name, and gone where parcels show their numbers. A number may step up or
        // down for a name; sideways it could come to stand in the next sheet.
        layer(
            "to-ban-do-nhan",
            "symbol",
            ("thua-dat", "to_ban_do_nhan"),
            (13, 16),
            json!({
                "layout": sheet_number(),
                "paint": {
                    "text-color": palette.muted, "text-opacity": 0.85,
                    "text-halo-color": palette.paper, "text-halo-width": 1.6,
                },
            }),
        ),
        layer(
            "thuy-he-nhan",
            "symbol",
            ("nen", "thuy_he"),
            (12, 24),
            json!({
                "layout": text(json!(["get", "ten"]), json!(12)), "paint": paint(palette.water_text),
            }),
        ),
        layer(
            "quy-hoach-nhan",
            "symbol",
            ("quy-hoach", "quy_hoach_nhan"),
            (13, 24),
            json!({
                "layout": text(json!(["get", "maKyHieuDat"]), json!(12)), "paint": paint(palette.lacquer),
            }),
        ),
        layer(
            "thua-dat-nhan",
            "symbol",
            ("thua-dat", "thua_dat_nhan"),
            (16, 24),
            json!({
                "layout": text(json!(["to-string", ["get", "soThuTuThua"]]), parcel_text_size()),
                "paint": paint(palette.ink),
            }),
        ),
        layer(
            "duong-nhan",
            "symbol",
            ("nen", "giao_thong"),
            (12, 24),
            json!({
                "layout": along, "paint": paint(palette.muted),
            }),
        ),
        // Later layers place their labels first.
        layer(
            "dia-danh-nhan-nho",
            "symbol",
            ("nen", "dia_danh"),
            (15, 24),
            json!({
                "filter": ["!", settlement()],
                "layout": text(json!(["get", "ten"]), json!(11)), "paint": paint(palette.muted),
            }),
        ),
        layer(
            "dia-danh-nhan",
            "symbol",
            ("nen", "dia_danh"),
            (12, 24),
            json!({
                "filter": settlement(),
                "layout": text(json!(["get", "ten"]), json!(13)), "paint": paint(palette.ink),
            }),
        ),
        layer(
            "dia-gioi-nhan",
            "symbol",
            ("nen", "dia_gioi_nhan"),
            (8, 14),
            json!({
                "filter": ["!=", ["get", "loai"], "tinh"],
                "layout": text(unit_name(site), json!(15)), "paint": paint(palette.lacquer),
            }),
        ),
    ]
}

/// The names of communes by their codes. They are here and not in the tiles, so that a new name leaves every
/// tile as it is (D28).
fn unit_name(site: &Site) -> Value {
    let units = site.catalogue.communes.values().filter(|commune| commune.unit.is_some());
    let mut cases = vec![json!("match"), json!(["get", "maXa"])];
    cases.extend(units.flat_map(|commune| [json!(commune.code), json!(commune.name)]));
    // An expression must have a case.
    if cases.len() == 2 {
        return json!("");
    }
    cases.push(json!(""));
    Value::Array(cases)
}

/// People find their way by settlements and offices; a market or a cemetery is named where there is room.
fn settlement() -> Value {
    json!(["in", ["get", "loai"], ["literal", ["thon", "to_dan_pho", "ubnd"]]])
}

fn sheet_number() -> Value {
    json!({
        "text-field": ["concat", "Tờ ", ["to-string", ["get", "soHieuToBanDo"]]],
        "text-font": [FONT],
        "text-size": ["interpolate", ["linear"], ["zoom"], 13, 10, 15, 13],
        "text-padding": 1,
        "text-variable-anchor": ["center", "top", "bottom"],
        "text-radial-offset": 0.5,
    })
}

fn parcel_text_size() -> Value {
    json!(["interpolate", ["linear"], ["zoom"], 16, 10, 18, 13])
}

/// A colour for each code by its first part: `ONT+CLN` is coloured as `ONT`. Codes outside the list are grey.
fn fill_by_code(field: &str, palette: &Palette) -> Value {
    let mut cases = vec![json!("match"), json!(["slice", ["get", field], 0, 3])];
    for land_use in land_use::all().filter(|land_use| land_use.code.len() == 3 && !land_use.colour.is_empty()) {
        cases.extend([json!(land_use.code), json!(calm(&land_use.colour, palette.lightness, palette.chroma))]);
    }
    cases.push(json!("#B9B2A4"));
    Value::Array(cases)
}

/// The official hue, mixed with its own grey or led away from it, then darkened for the dark style.
fn calm(hex: &str, lightness: f64, chroma: f64) -> String {
    let channel = |at: usize| f64::from(u8::from_str_radix(hex.get(at..at + 2).unwrap_or("80"), 16).unwrap_or(128));
    let [r, g, b] = [channel(1), channel(3), channel(5)];
    let grey = 0.299 * r + 0.587 * g + 0.114 * b;
    let mixed = [r, g, b].map(|c| ((grey + (c - grey) * chroma) * lightness).round().clamp(0.0, 255.0) as u8);
    format!("#{:02X}{:02X}{:02X}", mixed[0], mixed[1], mixed[2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hues_stay_and_chroma_falls() {
        assert_eq!(calm("#FFFFFF", 1.0, 0.66), "#FFFFFF");
        assert_eq!(calm("#FF0000", 1.0, 0.66), "#C21A1A");
    }

    #[test]
    fn a_mixed_parcel_is_coloured_by_its_first_code() {
        let fill = fill_by_code("kyHieuMucDichSuDung", &LIGHT);
        assert_eq!(fill[1], json!(["slice", ["get", "kyHieuMucDichSuDung"], 0, 3]));
    }
}
