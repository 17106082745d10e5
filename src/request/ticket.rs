//! Leave to fetch what was approved: bound to the account, the request, its edition and its file; for a quarter of
//! an hour and three beginnings. The ticket travels in a cookie, never in an address.

use std::io::ErrorKind;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use super::Request;
use crate::account::clock::vietnam_time;
use crate::account::office::Office;
use crate::account::role::{Action, State};
use crate::account::secret::unhex;
use crate::account::{Person, Refused, Result};
use crate::audit::Act;
use crate::digest::hex;
use crate::model::date::vietnam_day;
use crate::release::OpenEdition;
use crate::supply::mark::Mark;
use crate::supply::provenance::{LICENCE, Provenance};
use crate::supply::{self, Cut, Order};

/// A broken download may go on so often.
const MOST_PARTS: i64 = 60;

/// Share of the day's quota from which on the operators are told.
const ALARM_PERCENT: u64 = 80;

pub struct Ticket {
    /// Number, dot, HMAC: goes into the cookie.
    pub token: String,
    pub file: String,
    pub lives_s: i64,
}

/// The name of the file of a request.
pub fn file_name(request: &Request) -> String {
    format!("{}.{}", request.code.to_lowercase(), request.output.format.ending())
}

/// Lets who was granted a request fetch it.
pub fn issue(office: &Office, who: &Person, code: &str) -> Result<Ticket> {
    let request = granted(office, who, code)?;
    let file = file_name(&request);
    let lives_s = i64::from(office.config.link_minutes) * 60;
    let expires_at = office.clock.seconds() + lives_s;
    office.write(|db| {
        db.execute("DELETE FROM ticket WHERE account = ?1 AND request = ?2", params![who.id, request.id])?;
        db.execute(
            "INSERT INTO ticket (request, account, file, edition, expires_at, uses_left, parts_left) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![request.id, who.id, file, request.edition, expires_at, office.config.link_uses, MOST_PARTS],
        )?;
        let id = db.last_insert_rowid();
        let tag = office.key.tag("ticket", &bound(id, who.id, &file, &request.edition, request.id, expires_at));
        let ticket = Ticket { token: format!("{id}.{}", hex(&tag)), file: file.clone(), lives_s };
        let act = Act { request: code.into(), edition: request.edition.clone(), ..who.act("download.ticket", &file) };
        Ok((ticket, act))
    })
}

/// What is fetched, once its beginning stands in the log.
pub struct Download {
    pub cut: Cut,
    pub request: Request,
    pub file: String,
}

/// Uses a ticket once (a part from the middle uses another count), and writes down that the download begins.
///
/// `part` gives the span of bytes that will go out, from the file's tag and length. `open` opens an edition.
///
/// # Errors
/// `Forbidden` for a ticket that is false, of somebody else, too old or used up; `Limited` over the day's quota;
/// `Unavailable` when the log cannot be written: then nothing may go out.
pub fn redeem(
    office: &Office,
    who: &Person,
    code: &str,
    file: &str,
    token: &str,
    open: impl FnOnce(&str) -> Result<OpenEdition>,
    part: impl FnOnce(&Cut) -> Option<std::ops::Range<u64>>,
) -> Result<(Download, Option<std::ops::Range<u64>>)> {
    let request = granted(office, who, code)?;
    let held = held(office, who, &request, file, token);
    let Ok(ticket) = held else {
        office.note(&Act { request: code.into(), result: "false ticket".into(), ..who.act("denied", "download") })?;
        return Err(Refused::Forbidden);
    };
    let edition = open(&request.edition)?;
    let cut = cut(office, who, &request, &edition)?;
    let Some(span) = part(&cut) else { return Ok((Download { cut, request, file: file.to_owned() }, None)) };
    let length = span.end - span.start;
    let features = (cut.features * length).div_ceil(cut.bytes.max(1));
    let begun = Act {
        request: code.into(),
        purpose: request.purpose.clone(),
        edition: request.edition.clone(),
        features,
        bytes: length,
        ..who.act("download.begin", format!("{file} {} {}-{}", cut.tag, span.start, span.end))
    };
    let alarm = office.write(|db| {
        let count = if span.start == 0 { "uses_left" } else { "parts_left" };
        let sql = format!("UPDATE ticket SET {count} = {count} - 1 WHERE id = ?1 AND {count} > 0");
        if db.execute(&sql, [ticket])? == 0 {
            return Err(Refused::Forbidden);
        }
        let alarm = within_quota(office, db, who, features, length)?;
        db.execute(
            "INSERT INTO delivery (request, account, file, tag, features, bytes, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![request.id, who.id, file, cut.tag, features as i64, length as i64, office.clock.seconds()],
        )?;
        Ok((alarm, begun))
    })?;
    if alarm {
        tracing::warn!(account = who.id, "an account took more than {ALARM_PERCENT} % of a day's extracts");
        office.note(&Act { request: code.into(), ..who.act("quota.alarm", "") })?;
    }
    Ok((Download { cut, request, file: file.to_owned() }, Some(span)))
}

/// The end of a download, or how far it came.
pub fn note_end(office: &Office, who: &Person, code: &str, sent: u64, whole: bool) -> Result<()> {
    let action = if whole { "download.end" } else { "download.abort" };
    office.note(&Act { request: code.into(), bytes: sent, ..who.act(action, "") })
}

/// The file of a request, made anew from its edition: the same bytes each time.
pub fn cut(office: &Office, who: &Person, request: &Request, edition: &OpenEdition) -> Result<Cut> {
    let provenance = provenance(request, edition);
    let order = Order {
        edition,
        area: &request.area,
        within: who.within(),
        output: &request.output,
        provenance: &provenance,
        mark: Some(Arc::new(mark(office, &request.code))),
        spool: &office.spool,
    };
    supply::cut(&order).map_err(|e| match e.kind() {
        ErrorKind::NotFound => Refused::Invalid("nothing_there"),
        ErrorKind::InvalidInput => refused_by_format(&e),
        _ => Refused::Unavailable(e.to_string()),
    })
}

/// The word of what a format cannot hold, or the edition does not know.
fn refused_by_format(e: &std::io::Error) -> Refused {
    let words = ["zone", "rows", "text_long", "file_large"];
    let word = words.into_iter().find(|word| e.to_string() == *word);
    word.map_or_else(|| Refused::Unavailable(e.to_string()), Refused::Invalid)
}

/// Where rings begin in the file of a request.
pub fn mark(office: &Office, code: &str) -> Mark {
    Mark::new(&office.key.tag("mark", code))
}

/// By which the parcels of an edition were approved: number and day of each.
pub fn decisions(edition: &OpenEdition) -> Vec<String> {
    let cadastral = edition.manifest.datasets.iter().filter(|dataset| dataset.kind.id() == "dia_chinh");
    cadastral.map(|dataset| format!("{} {}", dataset.decision.number, dataset.decision.date)).collect()
}

fn provenance(request: &Request, edition: &OpenEdition) -> Provenance {
    let decisions = decisions(edition);
    let authority = edition.manifest.datasets.iter().find(|dataset| dataset.kind.id() == "dia_chinh");
    let authority = authority.map(|dataset| dataset.decision.authority.clone()).unwrap_or_default();
    let granted_on = request.decided_at.map_or(request.due_on, |at| vietnam_time(at).date());
    Provenance {
        request: request.code.clone(),
        purpose: request.purpose.clone(),
        area: request.area.to_string(),
        edition: request.edition.clone(),
        root: edition.manifest.root.clone(),
        citation: format!("{authority}, {}, bản công bố {}", decisions.join("; "), request.edition),
        decisions,
        granted_on,
        terms: request.terms.clone(),
        licence: LICENCE.to_owned(),
        source: authority,
    }
}

/// A receipt for the file of a request: JSON text and its signature (minisign) by the office.
pub fn receipt(
    office: &Office,
    who: &Person,
    code: &str,
    open: impl FnOnce(&str) -> Result<OpenEdition>,
) -> Result<(String, String)> {
    let request = granted(office, who, code)?;
    let edition = open(&request.edition)?;
    let cut = cut(office, who, &request, &edition)?;
    let text = json!({
        "receipt": "congbo",
        "file": file_name(&request),
        "bytes": cut.bytes,
        "sha256": cut.sha256()?,
        "features": cut.features,
        "for": who.actor(),
        "cung_cap": provenance(&request, &edition).json(),
    });
    let text = serde_json::to_string_pretty(&text).map_err(|e| Refused::Unavailable(e.to_string()))? + "\n";
    let signature = office.seal.sign(text.as_bytes(), &format!("congbo receipt {code}"))?;
    office.note(&Act { request: code.into(), edition: request.edition, ..who.act("download.receipt", "") })?;
    Ok((text, signature))
}

/// A request of one's own that is approved and can still be fetched.
fn granted(office: &Office, who: &Person, code: &str) -> Result<Request> {
    let request = office.read(|db| Request::by_code(db, code))?;
    office.require(who, Action::Download, request.whose(who), Some(request.state), code)?;
    let is_over = request.until.is_none_or(|until| office.clock.today() > until);
    if is_over || request.state != State::Approved { Err(Refused::Invalid("grant_over")) } else { Ok(request) }
}

/// The ticket's number, when it is of this account, request, edition and file, and not too old.
fn held(office: &Office, who: &Person, request: &Request, file: &str, token: &str) -> Result<i64> {
    let parts = token.split_once('.').and_then(|(id, tag)| Some((id.parse::<i64>().ok()?, unhex(tag)?)));
    let (id, tag) = parts.ok_or(Refused::Forbidden)?;
    if token != format!("{id}.{}", hex(&tag)) {
        return Err(Refused::Forbidden);
    }
    let expires_at: Option<i64> = office.read(|db| {
        let sql = "SELECT expires_at FROM ticket WHERE id = ?1 AND account = ?2 AND request = ?3 AND file = ?4";
        Ok(db.query_row(sql, params![id, who.id, request.id, file], |row| row.get(0)).optional()?)
    })?;
    let expires_at = expires_at.ok_or(Refused::Forbidden)?;
    let text = bound(id, who.id, file, &request.edition, request.id, expires_at);
    let holds = office.key.holds("ticket", &text, &tag) && office.clock.seconds() < expires_at;
    if holds { Ok(id) } else { Err(Refused::Forbidden) }
}

fn bound(id: i64, account: i64, file: &str, edition: &str, request: i64, expires_at: i64) -> String {
    format!("{id} {account} {file} {edition} {request} {expires_at}")
}

/// Whether so much more is within the day's quota; true when it passes the mark of the alarm.
fn within_quota(office: &Office, db: &Connection, who: &Person, features: u64, bytes: u64) -> Result<bool> {
    let day = office.clock.today();
    let sql = "SELECT features, bytes, at FROM delivery WHERE account = ?1 AND at > ?2";
    let mut statement = db.prepare(sql)?;
    let rows = statement.query_map(params![who.id, office.clock.seconds() - 2 * 86_400], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
    })?;
    let (mut taken_features, mut taken_bytes) = (0u64, 0u64);
    for row in rows {
        let (features, bytes, at) = row?;
        if Timestamp::from_second(at).is_ok_and(|at| vietnam_day(at) == day) {
            taken_features += features.unsigned_abs();
            taken_bytes += bytes.unsigned_abs();
        }
    }
    let mut alarm = false;
    for (taken, more, most) in
        [(taken_features, features, office.config.features_per_day), (taken_bytes, bytes, office.config.bytes_per_day)]
    {
        if most > 0 && taken + more > most {
            return Err(Refused::Limited);
        }
        let mark = most / 100 * ALARM_PERCENT;
        alarm |= most > 0 && taken < mark && taken + more >= mark;
    }
    Ok(alarm)
}
