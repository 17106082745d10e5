//! The fields of a layer on their way into encoded tiles.
//!
//! mvt looks every value of every feature up by its hash, twice allocating a text on the way: a third of
//! the stage's time. Here a layer's columns know their distinct values from the start; a tile only counts which
//! of them it needs and writes each once.

use super::layer::{ABSENT, Field};
use super::wire::{field, put_bytes, put_varint, varint_len};

/// The columns of a layer, every distinct value with a number of its own.
pub struct Dictionary<'a> {
    fields: &'a [Field],
    /// The first number of each column, and how many there are.
    firsts: Vec<u32>,
    values: u32,
}

impl<'a> Dictionary<'a> {
    pub fn new(fields: &'a [Field]) -> Self {
        let mut values = 0;
        let mut firsts = vec![];
        for field in fields {
            firsts.push(values);
            values += field.values.distinct() as u32;
        }
        Dictionary { fields, firsts, values }
    }

    /// Column and number of each value of a feature.
    fn of_feature(&self, feature: u32) -> impl Iterator<Item = (usize, u32)> {
        self.fields.iter().zip(&self.firsts).enumerate().filter_map(move |(column, (field, first))| {
            let which = field.values.which()[feature as usize];
            (which != ABSENT).then(|| (column, first + which))
        })
    }

    /// Appends the `Tile.Value` message of a number.
    fn put_value(&self, number: u32, out: &mut Vec<u8>) {
        let column = self.firsts.partition_point(|first| *first <= number) - 1;
        self.fields[column].values.put(number - self.firsts[column], out);
    }
}

/// Kind of geometry as MVT numbers it.
pub const POLYGON: u8 = 3;

/// Puts the features of one layer together with their fields; keeps its working space from tile to tile.
#[derive(Default)]
pub struct Tagger {
    /// Number of the layer → number in this tile, valid where `seen` holds the current tile's count.
    local: Vec<u32>,
    seen: Vec<u32>,
    tiles: u32,
    used: Vec<u32>,
    message: Vec<u8>,
    tags: Vec<u8>,
    value: Vec<u8>,
}

impl Tagger {
    /// Begins a layer in a new tile.
    pub fn begin(&mut self, dictionary: &Dictionary<'_>, name: &str) {
        let values = dictionary.values as usize;
        if self.seen.len() < values {
            self.local.resize(values, 0);
            self.seen.resize(values, 0);
        }
        self.tiles += 1;
        self.used.clear();
        self.message.clear();
        put_bytes(&mut self.message, 1, name.as_bytes());
    }

    /// Adds a feature whose geometry is encoded already.
    pub fn feature(&mut self, dictionary: &Dictionary<'_>, feature: u32, id: u64, kind: u8, geometry: &[u8]) {
        self.collect_tags(dictionary, feature);
        let part = |bytes: &[u8]| 1 + varint_len(bytes.len() as u64) + bytes.len();
        let tags = if self.tags.is_empty() { 0 } else { part(&self.tags) };
        self.message.push(2 << 3 | 2);
        put_varint(&mut self.message, (1 + varint_len(id) + tags + 2 + part(geometry)) as u64);
        self.message.push(1 << 3);
        put_varint(&mut self.message, id);
        if tags > 0 {
            put_bytes(&mut self.message, 2, &self.tags);
        }
        self.message.extend([3 << 3, kind]);
        put_bytes(&mut self.message, 4, geometry);
    }

    /// Adds the features of the one layer that mvt wrote into `encoded`, in the order of `features`.
    pub fn take_over(&mut self, dictionary: &Dictionary<'_>, encoded: &[u8], features: &[(u32, u64)]) {
        let (_, mut layer, _) = field(encoded).expect("mvt wrote a tile of one layer");
        let mut features = features.iter();
        while let Some((key, written, after)) = field(layer) {
            if key >> 3 == 2
                && let Some((feature, id)) = features.next()
            {
                let (kind, geometry) = kind_and_geometry(written).expect("mvt wrote a kind and a geometry");
                self.feature(dictionary, *feature, *id, kind, geometry);
            }
            layer = after;
        }
    }

    /// Appends the finished layer to the tile.
    pub fn finish(&mut self, dictionary: &Dictionary<'_>, extent: u32, out: &mut Vec<u8>) {
        dictionary.fields.iter().for_each(|field| put_bytes(&mut self.message, 3, field.name.as_bytes()));
        for number in &self.used {
            self.value.clear();
            dictionary.put_value(*number, &mut self.value);
            put_bytes(&mut self.message, 4, &self.value);
        }
        self.message.push(5 << 3);
        put_varint(&mut self.message, u64::from(extent));
        self.message.extend([15 << 3, 2]);
        put_bytes(out, 3, &self.message);
    }

    fn collect_tags(&mut self, dictionary: &Dictionary<'_>, feature: u32) {
        self.tags.clear();
        for (column, number) in dictionary.of_feature(feature) {
            put_varint(&mut self.tags, column as u64);
            let i = number as usize;
            if self.seen[i] != self.tiles {
                self.seen[i] = self.tiles;
                self.local[i] = self.used.len() as u32;
                self.used.push(number);
            }
            put_varint(&mut self.tags, u64::from(self.local[i]));
        }
    }
}

/// Fields 3 and 4 of a feature that mvt wrote.
fn kind_and_geometry(mut feature: &[u8]) -> Option<(u8, &[u8])> {
    let mut kind = None;
    while let Some((key, content, after)) = field(feature) {
        match key >> 3 {
            3 => kind = Some(feature[1]),
            4 => return Some((kind?, content)),
            _ => {}
        }
        feature = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::tile::decode::{DecodedValue, tile};
    use crate::tile::layer::Values;

    /// Three points, encoded by mvt without fields.
    fn points() -> Vec<u8> {
        let mut encoded = mvt::Tile::new(4096);
        let mut layer = encoded.create_layer("p");
        for i in 0..3 {
            let point = mvt::GeomEncoder::<i32>::new(mvt::GeomType::Point).point(i, i).unwrap().encode().unwrap();
            layer = layer.into_feature(point).into_layer();
        }
        encoded.add_layer(layer).unwrap();
        encoded.to_bytes().unwrap()
    }

    #[test]
    fn every_feature_gets_its_own_values_and_equal_ones_stand_once() {
        let texts = ["LUC", "ONT", "LUC", "x"].map(|text| Some(Cow::Borrowed(text)));
        let sheets = [Some(5), None, Some(-300), Some(5)];
        let areas = [Some(0.5), Some(127.7), Some(0.5), None];
        let fields = [
            Field { name: "use".into(), values: Values::text(texts.into_iter()) },
            Field { name: "sheet".into(), values: Values::integers(sheets.into_iter()) },
            Field { name: "area".into(), values: Values::reals(areas.into_iter()) },
        ];
        let dictionary = Dictionary::new(&fields);
        let mut tagger = Tagger::default();
        for features in [[0, 1, 2], [2, 1, 3]] {
            let mut out = vec![];
            tagger.begin(&dictionary, "p");
            tagger.take_over(&dictionary, &points(), &features.map(|feature| (feature, 1000 + u64::from(feature))));
            tagger.finish(&dictionary, 4096, &mut out);
            let decoded = tile(&out).unwrap();
            let layer = &decoded[0];
            for (feature, i) in layer.features.iter().zip(features) {
                let word = ["LUC", "ONT", "LUC", "x"][i as usize];
                assert_eq!(layer.value(feature, "use"), Some(&DecodedValue::Text(word)));
                assert_eq!(layer.value(feature, "sheet").cloned(), sheets[i as usize].map(DecodedValue::Integer));
                assert_eq!(layer.value(feature, "area").cloned(), areas[i as usize].map(DecodedValue::Real));
                assert_eq!(feature.id, Some(1000 + u64::from(i)));
            }
            let distinct: std::collections::BTreeSet<String> = layer.values.iter().map(|v| format!("{v:?}")).collect();
            assert_eq!(distinct.len(), layer.values.len(), "a value stands twice");
        }
    }
}
