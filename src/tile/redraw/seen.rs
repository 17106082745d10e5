//! What the proof saw in a tile, in few bytes: a parcel takes about four.

use crate::model::tile_coord::TileCoord;
use crate::tile::grid;
use crate::tile::proof::distance::Errors;
use crate::tile::proof::measure::Misfit;
use crate::tile::proof::polygons::PolygonsSeen;
use crate::tile::proof::tile::{LayerSeen, TileSeen};
use crate::tile::wire::put_varint;

/// Appends what was seen; a tile with faults is never kept.
pub fn put(seen: &TileSeen, out: &mut Vec<u8>) {
    put_varint(out, seen.bytes);
    put_varint(out, seen.layers.len() as u64);
    for layer in &seen.layers {
        put_varint(out, layer.layer as u64);
        put_varint(out, layer.labels_outside);
        put_numbers(&layer.others, out);
        out.push(u8::from(layer.polygons.is_some()));
        if let Some(polygons) = &layer.polygons {
            put_polygons(polygons, layer.misfit, out);
        }
    }
}

fn put_numbers(numbers: &[u32], out: &mut Vec<u8>) {
    put_varint(out, numbers.len() as u64);
    let mut last = 0;
    for number in numbers {
        put_varint(out, u64::from(number.wrapping_sub(last)));
        last = *number;
    }
}

fn put_polygons(polygons: &PolygonsSeen, misfit: Misfit, out: &mut Vec<u8>) {
    put_varint(out, polygons.areas.len() as u64);
    let mut last = 0;
    for (number, area) in &polygons.areas {
        put_varint(out, u64::from(number.wrapping_sub(last)));
        put_area(*area, out);
        last = *number;
    }
    [polygons.vertices, polygons.overlaps, polygons.gaps].iter().for_each(|count| put_varint(out, *count));
    let steps: Vec<(usize, u32)> = polygons.errors.steps().collect();
    put_varint(out, steps.len() as u64);
    for (step, count) in steps {
        put_varint(out, step as u64);
        put_varint(out, count.into());
    }
    let reals = [polygons.errors.greatest_m, misfit.overlap, misfit.overlap_of_source, misfit.gap];
    reals.iter().for_each(|real| out.extend(real.to_bits().to_le_bytes()));
}

/// Most parcels lie whole in one tile: their area is a number of halves.
fn put_area(area: f64, out: &mut Vec<u8>) {
    let halves = (2.0 * area) as u64;
    match halves < 1 << 40 && halves as f64 == 2.0 * area && area.is_sign_positive() {
        true => put_varint(out, halves << 1),
        false => {
            put_varint(out, 1);
            out.extend(area.to_bits().to_le_bytes());
        }
    }
}

/// Reads it again; `number_now` gives each feature of a layer the number that it has now.
pub fn read(mut bytes: &[u8], id: u64, digest: u64, number_now: &[Vec<u32>]) -> Option<TileSeen> {
    let from = &mut bytes;
    let mut seen = TileSeen { tile: tile(id), bytes: varint(from)?, digest, layers: vec![], faults: vec![] };
    for _ in 0..varint(from)? {
        let layer = varint(from)? as usize;
        let now = number_now.get(layer)?;
        let labels_outside = varint(from)?;
        let others = numbers(from, now)?;
        let (polygons, misfit) = match byte(from)? {
            0 => (None, Misfit::default()),
            _ => polygons(from, now).map(|(polygons, misfit)| (Some(polygons), misfit))?,
        };
        seen.layers.push(LayerSeen { layer, others, labels_outside, polygons, misfit });
    }
    bytes.is_empty().then_some(seen)
}

fn tile(id: u64) -> TileCoord {
    grid::tile(id)
}

fn numbers(from: &mut &[u8], now: &[u32]) -> Option<Vec<u32>> {
    let mut last = 0u32;
    (0..varint(from)?)
        .map(|_| {
            last = last.wrapping_add(varint(from)? as u32);
            now.get(last as usize).copied()
        })
        .collect()
}

fn polygons(from: &mut &[u8], now: &[u32]) -> Option<(PolygonsSeen, Misfit)> {
    let mut last = 0u32;
    let mut areas = vec![];
    for _ in 0..varint(from)? {
        last = last.wrapping_add(varint(from)? as u32);
        areas.push((*now.get(last as usize)?, area(from)?));
    }
    let [vertices, overlaps, gaps] = [varint(from)?, varint(from)?, varint(from)?];
    let steps: Option<Vec<(usize, u32)>> =
        (0..varint(from)?).map(|_| Some((varint(from)? as usize, varint(from)? as u32))).collect();
    let [greatest_m, overlap, overlap_of_source, gap] = [real(from)?, real(from)?, real(from)?, real(from)?];
    let errors = Errors::of(steps?.into_iter(), greatest_m);
    let polygons = PolygonsSeen { areas, vertices, overlaps, gaps, errors, faults: vec![] };
    Some((polygons, Misfit { overlap, overlap_of_source, gap }))
}

fn area(from: &mut &[u8]) -> Option<f64> {
    match varint(from)? {
        1 => real(from),
        halves => Some((halves >> 1) as f64 / 2.0),
    }
}

fn byte(from: &mut &[u8]) -> Option<u8> {
    let (first, rest) = from.split_first()?;
    *from = rest;
    Some(*first)
}

fn real(from: &mut &[u8]) -> Option<f64> {
    let (bits, rest) = from.split_first_chunk()?;
    *from = rest;
    Some(f64::from_bits(u64::from_le_bytes(*bits)))
}

fn varint(from: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = byte(from)?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_read_as_it_was_written() {
        let tile = TileCoord { z: 14, x: 13000, y: 7200 };
        let mut errors = Errors::default();
        [0.1, 0.4, 0.4, 7.9].iter().for_each(|units| errors.add(*units, tile));
        let areas = vec![(3, 12.5), (7, 0.0), (5, 1.0 / 3.0), (9, -0.5)];
        let polygons = PolygonsSeen { areas, vertices: 300, overlaps: 1, gaps: 2, errors, faults: vec![] };
        let misfit = Misfit { overlap: 0.25, overlap_of_source: 0.5, gap: 1e-9 };
        let land = LayerSeen { layer: 0, others: vec![], labels_outside: 0, polygons: Some(polygons), misfit };
        let labels =
            LayerSeen { layer: 1, others: vec![9, 2], labels_outside: 1, polygons: None, misfit: Misfit::default() };
        let seen = TileSeen { tile, bytes: 4711, digest: 42, layers: vec![land, labels], faults: vec![] };
        let mut written = vec![];
        put(&seen, &mut written);

        let now: Vec<u32> = (0..10).map(|number| number + 100).collect();
        let read = read(&written, grid::tile_id(tile), 42, &[now.clone(), now]).unwrap();
        let land = read.layers[0].polygons.as_ref().unwrap();
        assert_eq!(land.areas, [(103, 12.5), (107, 0.0), (105, 1.0 / 3.0), (109, -0.5)]);
        assert_eq!((read.bytes, read.tile, read.layers[1].others.as_slice()), (4711, tile, &[109, 102][..]));
        let again: Vec<_> = land.errors.steps().collect();
        assert_eq!(again, seen.layers[0].polygons.as_ref().unwrap().errors.steps().collect::<Vec<_>>());
        assert_eq!(read.layers[0].misfit.gap, 1e-9);
    }

    #[test]
    fn a_shortened_or_foreign_entry_is_no_entry() {
        assert!(read(&[1, 1, 0], 0, 0, &[vec![]]).is_none());
        assert!(read(&[1, 1, 9, 0, 0, 0], 0, 0, &[vec![]]).is_none());
    }
}
