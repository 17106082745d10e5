//! `/trich-xuat/`: fetching what was approved. The leave to do so travels in a cookie of its own, for the address
//! of the one request; the address itself opens nothing.

use std::sync::Arc;

use hyper::header::HeaderValue;
use hyper::{Method, StatusCode};

use super::account_pages::next;
use super::reply::{Download, Reply};
use super::visit::Visit;
use super::{Desk, TICKET};
use crate::account::session::{SignedIn, Stage};
use crate::account::{Office, Refused, Result};
use crate::request::ticket;
use crate::serve::conditional;
use crate::serve::range::{self, Span};
use crate::supply::Cut;

const RECEIPT: &str = "bien-nhan.json";
const SIGNATURE: &str = "bien-nhan.json.minisig";

pub fn route(
    desk: &Desk,
    office: &Arc<Office>,
    visit: &Visit,
    session: Option<SignedIn>,
    rest: &[&str],
) -> Result<Reply> {
    let Some(session) = session else { return Ok(Reply::see(visit, "/tai-khoan/")) };
    if session.stage != Stage::Open {
        return Ok(Reply::see(visit, next(session.stage)));
    }
    match (visit.is_post(), rest) {
        (true, [code]) => leave(office, visit, &session, code),
        (false, [code, name]) if [RECEIPT, SIGNATURE].contains(name) => receipt(desk, office, &session, code, name),
        (false, [code, file]) => fetch(desk, office, visit, &session, code, file),
        _ => Err(Refused::Absent),
    }
}

fn leave(office: &Office, visit: &Visit, session: &SignedIn, code: &str) -> Result<Reply> {
    let ticket = ticket::issue(office, &session.person, code)?;
    let at = format!("/trich-xuat/{code}/");
    let place = format!("{}{at}", visit.language.prefix());
    let rest = format!("Path={place}; Secure; HttpOnly; SameSite=Strict; Max-Age={}", ticket.lives_s);
    Ok(Reply::see(visit, &format!("{at}{}", ticket.file)).with_cookie(TICKET, &ticket.token, &rest))
}

fn receipt(desk: &Desk, office: &Office, session: &SignedIn, code: &str, name: &str) -> Result<Reply> {
    let (text, signature) = ticket::receipt(office, &session.person, code, |name| desk.edition(name))?;
    let named = format!("{}.{name}", code.to_lowercase());
    Ok(match name {
        RECEIPT => Reply::text("application/json", named, text),
        _ => Reply::text("text/plain; charset=utf-8", named, signature),
    })
}

fn fetch(
    desk: &Desk,
    office: &Arc<Office>,
    visit: &Visit,
    session: &SignedIn,
    code: &str,
    file: &str,
) -> Result<Reply> {
    let token = visit.cookie(TICKET).unwrap_or("");
    let is_head = visit.method == Method::HEAD;
    let part = |cut: &Cut| (!is_head).then(|| asked_for(visit, cut)).flatten();
    let (download, span) = ticket::redeem(office, &session.person, code, file, token, |name| desk.edition(name), part)?;
    let (who, cut) = (session.person.clone(), Arc::new(download.cut));
    if span.is_none() && !is_head {
        let refused = Reply::refused(visit, &Refused::Invalid("range"));
        return Ok(refused.with_status(StatusCode::RANGE_NOT_SATISFIABLE));
    }
    Ok(Reply::download(Download { office: office.clone(), who, code: code.into(), name: download.file, cut, span }))
}

/// The span that a Range asks for; the whole where it asks for none, or for another file than this.
fn asked_for(visit: &Visit, cut: &Cut) -> Option<std::ops::Range<u64>> {
    let tag = HeaderValue::from_str(&format!("\"{}\"", cut.tag)).ok()?;
    match conditional::range_holds(&visit.headers, &tag).then(|| range::span(&visit.headers, cut.bytes)) {
        Some(Span::Part(part)) => Some(part),
        Some(Span::Unsatisfiable) => None,
        _ => Some(0..cut.bytes),
    }
}
