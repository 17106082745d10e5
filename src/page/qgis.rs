//! `/du-lieu/qgis/<name>.qlr`: layer definitions that QGIS adds with one click, in the official colours and with
//! Vietnamese names of layers and fields: the open files as vector layers, parcels and the base map as vector tiles.

use super::OutputFile;
use super::qgis_style::{self as style, escaped};
use super::site::Site;
use crate::config::dataset::DatasetKind;
use crate::model::admin_unit::AdminUnit;
use crate::model::field::Fields;
use crate::model::land_use_plan::PlanZone;
use crate::project::qgis_srs::qgis_srs;
use crate::project::vn2000::WGS84;

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
    // Through a plan the parcels can be seen.
    let (renderer, opacity, fields) = match snapshot.record.kind {
        DatasetKind::QuyHoach => (style::by_land_use("maKyHieuDat"), 0.6, PlanZone::NAMES),
        DatasetKind::DiaGioi => (style::single(&style::fill(None, style::LACQUER, 0.4)), 1.0, AdminUnit::NAMES),
        _ => return None,
    };
    let former = if name.ends_with("-cu") { ", đơn vị cũ" } else { "" };
    let title = format!("{}{former} ({})", snapshot.record.title.vi, snapshot.record.decision.number);
    let source = format!("/vsicurl/{}", site.url(&file.path));
    let layer = format!(
        "<maplayer type=\"vector\" geometry=\"Polygon\" autoRefreshEnabled=\"0\">\n<id>{id}</id>\n<datasource>{source}</datasource>\n<layername>{title}</layername>\n{about}<srs>{srs}</srs>\n<provider encoding=\"UTF-8\">ogr</provider>\n{aliases}{renderer}<layerOpacity>{opacity}</layerOpacity>\n</maplayer>\n",
        id = id(name),
        source = escaped(&source),
        title = escaped(&title),
        about = about(site, &title),
        srs = qgis_srs(4326, WGS84),
        aliases = aliases(fields),
    );
    Some(definition(name, &title, "ogr", &source, &layer))
}

/// Parcels and the base map as vector tiles, which only show what is on the screen.
fn tile_layers(site: &Site) -> Vec<Definition> {
    let sets = [("thua-dat", style::parcels()), ("nen", style::base())];
    sets.into_iter().filter_map(|(set, drawn)| tile_layer(site, set, &drawn)).collect()
}

fn tile_layer(site: &Site, set: &str, drawn: &str) -> Option<Definition> {
    let set = site.inputs.tile_sets.iter().find(|known| known.id == set)?;
    let url = site.url(&format!("/tiles/{}/{{z}}/{{x}}/{{y}}.mvt", set.id));
    let source = format!("type=xyz&url={}&zmin={}&zmax={}", encoded(&url), set.minzoom, set.maxzoom);
    let title = &set.title.vi;
    let layer = format!(
        "<maplayer type=\"vector-tile\">\n<id>{id}</id>\n<datasource>{source}</datasource>\n<layername>{title}</layername>\n{about}<srs>{srs}</srs>\n<provider></provider>\n{drawn}</maplayer>\n",
        id = id(&set.id),
        source = escaped(&source),
        title = escaped(title),
        about = about(site, title),
        srs = qgis_srs(3857, style::WEB_MERCATOR),
    );
    Some(definition(&set.id, title, "vectortile", &source, &layer))
}

/// QGIS gives a layer another name when its own is short.
fn id(name: &str) -> String {
    format!("congbo_lop_{}", escaped(name))
}

fn definition(name: &str, title: &str, provider: &str, source: &str, layer: &str) -> Definition {
    let (id, shown, source) = (id(name), escaped(title), escaped(source));
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

/// An address inside the `url` of a data source keeps its braces, which QGIS fills in.
fn encoded(url: &str) -> String {
    url.replace('%', "%25").replace('&', "%26").replace('=', "%3D")
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
