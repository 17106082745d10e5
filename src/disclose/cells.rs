//! The cells of one row by the standard's field names, checked as they are taken.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, tz};

use super::person_name::Meant;
use super::report::{Outcome, Tally};
use super::rules::Rules;
use super::value_scan;
use crate::error::{Exit, Fault, Stage};
use crate::read::{Row, Value};

/// Takes typed values out of a row, counts what became of each, and keeps every fault it meets on the way.
pub struct Cells<'a> {
    row: &'a Row,
    positions: &'a BTreeMap<String, usize>,
    pub rules: &'a Rules<'a>,
    pub tally: &'a mut Tally,
    /// What the row is called when a cell of it is accepted; the row's place while nothing better is known.
    pub name: String,
    pub faults: Vec<Fault>,
}

impl<'a> Cells<'a> {
    /// `positions`: standard field name → index into the row's values.
    pub fn new(
        row: &'a Row,
        positions: &'a BTreeMap<String, usize>,
        rules: &'a Rules<'a>,
        tally: &'a mut Tally,
    ) -> Self {
        Cells { row, positions, rules, tally, name: row.place.clone(), faults: vec![] }
    }

    /// A text that must be there.
    pub fn text(&mut self, field: &'static str) -> String {
        self.optional_text(field).unwrap_or_else(|| self.missing(field))
    }

    /// A text in NFC that passed the value scan; numbers of the source are taken as their digits.
    pub fn optional_text(&mut self, field: &'static str) -> Option<String> {
        self.scanned(field, Meant::Any)
    }

    /// The name of a road or a place, which may be that of a person.
    pub fn place_name(&mut self, field: &'static str) -> Option<String> {
        self.scanned(field, Meant::Place)
    }

    fn scanned(&mut self, field: &'static str, meant: Meant) -> Option<String> {
        let text = self.written(field)?;
        self.scan(field, &text, meant);
        Some(text)
    }

    /// Faults of a text that is about to go out as the value of `field`.
    pub fn scan(&mut self, field: &'static str, text: &str, meant: Meant) {
        let Some(objection) = value_scan::objection(text, meant) else { return };
        let cell = format!("{} {field}", self.name);
        if objection.may_be_accepted() && self.rules.accepts(&cell) {
            self.tally.accept(cell);
            return;
        }
        let remedy = match objection.may_be_accepted() {
            true => format!(
                "{}; if the approver answers for it: [scan] accept = [\"{cell}\"] in dataset.toml",
                objection.remedy()
            ),
            false => objection.remedy().to_owned(),
        };
        self.fault(field, Exit::Disclosure, objection.problem(), &remedy);
    }

    /// A text as it stands, in NFC and without the spaces around it. It has not been scanned: the caller lets
    /// only a closed form through, or part of it.
    pub fn written(&mut self, field: &'static str) -> Option<String> {
        let text = match self.value(field) {
            Value::Null => String::new(),
            Value::Text(text) => value_scan::normalised(text.trim()).into_owned(),
            Value::Integer(i) => i.to_string(),
            Value::Real(r) => r.to_string(),
        };
        let text = Some(text).filter(|text| !text.is_empty());
        self.count(field, text.is_some());
        text
    }

    fn count(&mut self, field: &'static str, present: bool) {
        if self.positions.contains_key(field) {
            self.tally.set(field, if present { Outcome::Present } else { Outcome::Empty });
        }
    }

    /// A code that must match: digits only, or letters and digits.
    pub fn code(&mut self, field: &'static str, fits: impl Fn(&str) -> bool, shape: &str) -> String {
        let code = self.text(field);
        if !code.is_empty() && !fits(&code) {
            // A wrong column may have been mapped, and then this is anything.
            let is_short = code.len() <= 6 && code.bytes().all(|b| b.is_ascii_alphanumeric());
            let shown = if is_short { format!("'{code}' is not") } else { "is not".to_owned() };
            self.fault(field, Exit::Input, &format!("{shown} {shape}"), "correct the code in the source");
        }
        code
    }

    pub fn integer(&mut self, field: &'static str) -> i64 {
        let found = self.optional_integer(field);
        found.unwrap_or_else(|| self.missing(field))
    }

    pub fn optional_integer(&mut self, field: &'static str) -> Option<i64> {
        self.count(field, *self.value(field) != Value::Null);
        let parsed = match self.value(field) {
            Value::Null => return None,
            Value::Integer(i) => Some(*i),
            Value::Real(r) if r.fract() == 0.0 && r.abs() < 9e15 => Some(*r as i64),
            Value::Real(_) => None,
            Value::Text(text) => text.trim().parse().ok(),
        };
        if parsed.is_none() {
            self.fault(field, Exit::Input, "is not a whole number", "write digits alone, without spaces or grouping");
        }
        parsed
    }

    /// A non-negative number that fits 32 bits, such as a sheet or row number.
    pub fn ordinal(&mut self, field: &'static str) -> u32 {
        let number = self.integer(field);
        u32::try_from(number).unwrap_or_else(|_| {
            self.fault(field, Exit::Input, "is negative or too large", "correct the cell in the source");
            0
        })
    }

    /// The same where the cell may be empty.
    pub fn optional_ordinal(&mut self, field: &'static str) -> Option<u32> {
        self.written(field).map(|_| self.ordinal(field))
    }

    pub fn real(&mut self, field: &'static str) -> f64 {
        let found = self.optional_real(field);
        found.unwrap_or_else(|| self.missing(field))
    }

    pub fn optional_real(&mut self, field: &'static str) -> Option<f64> {
        self.count(field, *self.value(field) != Value::Null);
        let parsed = match self.value(field) {
            Value::Null => return None,
            Value::Integer(i) => Some(*i as f64),
            Value::Real(r) => Some(*r),
            Value::Text(text) => text.trim().parse().ok(),
        };
        let parsed = parsed.filter(|number: &f64| number.is_finite());
        if parsed.is_none() {
            self.fault(field, Exit::Input, "is not a number", FIGURE);
        }
        parsed
    }

    pub fn date(&mut self, field: &'static str) -> Date {
        let found = self.optional_date(field);
        found.unwrap_or_else(|| {
            self.missing::<String>(field);
            Date::ZERO
        })
    }

    /// An ISO date, of Vietnam time: a time of day with a zone is brought to +07:00 first (Circular 17/2010,
    /// article 5.2), one without is Vietnam's already.
    pub fn optional_date(&mut self, field: &'static str) -> Option<Date> {
        let text = match self.value(field) {
            Value::Null => String::new(),
            Value::Text(text) => text.trim().to_owned(),
            _ => "a number".to_owned(),
        };
        self.count(field, !text.is_empty());
        if text.is_empty() {
            return None;
        }
        let date = vietnam_date(&text);
        if date.is_none() {
            self.fault(field, Exit::Input, "is not a date", "write it as 2026-01-31: year, month, day");
        }
        date
    }

    pub fn fault(&mut self, field: &'static str, exit: Exit, problem: &str, remedy: &str) {
        self.faults.push(
            Fault::new(Stage::Disclose, exit, format!("{field} {problem}")).feature(&self.row.place).remedy(remedy),
        );
    }

    /// Whether the row has a value there.
    pub fn is_present(&self, field: &'static str) -> bool {
        *self.value(field) != Value::Null
    }

    fn missing<T: Default>(&mut self, field: &'static str) -> T {
        // A cell that is there but wrong has been named already.
        if *self.value(field) == Value::Null {
            self.fault(field, Exit::Input, "is empty", "fill the cell in the source");
        }
        T::default()
    }

    fn value(&self, field: &'static str) -> &'a Value {
        self.positions.get(field).map_or(&Value::Null, |i| &self.row.values[*i])
    }
}

const FIGURE: &str = "write digits with a point before decimals, without spaces, grouping or units";

/// `2026-01-05`, or a date and time; the day in Vietnam.
fn vietnam_date(text: &str) -> Option<Date> {
    if text.len() == 10 {
        return text.parse().ok();
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(tz::offset(7).to_datetime(instant).date());
    }
    text.parse::<DateTime>().ok().map(DateTime::date)
}

#[cfg(test)]
mod tests {
    use super::vietnam_date;

    #[test]
    fn d20_half_past_eleven_at_night_in_greenwich_is_the_next_day_in_vietnam() {
        for (written, day) in [
            ("2026-01-05", Some("2026-01-05")),
            ("2026-01-05T23:30:00Z", Some("2026-01-06")),
            ("2026-01-05T23:30:00.000Z", Some("2026-01-06")),
            ("2026-01-05T16:59:59Z", Some("2026-01-05")),
            ("2026-01-05T17:00:00Z", Some("2026-01-06")),
            ("2026-01-06T01:00:00+09:00", Some("2026-01-05")),
            ("2026-01-05 23:30:00", Some("2026-01-05")),
            ("2026-01-05T23:30:00", Some("2026-01-05")),
            ("05/01/2026", None),
            ("1/5/2026", None),
            ("2026-13-01", None),
            ("2026", None),
            ("năm 2026", None),
        ] {
            assert_eq!(vietnam_date(written).map(|date| date.to_string()).as_deref(), day, "{written}");
        }
    }
}
