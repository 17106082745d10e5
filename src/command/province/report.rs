//! `congbo report`

use std::path::PathBuf;

use clap::ValueEnum;
use jiff::civil::Date;

use super::Context;
use super::check::due;
use super::office::open;
use super::output::{note, say, stream};
use super::today::Today;
use crate::error::{Exit, Fault, Result, Stage};
use crate::model::text::date_vi;
use crate::plan::deadlines::Due;
use crate::release;
use crate::request::report::{Period, Section, report};

/// Report of a period: editions, requests, extracts, accounts, incidents
#[derive(clap::Args)]
pub struct Args {
    /// month, quarter, half or year
    #[arg(long, value_parser = period)]
    period: Period,
    #[arg(long, value_enum, default_value = "markdown")]
    format: Format,
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    dist: PathBuf,
    /// Any day of the period
    #[command(flatten)]
    today: Today,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Markdown,
    Csv,
    Html,
}

pub fn run(context: &Context, args: &Args) -> Result<()> {
    let office = open(context)?;
    let (from, to) = args.period.around(args.today.date());
    let published = release::history(&context.site.join(&args.dist))?;
    let mut report = report(&office, &published, from, to)?;
    let dist = context.site.join(&args.dist);
    let due = due(&context.site, &dist, args.today.date());
    report.sections.insert(1, deadlines(due, |day| from <= day && day <= to));
    if context.json {
        let sections = report
            .sections
            .iter()
            .map(|section| serde_json::json!({ "title": section.title, "head": section.head, "rows": section.rows }));
        say!("{}", serde_json::json!({ "from": from, "to": to, "sections": sections.collect::<Vec<_>>() }));
        return Ok(());
    }
    let text = match args.format {
        Format::Markdown => report.markdown(),
        Format::Csv => report.csv(),
        Format::Html => report.html(),
    };
    stream(|out| out.write_all(text.as_bytes()))
        .map_err(|e| Fault::new(Stage::Account, Exit::Storage, format!("standard output: {e}")).into())
}

/// Decisions of the period, and whether each was public in time. The machine of the desk may have no snapshots: the
/// rest of the report does not need them.
fn deadlines(due: Result<Vec<Due>>, within: impl Fn(Date) -> bool) -> Section {
    let day = |day: Option<Date>| day.map(date_vi).unwrap_or_default();
    let kept = |due: &Due| match (due.due_on, due.published_on, due.days_left) {
        (None, ..) => "không có hạn",
        (Some(last), Some(public), _) if public <= last => "đúng hạn",
        (Some(_), Some(_), _) => "chậm",
        (Some(_), None, Some(left)) if left < 0 => "quá hạn",
        (Some(_), None, Some(_)) => "còn hạn",
        (Some(_), None, None) => "đã công bố, không rõ ngày",
    };
    let row = |due: &Due| {
        let (last, public) = (day(due.due_on), day(due.published_on));
        vec![due.dataset.clone(), due.decision_number.clone(), last, public, kept(due).to_owned()]
    };
    let rows = match due {
        Ok(due) => due.iter().filter(|due| within(due.decided_on)).map(row).collect(),
        Err(failure) => {
            note!("{failure}");
            vec![["–", "", "", "", "không xét được: máy này không có dữ liệu đã duyệt"].map(str::to_owned).to_vec()]
        }
    };
    Section {
        title: "Thời hạn công bố", head: vec!["bộ dữ liệu", "quyết định", "hạn", "công bố", "kết quả"], rows
    }
}

fn period(id: &str) -> std::result::Result<Period, String> {
    Period::from_id(id).ok_or_else(|| format!("'{id}' is not month, quarter, half or year"))
}
