//! The days off of a site: a file of `date,name`, one public holiday a line.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::civil::Date;

use super::site::Deadlines;
use crate::error::{Exit, Failure, Fault, Result, Stage};

/// Public holidays; weekends are not among them.
pub type DaysOff = BTreeSet<Date>;

/// Reads the file that `[deadlines] holidays` names; a site without one has no days off but weekends.
///
/// Lines that begin with `#` are comments; the first other line is `date,name`. Exit 2 for a date that is
/// none, stands twice or has no name, all of them named.
pub fn load(site: &Path, deadlines: &Deadlines) -> Result<DaysOff> {
    let Some(file) = deadlines.holidays.as_deref().map(Path::new) else { return Ok(DaysOff::new()) };
    let text = std::fs::read_to_string(site.join(file)).map_err(|e| Fault::storage(Stage::Config, file, e))?;
    let mut days = DaysOff::new();
    let mut faults = vec![];
    let lines = text.trim_start_matches('\u{feff}').lines().enumerate().map(|(i, line)| (i + 1, line.trim()));
    let mut lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    if lines.next().is_none_or(|(_, head)| head != "date,name") {
        return Err(refused(file, "the first line must be 'date,name'").into());
    }
    for (number, line) in lines {
        match day_off(line) {
            Ok(day) if days.insert(day) => {}
            Ok(day) => faults.push(refused(file, &format!("line {number}: {day} stands twice"))),
            Err(problem) => faults.push(refused(file, &format!("line {number}: {problem}"))),
        }
    }
    Failure::unless_empty(faults).map(|()| days)
}

fn day_off(line: &str) -> std::result::Result<Date, String> {
    let (date, name) = line.split_once(',').unwrap_or((line, ""));
    if name.trim().is_empty() {
        return Err("the day has no name".into());
    }
    date.trim().parse().map_err(|_| format!("'{}' is not a date", date.trim()))
}

fn refused(file: &Path, problem: &str) -> Fault {
    Fault::new(Stage::Config, Exit::Usage, problem).file(file).remedy("write each day once, as 2026-04-30,name")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<DaysOff> {
        let site = tempfile::tempdir().unwrap();
        std::fs::write(site.path().join("holidays.csv"), text).unwrap();
        load(site.path(), &Deadlines { holidays: Some("holidays.csv".into()), ..Deadlines::default() })
    }

    #[test]
    fn comments_and_empty_lines_are_passed_over() {
        let days = read("# public holidays\ndate,name\n\n2026-04-30,Ngày Chiến thắng\n2026-05-01,Quốc tế Lao động\n");
        assert_eq!(days.unwrap().len(), 2);
    }

    #[test]
    fn every_line_that_is_no_day_off_is_named() {
        let said = read("date,name\n2026-02-30,none\n2026-05-01,one\n2026-05-01,two\n2026-09-02\n").unwrap_err();
        assert_eq!(said.exit(), Exit::Usage);
        let said = said.to_string();
        for part in ["line 2: '2026-02-30' is not", "line 4: 2026-05-01 stands twice", "line 5: the day has no name"] {
            assert!(said.contains(part), "{said}");
        }
        assert!(read("2026-05-01,one\n").unwrap_err().to_string().contains("the first line must be"));
    }
}
