//! Units of old: a page for each that leads to the units of today, and the table of all.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use minijinja::{Value, context};
use rayon::prelude::*;

use super::cadastre::{Cadastre, SheetParcels};
use super::catalogue::{Catalogue, Commune};
use super::site::{At, Site};
use super::template::view;
use super::{OutputFile, lonlat};
use crate::error::Result;
use crate::model::parcel::Parcel;
use crate::model::text;
use crate::model::unit_event::UnitEvent;
use crate::model::unit_history::{Generation, SheetSuccessors, Successor, UnitHistory};
use crate::model::{label_point, label_point::LabelPoint};
use crate::snapshot::{Boundaries, Content};

/// Address of the table of all.
pub const LIST: &str = "/don-vi-hanh-chinh/";
const CSV: &str = "/don-vi-hanh-chinh/cu-moi.csv";

/// A code with a name that is no longer in use.
pub struct FormerUnit<'a> {
    pub code: &'a str,
    pub name: &'a str,
    /// What happened to it, the earliest first.
    pub events: Vec<&'a UnitEvent>,
    /// The units that hold its land, the largest share first.
    pub successors: Vec<Successor>,
    /// West, south, east, north of its last border in degrees, when that is in the data.
    pub bounds: Option<[f64; 4]>,
    /// New sheets by old sheet number.
    pub sheets: Vec<(String, SheetSuccessors)>,
}

impl FormerUnit<'_> {
    /// Below `/xa/`, where its page stood while it was in use.
    pub fn path(&self) -> String {
        format!("/xa/{}/", self.slug())
    }

    fn slug(&self) -> String {
        text::commune_slug(self.code, self.name)
    }
}

/// Every former unit, in the order of codes and names. One whose address is a commune of today has no page of
/// its own: the commune kept code and name.
pub fn all<'a>(catalogue: &Catalogue<'a>) -> Result<Vec<FormerUnit<'a>>> {
    let taken: BTreeSet<String> = catalogue.communes.values().map(Commune::path).collect();
    let mut found: BTreeMap<String, FormerUnit> = BTreeMap::new();
    for snapshot in catalogue.snapshots {
        if let Content::Boundaries(boundaries) = &snapshot.content {
            let units = of_dataset(catalogue.cadastre, boundaries, snapshot.record.decision.effective_from)?;
            found.extend(units.into_iter().map(|unit| (unit.path(), unit)).filter(|(path, _)| !taken.contains(path)));
        }
    }
    Ok(found.into_values().collect())
}

fn of_dataset<'a>(cadastre: &Cadastre, boundaries: &'a Boundaries, as_of: Date) -> Result<Vec<FormerUnit<'a>>> {
    let history = history(boundaries);
    let former = history.former();
    if former.is_empty() {
        return Ok(vec![]);
    }
    let sheets = old_sheets(cadastre, &history, as_of)?;
    let unit = |((code, name), events): ((&'a str, &'a str), Vec<&'a UnitEvent>)| {
        let last = events.iter().map(|event| event.effective_on).max();
        let border = last.and_then(|day| history.border_before(code, day));
        let of_code = sheets.iter().filter(|((commune, _), _)| commune == code);
        let mut sheets: Vec<_> = of_code.map(|((_, sheet), new)| (sheet.clone(), new.clone())).collect();
        sheets.sort_by_key(|(sheet, _)| (sheet.parse::<u32>().unwrap_or(u32::MAX), sheet.clone()));
        FormerUnit {
            code,
            name,
            events,
            successors: history.successors(code, as_of),
            bounds: border.and_then(|border| lonlat::feature_bounds(border.world, border.feature)),
            sheets,
        }
    };
    Ok(former.into_iter().map(unit).collect())
}

fn history(boundaries: &Boundaries) -> UnitHistory<'_> {
    let layers = [&boundaries.units, &boundaries.former];
    let generations = layers.into_iter().flat_map(|layer| {
        let generation = |(feature, unit)| Generation { unit, grid: &layer.grid, world: &layer.world, feature };
        layer.rows.iter().map(|unit| &**unit).enumerate().map(generation)
    });
    UnitHistory::new(boundaries.events.iter().map(|event| &**event), generations.collect())
}

/// New sheets by old commune code and old sheet number.
fn old_sheets(
    cadastre: &Cadastre,
    history: &UnitHistory,
    as_of: Date,
) -> Result<BTreeMap<(String, String), SheetSuccessors>> {
    let mut sheets = BTreeMap::<_, SheetSuccessors>::new();
    cadastre.each_run(|run| {
        for (old, new) in history.old_sheets(placed(&run.parcels()).into_iter(), as_of) {
            let known = sheets.entry(old).or_default();
            new.into_iter().for_each(|(sheet, parcels)| *known.entry(sheet).or_default() += parcels);
        }
        Ok(())
    })?;
    Ok(sheets)
}

/// Every parcel; with its label point when it does not name its old commune.
fn placed<'p>(parcels: &SheetParcels<'p>) -> Vec<(&'p Parcel, Option<[f64; 2]>)> {
    let place = |(row, parcel): (usize, &'p Parcel)| {
        let needs_place = parcel.old_commune_code.is_none() && parcel.old_sheet.is_some();
        let at = || label_point::inside(&parcels.world_rings(row)).map(|LabelPoint { at, .. }| at);
        (parcel, needs_place.then(at).flatten())
    };
    parcels.iter().collect::<Vec<_>>().into_par_iter().map(place).collect()
}

pub fn render(at: &At, former: &FormerUnit) -> Result<String> {
    let catalogue = at.site.catalogue;
    let successors: Vec<Value> = former.successors.iter().map(|successor| successor_view(at, successor)).collect();
    let only = match &former.successors[..] {
        [only] => catalogue.communes.get(only.code.as_str()).map(|commune| commune.path()),
        _ => None,
    };
    let canonical = only.map(|path| at.site.url(&format!("{}{path}", at.language.prefix())));
    at.render(
        "former_unit.html",
        context! {
            name => former.name,
            code => former.code,
            events => former.events.iter().map(view).collect::<Vec<_>>(),
            map_box => former.bounds.map(|bounds| bounds.map(|degrees| degrees.to_string()).join(",")),
            sheets => former.sheets.iter().map(|(sheet, new)| sheet_view(at, sheet, new)).collect::<Vec<_>>(),
            successors,
            canonical,
        },
    )
}

fn successor_view(at: &At, successor: &Successor) -> Value {
    let commune = at.site.catalogue.communes.get(successor.code.as_str());
    context! {
        code => &successor.code,
        name => commune.map_or(successor.code.as_str(), |commune| commune.name),
        path => commune.map(Commune::path),
        share => successor.share.map(|share| at.language.decimal(&format!("{:.1}", share * 100.0))),
    }
}

fn sheet_view(at: &At, old_sheet: &str, new: &SheetSuccessors) -> Value {
    let place = |((code, sheet), parcels): (&(String, u32), &usize)| {
        let commune = at.site.catalogue.communes.get(code.as_str());
        context! {
            commune => commune.map_or(code.as_str(), |commune| commune.name),
            sheet,
            path => commune.and_then(|commune| Some(commune.sheets.get(sheet)?.path(commune))),
            parcels,
        }
    };
    context! { sheet => old_sheet, places => new.iter().map(place).collect::<Vec<_>>() }
}

/// Former units whose land is, in whole or in part, in a commune of today.
pub fn of_commune(site: &Site, code: &str) -> Vec<Value> {
    let of_it = site.former_units.iter().filter(|former| former.successors.iter().any(|now| now.code == code));
    of_it.map(|former| context! { name => former.name, code => former.code, path => former.path() }).collect()
}

pub fn render_list(at: &At) -> Result<String> {
    let unit = |former: &FormerUnit| {
        let last = former.events.last();
        context! {
            name => former.name,
            code => former.code,
            path => former.path(),
            anchor => former.slug(),
            event => last.map(view),
            successors => former.successors.iter().map(|successor| successor_view(at, successor)).collect::<Vec<_>>(),
        }
    };
    let units: Vec<Value> = at.site.former_units.iter().map(unit).collect();
    at.render("units.html", context! { units, csv_path => CSV, csv_bytes => csv(at.site).len() })
}

/// The table as a file.
pub fn files(site: &Site) -> Vec<OutputFile> {
    vec![OutputFile { path: CSV.into(), bytes: csv(site) }]
}

/// One line for each pair of an old and a new unit; UTF-8 with a byte order mark, for spreadsheet programs.
fn csv(site: &Site) -> Vec<u8> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer("\u{feff}".as_bytes().to_vec());
    let head = ["ma_cu", "ten_cu", "ma_moi", "ten_moi", "ty_le_dien_tich", "loai", "nghi_quyet", "ngay"];
    writer.write_record(head).expect("memory takes every record");
    for former in &site.former_units {
        for successor in &former.successors {
            let cells = line(site, former, successor);
            writer.write_record(cells.iter().map(|cell| text::inert_cell(cell))).expect("memory takes every record");
        }
    }
    writer.into_inner().expect("memory takes every record")
}

fn line(site: &Site, former: &FormerUnit, successor: &Successor) -> [String; 8] {
    let commune = site.catalogue.communes.get(successor.code.as_str());
    let last = former.events.last();
    let of_last = |part: fn(&UnitEvent) -> String| last.map(|event| part(event)).unwrap_or_default();
    [
        former.code.to_owned(),
        former.name.to_owned(),
        successor.code.clone(),
        commune.map_or(String::new(), |commune| commune.name.to_owned()),
        successor.share.map_or(String::new(), |share| format!("{share:.4}")),
        of_last(|event| event.change.id().to_owned()),
        of_last(|event| event.resolution.clone()),
        of_last(|event| event.effective_on.to_string()),
    ]
}
