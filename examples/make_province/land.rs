//! The lie of the land of one district: two communes, a river, roads, and the blocks between them.

use super::coverage::{self, Coverage, CutRule, Point, Ring};
use super::curve::{self, Metres, Wave};
use super::random::Random;
use super::subdivide::{self, Frame};

/// One district of the province's chequerboard.
#[derive(Clone, Copy)]
pub struct Layout {
    pub seed: u64,
    /// Column and row; rivers and main roads run on from one to the next.
    pub cell: [i64; 2],
    pub width_m: f64,
    pub height_m: f64,
    /// A road along the outer border, so that districts can be made apart from each other.
    pub ring_road: bool,
}

/// What a block is used for, which decides how it is cut up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Setting {
    Town,
    Village,
    Field,
    Aquaculture,
    /// Between the dyke and the water.
    Riverside,
    /// One row of houses along a main road.
    Ribbon,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Way {
    NationalRoad,
    ProvincialRoad,
    CommuneRoad,
    Street,
    /// Lanes, farm tracks and what is left over beside a road.
    Lane,
    River,
    Canal,
}

/// Land that belongs to a road or a water and is no parcel.
pub struct Corridor {
    pub commune: usize,
    pub way: Way,
    pub ring: Ring,
}

pub struct CentreLine {
    pub commune: usize,
    pub way: Way,
    pub name: Option<String>,
    pub line: Vec<Metres>,
}

pub struct Block {
    pub commune: usize,
    pub setting: Setting,
    pub ring: Ring,
    /// Index of the village it belongs to, where it belongs to one.
    pub village: usize,
}

pub struct Land {
    pub coverage: Coverage,
    /// The western commune, then the eastern.
    pub communes: [Ring; 2],
    pub corridors: Vec<Corridor>,
    pub centre_lines: Vec<CentreLine>,
    pub blocks: Vec<Block>,
    pub villages: Vec<Village>,
    pub town: Metres,
    /// Middle of the national road, for plans that follow it.
    pub national_road: Vec<Metres>,
}

#[derive(Clone, Copy)]
pub struct Village {
    pub centre: Metres,
    pub radius_m: f64,
    pub commune: usize,
}

struct Plot {
    commune: usize,
    ring: Ring,
}

const MAIN_RULE: CutRule = CutRule { snap_m: 0.05, least_m2: 1.0, least_width_m: 0.0 };
const TOWN_RADIUS_M: f64 = 315.0;

/// Where villages lie, as shares of the district's width and height.
const VILLAGE_SITES: [[f64; 2]; 9] = [
    [0.60, 0.44],
    [0.87, 0.47],
    [0.57, 0.86],
    [0.80, 0.77],
    [0.95, 0.88],
    [0.72, 0.07],
    [0.08, 0.38],
    [0.34, 0.07],
    [0.30, 0.93],
];

const STREET_NAMES: [&str; 16] = [
    "Đường Bến Lụa",
    "Đường Hoa Gạo",
    "Đường Lúa Vàng",
    "Đường Cầu Tre",
    "Đường Chợ Cũ",
    "Đường Hàng Cau",
    "Đường Gốc Đa",
    "Đường Ao Sen",
    "Đường Tre Xanh",
    "Đường Mái Đình",
    "Đường Con Đò",
    "Đường Bờ Ao",
    "Đường Hoa Sen",
    "Đường Cánh Diều",
    "Đường Giếng Làng",
    "Đường Cây Bưởi",
];

impl Land {
    pub fn lay_out(layout: &Layout) -> Land {
        let mut builder = Builder::new(layout);
        builder.border_road();
        builder.river_and_dykes();
        builder.main_roads();
        builder.canal();
        builder.divide();
        builder.finish()
    }

    /// The number, from 0, of the village nearest to a point of its commune.
    pub fn village_rank(&self, commune: usize, point: Metres) -> usize {
        rank_in_commune(&self.villages, commune, point)
    }
}

fn nearest_village(villages: &[Village], commune: usize, point: Metres) -> usize {
    let reach = |village: &Village| curve::distance(village.centre, point) / village.radius_m;
    (0..villages.len())
        .filter(|i| villages[*i].commune == commune)
        .min_by(|a, b| reach(&villages[*a]).total_cmp(&reach(&villages[*b])))
        .unwrap_or(0)
}

/// How many villages of the commune stand before the nearest one in the list.
fn rank_in_commune(villages: &[Village], commune: usize, point: Metres) -> usize {
    villages[..nearest_village(villages, commune, point)].iter().filter(|village| village.commune == commune).count()
}

struct Builder<'a> {
    layout: &'a Layout,
    random: Random,
    coverage: Coverage,
    communes: [Ring; 2],
    border: Vec<Metres>,
    river: Vec<Metres>,
    main: Vec<(Vec<Metres>, f64)>,
    land: Vec<Plot>,
    corridors: Vec<Corridor>,
    centre_lines: Vec<CentreLine>,
    blocks: Vec<Block>,
    villages: Vec<Village>,
    town: Metres,
    streets_named: usize,
    lanes_named: usize,
}

impl<'a> Builder<'a> {
    fn new(layout: &'a Layout) -> Self {
        let mut coverage = Coverage::default();
        let outline: Ring = curve::line_to_grid(&outline(layout));
        let mut random = Random::new(layout.seed, &[100, layout.cell[0], layout.cell[1]]);
        let border = commune_border(layout);
        let (west, east) =
            coverage.cut(&outline, &curve::line_to_grid(&border), MAIN_RULE).expect("the border crosses the district");
        let town = [layout.provincial_x(layout.height_m * 0.62), layout.national_y(layout.width_m * 0.24)];
        let villages = village_sites(layout, &border, &mut random);
        Builder {
            layout,
            random,
            coverage,
            communes: [west.clone(), east.clone()],
            border,
            river: layout.eastward(|x| layout.river_y(x), 12.0),
            main: vec![],
            land: vec![Plot { commune: 0, ring: west }, Plot { commune: 1, ring: east }],
            corridors: vec![],
            centre_lines: vec![],
            blocks: vec![],
            villages,
            town,
            streets_named: 0,
            lanes_named: 0,
        }
    }

    fn border_road(&mut self) {
        if self.layout.ring_road {
            for side in sides(self.layout) {
                self.carve_all(&curve::extend(&side, 40.0), 9.0, Way::CommuneRoad, None);
            }
        }
    }

    fn river_and_dykes(&mut self) {
        let wave = |id| Wave { seed: self.layout.seed, id };
        let (north, south) = (wave(21), wave(22));
        let shift = |line: Vec<Metres>, wave: Wave| -> Vec<Metres> {
            line.into_iter().map(|p| [p[0], p[1] + 7.0 * wave.at(self.layout.east(p[0]) / 110.0)]).collect()
        };
        let left = shift(curve::offset(&self.river, 38.0), north);
        let right = shift(curve::offset(&self.river, -38.0), south);
        self.carve_between(&left, &right, 110.0, Way::River);
        for (by_m, name) in [(66.0, "Đường đê tả"), (-66.0, "Đường đê hữu")] {
            let dyke = curve::offset(&self.river, by_m);
            self.carve_all(&dyke, 7.0, Way::CommuneRoad, Some(name));
        }
    }

    fn main_roads(&mut self) {
        let layout = self.layout;
        let national = layout.eastward(|x| layout.national_y(x), 15.0);
        let provincial = layout.northward(|y| layout.provincial_x(y), 15.0);
        let trunk = layout.northward(|y| layout.trunk_x(y), 18.0);
        for (line, width_m, way, name) in [
            (national, 22.0, Way::NationalRoad, "Quốc lộ 99"),
            (provincial, 14.0, Way::ProvincialRoad, "Đường tỉnh 990"),
            (trunk, 9.0, Way::CommuneRoad, "Đường trục xã An Minh"),
        ] {
            self.carve_all(&line, width_m, way, Some(name));
            self.main.push((line, width_m));
        }
    }

    /// Along the communes' border between the river and the national road.
    fn canal(&mut self) {
        let layout = self.layout;
        let inside = |p: &&Metres| p[1] > layout.river_y(p[0]) - 10.0 && p[1] < layout.national_y(p[0]) + 6.0;
        let line: Vec<Metres> = self.border.iter().filter(inside).copied().collect();
        if line.len() > 2 {
            let (left, right) = (curve::offset(&line, 4.5), curve::offset(&line, -4.5));
            self.carve_between(&left, &right, 9.0, Way::Canal);
        }
    }

    /// Takes a road or water out of all the land it passes.
    fn carve_all(&mut self, line: &[Metres], width_m: f64, way: Way, name: Option<&str>) {
        for commune in 0..2 {
            let pieces = clip(line, &self.communes[commune]);
            self.centre_lines.extend(pieces.into_iter().map(|line| CentreLine {
                commune,
                way,
                name: name.map(str::to_owned),
                line,
            }));
        }
        self.carve_between(&curve::offset(line, width_m / 2.0), &curve::offset(line, -width_m / 2.0), width_m, way);
    }

    fn carve_between(&mut self, left: &[Metres], right: &[Metres], width_m: f64, way: Way) {
        for plot in std::mem::take(&mut self.land) {
            let pieces = self.carve(plot, left, right, width_m, way);
            self.land.extend(pieces);
        }
    }

    /// What is left of a plot on both sides of a strip; the strip itself becomes a corridor.
    fn carve(&mut self, plot: Plot, left: &[Metres], right: &[Metres], width_m: f64, way: Way) -> Vec<Plot> {
        let (left, right) = (curve::line_to_grid(left), curve::line_to_grid(right));
        let (mut rest, inner) = self.coverage.cut_all(&plot.ring, &left, MAIN_RULE);
        for ring in inner {
            let (strip, beyond) = self.coverage.cut_all(&ring, &right, MAIN_RULE);
            rest.extend(beyond);
            for ring in strip {
                // Where a road ends inside a plot only one of its sides may cut; what lies between is land.
                let mean_width_m = 2.0 * coverage::area_m2(&ring) / coverage::perimeter_m(&ring);
                if mean_width_m <= width_m * 1.1 {
                    self.corridors.push(Corridor { commune: plot.commune, way, ring });
                } else {
                    rest.push(ring);
                }
            }
        }
        rest.into_iter().map(|ring| Plot { commune: plot.commune, ring }).collect()
    }

    /// Halves the land by ever smaller roads until blocks are left.
    fn divide(&mut self) {
        let mut open = std::mem::take(&mut self.land);
        open.reverse();
        while let Some(plot) = open.pop() {
            let ring = self.coverage.refresh(&plot.ring);
            if self.is_left_over(&ring) {
                self.corridors.push(Corridor { commune: plot.commune, way: Way::Lane, ring });
                continue;
            }
            let setting = self.setting_at(plot.commune, &ring);
            match self.next_road(&ring, setting) {
                Some(road) => {
                    let pieces = self.carve_road(Plot { commune: plot.commune, ring }, &road, setting);
                    open.extend(pieces);
                }
                None => self.close_block(plot.commune, ring, setting),
            }
        }
    }

    /// Slivers between roads are verge, not parcels.
    fn is_left_over(&self, ring: &[Point]) -> bool {
        let area_m2 = coverage::area_m2(ring);
        area_m2 < 90.0 || 2.0 * area_m2 / coverage::perimeter_m(ring) < 5.0
    }

    fn setting_at(&self, commune: usize, ring: &[Point]) -> Setting {
        let point = coverage::label_point(ring, &[]);
        let layout = self.layout;
        let wave = |id, scale: f64| Wave { seed: layout.seed, id }.at((layout.east(point[0]) + point[1] * 1.7) / scale);
        let (_, to_river_m) = curve::side(&self.river, point);
        if to_river_m < 63.0 {
            return Setting::Riverside;
        }
        if commune == 0 && curve::distance(point, self.town) < TOWN_RADIUS_M * (1.0 + 0.18 * wave(41, 120.0)) {
            return Setting::Town;
        }
        let village = self.villages[nearest_village(&self.villages, commune, point)];
        if curve::distance(point, village.centre) < village.radius_m * (1.0 + 0.25 * wave(42, 60.0)) {
            return Setting::Village;
        }
        let low_lying = to_river_m < 230.0 && wave(43, 260.0) > -0.3;
        if low_lying { Setting::Aquaculture } else { Setting::Field }
    }

    fn next_road(&mut self, ring: &[Point], setting: Setting) -> Option<Road> {
        if setting == Setting::Riverside {
            return None;
        }
        let area_m2 = coverage::area_m2(ring);
        let frame = Frame::of(ring);
        let (longest_m, widest_m) = match setting {
            Setting::Town => (135.0, 54.0),
            Setting::Village => (120.0, 64.0),
            Setting::Aquaculture => (260.0, 190.0),
            _ => (300.0, 175.0),
        };
        // A block much larger than its own kind may hold several kinds: a road first, then see.
        let wide_open = area_m2 > 60_000.0;
        if frame.length_m <= longest_m && frame.width_m <= widest_m && !wide_open {
            return None;
        }
        let lengthwise =
            frame.length_m <= longest_m.max(1.35 * frame.width_m) && frame.width_m > widest_m && !wide_open;
        let width_m = match setting {
            Setting::Town if area_m2 > 30_000.0 => 10.5,
            Setting::Town if area_m2 > 11_000.0 => 7.5,
            Setting::Town => 4.0,
            _ if wide_open => 6.5,
            Setting::Village if area_m2 > 16_000.0 => 5.0,
            Setting::Village => 3.5,
            _ => 3.0,
        };
        let share = 0.5 + 0.09 * self.random.signed();
        let line = if lengthwise {
            subdivide::lengthwise(ring, &frame, share)
        } else {
            self.crosswise(ring, &frame, share, setting)
        };
        Some(Road { line, width_m })
    }

    /// A road across the middle of a plot, bowed where the land is open.
    fn crosswise(&mut self, ring: &[Point], frame: &Frame, share: f64, setting: Setting) -> Vec<Metres> {
        let (skew, bow) = if setting == Setting::Town { (0.02, 0.012) } else { (0.10, 0.07) };
        let origin = frame.at(share);
        let turn = skew * self.random.signed();
        let bow = bow * self.random.signed();
        let across = curve::unit(curve::add(frame.across(), frame.along, turn));
        let half = frame.width_m * 0.6;
        let (from, to) = coverage::longest_chord(ring, origin, across).unwrap_or((-half, half));
        let steps = (((to - from) / 22.0) as usize).clamp(2, 14);
        let point = |k: usize| {
            let t = k as f64 / steps as f64;
            let straight = curve::add(origin, across, from + (to - from) * t);
            curve::add(straight, frame.along, bow * (to - from) * 4.0 * t * (1.0 - t))
        };
        curve::extend(&(0..=steps).map(point).collect::<Vec<_>>(), 4.0)
    }

    fn carve_road(&mut self, plot: Plot, road: &Road, setting: Setting) -> Vec<Plot> {
        let commune = plot.commune;
        let way = match road.width_m {
            w if setting == Setting::Town && w > 7.0 => Way::Street,
            w if w > 6.0 => Way::CommuneRoad,
            _ => Way::Lane,
        };
        let whole_ring = plot.ring.clone();
        let corridors_before = self.corridors.len();
        let (left, right) =
            (curve::offset(&road.line, road.width_m / 2.0), curve::offset(&road.line, -road.width_m / 2.0));
        let pieces = self.carve(plot, &left, &right, road.width_m, way);
        if pieces.len() < 2 || self.corridors.len() == corridors_before {
            // No road fits through: the plot is a block as it is.
            for piece in pieces {
                let ring = self.coverage.refresh(&piece.ring);
                self.close_block(commune, ring, setting);
            }
            return vec![];
        }
        let name = self.name_of(way, commune, setting, &road.line);
        let drawn = clip(&road.line, &whole_ring).into_iter().map(|line| curve::extend(&line, 3.0));
        self.centre_lines.extend(drawn.map(|line| CentreLine { commune, way, name: name.clone(), line }));
        pieces
    }

    fn name_of(&mut self, way: Way, commune: usize, setting: Setting, line: &[Metres]) -> Option<String> {
        let middle = line[line.len() / 2];
        match (way, setting) {
            (Way::Street, _) if self.streets_named < STREET_NAMES.len() => {
                self.streets_named += 1;
                Some(STREET_NAMES[self.streets_named - 1].to_owned())
            }
            (Way::Street, _) | (Way::Lane, Setting::Town) => {
                self.lanes_named += 1;
                Some(format!("Ngõ {}", self.lanes_named))
            }
            (Way::CommuneRoad, _) => {
                let kind = if commune == 0 { "Đường liên khu" } else { "Đường liên thôn" };
                Some(format!("{kind} {}", rank_in_commune(&self.villages, commune, middle) + 1))
            }
            _ => None,
        }
    }

    /// A block is done: houses along a main road first, cut corners in town.
    fn close_block(&mut self, commune: usize, ring: Ring, setting: Setting) {
        let village = nearest_village(&self.villages, commune, coverage::label_point(&ring, &[]));
        let mut rings = vec![(ring, setting)];
        if matches!(setting, Setting::Field | Setting::Aquaculture) {
            rings = self.line_main_roads(rings.remove(0).0, setting);
        }
        for (ring, setting) in rings {
            let ring = if setting == Setting::Town { self.cut_corners(commune, ring) } else { ring };
            self.blocks.push(Block { commune, setting, ring, village });
        }
    }

    fn line_main_roads(&mut self, ring: Ring, setting: Setting) -> Vec<(Ring, Setting)> {
        let rule = CutRule { snap_m: 1.5, least_m2: 350.0, least_width_m: 8.0 };
        for (line, width_m) in self.main.clone() {
            let near_m = coverage::edges(&ring)
                .map(|(a, _)| curve::side(&line, curve::to_metres(a)).1)
                .fold(f64::INFINITY, f64::min);
            if near_m > width_m / 2.0 + 1.0 || self.random.chance(0.25) {
                continue;
            }
            let (is_left, _) = curve::side(&line, coverage::label_point(&ring, &[]));
            let depth_m = width_m / 2.0 + self.random.between(23.0, 29.0);
            let back = curve::offset(&line, if is_left { depth_m } else { -depth_m });
            if let Some((left, right)) = self.coverage.cut(&ring, &curve::line_to_grid(&back), rule) {
                let (field, houses) = if is_left { (left, right) } else { (right, left) };
                return vec![(houses, Setting::Ribbon), (field, setting)];
            }
        }
        vec![(ring, setting)]
    }

    /// Street corners are cut so that one can see round them (*vạt góc*).
    fn cut_corners(&mut self, commune: usize, ring: Ring) -> Ring {
        let mut current = self.coverage.refresh(&ring);
        for corner in sharp_corners(&current) {
            let line = curve::line_to_grid(&corner);
            let rule = CutRule { snap_m: 0.1, least_m2: 1.0, least_width_m: 0.0 };
            if let Some((a, b)) = self.coverage.cut(&current, &line, rule) {
                let (triangle, rest) = if coverage::area2(&a) < coverage::area2(&b) { (a, b) } else { (b, a) };
                self.corridors.push(Corridor { commune, way: Way::Street, ring: triangle });
                current = rest;
            }
        }
        current
    }

    fn finish(self) -> Land {
        Land {
            coverage: self.coverage,
            communes: self.communes,
            corridors: self.corridors,
            centre_lines: self.centre_lines,
            blocks: self.blocks,
            villages: self.villages,
            town: self.town,
            national_road: self.main[0].0.clone(),
        }
    }
}

struct Road {
    line: Vec<Metres>,
    width_m: f64,
}

impl Layout {
    /// Metres east of the province's own corner, so that lines run on across districts.
    fn east(&self, x: f64) -> f64 {
        x + self.cell[0] as f64 * self.width_m
    }

    fn north(&self, y: f64) -> f64 {
        y + self.cell[1] as f64 * self.height_m
    }

    fn river_y(&self, x: f64) -> f64 {
        let wave = Wave { seed: self.seed, id: 1000 + self.cell[1] * 10 };
        self.height_m * 0.235 + 130.0 * wave.at(self.east(x) / 390.0)
    }

    fn national_y(&self, x: f64) -> f64 {
        let wave = Wave { seed: self.seed, id: 1001 + self.cell[1] * 10 };
        self.height_m * 0.63 + 48.0 * wave.at(self.east(x) / 520.0)
    }

    fn provincial_x(&self, y: f64) -> f64 {
        let wave = Wave { seed: self.seed, id: 500_002 + self.cell[0] * 10 };
        self.width_m * 0.24 + 55.0 * wave.at(self.north(y) / 430.0)
    }

    fn trunk_x(&self, y: f64) -> f64 {
        let wave = Wave { seed: self.seed, id: 500_003 + self.cell[0] * 10 };
        self.width_m * 0.72 + 60.0 * wave.at(self.north(y) / 330.0)
    }

    fn eastward(&self, y: impl Fn(f64) -> f64, step_m: f64) -> Vec<Metres> {
        let steps = ((self.width_m + 400.0) / step_m) as usize;
        (0..=steps).map(|k| -200.0 + k as f64 * step_m).map(|x| [x, y(x)]).collect()
    }

    fn northward(&self, x: impl Fn(f64) -> f64, step_m: f64) -> Vec<Metres> {
        let steps = ((self.height_m + 400.0) / step_m) as usize;
        (0..=steps).map(|k| -200.0 + k as f64 * step_m).map(|y| [x(y), y]).collect()
    }
}

/// South, east, north and west side, each from its southern or western end; districts meet in corners.
fn sides(layout: &Layout) -> [Vec<Metres>; 4] {
    let [column, row] = layout.cell;
    let level = |row: i64, y: f64| -> Vec<Metres> {
        let wave = Wave { seed: layout.seed, id: 7_000_000 + row };
        bowed(layout.width_m, |t| {
            [t * layout.width_m, y + 60.0 * 4.0 * t * (1.0 - t) * wave.at(layout.east(t * layout.width_m) / 400.0)]
        })
    };
    let upright = |column: i64, x: f64| -> Vec<Metres> {
        let wave = Wave { seed: layout.seed, id: 8_000_000 + column };
        bowed(layout.height_m, |t| {
            [x + 60.0 * 4.0 * t * (1.0 - t) * wave.at(layout.north(t * layout.height_m) / 400.0), t * layout.height_m]
        })
    };
    [level(row, 0.0), upright(column + 1, layout.width_m), level(row + 1, layout.height_m), upright(column, 0.0)]
}

fn bowed(length_m: f64, at: impl Fn(f64) -> Metres) -> Vec<Metres> {
    let steps = (length_m / 30.0) as usize;
    (0..=steps).map(|k| at(k as f64 / steps as f64)).collect()
}

fn outline(layout: &Layout) -> Vec<Metres> {
    let [south, east, mut north, mut west] = sides(layout);
    north.reverse();
    west.reverse();
    [south, east, north, west].into_iter().flat_map(|side| side[..side.len() - 1].to_vec()).collect()
}

fn commune_border(layout: &Layout) -> Vec<Metres> {
    let wave = Wave { seed: layout.seed, id: 500_004 + layout.cell[0] * 10 };
    layout.northward(|y| layout.width_m * 0.45 + 90.0 * wave.at(layout.north(y) / 360.0), 16.0)
}

fn village_sites(layout: &Layout, border: &[Metres], random: &mut Random) -> Vec<Village> {
    VILLAGE_SITES
        .iter()
        .map(|site| {
            let nudge = [0.02 * random.signed(), 0.02 * random.signed()];
            let centre = [(site[0] + nudge[0]) * layout.width_m, (site[1] + nudge[1]) * layout.height_m];
            let (is_west, _) = curve::side(border, centre);
            Village { centre, radius_m: random.between(150.0, 205.0), commune: if is_west { 0 } else { 1 } }
        })
        .collect()
}

/// The stretches of a line inside a ring, to the nearest of its points.
fn clip(line: &[Metres], ring: &[Point]) -> Vec<Vec<Metres>> {
    let mut pieces: Vec<Vec<Metres>> = vec![vec![]];
    for pair in line.windows(2) {
        let steps = (curve::distance(pair[0], pair[1]) / 2.0).ceil().max(1.0) as usize;
        for k in 0..=steps {
            let point = curve::lerp(pair[0], pair[1], k as f64 / steps as f64);
            let piece = pieces.last_mut().expect("there is always one");
            let is_vertex = k == 0 || k == steps;
            match contains(ring, point) {
                true if is_vertex || piece.is_empty() => piece.push(point),
                true => {}
                false if piece.is_empty() => {}
                false => {
                    piece.push(point);
                    pieces.push(vec![]);
                }
            }
        }
    }
    for piece in &mut pieces {
        piece.dedup_by(|a, b| curve::distance(*a, *b) < 0.01);
    }
    pieces.retain(|piece| piece.len() > 1);
    pieces
}

pub fn contains(ring: &[Point], point: Metres) -> bool {
    let crossed = coverage::edges(ring).filter(|(a, b)| {
        let (a, b) = (curve::to_metres(*a), curve::to_metres(*b));
        (a[1] > point[1]) != (b[1] > point[1]) && point[0] < a[0] + (b[0] - a[0]) * (point[1] - a[1]) / (b[1] - a[1])
    });
    crossed.count() % 2 == 1
}

/// Short lines across the corners of about a right angle between two long sides.
fn sharp_corners(ring: &[Point]) -> Vec<Vec<Metres>> {
    const CUT_M: f64 = 2.8;
    let count = ring.len();
    (0..count)
        .filter_map(|i| {
            let at = curve::to_metres(ring[i]);
            let back = curve::minus(curve::to_metres(ring[(i + count - 1) % count]), at);
            let on = curve::minus(curve::to_metres(ring[(i + 1) % count]), at);
            let is_long = curve::length(back) > 3.3 && curve::length(on) > 3.3;
            let is_convex = curve::dot(curve::left_of(curve::unit(on)), curve::unit(back)) > 0.85;
            let (p, q) = (curve::add(at, curve::unit(back), CUT_M), curve::add(at, curve::unit(on), CUT_M));
            (is_long && is_convex).then(|| curve::extend(&[p, q], 0.4))
        })
        .collect()
}
