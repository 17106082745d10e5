//! What the tiles of a layer are drawn from, feature by feature, in two numbers each.

use std::sync::OnceLock;

use rayon::prelude::*;

use crate::model::shapes::{Shapes, WorldCoord};
use crate::tile::layer::{ABSENT, TileLayer};

/// Of each feature of a layer, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprints {
    pub shapes: Vec<u64>,
    /// Of the fields, and of the polygon that a label must lie in.
    pub values: Vec<u64>,
}

impl Fingerprints {
    pub fn of(layer: &TileLayer<'_>) -> Self {
        let distinct: Vec<Vec<u64>> = layer.fields.iter().map(|field| of_distinct(&field.values)).collect();
        let columns: Vec<&[u32]> = layer.fields.iter().map(|field| field.values.which()).collect();
        let of_values = |feature: usize| {
            let fields = columns.iter().zip(&distinct).map(|(column, distinct)| match column[feature] {
                ABSENT => 0,
                which => distinct[which as usize],
            });
            let inside = layer.inside.as_ref().map_or(0, |polygons| of_shape(polygons, feature));
            fields.fold(inside, mixed)
        };
        let features = || (0..layer.shapes.len()).into_par_iter().with_min_len(4096);
        Fingerprints {
            shapes: features().map(|feature| of_shape(&layer.shapes, feature)).collect(),
            values: features().map(of_values).collect(),
        }
    }
}

/// Of each distinct value of a column, as tiles encode it.
fn of_distinct(values: &crate::tile::layer::Values) -> Vec<u64> {
    let encoded = |bytes: &mut Vec<u8>, which: usize| {
        bytes.clear();
        values.put(which as u32, bytes);
        xxhash_rust::xxh3::xxh3_64(bytes)
    };
    (0..values.distinct()).into_par_iter().with_min_len(4096).map_init(Vec::new, encoded).collect()
}

fn of_shape(shapes: &Shapes<WorldCoord>, feature: usize) -> u64 {
    let mut state = 0;
    for part in shapes.parts(feature) {
        for ring in shapes.rings(part) {
            let corners = shapes.ring(ring);
            state = mixed(state, corners.len() as u64);
            state = corners.iter().fold(state, |state, [x, y]| mixed(state, u64::from(*x) << 32 | u64::from(*y)));
        }
        state = mixed(state, 1);
    }
    state
}

/// Both halves of a product: every bit of either number moves every bit of the result.
fn mixed(state: u64, value: u64) -> u64 {
    let product = u128::from(state ^ 0x9e37_79b9_7f4a_7c15) * u128::from(value ^ 0xd6e8_feb8_6659_fd93);
    (product as u64) ^ (product >> 64) as u64 ^ state.rotate_left(23)
}

/// The program that runs: what another one drew is drawn anew.
pub fn of_program() -> Option<u64> {
    static PROGRAM: OnceLock<Option<u64>> = OnceLock::new();
    let read = || Some(xxhash_rust::xxh3::xxh3_64(&std::fs::read(std::env::current_exe().ok()?).ok()?));
    *PROGRAM.get_or_init(read)
}
