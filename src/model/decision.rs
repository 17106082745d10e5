//! The act by which an authority approved a dataset.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::date;

/// Decision (*quyết định, nghị quyết*) with its acceptance record (*biên bản nghiệm thu*); without one,
/// nothing is published (Decision of Hải Phòng, article 4.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    pub number: String,
    #[serde(deserialize_with = "date::deserialize")]
    pub date: Date,
    pub authority: String,
    #[serde(deserialize_with = "date::deserialize")]
    pub effective_from: Date,
    #[serde(default, deserialize_with = "date::deserialize_option", skip_serializing_if = "Option::is_none")]
    pub effective_to: Option<Date>,
    /// Number of the acceptance record.
    pub acceptance: String,
    /// Said where the decision takes effect before its own date, and is meant to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retroactive: bool,
}
