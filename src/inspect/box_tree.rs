//! Boxes in a tree, to find those that meet another box without looking at all of them.

use std::ops::ControlFlow;

/// West, south, east, north.
pub type Box2<T> = [T; 4];

/// Children of one node. Eight boxes of `u32` fill two cache lines.
const FANOUT: usize = 8;

/// A packed tree over boxes in the order in which they come: neighbours in that order should be neighbours
/// in space, as the edges of a ring are.
pub struct BoxTree<T> {
    /// The boxes themselves, then their parents, level by level; the root is the last.
    boxes: Vec<Box2<T>>,
    /// Where each level starts, and the end of the last.
    levels: Vec<usize>,
}

impl<T: Copy + PartialOrd> BoxTree<T> {
    pub fn new(leaves: impl Iterator<Item = Box2<T>>) -> Self {
        let mut boxes: Vec<Box2<T>> = leaves.collect();
        let mut levels = vec![0, boxes.len()];
        while levels[levels.len() - 1] - levels[levels.len() - 2] > 1 {
            let (start, end) = (levels[levels.len() - 2], levels[levels.len() - 1]);
            for first in (start..end).step_by(FANOUT) {
                let parent = boxes[first..end.min(first + FANOUT)].iter().copied().reduce(around);
                boxes.extend(parent);
            }
            levels.push(boxes.len());
        }
        BoxTree { boxes, levels }
    }

    /// Calls `visit` for every box that meets `wanted`, touching ones too, in no order to rely on, until it breaks.
    pub fn visit(&self, wanted: Box2<T>, visit: &mut dyn FnMut(usize) -> ControlFlow<()>) -> ControlFlow<()> {
        self.descend(self.levels.len() - 2, 0, wanted, visit)
    }

    fn descend(
        &self,
        level: usize,
        first: usize,
        wanted: Box2<T>,
        visit: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let (start, end) = (self.levels[level], self.levels[level + 1]);
        for i in first..(first + FANOUT).min(end - start) {
            if meet(self.boxes[start + i], wanted) {
                match level {
                    0 => visit(i)?,
                    _ => self.descend(level - 1, i * FANOUT, wanted, visit)?,
                }
            }
        }
        ControlFlow::Continue(())
    }

    pub fn leaf(&self, i: usize) -> Box2<T> {
        self.boxes[i]
    }
}

pub fn meet<T: PartialOrd>(a: Box2<T>, b: Box2<T>) -> bool {
    a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]
}

pub fn around<T: Copy + PartialOrd>(a: Box2<T>, b: Box2<T>) -> Box2<T> {
    let least = |a: T, b: T| if b < a { b } else { a };
    let most = |a: T, b: T| if b > a { b } else { a };
    [least(a[0], b[0]), least(a[1], b[1]), most(a[2], b[2]), most(a[3], b[3])]
}

/// The box of some points; `None` without points.
pub fn of_points<T: Copy + PartialOrd>(points: impl Iterator<Item = [T; 2]>) -> Option<Box2<T>> {
    points.map(|[x, y]| [x, y, x, y]).reduce(around)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_box_that_meets_is_visited_once_and_no_other() {
        let boxes: Vec<Box2<u32>> = (0..1000).map(|i| [i % 37, i % 41, i % 37 + i % 5, i % 41 + i % 3]).collect();
        let tree = BoxTree::new(boxes.iter().copied());
        for wanted in [[0, 0, 50, 50], [10, 10, 12, 11], [36, 0, 36, 0], [60, 60, 70, 70]] {
            let mut found = vec![];
            let _ = tree.visit(wanted, &mut |i| {
                found.push(i);
                ControlFlow::Continue(())
            });
            found.sort_unstable();
            let expected: Vec<usize> = (0..boxes.len()).filter(|i| meet(boxes[*i], wanted)).collect();
            assert_eq!(found, expected);
        }
        let _ = BoxTree::<u32>::new(std::iter::empty()).visit([0, 0, 1, 1], &mut |_| unreachable!());
    }
}
