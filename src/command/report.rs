//! `congbo report`

use std::path::PathBuf;

use clap::ValueEnum;

use super::Context;
use super::office::open;
use super::output::{say, stream};
use super::today::Today;
use crate::error::{Exit, Fault, Result, Stage};
use crate::release;
use crate::request::report::{Period, report};

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
    let report = report(&office, &published, from, to)?;
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

fn period(id: &str) -> std::result::Result<Period, String> {
    Period::from_id(id).ok_or_else(|| format!("'{id}' is not month, quarter, half or year"))
}
