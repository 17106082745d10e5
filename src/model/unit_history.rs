//! Which units of today hold the land of a unit of old (*tra cứu đơn vị hành chính cũ → mới*).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::admin_unit::AdminUnit;
use super::parcel::Parcel;
use super::shapes::{GridCoord, Shapes, WorldCoord};
use super::shared_area::{area_m2, shared_area_m2};
use super::unit_event::UnitEvent;

/// Generations of units of one dataset, all in one zone, with the events that led from one to the next.
pub struct UnitHistory<'a> {
    events: Vec<&'a UnitEvent>,
    generations: Vec<Generation<'a>>,
}

/// One generation and its border.
#[derive(Clone, Copy)]
pub struct Generation<'a> {
    pub unit: &'a AdminUnit,
    pub grid: &'a Shapes<GridCoord>,
    pub world: &'a Shapes<WorldCoord>,
    pub feature: usize,
}

/// A unit that holds land of a former one.
#[derive(Clone, Debug, PartialEq)]
pub struct Successor {
    pub code: String,
    /// Part of the former unit's area, 0 to 1; none where the former border is not in the data.
    pub share: Option<f64>,
}

/// Where the parcels of an old map sheet are now: new sheet by commune code and number, with their count.
pub type SheetSuccessors = BTreeMap<(String, u32), usize>;

/// Two surveys of one border differ by less than this part of a unit; what overlaps less is not a successor.
const LEAST_SHARE: f64 = 0.001;

impl<'a> UnitHistory<'a> {
    pub fn new(events: impl Iterator<Item = &'a UnitEvent>, generations: Vec<Generation<'a>>) -> Self {
        let mut events: Vec<&UnitEvent> = events.collect();
        events.sort_by_key(|event| (event.effective_on, &event.old_code, &event.new_code));
        UnitHistory { events, generations }
    }

    /// The units that hold the land of `old_code` on the day `as_of`, the largest share first. A code that no
    /// event ended is its own successor. Through several events the way is followed day by day; where it
    /// parts, the former border is laid over the new ones.
    pub fn successors(&self, old_code: &str, as_of: Date) -> Vec<Successor> {
        let mut ends = BTreeSet::new();
        self.follow(old_code, None, as_of, &mut ends);
        let codes: Vec<String> = ends.into_iter().collect();
        if let [only] = &codes[..] {
            return vec![Successor { code: only.clone(), share: Some(1.0) }];
        }
        self.by_geometry(old_code, &codes, as_of)
            .unwrap_or_else(|| codes.into_iter().map(|code| Successor { code, share: None }).collect())
    }

    /// Every line of an event that says something of a unit of old, the earliest first.
    pub fn events_of(&self, old_code: &str) -> impl Iterator<Item = &'a UnitEvent> {
        self.events.iter().copied().filter(move |event| event.old_code == old_code)
    }

    /// Each former code with the name it had last, in the order of the codes.
    pub fn former(&self) -> BTreeMap<(&'a str, &'a str), Vec<&'a UnitEvent>> {
        let mut former = BTreeMap::<_, Vec<&UnitEvent>>::new();
        for event in &self.events {
            former.entry((event.old_code.as_str(), event.old_name.as_str())).or_default().push(event);
        }
        former
    }

    /// The border that a code had just before an event, or the last one it had.
    pub fn border_before(&self, code: &str, day: Date) -> Option<Generation<'a>> {
        let before = day.yesterday().unwrap_or(day);
        let of_code = || self.generations.iter().filter(|generation| generation.unit.code == code);
        of_code().find(|generation| generation.unit.is_in_force(before)).copied()
    }

    /// New sheets by old commune code and old sheet number, from the parcels' own old numbers. A parcel that
    /// does not name its old commune is placed by its label point (world units) in the former borders.
    pub fn old_sheets<'p>(
        &self,
        parcels: impl Iterator<Item = (&'p Parcel, Option<[f64; 2]>)>,
        as_of: Date,
    ) -> BTreeMap<(String, String), SheetSuccessors> {
        let mut sheets = BTreeMap::<_, SheetSuccessors>::new();
        for (parcel, at) in parcels {
            let Some(old_sheet) = &parcel.old_sheet else { continue };
            let named = parcel.old_commune_code.clone();
            let Some(commune) = named.or_else(|| self.former_at(at?, as_of)) else { continue };
            let new = (parcel.commune_code.clone(), parcel.sheet);
            *sheets.entry((commune, old_sheet.clone())).or_default().entry(new).or_default() += 1;
        }
        sheets
    }

    fn follow(&self, code: &str, after: Option<Date>, as_of: Date, ends: &mut BTreeSet<String>) {
        let later =
            |event: &&&UnitEvent| after.is_none_or(|day| day < event.effective_on) && event.effective_on <= as_of;
        let Some(next) = self.events.iter().filter(|event| event.old_code == code).find(later) else {
            ends.insert(code.to_owned());
            return;
        };
        let day = next.effective_on;
        for event in self.events.iter().filter(|event| event.old_code == code && event.effective_on == day) {
            self.follow(&event.new_code, Some(day), as_of, ends);
        }
    }

    /// The former border over the borders of `codes`; `None` where one of them is not in the data.
    fn by_geometry(&self, old_code: &str, codes: &[String], as_of: Date) -> Option<Vec<Successor>> {
        let first = self.events_of(old_code).next()?;
        let old = self.border_before(old_code, first.effective_on)?;
        let now = |code: &str| {
            self.generations
                .iter()
                .find(|generation| generation.unit.code == code && generation.unit.is_in_force(as_of))
        };
        let mut shares = vec![];
        for code in codes {
            let new = now(code)?;
            shares.push((code.clone(), shared_area_m2(old.grid, old.feature, new.grid, new.feature)));
        }
        let whole = area_m2(old.grid, old.feature);
        shares.retain(|(_, shared)| *shared >= whole * LEAST_SHARE);
        let sum: f64 = shares.iter().map(|(_, shared)| shared).sum();
        shares.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        (sum > 0.0)
            .then(|| shares.into_iter().map(|(code, shared)| Successor { code, share: Some(shared / sum) }).collect())
    }

    /// The former unit around a point: of those that have ended, the one that ended last.
    fn former_at(&self, at: [f64; 2], as_of: Date) -> Option<String> {
        let ended =
            self.generations.iter().filter(|generation| generation.unit.effective_to.is_some_and(|to| to < as_of));
        let around = ended.filter(|generation| generation.unit.level != "tinh" && generation.contains(at));
        around.max_by_key(|generation| generation.unit.effective_to).map(|generation| generation.unit.code.clone())
    }
}

impl Generation<'_> {
    /// Even-odd over all rings, so that holes are outside.
    fn contains(&self, [x, y]: [f64; 2]) -> bool {
        let crossings = self.world.feature_rings(self.feature).flat_map(|ring| {
            (0..ring.len()).map(move |i| (ring[i].map(f64::from), ring[(i + 1) % ring.len()].map(f64::from)))
        });
        let is_west = |(a, b): &([f64; 2], [f64; 2])| {
            (a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]
        };
        crossings.filter(is_west).count() % 2 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::shapes::GeometryKind;
    use crate::model::unit_event::UnitChange;
    use jiff::civil::date;

    const NOW: Date = date(2026, 1, 15);

    fn event(change: UnitChange, year: i16, old: &str, new: &str) -> UnitEvent {
        UnitEvent {
            change,
            resolution: "00/NQ-UBTVQH".into(),
            effective_on: date(year, 7, 1),
            old_code: old.into(),
            old_name: format!("Xã {old}"),
            new_code: new.into(),
            new_name: format!("Xã {new}"),
            note: None,
        }
    }

    /// Code, first year, last year, west and east end of a strip of land ten metres high.
    type Strip = (&'static str, Option<i16>, Option<i16>, f64, f64);

    fn strips(strips: &[Strip]) -> (Vec<AdminUnit>, Shapes<GridCoord>, Shapes<WorldCoord>) {
        let mut grid = Shapes::new(GeometryKind::Polygon);
        let mut units = vec![];
        for (code, from, to, west, east) in strips {
            grid.coords.extend([[*west, 0.0], [*east, 0.0], [*east, 10.0], [*west, 10.0]]);
            grid.end_ring();
            grid.end_part();
            grid.end_feature();
            units.push(AdminUnit {
                code: (*code).into(),
                province_code: None,
                name: format!("Xã {code}"),
                level: "xa".into(),
                resolution: None,
                effective_from: from.map(|year| date(year, 7, 1)),
                effective_to: to.map(|year| date(year, 6, 30)),
            });
        }
        let world = grid.map(|[x, y]| [*x as u32, *y as u32]);
        (units, grid, world)
    }

    fn shares(land: &[Strip], events: &[UnitEvent], code: &str, as_of: Date) -> Vec<(String, Option<i32>)> {
        let (units, grid, world) = strips(land);
        let generations = units
            .iter()
            .enumerate()
            .map(|(feature, unit)| Generation { unit, grid: &grid, world: &world, feature })
            .collect();
        let found = UnitHistory::new(events.iter(), generations).successors(code, as_of);
        found.into_iter().map(|s| (s.code, s.share.map(|share| (share * 100.0).round() as i32))).collect()
    }

    #[test]
    fn a_unit_that_nothing_happened_to_is_its_own_successor() {
        assert_eq!(shares(&[], &[], "99001", NOW), [("99001".into(), Some(100))]);
    }

    #[test]
    fn a_merged_or_renamed_unit_leads_through_all_its_events_to_the_unit_of_the_day_asked_for() {
        let events = [
            event(UnitChange::DoiTen, 2008, "1", "2"),
            event(UnitChange::Nhap, 2025, "2", "9"),
            event(UnitChange::Nhap, 2025, "3", "9"),
        ];
        assert_eq!(shares(&[], &events, "1", NOW), [("9".into(), Some(100))]);
        assert_eq!(shares(&[], &events, "1", date(2020, 1, 1)), [("2".into(), Some(100))]);
        assert_eq!(shares(&[], &events, "1", date(2000, 1, 1)), [("1".into(), Some(100))]);
    }

    #[test]
    fn a_divided_unit_has_the_shares_of_its_old_border_in_the_new_ones() {
        let land = [
            ("1", None, Some(2025), 0.0, 100.0),
            ("8", Some(2025), None, 0.0, 30.0),
            ("9", Some(2025), None, 30.0, 200.0),
        ];
        let events = [event(UnitChange::Tach, 2025, "1", "8"), event(UnitChange::Tach, 2025, "1", "9")];
        assert_eq!(shares(&land, &events, "1", NOW), [("9".into(), Some(70)), ("8".into(), Some(30))]);
        let without_old_border = shares(&land[1..], &events, "1", NOW);
        assert_eq!(without_old_border, [("8".into(), None), ("9".into(), None)]);
    }

    #[test]
    fn land_that_went_one_way_is_not_said_to_have_gone_where_its_first_successor_gave_other_land() {
        // 1 went whole into 5 (0–100 of 0–200), and 5 was divided at 120 later: 1 lies in 8 alone.
        let land = [
            ("1", None, Some(2008), 0.0, 100.0),
            ("5", Some(2008), Some(2025), 0.0, 200.0),
            ("8", Some(2025), None, 0.0, 120.0),
            ("9", Some(2025), None, 120.0, 200.0),
        ];
        let events = [
            event(UnitChange::Nhap, 2008, "1", "5"),
            event(UnitChange::Tach, 2025, "5", "8"),
            event(UnitChange::Tach, 2025, "5", "9"),
        ];
        assert_eq!(shares(&land, &events, "1", NOW), [("8".into(), Some(100))]);
    }

    #[test]
    fn a_commune_that_gave_land_away_keeps_its_code_and_most_of_its_land() {
        let land = [
            ("1", None, Some(2025), 0.0, 100.0),
            ("1", Some(2025), None, 0.0, 90.0),
            ("2", Some(2025), None, 90.0, 200.0),
        ];
        let events = [event(UnitChange::DieuChinh, 2025, "1", "1"), event(UnitChange::DieuChinh, 2025, "1", "2")];
        assert_eq!(shares(&land, &events, "1", NOW), [("1".into(), Some(90)), ("2".into(), Some(10))]);
    }

    #[test]
    fn old_sheets_come_from_the_parcels_own_numbers_and_from_their_place_where_the_old_commune_is_not_named() {
        let (units, grid, world) = strips(&[("7", None, Some(2025), 0.0, 100.0), ("9", Some(2025), None, 0.0, 200.0)]);
        let generations = units
            .iter()
            .enumerate()
            .map(|(feature, unit)| Generation { unit, grid: &grid, world: &world, feature })
            .collect();
        let history = UnitHistory::new([].iter(), generations);
        let parcel = |old_commune: Option<&str>, old_sheet: Option<&str>| Parcel {
            commune_code: "9".into(),
            sheet: 4,
            number: 1,
            identifier: None,
            area_m2: 1.0,
            legal_area_m2: None,
            land_use: "ODT".into(),
            old_land_use: None,
            planned_use: None,
            old_commune_code: old_commune.map(Into::into),
            old_sheet: old_sheet.map(Into::into),
            old_number: None,
            address: None,
            updated_on: None,
        };
        let parcels =
            [parcel(Some("6"), Some("2")), parcel(None, Some("2")), parcel(None, Some("2")), parcel(Some("6"), None)];
        let places = [Some([5.0, 5.0]), Some([5.0, 5.0]), Some([150.0, 5.0]), Some([5.0, 5.0])];
        let sheets = history.old_sheets(parcels.iter().zip(places), NOW);
        let one = SheetSuccessors::from([(("9".into(), 4), 1)]);
        let expected = BTreeMap::from([(("6".into(), "2".into()), one.clone()), (("7".into(), "2".into()), one)]);
        assert_eq!(sheets, expected);
    }
}
