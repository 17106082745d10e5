//! By when approved data must be public.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

/// Which days count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    /// Every day; a deadline that ends on a day off stays there, which is never later than the law allows.
    #[default]
    Calendar,
    /// Monday to Friday but the days off.
    Working,
}

/// So many days after the decision; written as a table, or as a plain number of calendar days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Written")]
pub struct Deadline {
    pub days: u16,
    pub counting: Counting,
    /// Calendar days before the last day on which `congbo check` begins to warn.
    pub warn_before_days: u16,
}

const WARN_BEFORE_DAYS: u16 = 3;

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "a deadline is a number of days, or { days = …, counting = \"calendar\" or \"working\", warn_before_days = … }"
)]
enum Written {
    Days(u16),
    Table(Table),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    days: u16,
    #[serde(default)]
    counting: Counting,
    #[serde(default = "warn_before_days")]
    warn_before_days: u16,
}

fn warn_before_days() -> u16 {
    WARN_BEFORE_DAYS
}

impl From<Written> for Deadline {
    fn from(written: Written) -> Self {
        match written {
            Written::Days(days) => Deadline { days, counting: Counting::Calendar, warn_before_days: WARN_BEFORE_DAYS },
            Written::Table(Table { days, counting, warn_before_days }) => Deadline { days, counting, warn_before_days },
        }
    }
}

impl Deadline {
    /// The last day: the day of the decision does not count, the last day does.
    pub fn due_on(&self, decided_on: Date, days_off: &BTreeSet<Date>) -> Date {
        match self.counting {
            Counting::Calendar => decided_on.saturating_add(i64::from(self.days).days()),
            Counting::Working => {
                let works = |day: &Date| {
                    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !days_off.contains(day)
                };
                let last = decided_on.series(1.day()).skip(1).filter(works).take(usize::from(self.days)).last();
                last.unwrap_or(decided_on)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Days off, last day of so many days counted so after a decision.
    fn due(days: u16, counting: Counting, decided_on: &str, days_off: &[&str]) -> String {
        let days_off = days_off.iter().map(|day| day.parse().unwrap()).collect();
        let deadline = Deadline { days, counting, warn_before_days: 3 };
        deadline.due_on(decided_on.parse().unwrap(), &days_off).to_string()
    }

    #[test]
    fn calendar_days_run_over_weekends_month_ends_and_leap_days() {
        let due = |days, decided_on| due(days, Counting::Calendar, decided_on, &[]);
        assert_eq!(due(5, "2026-01-05"), "2026-01-10", "D31: a Saturday, and it stays one");
        assert_eq!(due(10, "2026-01-05"), "2026-01-15", "D32, D33");
        assert_eq!(due(5, "2026-04-28"), "2026-05-03");
        assert_eq!(due(10, "2026-12-25"), "2027-01-04");
        assert_eq!(due(5, "2028-02-26"), "2028-03-02", "2028 has a 29 February");
        assert_eq!(due(5, "2027-02-26"), "2027-03-03");
        assert_eq!(due(0, "2026-01-05"), "2026-01-05");
    }

    #[test]
    fn working_days_leave_out_weekends_and_runs_of_days_off() {
        let run = ["2027-02-05", "2027-02-08", "2027-02-09", "2027-02-10", "2027-02-11"];
        let due = |days, decided_on, days_off: &[&str]| due(days, Counting::Working, decided_on, days_off);
        assert_eq!(due(5, "2026-01-05", &[]), "2026-01-12", "from a Monday to the next");
        assert_eq!(due(1, "2026-01-09", &[]), "2026-01-12", "from a Friday to Monday");
        assert_eq!(due(1, "2026-01-10", &[]), "2026-01-12", "from a Saturday to Monday");
        assert_eq!(due(5, "2027-02-02", &run), "2027-02-16", "3, 4, then a week off, 12, 15, 16");
        assert_eq!(due(1, "2026-04-29", &["2026-04-30", "2026-05-01"]), "2026-05-04");
    }

    #[test]
    fn a_number_is_calendar_days_and_a_table_says_the_rest() {
        let read = |text: &str| toml::from_str::<std::collections::BTreeMap<String, Deadline>>(text);
        assert_eq!(
            read("a = 10").unwrap()["a"],
            Deadline { days: 10, counting: Counting::Calendar, warn_before_days: 3 }
        );
        assert_eq!(
            read("a = { days = 5, counting = 'working', warn_before_days = 1 }").unwrap()["a"],
            Deadline { days: 5, counting: Counting::Working, warn_before_days: 1 }
        );
        let refused = read("a = 'ten'").unwrap_err().to_string();
        assert!(refused.contains("a deadline is a number of days"), "{refused}");
    }
}
