//! `/yeu-cau/`: one's own requests, the lists of clerks and approvers, and each request with what may be done to it.

use std::collections::BTreeMap;

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::Desk;
use super::account_pages::next;
use super::reply::{Reply, status_of};
use super::template::page;
use super::visit::Visit;
use crate::account::role::{Action, Whose, allows};
use crate::account::session::{SignedIn, Stage};
use crate::account::{Office, Person, Refused, Result};
use crate::model::text::integer_vi;
use crate::model::tier::Layer;
use crate::request::confirm::confirm_extract;
use crate::request::decide::{Step, decide};
use crate::request::file::{Asked, file};
use crate::request::{Request, capabilities};
use crate::supply::{Area, Format, Output};

/// More would be no list but an archive: `congbo request list` has them all.
const MOST_LISTED: usize = 200;

pub fn route(desk: &Desk, office: &Office, visit: &Visit, session: Option<SignedIn>, rest: &[&str]) -> Result<Reply> {
    let Some(session) = session else { return Ok(Reply::see(visit, "/tai-khoan/")) };
    if session.stage != Stage::Open {
        return Ok(Reply::see(visit, next(session.stage)));
    }
    match (visit.is_post(), rest) {
        (false, ["kha-nang.json"]) => {
            let edition = desk.edition(&desk.current()?)?;
            let found = capabilities(office, &edition, Some(&session.person));
            let text = serde_json::to_string_pretty(&found).unwrap_or_default() + "\n";
            Ok(Reply::text("application/json", "kha-nang.json".into(), text))
        }
        (false, [] | [""]) => list(office, visit, &session, ""),
        (true, [] | [""]) => hand_in(desk, office, visit, &session),
        (false, [code]) => one(office, visit, &session, code),
        (true, [code, "xac-nhan"]) => {
            let made = confirm_extract(office, &session.person, code, |name| desk.edition(name))?;
            Ok(Reply::see(visit, &format!("/xac-nhan/{}/", made.code)))
        }
        (true, [code, step]) => {
            decide(office, &session.person, code, &step_of(visit, step)?)?;
            Ok(Reply::see(visit, &format!("/yeu-cau/{code}/")))
        }
        _ => Err(Refused::Absent),
    }
}

fn step_of(visit: &Visit, step: &str) -> Result<Step> {
    Ok(match step {
        "phi" => Step::Fee(visit.field("dong").replace(['.', ' '], "").parse().map_err(|_| Refused::Invalid("fee"))?),
        "mien" => Step::Exempt(visit.field("ly_do").into()),
        "bien-lai" => Step::Receipt(visit.field("so").into()),
        "duyet" => Step::Approve,
        "tu-choi" => Step::Refuse(visit.field("ly_do").into()),
        "rut" => Step::Withdraw,
        _ => return Err(Refused::Absent),
    })
}

fn hand_in(desk: &Desk, office: &Office, visit: &Visit, session: &SignedIn) -> Result<Reply> {
    match filed(desk, office, visit, session) {
        Ok(code) => Ok(Reply::see(visit, &format!("/yeu-cau/{code}/"))),
        Err(Refused::Invalid(word)) => {
            Ok(list(office, visit, session, word)?.with_status(status_of(&Refused::Invalid(word))))
        }
        Err(refused) => Err(refused),
    }
}

fn filed(desk: &Desk, office: &Office, visit: &Visit, session: &SignedIn) -> Result<String> {
    let who = &session.person;
    let ticked = Layer::Parcels.terms().fields.iter().filter(|field| !visit.field(&tick(field)).is_empty());
    let output = Output::parse(
        visit.field("dinh_dang"),
        visit.field("he_toa_do"),
        &ticked.copied().collect::<Vec<_>>().join(" "),
    );
    let for_whom = match visit.field("cho").trim() {
        "" => who.clone(),
        name => office.read(|db| Person::by_name(db, name))?.ok_or(Refused::Invalid("account_name"))?,
    };
    let asked = Asked {
        area: area(visit).map_err(Refused::Invalid)?,
        output: output.map_err(Refused::Invalid)?,
        purpose: visit.field("muc_dich").into(),
        terms: visit.field("dieu_khoan").into(),
        edition: desk.current()?,
        paper: visit.field("phieu").into(),
    };
    file(office, who, &for_whom, &asked)
}

/// The one area that was given; a file counts as what was pasted.
fn area(visit: &Visit) -> Result<Area, &'static str> {
    let given = ["xa", "to", "khung", "da_giac", "tep"].map(|name| visit.field(name).trim());
    match given {
        [codes, "", "", "", ""] => Area::communes(codes),
        ["", sheet, "", "", ""] => Area::sheet(sheet),
        ["", "", bounds, "", ""] => Area::bounds(bounds),
        ["", "", "", polygon, ""] | ["", "", "", "", polygon] => Area::geojson(polygon),
        _ => Err("area"),
    }
}

/// The name of the box to tick for a field.
fn tick(field: &str) -> String {
    format!("truong_{field}")
}

fn list(office: &Office, visit: &Visit, session: &SignedIn, trouble: &str) -> Result<Reply> {
    let (who, today) = (&session.person, office.clock.today());
    let all = allows_any(who, Action::View, Whose::Other);
    let mut requests = office.read(|db| Request::list(db, (!all).then_some(who.id)))?;
    requests.retain(|request| allows(who.role, Action::View, request.whose(who), Some(request.state)));
    // What waits comes first for those who decide.
    requests.sort_by_key(|request| !all || !request.is_open());
    let rows = requests.iter().take(MOST_LISTED).map(|request| {
        context! {
            code => &request.code,
            area => request.area.to_string(),
            state => request.state.id(),
            due_on => request.due_on.to_string(),
            late => request.is_open() && today > request.due_on,
        }
    });
    let for_others = allows(who.role, Action::File, Whose::Other, None);
    let names = ["cho", "phieu", "xa", "to", "khung", "da_giac", "dinh_dang", "he_toa_do", "muc_dich"];
    let given = names.map(|name| (name, visit.field(name).to_owned()));
    let values = context! {
        requests => rows.collect::<Vec<Value>>(),
        may_file => for_others || allows(who.role, Action::File, Whose::Own, None),
        for_others,
        trouble,
        terms => &office.config.terms_version,
        formats => Format::ALL.iter().map(|format| context! { id => format.id(), name => format.name() }).collect::<Vec<_>>(),
        fields => Layer::Parcels.terms().fields.iter().map(|field| {
            let ticked = !visit.is_post() || !visit.field(&tick(field)).is_empty();
            context! { name => tick(field), field => *field, ticked }
        }).collect::<Vec<_>>(),
        given => Value::from(Serde(BTreeMap::from(given))),
    };
    Ok(Reply::page(page(visit, "requests.html", "requests", Some(session), values)))
}

fn allows_any(who: &Person, action: Action, whose: Whose) -> bool {
    crate::account::role::State::ALL.iter().any(|state| allows(who.role, action, whose, Some(*state)))
}

fn one(office: &Office, visit: &Visit, session: &SignedIn, code: &str) -> Result<Reply> {
    let who = &session.person;
    let request = Request::seen_by(office, who, code)?;
    let holder = office.read(|db| Person::by_id(db, request.account))?;
    let may = |action| allows(who.role, action, request.whose(who), Some(request.state));
    let again = request.first_by == Some(who.id) || request.filed_by == who.id;
    let fetchable = request.until.is_some_and(|until| office.clock.today() <= until);
    let fee = match (request.fee_vnd, request.fee_exempt.as_str()) {
        (Some(vnd), _) => format!("{} đồng", integer_vi(vnd)),
        (None, why) => why.to_owned(),
    };
    let values = context! {
        code => &request.code,
        form => &office.config.form,
        state => request.state.id(),
        filed_at => request.filed_at,
        due_on => request.due_on.to_string(),
        latest_on => request.latest_on.to_string(),
        full_name => &holder.full_name,
        unit => &holder.unit,
        paper => &request.paper,
        area => request.area.to_string(),
        format => request.output.format.name(),
        crs => request.output.crs.id(),
        fields => &request.output.fields,
        edition => &request.edition,
        purpose => &request.purpose,
        terms => &request.terms,
        terms_at => request.terms_at,
        fee,
        receipt => &request.receipt,
        reason => &request.reason,
        until => request.until.map(|until| until.to_string()).unwrap_or_default(),
        may => context! {
            download => may(Action::Download) && fetchable,
            fee => may(Action::Fee),
            receipt => may(Action::Receipt),
            approve => may(Action::Approve) && !again,
            refuse => may(Action::Refuse),
            withdraw => may(Action::Withdraw),
            confirm => may(Action::Confirm),
        },
    };
    Ok(Reply::page(page(visit, "request.html", "request", Some(session), values)))
}
