//! A metadata record as ISO 19139:2007 XML (`gmd:MD_Metadata`).

use super::iso_elements::{code, text};
use super::iso_facts::IsoFacts;
use super::metadata::{DatasetRecord, Distribution};
use super::site::Site;
use super::xml::Xml;

pub const ENDING: &str = "iso19139.xml";

const NAMESPACES: [(&str, &str); 6] = [
    ("xmlns:gmd", "http://www.isotc211.org/2005/gmd"),
    ("xmlns:gco", "http://www.isotc211.org/2005/gco"),
    ("xmlns:gmx", "http://www.isotc211.org/2005/gmx"),
    ("xmlns:gml", "http://www.opengis.net/gml/3.2"),
    ("xmlns:xlink", "http://www.w3.org/1999/xlink"),
    ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
];

/// The whole document; elements stand in the order of the schema.
pub fn document(site: &Site, record: &DatasetRecord, commune: Option<&str>) -> Vec<u8> {
    let facts = &IsoFacts::of(site, record, commune);
    Xml::document("gmd:MD_Metadata", &NAMESPACES, |xml| {
        text(xml, "gmd:fileIdentifier", &facts.identifier);
        language(xml);
        code(xml, "gmd:characterSet", "gmd:MD_CharacterSetCode", "utf8");
        if let Some(parent) = &facts.parent {
            text(xml, "gmd:parentIdentifier", parent);
        }
        code(xml, "gmd:hierarchyLevel", "gmd:MD_ScopeCode", "dataset");
        xml.within("gmd:contact", &[], |xml| party(xml, facts, "pointOfContact"));
        xml.path(&["gmd:dateStamp"], |xml| xml.leaf("gco:Date", &[], &facts.date));
        text(xml, "gmd:metadataStandardName", "ISO 19115:2003/19139");
        text(xml, "gmd:metadataStandardVersion", "1.0");
        text(xml, "gmd:dataSetURI", &facts.page_url);
        if let Some(epsg) = facts.epsg {
            reference_system(xml, epsg);
        }
        xml.path(&["gmd:identificationInfo", "gmd:MD_DataIdentification"], |xml| identification(xml, facts));
        xml.path(&["gmd:distributionInfo", "gmd:MD_Distribution"], |xml| distribution(xml, facts));
        xml.path(&["gmd:dataQualityInfo", "gmd:DQ_DataQuality"], |xml| quality(xml, facts));
    })
}

fn language(xml: &mut Xml) {
    let list = "http://www.loc.gov/standards/iso639-2/";
    xml.within("gmd:language", &[], |xml| {
        xml.leaf("gmd:LanguageCode", &[("codeList", list), ("codeListValue", "vie")], "vie");
    });
}

fn party(xml: &mut Xml, facts: &IsoFacts, role: &str) {
    let organisation = facts.organisation;
    xml.within("gmd:CI_ResponsibleParty", &[], |xml| {
        text(xml, "gmd:organisationName", &organisation.name.vi);
        xml.path(&["gmd:contactInfo", "gmd:CI_Contact"], |xml| {
            if let Some(phone) = &organisation.phone {
                xml.path(&["gmd:phone", "gmd:CI_Telephone"], |xml| text(xml, "gmd:voice", phone));
            }
            xml.path(&["gmd:address", "gmd:CI_Address"], |xml| {
                if let Some(address) = &organisation.address {
                    text(xml, "gmd:deliveryPoint", &address.vi);
                }
                text(xml, "gmd:country", "Việt Nam");
                if let Some(email) = &organisation.email {
                    text(xml, "gmd:electronicMailAddress", email);
                }
            });
            xml.path(&["gmd:onlineResource", "gmd:CI_OnlineResource", "gmd:linkage"], |xml| {
                xml.leaf("gmd:URL", &[], &facts.page_url);
            });
        });
        code(xml, "gmd:role", "gmd:CI_RoleCode", role);
    });
}

fn reference_system(xml: &mut Xml, epsg: u16) {
    let path =
        ["gmd:referenceSystemInfo", "gmd:MD_ReferenceSystem", "gmd:referenceSystemIdentifier", "gmd:RS_Identifier"];
    xml.path(&path, |xml| {
        text(xml, "gmd:code", &format!("EPSG:{epsg}"));
        text(xml, "gmd:codeSpace", "EPSG");
    });
}

fn identification(xml: &mut Xml, facts: &IsoFacts) {
    xml.path(&["gmd:citation", "gmd:CI_Citation"], |xml| {
        text(xml, "gmd:title", &facts.title);
        date(xml, &facts.date, "publication");
        xml.path(&["gmd:identifier", "gmd:MD_Identifier"], |xml| text(xml, "gmd:code", &facts.identifier));
    });
    text(xml, "gmd:abstract", &facts.description);
    code(xml, "gmd:status", "gmd:MD_ProgressCode", facts.status);
    xml.within("gmd:pointOfContact", &[], |xml| party(xml, facts, "custodian"));
    if let Some(frequency) = facts.frequency {
        xml.path(&["gmd:resourceMaintenance", "gmd:MD_MaintenanceInformation"], |xml| {
            code(xml, "gmd:maintenanceAndUpdateFrequency", "gmd:MD_MaintenanceFrequencyCode", frequency);
        });
    }
    xml.path(&["gmd:descriptiveKeywords", "gmd:MD_Keywords"], |xml| {
        facts.keywords.iter().for_each(|word| text(xml, "gmd:keyword", word));
        code(xml, "gmd:type", "gmd:MD_KeywordTypeCode", "theme");
    });
    xml.path(&["gmd:resourceConstraints", "gmd:MD_LegalConstraints"], |xml| {
        text(xml, "gmd:useLimitation", facts.constraints);
        code(xml, "gmd:useConstraints", "gmd:MD_RestrictionCode", "otherRestrictions");
        text(xml, "gmd:otherConstraints", facts.constraints);
    });
    let form = if facts.is_table { "textTable" } else { "vector" };
    code(xml, "gmd:spatialRepresentationType", "gmd:MD_SpatialRepresentationTypeCode", form);
    if let Some(scale) = facts.scale {
        let path = ["gmd:spatialResolution", "gmd:MD_Resolution", "gmd:equivalentScale"];
        xml.path(&[&path[..], &["gmd:MD_RepresentativeFraction", "gmd:denominator"]].concat(), |xml| {
            xml.leaf("gco:Integer", &[], &scale.to_string());
        });
    }
    language(xml);
    code(xml, "gmd:characterSet", "gmd:MD_CharacterSetCode", "utf8");
    xml.within("gmd:topicCategory", &[], |xml| xml.leaf("gmd:MD_TopicCategoryCode", &[], facts.topic));
    xml.path(&["gmd:extent", "gmd:EX_Extent"], |xml| extent(xml, facts));
    let detail = facts.detail.map(|detail| format!(" Mức độ chi tiết: {detail}")).unwrap_or_default();
    text(xml, "gmd:supplementalInformation", &format!("Mô hình dữ liệu: {}.{detail}", facts.model));
}

fn date(xml: &mut Xml, day: &str, kind: &str) {
    xml.path(&["gmd:date", "gmd:CI_Date"], |xml| {
        xml.path(&["gmd:date"], |xml| xml.leaf("gco:Date", &[], day));
        code(xml, "gmd:dateType", "gmd:CI_DateTypeCode", kind);
    });
}

fn extent(xml: &mut Xml, facts: &IsoFacts) {
    for (commune, name) in &facts.communes {
        let path = ["gmd:geographicElement", "gmd:EX_GeographicDescription", "gmd:geographicIdentifier"];
        xml.path(&[&path[..], &["gmd:MD_Identifier"]].concat(), |xml| {
            text(xml, "gmd:code", &format!("{commune} {name}"));
        });
    }
    if let Some([west, south, east, north]) = facts.bounds_deg {
        xml.path(&["gmd:geographicElement", "gmd:EX_GeographicBoundingBox"], |xml| {
            for (name, degrees) in [("west", west), ("east", east), ("south", south), ("north", north)] {
                let axis = if matches!(name, "west" | "east") { "Longitude" } else { "Latitude" };
                xml.path(&[&format!("gmd:{name}Bound{axis}")], |xml| {
                    xml.leaf("gco:Decimal", &[], &format!("{degrees:.6}"));
                });
            }
        });
    }
    xml.path(&["gmd:temporalElement", "gmd:EX_TemporalExtent", "gmd:extent"], |xml| {
        xml.within("gml:TimePeriod", &[("gml:id", "hieu-luc")], |xml| {
            xml.leaf("gml:beginPosition", &[], &facts.effective_from);
            match &facts.effective_to {
                Some(to) => xml.leaf("gml:endPosition", &[], to),
                None => xml.leaf("gml:endPosition", &[("indeterminatePosition", "unknown")], ""),
            }
        });
    });
}

fn distribution(xml: &mut Xml, facts: &IsoFacts) {
    let names = facts.formats.iter().map(|format| format.name());
    for name in std::iter::once("HTML").chain(names) {
        xml.path(&["gmd:distributionFormat", "gmd:MD_Format"], |xml| {
            text(xml, "gmd:name", name);
            xml.leaf("gmd:version", &[("gco:nilReason", "inapplicable")], "");
        });
    }
    xml.path(&["gmd:distributor", "gmd:MD_Distributor", "gmd:distributorContact"], |xml| {
        party(xml, facts, "distributor");
    });
    xml.path(&["gmd:transferOptions", "gmd:MD_DigitalTransferOptions"], |xml| {
        online(xml, &facts.page_url, "HTML", facts.distribution.unwrap_or(&facts.title), "information");
        for file in &facts.files {
            online(xml, &file_url(facts, file), file.format.name(), &file.title.vi, "download");
        }
    });
}

/// Absolute address of a file, beside the page's own.
pub fn file_url(facts: &IsoFacts, file: &Distribution) -> String {
    let origin = facts.page_url.split("/du-lieu/").next().unwrap_or_default();
    format!("{origin}{}", file.path)
}

fn online(xml: &mut Xml, url: &str, format: &str, name: &str, function: &str) {
    xml.path(&["gmd:onLine", "gmd:CI_OnlineResource"], |xml| {
        xml.path(&["gmd:linkage"], |xml| xml.leaf("gmd:URL", &[], url));
        text(xml, "gmd:protocol", "WWW:LINK-1.0-http--link");
        text(xml, "gmd:name", name);
        text(xml, "gmd:description", format);
        code(xml, "gmd:function", "gmd:CI_OnLineFunctionCode", function);
    });
}

fn quality(xml: &mut Xml, facts: &IsoFacts) {
    xml.path(&["gmd:scope", "gmd:DQ_Scope"], |xml| {
        code(xml, "gmd:level", "gmd:MD_ScopeCode", "dataset");
        xml.path(&["gmd:levelDescription", "gmd:MD_ScopeDescription"], |xml| {
            text(xml, "gmd:dataset", facts.check_scope);
        });
    });
    xml.path(&["gmd:report", "gmd:DQ_DomainConsistency"], |xml| {
        text(xml, "gmd:evaluationMethodDescription", facts.check_method);
        xml.path(&["gmd:result", "gmd:DQ_ConformanceResult"], |xml| {
            xml.path(&["gmd:specification", "gmd:CI_Citation"], |xml| {
                text(xml, "gmd:title", &facts.decision);
                date(xml, &facts.date, "publication");
            });
            text(xml, "gmd:explanation", facts.check_result);
            xml.path(&["gmd:pass"], |xml| xml.leaf("gco:Boolean", &[], "true"));
        });
    });
    xml.path(&["gmd:lineage", "gmd:LI_Lineage"], |xml| {
        text(xml, "gmd:statement", facts.lineage);
        for source in &facts.sources {
            xml.path(&["gmd:source", "gmd:LI_Source"], |xml| text(xml, "gmd:description", source));
        }
    });
}
