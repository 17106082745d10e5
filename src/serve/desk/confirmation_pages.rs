//! `/xac-nhan/`: anybody asks about the code of a confirmation. Nothing of a person is known here.

use minijinja::context;

use super::Desk;
use super::reply::{Reply, status_of};
use super::template::page;
use super::visit::Visit;
use crate::account::session::SignedIn;
use crate::account::{Office, Refused, Result};
use crate::request::confirm::Confirmation;

const SLIP: &str = "phieu.json";
const SIGNATURE: &str = "phieu.json.minisig";

pub fn route(desk: &Desk, office: &Office, visit: &Visit, session: Option<SignedIn>, rest: &[&str]) -> Result<Reply> {
    match (visit.is_post(), rest) {
        (false, []) => Ok(ask(visit, session.as_ref(), "")),
        (true, []) => match Confirmation::find(office, visit.field("ma")) {
            Ok(found) => Ok(Reply::see(visit, &format!("/xac-nhan/{}/", found.code))),
            Err(Refused::Absent) => {
                let refused = Refused::Invalid("confirmation");
                Ok(ask(visit, session.as_ref(), "confirmation").with_status(status_of(&refused)))
            }
            Err(refused) => Err(refused),
        },
        (false, [code]) => show(desk, office, visit, session.as_ref(), code),
        (false, [code, name]) if [SLIP, SIGNATURE].contains(name) => {
            let (text, signature) = Confirmation::find(office, code)?.slip(office)?;
            Ok(match *name {
                SLIP => Reply::text("application/json", format!("{code}.{SLIP}"), text),
                _ => Reply::text("text/plain; charset=utf-8", format!("{code}.{SIGNATURE}"), signature),
            })
        }
        _ => Err(Refused::Absent),
    }
}

fn ask(visit: &Visit, session: Option<&SignedIn>, trouble: &str) -> Reply {
    let values = context! { trouble, given => visit.field("ma") };
    Reply::page(page(visit, "confirm_ask.html", "confirm", session, values))
}

fn show(desk: &Desk, office: &Office, visit: &Visit, session: Option<&SignedIn>, code: &str) -> Result<Reply> {
    let found = Confirmation::find(office, code)?;
    let current = desk.current()?;
    let standing = found.standing(&current).id();
    let values = context! {
        code => &found.code,
        kind => found.kind.id(),
        area => &found.area,
        edition => &found.edition,
        current,
        root => &found.root,
        decisions => &found.decisions,
        digest => &found.digest,
        issued_on => found.issued_on.to_string(),
        withdrawn_on => found.withdrawn.map(|day| day.to_string()).unwrap_or_default(),
        standing,
        key => office.seal.public_key(),
    };
    Ok(Reply::page(page(visit, "confirm.html", "confirm", session, values)))
}
