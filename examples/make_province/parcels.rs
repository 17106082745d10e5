//! Parcels out of blocks: how each block is cut, and what the pieces are used for.

use super::coverage::{self, Coverage, CutRule, Ring};
use super::curve::{self, Metres};
use super::land::{Land, Layout, Setting};
use super::random::Random;
use super::subdivide::{self, Frame, LotStyle};

/// A polygon with its holes; rings counter-clockwise outside, clockwise inside.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub outer: Ring,
    pub holes: Vec<Ring>,
}

pub struct Parcel {
    pub commune: usize,
    pub block: usize,
    pub setting: Setting,
    pub parts: Vec<Part>,
    pub land_use: &'static str,
    /// Name of the public place on it: a school, a market.
    pub place: Option<&'static str>,
    pub label: Metres,
}

impl Parcel {
    pub fn area_m2(&self) -> f64 {
        let part = |part: &Part| -> f64 {
            coverage::area_m2(&part.outer) + part.holes.iter().map(|hole| coverage::area_m2(hole)).sum::<f64>()
        };
        self.parts.iter().map(part).sum()
    }
}

const TOWN_LOTS: LotStyle = LotStyle {
    frontage_m: 5.0,
    spread: 0.16,
    skew: 0.02,
    bent: 0.06,
    bend_m: 0.35,
    rule: CutRule { snap_m: 0.5, least_m2: 32.0, least_width_m: 2.2 },
};
const RIBBON_LOTS: LotStyle = LotStyle { frontage_m: 7.0, spread: 0.3, skew: 0.03, ..TOWN_LOTS };
const GARDENS: LotStyle = LotStyle {
    frontage_m: 14.5,
    spread: 0.32,
    skew: 0.09,
    bent: 0.4,
    bend_m: 0.9,
    rule: CutRule { snap_m: 1.2, least_m2: 110.0, least_width_m: 5.0 },
};
const FIELDS: LotStyle = LotStyle {
    frontage_m: 28.0,
    spread: 0.38,
    skew: 0.03,
    bent: 0.18,
    bend_m: 0.9,
    rule: CutRule { snap_m: 2.2, least_m2: 240.0, least_width_m: 7.0 },
};
const RIVERSIDE: LotStyle = LotStyle { frontage_m: 62.0, spread: 0.45, skew: 0.1, ..FIELDS };

/// Public works by a town block's rank from the centre.
const TOWN_WORKS: [(usize, &str, &str); 9] = [
    (0, "DCH", "Chợ Bến Lụa"),
    (2, "TSC", "UBND phường Bến Lụa"),
    (5, "DGD", "Trường tiểu học Bến Lụa"),
    (8, "DYT", "Trạm y tế Bến Lụa"),
    (11, "DKV", "Công viên Ao Sen"),
    (15, "DGD", "Trường trung học cơ sở Bến Lụa"),
    (19, "TMD", "Trung tâm thương mại Con Đò"),
    (24, "DTT", "Sân vận động Bến Lụa"),
    (30, "TON", "Chùa Minh Họa"),
];

/// Public works of a village's middle block, then of the next village, and so on round.
const VILLAGE_WORKS: [(&str, &str); 6] = [
    ("TSC", "UBND xã An Minh"),
    ("DGD", "Trường tiểu học An Minh"),
    ("DGD", "Trường mầm non An Minh"),
    ("DYT", "Trạm y tế xã An Minh"),
    ("DCH", "Chợ An Minh"),
    ("TIN", "Đình làng An Minh"),
];

/// Cuts every block; the pieces of a block stand together, in the blocks' order.
pub fn cut_blocks(land: &mut Land, layout: &Layout) -> Vec<Parcel> {
    let works = public_works(land);
    let mut parcels = vec![];
    for (block, works) in works.into_iter().enumerate() {
        let mut random = Random::new(layout.seed, &[200, layout.cell[0], layout.cell[1], block as i64]);
        cut_block(land, block, works, &mut random, &mut parcels);
    }
    for parcel in &mut parcels {
        for part in &mut parcel.parts {
            part.outer = land.coverage.refresh(&part.outer);
        }
    }
    let mut random = Random::new(layout.seed, &[201, layout.cell[0], layout.cell[1]]);
    dig_ponds(&mut parcels, &mut random);
    join_across_tracks(&mut parcels);
    parcels
}

type Works = Option<(&'static str, Option<&'static str>)>;

/// Which blocks hold something public.
fn public_works(land: &Land) -> Vec<Works> {
    let mut works: Vec<Works> = vec![None; land.blocks.len()];
    let middle = |i: &usize| coverage::label_point(&land.blocks[*i].ring, &[]);
    let blocks = |setting| (0..land.blocks.len()).filter(move |i| land.blocks[*i].setting == setting);
    let mut town: Vec<usize> =
        blocks(Setting::Town).filter(|i| coverage::area_m2(&land.blocks[*i].ring) > 900.0).collect();
    town.sort_by(|a, b| curve::distance(middle(a), land.town).total_cmp(&curve::distance(middle(b), land.town)));
    for (rank, code, name) in TOWN_WORKS {
        if let Some(block) = town.get(rank) {
            works[*block] = Some((code, Some(name)));
        }
    }
    let mut given = [0, 0];
    for (k, village) in land.villages.iter().enumerate() {
        let nearest = blocks(Setting::Village)
            .filter(|i| land.blocks[*i].village == k && coverage::area_m2(&land.blocks[*i].ring) > 1200.0)
            .min_by(|a, b| {
                curve::distance(middle(a), village.centre).total_cmp(&curve::distance(middle(b), village.centre))
            });
        if let Some(block) = nearest {
            let (code, name) = VILLAGE_WORKS[given[village.commune] % VILLAGE_WORKS.len()];
            works[block] =
                if village.commune == 1 { Some((code, Some(name))) } else { Some(("DKV", Some("Nhà văn hóa"))) };
            given[village.commune] += 1;
        }
    }
    for (k, block) in blocks(Setting::Field).enumerate() {
        match k % 17 {
            5 => works[block] = Some(("NTD", Some("Nghĩa trang nhân dân"))),
            11 => works[block] = Some(("SKC", None)),
            _ => {}
        }
    }
    works
}

fn cut_block(land: &mut Land, block: usize, works: Works, random: &mut Random, parcels: &mut Vec<Parcel>) {
    let (commune, setting, ring) =
        (land.blocks[block].commune, land.blocks[block].setting, land.blocks[block].ring.clone());
    let coverage = &mut land.coverage;
    let mut add = |ring: Ring, land_use: &'static str, place: Option<&'static str>| {
        let label = coverage::label_point(&ring, &[]);
        let parts = vec![Part { outer: ring, holes: vec![] }];
        parcels.push(Parcel { commune, block, setting, parts, land_use, place, label });
    };
    let ring = match (works, setting) {
        (None, _) => Some(ring),
        (Some((code, place)), Setting::Town) => {
            add(ring, code, place);
            None
        }
        (Some((code, place)), _) => {
            let wanted_m2 = if code == "NTD" { 5200.0 } else { 2300.0 };
            let (public, rest) = take_public(coverage, ring, wanted_m2);
            if let Some(public) = public {
                add(public, code, place);
            }
            rest
        }
    };
    let Some(ring) = ring else { return };
    let common_use = field_use(random, setting);
    for piece in cut_up(coverage, ring, setting, random) {
        let land_use = use_of(commune, setting, common_use, random);
        add(piece, land_use, None);
    }
}

/// A piece of about `wanted_m2` off one end of a block or the other, and the rest of it.
fn take_public(coverage: &mut Coverage, ring: Ring, wanted_m2: f64) -> (Option<Ring>, Option<Ring>) {
    let frame = Frame::of(&ring);
    let share = wanted_m2 / coverage::area_m2(&ring);
    if share > 0.7 {
        return (Some(ring), None);
    }
    let rule = CutRule { snap_m: 1.0, least_m2: 400.0, least_width_m: 10.0 };
    for (share, is_near_end) in [(share, true), (1.0 - share, false)] {
        let origin = frame.at(share);
        let reach = frame.width_m;
        let line = [curve::add(origin, frame.across(), -reach), curve::add(origin, frame.across(), reach)];
        if let Some((near, far)) = coverage.cut(&ring, &curve::line_to_grid(&line), rule) {
            return if is_near_end { (Some(near), Some(far)) } else { (Some(far), Some(near)) };
        }
    }
    (None, Some(ring))
}

fn cut_up(coverage: &mut Coverage, ring: Ring, setting: Setting, random: &mut Random) -> Vec<Ring> {
    let width_m = mean_width_m(&ring);
    let (style, depth_m) = match setting {
        Setting::Town => (town_style(random), 20.0),
        Setting::Ribbon => (RIBBON_LOTS, 60.0),
        Setting::Village => (GARDENS, 26.0),
        Setting::Riverside => (RIVERSIDE, 80.0),
        Setting::Field => (FIELDS, 62.0),
        Setting::Aquaculture => {
            let rule = CutRule { snap_m: 2.5, least_m2: 500.0, least_width_m: 12.0 };
            return subdivide::into_pieces(coverage, ring, 2600.0, rule, random);
        }
    };
    if setting == Setting::Village && random.chance(0.3) {
        return gardens_of_old(coverage, ring, random);
    }
    let rows = ((width_m / depth_m).round() as usize).clamp(1, 4);
    let row_rule = CutRule { least_m2: style.rule.least_m2 * 1.5, ..style.rule };
    let mut lots = vec![];
    for row in subdivide::into_rows(coverage, ring, rows, row_rule) {
        let row = coverage.refresh(&row);
        lots.extend(subdivide::into_lots(coverage, row, &style, random));
    }
    if setting == Setting::Village { with_l_shapes(coverage, lots, random) } else { lots }
}

/// Each block was sold off in its own way: some square and even, some as it came.
fn town_style(random: &mut Random) -> LotStyle {
    LotStyle {
        frontage_m: random.between(4.5, 6.2),
        spread: random.between(0.08, 0.3),
        skew: random.between(0.01, 0.06),
        ..TOWN_LOTS
    }
}

/// Of a block bent like a bow the frame is too wide; its area over its length is not.
fn mean_width_m(ring: &Ring) -> f64 {
    coverage::area_m2(ring) / Frame::of(ring).length_m
}

fn gardens_of_old(coverage: &mut Coverage, ring: Ring, random: &mut Random) -> Vec<Ring> {
    let rule = CutRule { snap_m: 1.5, least_m2: 120.0, least_width_m: 6.0 };
    let pieces = subdivide::into_pieces(coverage, ring, 430.0, rule, random);
    with_l_shapes(coverage, pieces, random)
}

fn with_l_shapes(coverage: &mut Coverage, lots: Vec<Ring>, random: &mut Random) -> Vec<Ring> {
    let rule = CutRule { snap_m: 0.4, least_m2: 60.0, least_width_m: 3.0 };
    let mut out = vec![];
    for lot in lots {
        let wanted = coverage::area_m2(&lot) > 330.0 && random.chance(0.09);
        match wanted.then(|| subdivide::into_l_shape(coverage, &lot, rule, random)).flatten() {
            Some((a, b)) => out.extend([a, b]),
            None => out.push(lot),
        }
    }
    out
}

/// The crop of a whole block.
fn field_use(random: &mut Random, setting: Setting) -> &'static str {
    match setting {
        Setting::Aquaculture => random.weighted(&[("NTS", 8.0), ("LUC", 1.5), ("CLN", 1.0)]),
        Setting::Riverside => random.weighted(&[("HNK", 6.0), ("BCS", 2.0), ("CLN", 1.0)]),
        _ => random.weighted(&[("LUC", 74.0), ("LUK", 7.0), ("HNK", 9.0), ("CLN", 7.0)]),
    }
}

fn use_of(commune: usize, setting: Setting, common: &'static str, random: &mut Random) -> &'static str {
    match (setting, commune) {
        (Setting::Town, _) => {
            random.weighted(&[("ODT", 91.0), ("TMD", 5.0), ("SKC", 1.0), ("ODT+TMD", 2.0), ("CGT", 0.5)])
        }
        (Setting::Ribbon, 0) => random.weighted(&[("ODT", 80.0), ("TMD", 10.0), ("SKC", 3.0), ("ODT+CLN", 6.0)]),
        (Setting::Ribbon, _) => random.weighted(&[("ONT", 70.0), ("TMD", 8.0), ("SKC", 4.0), ("ONT+CLN", 17.0)]),
        (Setting::Village, 0) => {
            random.weighted(&[("ODT+CLN", 50.0), ("ODT", 30.0), ("CLN", 9.0), ("HNK", 5.0), ("NTS", 3.0)])
        }
        (Setting::Village, _) => random.weighted(&[
            ("ONT+CLN", 52.0),
            ("ONT", 28.0),
            ("CLN", 9.0),
            ("HNK", 5.0),
            ("NTS", 3.0),
            ("ONT+NTS", 2.0),
        ]),
        _ if random.chance(0.94) => common,
        _ => random.weighted(&[("LUC", 3.0), ("HNK", 2.0), ("CLN", 1.0), ("NTS", 1.0)]),
    }
}

/// A few gardens and orchards with a pond in the middle that is a parcel of its own.
fn dig_ponds(parcels: &mut Vec<Parcel>, random: &mut Random) {
    let mut ponds = vec![];
    for parcel in parcels.iter_mut() {
        let is_garden = matches!(parcel.setting, Setting::Village) && parcel.area_m2() > 420.0;
        let is_orchard = parcel.land_use == "CLN" && parcel.area_m2() > 900.0;
        if parcel.place.is_some() || !(is_garden && random.chance(0.05) || is_orchard && random.chance(0.12)) {
            continue;
        }
        let Some(pond) = subdivide::pond_within(&parcel.parts[0].outer, random) else { continue };
        let hole: Ring = pond.iter().rev().copied().collect();
        ponds.push(Parcel {
            commune: parcel.commune,
            block: parcel.block,
            setting: parcel.setting,
            label: coverage::label_point(&pond, &[]),
            parts: vec![Part { outer: pond, holes: vec![] }],
            land_use: "NTS",
            place: None,
        });
        parcel.label = coverage::label_point(&parcel.parts[0].outer, std::slice::from_ref(&hole));
        parcel.parts[0].holes.push(hole);
    }
    parcels.extend(ponds);
}

/// In each commune one field lies on both sides of a track: a parcel of two parts.
fn join_across_tracks(parcels: &mut Vec<Parcel>) {
    for commune in 0..2 {
        let fields: Vec<usize> = (0..parcels.len())
            .filter(|i| parcels[*i].commune == commune && parcels[*i].setting == Setting::Field)
            .filter(|i| parcels[*i].land_use == "LUC" && parcels[*i].parts[0].holes.is_empty())
            .collect();
        let pair = fields.iter().find_map(|a| {
            let is_near = |b: &&usize| {
                let (a, b) = (&parcels[*a], &parcels[**b]);
                a.block != b.block && curve::distance(a.label, b.label) < 75.0
            };
            fields.iter().find(is_near).map(|b| (*a, *b))
        });
        if let Some((a, b)) = pair {
            let other = parcels.remove(a.max(b));
            parcels[a.min(b)].parts.extend(other.parts);
        }
    }
}
