//! A metadata record as ISO 19115-3:2016 XML (`mdb:MD_Metadata`).

use super::iso_elements::{code, text};
use super::iso_facts::IsoFacts;
use super::iso19139::file_url;
use super::metadata::DatasetRecord;
use super::site::Site;
use super::xml::Xml;

pub const ENDING: &str = "iso19115-3.xml";

const NAMESPACES: [(&str, &str); 15] = [
    ("xmlns:mdb", "http://standards.iso.org/iso/19115/-3/mdb/2.0"),
    ("xmlns:cit", "http://standards.iso.org/iso/19115/-3/cit/2.0"),
    ("xmlns:gco", "http://standards.iso.org/iso/19115/-3/gco/1.0"),
    ("xmlns:gex", "http://standards.iso.org/iso/19115/-3/gex/1.0"),
    ("xmlns:lan", "http://standards.iso.org/iso/19115/-3/lan/1.0"),
    ("xmlns:mcc", "http://standards.iso.org/iso/19115/-3/mcc/1.0"),
    ("xmlns:mco", "http://standards.iso.org/iso/19115/-3/mco/1.0"),
    ("xmlns:mdq", "http://standards.iso.org/iso/19157/-2/mdq/1.0"),
    ("xmlns:mmi", "http://standards.iso.org/iso/19115/-3/mmi/1.0"),
    ("xmlns:mrd", "http://standards.iso.org/iso/19115/-3/mrd/1.0"),
    ("xmlns:mri", "http://standards.iso.org/iso/19115/-3/mri/1.0"),
    ("xmlns:mrl", "http://standards.iso.org/iso/19115/-3/mrl/2.0"),
    ("xmlns:mrs", "http://standards.iso.org/iso/19115/-3/mrs/1.0"),
    ("xmlns:gml", "http://www.opengis.net/gml/3.2"),
    ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
];

/// The whole document; elements stand in the order of the schema.
pub fn document(site: &Site, record: &DatasetRecord, commune: Option<&str>) -> Vec<u8> {
    let facts = &IsoFacts::of(site, record, commune);
    Xml::document("mdb:MD_Metadata", &NAMESPACES, |xml| {
        xml.within("mdb:metadataIdentifier", &[], |xml| identifier(xml, &facts.identifier));
        xml.within("mdb:defaultLocale", &[], locale);
        if let Some(parent) = &facts.parent {
            xml.path(&["mdb:parentMetadata", "cit:CI_Citation"], |xml| {
                text(xml, "cit:title", &record.snapshot.record.title.vi);
                xml.within("cit:identifier", &[], |xml| identifier(xml, parent));
            });
        }
        xml.path(&["mdb:metadataScope", "mdb:MD_MetadataScope"], |xml| {
            code(xml, "mdb:resourceScope", "mcc:MD_ScopeCode", "dataset");
        });
        xml.within("mdb:contact", &[], |xml| party(xml, facts, "pointOfContact"));
        xml.within("mdb:dateInfo", &[], |xml| date(xml, &facts.date, "creation"));
        xml.path(&["mdb:metadataStandard", "cit:CI_Citation"], |xml| text(xml, "cit:title", "ISO 19115-3:2016"));
        xml.path(&["mdb:metadataLinkage", "cit:CI_OnlineResource"], |xml| {
            text(xml, "cit:linkage", &facts.page_url);
        });
        if let Some(epsg) = facts.epsg {
            reference_system(xml, epsg);
        }
        xml.path(&["mdb:identificationInfo", "mri:MD_DataIdentification"], |xml| identification(xml, facts));
        xml.path(&["mdb:distributionInfo", "mrd:MD_Distribution"], |xml| distribution(xml, facts));
        xml.path(&["mdb:dataQualityInfo", "mdq:DQ_DataQuality"], |xml| quality(xml, facts));
        xml.path(&["mdb:resourceLineage", "mrl:LI_Lineage"], |xml| {
            text(xml, "mrl:statement", facts.lineage);
            for source in &facts.sources {
                xml.path(&["mrl:source", "mrl:LI_Source"], |xml| text(xml, "mrl:description", source));
            }
        });
    })
}

fn identifier(xml: &mut Xml, value: &str) {
    xml.within("mcc:MD_Identifier", &[], |xml| text(xml, "mcc:code", value));
}

fn locale(xml: &mut Xml) {
    xml.within("lan:PT_Locale", &[], |xml| {
        code(xml, "lan:language", "lan:LanguageCode", "vie");
        code(xml, "lan:characterEncoding", "lan:MD_CharacterSetCode", "utf8");
    });
}

fn party(xml: &mut Xml, facts: &IsoFacts, role: &str) {
    let organisation = facts.organisation;
    xml.within("cit:CI_Responsibility", &[], |xml| {
        code(xml, "cit:role", "cit:CI_RoleCode", role);
        xml.path(&["cit:party", "cit:CI_Organisation"], |xml| {
            text(xml, "cit:name", &organisation.name.vi);
            xml.path(&["cit:contactInfo", "cit:CI_Contact"], |xml| {
                if let Some(phone) = &organisation.phone {
                    xml.path(&["cit:phone", "cit:CI_Telephone"], |xml| text(xml, "cit:number", phone));
                }
                xml.path(&["cit:address", "cit:CI_Address"], |xml| {
                    if let Some(address) = &organisation.address {
                        text(xml, "cit:deliveryPoint", &address.vi);
                    }
                    text(xml, "cit:country", "Việt Nam");
                    if let Some(email) = &organisation.email {
                        text(xml, "cit:electronicMailAddress", email);
                    }
                });
                xml.path(&["cit:onlineResource", "cit:CI_OnlineResource"], |xml| {
                    text(xml, "cit:linkage", &facts.page_url);
                });
            });
        });
    });
}

fn date(xml: &mut Xml, day: &str, kind: &str) {
    xml.within("cit:CI_Date", &[], |xml| {
        xml.path(&["cit:date"], |xml| xml.leaf("gco:Date", &[], day));
        code(xml, "cit:dateType", "cit:CI_DateTypeCode", kind);
    });
}

fn reference_system(xml: &mut Xml, epsg: u16) {
    let path =
        ["mdb:referenceSystemInfo", "mrs:MD_ReferenceSystem", "mrs:referenceSystemIdentifier", "mcc:MD_Identifier"];
    xml.path(&path, |xml| {
        text(xml, "mcc:code", &format!("EPSG:{epsg}"));
        text(xml, "mcc:codeSpace", "EPSG");
    });
}

fn identification(xml: &mut Xml, facts: &IsoFacts) {
    xml.path(&["mri:citation", "cit:CI_Citation"], |xml| {
        text(xml, "cit:title", &facts.title);
        xml.within("cit:date", &[], |xml| date(xml, &facts.date, "publication"));
        xml.within("cit:identifier", &[], |xml| identifier(xml, &facts.identifier));
    });
    text(xml, "mri:abstract", &facts.description);
    code(xml, "mri:status", "mcc:MD_ProgressCode", facts.status);
    xml.within("mri:pointOfContact", &[], |xml| party(xml, facts, "custodian"));
    let form = if facts.is_table { "textTable" } else { "vector" };
    code(xml, "mri:spatialRepresentationType", "mcc:MD_SpatialRepresentationTypeCode", form);
    if let Some(scale) = facts.scale {
        let path = ["mri:spatialResolution", "mri:MD_Resolution", "mri:equivalentScale"];
        xml.path(&[&path[..], &["mri:MD_RepresentativeFraction", "mri:denominator"]].concat(), |xml| {
            xml.leaf("gco:Integer", &[], &scale.to_string());
        });
    }
    if let Some(detail) = facts.detail {
        xml.path(&["mri:spatialResolution", "mri:MD_Resolution"], |xml| text(xml, "mri:levelOfDetail", detail));
    }
    xml.within("mri:topicCategory", &[], |xml| xml.leaf("mri:MD_TopicCategoryCode", &[], facts.topic));
    xml.path(&["mri:extent", "gex:EX_Extent"], |xml| extent(xml, facts));
    if let Some(frequency) = facts.frequency {
        xml.path(&["mri:resourceMaintenance", "mmi:MD_MaintenanceInformation"], |xml| {
            code(xml, "mmi:maintenanceAndUpdateFrequency", "mmi:MD_MaintenanceFrequencyCode", frequency);
        });
    }
    xml.path(&["mri:descriptiveKeywords", "mri:MD_Keywords"], |xml| {
        facts.keywords.iter().for_each(|word| text(xml, "mri:keyword", word));
        code(xml, "mri:type", "mri:MD_KeywordTypeCode", "theme");
    });
    xml.path(&["mri:resourceConstraints", "mco:MD_LegalConstraints"], |xml| {
        text(xml, "mco:useLimitation", facts.constraints);
        code(xml, "mco:useConstraints", "mco:MD_RestrictionCode", "otherRestrictions");
        text(xml, "mco:otherConstraints", facts.constraints);
    });
    xml.within("mri:defaultLocale", &[], locale);
    text(xml, "mri:supplementalInformation", &format!("Mô hình dữ liệu: {}.", facts.model));
}

fn extent(xml: &mut Xml, facts: &IsoFacts) {
    for (commune, name) in &facts.communes {
        let path = ["gex:geographicElement", "gex:EX_GeographicDescription", "gex:geographicIdentifier"];
        xml.path(&path, |xml| identifier(xml, &format!("{commune} {name}")));
    }
    if let Some([west, south, east, north]) = facts.bounds_deg {
        xml.path(&["gex:geographicElement", "gex:EX_GeographicBoundingBox"], |xml| {
            for (name, degrees) in [("west", west), ("east", east), ("south", south), ("north", north)] {
                let axis = if matches!(name, "west" | "east") { "Longitude" } else { "Latitude" };
                xml.path(&[&format!("gex:{name}Bound{axis}")], |xml| {
                    xml.leaf("gco:Decimal", &[], &format!("{degrees:.6}"));
                });
            }
        });
    }
    xml.path(&["gex:temporalElement", "gex:EX_TemporalExtent", "gex:extent"], |xml| {
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
    if let Some(distribution) = facts.distribution {
        text(xml, "mrd:description", distribution);
    }
    let formats = facts.formats.iter().map(|format| (format.name(), format.specification()));
    for (name, specification) in std::iter::once(("HTML", "https://html.spec.whatwg.org/")).chain(formats) {
        let path = ["mrd:distributionFormat", "mrd:MD_Format", "mrd:formatSpecificationCitation", "cit:CI_Citation"];
        xml.path(&path, |xml| {
            text(xml, "cit:title", name);
            xml.path(&["cit:onlineResource", "cit:CI_OnlineResource"], |xml| text(xml, "cit:linkage", specification));
        });
    }
    xml.path(&["mrd:distributor", "mrd:MD_Distributor", "mrd:distributorContact"], |xml| {
        party(xml, facts, "distributor");
    });
    xml.path(&["mrd:transferOptions", "mrd:MD_DigitalTransferOptions"], |xml| {
        online(xml, &facts.page_url, "HTML", &facts.title, "information");
        for file in &facts.files {
            online(xml, &file_url(facts, file), file.format.name(), &file.title.vi, "download");
        }
    });
}

fn online(xml: &mut Xml, url: &str, format: &str, name: &str, function: &str) {
    xml.path(&["mrd:onLine", "cit:CI_OnlineResource"], |xml| {
        text(xml, "cit:linkage", url);
        text(xml, "cit:protocol", "WWW:LINK-1.0-http--link");
        text(xml, "cit:name", name);
        text(xml, "cit:description", format);
        code(xml, "cit:function", "cit:CI_OnLineFunctionCode", function);
    });
}

fn quality(xml: &mut Xml, facts: &IsoFacts) {
    xml.path(&["mdq:scope", "mcc:MD_Scope"], |xml| {
        code(xml, "mcc:level", "mcc:MD_ScopeCode", "dataset");
        xml.path(&["mcc:levelDescription", "mcc:MD_ScopeDescription"], |xml| {
            text(xml, "mcc:dataset", facts.check_scope);
        });
    });
    xml.path(&["mdq:report", "mdq:DQ_DomainConsistency"], |xml| {
        xml.path(&["mdq:evaluationMethod", "mdq:DQ_FullInspection"], |xml| {
            text(xml, "mdq:evaluationMethodDescription", facts.check_method);
        });
        xml.path(&["mdq:result", "mdq:DQ_ConformanceResult"], |xml| {
            xml.path(&["mdq:specification", "cit:CI_Citation"], |xml| {
                text(xml, "cit:title", &facts.decision);
                xml.within("cit:date", &[], |xml| date(xml, &facts.date, "publication"));
            });
            text(xml, "mdq:explanation", facts.check_result);
            xml.path(&["mdq:pass"], |xml| xml.leaf("gco:Boolean", &[], "true"));
        });
    });
}
