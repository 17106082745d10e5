//! The only clock of the program: which day it is in Vietnam.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::model::date::vietnam_day;

#[derive(clap::Args, Debug)]
pub struct Today {
    /// Day that counts as today. [default: the day it is in Vietnam, +07:00]
    #[arg(long = "date", value_name = "YYYY-MM-DD", env = "CONGBO_TODAY")]
    date: Option<Date>,
}

impl Today {
    pub fn date(&self) -> Date {
        self.date.unwrap_or_else(|| vietnam_day(Timestamp::now()))
    }
}
