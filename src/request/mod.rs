//! What was asked for, by whom, for which purpose, and what became of it.
//!
//! [`file`] takes a request in, [`decide`] moves it from state to state by the table of rights
//! (`account/rights.csv`), [`ticket`] lets an approved extract be fetched, [`trace`] finds a file's request again,
//! [`report`] counts what happened in a period.

pub mod confirm;
pub mod decide;
pub mod due;
pub mod file;
pub mod forget;
mod marks;
pub mod report;
pub mod ticket;
pub mod trace;

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row};

use crate::account::clock::Seconds;
use crate::account::role::{Action, State, Whose, allows};
use crate::account::{Office, Person, Refused, Result};
use crate::release::OpenEdition;
use crate::supply::{self, Area, Output};

#[derive(Clone, Debug)]
pub struct Request {
    pub id: i64,
    /// `YC-2026-000012`.
    pub code: String,
    /// Who gets it, and who handed it in (a clerk, where it came on paper).
    pub account: i64,
    pub filed_by: i64,
    pub paper: String,
    pub area: Area,
    pub output: Output,
    pub edition: String,
    pub purpose: String,
    pub terms: String,
    pub terms_at: Seconds,
    pub state: State,
    pub fee_vnd: Option<i64>,
    pub fee_exempt: String,
    pub receipt: String,
    pub filed_at: Seconds,
    /// Day of the answer where the data is there, and the last day in any case (S3 Đ13.2).
    pub due_on: Date,
    pub latest_on: Date,
    pub first_by: Option<i64>,
    pub second_by: Option<i64>,
    pub decided_at: Option<Seconds>,
    pub reason: String,
    /// Last day on which it can be fetched.
    pub until: Option<Date>,
}

const COLUMNS: &str = "id, code, account, filed_by, paper, area, edition, purpose, terms, terms_at, state, fee_vnd, \
    fee_exempt, receipt, filed_at, due_on, latest_on, first_by, second_by, decided_at, reason, until, format, crs, fields";

/// What somebody may ask for of an edition, and how much of it in a day.
pub fn capabilities(office: &Office, edition: &OpenEdition, whom: Option<&Person>) -> serde_json::Value {
    let mut found = supply::capabilities::capabilities(edition, whom.and_then(Person::within));
    found["mayOrder"] = whom.is_none_or(|whom| allows(whom.role, Action::File, Whose::Own, None)).into();
    found["terms"] = office.config.terms_version.as_str().into();
    found["limits"] = serde_json::json!({
        "features_per_day": office.config.features_per_day, "bytes_per_day": office.config.bytes_per_day,
        "link_minutes": office.config.link_minutes, "link_uses": office.config.link_uses,
        "grant_days": office.config.grant_days,
    });
    found
}

impl Request {
    pub fn by_code(db: &Connection, code: &str) -> Result<Request> {
        let sql = format!("SELECT {COLUMNS} FROM request WHERE code = ?1");
        db.query_row(&sql, [code], Request::from_row).optional()?.ok_or(Refused::Absent)
    }

    /// Of one account, or all; the latest first.
    pub fn list(db: &Connection, account: Option<i64>) -> Result<Vec<Request>> {
        let sql = format!("SELECT {COLUMNS} FROM request WHERE ?1 IS NULL OR account = ?1 ORDER BY id DESC LIMIT 1000");
        let mut statement = db.prepare(&sql)?;
        let rows = statement.query_map([account], Request::from_row)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub fn whose(&self, who: &Person) -> Whose {
        if self.account == who.id { Whose::Own } else { Whose::Other }
    }

    pub fn is_open(&self) -> bool {
        !matches!(self.state, State::Approved | State::Refused | State::Withdrawn)
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Request> {
        let wrong =
            |column: usize| rusqlite::Error::InvalidColumnType(column, COLUMNS.into(), rusqlite::types::Type::Text);
        let date = |column: usize| -> rusqlite::Result<Date> {
            row.get::<_, String>(column)?.parse().map_err(|_| wrong(column))
        };
        Ok(Request {
            id: row.get(0)?,
            code: row.get(1)?,
            account: row.get(2)?,
            filed_by: row.get(3)?,
            paper: row.get(4)?,
            area: row.get::<_, String>(5)?.parse().map_err(|_| wrong(5))?,
            output: Output::parse(&row.get::<_, String>(22)?, &row.get::<_, String>(23)?, &row.get::<_, String>(24)?)
                .map_err(|_| wrong(22))?,
            edition: row.get(6)?,
            purpose: row.get(7)?,
            terms: row.get(8)?,
            terms_at: row.get(9)?,
            state: State::from_id(&row.get::<_, String>(10)?).ok_or_else(|| wrong(10))?,
            fee_vnd: row.get(11)?,
            fee_exempt: row.get(12)?,
            receipt: row.get(13)?,
            filed_at: row.get(14)?,
            due_on: date(15)?,
            latest_on: date(16)?,
            first_by: row.get(17)?,
            second_by: row.get(18)?,
            decided_at: row.get(19)?,
            reason: row.get(20)?,
            until: row.get::<_, Option<String>>(21)?.and_then(|text| text.parse().ok()),
        })
    }
}
