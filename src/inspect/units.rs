//! Do the generations of administrative units and the events between them fit together?

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::error::{Exit, Fault, Stage};
use crate::model::admin_unit::AdminUnit;
use crate::model::unit_event::{UnitChange, UnitEvent};

/// Generations that end before they begin or have days in common with another of the same code, and a dataset
/// without a unit on the day it takes effect.
pub fn check_generations(units: &[&AdminUnit], takes_effect: Date) -> Vec<Fault> {
    let mut faults = vec![];
    let mut by_code: BTreeMap<&str, Vec<&AdminUnit>> = BTreeMap::new();
    for unit in units {
        by_code.entry(&unit.code).or_default().push(unit);
        if unit.effective_from.zip(unit.effective_to).is_some_and(|(from, to)| to < from) {
            faults.push(fault(&unit.code, "ends before it begins", "correct hieuLucTu or hieuLucDen in the source"));
        }
    }
    for (code, generations) in by_code {
        for (i, one) in generations.iter().enumerate() {
            for other in generations[i + 1..].iter().filter(|other| one.overlaps(other)) {
                let problem = format!("is in force twice: {} and {}", span(one), span(other));
                faults.push(fault(code, &problem, "end the old generation on the day before the new one begins"));
            }
        }
    }
    if !units.iter().any(|unit| unit.level != "tinh" && unit.is_in_force(takes_effect)) {
        let problem = format!("no commune is in force on {takes_effect}, when the dataset takes effect");
        faults.push(Fault::new(Stage::Inspect, Exit::Quality, problem).remedy("correct hieuLucTu and hieuLucDen"));
    }
    faults
}

/// Events that cannot have been: a merge of one, a split into one, a new code that is no unit, a unit that
/// lives on after its end, units that became each other on one day.
pub fn check_events(events: &[&UnitEvent], units: &[&AdminUnit], takes_effect: Date) -> Vec<Fault> {
    let mut faults = vec![];
    faults.extend(twice(events));
    faults.extend(sides(events));
    faults.extend(unknown_successors(events, units));
    faults.extend(survivors(events, units, takes_effect));
    faults.extend(cycles(events));
    faults
}

fn fault(code: &str, problem: &str, remedy: &str) -> Fault {
    Fault::new(Stage::Inspect, Exit::Quality, problem).feature(format!("unit {code}")).remedy(remedy)
}

fn span(unit: &AdminUnit) -> String {
    let day = |day: Option<Date>| day.map_or("…".to_owned(), |day| day.to_string());
    format!("{}–{}", day(unit.effective_from), day(unit.effective_to))
}

fn name(event: &UnitEvent) -> String {
    format!("event {} of {}, {} → {}", event.change.id(), event.effective_on, event.old_code, event.new_code)
}

fn event_fault(event: &UnitEvent, problem: &str, remedy: &str) -> Fault {
    Fault::new(Stage::Inspect, Exit::Quality, problem).feature(name(event)).remedy(remedy)
}

fn twice(events: &[&UnitEvent]) -> Vec<Fault> {
    let mut seen = BTreeSet::new();
    let again = events.iter().filter(|event| !seen.insert((event.effective_on, &event.old_code, &event.new_code)));
    again.map(|event| event_fault(event, "stands twice", "keep one of the lines")).collect()
}

/// How many units each kind of event must have on either side; lines of one event share resolution and day.
fn sides(events: &[&UnitEvent]) -> Vec<Fault> {
    let mut old: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
    let mut new: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
    for event in events {
        let act = (event.change, event.resolution.as_str(), event.effective_on);
        old.entry((act, event.new_code.as_str())).or_default().insert(&event.old_code);
        new.entry((act, event.old_code.as_str())).or_default().insert(&event.new_code);
    }
    let mut named = BTreeSet::new();
    let mut faults = vec![];
    for event in events {
        let act = (event.change, event.resolution.as_str(), event.effective_on);
        let into = new[&(act, event.old_code.as_str())].len();
        let from = old[&(act, event.new_code.as_str())].len();
        let found = match event.change {
            UnitChange::Nhap if from < 2 => {
                Some((&event.new_code, "merges one unit only", "add the others, or write doi_ten"))
            }
            UnitChange::Tach if into < 2 => {
                Some((&event.old_code, "splits into one unit only", "add the others, or write doi_ten"))
            }
            UnitChange::DoiTen | UnitChange::Chuyen if into > 1 => {
                Some((&event.old_code, "makes several units of one", "write tach, or correct ma_moi"))
            }
            UnitChange::DoiTen if event.old_code == event.new_code && event.old_name == event.new_name => {
                Some((&event.old_code, "changes neither name nor code", "correct ten_moi or ma_moi"))
            }
            _ => None,
        };
        if let Some((code, problem, remedy)) = found.filter(|(code, ..)| named.insert((act, code.as_str()))) {
            faults.push(event_fault(event, problem, remedy).feature(format!("{}: unit {code}", name(event))));
        }
    }
    faults
}

fn unknown_successors(events: &[&UnitEvent], units: &[&AdminUnit]) -> Vec<Fault> {
    let known = |event: &UnitEvent| {
        units.iter().any(|unit| unit.code == event.new_code)
            || events.iter().any(|later| later.old_code == event.new_code && later.effective_on > event.effective_on)
    };
    let lost = events.iter().filter(|event| !known(event));
    let remedy = "add the unit to the boundaries, the later event that ended it, or correct ma_moi";
    lost.map(|event| event_fault(event, "leads to a unit that is not in the data", remedy)).collect()
}

/// Units that their last event ended and the boundaries still have in force.
fn survivors(events: &[&UnitEvent], units: &[&AdminUnit], takes_effect: Date) -> Vec<Fault> {
    let mut faults = vec![];
    for unit in units.iter().filter(|unit| unit.is_in_force(takes_effect)) {
        let of_unit = |event: &&&UnitEvent| event.effective_on <= takes_effect && event.old_code == unit.code;
        let Some(last) = events.iter().filter(of_unit).max_by_key(|event| event.effective_on) else { continue };
        let lives_on =
            events.iter().any(|event| event.new_code == unit.code && event.effective_on >= last.effective_on);
        if !lives_on {
            let problem = format!("ended the unit on {}, and the boundaries have it in force", last.effective_on);
            faults.push(event_fault(last, &problem, "give the unit its hieuLucDen, or correct ma_cu"));
        }
    }
    faults
}

/// Units that became each other on one day. Only where land is exchanged can that be.
fn cycles(events: &[&UnitEvent]) -> Vec<Fault> {
    let leads = |from: &UnitEvent, to: &UnitEvent| {
        from.new_code == to.old_code && from.effective_on == to.effective_on && to.change != UnitChange::DieuChinh
    };
    let changes: Vec<&&UnitEvent> = events
        .iter()
        .filter(|event| event.old_code != event.new_code && event.change != UnitChange::DieuChinh)
        .collect();
    let returns = |start: &UnitEvent| {
        let mut open = vec![start];
        let mut seen = BTreeSet::new();
        while let Some(event) = open.pop() {
            if event.new_code == start.old_code {
                return true;
            }
            if seen.insert((&event.old_code, &event.new_code)) {
                open.extend(changes.iter().map(|next| **next).filter(|next| leads(event, next)));
            }
        }
        false
    };
    let turning = changes.iter().filter(|event| returns(event));
    let remedy = "correct ma_cu, ma_moi or ngay";
    turning.map(|event| event_fault(event, "leads back to the unit it comes from on the same day", remedy)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const NOW: Date = date(2026, 1, 15);

    fn unit(code: &str, from: i16, to: Option<i16>) -> AdminUnit {
        AdminUnit {
            code: code.into(),
            province_code: None,
            name: format!("Xã {code}"),
            level: "xa".into(),
            resolution: None,
            effective_from: Some(date(from, 7, 1)),
            effective_to: to.map(|year| date(year, 6, 30)),
        }
    }

    fn event(change: UnitChange, year: i16, old: &str, new: &str) -> UnitEvent {
        UnitEvent {
            change,
            resolution: "00/NQ".into(),
            effective_on: date(year, 7, 1),
            old_code: old.into(),
            old_name: format!("Xã {old}"),
            new_code: new.into(),
            new_name: format!("Xã {new}"),
            note: None,
        }
    }

    fn said(events: &[UnitEvent], units: &[AdminUnit]) -> Vec<String> {
        let (events, units): (Vec<_>, Vec<_>) = (events.iter().collect(), units.iter().collect());
        let mut faults = check_generations(&units, NOW);
        faults.extend(check_events(&events, &units, NOW));
        faults.into_iter().map(|fault| format!("{}: {}", fault.feature.unwrap_or_default(), fault.problem)).collect()
    }

    #[test]
    fn every_kind_of_event_passes_when_it_is_whole() {
        use UnitChange::*;
        let units = [unit("1", 2000, Some(2025)), unit("8", 2025, None), unit("9", 2025, None)];
        for events in [
            vec![event(DoiTen, 2025, "1", "8")],
            vec![event(Nhap, 2025, "1", "8"), event(Nhap, 2025, "2", "8")],
            vec![event(Tach, 2025, "1", "8"), event(Tach, 2025, "1", "9")],
            vec![event(Chuyen, 2025, "1", "8")],
            vec![event(DieuChinh, 2025, "8", "8"), event(DieuChinh, 2025, "8", "9"), event(DieuChinh, 2025, "9", "8")],
            vec![event(DoiTen, 2008, "0", "1"), event(DoiTen, 2025, "1", "8")],
            // A unit that took another in keeps its code.
            vec![event(Nhap, 2025, "8", "8"), event(Nhap, 2025, "1", "8")],
        ] {
            assert_eq!(said(&events, &units), Vec::<String>::new(), "{events:?}");
        }
    }

    #[test]
    fn events_that_cannot_have_been_are_all_named() {
        use UnitChange::*;
        let units = [unit("8", 2000, None), unit("9", 2025, None)];
        let found = said(
            &[
                event(Nhap, 2025, "1", "9"),
                event(Tach, 2024, "2", "9"),
                event(DoiTen, 2023, "3", "4"),
                event(Chuyen, 2022, "8", "9"),
                event(DoiTen, 2021, "5", "6"),
                event(DoiTen, 2021, "6", "5"),
                event(DoiTen, 2020, "9", "9"),
                event(Nhap, 2025, "1", "9"),
            ],
            &units,
        );
        for part in [
            "event nhap of 2025-07-01, 1 → 9: unit 9: merges one unit only",
            "event tach of 2024-07-01, 2 → 9: unit 2: splits into one unit only",
            "event doi_ten of 2023-07-01, 3 → 4: leads to a unit that is not in the data",
            "event chuyen of 2022-07-01, 8 → 9: ended the unit on 2022-07-01, and the boundaries have it in force",
            "event doi_ten of 2021-07-01, 5 → 6: leads back to the unit it comes from on the same day",
            "event nhap of 2025-07-01, 1 → 9: stands twice",
        ] {
            assert!(found.iter().any(|said| said == part), "{part} is not in {found:#?}");
        }
        let unchanged = UnitEvent { new_name: "Xã 9".into(), ..event(DoiTen, 2020, "9", "9") };
        assert!(said(&[unchanged], &units)[0].contains("changes neither name nor code"));
    }

    #[test]
    fn one_code_is_in_force_once_at_a_time() {
        let found = said(&[], &[unit("1", 2000, None), unit("1", 2025, None), unit("2", 2025, Some(2020))]);
        assert!(found.iter().any(|said| said.starts_with("unit 1: is in force twice")), "{found:?}");
        assert!(found.iter().any(|said| said == "unit 2: ends before it begins"), "{found:?}");
        let none = said(&[], &[unit("1", 2000, Some(2025))]);
        assert!(none[0].contains("no commune is in force on 2026-01-15"), "{none:?}");
        assert_eq!(said(&[], &[unit("1", 2000, Some(2025)), unit("1", 2025, None)]), Vec::<String>::new());
    }
}
