//! What the configuration tells visitors beside the data: maintenance and incidents, whom to report errors to, whom
//! to report weaknesses to.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use super::Localised;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Planned work (*bảo trì*), announced beforehand.
    BaoTri,
    /// An incident (*sự cố*).
    SuCo,
}

/// A banner on every page, `[[notice]]`; times are those of Vietnam.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    pub kind: NoticeKind,
    pub text: Localised,
    pub from: DateTime,
    /// When it is expected to be over; the page hides the banner then, where scripts run.
    pub to: DateTime,
}

/// Where reports of errors go: the branch of the land registration office of each commune.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorReports {
    /// By five-digit code of the commune; the others' go to the authority itself.
    #[serde(default)]
    pub communes: BTreeMap<String, Recipient>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    pub name: Localised,
    pub address: Localised,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub phone: Option<String>,
}

/// `/.well-known/security.txt` (RFC 9116).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityContact {
    /// `mailto:…`, `tel:…` or `https://…`.
    pub contact: String,
    /// The day after which it is no longer to be trusted; the RFC asks for less than a year.
    #[serde(deserialize_with = "crate::model::date::deserialize")]
    pub expires: jiff::civil::Date,
}
