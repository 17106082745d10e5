//! The communes of the province as a drawing made at build time: what the map's page shows before the map is there,
//! and instead of it where nothing can draw one.

use std::fmt::Write as _;

use minijinja::{Value, context};

use super::catalogue::{Catalogue, Commune, Unit};
use super::template;
use crate::model::label_point;
use crate::model::shapes::WorldCoord;

/// Units of the drawing along the longer side of the province. A border's steps are whole units, about half a dot of
/// a wide screen; neighbours round the same points the same way and stay joined.
const LONGEST: f64 = 1600.0;
const MARGIN: f64 = 8.0;
/// What a letter of a name takes, and the least height of letters that can be read when the drawing fills a phone.
const LETTER_WIDTH: f64 = 0.56;
const FONT_SIZES: [f64; 3] = [72.0, 60.0, 48.0];

/// Web Mercator, which keeps angles; y downward.
struct Frame {
    low: [f64; 2],
    units: f64,
    size: [f64; 2],
}

/// Width, height and the inside of an `<svg>`; each commune is a link to its page. `None` without a boundary dataset.
pub fn view(catalogue: &Catalogue, prefix: &str) -> Option<Value> {
    let drawn: Vec<(&Commune, &Unit)> =
        catalogue.communes.values().filter_map(|commune| Some((commune, commune.unit.as_ref()?))).collect();
    let frame = Frame::around(drawn.iter().flat_map(|(_, unit)| unit.world.feature_rings(unit.feature)).flatten())?;
    let [mut body, mut names] = [String::new(), String::new()];
    for (commune, unit) in &drawn {
        let rings: Vec<_> = unit.world.feature_rings(unit.feature).map(|ring| frame.ring(ring)).collect();
        write_commune(&mut body, commune, prefix, &rings);
        write_name(&mut names, commune.name, &rings);
    }
    let _ = write!(body, "<g class=\"numbers\" text-anchor=\"middle\">{names}</g>");
    let [width, height] = frame.size.map(|side| side.round() as u32);
    Some(context! { width, height, body => Value::from_safe_string(body) })
}

impl Frame {
    fn around<'c>(coords: impl Iterator<Item = &'c WorldCoord>) -> Option<Self> {
        let corners = coords.map(|[x, y]| [f64::from(*x), f64::from(*y)]).map(|at| (at, at));
        let (low, high) = corners.reduce(|(low, high), (at, _)| {
            ([low[0].min(at[0]), low[1].min(at[1])], [high[0].max(at[0]), high[1].max(at[1])])
        })?;
        let spans = [high[0] - low[0], high[1] - low[1]];
        let units = LONGEST / spans[0].max(spans[1]).max(1.0);
        Some(Frame { low, units, size: spans.map(|span| span * units + 2.0 * MARGIN) })
    }

    /// On whole units, no point twice in a row; an island smaller than a unit becomes one point and is not drawn.
    fn ring(&self, ring: &[WorldCoord]) -> Vec<[f64; 2]> {
        let place = |[x, y]: &WorldCoord| {
            [(f64::from(*x) - self.low[0]) * self.units, (f64::from(*y) - self.low[1]) * self.units]
                .map(|at| (at + MARGIN).round())
        };
        let mut placed: Vec<[f64; 2]> = ring.iter().map(place).collect();
        placed.dedup();
        placed
    }
}

fn write_commune(body: &mut String, commune: &Commune, prefix: &str, rings: &[Vec<[f64; 2]>]) {
    let (path, code) = (commune.path(), template::escape(commune.code));
    let _ = write!(body, "<a href=\"{prefix}{path}\" tabindex=\"-1\" data-xa=\"{code}\"><path d=\"");
    for ring in rings.iter().filter(|ring| ring.len() > 2) {
        write_steps(body, ring);
    }
    let _ = write!(body, "\"><title>{}</title></path></a>", template::escape(commune.name));
}

/// From point to point as differences, which are short numbers.
fn write_steps(body: &mut String, ring: &[[f64; 2]]) {
    let [x, y] = ring[0];
    let _ = write!(body, "M{x} {y}l");
    for (i, pair) in ring.windows(2).enumerate() {
        let [dx, dy] = [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]];
        let before = if i == 0 || dx < 0.0 { "" } else { " " };
        let between = if dy < 0.0 { "" } else { " " };
        let _ = write!(body, "{before}{dx}{between}{dy}");
    }
    body.push('z');
}

/// In the largest letters of which the whole name lies within the commune's width at that place; otherwise not at all.
fn write_name(names: &mut String, name: &str, rings: &[Vec<[f64; 2]>]) {
    let Some(point) = label_point::inside(rings) else { return };
    let [x, y] = point.at;
    let room = width_at(rings, x, y);
    let letters = name.chars().count() as f64;
    let Some(size) = FONT_SIZES.iter().find(|size| letters * LETTER_WIDTH * **size <= room) else { return };
    let name = template::escape(name);
    let _ = write!(names, "<text x=\"{x:.0}\" y=\"{:.0}\" font-size=\"{size}\">{name}</text>", y + size * 0.35);
}

/// How far a text that is centred on a point can reach before it crosses a border, both sides together.
fn width_at(rings: &[Vec<[f64; 2]>], x: f64, y: f64) -> f64 {
    let edges = rings.iter().flat_map(|ring| ring.iter().zip(ring.iter().cycle().skip(1)));
    let crossings = edges.filter(|(a, b)| (a[1] > y) != (b[1] > y));
    let reach = crossings.map(|(a, b)| (a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]) - x).abs());
    reach.reduce(f64::min).map_or(0.0, |nearest| 2.0 * nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_round_their_common_border_alike_and_a_speck_is_left_out() {
        let frame = Frame::around([[0, 0], [8_000_000, 4_000_000]].iter()).unwrap();
        let border = [[4_003_333, 0], [4_004_444, 2_000_000], [4_003_333, 4_000_000]];
        let mut backwards = border;
        backwards.reverse();
        let mut back = frame.ring(&backwards);
        back.reverse();
        assert_eq!(frame.ring(&border), back);
        assert_eq!(frame.ring(&[[5, 5], [9, 5], [7, 9]]).len(), 1);
        assert_eq!(frame.size, [1616.0, 816.0]);
    }

    #[test]
    fn a_name_that_does_not_fit_is_not_written() {
        let square = |side: f64| vec![vec![[0.0, 0.0], [side, 0.0], [side, side], [0.0, side]]];
        let written = |side| {
            let mut names = String::new();
            write_name(&mut names, "Xã An Minh", &square(side));
            names
        };
        assert!(written(800.0).contains("font-size=\"72\">Xã An Minh</text>"));
        assert!(written(300.0).contains("font-size=\"48\""));
        assert_eq!(written(200.0), "");
    }

    #[test]
    fn a_ring_is_written_as_steps_and_closed() {
        let mut body = String::new();
        write_steps(&mut body, &[[10.0, 10.0], [20.0, 10.0], [20.0, 5.0], [8.0, 12.0]]);
        assert_eq!(body, "M10 10l10 0 0-5-12 7z");
    }
}
