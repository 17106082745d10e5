//! The cells of one row by the standard's field names, checked as they are taken.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::value_scan;
use crate::error::{Exit, Fault, Stage};
use crate::read::{Row, Value};

/// Takes typed values out of a row and keeps every fault it meets on the way.
pub struct Cells<'a> {
    row: &'a Row,
    positions: &'a BTreeMap<String, usize>,
    pub faults: Vec<Fault>,
}

impl<'a> Cells<'a> {
    /// `positions`: standard field name → index into the row's values.
    pub fn new(row: &'a Row, positions: &'a BTreeMap<String, usize>) -> Self {
        Cells { row, positions, faults: vec![] }
    }

    /// A text that must be there.
    pub fn text(&mut self, field: &str) -> String {
        self.optional_text(field).unwrap_or_else(|| self.missing(field))
    }

    /// A text that passed the value scan; numbers of the source are taken as their digits.
    pub fn optional_text(&mut self, field: &str) -> Option<String> {
        let text = match self.value(field) {
            Value::Null => return None,
            Value::Text(text) => text.trim().to_owned(),
            Value::Integer(i) => i.to_string(),
            Value::Real(r) => r.to_string(),
        };
        if let Some(objection) = value_scan::objection(&text) {
            self.fault(
                field,
                Exit::Disclosure,
                objection,
                "correct the cell in the source; it is not shown here on purpose",
            );
        }
        (!text.is_empty()).then_some(text)
    }

    /// A figure as it is written. It does not pass the scan, which takes long figures for identity numbers:
    /// the caller lets nothing but a number through.
    pub fn optional_figure(&mut self, field: &str) -> Option<String> {
        match self.value(field) {
            Value::Null => None,
            Value::Text(text) => Some(text.trim().to_owned()),
            Value::Integer(i) => Some(i.to_string()),
            Value::Real(r) => Some(r.to_string()),
        }
    }

    /// A code that must match: digits only, or letters and digits.
    pub fn code(&mut self, field: &str, fits: impl Fn(&str) -> bool, shape: &str) -> String {
        let code = self.text(field);
        if !code.is_empty() && !fits(&code) {
            self.fault(field, Exit::Input, &format!("'{code}' is not {shape}"), "correct the code in the source");
        }
        code
    }

    pub fn integer(&mut self, field: &str) -> i64 {
        let found = self.optional_integer(field);
        found.unwrap_or_else(|| self.missing(field))
    }

    pub fn optional_integer(&mut self, field: &str) -> Option<i64> {
        let parsed = match self.value(field) {
            Value::Null => return None,
            Value::Integer(i) => Some(*i),
            Value::Real(r) if r.fract() == 0.0 && r.abs() < 9e15 => Some(*r as i64),
            Value::Real(_) => None,
            Value::Text(text) => text.trim().parse().ok(),
        };
        if parsed.is_none() {
            self.fault(field, Exit::Input, "is not a whole number", "correct the cell in the source");
        }
        parsed
    }

    /// A non-negative number that fits 32 bits, such as a sheet or row number.
    pub fn ordinal(&mut self, field: &str) -> u32 {
        let number = self.integer(field);
        u32::try_from(number).unwrap_or_else(|_| {
            self.fault(field, Exit::Input, "is negative or too large", "correct the cell in the source");
            0
        })
    }

    /// The same where the cell may be empty.
    pub fn optional_ordinal(&mut self, field: &str) -> Option<u32> {
        self.optional_text(field).map(|_| self.ordinal(field))
    }

    pub fn real(&mut self, field: &str) -> f64 {
        let found = self.optional_real(field);
        found.unwrap_or_else(|| self.missing(field))
    }

    pub fn optional_real(&mut self, field: &str) -> Option<f64> {
        let parsed = match self.value(field) {
            Value::Null => return None,
            Value::Integer(i) => Some(*i as f64),
            Value::Real(r) => Some(*r),
            Value::Text(text) => text.trim().parse().ok(),
        };
        let parsed = parsed.filter(|number: &f64| number.is_finite());
        if parsed.is_none() {
            self.fault(field, Exit::Input, "is not a number", "correct the cell in the source");
        }
        parsed
    }

    pub fn date(&mut self, field: &str) -> Date {
        let found = self.optional_date(field);
        found.unwrap_or_else(|| {
            self.missing::<String>(field);
            Date::ZERO
        })
    }

    /// An ISO date; a time of day behind it is cut off.
    pub fn optional_date(&mut self, field: &str) -> Option<Date> {
        let text = match self.value(field) {
            Value::Text(text) if !text.trim().is_empty() => text.trim().to_owned(),
            Value::Null | Value::Text(_) => return None,
            _ => "a number".to_owned(),
        };
        let date = text.get(..10).and_then(|day| day.parse().ok());
        if date.is_none() {
            self.fault(field, Exit::Input, "is not a date", "write it as 2026-01-31");
        }
        date
    }

    pub fn fault(&mut self, field: &str, exit: Exit, problem: &str, remedy: &str) {
        self.faults.push(
            Fault::new(Stage::Disclose, exit, format!("{field} {problem}")).feature(&self.row.place).remedy(remedy),
        );
    }

    fn missing<T: Default>(&mut self, field: &str) -> T {
        // A cell that is there but wrong has been named already.
        if *self.value(field) == Value::Null {
            self.fault(field, Exit::Input, "is empty", "fill the cell in the source");
        }
        T::default()
    }

    fn value(&self, field: &str) -> &'a Value {
        self.positions.get(field).map_or(&Value::Null, |i| &self.row.values[*i])
    }
}
