//! `congbo request`

use std::path::PathBuf;

use serde_json::json;

use super::Context;
use super::office::{edition, open, person};
use super::output::{note, say};
use crate::account::role::State;
use crate::account::{Office, Person, Refused};
use crate::error::{Exit, Fault, Result, Stage};
use crate::release;
use crate::request::decide::{Step, decide};
use crate::request::file::{Asked, file};
use crate::request::{Request, ticket};
use crate::supply::Area;

/// Requests for extracts by area, and what becomes of them
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Hand in a request, also one that came on paper; prints its code
    New(New),
    /// List requests with state and last day; exits 8 when one is overdue
    List,
    /// Say what a request costs, or why nothing
    Fee(Fee),
    /// Note the receipt of what was paid
    Receipt(Receipt),
    /// Approve; two people have to
    Approve(Bare),
    /// Refuse, with the reason
    Refuse(Refuse),
    /// Take a request back
    Withdraw(Bare),
    /// Write the extract and its signed receipt into a folder; counted and logged as any download
    Fetch(Fetch),
}

#[derive(clap::Args)]
pub struct New {
    /// Account that gets the extract
    #[arg(long = "for", value_name = "NAME")]
    for_whom: String,
    /// Codes of communes, e.g. 99001,99002
    #[arg(long, conflicts_with = "bounds", required_unless_present = "bounds")]
    communes: Option<String>,
    /// West, south, east, north in degrees of WGS 84, e.g. 106.40,20.80,106.45,20.85
    #[arg(long = "box", id = "bounds", value_name = "W,S,E,N", allow_hyphen_values = true)]
    bounds: Option<String>,
    #[arg(long)]
    purpose: String,
    /// Version of the terms that were accepted
    #[arg(long)]
    terms: String,
    /// Number of the slip, where it came on paper
    #[arg(long, default_value = "")]
    paper: String,
    /// Edition to cut from (default: the published one)
    #[arg(long)]
    edition: Option<String>,
    /// Account that hands it in (default: who gets it)
    #[arg(long)]
    by: Option<String>,
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    dist: PathBuf,
}

#[derive(clap::Args)]
pub struct Bare {
    code: String,
    #[arg(long)]
    by: String,
}

#[derive(clap::Args)]
pub struct Fee {
    code: String,
    /// Đồng
    #[arg(long, conflicts_with = "exempt", required_unless_present = "exempt")]
    vnd: Option<i64>,
    /// Why nothing is to be paid
    #[arg(long)]
    exempt: Option<String>,
    #[arg(long)]
    by: String,
}

#[derive(clap::Args)]
pub struct Receipt {
    code: String,
    #[arg(long)]
    number: String,
    #[arg(long)]
    by: String,
}

#[derive(clap::Args)]
pub struct Refuse {
    code: String,
    #[arg(long)]
    reason: String,
    #[arg(long)]
    by: String,
}

#[derive(clap::Args)]
pub struct Fetch {
    code: String,
    /// Folder to write into; nothing is overwritten
    #[arg(long, default_value = ".")]
    out: PathBuf,
    #[arg(long)]
    by: String,
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    dist: PathBuf,
}

pub fn run(context: &Context, verb: Verb) -> Result<()> {
    let office = open(context)?;
    match verb {
        Verb::New(args) => new(context, &office, args),
        Verb::List => list(context, &office),
        Verb::Fee(Fee { code, vnd, exempt, by }) => {
            step(&office, &by, &code, &vnd.map_or_else(|| Step::Exempt(exempt.unwrap_or_default()), Step::Fee))
        }
        Verb::Receipt(Receipt { code, number, by }) => step(&office, &by, &code, &Step::Receipt(number)),
        Verb::Approve(Bare { code, by }) => step(&office, &by, &code, &Step::Approve),
        Verb::Refuse(Refuse { code, reason, by }) => step(&office, &by, &code, &Step::Refuse(reason)),
        Verb::Withdraw(Bare { code, by }) => step(&office, &by, &code, &Step::Withdraw),
        Verb::Fetch(args) => fetch(context, &office, &args),
    }
}

fn new(context: &Context, office: &Office, args: New) -> Result<()> {
    let for_whom = person(office, &args.for_whom)?;
    let who = args.by.as_deref().map_or_else(|| Ok(for_whom.clone()), |name| person(office, name))?;
    let area = match (&args.communes, &args.bounds) {
        (Some(codes), _) => Area::communes(codes),
        (None, bounds) => Area::bounds(bounds.as_deref().unwrap_or_default()),
    };
    let area = area.map_err(Refused::Invalid)?;
    let edition = match args.edition {
        Some(name) => release::manifest_of(&context.site.join(&args.dist), &name)?.edition,
        None => release::current(&context.site.join(&args.dist))?,
    };
    let asked = Asked { area, purpose: args.purpose, terms: args.terms, edition, paper: args.paper };
    say!("{}", file(office, &who, &for_whom, &asked)?);
    Ok(())
}

fn step(office: &Office, by: &str, code: &str, step: &Step) -> Result<()> {
    let who = person(office, by)?;
    say!("{code}: {}", decide(office, &who, code, step)?.id());
    Ok(())
}

fn list(context: &Context, office: &Office) -> Result<()> {
    let today = office.clock.today();
    let requests = office.read(|db| Request::list(db, None))?;
    let late = |request: &&Request| request.is_open() && today > request.latest_on;
    if context.json {
        let rows = requests.iter().map(|request| {
            json!({
                "code": request.code, "state": request.state.id(), "area": request.area.to_string(),
                "purpose": request.purpose, "edition": request.edition, "due_on": request.due_on,
                "latest_on": request.latest_on, "overdue": late(&request), "until": request.until,
                "fee_vnd": request.fee_vnd, "receipt": request.receipt, "reason": request.reason,
            })
        });
        say!("{}", serde_json::to_string_pretty(&rows.collect::<Vec<_>>()).unwrap_or_default());
    } else {
        for request in &requests {
            let mark = if late(&request) { " overdue" } else { "" };
            say!(
                "{} {:<11} {} due {}{mark}: {}",
                request.code,
                request.state.id(),
                request.area,
                request.due_on,
                request.purpose
            );
        }
    }
    match requests.iter().filter(late).count() {
        0 => Ok(()),
        late => {
            Err(Fault::new(Stage::Account, Exit::Overdue, format!("{late} requests are past their last day")).into())
        }
    }
}

fn fetch(context: &Context, office: &Office, args: &Fetch) -> Result<()> {
    let who: Person = person(office, &args.by)?;
    let dist = context.site.join(&args.dist);
    let open = |name: &str| edition(&dist, name);
    let (text, signature) = ticket::receipt(office, &who, &args.code, open)?;
    let leave = ticket::issue(office, &who, &args.code)?;
    let whole = |cut: &crate::supply::Cut| Some(0..cut.bytes);
    let (download, _) = ticket::redeem(office, &who, &args.code, &leave.file, &leave.token, open, whole)?;
    let path = args.out.join(&download.file);
    let storage = |e: std::io::Error| Fault::storage(Stage::Account, &path, e);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path).map_err(storage)?;
    let mut at = 0;
    while at < download.cut.bytes {
        let piece = download.cut.read(at, 1 << 20).map_err(storage)?;
        std::io::Write::write_all(&mut file, &piece).map_err(storage)?;
        at += piece.len() as u64;
    }
    file.sync_all().map_err(storage)?;
    for (ending, text) in [("bien-nhan.json", &text), ("bien-nhan.json.minisig", &signature)] {
        std::fs::write(path.with_extension(ending), text).map_err(storage)?;
    }
    ticket::note_end(office, &who, &args.code, at, true)?;
    say!("{}", path.display());
    note!("{} parcels, {at} bytes; the receipt is beside it", download.cut.features);
    debug_assert_eq!(download.request.state, State::Approved);
    Ok(())
}
