//! Metadata of every dataset and commune: on a page, as XML of two standards, and in the catalogue.

mod demo_site;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use congbo::digest::sha256;
use congbo::snapshot::signature;
use demo_site::{DATASETS, DemoSite, SUPERSEDED};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

type Edition = BTreeMap<String, Vec<u8>>;

fn built() -> (DemoSite, Edition) {
    let keys = tempfile::tempdir().unwrap();
    signature::make_key(&keys.path().join("approver"), None).unwrap();
    let mut site = DemoSite::approved(&keys.path().join("approver.key"));
    site.congbo(&["build"]);
    let files = site.files("dist/releases").into_iter().map(|(path, bytes)| {
        let inside = path.components().skip(1).collect::<std::path::PathBuf>();
        (inside.to_str().unwrap().to_owned(), bytes)
    });
    let files = files.collect();
    (site, files)
}

/// Every path of elements in a document (`gmd:MD_Metadata/gmd:contact/…`), read to its end: what is not
/// well-formed is an error here.
fn paths(bytes: &[u8]) -> BTreeSet<String> {
    let mut reader = Reader::from_reader(bytes);
    let (mut open, mut found) = (Vec::<String>::new(), BTreeSet::new());
    let mut buffer = vec![];
    loop {
        match reader.read_event_into(&mut buffer).unwrap() {
            Event::Start(element) => {
                open.push(element.name().as_ref().to_string());
                found.insert(open.join("/"));
            }
            Event::End(_) => drop(open.pop().unwrap()),
            Event::Eof => break,
            _ => {}
        }
        buffer.clear();
    }
    assert!(open.is_empty());
    found
}

/// What the five groups of article 6.3 need, by their ends, in both standards.
const REQUIRED: [(&str, &[&str]); 2] = [
    (
        "iso19139.xml",
        &[
            "gmd:MD_Metadata/gmd:fileIdentifier/gco:CharacterString",
            "gmd:MD_Metadata/gmd:language/gmd:LanguageCode",
            "gmd:MD_Metadata/gmd:contact/gmd:CI_ResponsibleParty/gmd:organisationName/gco:CharacterString",
            "gmd:MD_Metadata/gmd:dateStamp/gco:Date",
            "gmd:MD_DataIdentification/gmd:citation/gmd:CI_Citation/gmd:title/gco:CharacterString",
            "gmd:MD_DataIdentification/gmd:abstract/gco:CharacterString",
            "gmd:MD_DataIdentification/gmd:status/gmd:MD_ProgressCode",
            "gmd:MD_DataIdentification/gmd:descriptiveKeywords/gmd:MD_Keywords/gmd:keyword/gco:CharacterString",
            "gmd:MD_LegalConstraints/gmd:useLimitation/gco:CharacterString",
            "gmd:EX_GeographicBoundingBox/gmd:westBoundLongitude/gco:Decimal",
            "gmd:EX_TemporalExtent/gmd:extent/gml:TimePeriod/gml:beginPosition",
            "gmd:distributionInfo/gmd:MD_Distribution/gmd:distributionFormat/gmd:MD_Format/gmd:name/gco:CharacterString",
            "gmd:MD_DigitalTransferOptions/gmd:onLine/gmd:CI_OnlineResource/gmd:linkage/gmd:URL",
            "gmd:DQ_DataQuality/gmd:report/gmd:DQ_DomainConsistency/gmd:evaluationMethodDescription/gco:CharacterString",
            "gmd:DQ_ConformanceResult/gmd:explanation/gco:CharacterString",
            "gmd:lineage/gmd:LI_Lineage/gmd:statement/gco:CharacterString",
        ],
    ),
    (
        "iso19115-3.xml",
        &[
            "mdb:MD_Metadata/mdb:metadataIdentifier/mcc:MD_Identifier/mcc:code/gco:CharacterString",
            "mdb:MD_Metadata/mdb:defaultLocale/lan:PT_Locale/lan:language/lan:LanguageCode",
            "mdb:contact/cit:CI_Responsibility/cit:party/cit:CI_Organisation/cit:name/gco:CharacterString",
            "mdb:MD_Metadata/mdb:dateInfo/cit:CI_Date/cit:date/gco:Date",
            "mri:MD_DataIdentification/mri:citation/cit:CI_Citation/cit:title/gco:CharacterString",
            "mri:MD_DataIdentification/mri:status/mcc:MD_ProgressCode",
            "mri:descriptiveKeywords/mri:MD_Keywords/mri:keyword/gco:CharacterString",
            "mri:resourceConstraints/mco:MD_LegalConstraints/mco:useLimitation/gco:CharacterString",
            "gex:EX_GeographicBoundingBox/gex:westBoundLongitude/gco:Decimal",
            "gex:EX_TemporalExtent/gex:extent/gml:TimePeriod/gml:beginPosition",
            "mrd:MD_DigitalTransferOptions/mrd:onLine/cit:CI_OnlineResource/cit:linkage/gco:CharacterString",
            "mdq:DQ_FullInspection/mdq:evaluationMethodDescription/gco:CharacterString",
            "mdq:DQ_ConformanceResult/mdq:explanation/gco:CharacterString",
            "mdb:resourceLineage/mrl:LI_Lineage/mrl:statement/gco:CharacterString",
        ],
    ),
];

/// D21, D24 and E18 on one edition, because it takes a while to make.
#[test]
fn d21_every_dataset_and_commune_has_its_five_groups_as_page_and_xml_and_d24_e18_in_the_catalogue() {
    let (_site, edition) = built();
    for dataset in DATASETS {
        assert!(edition.contains_key(&format!("site/du-lieu/{dataset}/index.html")), "{dataset}");
        for (ending, required) in REQUIRED {
            for part in ["metadata", "metadata-99001", "metadata-99002"] {
                let path = format!("site/du-lieu/{dataset}/{part}.{ending}");
                if dataset.starts_with("thua-dat") && !edition.contains_key(&path) {
                    continue;
                }
                let found = paths(edition.get(&path).unwrap_or_else(|| panic!("{path} is missing")));
                for end in required {
                    assert!(found.iter().any(|path| path.ends_with(end)), "{path} has no {end}");
                }
            }
        }
        let crs = paths(&edition[&format!("site/du-lieu/{dataset}/metadata.iso19139.xml")]);
        let has_crs = crs.iter().any(|path| path.ends_with("gmd:RS_Identifier/gmd:code/gco:CharacterString"));
        assert_eq!(
            has_crs,
            !["bang-gia-dat-2025", "bang-gia-dat-2026", "he-so-2026", "thong-ke-2025"].contains(&dataset),
            "{dataset}"
        );
    }
    assert!(edition.contains_key("site/du-lieu/thua-dat-an-minh/metadata-99001.iso19139.xml"));
    assert!(!edition.contains_key("site/du-lieu/thua-dat-an-minh/metadata-99002.iso19139.xml"));
    let record: Value = serde_json::from_slice(&edition["site/du-lieu/ho-so/dia-gioi/record.json"]).unwrap();
    assert!(record["metadata"]["lineage"]["vi"].is_string(), "what is said is signed");
    every_distribution_is_a_file_with_its_digest(&edition);
}

fn every_distribution_is_a_file_with_its_digest(edition: &Edition) {
    let catalogue: Value = serde_json::from_slice(&edition["site/du-lieu/dcat.jsonld"]).unwrap();
    let datasets = catalogue["dcat:dataset"].as_array().unwrap();
    assert_eq!(datasets.len(), DATASETS.iter().filter(|dataset| **dataset != SUPERSEDED).count());
    let mut formats = BTreeSet::new();
    for file in datasets.iter().flat_map(|dataset| dataset["dcat:distribution"].as_array().unwrap()) {
        let url = file["dcat:downloadURL"]["@id"].as_str().unwrap();
        let path = url.strip_prefix("http://127.0.0.1:8080/").unwrap();
        let place = match path.split_once('/') {
            Some(("archives", name)) => format!("tiles/{name}"),
            Some(("open", _)) => path.to_owned(),
            _ => format!("site/{path}"),
        };
        let bytes = edition.get(&place).unwrap_or_else(|| panic!("{url} is not in the edition"));
        assert_eq!(file["spdx:checksum"]["spdx:checksumValue"]["@value"], sha256(bytes), "{url}");
        assert_eq!(file["dcat:byteSize"]["@value"], bytes.len().to_string(), "{url}");
        formats.insert(file["dct:format"].as_str().unwrap());
    }
    assert_eq!(formats, BTreeSet::from(["CSV", "FlatGeobuf", "JSON", "PMTiles", "XLSX"]));
    let all = serde_json::to_string(&catalogue).unwrap();
    assert!(!all.contains("/extracts/"), "parcels of a whole commune are no open file");
}

#[test]
fn a_build_without_metadata_stops_with_exit_5_and_names_dataset_group_and_key_of_all() {
    let keys = tempfile::tempdir().unwrap();
    signature::make_key(&keys.path().join("approver"), None).unwrap();
    let key = keys.path().join("approver.key");
    let mut site = DemoSite::approved(&key);
    site.own(&["nen", "thong-ke-2025"]);
    let without = |dataset: &str, key: &str| {
        let file = site.path().join("content/data").join(dataset).join("dataset.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with(&format!("{key} = "))).collect();
        assert!(kept.len() + 1 == text.lines().count());
        std::fs::write(file, kept.join("\n") + "\n").unwrap();
    };
    without("nen", "keywords");
    without("thong-ke-2025", "check_method");
    let key = key.to_str().unwrap();
    site.congbo(&["approve", "--key", key, "content/data/nen", "content/data/thong-ke-2025"]);
    let program = Path::new(env!("CARGO_BIN_EXE_congbo"));
    let output = Command::new(program).arg("-C").arg(site.path()).arg("build").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{said}");
    for part in [
        "content/data/nen/dataset.toml: [metadata]: the metadata group (c) data has no 'keywords'",
        "content/data/thong-ke-2025/dataset.toml: [metadata]: the metadata group (d) quality has no 'check_method'",
    ] {
        assert!(said.contains(part), "'{part}' is not in: {said}");
    }
    assert!(!site.path().join("dist/releases").exists() || site.files("dist/releases").is_empty());
}
