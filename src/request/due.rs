//! By when a request is answered (S3 Đ13.2, TTHC 1.012789): what is there on the same working day, after the hour
//! on the next one; what has to be made within ten working days.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};

use crate::config::account::AccountConfig;
use crate::config::days_off::DaysOff;
use crate::model::deadline::{Counting, Deadline};

/// The day of the answer for data that is there, and the last day in any case, for what was handed in at `filed`
/// (Vietnam time).
pub fn due(filed: DateTime, config: &AccountConfig, days_off: &DaysOff) -> (Date, Date) {
    let until = config.hour().unwrap_or(Time::midnight());
    let working = |days: u16, from: Date| {
        Deadline { days, counting: Counting::Working, warn_before_days: 0 }.due_on(from, days_off)
    };
    // The first working day after yesterday is today, when one works today.
    let today = working(1, filed.date().saturating_sub(1.day()));
    let same_day = today == filed.date() && filed.time() < until;
    let due_on = if same_day { today } else { working(1, filed.date()) };
    (due_on, working(config.answer_days, filed.date()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(filed: &str) -> (String, String) {
        let days_off = ["2026-04-30", "2026-05-01"].map(|day| day.parse().unwrap()).into();
        let (due_on, latest_on) = due(filed.parse().unwrap(), &AccountConfig::default(), &days_off);
        (due_on.to_string(), latest_on.to_string())
    }

    #[test]
    fn e10_what_comes_before_three_is_due_today_and_after_it_on_the_next_working_day() {
        for (filed, due_on, latest_on) in [
            ("2026-03-04T14:59:59", "2026-03-04", "2026-03-18"),
            ("2026-03-04T15:00:00", "2026-03-05", "2026-03-18"),
            ("2026-03-04T15:01:00", "2026-03-05", "2026-03-18"),
            // Friday afternoon, Saturday.
            ("2026-03-06T15:01:00", "2026-03-09", "2026-03-20"),
            ("2026-03-07T09:00:00", "2026-03-09", "2026-03-20"),
            // Over two days off and a weekend.
            ("2026-04-29T16:00:00", "2026-05-04", "2026-05-15"),
            ("2026-04-30T09:00:00", "2026-05-04", "2026-05-15"),
        ] {
            assert_eq!(days(filed), (due_on.into(), latest_on.into()), "{filed}");
        }
    }
}
