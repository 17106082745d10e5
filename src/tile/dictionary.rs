//! The fields of a layer as one dictionary, and their way into encoded tiles.
//!
//! mvt looks every value of every feature up by its hash, twice allocating a text on the way: a third of
//! the stage's time. Here each distinct value is encoded once for the whole layer; a tile only counts which
//! of them it needs. mvt still writes features and geometry; the tags are put into what it wrote.

use rustc_hash::FxHashMap;

use super::layer::{Field, Values};

/// Every distinct value of a layer, ready to be copied into a tile.
pub struct Dictionary {
    keys: Vec<String>,
    /// Encoded `Tile.Value` messages.
    values: Vec<Box<[u8]>>,
    /// One number per feature and field, features outermost; [`ABSENT`] where a feature has no value.
    numbers: Vec<u32>,
}

const ABSENT: u32 = u32::MAX;

impl Dictionary {
    pub fn new(fields: &[Field], features: usize) -> Self {
        let mut dictionary =
            Dictionary { keys: vec![], values: vec![], numbers: vec![ABSENT; features * fields.len()] };
        let mut places: FxHashMap<Box<[u8]>, u32> = FxHashMap::default();
        for (column, field) in fields.iter().enumerate() {
            dictionary.keys.push(field.name.clone());
            let mut put = |feature: usize, encoded: Vec<u8>| {
                let number = place(&mut places, &mut dictionary.values, encoded);
                dictionary.numbers[feature * fields.len() + column] = number;
            };
            match &field.values {
                Values::Text { words, which } => which.iter().enumerate().for_each(|(feature, word)| {
                    if let Some(word) = word {
                        put(feature, text_value(&words[*word as usize]));
                    }
                }),
                Values::Integer(values) => each(values, |feature, value| put(feature, integer_value(value))),
                Values::Real(values) => each(values, |feature, value| put(feature, real_value(value))),
            }
        }
        dictionary
    }

    fn of_feature(&self, feature: u32) -> &[u32] {
        let fields = self.keys.len();
        &self.numbers[feature as usize * fields..][..fields]
    }
}

fn each<T: Copy>(values: &[Option<T>], mut put: impl FnMut(usize, T)) {
    values.iter().enumerate().for_each(|(feature, value)| {
        if let Some(value) = value {
            put(feature, *value);
        }
    });
}

fn place(places: &mut FxHashMap<Box<[u8]>, u32>, values: &mut Vec<Box<[u8]>>, encoded: Vec<u8>) -> u32 {
    *places.entry(encoded.into_boxed_slice()).or_insert_with_key(|encoded| {
        values.push(encoded.clone());
        values.len() as u32 - 1
    })
}

/// `string_value`, `sint_value` and `double_value` of MVT 2.1, 4.1.
fn text_value(text: &str) -> Vec<u8> {
    let mut out = vec![];
    put_bytes(&mut out, 1, text.as_bytes());
    out
}

fn integer_value(value: i64) -> Vec<u8> {
    let mut out = vec![6 << 3];
    put_varint(&mut out, ((value << 1) ^ (value >> 63)) as u64);
    out
}

fn real_value(value: f64) -> Vec<u8> {
    let mut out = vec![3 << 3 | 1];
    out.extend(value.to_le_bytes());
    out
}

/// Puts fields into tiles; keeps its working space from one to the next.
#[derive(Default)]
pub struct Tagger {
    /// Dictionary number → number in this tile, valid where `seen` holds the current tile's count.
    local: Vec<u32>,
    seen: Vec<u32>,
    tiles: u32,
    used: Vec<u32>,
    message: Vec<u8>,
    tags: Vec<u8>,
}

impl Tagger {
    /// Appends to `out` the one layer that mvt wrote into `encoded`, its features (in the order of
    /// `features`) with their fields.
    pub fn add(&mut self, encoded: &[u8], dictionary: &Dictionary, features: &[u32], out: &mut Vec<u8>) {
        self.begin(dictionary);
        let (_, layer, _) = message(encoded).expect("mvt wrote a tile of one layer");
        self.message.clear();
        let mut rest = layer;
        let mut features = features.iter();
        while let Some((key, field, after)) = message(rest) {
            match (key >> 3, features.as_slice().first()) {
                (2, Some(feature)) => {
                    self.feature(field, dictionary.of_feature(*feature));
                    features.next();
                }
                _ => self.message.extend_from_slice(&rest[..rest.len() - after.len()]),
            }
            rest = after;
        }
        dictionary.keys.iter().for_each(|key| put_bytes(&mut self.message, 3, key.as_bytes()));
        for number in &self.used {
            put_bytes(&mut self.message, 4, &dictionary.values[*number as usize]);
        }
        put_bytes(out, 3, &self.message);
    }

    fn begin(&mut self, dictionary: &Dictionary) {
        if self.seen.len() < dictionary.values.len() {
            self.local.resize(dictionary.values.len(), 0);
            self.seen.resize(dictionary.values.len(), 0);
        }
        self.tiles += 1;
        self.used.clear();
    }

    /// One feature of mvt's, its tags behind its id, where the specification lists them.
    fn feature(&mut self, feature: &[u8], numbers: &[u32]) {
        self.tags.clear();
        for (key, number) in numbers.iter().enumerate().filter(|(_, number)| **number != ABSENT) {
            put_varint(&mut self.tags, key as u64);
            let local = u64::from(self.local(*number));
            put_varint(&mut self.tags, local);
        }
        let (_, _, after_id) = message(feature).expect("every feature has an id");
        let id = &feature[..feature.len() - after_id.len()];
        let head = if self.tags.is_empty() { 0 } else { 1 + varint_len(self.tags.len() as u64) };
        self.message.push(2 << 3 | 2);
        put_varint(&mut self.message, (feature.len() + head + self.tags.len()) as u64);
        self.message.extend_from_slice(id);
        if !self.tags.is_empty() {
            put_bytes(&mut self.message, 2, &self.tags);
        }
        self.message.extend_from_slice(after_id);
    }

    /// The number of a value in this tile; new ones are added.
    fn local(&mut self, number: u32) -> u32 {
        let i = number as usize;
        if self.seen[i] != self.tiles {
            self.seen[i] = self.tiles;
            self.local[i] = self.used.len() as u32;
            self.used.push(number);
        }
        self.local[i]
    }
}

/// Key, content and rest of the first field of a message; of a number the content is empty.
fn message(bytes: &[u8]) -> Option<(u64, &[u8], &[u8])> {
    let (key, rest) = take_varint(bytes)?;
    match key & 7 {
        0 => take_varint(rest).map(|(_, rest)| (key, &[][..], rest)),
        2 => {
            let (length, rest) = take_varint(rest)?;
            let (content, rest) = rest.split_at_checked(length as usize)?;
            Some((key, content, rest))
        }
        _ => None,
    }
}

fn take_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (i, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[i + 1..]));
        }
    }
    None
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn varint_len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

fn put_bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    out.push(field << 3 | 2);
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::tile::decode::{DecodedValue, tile};

    /// Three points, encoded by mvt without fields.
    fn points() -> Vec<u8> {
        let mut encoded = mvt::Tile::new(4096);
        let mut layer = encoded.create_layer("p");
        for i in 0..3 {
            let point = mvt::GeomEncoder::<i32>::new(mvt::GeomType::Point).point(i, i).unwrap().encode().unwrap();
            let mut feature = layer.into_feature(point);
            feature.set_id(1000 + i as u64);
            layer = feature.into_layer();
        }
        encoded.add_layer(layer).unwrap();
        encoded.to_bytes().unwrap()
    }

    #[test]
    fn every_feature_gets_its_own_values_and_equal_ones_stand_once() {
        let texts = ["LUC", "ONT", "LUC", "x"].map(|text| Some(Cow::Borrowed(text)));
        let fields = [
            Field { name: "use".into(), values: Values::text(texts.into_iter()) },
            Field { name: "sheet".into(), values: Values::Integer(vec![Some(5), None, Some(-300), Some(5)]) },
            Field { name: "area".into(), values: Values::Real(vec![Some(0.5), Some(127.7), Some(0.5), None]) },
        ];
        let dictionary = Dictionary::new(&fields, 4);
        let mut tagger = Tagger::default();
        for features in [[0, 1, 2], [2, 1, 3]] {
            let mut out = vec![];
            tagger.add(&points(), &dictionary, &features, &mut out);
            let decoded = tile(&out).unwrap();
            let layer = &decoded[0];
            for (feature, i) in layer.features.iter().zip(features) {
                let word = ["LUC", "ONT", "LUC", "x"][i as usize];
                assert_eq!(layer.value(feature, "use"), Some(&DecodedValue::Text(word.into())));
                let sheet = [Some(5), None, Some(-300), Some(5)][i as usize];
                assert_eq!(layer.value(feature, "sheet").cloned(), sheet.map(DecodedValue::Integer));
                let area = [Some(0.5), Some(127.7), Some(0.5), None][i as usize];
                assert_eq!(layer.value(feature, "area").cloned(), area.map(DecodedValue::Real));
            }
            let distinct: std::collections::BTreeSet<String> = layer.values.iter().map(|v| format!("{v:?}")).collect();
            assert_eq!(distinct.len(), layer.values.len(), "a value stands twice");
            assert_eq!(layer.features.iter().map(|f| f.id).collect::<Vec<_>>(), [Some(1000), Some(1001), Some(1002)]);
        }
    }
}
