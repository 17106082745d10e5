//! What each kind of data says about itself when it is gathered.

use crate::disclose::report::Tally;
use crate::disclose::rows::{self, Disclosed, Positions};
use crate::disclose::rules::Rules;
use crate::model::admin_unit::AdminUnit;
use crate::model::base_feature::{BaseFeature, Theme};
use crate::model::coefficient::Coefficient;
use crate::model::land_use_plan::PlanZone;
use crate::model::parcel::Parcel;
use crate::model::price_table::PriceRow;
use crate::model::shapes::GeometryKind;
use crate::model::statistics::StatisticsRow;
use crate::read::Row;

type Disclose<T> = dyn Fn(&Row, &Positions, &Rules, &mut Tally) -> Disclosed<T> + Sync;

/// What the shape of a row must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    /// A row of a table.
    Not,
    Any,
    As(GeometryKind),
}

pub struct Noun<T> {
    pub disclose: Box<Disclose<T>>,
    /// The commune a row belongs to, when it names one.
    pub commune: fn(&T) -> Option<&str>,
    /// What people call the row in a report; also its place in the order of the snapshot.
    pub name: fn(&T) -> String,
    /// Whether two rows may not have the same name.
    pub unique: bool,
    /// What a row is drawn as; tables are not drawn.
    pub drawn: Drawn,
    /// The area on paper, where the shape can be held against it.
    pub recorded_area_m2: fn(&T) -> Option<f64>,
    /// Land uses by which a row may be a state secret.
    pub land_uses: fn(&T) -> Vec<&str>,
    /// Whether a row that touches a secret area is withheld: all but a boundary, which would take its commune along.
    pub within_areas: bool,
}

pub fn parcel() -> Noun<Parcel> {
    Noun {
        disclose: Box::new(rows::parcel),
        commune: |parcel| Some(&parcel.commune_code),
        // Padded, so that the order of the texts is that of the numbers.
        name: |parcel| format!("parcel {}-{:05}-{:06}", parcel.commune_code, parcel.sheet, parcel.number),
        unique: true,
        drawn: Drawn::As(GeometryKind::Polygon),
        recorded_area_m2: |parcel| Some(parcel.area_m2),
        land_uses: |parcel| {
            let other = [&parcel.old_land_use, &parcel.planned_use].into_iter().flatten().map(String::as_str);
            other.chain([parcel.land_use.as_str()]).collect()
        },
        within_areas: true,
    }
}

pub fn plan_zone() -> Noun<PlanZone> {
    Noun {
        disclose: Box::new(rows::plan_zone),
        commune: |zone| Some(&zone.commune_code),
        name: |zone| format!("zone {} {} {}", zone.commune_code, zone.land_use, zone.decision_number),
        unique: false,
        drawn: Drawn::As(GeometryKind::Polygon),
        recorded_area_m2: |_| None,
        land_uses: |zone| zone.old_land_use.as_deref().into_iter().chain([zone.land_use.as_str()]).collect(),
        within_areas: true,
    }
}

pub fn admin_unit() -> Noun<AdminUnit> {
    Noun {
        disclose: Box::new(rows::admin_unit),
        // A unit that has ended is kept for looking up; the dataset's communes are those of today.
        commune: |unit| (unit.code.len() == 5 && unit.effective_to.is_none()).then_some(unit.code.as_str()),
        name: |unit| match unit.effective_from {
            Some(from) => format!("unit {} of {from}", unit.code),
            None => format!("unit {}", unit.code),
        },
        unique: true,
        drawn: Drawn::As(GeometryKind::Polygon),
        recorded_area_m2: |_| None,
        land_uses: |_| vec![],
        within_areas: false,
    }
}

pub fn base_feature(theme: Theme) -> Noun<BaseFeature> {
    Noun {
        disclose: Box::new(move |row, positions, rules, tally| rows::base_feature(row, positions, rules, tally, theme)),
        commune: |feature| feature.commune_code.as_deref(),
        name: |feature| format!("{} {}", feature.class, feature.name.as_deref().unwrap_or("")),
        unique: false,
        drawn: Drawn::Any,
        recorded_area_m2: |_| None,
        land_uses: |_| vec![],
        within_areas: true,
    }
}

pub fn price_row() -> Noun<PriceRow> {
    Noun {
        disclose: Box::new(rows::price_row),
        commune: |row| Some(&row.commune_code),
        name: |row| format!("row {:06}", row.row),
        unique: true,
        drawn: Drawn::Not,
        recorded_area_m2: |_| None,
        land_uses: |_| vec![],
        within_areas: false,
    }
}

pub fn statistics_row() -> Noun<StatisticsRow> {
    Noun {
        disclose: Box::new(rows::statistics_row),
        commune: |row| Some(&row.commune_code),
        name: |row| {
            let holder = row.holder.as_deref().map(|holder| format!(" {holder}")).unwrap_or_default();
            format!("form {} {} {} {}{holder}", row.form, row.year, row.commune_code, row.land_use)
        },
        unique: true,
        drawn: Drawn::Not,
        recorded_area_m2: |_| None,
        land_uses: |_| vec![],
        within_areas: false,
    }
}

pub fn coefficient() -> Noun<Coefficient> {
    Noun {
        disclose: Box::new(rows::coefficient),
        commune: |row| Some(&row.commune_code),
        name: Coefficient::key,
        unique: true,
        drawn: Drawn::Not,
        recorded_area_m2: |_| None,
        land_uses: |_| vec![],
        within_areas: false,
    }
}
