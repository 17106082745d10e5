//! Whether the fields of a tile's features are the layer's.

use super::truth::Truth;
use crate::tile::decode::{DecodedFeature, DecodedLayer, DecodedValue};
use crate::tile::layer::{ABSENT, Values};

/// Compares values; keeps its working space from one tile to the next.
#[derive(Default)]
pub struct ValueEye {
    /// The layer's column of each key of the tile.
    columns: Vec<Option<usize>>,
    /// Which value of which column each value of the tile was found to be.
    known: Vec<Option<(usize, u32)>>,
}

impl ValueEye {
    pub fn begin(&mut self, truth: &Truth<'_>, layer: &DecodedLayer<'_>) {
        let column = |key: &&str| truth.layer.fields.iter().position(|field| field.name == **key);
        self.columns.clear();
        self.columns.extend(layer.keys.iter().map(column));
        self.known.clear();
        self.known.resize(layer.values.len(), None);
    }

    /// Whether a feature has exactly the values that feature `i` of the layer has.
    pub fn are_equal(
        &mut self,
        truth: &Truth<'_>,
        layer: &DecodedLayer<'_>,
        feature: &DecodedFeature,
        i: usize,
    ) -> bool {
        let fields = &truth.layer.fields;
        let expected = fields.iter().filter(|field| field.values.which()[i] != ABSENT).count();
        let tags = layer.tags(feature);
        tags.len() == 2 * expected
            && tags.chunks_exact(2).all(|tag| {
                let (Some(column), place) = (self.columns[tag[0] as usize], tag[1] as usize) else { return false };
                let which = fields[column].values.which()[i];
                if which == ABSENT {
                    return false;
                }
                let equal = self.known[place] == Some((column, which))
                    || is(&layer.values[place], &fields[column].values, which);
                self.known[place] = equal.then_some((column, which));
                equal
            })
    }
}

fn is(decoded: &DecodedValue<'_>, values: &Values, which: u32) -> bool {
    match (decoded, values) {
        (DecodedValue::Text(text), Values::Text { words, .. }) => *text == words.get(which),
        (DecodedValue::Integer(v), Values::Integer { distinct, .. }) => *v == distinct[which as usize],
        (DecodedValue::Real(v), Values::Real { distinct, .. }) => v.to_bits() == distinct[which as usize].to_bits(),
        _ => false,
    }
}
