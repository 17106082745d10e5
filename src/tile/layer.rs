//! What one layer of a tile set draws: shapes, ids and fields.

use std::borrow::Cow;

use crate::model::shapes::{Shapes, WorldCoord};

/// One field for all features of a layer.
pub struct Field {
    pub name: String,
    pub values: Values,
}

/// Texts stand once in `words`, features point at them: a province has few land uses and many parcels.
pub enum Values {
    Text { words: Vec<String>, which: Vec<Option<u32>> },
    Integer(Vec<Option<i64>>),
    Real(Vec<Option<f64>>),
}

impl Values {
    /// Texts in feature order → words and pointers.
    pub fn text<'a>(texts: impl Iterator<Item = Option<Cow<'a, str>>>) -> Self {
        let mut places = rustc_hash::FxHashMap::default();
        let mut words: Vec<String> = vec![];
        let which = texts
            .map(|text| {
                let text = text?;
                Some(*places.entry(text).or_insert_with_key(|text| {
                    words.push(text.to_string());
                    words.len() as u32 - 1
                }))
            })
            .collect();
        Values::Text { words, which }
    }

    /// `String` or `Number`: the types of TileJSON 3.
    pub fn type_name(&self) -> &'static str {
        match self {
            Values::Text { .. } => "String",
            Values::Integer(_) | Values::Real(_) => "Number",
        }
    }
}

/// One layer, ready to be cut into tiles.
pub struct TileLayer<'a> {
    pub name: String,
    pub shapes: Cow<'a, Shapes<WorldCoord>>,
    /// One id per feature, unique in the layer and below 2^53 (a JavaScript number).
    pub ids: Vec<u64>,
    pub fields: Vec<Field>,
    pub minzoom: u8,
    pub maxzoom: u8,
    /// Whether each feature must be found again in the tiles of every zoom (parcels, zones), or small ones
    /// may fall under the grid (fabric, base).
    pub complete: bool,
}

/// A stable id from what people call the feature. Two names with one id are found by [`colliding`].
pub fn stable_id(name: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(name.as_bytes()) >> 11
}

/// Indices of two features with the same id, if any.
pub fn colliding(ids: &[u64]) -> Option<(usize, usize)> {
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_unstable_by_key(|i| ids[*i]);
    order.windows(2).find(|pair| ids[pair[0]] == ids[pair[1]]).map(|pair| (pair[0], pair[1]))
}
