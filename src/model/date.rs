//! Dates in files: TOML's own date or ISO text.

use jiff::civil::Date;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(Date),
    Toml(toml::value::Datetime),
}

/// For `#[serde(deserialize_with = "date::deserialize")]`.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    match Written::deserialize(deserializer)? {
        Written::Text(date) => Ok(date),
        Written::Toml(datetime) => {
            let date = datetime.date.ok_or_else(|| D::Error::custom("a time without a date"))?;
            Date::new(date.year as i16, date.month as i8, date.day as i8).map_err(D::Error::custom)
        }
    }
}

/// The same for a date that may be absent (with `#[serde(default)]`).
pub fn deserialize_option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    deserialize(deserializer).map(Some)
}
