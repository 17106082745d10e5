//! `congbo request`

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

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
use crate::request::{Request, capabilities, confirm, ticket};
use crate::supply::{Area, Output};

/// Requests for extracts by area, and what becomes of them
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Hand in a request, also one that came on paper; prints its code
    New(Box<New>),
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
    /// Confirm in writing that the file of a request, or a printed map sheet, is as it was published
    Confirm(Confirm),
    /// Take a confirmation back
    WithdrawConfirmation(Bare),
    /// Print as JSON what may be asked for: layers, areas, formats, coordinate systems, fields, limits
    Capabilities(Capabilities),
    /// Write the extract and its signed receipt into a folder; counted and logged as any download
    Fetch(Fetch),
}

#[derive(clap::Args)]
pub struct New {
    /// Account that gets the extract
    #[arg(long = "for", value_name = "NAME")]
    for_whom: String,
    #[command(flatten)]
    area: AreaArgs,
    /// fgb, gpkg, geojson, csv (WKT), csv-diem (a point), gml, xlsx, shp or dxf
    #[arg(long, default_value = "fgb")]
    format: String,
    /// wgs84, or vn2000 in the zone of the data (default: wgs84; of a DXF vn2000)
    #[arg(long, default_value = "")]
    crs: String,
    /// Names of fields, e.g. maXa,dienTich (default: all)
    #[arg(long, default_value = "")]
    fields: String,
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
#[group(required = true, multiple = false)]
struct AreaArgs {
    /// Codes of communes, e.g. 99001,99002
    #[arg(long)]
    communes: Option<String>,
    /// Commune and map sheet, e.g. 99001-12
    #[arg(long)]
    sheet: Option<String>,
    /// West, south, east, north in degrees of WGS 84, e.g. 106.40,20.80,106.45,20.85
    #[arg(long = "box", id = "bounds", value_name = "W,S,E,N", allow_hyphen_values = true)]
    bounds: Option<String>,
    /// GeoJSON with one polygon in degrees of WGS 84
    #[arg(long, value_name = "FILE")]
    polygon: Option<PathBuf>,
}

impl AreaArgs {
    fn area(&self) -> Result<Area> {
        let area = match self {
            AreaArgs { communes: Some(codes), .. } => Area::communes(codes),
            AreaArgs { sheet: Some(sheet), .. } => Area::sheet(sheet),
            AreaArgs { polygon: Some(file), .. } => Area::geojson(&polygon_text(file)?),
            AreaArgs { bounds, .. } => Area::bounds(bounds.as_deref().unwrap_or_default()),
        };
        Ok(area.map_err(Refused::Invalid)?)
    }
}

/// The bytes of a drawn area, as many as the form on the pages takes.
fn polygon_text(file: &Path) -> Result<String> {
    const MOST_BYTES: u64 = 64 << 10;
    let storage = |e: std::io::Error| Fault::storage(Stage::Account, file, e);
    let mut text = String::new();
    let opened = std::fs::File::open(file).map_err(storage)?;
    opened.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(storage)?;
    if text.len() as u64 > MOST_BYTES {
        return Err(Refused::Invalid("polygon_positions").into());
    }
    Ok(text)
}

#[derive(clap::Args)]
pub struct Capabilities {
    /// Account for whom: what it reaches (default: everything)
    #[arg(long = "for", value_name = "NAME")]
    for_whom: Option<String>,
    #[arg(long, default_value = "dist", env = "CONGBO_DIST")]
    dist: PathBuf,
}

#[derive(clap::Args)]
pub struct Confirm {
    /// Code of the request
    #[arg(required_unless_present = "sheet", conflicts_with = "sheet")]
    code: Option<String>,
    /// Commune and map sheet that was printed, e.g. 99001-12
    #[arg(long)]
    sheet: Option<String>,
    /// Folder for the signed slip; nothing is overwritten
    #[arg(long, default_value = ".")]
    out: PathBuf,
    #[arg(long)]
    by: String,
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
        Verb::New(args) => new(context, &office, *args),
        Verb::List => list(context, &office),
        Verb::Fee(Fee { code, vnd, exempt, by }) => {
            step(&office, &by, &code, &vnd.map_or_else(|| Step::Exempt(exempt.unwrap_or_default()), Step::Fee))
        }
        Verb::Receipt(Receipt { code, number, by }) => step(&office, &by, &code, &Step::Receipt(number)),
        Verb::Approve(Bare { code, by }) => step(&office, &by, &code, &Step::Approve),
        Verb::Refuse(Refuse { code, reason, by }) => step(&office, &by, &code, &Step::Refuse(reason)),
        Verb::Withdraw(Bare { code, by }) => step(&office, &by, &code, &Step::Withdraw),
        Verb::Confirm(args) => confirm(context, &office, &args),
        Verb::WithdrawConfirmation(Bare { code, by }) => Ok(confirm::withdraw(&office, &person(&office, &by)?, &code)?),
        Verb::Capabilities(args) => print_capabilities(context, &office, &args),
        Verb::Fetch(args) => fetch(context, &office, &args),
    }
}

fn new(context: &Context, office: &Office, args: New) -> Result<()> {
    let for_whom = person(office, &args.for_whom)?;
    let who = args.by.as_deref().map_or_else(|| Ok(for_whom.clone()), |name| person(office, name))?;
    let area = args.area.area()?;
    let output = Output::parse(&args.format, &args.crs, &args.fields).map_err(Refused::Invalid)?;
    let edition = match args.edition {
        Some(name) => release::manifest_of(&context.site.join(&args.dist), &name)?.edition,
        None => release::current(&context.site.join(&args.dist))?,
    };
    let asked = Asked { area, output, purpose: args.purpose, terms: args.terms, edition, paper: args.paper };
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
                "format": request.output.format.id(), "crs": request.output.crs.id(), "fields": request.output.fields,
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

fn confirm(context: &Context, office: &Office, args: &Confirm) -> Result<()> {
    let who = person(office, &args.by)?;
    let dist = context.site.join(&args.dist);
    let made = match (&args.code, &args.sheet) {
        (_, Some(sheet)) => confirm::confirm_sheet(office, &who, sheet, &edition(&dist, &release::current(&dist)?)?)?,
        (code, None) => {
            let code = code.as_deref().unwrap_or_default();
            confirm::confirm_extract(office, &who, code, |name| edition(&dist, name))?
        }
    };
    let (text, signature) = made.slip(office)?;
    let path = args.out.join(format!("xac-nhan-{}.json", made.code));
    for (path, text) in [(path.with_extension("json.minisig"), &signature), (path, &text)] {
        let storage = |e: std::io::Error| Fault::storage(Stage::Account, &path, e);
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path).map_err(storage)?;
        file.write_all(text.as_bytes()).map_err(storage)?;
    }
    say!("{}", made.code);
    note!("anybody can check it at /xac-nhan/{}/", made.code);
    Ok(())
}

fn print_capabilities(context: &Context, office: &Office, args: &Capabilities) -> Result<()> {
    let whom = args.for_whom.as_deref().map(|name| person(office, name)).transpose()?;
    let dist = context.site.join(&args.dist);
    let edition = edition(&dist, &release::current(&dist)?)?;
    let found = capabilities(office, &edition, whom.as_ref());
    say!("{}", serde_json::to_string_pretty(&found).unwrap_or_default());
    Ok(())
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
