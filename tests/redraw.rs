//! After an edit only the tiles that may look otherwise are drawn, and the archive and its report are those of a full
//! drawing.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use congbo::model::shapes::{GeometryKind, Shapes, WorldCoord};
use congbo::progress::Silent;
use congbo::tile::label;
use congbo::tile::layer::{Field, TileLayer, Values};
use congbo::tile::redraw::{self, Last, Redrawn};
use congbo::tile::set::{self, SetFacts};
use congbo::tile::weld::weld;
use proptest::prelude::*;

use random_coverage::{Parcel, Plan, ZOOMS};

mod random_coverage;

/// A parcel under its code.
#[derive(Clone, Debug)]
struct Numbered {
    id: u64,
    value: i64,
    parcel: Parcel,
}

fn numbered(parcels: Vec<Parcel>) -> Vec<Numbered> {
    (1..).zip(parcels).map(|(id, parcel)| Numbered { id, value: id as i64 % 7, parcel }).collect()
}

/// Something that happens to land.
#[derive(Clone, Debug)]
enum Edit {
    /// A corner is surveyed anew, for all who share it.
    Corner {
        parcel: usize,
        corner: usize,
        by: [i64; 2],
    },
    /// A side gets a corner in its middle, for both who share it.
    Bend {
        parcel: usize,
        side: usize,
        by: [i64; 2],
    },
    /// A corner is left out, for all who share it.
    Straight {
        parcel: usize,
        corner: usize,
    },
    Use {
        parcel: usize,
        value: i64,
    },
    Gone {
        parcel: usize,
    },
    /// Cut in two from one corner to another.
    Divided {
        parcel: usize,
        corner: usize,
    },
}

fn edit() -> impl Strategy<Value = Edit> {
    let by = || (-400i64..400, -400i64..400).prop_map(|(x, y)| [x, y]);
    let any = || 0usize..1000;
    prop_oneof![
        3 => (any(), any(), by()).prop_map(|(parcel, corner, by)| Edit::Corner { parcel, corner, by }),
        2 => (any(), any(), by()).prop_map(|(parcel, side, by)| Edit::Bend { parcel, side, by }),
        2 => (any(), any()).prop_map(|(parcel, corner)| Edit::Straight { parcel, corner }),
        1 => (any(), 0i64..9).prop_map(|(parcel, value)| Edit::Use { parcel, value }),
        1 => any().prop_map(|parcel| Edit::Gone { parcel }),
        1 => (any(), any()).prop_map(|(parcel, corner)| Edit::Divided { parcel, corner }),
    ]
}

impl Edit {
    fn happen(&self, land: &mut Vec<Numbered>) {
        let nth = |parcel: usize| parcel % land.len();
        match self {
            Edit::Corner { parcel, corner, by } => {
                let outer = &land[nth(*parcel)].parcel[0];
                let from = outer[corner % outer.len()];
                let to = [from[0] + by[0], from[1] + by[1]];
                rings(land).flat_map(|ring| ring.iter_mut()).filter(|p| **p == from).for_each(|p| *p = to);
            }
            Edit::Bend { parcel, side, by } => {
                let outer = &land[nth(*parcel)].parcel[0];
                let (a, b) = (outer[side % outer.len()], outer[(side + 1) % outer.len()]);
                let middle = [0, 1].map(|axis| (a[axis] + b[axis]) / 2 + by[axis] / 4);
                rings(land).for_each(|ring| {
                    let n = ring.len();
                    let is_side =
                        |i: &usize| (ring[*i], ring[(i + 1) % n]) == (a, b) || (ring[*i], ring[(i + 1) % n]) == (b, a);
                    if let Some(i) = (0..n).find(is_side) {
                        ring.insert(i + 1, middle);
                    }
                });
            }
            Edit::Straight { parcel, corner } => {
                let outer = &land[nth(*parcel)].parcel[0];
                let gone = outer[corner % outer.len()];
                let can = rings(land).all(|ring| ring.len() > 4 || !ring.contains(&gone));
                rings(land).filter(|_| can).for_each(|ring| ring.retain(|p| *p != gone));
            }
            Edit::Use { parcel, value } => {
                let parcel = nth(*parcel);
                land[parcel].value = *value;
            }
            Edit::Gone { parcel } if land.len() > 1 => drop(land.remove(nth(*parcel))),
            Edit::Gone { .. } => {}
            Edit::Divided { parcel, corner } => divide(land, nth(*parcel), *corner),
        }
    }
}

fn rings(land: &mut [Numbered]) -> impl Iterator<Item = &mut random_coverage::Ring> {
    land.iter_mut().flat_map(|numbered| numbered.parcel.iter_mut())
}

fn divide(land: &mut Vec<Numbered>, at: usize, corner: usize) {
    let next = land.iter().map(|numbered| numbered.id).max().unwrap_or(0) + 1;
    let [outer] = land[at].parcel.as_mut_slice() else { return };
    if outer.len() < 6 {
        return;
    }
    let n = outer.len();
    outer.rotate_left(corner % n);
    let half = n / 2;
    let second = outer[half..].iter().chain([&outer[0]]).copied().collect();
    outer.truncate(half + 1);
    let parcel = vec![second];
    land.push(Numbered { id: next, value: 3, parcel });
}

/// Parcels, a point in each, and their outlines as lines.
fn layers(land: &[Numbered]) -> Vec<TileLayer<'static>> {
    let mut shapes: Shapes<WorldCoord> = Shapes::new(GeometryKind::Polygon);
    for numbered in land {
        for ring in &numbered.parcel {
            shapes.coords.extend(ring.iter().map(|p| p.map(|v| v as u32)));
            shapes.end_ring();
        }
        shapes.end_part();
        shapes.end_feature();
    }
    let (shapes, welded) = weld(Cow::Owned(shapes), 0.03);
    let shapes = shapes.into_owned();
    let mut lines = shapes.clone();
    lines.kind = GeometryKind::Line;
    let fields = || vec![Field { name: "use".into(), values: Values::integers(land.iter().map(|n| Some(n.value))) }];
    let layer = |name: &str, shapes: Shapes<WorldCoord>, minzoom| TileLayer {
        name: name.into(),
        shapes: Cow::Owned(shapes),
        ids: land.iter().map(|numbered| numbered.id).collect(),
        fields: fields(),
        minzoom,
        maxzoom: ZOOMS.1,
        complete: false,
        coverage: false,
        weld: None,
        inside: None,
        stated_areas: vec![],
    };
    let points = label::points(&shapes);
    let inside = Some(Cow::Owned(shapes.clone()));
    let parcels = layer("thua_dat", shapes, ZOOMS.0);
    vec![
        TileLayer { complete: true, coverage: true, weld: Some(welded), ..parcels },
        TileLayer { inside, ..layer("nhan", points, 15) },
        layer("ranh", lines, 14),
    ]
}

fn facts() -> SetFacts {
    let text = String::new;
    SetFacts { id: "thua-dat".into(), title: text(), description: text(), attribution: text(), budget_bytes: u32::MAX }
}

/// Where archives lie, one after the other.
struct Shelf {
    folder: tempfile::TempDir,
}

impl Shelf {
    fn new() -> Self {
        Shelf { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn drawn(&self, edition: usize) -> PathBuf {
        self.path(&format!("{edition}.drawn"))
    }

    fn archive(&self, edition: usize) -> PathBuf {
        self.path(&format!("{edition}.pmtiles"))
    }

    /// Draws an edition from the one before; the report as it is written.
    fn next(&self, edition: usize, layers: &[TileLayer<'_>]) -> congbo::error::Result<(String, Redrawn)> {
        let last = (edition > 0).then(|| Last { archive: self.archive(edition - 1), drawn: self.drawn(edition - 1) });
        let (path, keep) = (self.archive(edition), self.drawn(edition));
        let (report, redrawn) = redraw::write(&path, &facts(), layers, last.as_ref(), &keep, &Silent)?;
        Ok((serde_json::to_string(&report).unwrap(), redrawn))
    }

    fn full(&self, layers: &[TileLayer<'_>]) -> congbo::error::Result<(String, Vec<u8>)> {
        let path = self.path("full.pmtiles");
        let report = set::write(&path, &facts(), layers, &Silent)?;
        Ok((serde_json::to_string(&report).unwrap(), bytes(&path)))
    }
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

/// How many random histories are drawn: `scripts/prove redraws N` asks for more.
fn cases() -> u32 {
    std::env::var("REDRAWS").ok().and_then(|n| n.parse().ok()).unwrap_or(24)
}

fn plan() -> impl Strategy<Value = Plan> {
    (random_coverage::plan(), 1024i64..24_000).prop_map(|(plan, step)| Plan { step, ..plan })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn an_edited_coverage_has_the_bytes_and_the_report_of_a_full_drawing(
        plan in plan(),
        edits in proptest::collection::vec(edit(), 1..5),
    ) {
        let mut land = numbered(plan.parcels());
        prop_assume!(!land.is_empty());
        let shelf = Shelf::new();
        prop_assume!(shelf.next(0, &layers(&land)).is_ok());
        for (edition, edit) in (1..).zip(&edits) {
            edit.happen(&mut land);
            let layers = layers(&land);
            // A corner that was moved across a border makes land that cannot be drawn rightly.
            let Ok((report, archive)) = shelf.full(&layers) else { break };
            let (redrawn_report, redrawn) = shelf.next(edition, &layers).unwrap();
            prop_assert_eq!(&redrawn_report, &report);
            prop_assert!(bytes(&shelf.archive(edition)) == archive, "{:?}: {:?}", edit, redrawn);
        }
    }
}

/// Sixteen by sixteen parcels of 220 m: 6 by 6 tiles of z16.
fn land() -> Vec<Numbered> {
    let jitter = (0..211).map(|i| ((i * 37) % 59 - 29, (i * 23) % 59 - 29)).collect();
    let kinds = (0..256).map(|i| (4 + (i * 7) % 8) as u8).collect();
    numbered(Plan { cells: 16, step: 24_000, jitter, kinds }.parcels())
}

#[test]
fn only_tiles_beside_an_edit_are_drawn_and_the_reason_is_given() {
    let shelf = Shelf::new();
    let mut land = land();
    let (_, first) = shelf.next(0, &layers(&land)).unwrap();
    assert_eq!(first.all_because.as_deref(), Some("nothing was drawn here before"));
    Edit::Corner { parcel: 20, corner: 2, by: [300, 200] }.happen(&mut land);
    let (_, redrawn) = shelf.next(1, &layers(&land)).unwrap();
    assert_eq!((redrawn.all_because, redrawn.tiles), (None, first.tiles));
    assert!(redrawn.drawn * 4 < first.tiles, "{} of {}", redrawn.drawn, first.tiles);
    let moved: Vec<u64> = redrawn.because.iter().flat_map(|tile| &tile.changed).map(|changed| changed.id).collect();
    assert!(moved.contains(&land[20].id));
    assert!(redrawn.because.iter().any(|tile| tile.tile.z == 16 && !tile.same));
}

#[test]
fn nothing_is_drawn_when_nothing_changed_and_one_field_changes_its_own_tiles() {
    let shelf = Shelf::new();
    let mut land = land();
    shelf.next(0, &layers(&land)).unwrap();
    let (_, redrawn) = shelf.next(1, &layers(&land)).unwrap();
    assert_eq!((redrawn.drawn, redrawn.because.len(), redrawn.all_because), (0, 0, None));
    assert!(bytes(&shelf.archive(0)) == bytes(&shelf.archive(1)) && bytes(&shelf.drawn(0)) == bytes(&shelf.drawn(1)));
    Edit::Use { parcel: 100, value: 8 }.happen(&mut land);
    let (_, redrawn) = shelf.next(2, &layers(&land)).unwrap();
    assert!(redrawn.because.iter().all(|tile| tile.changed.iter().all(|c| c.what == "fields" && c.id == land[100].id)));
    assert!(bytes(&shelf.archive(2)) == shelf.full(&layers(&land)).unwrap().1);
}

#[test]
fn whatever_does_not_fit_makes_all_of_it_be_drawn() {
    let shelf = Shelf::new();
    let land = land();
    let all = layers(&land);
    shelf.next(0, &all).unwrap();
    let (_, archive) = shelf.full(&all).unwrap();
    let damage = |path: PathBuf, at: usize| {
        let mut damaged = bytes(&path);
        let at = at.min(damaged.len() - 1);
        damaged[at] ^= 0x20;
        std::fs::write(path, damaged).unwrap();
    };
    let because = |edition: usize| {
        let (_, redrawn) = shelf.next(edition, &all).unwrap();
        assert!(bytes(&shelf.archive(edition)) == archive);
        redrawn.all_because.unwrap()
    };
    damage(shelf.drawn(0), usize::MAX);
    assert_eq!(because(1), "what it was drawn from is not known");
    damage(shelf.archive(1), archive.len() / 2);
    assert_eq!(because(2), "the last archive is not the one that was drawn");
    std::fs::remove_file(shelf.archive(2)).unwrap();
    assert_eq!(because(3), "the last archive is not there");
    let mut reversed = land.clone();
    reversed.reverse();
    let (_, redrawn) = shelf.next(4, &layers(&reversed)).unwrap();
    assert_eq!(redrawn.all_because.as_deref(), Some("features come in another order"));
    let other = layers(&reversed).into_iter().map(|layer| TileLayer { minzoom: 15, ..layer }).collect::<Vec<_>>();
    assert_eq!(shelf.next(5, &other).unwrap().1.all_because.as_deref(), Some("it has other layers or fields"));
}
