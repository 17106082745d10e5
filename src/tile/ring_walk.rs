//! Directed borders → simple rings → polygons with their holes.
//!
//! Land lies to the left of a border with north up (y grows southward). Borders meet only at their ends: what
//! calls this has seen to it.

use rustc_hash::FxHashMap;

/// A corner: world coordinates, or units of a tile.
pub type Corner<C> = [C; 2];

/// A border from one corner to the next.
pub type Border<C> = (Corner<C>, Corner<C>);

/// An outer ring and the holes in it, all open, land to the left.
pub type Polygon<C> = Vec<Vec<Corner<C>>>;

/// Whole numbers that corners are made of.
pub trait Whole: Copy + Ord + std::hash::Hash + Into<i64> {}
impl<C: Copy + Ord + std::hash::Hash + Into<i64>> Whole for C {}

/// The borders of a ring, without those that lead nowhere.
pub fn borders<C: Whole>(ring: &[Corner<C>]) -> impl Iterator<Item = Border<C>> {
    (0..ring.len()).map(move |i| (ring[i], ring[(i + 1) % ring.len()])).filter(|(a, b)| a != b)
}

/// Takes out each border that another one runs along in the other direction; what remains is sorted.
pub fn cancel<C: Whole>(mut borders: Vec<Border<C>>) -> Vec<Border<C>> {
    borders.sort_unstable_by_key(|&(a, b)| (a.min(b), a.max(b), a > b));
    let mut kept = vec![];
    for same_line in borders.chunk_by(|(a, b), (c, d)| (a.min(b), a.max(b)) == (c.min(d), c.max(d))) {
        let forward = same_line.iter().filter(|(a, b)| a < b).count();
        let backward = same_line.len() - forward;
        match forward > backward {
            true => kept.extend_from_slice(&same_line[..forward - backward]),
            false => kept.extend_from_slice(&same_line[forward..backward]),
        }
    }
    kept.sort_unstable();
    kept
}

/// Joins borders (sorted, in balance at every corner) to polygons; rings touch themselves nowhere.
pub fn polygons<C: Whole>(borders: &[Border<C>]) -> Vec<Polygon<C>> {
    let (outer, holes): (Vec<_>, Vec<_>) = rings(borders).into_iter().partition(|ring| land_area(ring) > 0);
    if holes.len() > MANY {
        return beside(outer, holes);
    }
    let mut polygons: Vec<Polygon<C>> = outer.into_iter().map(|ring| vec![ring]).collect();
    let boxes: Vec<[C; 4]> = polygons.iter().map(|polygon| ring_box(&polygon[0])).collect();
    let mut by_west: Vec<u32> = (0..boxes.len() as u32).collect();
    by_west.sort_unstable_by_key(|i| boxes[*i as usize][0]);
    for hole in holes {
        if let Some(i) = around(&hole, &polygons, &boxes, &by_west) {
            polygons[i].push(hole);
        }
    }
    polygons
}

/// With more holes than this, asking every polygon around each of them takes longer than sorting borders by rows.
const MANY: usize = 64;

/// Gives each hole to the polygon of the ring that lies next to it in the west: an outer ring, or another hole of
/// the same polygon.
fn beside<C: Whole>(outer: Vec<Vec<Corner<C>>>, holes: Vec<Vec<Corner<C>>>) -> Vec<Polygon<C>> {
    let outers = outer.len();
    let rings: Vec<Vec<Corner<C>>> = outer.into_iter().chain(holes).collect();
    let rows = Rows::new(&rings);
    let beside: Vec<Option<usize>> = (outers..rings.len()).map(|hole| rows.west_of(&rings, hole)).collect();
    let mut polygons: Vec<Polygon<C>> = vec![vec![]; outers];
    for (i, ring) in rings.into_iter().enumerate() {
        // Rings lie further west with every step: the way ends.
        let mut at = Some(i);
        while let Some(hole) = at.filter(|at| *at >= outers) {
            at = beside[hole - outers];
        }
        if let Some(outer) = at {
            polygons[outer].push(ring);
        }
    }
    polygons
}

/// Borders by rows of the land.
struct Rows<C> {
    north: i64,
    height: i64,
    borders: Vec<Vec<(Border<C>, u32)>>,
}

impl<C: Whole> Rows<C> {
    fn new(rings: &[Vec<Corner<C>>]) -> Self {
        let ys = || rings.iter().flatten().map(|p| p[1].into());
        let (north, south) = (ys().min().unwrap_or(0), ys().max().unwrap_or(0));
        let count = (rings.iter().map(Vec::len).sum::<usize>() as f64).sqrt() as i64 + 1;
        let height = (south - north) / count + 1;
        let mut borders = vec![vec![]; count as usize + 1];
        for (i, ring) in rings.iter().enumerate() {
            for (a, b) in self::borders(ring).filter(|(a, b)| a[1] != b[1]) {
                let (first, last) = (a[1].min(b[1]).into() - north, a[1].max(b[1]).into() - north);
                (first / height..=last / height).for_each(|row| borders[row as usize].push(((a, b), i as u32)));
            }
        }
        Rows { north, height, borders }
    }

    /// The ring next to a hole in the west, at a place where no corner lies.
    fn west_of(&self, rings: &[Vec<Corner<C>>], hole: usize) -> Option<usize> {
        let (a, b) = borders(&rings[hole]).find(|(a, b)| a[1] != b[1])?;
        let wide = |v: C| v.into() as f64;
        let y = wide(a[1]) + (wide(b[1]) - wide(a[1])) * 0.381_966;
        let crosses = |(p, q): &Border<C>| (wide(p[1]) > y) != (wide(q[1]) > y);
        let x =
            |(p, q): &Border<C>| wide(p[0]) + (y - wide(p[1])) / (wide(q[1]) - wide(p[1])) * (wide(q[0]) - wide(p[0]));
        let own = borders(&rings[hole]).filter(crosses).map(|border| x(&border)).fold(f64::INFINITY, f64::min);
        let row = &self.borders[((y as i64 - self.north) / self.height) as usize];
        let others = row.iter().filter(|(border, ring)| *ring as usize != hole && crosses(border));
        let west = others.map(|(border, ring)| (x(border), *ring)).filter(|(x, _)| *x < own);
        west.max_by(|p, q| p.0.total_cmp(&q.0).then(p.1.cmp(&q.1))).map(|(_, ring)| ring as usize)
    }
}

/// Walks along the borders. Where several leave a corner, the walk turns as sharply as it can to the side
/// where the land lies; where it comes back to a corner it has passed, a ring is complete.
fn rings<C: Whole>(borders: &[Border<C>]) -> Vec<Vec<Corner<C>>> {
    let mut rings = vec![];
    let mut used = vec![false; borders.len()];
    let mut passed: FxHashMap<Corner<C>, usize> = FxHashMap::default();
    for first in 0..borders.len() {
        let mut path: Vec<Corner<C>> = vec![];
        passed.clear();
        let mut at = (!used[first]).then_some(first);
        while let Some(border) = at {
            used[border] = true;
            let (from, to) = borders[border];
            passed.insert(from, path.len());
            path.push(from);
            if let Some(&begin) = passed.get(&to) {
                let ring = path.split_off(begin);
                ring.iter().for_each(|corner| {
                    passed.remove(corner);
                });
                rings.push(ring);
                if path.is_empty() {
                    break;
                }
            }
            at = next(borders, &used, from, to);
        }
    }
    rings
}

/// The unused border leaving `to` with the sharpest turn to the left (north up), coming from `from`.
fn next<C: Whole>(borders: &[Border<C>], used: &[bool], from: Corner<C>, to: Corner<C>) -> Option<usize> {
    let start = borders.partition_point(|border| border.0 < to);
    let leaving = (start..borders.len()).take_while(|i| borders[*i].0 == to).filter(|i| !used[*i]);
    leaving.max_by(|a, b| turn(from, to, borders[*a].1).total_cmp(&turn(from, to, borders[*b].1)))
}

/// Angle of the turn at `b`, positive to the left with north up.
fn turn<C: Whole>(a: Corner<C>, b: Corner<C>, c: Corner<C>) -> f64 {
    let minus = |p: Corner<C>, q: Corner<C>| ((p[0].into() - q[0].into()) as f64, (q[1].into() - p[1].into()) as f64);
    let ((ux, uy), (vx, vy)) = (minus(b, a), minus(c, b));
    (ux * vy - uy * vx).atan2(ux * vx + uy * vy)
}

/// Twice the area in square units, positive when counter-clockwise with north up.
pub fn land_area<C: Whole>(ring: &[Corner<C>]) -> i128 {
    let Some(origin) = ring.first() else { return 0 };
    let local = |p: Corner<C>| [0, 1].map(|axis| i128::from(p[axis].into() - origin[axis].into()));
    borders(ring).map(|(a, b)| (local(a), local(b))).map(|(a, b)| b[0] * a[1] - a[0] * b[1]).sum()
}

fn ring_box<C: Whole>(ring: &[Corner<C>]) -> [C; 4] {
    let start = [ring[0][0], ring[0][1], ring[0][0], ring[0][1]];
    ring.iter().fold(start, |b, p| [b[0].min(p[0]), b[1].min(p[1]), b[2].max(p[0]), b[3].max(p[1])])
}

/// The smallest polygon whose outer ring lies around the hole.
fn around<C: Whole>(hole: &[Corner<C>], polygons: &[Polygon<C>], boxes: &[[C; 4]], by_west: &[u32]) -> Option<usize> {
    let inner = ring_box(hole);
    let holds = |b: &[C; 4]| b[1] <= inner[1] && b[2] >= inner[2] && b[3] >= inner[3];
    // The middle of an edge lies on no other ring: each border stands once.
    let middle = [0, 1].map(|axis| hole[0][axis].into() + hole[1][axis].into());
    let begin_west_of_it = by_west.partition_point(|i| boxes[*i as usize][0] <= inner[0]);
    by_west[..begin_west_of_it]
        .iter()
        .map(|i| *i as usize)
        .filter(|i| holds(&boxes[*i]) && encloses(&polygons[*i][0], 2, middle))
        .min_by_key(|i| (land_area(&polygons[*i][0]), *i))
}

/// Even-odd rule for a point in parts of a unit, so that middles of edges and triangles are whole numbers.
pub fn encloses<C: Whole>(ring: &[Corner<C>], parts: i64, [px, py]: [i64; 2]) -> bool {
    let fine = |p: Corner<C>| p.map(|v| v.into() * parts);
    let crossed = borders(ring).filter(|(a, b)| {
        let (a, b) = (fine(*a), fine(*b));
        if (a[1] > py) == (b[1] > py) {
            return false;
        }
        let side = i128::from(b[0] - a[0]) * i128::from(py - a[1]) - i128::from(px - a[0]) * i128::from(b[1] - a[1]);
        if b[1] > a[1] { side > 0 } else { side < 0 }
    });
    crossed.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rings in tile units, y downward, land to the left with north up.
    fn joined(rings: &[&[Corner<i32>]]) -> Vec<Polygon<i32>> {
        polygons(&cancel(rings.iter().flat_map(|ring| borders(ring)).collect()))
    }

    #[test]
    fn a_spike_that_returns_on_itself_goes() {
        let found = joined(&[&[[0, 0], [0, 10], [10, 10], [10, 5], [20, 5], [10, 5], [10, 0]]]);
        assert_eq!(found.len(), 1);
        assert_eq!(land_area(&found[0][0]), 200);
        assert_eq!(found[0][0].len(), 5);
    }

    #[test]
    fn a_ring_that_touches_itself_becomes_two() {
        let found = joined(&[&[[0, 0], [5, 5], [0, 10], [10, 10], [5, 5], [10, 0]]]);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|polygon| polygon.len() == 1 && land_area(&polygon[0]) == 50));
    }

    #[test]
    fn a_hole_that_touches_the_outer_ring_stays_a_hole() {
        let found = joined(&[&[[0, 0], [0, 10], [10, 10], [10, 0]], &[[0, 0], [5, 3], [3, 5]]]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].len(), 2);
        assert!(land_area(&found[0][1]) < 0);
    }

    #[test]
    fn a_hole_that_shares_a_border_with_the_outer_ring_is_a_notch() {
        let found = joined(&[&[[0, 0], [0, 10], [10, 10], [10, 0], [6, 0], [4, 0]], &[[4, 0], [6, 0], [5, 3]]]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].len(), 1);
        assert_eq!(land_area(&found[0][0]), 200 - 6);
    }
}
