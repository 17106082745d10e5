//! Who is signed in: a random number in a cookie, its digest in the database.

use rusqlite::{Connection, OptionalExtension, params};

use super::clock::Seconds;
use super::office::Office;
use super::person::{Person, Standing};
use super::refused::Result;
use super::secret::{random, unhex};
use crate::digest::{hex, sha256};
use crate::model::named::named;

named!(
    /// How far a sign-in has come.
    Stage {
        /// The second factor is still asked for.
        Code = "code",
        /// A password has to be chosen first.
        Password = "password",
        Open = "open",
    }
);

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub person: Person,
    pub stage: Stage,
    /// Digest of the cookie, by which the session is known.
    pub id: String,
    /// Has to come back with every form.
    pub csrf: String,
}

/// A session, as its owner sees it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub id: String,
    pub begun_at: Seconds,
    pub seen_at: Seconds,
    pub place: String,
}

/// Begins a session and returns what the cookie holds. The oldest gives way when there are too many.
pub fn begin(office: &Office, db: &Connection, account: i64, stage: Stage, place: &str) -> Result<String> {
    let token = hex(&random::<32>()?);
    let now = office.clock.seconds();
    db.execute(
        "INSERT INTO session (id, account, stage, begun_at, seen_at, place) VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
        params![sha256(token.as_bytes()).into_bytes(), account, stage.id(), now, place],
    )?;
    db.execute(
        "DELETE FROM session WHERE account = ?1 AND id NOT IN \
         (SELECT id FROM session WHERE account = ?1 ORDER BY begun_at DESC, rowid DESC LIMIT ?2)",
        params![account, office.config.sessions],
    )?;
    Ok(token)
}

pub fn end(db: &Connection, id: &str) -> Result<()> {
    db.execute("DELETE FROM session WHERE id = ?1", [id.as_bytes()])?;
    Ok(())
}

pub fn end_all(db: &Connection, account: i64) -> Result<()> {
    db.execute("DELETE FROM session WHERE account = ?1", [account])?;
    Ok(())
}

pub fn list(db: &Connection, account: i64) -> Result<Vec<Listed>> {
    let mut statement =
        db.prepare("SELECT id, begun_at, seen_at, place FROM session WHERE account = ?1 ORDER BY begun_at DESC")?;
    let rows = statement.query_map([account], |row| {
        let id: Vec<u8> = row.get(0)?;
        let id = String::from_utf8_lossy(&id).into_owned();
        Ok(Listed { id, begun_at: row.get(1)?, seen_at: row.get(2)?, place: row.get(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

impl Office {
    /// Whose cookie this is, unless it is too old or the account no longer works.
    pub fn signed_in(&self, token: &str) -> Result<Option<SignedIn>> {
        if token.len() != 64 || unhex(token).is_none() {
            return Ok(None);
        }
        let (id, now) = (sha256(token.as_bytes()), self.clock.seconds());
        let found = self.read(|db| {
            let sql = "SELECT account, stage, begun_at, seen_at FROM session WHERE id = ?1";
            let row = db.query_row(sql, [id.as_bytes()], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?, row.get::<_, i64>(3)?))
            });
            let Some((account, stage, begun, seen)) = row.optional()? else { return Ok(None) };
            Ok(Some((Person::by_id(db, account)?, Stage::from_id(&stage).unwrap_or(Stage::Code), begun, seen)))
        })?;
        let Some((person, stage, begun, seen)) = found else { return Ok(None) };
        let too_old = now - seen > i64::from(self.config.idle_minutes) * 60
            || now - begun > i64::from(self.config.session_hours) * 3600;
        let standing = person.standing(self.clock.today(), &self.config);
        if too_old || matches!(standing, Standing::Locked(_) | Standing::Closed) {
            self.write_quietly(|db| end(db, &id))?;
            return Ok(None);
        }
        if now - seen >= 60 {
            self.write_quietly(|db| {
                Ok(db.execute("UPDATE session SET seen_at = ?2 WHERE id = ?1", params![id.as_bytes(), now])?)
            })?;
        }
        // The rule may have come in since: then nothing works but choosing a password.
        let must = stage == Stage::Open && standing == Standing::MustChoosePassword;
        let csrf = hex(&self.key.tag("csrf", &id));
        Ok(Some(SignedIn { person, stage: if must { Stage::Password } else { stage }, id, csrf }))
    }

    pub fn csrf_holds(&self, session: &SignedIn, given: &str) -> bool {
        unhex(given).is_some_and(|tag| self.key.holds("csrf", &session.id, &tag))
    }
}
