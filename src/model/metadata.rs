//! What the approver says about a dataset and nobody can derive from its rows (*siêu dữ liệu*, Circular
//! 17/2010, article 6).

use serde::{Deserialize, Serialize};

use super::localised::Localised;

/// `[metadata]` of a dataset, signed with its record. What is absent here is found missing by the build,
/// which knows what can be derived.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Metadata {
    /// Topics and key words, Vietnamese.
    pub keywords: Vec<String>,
    /// Denominator of the scale of the maps the data was taken from: 1000 for 1:1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<u32>,
    /// Level of detail in words, where there is no scale or it does not say enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Localised>,
    /// Data model and its version: the standard whose structure the data has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Localised>,
    /// Who answers for the data; the publishing authority where a dataset names nobody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Organisation>,
    /// Where the data comes from (*nguồn gốc*).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lineage: Option<Localised>,
    /// What was checked (*phạm vi kiểm tra*).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_scope: Option<Localised>,
    /// How it was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_method: Option<Localised>,
    /// What came out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_result: Option<Localised>,
    /// What a user must mind (*ràng buộc*).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraints: Option<Localised>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_frequency: Option<UpdateFrequency>,
    /// How and on what the data is handed out besides this site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Localised>,
    /// What the decision's articles say about its tables, in their order.
    #[serde(rename = "rule", skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

/// A provision of the decision that stands beside the rows it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// `Điều 4 khoản 2`, as the decision numbers it.
    pub article: String,
    /// Page of the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// Codes of the tables it is about (*ma_bang*); none where it is about all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<String>,
    /// Its words, or what they come to in a sentence.
    pub text: Localised,
}

impl Rule {
    /// Whether it is about a table.
    pub fn covers(&self, table: &str) -> bool {
        self.tables.is_empty() || self.tables.iter().any(|code| code == table)
    }
}

/// An organisation, never a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    pub name: Localised,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Localised>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// How often the data is renewed; the list is ISO 19115's `MD_MaintenanceFrequencyCode`, as far as land data
/// needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpdateFrequency {
    Daily,
    Weekly,
    Monthly,
    Quarterly,
    Annually,
    AsNeeded,
    NotPlanned,
}

impl UpdateFrequency {
    /// The word of ISO 19115.
    pub fn iso(self) -> &'static str {
        match self {
            UpdateFrequency::Daily => "daily",
            UpdateFrequency::Weekly => "weekly",
            UpdateFrequency::Monthly => "monthly",
            UpdateFrequency::Quarterly => "quarterly",
            UpdateFrequency::Annually => "annually",
            UpdateFrequency::AsNeeded => "asNeeded",
            UpdateFrequency::NotPlanned => "notPlanned",
        }
    }
}

impl Metadata {
    /// Every text that will be published, with the key it stands under. Ways to reach the organisation are not
    /// among them: a telephone number is meant to be one.
    pub fn texts(&self) -> Vec<(&'static str, &str)> {
        let mut texts: Vec<(&'static str, &str)> =
            self.keywords.iter().map(|word| ("keywords", word.as_str())).collect();
        let organisation = self.organisation.as_ref();
        let localised = [
            ("detail", self.detail.as_ref()),
            ("model", self.model.as_ref()),
            ("lineage", self.lineage.as_ref()),
            ("check_scope", self.check_scope.as_ref()),
            ("check_method", self.check_method.as_ref()),
            ("check_result", self.check_result.as_ref()),
            ("constraints", self.constraints.as_ref()),
            ("distribution", self.distribution.as_ref()),
            ("organisation.name", organisation.map(|organisation| &organisation.name)),
            ("organisation.address", organisation.and_then(|organisation| organisation.address.as_ref())),
        ];
        for (key, text) in localised.into_iter().filter_map(|(key, text)| Some((key, text?))) {
            texts.push((key, &text.vi));
            texts.extend(text.en.as_deref().map(|en| (key, en)));
        }
        for rule in &self.rules {
            texts.extend([("rule.article", rule.article.as_str()), ("rule.text", &rule.text.vi)]);
            texts.extend(rule.text.en.as_deref().map(|en| ("rule.text", en)));
        }
        texts
    }
}
