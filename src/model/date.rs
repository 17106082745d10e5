//! Dates in files: TOML's own date or ISO text.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, offset};
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

/// The day in Vietnam (+07:00, no summer time since 1975) at a moment: S4 Đ5.2.
pub fn vietnam_day(moment: Timestamp) -> Date {
    moment.to_zoned(TimeZone::fixed(offset(7))).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_past_eleven_at_night_in_utc_is_the_next_day_in_vietnam() {
        let day = |moment: &str| vietnam_day(moment.parse().unwrap()).to_string();
        assert_eq!(day("2026-02-28T23:30:00Z"), "2026-03-01");
        assert_eq!(day("2026-12-31T17:00:00Z"), "2027-01-01");
        assert_eq!(day("2026-12-31T16:59:59Z"), "2026-12-31");
    }
}
