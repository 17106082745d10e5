//! Signing in: equal work and equal words whether the name is known, and few guesses.

use rusqlite::{Connection, params};

use super::hashing::Hashed;
use super::office::Office;
use super::password;
use super::person::{Person, Standing};
use super::refused::{Refused, Result};
use super::second_factor;
use super::secret::random;
use super::session::{self, SignedIn, Stage};
use crate::audit::Act;

/// Wrong passwords for one name in a quarter of an hour.
const GUESSES_OF_NAME: (i64, i64) = (10, 15 * 60);
/// Wrong passwords from one network in an hour.
const GUESSES_OF_PLACE: (i64, i64) = (100, 3600);
/// How many passwords of before are not taken again.
const REMEMBERED: u32 = 5;

/// Names and passwords are no longer than this, so that nobody makes the server work on megabytes.
const MAX_BYTES: usize = 1024;

/// What was typed, and where from (a network, not an address).
pub struct Attempt<'a> {
    pub name: &'a str,
    pub password: &'a str,
    pub place: &'a str,
    /// The mark of a browser that signed in before: others' guesses do not count against it.
    pub browser: &'a str,
}

/// A session's cookie, and the mark for this browser.
pub struct Begun {
    pub token: String,
    pub browser: String,
    pub stage: Stage,
}

impl Office {
    /// # Errors
    /// `Limited` after too many guesses, else one and the same `Invalid` for whatever is wrong.
    pub fn sign_in(&self, attempt: &Attempt<'_>) -> Result<Begun> {
        if attempt.name.len() > MAX_BYTES || attempt.password.len() > MAX_BYTES {
            return Err(Refused::Invalid("sign_in"));
        }
        let keys = self.counted_under(attempt);
        self.take_guess(&keys)?;
        let person = self.read(|db| Person::by_name(db, attempt.name))?;
        let known = person.as_ref().map_or_else(nobody, |person| person.password.clone());
        let fits = self.hasher.fits(attempt.password, &known)?;
        let standing = person.as_ref().map(|person| person.standing(self.clock.today(), &self.config));
        match (person, standing) {
            (Some(person), Some(Standing::Open | Standing::MustChoosePassword)) if fits => {
                self.let_in(&person, attempt, &keys)
            }
            (person, standing) => {
                let actor = person.map_or_else(|| "visitor".to_owned(), |person| person.actor());
                let result = if fits { format!("{standing:?}") } else { "wrong".into() };
                self.note(&Act { actor, action: "sign_in", object: attempt.place.into(), result, ..Act::default() })?;
                Err(Refused::Invalid("sign_in"))
            }
        }
    }

    fn let_in(&self, person: &Person, attempt: &Attempt<'_>, keys: &Keys) -> Result<Begun> {
        let now = self.clock.seconds();
        let must_choose = person.standing(self.clock.today(), &self.config) == Standing::MustChoosePassword;
        let stage = match (person.totp.is_some(), must_choose) {
            (true, _) => Stage::Code,
            (false, true) => Stage::Password,
            (false, false) => Stage::Open,
        };
        let browser = self.browser_mark(person.id);
        self.write(|db| {
            db.execute("DELETE FROM attempt WHERE key = ?1", [&keys.name])?;
            // Who came in was no guess: an office behind one address is not held up by its own mornings.
            let last = "SELECT rowid FROM attempt WHERE key = ?1 ORDER BY at DESC LIMIT 1";
            db.execute(&format!("DELETE FROM attempt WHERE rowid = ({last})"), [&keys.place])?;
            db.execute("UPDATE account SET used_at = ?2 WHERE id = ?1", params![person.id, now])?;
            let token = session::begin(self, db, person.id, stage, attempt.place)?;
            Ok((Begun { token, browser, stage }, person.act("sign_in", attempt.place)))
        })
    }

    /// The second factor; on success the session gets a new number.
    pub fn give_code(&self, session: &SignedIn, code: &str, place: &str) -> Result<Begun> {
        let person = &session.person;
        let keys = self.counted_under(&Attempt { name: &person.name, password: "", place, browser: "" });
        self.take_guess(&keys)?;
        let secret = person.totp.as_ref().filter(|_| session.stage == Stage::Code).ok_or(Refused::Forbidden)?;
        let step = second_factor::step_of(secret, code, self.clock.seconds(), person.totp_step)?;
        let Some(step) = step else {
            self.note(&Act { result: "wrong code".into(), ..person.act("sign_in.code", place) })?;
            return Err(Refused::Invalid("code"));
        };
        let must_choose = person.standing(self.clock.today(), &self.config) == Standing::MustChoosePassword;
        let stage = if must_choose { Stage::Password } else { Stage::Open };
        self.write(|db| {
            let is_new = db.execute(
                "UPDATE account SET totp_step = ?2 WHERE id = ?1 AND totp_step < ?2",
                params![person.id, step],
            )?;
            if is_new == 0 {
                return Err(Refused::Invalid("code"));
            }
            db.execute("DELETE FROM attempt WHERE key = ?1", [&keys.name])?;
            session::end(db, &session.id)?;
            let token = session::begin(self, db, person.id, stage, place)?;
            Ok((Begun { token, browser: self.browser_mark(person.id), stage }, person.act("sign_in.code", place)))
        })
    }

    /// Chooses a password; every other session ends, and this one gets a new number.
    pub fn choose_password(&self, session: &SignedIn, old: &str, new: &str, terms: &str, place: &str) -> Result<Begun> {
        let person = &session.person;
        if session.stage == Stage::Code {
            return Err(Refused::Forbidden);
        }
        if terms != self.config.terms_version {
            return Err(Refused::Invalid("terms"));
        }
        let keys = self.counted_under(&Attempt { name: &person.name, password: "", place, browser: "" });
        self.take_guess(&keys)?;
        if !self.hasher.fits(old, &person.password)? {
            return Err(Refused::Invalid("password_old"));
        }
        password::check(new, &[&person.name, &person.unit, &person.full_name], &self.config.password)?;
        for before in self.passwords_before(person)? {
            if self.hasher.fits(new, &before)? {
                return Err(Refused::Invalid("password_reused"));
            }
        }
        let hashed = self.hasher.hash(new, &random::<16>()?)?;
        let now = self.clock.seconds();
        self.write(|db| {
            db.execute(
                "INSERT INTO old_password (account, salt, hash, at) SELECT id, salt, hash, ?2 FROM account WHERE id = ?1",
                params![person.id, now],
            )?;
            db.execute(
                "UPDATE account SET salt = ?2, hash = ?3, password_at = ?4, is_first = 0, terms = ?5 WHERE id = ?1",
                params![person.id, hashed.salt, hashed.hash, now, terms],
            )?;
            db.execute("DELETE FROM attempt WHERE key = ?1", [&keys.name])?;
            session::end_all(db, person.id)?;
            let token = session::begin(self, db, person.id, Stage::Open, place)?;
            let act = person.act("password.change", format!("terms {terms}"));
            Ok((Begun { token, browser: self.browser_mark(person.id), stage: Stage::Open }, act))
        })
    }

    pub fn sign_out(&self, session: &SignedIn, everywhere: bool) -> Result<()> {
        self.write(|db| {
            match everywhere {
                true => session::end_all(db, session.person.id)?,
                false => session::end(db, &session.id)?,
            }
            Ok(((), session.person.act("sign_out", if everywhere { "everywhere" } else { "" })))
        })
    }

    /// Ends one of one's own sessions.
    pub fn end_session(&self, session: &SignedIn, id: &str) -> Result<()> {
        self.write(|db| {
            let own = session::list(db, session.person.id)?.iter().any(|listed| listed.id == id);
            if !own {
                return Err(Refused::Absent);
            }
            session::end(db, id)?;
            Ok(((), session.person.act("sign_out", "another session")))
        })
    }

    /// Lost or leaked (S3 Đ10.4c): who holds the account locks it at once.
    pub fn report_lost(&self, session: &SignedIn) -> Result<()> {
        self.write(|db| {
            super::administer::lock(db, session.person.id, "lost")?;
            Ok(((), session.person.act("account.lock", "lost")))
        })
    }

    /// Gives an account a second factor, and says what an app needs to know of it.
    pub fn begin_second_factor(&self, name: &str, issuer: &str) -> Result<String> {
        let secret = second_factor::new_secret()?;
        self.write(|db| {
            let person = Person::by_name(db, name)?.ok_or(Refused::Absent)?;
            db.execute("UPDATE account SET totp = ?2, totp_step = 0 WHERE id = ?1", params![person.id, secret])?;
            session::end_all(db, person.id)?;
            let object = format!("account {}", person.id);
            let act = Act {
                actor: "operator".into(),
                action: "account.second_factor",
                object,
                result: "ok".into(),
                ..Act::default()
            };
            Ok((second_factor::address(&secret, &person.name, issuer)?, act))
        })
    }

    fn passwords_before(&self, person: &Person) -> Result<Vec<Hashed>> {
        let mut before = vec![person.password.clone()];
        if self.config.password.rotate_months > 0 {
            before.extend(self.read(|db| remembered(db, person.id))?);
        }
        Ok(before)
    }

    fn browser_mark(&self, account: i64) -> String {
        let tag = self.key.tag("browser", &account.to_string());
        format!("{account}.{}", crate::digest::hex(&tag))
    }

    /// Under what a guess is counted. Names are hashed: a mistyped one may be a password.
    fn counted_under(&self, attempt: &Attempt<'_>) -> Keys {
        let marked = attempt.browser.split_once('.').filter(|(account, tag)| {
            let is_ours = super::secret::unhex(tag).is_some_and(|tag| self.key.holds("browser", account, &tag));
            is_ours && self.is_of(account, attempt.name)
        });
        let name = match marked {
            Some((account, _)) => self.key.tag("guess of a known browser", account),
            None => self.key.tag("guess of a name", attempt.name),
        };
        Keys { name, place: self.key.tag("guess of a place", attempt.place) }
    }

    fn is_of(&self, account: &str, name: &str) -> bool {
        let found = account.parse().ok().and_then(|id| self.read(|db| Person::by_id(db, id)).ok());
        found.is_some_and(|person| person.name == name)
    }

    /// Counts a guess before it is looked at, so that many at once are not one.
    fn take_guess(&self, keys: &Keys) -> Result<()> {
        let now = self.clock.seconds();
        let taken = self.write_quietly(|db| {
            db.execute("DELETE FROM attempt WHERE at <= ?1", [now - GUESSES_OF_PLACE.1])?;
            for (key, (most, within)) in [(&keys.name, GUESSES_OF_NAME), (&keys.place, GUESSES_OF_PLACE)] {
                let sql = "SELECT COUNT(*) FROM attempt WHERE key = ?1 AND at > ?2";
                let guesses: i64 = db.query_row(sql, params![key, now - within], |row| row.get(0))?;
                if guesses >= most {
                    return Ok(false);
                }
            }
            for key in [&keys.name, &keys.place] {
                db.execute("INSERT INTO attempt (key, at) VALUES (?1, ?2)", params![key, now])?;
            }
            Ok(true)
        })?;
        if taken {
            return Ok(());
        }
        self.note(&Act { actor: "visitor".into(), action: "sign_in", result: "limited".into(), ..Act::default() })?;
        Err(Refused::Limited)
    }
}

struct Keys {
    name: Vec<u8>,
    place: Vec<u8>,
}

fn remembered(db: &Connection, account: i64) -> Result<Vec<Hashed>> {
    let mut statement =
        db.prepare("SELECT salt, hash FROM old_password WHERE account = ?1 ORDER BY at DESC LIMIT ?2")?;
    let rows =
        statement.query_map(params![account, REMEMBERED], |row| Ok(Hashed { salt: row.get(0)?, hash: row.get(1)? }))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What the password of an unknown name is held against: no password has this hash.
fn nobody() -> Hashed {
    Hashed { salt: vec![0; 16], hash: vec![0; 32] }
}
