//! What is due: approved data against its deadline and against what is public.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use crate::config::dataset::DatasetKind;
use crate::config::days_off::DaysOff;
use crate::config::site::Deadlines;
use crate::error::{Exit, Fault, Stage};
use crate::model::deadline::Counting;
use crate::model::text::date_vi;
use crate::snapshot::record::Record;

/// The decisions that the published edition rests on, each with the day on which an edition with it was
/// first published; `None` where the history does not say.
pub type Published = BTreeMap<(String, String, Date), Option<Date>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The kind has no deadline in `congbo.toml`.
    NoDeadline,
    /// Public, and was by its last day.
    OnTime,
    /// Public, after its last day.
    Late,
    /// Public; nobody wrote down since when.
    Published,
    /// Not public, with time left.
    Waiting,
    /// Not public, and the last day is near.
    Soon,
    /// Not public, and the last day has passed.
    Overdue,
}

/// One approved dataset and its deadline.
#[derive(Clone, Debug, Serialize)]
pub struct Due {
    pub dataset: String,
    pub kind: DatasetKind,
    pub communes: Vec<String>,
    pub decision_number: String,
    pub decided_on: Date,
    pub due_on: Option<Date>,
    pub published_on: Option<Date>,
    /// Days from the decision to publication, or to today while it is not public (the lag of D30).
    pub lag_days: Option<i32>,
    /// Days until the last day, while it is not public; negative when it has passed.
    pub days_left: Option<i32>,
    pub state: State,
}

/// The state of every approved dataset on a day, in the order given.
pub fn due(
    records: &[Record],
    published: &Published,
    deadlines: &Deadlines,
    days_off: &DaysOff,
    today: Date,
) -> Vec<Due> {
    records.iter().map(|record| due_of(record, published, deadlines, days_off, today)).collect()
}

fn due_of(record: &Record, published: &Published, deadlines: &Deadlines, days_off: &DaysOff, today: Date) -> Due {
    let decision = &record.decision;
    let deadline = deadlines.kinds.get(&record.kind);
    let due_on = deadline.map(|deadline| deadline.due_on(decision.date, days_off));
    let public = published.get(&(record.dataset.clone(), decision.number.clone(), decision.date));
    let published_on = public.copied().flatten();
    let days_left = due_on.filter(|_| public.is_none()).map(|due_on| days(today, due_on));
    let state = match (public, due_on, published_on) {
        (_, None, _) => State::NoDeadline,
        (Some(_), _, None) => State::Published,
        (Some(_), Some(due_on), Some(on)) => {
            if on <= due_on {
                State::OnTime
            } else {
                State::Late
            }
        }
        (None, Some(due_on), _) if due_on < today => State::Overdue,
        (None, Some(_), _) => {
            let warn = deadline.map_or(0, |deadline| i32::from(deadline.warn_before_days));
            if days_left.is_some_and(|left| left <= warn) { State::Soon } else { State::Waiting }
        }
    };
    Due {
        dataset: record.dataset.clone(),
        kind: record.kind,
        communes: record.communes.clone(),
        decision_number: decision.number.clone(),
        decided_on: decision.date,
        due_on,
        published_on,
        lag_days: published_on.or(public.is_none().then_some(today)).map(|day| days(decision.date, day)),
        days_left,
        state,
    }
}

fn days(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

/// `1 day`, `2 days`.
pub fn days_text(days: i32) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

/// One fault for each dataset that is overdue.
pub fn overdue(due: &[Due]) -> Vec<Fault> {
    let faults = due.iter().filter(|due| due.state == State::Overdue).map(|due| {
        let last = due.due_on.map(date_vi).unwrap_or_default();
        let problem = format!(
            "decision {} of {} was to be public by {last}, {} ago",
            due.decision_number,
            date_vi(due.decided_on),
            days_text(-due.days_left.unwrap_or_default())
        );
        Fault::new(Stage::Plan, Exit::Overdue, problem)
            .file(format!("content/data/{}", due.dataset))
            .remedy("congbo build, congbo sample, congbo sign-off, congbo publish")
    });
    faults.collect()
}

/// What else a person should know, in plain sentences.
pub fn notices(
    due: &[Due],
    deadlines: &Deadlines,
    days_off: &DaysOff,
    refreshed_on: Option<Date>,
    today: Date,
) -> Vec<String> {
    let mut notices: Vec<String> = vec![];
    for due in due.iter().filter(|due| due.state == State::Soon) {
        let left = match due.days_left.unwrap_or_default() {
            0 => "today is the last day".to_owned(),
            left => format!("{} left", days_text(left)),
        };
        notices.push(format!("{} is due on {}: {left}", due.dataset, due.due_on.map(date_vi).unwrap_or_default()));
    }
    let months = deadlines.open_data_refresh_months;
    if let Some(on) = refreshed_on.filter(|on| on.saturating_add(i32::from(months).months()) < today) {
        notices.push(format!("open data was last published on {}, more than {months} months ago", date_vi(on)));
    }
    let working = deadlines.kinds.values().any(|deadline| deadline.counting == Counting::Working);
    let years: BTreeSet<i16> = due.iter().filter_map(|due| Some(due.due_on?.year())).collect();
    for year in years.into_iter().filter(|year| working && !days_off.iter().any(|day| day.year() == *year)) {
        notices.push(format!("no days off are listed for {year}: working days are counted without them"));
    }
    notices
}
