//! From a file back to its request (S3 Đ18.5): who got it, for what, and whether it is as it went out.

use std::fs::File;
use std::path::Path;

use rusqlite::params;

use super::{Request, ticket};
use crate::account::office::Office;
use crate::account::{Person, Refused, Result};
use crate::digest::sha256_file;
use crate::release::OpenEdition;
use crate::supply::flatgeobuf::provenance_of;
use crate::supply::provenance::Provenance;

pub struct Traced {
    pub said: Provenance,
    pub request: Request,
    pub person: Person,
    /// How many answers of it went out, parts included.
    pub fetched: i64,
    /// The file is byte for byte what went out; `None` when its edition is gone.
    pub intact: Option<bool>,
}

/// Reads the file's own words and holds them against the database.
///
/// # Errors
/// `Invalid("no_provenance")` for a file that says nothing, `Absent` for a code that nobody gave out.
pub fn trace(office: &Office, file: &Path, open: impl FnOnce(&str) -> Result<OpenEdition>) -> Result<Traced> {
    let opened = File::open(file)?;
    let said = provenance_of(&opened).map_err(|_| Refused::Invalid("no_provenance"))?;
    let said: Provenance = serde_json::from_value(said).map_err(|_| Refused::Invalid("no_provenance"))?;
    let (request, person, fetched) = office.read(|db| {
        let request = Request::by_code(db, &said.request)?;
        let person = Person::by_id(db, request.account)?;
        let sql = "SELECT COUNT(*) FROM delivery WHERE request = ?1";
        let fetched = db.query_row(sql, params![request.id], |row| row.get(0))?;
        Ok((request, person, fetched))
    })?;
    let now = open(&request.edition).ok().map(|edition| ticket::cut(&person, &request, &edition));
    let intact = match now {
        Some(Ok(cut)) => Some(cut.sha256()? == sha256_file(file)?),
        _ => None,
    };
    Ok(Traced { said, request, person, fetched, intact })
}
