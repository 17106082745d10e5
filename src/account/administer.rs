//! Accounts are made and changed on a written request, and never otherwise (S3 Đ10.2, S0 Đ7.1a).

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, params};

use super::citizen::Citizen;
use super::clock::vietnam_time;
use super::office::Office;
use super::person::{Person, Standing};
use super::refused::{Refused, Result};
use super::role::{Action, Role, Whose};
use super::secret::{legible, random};
use super::session;
use crate::audit::Act;
use crate::model::deadline::{Counting, Deadline};

/// The unit's letter behind an act.
#[derive(Clone, Debug)]
pub struct Letter {
    pub number: String,
    pub date: Date,
    pub unit: String,
}

impl Letter {
    fn check(&self, today: Date) -> Result<()> {
        let is_there = [&self.number, &self.unit].iter().all(|text| !text.trim().is_empty());
        if !is_there {
            return Err(Refused::Invalid("letter_missing"));
        }
        if self.date > today { Err(Refused::Invalid("letter_future")) } else { Ok(()) }
    }

    fn keep(&self, db: &Connection, account: i64, act: &str, at: i64) -> Result<()> {
        db.execute(
            "INSERT INTO letter (account, act, number, dated, unit, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![account, act, self.number, self.date.to_string(), self.unit, at],
        )?;
        Ok(())
    }

    fn said(&self) -> String {
        format!("{} {} {}", self.number, self.date, self.unit)
    }
}

/// A new account.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub name: String,
    /// Twelve digits; only their keyed hash and the last three are kept.
    pub citizen_number: String,
    pub full_name: String,
    pub unit: String,
    pub organisation: String,
    pub role: Role,
    pub communes: Vec<String>,
    /// Of a contractor: number of the approved plan (S0 Đ7.1e).
    pub plan: Option<String>,
    pub expires_on: Option<Date>,
}

/// What may be changed; `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub role: Option<Role>,
    pub communes: Option<Vec<String>>,
    pub unit: Option<String>,
    pub expires_on: Option<Date>,
}

/// Who acts: somebody with an account, or nobody yet, when the first one is made.
pub enum By<'a> {
    Person(&'a Person),
    /// The operator of the machine, while there is no administrator.
    Founding,
}

impl Office {
    /// Makes an account and returns its first password, which is shown once and kept nowhere.
    pub fn create_account(&self, by: &By<'_>, letter: &Letter, new: &NewAccount) -> Result<String> {
        self.require_administrator(by)?;
        letter.check(self.clock.today())?;
        check_new(new, &self.config.organisations)?;
        let citizen = Citizen::new(&new.citizen_number, &self.key)?;
        let password = legible()?;
        let hashed = self.hasher.hash(&password, &random::<16>()?)?;
        let now = self.clock.seconds();
        self.write(|db| {
            let is_founded = Person::all(db)?.iter().any(|person| person.role == Role::Administrator);
            if matches!(by, By::Founding) && (is_founded || new.role != Role::Administrator) {
                return Err(Refused::Forbidden);
            }
            refuse_second(db, &citizen, &new.name)?;
            db.execute(
                "INSERT INTO account (name, citizen, citizen_end, full_name, unit, organisation, role, communes, plan, \
                 expires_on, salt, hash, password_at, is_first, created_at, used_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 1, ?13, ?13)",
                params![
                    new.name,
                    citizen.hash,
                    citizen.end,
                    new.full_name,
                    new.unit,
                    new.organisation,
                    new.role.id(),
                    new.communes.join(" "),
                    new.plan,
                    new.expires_on.map(|day| day.to_string()),
                    hashed.salt,
                    hashed.hash,
                    now
                ],
            )?;
            let id = db.last_insert_rowid();
            letter.keep(db, id, "create", now)?;
            let object = format!("account {id} {} {}", new.role.id(), new.communes.join(" "));
            Ok((password, self.administered(by, "account.create", object, letter)))
        })
    }

    pub fn change_account(&self, by: &By<'_>, letter: &Letter, name: &str, change: &Change) -> Result<()> {
        self.administer(by, Some(letter), name, "account.change", |db, person| {
            let role = change.role.unwrap_or(person.role);
            let communes = change.communes.as_ref().unwrap_or(&person.communes);
            check_communes(communes)?;
            let unit = change.unit.as_ref().unwrap_or(&person.unit);
            let expires_on = change.expires_on.or(person.expires_on);
            if role == Role::Contractor && (person.plan.is_none() || expires_on.is_none()) {
                return Err(Refused::Invalid("contractor_plan"));
            }
            db.execute(
                "UPDATE account SET role = ?2, communes = ?3, unit = ?4, expires_on = ?5 WHERE id = ?1",
                params![person.id, role.id(), communes.join(" "), unit, expires_on.map(|day| day.to_string())],
            )?;
            session::end_all(db, person.id)?;
            Ok(format!("{} {}", role.id(), communes.join(" ")))
        })
    }

    /// Locks at once: lost or leaked (S3 Đ10.4c), accepted work (10.4d), left (10.4đ). No letter is waited for.
    pub fn lock_account(&self, by: &By<'_>, letter: Option<&Letter>, name: &str, why: &str) -> Result<()> {
        self.administer(by, letter, name, "account.lock", |db, person| {
            lock(db, person.id, why)?;
            Ok(why.to_owned())
        })
    }

    pub fn unlock_account(&self, by: &By<'_>, letter: &Letter, name: &str) -> Result<String> {
        self.give_first_password(by, letter, name, "account.unlock")
    }

    /// A forgotten password goes through the head of the unit (S1 Đ6.2a): by a letter of the account's own unit.
    pub fn reset_password(&self, by: &By<'_>, letter: &Letter, name: &str) -> Result<String> {
        let person = self.read(|db| Person::by_name(db, name))?.ok_or(Refused::Absent)?;
        if letter.unit.trim() != person.unit {
            return Err(Refused::Invalid("letter_unit"));
        }
        if person.locked.is_some() {
            return Err(Refused::Invalid("account_locked"));
        }
        self.give_first_password(by, letter, name, "account.reset")
    }

    fn give_first_password(&self, by: &By<'_>, letter: &Letter, name: &str, action: &'static str) -> Result<String> {
        let password = legible()?;
        let hashed = self.hasher.hash(&password, &random::<16>()?)?;
        let now = self.clock.seconds();
        self.administer(by, Some(letter), name, action, |db, person| {
            if person.closed {
                return Err(Refused::Invalid("account_closed"));
            }
            db.execute(
                "UPDATE account SET salt = ?2, hash = ?3, password_at = ?4, is_first = 1, locked = NULL, used_at = ?4 \
                 WHERE id = ?1",
                params![person.id, hashed.salt, hashed.hash, now],
            )?;
            session::end_all(db, person.id)?;
            Ok(String::new())
        })?;
        Ok(password)
    }

    /// The unit wrote that somebody moves or leaves (S3 Đ10.4đ, 16.4): locked at once, on the list until closed.
    pub fn note_departure(&self, by: &By<'_>, letter: &Letter, name: &str) -> Result<Date> {
        let counted = Deadline { days: self.config.offboarding_days, counting: Counting::Working, warn_before_days: 0 };
        let due_on = counted.due_on(letter.date, &self.days_off);
        self.administer(by, Some(letter), name, "account.departure", |db, person| {
            db.execute(
                "INSERT OR REPLACE INTO departure (account, left_on, due_on) VALUES (?1, ?2, ?3)",
                params![person.id, letter.date.to_string(), due_on.to_string()],
            )?;
            lock(db, person.id, "departed")?;
            Ok(format!("rights withdrawn by {due_on}"))
        })?;
        Ok(due_on)
    }

    /// Withdraws the account for good. It stays in the database: its acts stay its own.
    pub fn close_account(&self, by: &By<'_>, letter: &Letter, name: &str) -> Result<()> {
        let today = self.clock.today().to_string();
        self.administer(by, Some(letter), name, "account.close", |db, person| {
            db.execute("UPDATE account SET closed = 1, communes = '', totp = NULL WHERE id = ?1", [person.id])?;
            db.execute(
                "UPDATE departure SET done_on = ?2 WHERE account = ?1 AND done_on IS NULL",
                params![person.id, today],
            )?;
            session::end_all(db, person.id)?;
            Ok(String::new())
        })
    }

    /// Locks all whom a rule locks today, and says whom and why.
    pub fn sweep(&self) -> Result<Vec<(String, &'static str)>> {
        let today = self.clock.today();
        let mut locked = vec![];
        for person in self.read(Person::all)? {
            let Standing::Locked(why) = person.standing(today, &self.config) else { continue };
            if person.locked.is_some() {
                continue;
            }
            self.write(|db| {
                lock(db, person.id, why)?;
                let object = format!("account {}", person.id);
                Ok((
                    (),
                    Act {
                        actor: "congbo".into(),
                        action: "account.lock",
                        object,
                        result: why.into(),
                        ..Act::default()
                    },
                ))
            })?;
            locked.push((person.name, why));
        }
        Ok(locked)
    }

    /// Departures whose accounts are not closed: name, last day, whether it has passed.
    pub fn departures(&self) -> Result<Vec<(String, Date, bool)>> {
        let today = self.clock.today();
        let rows: Vec<(String, String)> = self.read(|db| {
            let sql = "SELECT account.name, due_on FROM departure JOIN account ON account.id = departure.account \
                WHERE done_on IS NULL ORDER BY due_on, account.name";
            let mut statement = db.prepare(sql)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })?;
        Ok(rows
            .into_iter()
            .filter_map(|(name, due)| due.parse().ok().map(|due: Date| (name, due, today > due)))
            .collect())
    }

    /// One act upon one account, with its letter and its line in the log.
    fn administer(
        &self,
        by: &By<'_>,
        letter: Option<&Letter>,
        name: &str,
        action: &'static str,
        work: impl FnOnce(&Connection, &Person) -> Result<String>,
    ) -> Result<()> {
        self.require_administrator(by)?;
        letter.map_or(Ok(()), |letter| letter.check(self.clock.today()))?;
        let now = self.clock.seconds();
        self.write(|db| {
            let person = Person::by_name(db, name)?.ok_or(Refused::Absent)?;
            let detail = work(db, &person)?;
            let object = format!("account {} {detail}", person.id);
            let mut act = self.administered(by, action, object.trim_end().to_owned(), letter.unwrap_or(&NO_LETTER));
            match letter {
                Some(letter) => letter.keep(db, person.id, action, now)?,
                None => act.purpose.clear(),
            }
            Ok(((), act))
        })
    }

    fn require_administrator(&self, by: &By<'_>) -> Result<()> {
        match by {
            By::Person(person) => self.require(person, Action::Administer, Whose::Other, None, ""),
            By::Founding => Ok(()),
        }
    }

    fn administered(&self, by: &By<'_>, action: &'static str, object: String, letter: &Letter) -> Act {
        let actor = match by {
            By::Person(person) => person.actor(),
            By::Founding => "operator".to_owned(),
        };
        Act { actor, action, object, purpose: letter.said(), result: "ok".into(), ..Act::default() }
    }
}

const NO_LETTER: Letter = Letter { number: String::new(), date: Date::ZERO, unit: String::new() };

pub(super) fn lock(db: &Connection, account: i64, why: &str) -> Result<()> {
    db.execute("UPDATE account SET locked = ?2 WHERE id = ?1", params![account, why])?;
    session::end_all(db, account)
}

fn check_new(new: &NewAccount, organisations: &[String]) -> Result<()> {
    let is_name = (3..=32).contains(&new.name.len())
        && new.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte));
    if !is_name {
        return Err(Refused::Invalid("account_name"));
    }
    if new.full_name.trim().is_empty() || new.unit.trim().is_empty() {
        return Err(Refused::Invalid("account_person"));
    }
    let known = organisations.is_empty() || organisations.contains(&new.organisation);
    if new.role == Role::Organisation && !known {
        return Err(Refused::Invalid("account_organisation"));
    }
    if new.role == Role::Contractor
        && (new.plan.as_ref().is_none_or(|plan| plan.trim().is_empty()) || new.expires_on.is_none())
    {
        return Err(Refused::Invalid("contractor_plan"));
    }
    if new.role == Role::CommuneStaff && (new.communes.len() != 1 || new.communes[0] == "*") {
        return Err(Refused::Invalid("account_commune"));
    }
    check_communes(&new.communes)
}

fn check_communes(codes: &[String]) -> Result<()> {
    let is_code = |code: &String| code == "*" || (code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit()));
    if codes.iter().all(is_code) { Ok(()) } else { Err(Refused::Invalid("commune_code")) }
}

/// At most one account each (S0 Đ7.1c), closed ones too: a person is known for good.
fn refuse_second(db: &Connection, citizen: &Citizen, name: &str) -> Result<()> {
    let find =
        |sql: &str, value: &dyn rusqlite::ToSql| db.query_row(sql, [value], |row| row.get::<_, i64>(0)).optional();
    if find("SELECT id FROM account WHERE citizen = ?1", &citizen.hash)?.is_some() {
        return Err(Refused::Invalid("second_account"));
    }
    match find("SELECT id FROM account WHERE name = ?1", &name)? {
        Some(_) => Err(Refused::Invalid("name_taken")),
        None => Ok(()),
    }
}

/// Day on which an account was made, in Vietnam.
pub fn made_on(person: &Person) -> Date {
    vietnam_time(person.created_at).date()
}
