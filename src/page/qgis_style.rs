//! How QGIS is told to draw a layer: fills, lines and labels, as its layer definitions write them.

use std::fmt::Write as _;

use super::template::colour;
use crate::model::land_use;

/// Codes of three letters with their official colours.
fn land_uses() -> impl Iterator<Item = (String, &'static str)> {
    land_use::all()
        .filter(|land_use| land_use.code.len() == 3)
        .map(|land_use| (land_use.code.clone(), colour(&land_use.code)))
}

pub fn by_land_use(field: &str) -> String {
    let (mut categories, mut symbols) = (String::new(), String::new());
    for (at, (code, colour)) in land_uses().enumerate() {
        let name = land_use::find(&code).map_or(code.as_str(), |land_use| land_use.name_vi.as_str());
        let label = escaped(&format!("{code}: {name}"));
        let _ = writeln!(
            categories,
            "<category value=\"{code}\" symbol=\"{at}\" label=\"{label}\" render=\"true\" type=\"string\"/>"
        );
        let _ = write!(symbols, "{}", symbol(&at.to_string(), &fill(Some(colour), LACQUER, 0.26)));
    }
    format!(
        "<renderer-v2 type=\"categorizedSymbol\" attr=\"substr({field},1,3)\" symbollevels=\"0\" forceraster=\"0\">\n<categories>\n{categories}</categories>\n<symbols>\n{symbols}</symbols>\n</renderer-v2>\n"
    )
}

pub fn single(fill: &str) -> String {
    format!(
        "<renderer-v2 type=\"singleSymbol\" symbollevels=\"0\" forceraster=\"0\">\n<symbols>\n{}</symbols>\n</renderer-v2>\n",
        symbol("0", fill)
    )
}

fn symbol(name: &str, fill: &str) -> String {
    symbol_of("fill", name, fill)
}

fn symbol_of(kind: &str, name: &str, layer: &str) -> String {
    format!(
        "<symbol type=\"{kind}\" name=\"{name}\" alpha=\"1\" clip_to_extent=\"1\" force_rhr=\"0\">\n{layer}</symbol>\n"
    )
}

/// Lines are in millimetres on paper.
pub fn fill(colour: Option<&str>, line: &str, width_mm: f64) -> String {
    let (rgb, style) = colour.map_or(("255,255,255".to_owned(), "no"), |hex| (rgb(hex), "solid"));
    format!(
        "<layer class=\"SimpleFill\" enabled=\"1\" pass=\"0\" locked=\"0\">\n<Option type=\"Map\">\n<Option type=\"QString\" name=\"color\" value=\"{rgb},255\"/>\n<Option type=\"QString\" name=\"style\" value=\"{style}\"/>\n<Option type=\"QString\" name=\"outline_color\" value=\"{line},255\"/>\n<Option type=\"QString\" name=\"outline_style\" value=\"solid\"/>\n<Option type=\"QString\" name=\"outline_width\" value=\"{width_mm}\"/>\n<Option type=\"QString\" name=\"outline_width_unit\" value=\"MM\"/>\n</Option>\n</layer>\n"
    )
}

fn line(colour: &str, width_mm: f64) -> String {
    format!(
        "<layer class=\"SimpleLine\" enabled=\"1\" pass=\"0\" locked=\"0\">\n<Option type=\"Map\">\n<Option type=\"QString\" name=\"line_color\" value=\"{},255\"/>\n<Option type=\"QString\" name=\"line_width\" value=\"{width_mm}\"/>\n<Option type=\"QString\" name=\"line_width_unit\" value=\"MM\"/>\n</Option>\n</layer>\n",
        rgb(colour)
    )
}

/// Parcels in the colours of their land use, with their numbers from the zoom at which they can be read.
pub fn parcels() -> String {
    let by_code = land_uses().map(|(code, colour)| {
        let expression = format!("substr(\"kyHieuMucDichSuDung\",1,3) = '{code}'");
        tile_style(&code, "thua_dat", &expression, POLYGON, &symbol("0", &fill(Some(colour), INK, 0.1)))
    });
    let outline = tile_style("Ranh thửa", "thua_dat", "", POLYGON, &symbol("0", &fill(None, INK, 0.2)));
    let numbers = tile_label("Số thửa", ("thua_dat_nhan", "soThuTuThua"), 16, 7.0, 2);
    drawn(&(by_code.collect::<String>() + &outline), &numbers)
}

/// Water, roads and the names of places.
pub fn base() -> String {
    let water = tile_style("Thủy hệ", "thuy_he", "", POLYGON, &symbol("0", &fill(Some("#C9DCE6"), "47,95,122", 0.1)));
    let roads = tile_style("Giao thông", "giao_thong", "", LINE, &symbol_of("line", "0", &line("#B9B2A4", 0.6)));
    drawn(&(water + &roads), &tile_label("Địa danh", ("dia_danh", "ten"), 13, 9.0, 9))
}

fn drawn(styles: &str, labels: &str) -> String {
    format!(
        "<renderer type=\"basic\"><styles>\n{styles}</styles></renderer>\n<labeling type=\"basic\"><styles>\n{labels}</styles></labeling>\n"
    )
}

/// Kinds of shape in a vector tile, as QGIS counts them.
const POINT: u8 = 0;
const LINE: u8 = 1;
const POLYGON: u8 = 2;

pub const LACQUER: &str = "155,27,30";
const INK: &str = "28,27,25";

fn tile_style(name: &str, layer: &str, expression: &str, geometry: u8, symbol: &str) -> String {
    format!(
        "<style name=\"{name}\" layer=\"{layer}\" expression=\"{}\" geometry=\"{geometry}\" enabled=\"1\" min-zoom=\"-1\" max-zoom=\"-1\">\n<symbols>\n{symbol}</symbols>\n</style>\n",
        escaped(expression),
    )
}

/// Over the point, in the points of a printer; where two labels meet, that of the greater priority stays.
fn tile_label(name: &str, (layer, field): (&str, &str), minzoom: u8, size_pt: f64, priority: u8) -> String {
    format!(
        "<style name=\"{name}\" layer=\"{layer}\" expression=\"\" geometry=\"{POINT}\" enabled=\"1\" min-zoom=\"{minzoom}\" max-zoom=\"-1\">\n<settings>\n<text-style fieldName=\"{field}\" fontSize=\"{size_pt}\" fontSizeUnit=\"Point\" textColor=\"{INK},255\"/>\n<placement placement=\"1\" priority=\"{priority}\"/>\n</settings>\n</style>\n"
    )
}

pub const WEB_MERCATOR: &str =
    "+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null +wktext";

fn rgb(hex: &str) -> String {
    let channel = |at: usize| u8::from_str_radix(hex.get(at..at + 2).unwrap_or("FF"), 16).unwrap_or(255);
    format!("{},{},{}", channel(1), channel(3), channel(5))
}

pub fn escaped(text: &str) -> String {
    let allowed = text.chars().filter(|c| !c.is_control());
    allowed.collect::<String>().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
