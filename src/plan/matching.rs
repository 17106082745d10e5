//! Which feature of one side is which of the other.

use sha2::{Digest, Sha256};

use super::feature::{Described, Feature};

/// Indices of a case on both sides; one of them is there.
pub type Pair = (Option<usize>, Option<usize>);

/// Pairs features by a key that is theirs alone, in the order of the keys.
pub fn by_key<'a, T, K: Ord>(
    before: &[Feature<'a, T>],
    after: &[Feature<'a, T>],
    key: impl Fn(&'a T) -> K,
) -> Vec<Pair> {
    let mut matching = Matching::new(before.len(), after.len());
    matching.pair(|i| key(before[i].row), |i| key(after[i].row), Runs::Any);
    let mut pairs = matching.finish();
    pairs.sort_by_cached_key(|pair| key(one_of(*pair, before, after).row));
    pairs
}

/// Pairs features that have no key of their own, in the order of their names: first those that are the same
/// in everything, then those of the same shape, then those that alone bear a name on both sides. Whatever is
/// left was added or removed: nothing is taken for changed that might be something else.
pub fn by_content<T: Described + serde::Serialize>(before: &[Feature<T>], after: &[Feature<T>]) -> Vec<Pair> {
    let (old, new): (Vec<Identity>, Vec<Identity>) =
        (before.iter().map(Identity::of).collect(), after.iter().map(Identity::of).collect());
    let mut matching = Matching::new(before.len(), after.len());
    matching.pair(|i| (old[i].row, old[i].shape), |i| (new[i].row, new[i].shape), Runs::Any);
    matching.pair(|i| old[i].shape, |i| new[i].shape, Runs::Any);
    matching.pair(|i| &old[i].name, |i| &new[i].name, Runs::Single);
    let mut pairs = matching.finish();
    pairs.sort_by_key(|pair| one_of(*pair, &old, &new));
    pairs
}

fn one_of<'s, T>((before, after): Pair, old: &'s [T], new: &'s [T]) -> &'s T {
    match (before, after) {
        (_, Some(i)) => &new[i],
        (Some(i), None) => &old[i],
        (None, None) => unreachable!("a pair has one side at least"),
    }
}

/// In the order of places: commune and name, then content.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Identity {
    name: (String, String),
    row: [u8; 32],
    shape: [u8; 32],
}

impl Identity {
    fn of<T: Described + serde::Serialize>(feature: &Feature<T>) -> Self {
        let row = serde_json::to_vec(feature.row).expect("public rows are plain data");
        let mut shape = Sha256::new();
        if let Some(at) = feature.shape {
            for part in at.grid.parts(at.index) {
                for ring in at.grid.rings(part) {
                    at.grid.ring(ring).iter().flatten().for_each(|metres| shape.update(metres.to_bits().to_le_bytes()));
                    shape.update(b"ring");
                }
                shape.update(b"part");
            }
        }
        let name = (feature.row.commune().to_owned(), feature.row.name());
        Identity { name, row: Sha256::digest(row).into(), shape: shape.finalize().into() }
    }
}

/// Which features with one key are paired.
#[derive(Clone, Copy, PartialEq)]
enum Runs {
    /// As many as there are on both sides.
    Any,
    /// Only the one that stands alone on both sides.
    Single,
}

/// What is paired already, and what is left on each side.
struct Matching {
    pairs: Vec<Pair>,
    before: Vec<usize>,
    after: Vec<usize>,
}

impl Matching {
    fn new(before: usize, after: usize) -> Self {
        Matching { pairs: vec![], before: (0..before).collect(), after: (0..after).collect() }
    }

    fn pair<K: Ord>(&mut self, before: impl Fn(usize) -> K, after: impl Fn(usize) -> K, runs: Runs) {
        self.before.sort_by(|a, b| before(*a).cmp(&before(*b)).then(a.cmp(b)));
        self.after.sort_by(|a, b| after(*a).cmp(&after(*b)).then(a.cmp(b)));
        let (left, right) = (std::mem::take(&mut self.before), std::mem::take(&mut self.after));
        let (mut old, mut new) = (left.as_slice(), right.as_slice());
        while let (Some(&i), Some(&j)) = (old.first(), new.first()) {
            let key = before(i).min(after(j));
            let (old_run, new_run) = (run(old, |i| before(i) == key), run(new, |j| after(j) == key));
            let paired = match runs {
                Runs::Any => old_run.min(new_run),
                Runs::Single => usize::from(old_run == 1 && new_run == 1),
            };
            self.pairs.extend((0..paired).map(|n| (Some(old[n]), Some(new[n]))));
            self.before.extend(&old[paired..old_run]);
            self.after.extend(&new[paired..new_run]);
            (old, new) = (&old[old_run..], &new[new_run..]);
        }
        self.before.extend(old);
        self.after.extend(new);
    }

    fn finish(self) -> Vec<Pair> {
        let gone = self.before.into_iter().map(|i| (Some(i), None));
        let fresh = self.after.into_iter().map(|i| (None, Some(i)));
        self.pairs.into_iter().chain(gone).chain(fresh).collect()
    }
}

/// How many at the head of a sorted list have a key.
fn run(list: &[usize], has: impl Fn(usize) -> bool) -> usize {
    list.iter().take_while(|i| has(**i)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::base_feature::{BaseFeature, Theme};
    use crate::model::shapes::{GeometryKind, GridCoord, Shapes, WorldCoord};
    use crate::plan::change::ChangeKind;
    use crate::plan::feature::{Shape, difference};

    /// Points with a class, a name and an easting.
    struct Side {
        rows: Vec<BaseFeature>,
        grid: Shapes<GridCoord>,
        world: Shapes<WorldCoord>,
    }

    fn side(features: &[(&str, &str, f64)]) -> Side {
        let mut grid = Shapes::new(GeometryKind::Point);
        let rows = features.iter().map(|(class, name, easting)| {
            grid.coords.push([*easting, 0.0]);
            grid.end_ring();
            grid.end_part();
            grid.end_feature();
            let (class, name) = (class.to_string(), Some(name.to_string()));
            BaseFeature { theme: Theme::DiaDanh, name, class, commune_code: None }
        });
        let rows = rows.collect();
        let world = grid.map(|[easting, _]| [*easting as u32, 0]);
        Side { rows, grid, world }
    }

    impl Side {
        fn features(&self) -> Vec<Feature<'_, BaseFeature>> {
            let shape = |index| Some(Shape { grid: &self.grid, world: &self.world, index });
            self.rows.iter().enumerate().map(|(i, row)| Feature { row, shape: shape(i) }).collect()
        }
    }

    /// Every pair that differs: indices on both sides, and how.
    fn changes(before: &[(&str, &str, f64)], after: &[(&str, &str, f64)]) -> Vec<(Pair, Option<ChangeKind>)> {
        let (old, new) = (side(before), side(after));
        let (old, new) = (old.features(), new.features());
        let kind = |pair: &Pair| Some(difference(&old[pair.0?], &new[pair.1?])?.0);
        let all = by_content(&old, &new).into_iter().map(|pair| (pair, kind(&pair)));
        all.filter(|(pair, kind)| kind.is_some() || pair.0.is_none() || pair.1.is_none()).collect()
    }

    #[test]
    fn features_without_a_key_in_another_order_are_the_same_ones() {
        let (a, b) = (("thon", "Một", 1.0), ("thon", "Hai", 2.0));
        assert_eq!(changes(&[a, b, b], &[b, a, b]), []);
    }

    #[test]
    fn of_several_alike_only_the_surplus_is_new_or_gone() {
        let a = ("thon", "Một", 1.0);
        assert_eq!(changes(&[a, a, a], &[a]).len(), 2);
        assert!(changes(&[a], &[a, a]).iter().all(|(pair, _)| pair.0.is_none()));
    }

    #[test]
    fn a_feature_that_stays_in_its_place_may_change_its_name() {
        let found = changes(&[("thon", "Một", 1.0)], &[("thon", "Một A", 1.0)]);
        assert_eq!(found, [((Some(0), Some(0)), Some(ChangeKind::Attributes))]);
    }

    #[test]
    fn a_feature_that_keeps_its_name_may_move_when_nothing_else_bears_it() {
        let found = changes(&[("thon", "Một", 1.0)], &[("thon", "Một", 9.0)]);
        assert_eq!(found, [((Some(0), Some(0)), Some(ChangeKind::Shape))]);
        let several = changes(&[("thon", "Một", 1.0), ("thon", "Một", 2.0)], &[("thon", "Một", 8.0)]);
        assert_eq!(several.len(), 3, "nobody can say which of the two moved: two gone, one new");
        assert!(several.iter().all(|(_, kind)| kind.is_none()));
    }
}
