//! Handing in a request: an area, a purpose, the terms.

use rusqlite::params;

use super::Request;
use super::due::due;
use crate::account::clock::vietnam_time;
use crate::account::office::Office;
use crate::account::role::{Action, State, Whose, allows};
use crate::account::{Person, Refused, Result};
use crate::audit::Act;
use crate::supply::{Area, Output};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub area: Area,
    /// Format, coordinate system, fields.
    pub output: Output,
    pub purpose: String,
    /// Version of the terms that were accepted.
    pub terms: String,
    /// The edition that it is cut from.
    pub edition: String,
    /// Number of the slip, where it came on paper.
    pub paper: String,
}

const PURPOSE_CHARS: std::ops::RangeInclusive<usize> = 10..=500;

/// Hands in a request, for oneself or, as a clerk, for somebody who brought a paper; returns its code.
pub fn file(office: &Office, who: &Person, for_whom: &Person, asked: &Asked) -> Result<String> {
    let own = who.id == for_whom.id;
    office.require(who, Action::File, if own { Whose::Own } else { Whose::Other }, None, "")?;
    // What somebody may not ask for, nobody asks for on their behalf.
    if !own && !allows(for_whom.role, Action::File, Whose::Own, None) {
        return Err(Refused::Forbidden);
    }
    check(office, for_whom, asked)?;
    let now = office.clock.seconds();
    let (due_on, latest_on) = due(vietnam_time(now), &office.config, &office.days_off);
    office.write(|db| {
        let next: i64 = db.query_row("SELECT COALESCE(MAX(id), 0) + 1 FROM request", [], |row| row.get(0))?;
        let code = format!("YC-{}-{next:06}", vietnam_time(now).year());
        db.execute(
            "INSERT INTO request (id, code, account, filed_by, paper, area, edition, purpose, terms, terms_at, state, \
             filed_at, due_on, latest_on, format, crs, fields) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?10, ?12, ?13, ?14, ?15, ?16)",
            params![
                next,
                code,
                for_whom.id,
                who.id,
                asked.paper.trim(),
                asked.area.to_string(),
                asked.edition,
                asked.purpose.trim(),
                asked.terms,
                now,
                State::New.id(),
                due_on.to_string(),
                latest_on.to_string(),
                asked.output.format.id(),
                asked.output.crs.id(),
                asked.output.fields.join(" ")
            ],
        )?;
        let act = Act {
            request: code.clone(),
            purpose: asked.purpose.trim().to_owned(),
            edition: asked.edition.clone(),
            ..who.act("request.file", format!("{} for {}", asked.area, for_whom.actor()))
        };
        Ok((code, act))
    })
}

fn check(office: &Office, for_whom: &Person, asked: &Asked) -> Result<()> {
    let purpose = asked.purpose.trim();
    if !PURPOSE_CHARS.contains(&purpose.chars().count()) {
        return Err(Refused::Invalid("purpose"));
    }
    if has_identity_number(purpose) || has_identity_number(&asked.paper) {
        return Err(Refused::Invalid("purpose_number"));
    }
    if asked.paper.chars().count() > 80 {
        return Err(Refused::Invalid("paper"));
    }
    if asked.terms != office.config.terms_version {
        return Err(Refused::Invalid("terms"));
    }
    let reached = match asked.area.named() {
        Some(codes) => codes.iter().all(|code| for_whom.may_reach(code)),
        // It is cut from the communes that they may reach.
        None => !for_whom.communes.is_empty(),
    };
    if reached { Ok(()) } else { Err(Refused::Forbidden) }
}

/// Nine digits in a row may be an identity number of a person: a purpose goes into files and logs.
fn has_identity_number(text: &str) -> bool {
    let digits = text.chars().filter(|c| !matches!(c, ' ' | '.' | '-')).collect::<String>();
    digits.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() >= 9)
}

impl Request {
    /// What to show somebody who may see it.
    pub fn seen_by(office: &Office, who: &Person, code: &str) -> Result<Request> {
        let found = office.read(|db| Request::by_code(db, code))?;
        match allows(who.role, Action::View, found.whose(who), Some(found.state)) {
            true => Ok(found),
            false => {
                let act = Act { request: found.code.clone(), ..who.act("denied", "view") };
                office.note(&act)?;
                Err(Refused::Absent)
            }
        }
    }
}
