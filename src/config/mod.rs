//! What a site folder says: `congbo.toml`, `content/data/*/dataset.toml`, `tiles/*.toml`.
//!
//! Every file is checked as a whole: unknown keys are all named, with line and the nearest known name.

pub mod dataset;
pub mod days_off;
pub mod site;
pub mod strict_toml;
pub mod tile_set;

use serde::{Deserialize, Serialize};

/// A text in the site's languages; Vietnamese is always there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Localised {
    pub vi: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
}

impl Localised {
    /// The text in `language`, or in Vietnamese where it has none.
    pub fn get(&self, language: &str) -> &str {
        match (language, &self.en) {
            ("en", Some(en)) => en,
            _ => &self.vi,
        }
    }
}
