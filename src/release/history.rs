//! `dist/published`: which edition the public saw from which day, one line `edition,date` for each
//! publication. Lines are only ever added.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use jiff::civil::Date;

use super::{manifest, storage, sync_dir};
use crate::error::{Exit, Fault, Result, Stage};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    pub edition: String,
    /// The day in Vietnam.
    pub date: Date,
}

/// All publications, oldest first; none before the first.
pub fn history(dist: &Path) -> Result<Vec<Publication>> {
    let path = dist.join("published");
    let text = match std::fs::read_to_string(&path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(vec![]),
        other => other.map_err(|e| storage(&path, e))?,
    };
    text.lines().enumerate().map(|(i, line)| publication(line).ok_or_else(|| broken(i + 1).into())).collect()
}

fn publication(line: &str) -> Option<Publication> {
    let (edition, date) = line.split_once(',')?;
    manifest::check_edition_name(edition).ok()?;
    Some(Publication { edition: edition.to_owned(), date: date.parse().ok()? })
}

fn broken(line: usize) -> Fault {
    Fault::new(Stage::Release, Exit::Verification, format!("line {line} is not 'edition,date'"))
        .file("published")
        .remedy("put the line right: it says since when the public saw what")
}

/// Notes that the public sees `edition` from `date` on; nothing when it did already.
pub fn record(dist: &Path, edition: &str, date: Date) -> Result<()> {
    if history(dist)?.last().is_some_and(|last| last.edition == edition) {
        return Ok(());
    }
    let path = dist.join("published");
    let fault = |e| storage(&path, e);
    let mut file = OpenOptions::new().append(true).create(true).open(&path).map_err(fault)?;
    file.write_all(format!("{edition},{date}\n").as_bytes()).and_then(|()| file.sync_all()).map_err(fault)?;
    sync_dir(dist)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publications_are_added_and_one_that_lasts_is_noted_once() {
        let dist = tempfile::tempdir().unwrap();
        assert_eq!(history(dist.path()).unwrap(), vec![]);
        let day = |text: &str| text.parse::<Date>().unwrap();
        for (edition, date) in [
            ("2026-01-05-0a1b2c3d", "2026-01-12"),
            ("2026-01-05-0a1b2c3d", "2026-01-13"),
            ("2026-02-05-00000000", "2026-02-10"),
            ("2026-01-05-0a1b2c3d", "2026-02-11"),
        ] {
            record(dist.path(), edition, day(date)).unwrap();
        }
        let text = std::fs::read_to_string(dist.path().join("published")).unwrap();
        assert_eq!(
            text,
            "2026-01-05-0a1b2c3d,2026-01-12\n2026-02-05-00000000,2026-02-10\n2026-01-05-0a1b2c3d,2026-02-11\n"
        );
        assert_eq!(history(dist.path()).unwrap().len(), 3);
    }

    #[test]
    fn a_line_that_says_nothing_is_refused_by_its_number() {
        let dist = tempfile::tempdir().unwrap();
        std::fs::write(dist.path().join("published"), "2026-01-05-0a1b2c3d,2026-01-12\n../x,2026-01-12\n").unwrap();
        let failure = history(dist.path()).unwrap_err();
        assert_eq!(failure.exit(), Exit::Verification);
        assert!(failure.to_string().contains("line 2"), "{failure}");
    }
}
