//! A place made of boxes.

/// West, north, east, south in world units, all inclusive.
pub type WorldBox = [u32; 4];

/// Boxes, looked up by their western sides.
#[derive(Clone, Debug)]
pub struct Region {
    boxes: Vec<WorldBox>,
    widest: u32,
    /// All of them.
    bounds: WorldBox,
}

impl Region {
    pub fn new(mut boxes: Vec<WorldBox>) -> Self {
        boxes.retain(|b| b[0] <= b[2]);
        boxes.sort_unstable();
        boxes.dedup();
        let widest = boxes.iter().map(|b| b[2] - b[0]).max().unwrap_or(0);
        let all = [u32::MAX, u32::MAX, 0, 0];
        let bounds = boxes.iter().fold(all, |a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]);
        Region { boxes, widest, bounds }
    }

    pub fn boxes(&self) -> &[WorldBox] {
        &self.boxes
    }

    pub fn is_empty(&self) -> bool {
        self.boxes.is_empty()
    }

    /// Whether a box comes within `margin` world units.
    pub fn meets(&self, around: WorldBox, margin: u32) -> bool {
        let [west, north, east, south] = grown(around, margin);
        let far = west > self.bounds[2] || east < self.bounds[0] || north > self.bounds[3] || south < self.bounds[1];
        !far && around[0] <= around[2] && self.near(around, margin).next().is_some()
    }

    /// The boxes that come within `margin` world units of another.
    pub fn near(&self, around: WorldBox, margin: u32) -> impl Iterator<Item = WorldBox> {
        let [west, north, east, south] = grown(around, margin);
        let first = self.boxes.partition_point(|b| b[0] < west.saturating_sub(self.widest));
        let last = self.boxes.partition_point(|b| b[0] <= east);
        let boxes = self.boxes[first.min(last)..last].iter().copied();
        boxes.filter(move |b| b[2] >= west && b[1] <= south && b[3] >= north)
    }

    /// Whether a corner lies in one of the boxes.
    pub fn holds(&self, [x, y]: [u32; 2]) -> bool {
        self.meets([x, y, x, y], 0)
    }
}

/// A box with a margin around it.
pub fn grown([west, north, east, south]: WorldBox, margin: u32) -> WorldBox {
    let less = |v: u32| v.saturating_sub(margin);
    let more = |v: u32| v.saturating_add(margin);
    [less(west), less(north), more(east), more(south)]
}

/// What two boxes have in common; west lies east of east when that is nothing.
pub fn common(a: WorldBox, b: WorldBox) -> WorldBox {
    [a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_knows_which_boxes_come_near() {
        let region = Region::new(vec![[100, 100, 110, 110], [0, 0, 50, 5], [300, 0, 310, 500]]);
        assert!(region.meets([105, 105, 200, 200], 0) && region.holds([110, 110]) && region.holds([50, 0]));
        assert!(!region.meets([112, 0, 297, 500], 1) && region.meets([112, 100, 297, 500], 2));
        assert_eq!(region.near([0, 0, 400, 400], 0).count(), 3);
        assert_eq!(common([0, 0, 10, 10], [5, 20, 30, 30])[1..], [20, 10, 10]);
    }
}
