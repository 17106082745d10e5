//! One dataset: its metadata in five groups, its files, its communes; and the same as XML.

use minijinja::{Value, context};
use serde_json::json;

use super::metadata::{CommuneExtent, DatasetRecord, Distribution};
use super::site::{At, Site};
use super::template::view;
use super::{OutputFile, home, iso19115_3, iso19139};
use crate::config::Localised;
use crate::error::Result;

pub fn render(at: &At, record: &DatasetRecord) -> Result<String> {
    let metadata = record.metadata();
    let said = |text: &Option<Localised>| text.as_ref().map(view);
    at.render(
        "dataset.html",
        context! {
            id => record.id(),
            kind => record.snapshot.record.kind.id(),
            record => view(&record.snapshot.record),
            meridian => record.snapshot.record.crs.map(|zone| zone.meridian_text()),
            page => home::page_of(&record.snapshot.record),
            organisation => record.organisation().map(view),
            keywords => &metadata.keywords,
            scale => metadata.scale,
            detail => said(&metadata.detail),
            model => said(&metadata.model),
            constraints => said(&metadata.constraints),
            lineage => said(&metadata.lineage),
            check_scope => said(&metadata.check_scope),
            check_method => said(&metadata.check_method),
            check_result => said(&metadata.check_result),
            distribution => said(&metadata.distribution),
            update_frequency => metadata.update_frequency.map(view),
            bounds => record.bounds_deg.map(|bounds| bounds_text(at, bounds)),
            communes => record.communes.iter().map(|(code, extent)| commune_view(at, record, code, extent)).collect::<Vec<_>>(),
            files => record.distributions.iter().map(file_view).collect::<Vec<_>>(),
            iso19139 => xml_path(record, None, iso19139::ENDING),
            iso19115_3 => xml_path(record, None, iso19115_3::ENDING),
            json_ld => Value::from_safe_string(json_ld(at, record)),
        },
    )
}

/// schema.org's `Dataset`, for search engines; a `<` of the data would end the element it stands in.
fn json_ld(at: &At, record: &DatasetRecord) -> String {
    let (signed, site) = (&record.snapshot.record, at.site);
    let metadata = record.metadata();
    let organisation = json!({ "@type": "GovernmentOrganization", "name": site.inputs.site.province.authority.vi });
    let download = |file: &Distribution| {
        json!({
            "@type": "DataDownload",
            "name": file.title.vi,
            "contentUrl": site.url(&file.path),
            "encodingFormat": file.format.media_type(),
            "contentSize": format!("{} B", file.bytes),
            "sha256": file.sha256,
        })
    };
    let mut value = json!({
        "@context": "https://schema.org",
        "@type": "Dataset",
        "@id": site.url(&record.path()),
        "url": site.url(&record.path()),
        "name": signed.title.vi,
        "description": metadata.lineage.as_ref().map(|text| &text.vi),
        "identifier": record.id(),
        "inLanguage": "vi",
        "isAccessibleForFree": true,
        "keywords": metadata.keywords,
        "creator": organisation,
        "publisher": organisation,
        "datePublished": signed.decision.date,
        "version": site.inputs.facts.data_digest[..8],
        "temporalCoverage": match signed.decision.effective_to {
            Some(end) => format!("{}/{end}", signed.decision.effective_from),
            None => format!("{}/..", signed.decision.effective_from),
        },
        "usageInfo": site.url("/quy-che/"),
        "distribution": record.distributions.iter().map(download).collect::<Vec<_>>(),
    });
    if let Some([west, south, east, north]) = record.bounds_deg {
        value["spatialCoverage"] = json!({
            "@type": "Place",
            "geo": { "@type": "GeoShape", "box": format!("{south} {west} {north} {east}") },
        });
    }
    value.to_string().replace('<', "\\u003c")
}

fn commune_view(at: &At, record: &DatasetRecord, code: &str, extent: &CommuneExtent) -> Value {
    let commune = at.site.catalogue.communes.get(code);
    context! {
        code,
        name => extent.name,
        path => commune.map(|commune| commune.path()),
        rows => extent.rows,
        bounds => extent.bounds_deg.map(|bounds| bounds_text(at, bounds)),
        iso19139 => xml_path(record, Some(code), iso19139::ENDING),
        iso19115_3 => xml_path(record, Some(code), iso19115_3::ENDING),
    }
}

fn file_view(file: &Distribution) -> Value {
    context! {
        title => view(&file.title),
        path => &file.path,
        format => file.format.name(),
        bytes => file.bytes,
        sha256 => &file.sha256,
    }
}

/// `106,3871–106,4078° Đ, 20,8392–20,8537° B`: four decimals are eleven metres.
fn bounds_text(at: &At, [west, south, east, north]: [f64; 4]) -> Value {
    let degrees = |value: f64| at.language.decimal(&format!("{value:.4}"));
    context! { west => degrees(west), south => degrees(south), east => degrees(east), north => degrees(north) }
}

/// `/du-lieu/<dataset>/metadata.iso19139.xml`; of one commune `…/metadata-99001.iso19139.xml`.
fn xml_path(record: &DatasetRecord, commune: Option<&str>, ending: &str) -> String {
    let commune = commune.map(|code| format!("-{code}")).unwrap_or_default();
    format!("{}metadata{commune}.{ending}", record.path())
}

/// Both XML forms of every record, whole and by commune.
pub fn files(site: &Site, records: &[DatasetRecord]) -> Vec<OutputFile> {
    let of_record = |record: &DatasetRecord| {
        let parts = std::iter::once(None).chain(record.communes.keys().copied().map(Some));
        let both = |commune| {
            [
                OutputFile {
                    path: xml_path(record, commune, iso19139::ENDING),
                    bytes: iso19139::document(site, record, commune),
                },
                OutputFile {
                    path: xml_path(record, commune, iso19115_3::ENDING),
                    bytes: iso19115_3::document(site, record, commune),
                },
            ]
        };
        parts.flat_map(both).collect::<Vec<_>>()
    };
    records.iter().flat_map(of_record).collect()
}
