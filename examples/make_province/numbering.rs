//! Map sheets (*tờ bản đồ*) and parcel numbers (*số thứ tự thửa*).

use super::coverage;
use super::curve::Metres;
use super::land::Land;
use super::parcels::Parcel;

/// Sheet and number of a parcel, both from 1.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct SheetNumber {
    pub sheet: u32,
    pub number: u32,
}

/// A sheet with more parcels than this is halved.
const MOST_ON_A_SHEET: usize = 210;

/// Sheets are groups of whole blocks; numbers run from the sheet's north-west to its south-east.
pub fn number(land: &Land, parcels: &[Parcel]) -> Vec<SheetNumber> {
    let mut numbers = vec![SheetNumber::default(); parcels.len()];
    let mut on_block: Vec<Vec<usize>> = vec![vec![]; land.blocks.len()];
    for (i, parcel) in parcels.iter().enumerate() {
        on_block[parcel.block].push(i);
    }
    for commune in 0..2 {
        for (sheet, mut members) in sheets(land, commune, &on_block).into_iter().enumerate() {
            let band_m = row_height_m(&members, parcels);
            sort_north_west_first(&mut members, band_m, |i| parcels[*i].label);
            for (k, member) in members.into_iter().enumerate() {
                numbers[member] = SheetNumber { sheet: sheet as u32 + 1, number: k as u32 + 1 };
            }
        }
    }
    numbers
}

/// The parcels of each sheet of a commune, sheets from the north-west.
fn sheets(land: &Land, commune: usize, on_block: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let blocks: Vec<(Metres, usize)> = (0..land.blocks.len())
        .filter(|i| land.blocks[*i].commune == commune && !on_block[*i].is_empty())
        .map(|i| (coverage::label_point(&land.blocks[i].ring, &[]), i))
        .collect();
    let mut done: Vec<(Metres, Vec<usize>)> = vec![];
    let mut open = vec![blocks];
    while let Some(group) = open.pop() {
        let members: Vec<usize> = group.iter().flat_map(|(_, block)| on_block[*block].iter().copied()).collect();
        if members.len() <= MOST_ON_A_SHEET || group.len() < 2 {
            done.push((middle(&group), members));
        } else {
            open.extend(halves(group, on_block));
        }
    }
    sort_north_west_first(&mut done, 350.0, |sheet| sheet.0);
    done.into_iter().map(|sheet| sheet.1).collect()
}

/// Halves a group of blocks across its longer side so that both hold about as many parcels.
fn halves(mut group: Vec<(Metres, usize)>, on_block: &[Vec<usize>]) -> [Vec<(Metres, usize)>; 2] {
    let spread = |axis: usize| {
        let (low, high) = group
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (p, _)| (low.min(p[axis]), high.max(p[axis])));
        high - low
    };
    let axis = usize::from(spread(1) > spread(0));
    group.sort_by(|a, b| a.0[axis].total_cmp(&b.0[axis]).then(a.1.cmp(&b.1)));
    let total: usize = group.iter().map(|(_, block)| on_block[*block].len()).sum();
    let mut reached = 0;
    let first = group.iter().take_while(|(_, block)| {
        reached += on_block[*block].len();
        reached * 2 <= total
    });
    let at = first.count().clamp(1, group.len() - 1);
    let rest = group.split_off(at);
    [group, rest]
}

fn middle(group: &[(Metres, usize)]) -> Metres {
    let count = group.len() as f64;
    let sum = group.iter().fold([0.0, 0.0], |sum, (p, _)| [sum[0] + p[0], sum[1] + p[1]]);
    [sum[0] / count, sum[1] / count]
}

/// About the height of one row of parcels on the sheet.
fn row_height_m(members: &[usize], parcels: &[Parcel]) -> f64 {
    let area_m2: f64 = members.iter().map(|i| parcels[*i].area_m2()).sum();
    (area_m2 / members.len() as f64).sqrt() * 2.0
}

fn sort_north_west_first<T>(items: &mut [T], band_m: f64, place: impl Fn(&T) -> Metres) {
    let band = |item: &T| (-place(item)[1] / band_m).floor();
    items.sort_by(|a, b| band(a).total_cmp(&band(b)).then(place(a)[0].total_cmp(&place(b)[0])));
}
