//! What both XML forms of a metadata record say, in one place: texts in Vietnamese, as approved.

use super::metadata::{self, DatasetRecord, Distribution, Format};
use super::site::Site;
use crate::config::Localised;
use crate::digest::sha256;
use crate::model::metadata::Organisation;

pub const CODE_LISTS: &str = "https://standards.iso.org/iso/19115/resources/Codelists/cat/codelists.xml";

/// One record: a dataset, or its part of one commune.
pub struct IsoFacts<'a> {
    pub identifier: String,
    /// The dataset's identifier, when the record is of one commune.
    pub parent: Option<String>,
    pub title: String,
    pub description: String,
    /// Day of the decision: of the data and of what is said about it.
    pub date: String,
    pub organisation: &'a Organisation,
    pub epsg: Option<u16>,
    /// `completed`, or `underDevelopment` for a draft that the public is asked about.
    pub status: &'static str,
    pub topic: &'static str,
    pub keywords: &'a [String],
    pub scale: Option<u32>,
    pub detail: Option<&'a str>,
    pub model: &'a str,
    pub constraints: &'a str,
    pub frequency: Option<&'static str>,
    pub is_table: bool,
    pub bounds_deg: Option<[f64; 4]>,
    /// Code and name of the communes it covers.
    pub communes: Vec<(&'a str, &'a str)>,
    pub effective_from: String,
    pub effective_to: Option<String>,
    pub lineage: &'a str,
    pub sources: Vec<String>,
    pub check_scope: &'a str,
    pub check_method: &'a str,
    pub check_result: &'a str,
    pub decision: String,
    pub distribution: Option<&'a str>,
    pub page_url: String,
    pub files: Vec<&'a Distribution<'a>>,
    pub formats: Vec<Format>,
}

impl<'a> IsoFacts<'a> {
    /// The facts of a record; groups that would be empty were refused before.
    pub fn of(site: &Site, record: &'a DatasetRecord<'a>, commune: Option<&'a str>) -> Self {
        let signed = &record.snapshot.record;
        let said = record.metadata();
        let decision = &signed.decision;
        let extent = commune.and_then(|code| record.communes.get(code));
        let part = commune.map(|code| format!("{code} {}", extent.map_or("", |extent| extent.name)));
        let dataset = format!("urn:sha256:{}", sha256(record.snapshot.record_json.as_bytes()));
        let files = record.distributions.iter();
        let files: Vec<_> =
            files.filter(|file| commune.is_none() || file.commune.is_none_or(|of| Some(of) == commune)).collect();
        let mut formats: Vec<Format> = files.iter().map(|file| file.format).collect();
        formats.sort();
        formats.dedup();
        let text = |text: &'a Option<Localised>| text.as_ref().map_or("", |text| text.vi.as_str());
        let named = format!("{} số {} ngày {}", decision.authority, decision.number, decision.date);
        IsoFacts {
            identifier: commune.map_or_else(|| dataset.clone(), |code| format!("{dataset}:{code}")),
            parent: commune.map(|_| dataset.clone()),
            title: part.map_or_else(|| signed.title.vi.clone(), |part| format!("{} ({part})", signed.title.vi)),
            description: format!(
                "{}. {} dòng. Công bố theo văn bản của {named}; nghiệm thu: {}. Thông tin công bố, không thay thế trích lục.",
                signed.title.vi,
                extent.map_or(signed.rows, |extent| extent.rows),
                decision.acceptance,
            ),
            date: decision.date.to_string(),
            organisation: record.organisation().expect("the gate writes an organisation into every record"),
            epsg: signed.crs.map(|zone| zone.epsg),
            status: if signed.consultation_until.is_some() { "underDevelopment" } else { "completed" },
            topic: metadata::topic(signed.kind),
            keywords: &said.keywords,
            scale: said.scale,
            detail: said.detail.as_ref().map(|detail| detail.vi.as_str()),
            model: text(&said.model),
            constraints: text(&said.constraints),
            frequency: said.update_frequency.map(|frequency| frequency.iso()),
            is_table: signed.crs.is_none(),
            bounds_deg: if commune.is_some() { extent.and_then(|extent| extent.bounds_deg) } else { record.bounds_deg },
            communes: record
                .communes
                .iter()
                .filter(|(code, _)| commune.is_none_or(|only| only == **code))
                .map(|(code, extent)| (*code, extent.name))
                .collect(),
            effective_from: decision.effective_from.to_string(),
            effective_to: decision.effective_to.map(|to| to.to_string()),
            lineage: text(&said.lineage),
            sources: signed
                .sources
                .iter()
                .map(|source| format!("{} (SHA-256 {})", source.format, source.sha256))
                .collect(),
            check_scope: text(&said.check_scope),
            check_method: text(&said.check_method),
            check_result: text(&said.check_result),
            decision: format!("{named}; nghiệm thu {}", decision.acceptance),
            distribution: said.distribution.as_ref().map(|text| text.vi.as_str()),
            page_url: site.url(&record.path()),
            files,
            formats,
        }
    }
}
