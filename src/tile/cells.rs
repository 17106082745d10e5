//! Things on a plane by square cells, to look at what lies near a place.

use std::ops::RangeInclusive;

/// A box: west and east, north and south, all inclusive.
pub type Area = [(i64, i64); 2];

/// How a plane is divided.
#[derive(Clone, Copy)]
pub struct Layout {
    origin: [i64; 2],
    /// Side of a cell as a power of two.
    shift: u32,
    counts: [i64; 2],
}

impl Layout {
    /// About as many cells as there are things, none with a side under 2^`least`.
    pub fn new([(west, east), (north, south)]: Area, things: usize, least: u32) -> Self {
        let counts = |shift: u32| [((east - west) >> shift) + 1, ((south - north) >> shift) + 1];
        let few = |shift: &u32| counts(*shift)[0].saturating_mul(counts(*shift)[1]) <= 2 * things.max(512) as i64;
        let shift = (least..40).find(few).unwrap_or(40);
        Layout { origin: [west, north], shift, counts: counts(shift) }
    }

    /// The cells of some values along an axis; beyond the plane the nearest.
    pub fn along(self, axis: usize, low: i64, high: i64) -> RangeInclusive<i64> {
        let cell = |v: i64| ((v - self.origin[axis]) >> self.shift).clamp(0, self.counts[axis] - 1);
        cell(low)..=cell(high)
    }

    /// The values of a cell along an axis.
    pub fn extent(self, axis: usize, cell: i64) -> (i64, i64) {
        let low = self.origin[axis] + (cell << self.shift);
        (low, low + (1 << self.shift) - 1)
    }

    /// The number of a cell: those of one column follow each other.
    pub fn number(self, column: i64, row: i64) -> usize {
        (column * self.counts[1] + row) as usize
    }

    fn count(self) -> usize {
        (self.counts[0] * self.counts[1]) as usize
    }

    /// The cells that a line passes, with so many units around it: columns, each with its rows.
    pub fn passed(self, a: [i64; 2], b: [i64; 2], around: i64) -> impl Iterator<Item = (i64, RangeInclusive<i64>)> {
        let (a, b) = if a <= b { (a, b) } else { (b, a) };
        self.along(0, a[0] - around, b[0] + around).map(move |column| {
            let (west, east) = self.extent(0, column);
            let run = b[0] - a[0];
            let at = |x: i64| a[1] + (b[1] - a[1]) * (x.clamp(a[0], b[0]) - a[0]) / run.max(1);
            let (p, q) = if run == 0 { (a[1], b[1]) } else { (at(west - around - 1), at(east + around + 1)) };
            // A division cuts toward zero: a unit more.
            (column, self.along(1, p.min(q) - around - 1, p.max(q) + around + 1))
        })
    }
}

/// Things by cell.
pub struct Cells<T> {
    pub layout: Layout,
    starts: Vec<u32>,
    things: Vec<T>,
}

impl<T: Copy + Default + Ord> Cells<T> {
    /// `put` is asked twice to name every thing with each of its cells.
    pub fn new(layout: Layout, put: impl Fn(&mut dyn FnMut(usize, T))) -> Self {
        let mut starts = vec![0u32; layout.count() + 1];
        put(&mut |cell, _| starts[cell + 1] += 1);
        (1..starts.len()).for_each(|cell| starts[cell] += starts[cell - 1]);
        let mut things = vec![T::default(); starts[layout.count()] as usize];
        put(&mut |cell, thing| {
            things[starts[cell] as usize] = thing;
            starts[cell] += 1;
        });
        // Each start has gone on to where the next cell begins.
        starts.pop();
        starts.insert(0, 0);
        Cells { layout, starts, things }
    }

    /// Keeps each thing of a cell once.
    pub fn dedup(&mut self) {
        let mut kept = 0;
        for cell in 0..self.starts.len() - 1 {
            let (from, to) = (self.starts[cell] as usize, self.starts[cell + 1] as usize);
            self.things[from..to].sort_unstable();
            self.starts[cell] = kept as u32;
            for i in from..to {
                if i == from || self.things[i] != self.things[i - 1] {
                    self.things[kept] = self.things[i];
                    kept += 1;
                }
            }
        }
        *self.starts.last_mut().expect("there is a start more than there are cells") = kept as u32;
        self.things.truncate(kept);
    }

    /// The things in some rows of a column.
    pub fn of(&self, column: i64, rows: RangeInclusive<i64>) -> &[T] {
        let (first, last) = (self.layout.number(column, *rows.start()), self.layout.number(column, *rows.end()));
        &self.things[self.starts[first] as usize..self.starts[last + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_in_every_cell_that_it_passes() {
        let layout = Layout::new([(-100, 500), (-50, 500)], 512, 3);
        for q in [[300, 7], [-5, 220], [90, 91], [0, 0], [16, 400]] {
            let found: Vec<(i64, RangeInclusive<i64>)> = layout.passed([3, 4], q, 0).collect();
            for t in 0..=1000 {
                let at = [0, 1].map(|k| ([3i64, 4][k] * (1000 - t) + q[k] * t).div_euclid(1000));
                let (columns, rows) = (layout.along(0, at[0], at[0]), layout.along(1, at[1], at[1]));
                let has =
                    |(column, of): &(i64, RangeInclusive<i64>)| columns.contains(column) && of.contains(rows.start());
                assert!(found.iter().any(has), "{q:?} {t}");
            }
        }
    }

    #[test]
    fn things_are_found_in_their_cells_each_once() {
        let layout = Layout::new([(0, 99), (0, 99)], 1, 4);
        let places = [[3, 3], [80, 3], [3, 3], [3, 90], [20, 20]];
        let mut cells = Cells::new(layout, |put| {
            for place in places {
                let cell = layout
                    .number(*layout.along(0, place[0], place[0]).start(), *layout.along(1, place[1], place[1]).start());
                put(cell, place);
            }
        });
        assert_eq!(cells.of(0, 0..=0), [[3, 3], [3, 3]]);
        cells.dedup();
        assert_eq!(cells.of(0, 0..=5), [[3, 3], [3, 90]]);
        assert_eq!(cells.of(1, 0..=1), [[20, 20]]);
    }
}
