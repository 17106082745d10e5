//! From a file back to its request (S3 Đ18.5): by what it says of itself, and by where its rings begin, which a
//! change of format leaves as it is.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rusqlite::params;

use super::marks::{self, Agreement};
use super::{Request, ticket};
use crate::account::office::Office;
use crate::account::{Person, Refused, Result};
use crate::digest::sha256_file;
use crate::release::OpenEdition;
use crate::supply::polygon::Ring;
use crate::supply::provenance::request_in;

pub struct Traced {
    pub request: Request,
    pub person: Person,
    /// The code that stands in the file, where one does.
    pub said: Option<String>,
    /// What its rings say, where they say anything.
    pub marked: Option<Agreement>,
    /// How many answers of it went out, parts included.
    pub fetched: i64,
    /// The file is byte for byte what went out; `None` when its edition or the request's own words are gone.
    pub intact: Option<bool>,
}

/// What is looked at of an archive, inflated.
const MOST_INFLATED: u64 = 1 << 30;

/// Holds the file's own words and its `outlines` (outer rings, open, in the file's coordinates) against database and
/// editions. Where words and rings tell of two requests, the rings are believed: words are easily changed.
///
/// # Errors
/// `Invalid("no_provenance")` for a file that says nothing and whose rings say nothing that could not be chance,
/// `Absent` for a code that nobody gave out.
pub fn trace(
    office: &Office,
    file: &Path,
    outlines: &[Ring],
    open: impl Fn(&str) -> Result<OpenEdition>,
) -> Result<Traced> {
    let said = said_in(file)?;
    let marked = marks::find(office, outlines, &open)?;
    let code = marked.as_ref().map(|found| &found.request).or(said.as_ref());
    let code = code.ok_or(Refused::Invalid("no_provenance"))?;
    let (request, person, fetched) = office.read(|db| {
        let request = Request::by_code(db, code)?;
        let person = Person::by_id(db, request.account)?;
        let sql = "SELECT COUNT(*) FROM delivery WHERE request = ?1";
        let fetched = db.query_row(sql, params![request.id], |row| row.get(0))?;
        Ok((request, person, fetched))
    })?;
    let now = open(&request.edition).ok().map(|edition| ticket::cut(office, &person, &request, &edition));
    // Without its purpose the file cannot be made again.
    let now = now.filter(|_| !request.purpose.is_empty());
    let intact = match now {
        Some(Ok(cut)) => Some(cut.sha256()? == sha256_file(file)?),
        _ => None,
    };
    Ok(Traced { request, person, said, marked, fetched, intact })
}

/// The code of a request that stands somewhere in a file, or in a part of an archive.
fn said_in(file: &Path) -> io::Result<Option<String>> {
    let mut opened = File::open(file)?;
    let mut start = [0; 4];
    let is_archive = opened.read(&mut start)? == 4 && start == *b"PK\x03\x04";
    if !is_archive {
        return search(File::open(file)?);
    }
    let mut archive = zip::ZipArchive::new(opened).map_err(io::Error::other)?;
    let mut left = MOST_INFLATED;
    for i in 0..archive.len() {
        let part = archive.by_index(i).map_err(io::Error::other)?;
        let mut part = part.take(left);
        let found = search(&mut part)?;
        left = part.limit();
        if found.is_some() || left == 0 {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Looks through a stream in pieces that overlap by more than what is looked for.
fn search(mut stream: impl Read) -> io::Result<Option<String>> {
    const OVERLAP: usize = 128;
    let mut piece = vec![];
    loop {
        let kept = piece.len().min(OVERLAP);
        piece.drain(..piece.len() - kept);
        let read = stream.by_ref().take(1 << 20).read_to_end(&mut piece)?;
        if let Some(code) = request_in(&piece) {
            return Ok(Some(code));
        }
        if read == 0 {
            return Ok(None);
        }
    }
}
