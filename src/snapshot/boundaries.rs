//! Boundaries: the events between units at the gate, and today's units apart from former ones behind it.

use std::path::Path;

use jiff::civil::Date;

use super::approve::Open;
use super::{Boundaries, Layer};
use crate::config::dataset::Source;
use crate::disclose::report::Tally;
use crate::disclose::rows::{self, Positions, UNIT_EVENT_COLUMNS};
use crate::disclose::rules::Rules;
use crate::disclose::{Public, allow_list};
use crate::error::{Failure, Fault, Result};
use crate::inspect::units;
use crate::model::admin_unit::AdminUnit;
use crate::model::shapes::Shapes;
use crate::model::unit_event::UnitEvent;

impl Boundaries {
    /// Parts the generations of a dataset by the day on which it takes effect.
    pub fn on(takes_effect: Date, all: Layer<AdminUnit>, events: Vec<Public<UnitEvent>>) -> Self {
        let empty = || Layer { rows: vec![], world: Shapes::new(all.world.kind), grid: Shapes::new(all.grid.kind) };
        let (mut units, mut former) = (empty(), empty());
        for (i, unit) in all.rows.into_iter().enumerate() {
            let target = if unit.is_in_force(takes_effect) { &mut units } else { &mut former };
            target.rows.push(unit);
            target.world.append_feature(&all.world, i);
            target.grid.append_feature(&all.grid, i);
        }
        Boundaries { units, former, events }
    }
}

/// The dataset's events, checked against its units; none where it names no file. `description` is the
/// dataset's `dataset.toml`, relative to `site`; the digest of the file was checked before.
///
/// # Errors
/// Exit 4 for columns and texts that are not public, 5 for generations and events that cannot have been.
pub fn events(
    site: &Path,
    description: &Path,
    rules: Rules<'_>,
    units: &[AdminUnit],
    open: &Open<'_>,
) -> Result<Vec<Public<UnitEvent>>> {
    let config = rules.dataset;
    let source = config.events_source();
    let file = source.as_ref().map_or(description.to_owned(), |source| description.with_file_name(&source.file));
    let events = source.map_or(Ok(vec![]), |source| read(site, &file, &source, &rules, open))?;
    let takes_effect = config.decision.as_ref().map_or(Date::MAX, |decision| decision.effective_from);
    let units: Vec<&AdminUnit> = units.iter().collect();
    let said: Vec<&UnitEvent> = events.iter().map(|event| &**event).collect();
    let of_units = units::check_generations(&units, takes_effect).into_iter().map(|fault| fault.file(description));
    let of_events = units::check_events(&said, &units, takes_effect).into_iter().map(|fault| fault.file(&file));
    Failure::unless_empty(of_units.chain(of_events).collect()).map(|()| events)
}

/// Every event, in the order of days, codes and kinds: the order of the file has no meaning.
fn read(
    site: &Path,
    file: &Path,
    source: &Source,
    rules: &Rules<'_>,
    open: &Open<'_>,
) -> Result<Vec<Public<UnitEvent>>> {
    let table = open(site, file, source)?;
    allow_list::check_exact_columns(table.columns(), &UNIT_EVENT_COLUMNS, file)?;
    let positions: Positions = UNIT_EVENT_COLUMNS.iter().enumerate().map(|(i, name)| ((*name).to_owned(), i)).collect();
    let mut events: Vec<Public<UnitEvent>> = vec![];
    let mut faults: Vec<Fault> = vec![];
    table.rows(&UNIT_EVENT_COLUMNS, &mut |row, _| {
        match rows::unit_event(&row, &positions, rules, &mut Tally::default()) {
            Ok(event) => events.push(event),
            Err(found) => faults.extend(found.into_iter().map(|fault| fault.file(file))),
        }
        Ok(())
    })?;
    Failure::unless_empty(faults)?;
    events.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(events)
}

fn order(event: &UnitEvent) -> (Date, &str, &str, &str) {
    (event.effective_on, &event.old_code, &event.new_code, event.change.id())
}
