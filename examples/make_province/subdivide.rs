//! From a block to parcels: rows of lots, gardens, strips of fields.

use super::coverage::{self, Coverage, CutRule, Point, Ring};
use super::curve::{self, Metres};
use super::random::Random;

/// The narrowest rectangle around a ring: `along` its long side.
#[derive(Clone, Copy)]
pub struct Frame {
    pub centre: Metres,
    pub along: Metres,
    pub length_m: f64,
    pub width_m: f64,
}

impl Frame {
    pub fn of(ring: &[Point]) -> Frame {
        coverage::edges(ring)
            .map(|(a, b)| curve::minus(curve::to_metres(b), curve::to_metres(a)))
            .filter(|side| curve::length(*side) > 0.5)
            .map(|side| Frame::along(ring, curve::unit(side)))
            .min_by(|a, b| (a.length_m * a.width_m).total_cmp(&(b.length_m * b.width_m)))
            .unwrap_or_else(|| Frame::along(ring, [1.0, 0.0]))
    }

    fn along(ring: &[Point], direction: Metres) -> Frame {
        let normal = curve::left_of(direction);
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for p in ring {
            let p = curve::to_metres(*p);
            for (k, axis) in [direction, normal].into_iter().enumerate() {
                low[k] = low[k].min(curve::dot(p, axis));
                high[k] = high[k].max(curve::dot(p, axis));
            }
        }
        let middle = [(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0];
        let centre = curve::add([direction[0] * middle[0], direction[1] * middle[0]], normal, middle[1]);
        let (length_m, width_m) = (high[0] - low[0], high[1] - low[1]);
        if length_m >= width_m {
            Frame { centre, along: direction, length_m, width_m }
        } else {
            Frame { centre, along: normal, length_m: width_m, width_m: length_m }
        }
    }

    pub fn across(&self) -> Metres {
        curve::left_of(self.along)
    }

    /// The point `share` of the way along the middle.
    pub fn at(&self, share: f64) -> Metres {
        curve::add(self.centre, self.along, (share - 0.5) * self.length_m)
    }
}

/// A line that runs lengthwise through a ring at `share` of its depth, bending as the ring bends.
pub fn lengthwise(ring: &[Point], frame: &Frame, share: f64) -> Vec<Metres> {
    let samples = ((frame.length_m / 25.0) as usize).clamp(2, 12);
    let mut line: Vec<Metres> = vec![];
    for k in 0..samples {
        let t = 0.12 + 0.76 * k as f64 / (samples - 1) as f64;
        let origin = frame.at(t);
        if let Some((from, to)) = coverage::longest_chord(ring, origin, frame.across()) {
            line.push(curve::add(origin, frame.across(), from + (to - from) * share));
        }
    }
    if line.len() < 2 {
        line = vec![frame.at(0.1), frame.at(0.9)];
    }
    if line.windows(3).any(is_kink) {
        line = vec![line[0], line[line.len() - 1]];
    }
    curve::extend(&line, frame.length_m * 0.4 + 5.0)
}

/// Whether the middle line turns by more than about 15° at once: the ring has a notch there, no bend.
fn is_kink(points: &[Metres]) -> bool {
    let (before, after) = (curve::minus(points[1], points[0]), curve::minus(points[2], points[1]));
    curve::dot(curve::unit(before), curve::unit(after)) < 0.965
}

/// How a row is cut into lots.
#[derive(Clone, Copy)]
pub struct LotStyle {
    pub frontage_m: f64,
    /// Frontages differ by this share of themselves.
    pub spread: f64,
    /// How far a side may turn from the square.
    pub skew: f64,
    /// How often a side is bent, and by how much.
    pub bent: f64,
    pub bend_m: f64,
    pub rule: CutRule,
}

/// Cuts a block into `rows` of equal depth, back to back.
pub fn into_rows(coverage: &mut Coverage, block: Ring, rows: usize, rule: CutRule) -> Vec<Ring> {
    let frame = Frame::of(&block);
    let mut done = vec![];
    let mut rest = block;
    for left in (2..=rows).rev() {
        let line = curve::line_to_grid(&lengthwise(&rest, &frame, 1.0 / left as f64));
        // The line runs along the frame, so the part below it lies to its right.
        let Some((above, below)) = coverage.cut(&rest, &line, rule) else { break };
        done.push(below);
        rest = above;
    }
    done.push(rest);
    done
}

/// Cuts a row across into lots that each keep their share of the street.
pub fn into_lots(coverage: &mut Coverage, row: Ring, style: &LotStyle, random: &mut Random) -> Vec<Ring> {
    let frame = Frame::of(&row);
    let guide = lengthwise(&row, &frame, 0.5);
    let mut done = vec![];
    let mut rest = row.clone();
    for share in frontages(frame.length_m, style, random) {
        let Some(line) = side_line(&row, &frame, &guide, share, style, random) else { continue };
        if let Some((lot, beyond)) = coverage.cut(&rest, &line, style.rule) {
            done.push(lot);
            rest = beyond;
        }
    }
    done.push(rest);
    done
}

/// Where the sides between lots stand, as shares of the row's length.
fn frontages(length_m: f64, style: &LotStyle, random: &mut Random) -> Vec<f64> {
    let count = (length_m / style.frontage_m).round().max(1.0) as usize;
    let widths: Vec<f64> = (0..count)
        .map(|_| {
            let double = if random.chance(0.06) { 1.7 } else { 1.0 };
            double * (1.0 + style.spread * random.signed())
        })
        .collect();
    let total: f64 = widths.iter().sum();
    let mut reached = 0.0;
    widths[..count - 1]
        .iter()
        .map(|width| {
            reached += width / total;
            reached
        })
        .collect()
}

/// The side between two lots: square to the row's middle line there, a little skewed, sometimes bent.
fn side_line(
    row: &[Point],
    frame: &Frame,
    guide: &[Metres],
    share: f64,
    style: &LotStyle,
    random: &mut Random,
) -> Option<Vec<Point>> {
    let (skew, is_bent, bend, place) =
        (random.signed() * style.skew, random.chance(style.bent), random.signed(), random.between(0.3, 0.7));
    let origin = frame.at(share);
    let direction = local_direction(guide, origin, frame);
    let across = curve::unit(curve::add(curve::left_of(direction), direction, skew));
    let (from, to) = coverage::longest_chord(row, origin, across)?;
    let reach = 1.0 + (to - from) * 0.08;
    let mut line = vec![curve::add(origin, across, from - reach), curve::add(origin, across, to + reach)];
    if is_bent {
        let knee = curve::add(origin, across, from + (to - from) * place);
        line.insert(1, curve::add(knee, direction, bend * style.bend_m));
    }
    Some(curve::line_to_grid(&line))
}

/// Where the row's middle line leads, held near the row's own direction: at a slanting end it would make
/// the sides fan out.
fn local_direction(guide: &[Metres], at: Metres, frame: &Frame) -> Metres {
    let nearest = guide
        .windows(2)
        .min_by(|a, b| curve::side(a, at).1.total_cmp(&curve::side(b, at).1))
        .expect("a guide has two points");
    let local = curve::unit(curve::minus(nearest[1], nearest[0]));
    curve::unit(curve::add(frame.along, frame.across(), curve::dot(local, frame.across()).clamp(-0.2, 0.2)))
}

/// Halves a ring across its long side until each piece is at most about `target_m2`: old gardens, ponds.
pub fn into_pieces(
    coverage: &mut Coverage,
    ring: Ring,
    target_m2: f64,
    rule: CutRule,
    random: &mut Random,
) -> Vec<Ring> {
    let mut done = vec![];
    let mut open = vec![ring];
    while let Some(ring) = open.pop() {
        if coverage::area_m2(&ring) < target_m2 * random.between(1.0, 1.7) {
            done.push(ring);
            continue;
        }
        let style = LotStyle { frontage_m: 0.0, spread: 0.0, skew: 0.1, bent: 0.35, bend_m: 1.2, rule };
        let frame = Frame::of(&ring);
        let guide = lengthwise(&ring, &frame, 0.5);
        let share = random.between(0.42, 0.58);
        let cut =
            side_line(&ring, &frame, &guide, share, &style, random).and_then(|line| coverage.cut(&ring, &line, rule));
        match cut {
            Some((a, b)) => open.extend([b, a]),
            None => done.push(ring),
        }
    }
    done
}

/// Cuts a corner out of a lot, which leaves an L: a house sold off the front of a garden.
pub fn into_l_shape(coverage: &mut Coverage, lot: &Ring, rule: CutRule, random: &mut Random) -> Option<(Ring, Ring)> {
    let frame = Frame::of(lot);
    let knee =
        curve::add(frame.at(random.between(0.38, 0.5)), frame.across(), random.between(-0.05, 0.1) * frame.width_m);
    let back = curve::add(knee, frame.along, -frame.length_m);
    let out = curve::add(knee, frame.across(), -frame.width_m * 1.2);
    coverage.cut(lot, &curve::line_to_grid(&[back, knee, out]), rule)
}

/// A pond inside the ring, where there is room for one: seven to nine corners, counter-clockwise.
pub fn pond_within(ring: &[Point], random: &mut Random) -> Option<Ring> {
    let centre = coverage::label_point(ring, &[]);
    let room = coverage::distance_to_border(ring, centre);
    if room < 6.0 {
        return None;
    }
    const COMPASS: [Metres; 8] =
        [[1.0, 0.0], [0.71, 0.7], [0.0, 1.0], [-0.7, 0.71], [-1.0, 0.0], [-0.71, -0.7], [0.0, -1.0], [0.7, -0.71]];
    let radius = (room * 0.72).min(16.0);
    let corner = |direction: &Metres, random: &mut Random| {
        curve::to_grid(curve::add(centre, *direction, radius * random.between(0.72, 1.0)))
    };
    Some(COMPASS.iter().map(|direction| corner(direction, random)).collect())
}
