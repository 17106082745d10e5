//! `/tai-khoan/`: signing in and out, passwords, the second factor, sessions.

use minijinja::{Value, context};

use super::reply::{Reply, status_of};
use super::template::page;
use super::visit::Visit;
use super::{BROWSER, SESSION};
use crate::account::session::{self, SignedIn, Stage};
use crate::account::sign_in::{Attempt, Begun};
use crate::account::{Office, Refused, Result};

/// Only over a connection that nobody reads, never to a script, never with another site's form.
const COOKIE: &str = "Path=/; Secure; HttpOnly; SameSite=Lax";
const A_YEAR: &str = "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=31536000";
const GONE: &str = "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0";

pub fn route(office: &Office, visit: &Visit, session: Option<SignedIn>, rest: &[&str]) -> Result<Reply> {
    match (visit.is_post(), rest, session) {
        (true, ["dang-nhap"], _) => Ok(sign_in(office, visit)),
        (false, [], None) => Ok(Reply::page(sign_in_page(visit, "", ""))),
        (_, _, None) => Ok(Reply::see(visit, "/tai-khoan/")),
        (false, ["mat-khau"], Some(session)) if session.stage != Stage::Code => {
            Ok(Reply::page(password_page(office, visit, &session, "")))
        }
        (true, ["mat-khau"], Some(session)) => Ok(choose_password(office, visit, &session)),
        (false, ["ma"], Some(session)) => Ok(Reply::page(code_page(visit, &session, ""))),
        (true, ["ma"], Some(session)) => Ok(give_code(office, visit, &session)),
        (true, ["thoat"], Some(session)) => signed_out(office, visit, &session, false),
        (true, ["thoat-het"], Some(session)) => signed_out(office, visit, &session, true),
        (_, _, Some(session)) if session.stage != Stage::Open => Ok(Reply::see(visit, next(session.stage))),
        (false, [], Some(session)) => account(office, visit, &session),
        (true, ["phien"], Some(session)) => {
            office.end_session(&session, visit.field("phien"))?;
            Ok(Reply::see(visit, "/tai-khoan/"))
        }
        (true, ["khoa"], Some(session)) if visit.field("chac") == "1" => {
            office.report_lost(&session)?;
            Ok(Reply::see(visit, "/tai-khoan/").with_cookie(SESSION, "", GONE))
        }
        _ => Err(Refused::Absent),
    }
}

/// Where somebody has to go before anything else works.
pub fn next(stage: Stage) -> &'static str {
    match stage {
        Stage::Code => "/tai-khoan/ma/",
        Stage::Password => "/tai-khoan/mat-khau/",
        Stage::Open => "/tai-khoan/",
    }
}

fn sign_in(office: &Office, visit: &Visit) -> Reply {
    let (name, password) = (visit.field("ten").trim(), visit.field("mat_khau"));
    let browser = visit.cookie(BROWSER).unwrap_or("");
    match office.sign_in(&Attempt { name, password, place: &visit.place, browser }) {
        Ok(begun) => let_in(visit, &begun),
        Err(refused) => Reply::page(sign_in_page(visit, name, told(&refused))).with_status(status_of(&refused)),
    }
}

/// A new session each time: what a browser held before is worth nothing.
fn let_in(visit: &Visit, begun: &Begun) -> Reply {
    let reply = Reply::see(visit, next(begun.stage)).with_cookie(SESSION, &begun.token, COOKIE);
    match begun.stage {
        // A browser is known once everything was right.
        Stage::Open => reply.with_cookie(BROWSER, &begun.browser, A_YEAR),
        _ => reply,
    }
}

fn choose_password(office: &Office, visit: &Visit, session: &SignedIn) -> Reply {
    let (new, again) = (visit.field("moi"), visit.field("lai"));
    let chosen = match new == again {
        true => office.choose_password(session, visit.field("cu"), new, visit.field("dieu_khoan"), &visit.place),
        false => Err(Refused::Invalid("password_again")),
    };
    match chosen {
        Ok(begun) => let_in(visit, &begun),
        Err(refused) => {
            Reply::page(password_page(office, visit, session, told(&refused))).with_status(status_of(&refused))
        }
    }
}

fn give_code(office: &Office, visit: &Visit, session: &SignedIn) -> Reply {
    match office.give_code(session, visit.field("ma").trim(), &visit.place) {
        Ok(begun) => let_in(visit, &begun),
        Err(refused) => Reply::page(code_page(visit, session, told(&refused))).with_status(status_of(&refused)),
    }
}

fn signed_out(office: &Office, visit: &Visit, session: &SignedIn, everywhere: bool) -> Result<Reply> {
    office.sign_out(session, everywhere)?;
    Ok(Reply::see(visit, "/tai-khoan/").with_cookie(SESSION, "", GONE))
}

fn told(refused: &Refused) -> &'static str {
    if let Refused::Unavailable(cause) = refused {
        tracing::error!(cause, "accounts cannot be used");
    }
    refused.word()
}

fn sign_in_page(visit: &Visit, name: &str, trouble: &str) -> super::template::Page {
    page(visit, "sign_in.html", "sign_in", None, context! { name, trouble })
}

fn password_page(office: &Office, visit: &Visit, session: &SignedIn, trouble: &str) -> super::template::Page {
    let rule = &office.config.password;
    let values = context! {
        trouble,
        first => session.person.is_first,
        min_length => rule.min_length,
        classes => rule.classes,
        terms => &office.config.terms_version,
    };
    page(visit, "password.html", "password", Some(session), values)
}

fn code_page(visit: &Visit, session: &SignedIn, trouble: &str) -> super::template::Page {
    page(visit, "code.html", "code", Some(session), context! { trouble })
}

fn account(office: &Office, visit: &Visit, session: &SignedIn) -> Result<Reply> {
    let person = &session.person;
    let sessions = office.read(|db| session::list(db, person.id))?;
    let sessions = sessions.into_iter().map(|listed| {
        let current = listed.id == session.id;
        context! { id => listed.id, begun_at => listed.begun_at, place => listed.place, current }
    });
    let values = context! {
        name => &person.name,
        full_name => &person.full_name,
        unit => &person.unit,
        role => person.role.id(),
        communes => person.communes.join(" "),
        sessions => sessions.collect::<Vec<Value>>(),
    };
    Ok(Reply::page(page(visit, "account.html", "account", Some(session), values)))
}
