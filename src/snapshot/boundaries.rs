//! Boundaries at the gate: generations in force and former ones apart, and the events between them.

use std::path::Path;

use super::{Boundaries, Content, Layer};
use crate::config::dataset::{DatasetConfig, Source};
use crate::digest::sha256_file;
use crate::disclose::rows::{self, Positions, UNIT_EVENT_COLUMNS};
use crate::disclose::{Public, allow_list};
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::inspect::units;
use crate::model::admin_unit::AdminUnit;
use crate::model::shapes::Shapes;
use crate::model::unit_event::UnitEvent;
use crate::read;

/// Completes the boundaries that were gathered with the dataset's events, and checks that both fit together.
/// Content of other kinds passes as it is. `folder` is the dataset's, relative to `site`.
///
/// # Errors
/// Exit 3 for a file of events that is not the approved one, 4 for its columns and texts, 5 for generations
/// and events that cannot have been.
pub fn complete(site: &Path, folder: &Path, config: &DatasetConfig, content: Content) -> Result<Content> {
    let Content::Boundaries(gathered) = content else { return Ok(content) };
    let description = folder.join("dataset.toml");
    let Some(decision) = &config.decision else { return Ok(Content::Boundaries(gathered)) };
    let takes_effect = decision.effective_from;
    let mut faults = vec![];
    let events = match config.events_source() {
        None => vec![],
        Some(source) => read_events(site, &folder.join(&source.file), &source).unwrap_or_else(|failure| {
            faults.extend(failure.faults);
            vec![]
        }),
    };
    let all: Vec<&AdminUnit> = gathered.units.rows.iter().map(|unit| &**unit).collect();
    let in_words: Vec<&UnitEvent> = events.iter().map(|event| &**event).collect();
    let found = units::check_generations(&all, takes_effect).into_iter().map(|fault| fault.file(&description));
    faults.extend(found);
    let file = config.events.as_ref().map_or(description, |file| folder.join(file));
    faults.extend(units::check_events(&in_words, &all, takes_effect).into_iter().map(|fault| fault.file(&file)));
    Failure::unless_empty(faults)?;
    let is_in_force: Vec<bool> = all.iter().map(|unit| unit.is_in_force(takes_effect)).collect();
    let (units, former) = parted(gathered.units, &is_in_force);
    Ok(Content::Boundaries(Boundaries { units, former, events }))
}

/// Every event, in the order of days, codes and kinds: the order of the file has no meaning.
fn read_events(site: &Path, file: &Path, source: &Source) -> Result<Vec<Public<UnitEvent>>> {
    let digest = sha256_file(&site.join(file)).map_err(|e| Fault::storage(Stage::Read, file, e))?;
    if digest != source.sha256 {
        let problem = format!("the file's SHA-256 is {digest}, not the one of events_sha256");
        return Err(Fault::new(Stage::Snapshot, Exit::Input, problem)
            .file(file)
            .remedy("restore the approved file, or write the new digest after the new file has been accepted")
            .into());
    }
    let table = read::open(site, file, source)?;
    allow_list::check_exact_columns(table.columns(), &UNIT_EVENT_COLUMNS, file)?;
    let positions: Positions = UNIT_EVENT_COLUMNS.iter().enumerate().map(|(i, name)| ((*name).to_owned(), i)).collect();
    let mut events: Vec<Public<UnitEvent>> = vec![];
    let mut faults = vec![];
    table.rows(&UNIT_EVENT_COLUMNS, &mut |row, _| {
        match rows::unit_event(&row, &positions) {
            Ok(event) => events.push(event),
            Err(found) => faults.extend(found.into_iter().map(|fault| fault.file(file))),
        }
        Ok(())
    })?;
    Failure::unless_empty(faults)?;
    events.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(events)
}

fn order(event: &UnitEvent) -> (jiff::civil::Date, &str, &str, &str) {
    (event.effective_on, &event.old_code, &event.new_code, event.change.id())
}

/// The rows that are, and those that are not.
fn parted(layer: Layer<AdminUnit>, is_first: &[bool]) -> (Layer<AdminUnit>, Layer<AdminUnit>) {
    let empty = || Layer { rows: vec![], world: Shapes::new(layer.world.kind), grid: Shapes::new(layer.grid.kind) };
    let (mut first, mut second) = (empty(), empty());
    for (i, row) in layer.rows.into_iter().enumerate() {
        let target = if is_first[i] { &mut first } else { &mut second };
        target.rows.push(row);
        target.world.append_feature(&layer.world, i);
        target.grid.append_feature(&layer.grid, i);
    }
    (first, second)
}
