//! An account as the database holds it, and whether it may be used on a day.

use jiff::ToSpan;
use jiff::civil::Date;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row};

use super::clock::{Seconds, vietnam_time};
use super::hashing::Hashed;
use super::refused::{Refused, Result};
use super::role::Role;
use crate::audit::Act;
use crate::config::account::AccountConfig;

#[derive(Clone, Debug)]
pub struct Person {
    pub id: i64,
    /// By which they sign in.
    pub name: String,
    pub citizen_end: String,
    pub full_name: String,
    pub unit: String,
    pub organisation: String,
    pub role: Role,
    /// Codes, or `*` alone for every commune.
    pub communes: Vec<String>,
    pub plan: Option<String>,
    pub expires_on: Option<Date>,
    pub password: Hashed,
    pub password_at: Seconds,
    pub is_first: bool,
    pub totp: Option<Vec<u8>>,
    pub totp_step: i64,
    pub locked: Option<String>,
    pub closed: bool,
    pub created_at: Seconds,
    pub used_at: Seconds,
    pub terms: String,
}

/// Whether an account works, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Open,
    /// Works for nothing but choosing a password.
    MustChoosePassword,
    Locked(&'static str),
    Closed,
}

const COLUMNS: &str = "id, name, citizen_end, full_name, unit, organisation, role, communes, plan, expires_on, salt, \
    hash, password_at, is_first, totp, totp_step, locked, closed, created_at, used_at, terms";

impl Person {
    pub fn by_name(db: &Connection, name: &str) -> Result<Option<Person>> {
        let sql = format!("SELECT {COLUMNS} FROM account WHERE name = ?1");
        Ok(db.query_row(&sql, [name], Person::from_row).optional()?)
    }

    pub fn by_id(db: &Connection, id: i64) -> Result<Person> {
        let sql = format!("SELECT {COLUMNS} FROM account WHERE id = ?1");
        db.query_row(&sql, [id], Person::from_row).optional()?.ok_or(Refused::Absent)
    }

    pub fn all(db: &Connection) -> Result<Vec<Person>> {
        let mut statement = db.prepare(&format!("SELECT {COLUMNS} FROM account ORDER BY id"))?;
        let people = statement.query_map([], Person::from_row)?.collect::<rusqlite::Result<_>>()?;
        Ok(people)
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Person> {
        // What nobody here wrote gives no rights: neither another role's, nor an account without an end.
        let unreadable = |column: usize| rusqlite::Error::InvalidColumnType(column, "account".into(), Type::Text);
        let role = Role::from_id(&row.get::<_, String>(6)?).ok_or_else(|| unreadable(6))?;
        let expires_on: Option<String> = row.get(9)?;
        let expires_on = expires_on.map(|day| day.parse().map_err(|_| unreadable(9))).transpose()?;
        Ok(Person {
            id: row.get(0)?,
            name: row.get(1)?,
            citizen_end: row.get(2)?,
            full_name: row.get(3)?,
            unit: row.get(4)?,
            organisation: row.get(5)?,
            role,
            communes: row.get::<_, String>(7)?.split(' ').filter(|code| !code.is_empty()).map(str::to_owned).collect(),
            plan: row.get(8)?,
            expires_on,
            password: Hashed { salt: row.get(10)?, hash: row.get(11)? },
            password_at: row.get(12)?,
            is_first: row.get(13)?,
            totp: row.get(14)?,
            totp_step: row.get(15)?,
            locked: row.get(16)?,
            closed: row.get(17)?,
            created_at: row.get(18)?,
            used_at: row.get(19)?,
            terms: row.get(20)?,
        })
    }

    /// How the audit log names them.
    pub fn actor(&self) -> String {
        format!("account {}", self.id)
    }

    pub fn may_reach(&self, commune: &str) -> bool {
        self.communes.iter().any(|code| code == "*" || code == commune)
    }

    /// Something that they did and that went well, for the log.
    pub fn act(&self, action: &'static str, object: impl Into<String>) -> Act {
        Act { actor: self.actor(), action, object: object.into(), result: "ok".into(), ..Act::default() }
    }

    /// The communes that they reach; `None` is every commune.
    pub fn within(&self) -> Option<&[String]> {
        (!self.may_reach("*")).then_some(self.communes.as_slice())
    }

    /// By the rules of the province, exact to the day in Vietnam.
    pub fn standing(&self, today: Date, config: &AccountConfig) -> Standing {
        let day = |seconds| vietnam_time(seconds).date();
        let months = |since: Seconds, months: u8| day(since).saturating_add(i64::from(months).months());
        if self.closed {
            return Standing::Closed;
        }
        if self.locked.is_some() {
            return Standing::Locked("by_hand");
        }
        if self.expires_on.is_some_and(|last| today > last) {
            return Standing::Locked("expired");
        }
        if self.is_first {
            let last = day(self.password_at).saturating_add(i64::from(config.first_password_days).days());
            return if today > last { Standing::Locked("first_password") } else { Standing::MustChoosePassword };
        }
        if today > months(self.used_at, config.unused_months) {
            return Standing::Locked("unused");
        }
        let rotate = config.password.rotate_months;
        match rotate > 0 && today > months(self.password_at, rotate) {
            true => Standing::MustChoosePassword,
            false => Standing::Open,
        }
    }
}
