//! `/du-lieu/dcat.jsonld`: the catalogue of everything that may be fetched, for data portals (DCAT 3 as
//! JSON-LD, the terms of DCAT-AP).

use serde_json::{Value, json};

use super::OutputFile;
use super::iso19115_3;
use super::iso19139;
use super::metadata::{DatasetRecord, Distribution};
use super::site::Site;
use crate::config::Localised;
use crate::config::dataset::DatasetKind;
use crate::model::language::Language;
use crate::model::metadata::{Organisation, UpdateFrequency};

pub const PATH: &str = "/du-lieu/dcat.jsonld";

pub fn files(site: &Site, records: &[DatasetRecord]) -> Vec<OutputFile> {
    let mut bytes = serde_json::to_vec_pretty(&catalogue(site, records)).expect("the catalogue is plain data");
    bytes.push(b'\n');
    vec![OutputFile { path: PATH.into(), bytes }]
}

fn catalogue(site: &Site, records: &[DatasetRecord]) -> Value {
    let province = &site.inputs.site.province;
    let publisher = json!({
        "@type": "foaf:Organization",
        "foaf:name": texts(&province.authority),
    });
    json!({
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
            "geo": "http://www.opengis.net/ont/geosparql#",
            "spdx": "http://spdx.org/rdf/terms#",
            "vcard": "http://www.w3.org/2006/vcard/ns#",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": site.url(PATH),
        "@type": "dcat:Catalog",
        "dct:title": texts(&site.inputs.site.site.title),
        "dct:description": texts(&province.name),
        "dct:publisher": publisher,
        "dct:language": site.languages.iter().map(|language| id(language_address(*language))).collect::<Vec<_>>(),
        "dct:modified": date(&site.inputs.facts.data_date.to_string()),
        "foaf:homepage": id(&site.url("/")),
        // What took the place of another is what a portal should find.
        "dcat:dataset": records.iter().filter(|record| is_current(site, record)).map(|record| dataset(site, record)).collect::<Vec<_>>(),
    })
}

fn is_current(site: &Site, record: &DatasetRecord) -> bool {
    site.catalogue.snapshots.iter().any(|snapshot| snapshot.id == record.id())
}

fn dataset(site: &Site, record: &DatasetRecord) -> Value {
    let signed = &record.snapshot.record;
    let metadata = record.metadata();
    let page = site.url(&record.path());
    let mut dataset = json!({
        "@id": page,
        "@type": "dcat:Dataset",
        "dct:identifier": record.id(),
        "dct:title": texts(&signed.title),
        "dct:description": metadata.lineage.as_ref().map(texts),
        "dcat:keyword": metadata.keywords.iter().map(|word| json!({ "@language": "vi", "@value": word })).collect::<Vec<_>>(),
        "dcat:theme": id(theme(signed.kind)),
        "dct:publisher": record.organisation().map(|organisation| json!({
            "@type": "foaf:Organization", "foaf:name": texts(&organisation.name),
        })),
        "dcat:contactPoint": record.organisation().map(contact),
        "dct:issued": date(&signed.decision.date.to_string()),
        "dct:temporal": period(record),
        "dct:spatial": spatial(record),
        "dct:language": id(language_address(Language::Vi)),
        "dct:accrualPeriodicity": metadata.update_frequency.map(|frequency| id(&frequency_address(frequency))),
        "dct:conformsTo": conforms(record),
        "dct:accessRights": id("http://publications.europa.eu/resource/authority/access-right/PUBLIC"),
        "dct:rights": metadata.constraints.as_ref().map(rights),
        "dct:provenance": metadata.check_result.as_ref().map(|result| json!({
            "@type": "dct:ProvenanceStatement", "dct:description": texts(result),
        })),
        "dcat:landingPage": id(&page),
        "foaf:isPrimaryTopicOf": [
            id(&format!("{page}metadata.{}", iso19139::ENDING)), id(&format!("{page}metadata.{}", iso19115_3::ENDING)),
        ],
        "dcat:distribution":
            record.distributions.iter().map(|file| distribution(site, record, file)).collect::<Vec<_>>(),
    });
    if let Some(members) = dataset.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    dataset
}

fn distribution(site: &Site, record: &DatasetRecord, file: &Distribution) -> Value {
    let url = site.url(&file.path);
    json!({
        "@id": url,
        "@type": "dcat:Distribution",
        "dct:title": texts(&file.title),
        "dcat:accessURL": id(&site.url(&record.path())),
        "dcat:downloadURL": id(&url),
        "dcat:mediaType": id(&format!("http://www.iana.org/assignments/media-types/{}", file.format.media_type())),
        "dct:format": file.format.name(),
        "dct:conformsTo": id(file.format.specification()),
        "dcat:byteSize": { "@type": "xsd:nonNegativeInteger", "@value": file.bytes.to_string() },
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": id("http://spdx.org/rdf/terms#checksumAlgorithm_sha256"),
            "spdx:checksumValue": { "@type": "xsd:hexBinary", "@value": file.sha256 },
        },
        "dct:license": record.metadata().constraints.as_ref().map(|text| json!({
            "@type": "dct:LicenseDocument", "dct:description": texts(text),
        })),
    })
}

/// The text with its language; both where there are two.
fn texts(text: &Localised) -> Value {
    let said = |language: &str, text: &str| json!({ "@language": language, "@value": text });
    let vietnamese = said("vi", &text.vi);
    text.en.as_ref().map_or_else(|| json!([vietnamese]), |en| json!([vietnamese, said("en", en)]))
}

fn id(address: &str) -> Value {
    json!({ "@id": address })
}

fn date(day: &str) -> Value {
    json!({ "@type": "xsd:date", "@value": day })
}

fn rights(text: &Localised) -> Value {
    json!({ "@type": "dct:RightsStatement", "dct:description": texts(text) })
}

fn contact(organisation: &Organisation) -> Value {
    let mut contact = json!({ "@type": "vcard:Organization", "vcard:fn": organisation.name.vi });
    if let Some(email) = &organisation.email {
        contact["vcard:hasEmail"] = id(&format!("mailto:{email}"));
    }
    if let Some(phone) = &organisation.phone {
        contact["vcard:hasTelephone"] = id(&format!("tel:{}", phone.replace(' ', "")));
    }
    contact
}

fn period(record: &DatasetRecord) -> Value {
    let decision = &record.snapshot.record.decision;
    let mut period =
        json!({ "@type": "dct:PeriodOfTime", "dcat:startDate": date(&decision.effective_from.to_string()) });
    if let Some(to) = decision.effective_to {
        period["dcat:endDate"] = date(&to.to_string());
    }
    period
}

/// The box around the data as WKT, degrees of WGS 84, longitude first (CRS84).
fn spatial(record: &DatasetRecord) -> Option<Value> {
    let [west, south, east, north] = record.bounds_deg?;
    let corners = [[west, south], [east, south], [east, north], [west, north], [west, south]];
    let corners: Vec<String> = corners.iter().map(|[x, y]| format!("{x:.6} {y:.6}")).collect();
    let wkt = format!("POLYGON(({}))", corners.join(", "));
    Some(json!({ "@type": "dct:Location", "dcat:bbox": { "@type": "geo:wktLiteral", "@value": wkt } }))
}

/// The data model, and the coordinate system where there is one.
fn conforms(record: &DatasetRecord) -> Vec<Value> {
    let standard = |title: Value| json!({ "@type": "dct:Standard", "dct:title": title });
    let model = record.metadata().model.as_ref().map(|model| standard(texts(model)));
    let crs = record.snapshot.record.crs.map(|zone| {
        let mut crs = standard(json!(format!("VN-2000 / TM-3 {}", zone.meridian_text())));
        crs["@id"] = json!(format!("http://www.opengis.net/def/crs/EPSG/0/{}", zone.epsg));
        crs
    });
    model.into_iter().chain(crs).collect()
}

fn language_address(language: Language) -> &'static str {
    match language {
        Language::Vi => "http://publications.europa.eu/resource/authority/language/VIE",
        Language::En => "http://publications.europa.eu/resource/authority/language/ENG",
    }
}

/// The themes of the European vocabulary, which data portals sort by.
fn theme(kind: DatasetKind) -> &'static str {
    match kind {
        DatasetKind::GiaDat | DatasetKind::HeSo => "http://publications.europa.eu/resource/authority/data-theme/ECON",
        _ => "http://publications.europa.eu/resource/authority/data-theme/REGI",
    }
}

fn frequency_address(frequency: UpdateFrequency) -> String {
    let word = match frequency {
        UpdateFrequency::Daily => "DAILY",
        UpdateFrequency::Weekly => "WEEKLY",
        UpdateFrequency::Monthly => "MONTHLY",
        UpdateFrequency::Quarterly => "QUARTERLY",
        UpdateFrequency::Annually => "ANNUAL",
        UpdateFrequency::AsNeeded => "IRREG",
        UpdateFrequency::NotPlanned => "NEVER",
    };
    format!("http://publications.europa.eu/resource/authority/frequency/{word}")
}
