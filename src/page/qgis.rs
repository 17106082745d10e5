//! `/du-lieu/qgis/<name>.qlr`: layer definitions that QGIS adds with one click, in the official colours and with
//! Vietnamese names of layers and fields: the open files as vector layers, the parcels as vector tiles.

use std::fmt::Write as _;

use super::OutputFile;
use super::site::Site;
use super::template::colour;
use crate::config::dataset::DatasetKind;
use crate::model::admin_unit::AdminUnit;
use crate::model::field::Fields;
use crate::model::land_use;
use crate::model::land_use_plan::PlanZone;

const FOLDER: &str = "/du-lieu/qgis/";

/// One definition, as the page about the data lists it.
pub struct Definition {
    pub path: String,
    pub title: String,
    xml: String,
}

/// Fields of the open files, and what people call them.
const ALIASES: [(&str, &str); 17] = [
    ("maKyHieuDat", "Loại đất quy hoạch"),
    ("maKyHieuDatCu", "Loại đất quy hoạch cũ"),
    ("maXa", "Mã xã"),
    ("dienTich", "Diện tích (m²)"),
    ("kyQuyHoach", "Kỳ quy hoạch"),
    ("capQuyHoach", "Cấp quy hoạch"),
    ("soQuyetDinh", "Số quyết định"),
    ("ngayPheDuyet", "Ngày phê duyệt"),
    ("coQuanPheDuyet", "Cơ quan phê duyệt"),
    ("trangThai", "Tình trạng"),
    ("tenCongTrinh", "Công trình"),
    ("maTinh", "Mã tỉnh"),
    ("ten", "Tên"),
    ("loai", "Loại đơn vị"),
    ("nghiQuyet", "Nghị quyết"),
    ("hieuLucTu", "Hiệu lực từ"),
    ("hieuLucDen", "Hiệu lực đến"),
];

pub fn all(site: &Site) -> Vec<Definition> {
    let open = site.inputs.files.iter().filter_map(|file| open_layer(site, file));
    open.chain(tile_layers(site)).collect()
}

pub fn files(site: &Site) -> Vec<OutputFile> {
    all(site).into_iter().map(|made| OutputFile { path: made.path, bytes: made.xml.into_bytes() }).collect()
}

/// An open file, read over the network part by part.
fn open_layer(site: &Site, file: &super::OpenFile) -> Option<Definition> {
    let snapshot = site.catalogue.snapshots.iter().find(|snapshot| snapshot.id == file.dataset)?;
    let name = file.path.rsplit('/').next()?.strip_suffix(".fgb")?;
    let (renderer, geometry, fields) = match snapshot.record.kind {
        DatasetKind::QuyHoach => (by_land_use("maKyHieuDat"), "Polygon", PlanZone::NAMES),
        DatasetKind::DiaGioi => (single(&fill(None, "155,27,30", 0.4)), "Polygon", AdminUnit::NAMES),
        _ => return None,
    };
    let title = format!("{} ({})", snapshot.record.title.vi, snapshot.record.decision.number);
    let source = format!("/vsicurl/{}", site.url(&file.path));
    let layer = format!(
        "<maplayer type=\"vector\" geometry=\"{geometry}\" autoRefreshEnabled=\"0\">\n<id>{id}</id>\n<datasource>{source}</datasource>\n<layername>{title}</layername>\n{about}<srs><spatialrefsys><authid>EPSG:4326</authid></spatialrefsys></srs>\n<provider encoding=\"UTF-8\">ogr</provider>\n{aliases}{renderer}</maplayer>\n",
        id = escaped(name),
        source = escaped(&source),
        title = escaped(&title),
        about = about(site, &title),
        aliases = aliases(fields),
    );
    Some(definition(name, &title, "ogr", &source, &layer))
}

/// Parcels and the dissolved land use as vector tiles, which only show what is on the screen.
fn tile_layers(site: &Site) -> Option<Definition> {
    let set = site.inputs.tile_sets.iter().find(|set| set.id == "thua-dat")?;
    let url = site.url("/tiles/thua-dat/{z}/{x}/{y}.mvt");
    let source = format!("type=xyz&url={}&zmin={}&zmax={}", encoded(&url), set.minzoom, set.maxzoom);
    let title = &set.title.vi;
    let styles: String = land_uses().map(|(code, colour)| tile_style(&code, colour)).collect();
    let outline = tile_symbol("Ranh thửa", "", &fill(None, "28,27,25", 0.2));
    let layer = format!(
        "<maplayer type=\"vector-tile\">\n<id>thua-dat</id>\n<datasource>{source}</datasource>\n<layername>{title}</layername>\n{about}<srs><spatialrefsys><authid>EPSG:3857</authid></spatialrefsys></srs>\n<provider></provider>\n<renderer type=\"basic\"><styles>\n{styles}{outline}</styles></renderer>\n</maplayer>\n",
        source = escaped(&source),
        title = escaped(title),
        about = about(site, title),
    );
    Some(definition("thua-dat", title, "vectortile", &source, &layer))
}

fn definition(name: &str, title: &str, provider: &str, source: &str, layer: &str) -> Definition {
    let (id, shown, source) = (escaped(name), escaped(title), escaped(source));
    let xml = format!(
        "<!DOCTYPE qgis-layer-definition>\n<qlr>\n<layer-tree-group name=\"\" expanded=\"1\" checked=\"Qt::Checked\">\n<layer-tree-layer id=\"{id}\" name=\"{shown}\" providerKey=\"{provider}\" source=\"{source}\" expanded=\"1\" checked=\"Qt::Checked\"/>\n</layer-tree-group>\n<maplayers>\n{layer}</maplayers>\n</qlr>\n"
    );
    Definition { path: format!("{FOLDER}{name}.qlr"), title: title.to_owned(), xml }
}

/// Rights and origin, where QGIS shows them.
fn about(site: &Site, title: &str) -> String {
    let (settings, facts) = (&site.inputs.site, &site.inputs.facts);
    let rights = format!(
        "{}, {}, {}, mã dữ liệu {}. Thông tin công bố, không thay thế trích lục.",
        settings.province.authority.vi,
        settings.site.title.vi,
        crate::model::text::date_vi(facts.data_date),
        &facts.data_digest[..8]
    );
    format!(
        "<title>{}</title>\n<attribution href=\"{}\">{}</attribution>\n",
        escaped(title),
        escaped(&site.url("/du-lieu/")),
        escaped(&rights)
    )
}

/// A field's name for people, by its place among the fields of the file.
fn aliases(fields: &[&str]) -> String {
    let alias = |(at, field): (usize, &&str)| {
        let (_, name) = ALIASES.iter().find(|(known, _)| known == field)?;
        Some(format!("<alias field=\"{field}\" name=\"{name}\" index=\"{at}\"/>\n"))
    };
    format!("<aliases>\n{}</aliases>\n", fields.iter().enumerate().filter_map(alias).collect::<String>())
}

/// Codes of three letters with their official colours.
fn land_uses() -> impl Iterator<Item = (String, &'static str)> {
    land_use::all()
        .filter(|land_use| land_use.code.len() == 3)
        .map(|land_use| (land_use.code.clone(), colour(&land_use.code)))
}

fn by_land_use(field: &str) -> String {
    let (mut categories, mut symbols) = (String::new(), String::new());
    for (at, (code, colour)) in land_uses().enumerate() {
        let name = land_use::find(&code).map_or(code.as_str(), |land_use| land_use.name_vi.as_str());
        let label = escaped(&format!("{code}: {name}"));
        let _ = writeln!(
            categories,
            "<category value=\"{code}\" symbol=\"{at}\" label=\"{label}\" render=\"true\" type=\"string\"/>"
        );
        let _ = write!(symbols, "{}", symbol(&at.to_string(), &fill(Some(colour), "155,27,30", 0.26)));
    }
    format!(
        "<renderer-v2 type=\"categorizedSymbol\" attr=\"substr({field},1,3)\" symbollevels=\"0\" forceraster=\"0\">\n<categories>\n{categories}</categories>\n<symbols>\n{symbols}</symbols>\n</renderer-v2>\n"
    )
}

fn single(fill: &str) -> String {
    format!(
        "<renderer-v2 type=\"singleSymbol\" symbollevels=\"0\" forceraster=\"0\">\n<symbols>\n{}</symbols>\n</renderer-v2>\n",
        symbol("0", fill)
    )
}

fn symbol(name: &str, fill: &str) -> String {
    format!(
        "<symbol type=\"fill\" name=\"{name}\" alpha=\"1\" clip_to_extent=\"1\" force_rhr=\"0\">\n{fill}</symbol>\n"
    )
}

/// Lines are in millimetres on paper.
fn fill(colour: Option<&str>, line: &str, width_mm: f64) -> String {
    let (rgb, style) = colour.map_or(("255,255,255".to_owned(), "no"), |hex| (rgb(hex), "solid"));
    format!(
        "<layer class=\"SimpleFill\" enabled=\"1\" pass=\"0\" locked=\"0\">\n<Option type=\"Map\">\n<Option type=\"QString\" name=\"color\" value=\"{rgb},255\"/>\n<Option type=\"QString\" name=\"style\" value=\"{style}\"/>\n<Option type=\"QString\" name=\"outline_color\" value=\"{line},255\"/>\n<Option type=\"QString\" name=\"outline_style\" value=\"solid\"/>\n<Option type=\"QString\" name=\"outline_width\" value=\"{width_mm}\"/>\n<Option type=\"QString\" name=\"outline_width_unit\" value=\"MM\"/>\n</Option>\n</layer>\n"
    )
}

fn tile_style(code: &str, colour: &str) -> String {
    let expression = format!("substr(\"kyHieuMucDichSuDung\",1,3) = '{code}'");
    tile_symbol(code, &expression, &fill(Some(colour), "28,27,25", 0.1))
}

/// Geometry 2 is polygons.
fn tile_symbol(name: &str, expression: &str, fill: &str) -> String {
    format!(
        "<style name=\"{name}\" layer=\"thua_dat\" expression=\"{}\" geometry=\"2\" enabled=\"1\" min-zoom=\"-1\" max-zoom=\"-1\">\n<symbols>\n{}</symbols>\n</style>\n",
        escaped(expression),
        symbol("0", fill)
    )
}

fn rgb(hex: &str) -> String {
    let channel = |at: usize| u8::from_str_radix(hex.get(at..at + 2).unwrap_or("FF"), 16).unwrap_or(255);
    format!("{},{},{}", channel(1), channel(3), channel(5))
}

/// An address inside the `url` of a data source keeps its braces, which QGIS fills in.
fn encoded(url: &str) -> String {
    url.replace('%', "%25").replace('&', "%26").replace('=', "%3D")
}

fn escaped(text: &str) -> String {
    let allowed = text.chars().filter(|c| !c.is_control());
    allowed.collect::<String>().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_an_open_file_has_a_name_for_people() {
        for fields in [PlanZone::NAMES, AdminUnit::NAMES] {
            assert_eq!(aliases(fields).matches("<alias ").count(), fields.len(), "{fields:?}");
        }
    }
}
