//! The shape of a changed case, for a map of what changed.

use super::feature::Shape;
use crate::model::shapes::GeometryKind;
use crate::project::mercator::degrees_from_world;

/// WGS 84, longitude first; parts → rings → corners, rings open.
#[derive(Clone, Debug, PartialEq)]
pub struct Outline {
    pub kind: GeometryKind,
    pub parts: Vec<Vec<Vec<[f64; 2]>>>,
}

impl Outline {
    pub fn of(shape: Shape<'_>) -> Self {
        let Shape { world, index, .. } = shape;
        let ring = |ring| world.ring(ring).iter().map(|corner| degrees_from_world(*corner)).collect();
        let part = |part| world.rings(part).map(ring).collect();
        Outline { kind: world.kind, parts: world.parts(index).map(part).collect() }
    }

    /// Well-known binary (ISO 19125, little-endian): MultiPolygon, MultiLineString or MultiPoint.
    pub fn wkb(&self) -> Vec<u8> {
        let single: u32 = match self.kind {
            GeometryKind::Point => 1,
            GeometryKind::Line => 2,
            GeometryKind::Polygon => 3,
        };
        let mut wkb = head(single + 3);
        wkb.extend((self.parts.len() as u32).to_le_bytes());
        for part in &self.parts {
            wkb.extend(head(single));
            match self.kind {
                GeometryKind::Point => part.iter().flatten().for_each(|corner| put(&mut wkb, corner)),
                GeometryKind::Line => part.iter().for_each(|line| put_all(&mut wkb, line, false)),
                GeometryKind::Polygon => {
                    wkb.extend((part.len() as u32).to_le_bytes());
                    part.iter().for_each(|ring| put_all(&mut wkb, ring, true));
                }
            }
        }
        wkb
    }
}

fn head(kind: u32) -> Vec<u8> {
    [&[1][..], &kind.to_le_bytes()].concat()
}

fn put(wkb: &mut Vec<u8>, corner: &[f64; 2]) {
    corner.iter().for_each(|number| wkb.extend(number.to_le_bytes()));
}

/// Well-known binary repeats the first corner of a ring.
fn put_all(wkb: &mut Vec<u8>, corners: &[[f64; 2]], closed: bool) {
    let count = corners.len() + usize::from(closed);
    wkb.extend((count as u32).to_le_bytes());
    corners.iter().cycle().take(count).for_each(|corner| put(wkb, corner));
}
