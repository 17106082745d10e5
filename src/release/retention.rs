//! Which editions are kept: by number, by time, and those that are the record of a year.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use jiff::Span;
use jiff::civil::Date;

use super::history::{Publication, history};
use super::publish::{current, lock, releases};
use super::{edition_dir, storage, sync_dir};
use crate::error::Result;

/// `[retention]` with what the server needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The editions that were public last, the present one with them.
    pub editions: usize,
    /// Whatever was public within so many days.
    pub days: u16,
}

/// Editions that nothing asks to keep, oldest first. Kept are the present one, those of the policy, what was public on
/// the 31st of a December (the yearly copy is made of it), and what never was public: it may be waiting for its sign-off.
///
/// # Errors
/// Exit 6 for a history that cannot be read; 7 when nothing is published.
pub fn superfluous(dist: &Path, policy: &Policy, today: Date) -> Result<Vec<String>> {
    let past = history(dist)?;
    let mut kept: BTreeSet<String> = [current(dist)?].into();
    kept.extend(last(&past, policy.editions));
    let since = today.saturating_sub(Span::new().days(policy.days));
    kept.extend(
        past.iter().enumerate().filter(|(at, _)| until(&past, *at, today) >= since).map(|(_, one)| one.edition.clone()),
    );
    kept.extend(
        past.iter()
            .enumerate()
            .filter(|(at, _)| saw_a_years_end(&past, *at, today))
            .map(|(_, one)| one.edition.clone()),
    );
    let public: BTreeSet<&String> = past.iter().map(|publication| &publication.edition).collect();
    Ok(releases(dist)?.into_iter().filter(|name| public.contains(name) && !kept.contains(name)).collect())
}

/// Distinct editions, counted from the end.
fn last(past: &[Publication], count: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for publication in past.iter().rev() {
        if found.len() == count {
            break;
        }
        found.insert(publication.edition.clone());
    }
    found
}

/// The day on which another took its place; today for the present one.
fn until(past: &[Publication], at: usize, today: Date) -> Date {
    past.get(at + 1).map_or(today, |next| next.date)
}

fn saw_a_years_end(past: &[Publication], at: usize, today: Date) -> bool {
    let (from, until) = (past[at].date, until(past, at, today));
    let end = Date::new(from.year(), 12, 31).unwrap_or(Date::MAX);
    // On the day itself the one that came last counts.
    end >= from && end < until
}

/// What the public saw at the end of a day; none before the first publication.
///
/// # Errors
/// Exit 6 for a history that cannot be read.
pub fn public_on(dist: &Path, day: Date) -> Result<Option<String>> {
    let past = history(dist)?;
    Ok(past.into_iter().rev().find(|publication| publication.date <= day).map(|publication| publication.edition))
}

/// Removes an edition: it is gone from `releases/` in one step, its files after that. Its signatures and its line in
/// the history stay.
///
/// # Errors
/// Exit 7 when it cannot be removed.
pub fn remove(dist: &Path, name: &str) -> Result<()> {
    let _no_publication_meanwhile = lock(&dist.join(".publish.lock"))?;
    let (folder, gone) = (edition_dir(dist, name)?, dist.join(format!(".removing-{name}")));
    fs::rename(&folder, &gone).map_err(|e| storage(&folder, e))?;
    sync_dir(&dist.join("releases"))?;
    fs::remove_dir_all(&gone).map_err(|e| storage(&gone, e))
}

/// Removes what an earlier run left half removed.
pub fn finish(dist: &Path) -> Result<()> {
    for entry in fs::read_dir(dist).map_err(|e| storage(dist, e))? {
        let path = entry.map_err(|e| storage(dist, e))?.path();
        let half = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".removing-"));
        if half {
            fs::remove_dir_all(&path).map_err(|e| storage(&path, e))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edition_at_the_end_of_a_year_is_that_of_its_last_day() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let past: Vec<Publication> = [("a", "2024-05-01"), ("b", "2024-12-31"), ("c", "2026-02-01")]
            .map(|(edition, date)| Publication { edition: edition.into(), date: day(date) })
            .into();
        let today = day("2026-03-01");
        let ends: Vec<bool> = (0..3).map(|at| saw_a_years_end(&past, at, today)).collect();
        assert_eq!(ends, [false, true, false]);
        assert_eq!((last(&past, 2).len(), until(&past, 2, today)), (2, today));
    }
}
