//! What one layer of a tile set draws: shapes, ids and fields.

use std::borrow::Cow;
use std::hash::Hash;

use hashbrown::HashTable;
use rustc_hash::FxHashMap;

use super::weld::WeldReport;
use super::wire::{put_bytes, put_varint};
use crate::model::field::Value;
use crate::model::shapes::{Shapes, WorldCoord};

/// One field for all features of a layer.
pub struct Field {
    pub name: String,
    pub values: Values,
}

/// Each distinct value once, and for each feature which one it has: a province has few land uses and many
/// parcels.
pub enum Values {
    Text { words: Words, which: Vec<u32> },
    Integer { distinct: Vec<i64>, which: Vec<u32> },
    Real { distinct: Vec<f64>, which: Vec<u32> },
}

/// Where a feature has no value.
pub const ABSENT: u32 = u32::MAX;

/// Many texts end to end.
#[derive(Default)]
pub struct Words {
    text: String,
    ends: Vec<u32>,
}

impl Words {
    fn push(&mut self, word: &str) {
        self.text.push_str(word);
        self.ends.push(self.text.len() as u32);
    }

    pub fn get(&self, i: u32) -> &str {
        let i = i as usize;
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        &self.text[start as usize..self.ends[i] as usize]
    }
}

/// Collects the values of one column, feature by feature.
pub enum Column {
    Text { words: Words, places: HashTable<u32>, which: Vec<u32> },
    Integer { distinct: Vec<i64>, places: FxHashMap<i64, u32>, which: Vec<u32> },
    Real { distinct: Vec<f64>, places: FxHashMap<u64, u32>, which: Vec<u32> },
}

impl Column {
    pub fn text() -> Self {
        Column::Text { words: Words::default(), places: HashTable::new(), which: vec![] }
    }

    pub fn integer() -> Self {
        Column::Integer { distinct: vec![], places: FxHashMap::default(), which: vec![] }
    }

    pub fn real() -> Self {
        Column::Real { distinct: vec![], places: FxHashMap::default(), which: vec![] }
    }

    /// The next feature's value; nothing, or a value of another type, is [`ABSENT`].
    pub fn push(&mut self, value: Value<'_>) {
        match (self, value) {
            (Column::Text { words, places, which }, Value::Text(Some(text))) => which.push(word(words, places, &text)),
            (Column::Integer { distinct, places, which }, Value::Integer(Some(value))) => {
                which.push(number(places, value, || distinct.push(value)));
            }
            (Column::Real { distinct, places, which }, Value::Real(Some(value))) => {
                which.push(number(places, value.to_bits(), || distinct.push(value)));
            }
            (Column::Text { which, .. } | Column::Integer { which, .. } | Column::Real { which, .. }, _) => {
                which.push(ABSENT);
            }
        }
    }

    pub fn finish(self) -> Values {
        match self {
            Column::Text { words, which, .. } => Values::Text { words, which },
            Column::Integer { distinct, which, .. } => Values::Integer { distinct, which },
            Column::Real { distinct, which, .. } => Values::Real { distinct, which },
        }
    }
}

/// The number of a text. The table holds numbers only: texts stand once, in `words`.
fn word(words: &mut Words, places: &mut HashTable<u32>, text: &str) -> u32 {
    let hash = |text: &str| xxhash_rust::xxh3::xxh3_64(text.as_bytes());
    if let Some(known) = places.find(hash(text), |i| words.get(*i) == text) {
        return *known;
    }
    let number = words.ends.len() as u32;
    words.push(text);
    places.insert_unique(hash(text), number, |i| hash(words.get(*i)));
    number
}

fn number<T: Hash + Eq>(places: &mut FxHashMap<T, u32>, value: T, add: impl FnOnce()) -> u32 {
    let next = places.len() as u32;
    *places.entry(value).or_insert_with(|| {
        add();
        next
    })
}

impl Values {
    pub fn of<'v>(mut column: Column, values: impl Iterator<Item = Value<'v>>) -> Self {
        values.for_each(|value| column.push(value));
        column.finish()
    }

    pub fn text<'a>(texts: impl Iterator<Item = Option<Cow<'a, str>>>) -> Self {
        Values::of(Column::text(), texts.map(Value::Text))
    }

    pub fn integers(values: impl Iterator<Item = Option<i64>>) -> Self {
        Values::of(Column::integer(), values.map(Value::Integer))
    }

    pub fn reals(values: impl Iterator<Item = Option<f64>>) -> Self {
        Values::of(Column::real(), values.map(Value::Real))
    }

    /// Which value each feature has, or [`ABSENT`].
    pub fn which(&self) -> &[u32] {
        match self {
            Values::Text { which, .. } | Values::Integer { which, .. } | Values::Real { which, .. } => which,
        }
    }

    /// How many different values there are.
    pub fn distinct(&self) -> usize {
        match self {
            Values::Text { words, .. } => words.ends.len(),
            Values::Integer { distinct, .. } => distinct.len(),
            Values::Real { distinct, .. } => distinct.len(),
        }
    }

    /// Appends one value as `Tile.Value` (MVT 2.1, 4.1): `string_value`, `uint_value` or `sint_value`,
    /// `double_value`.
    pub fn put(&self, which: u32, out: &mut Vec<u8>) {
        match self {
            Values::Text { words, .. } => put_bytes(out, 1, words.get(which).as_bytes()),
            Values::Integer { distinct, .. } => put_integer(distinct[which as usize], out),
            Values::Real { distinct, .. } => {
                out.push(3 << 3 | 1);
                out.extend(distinct[which as usize].to_le_bytes());
            }
        }
    }

    /// `String` or `Number`: the types of TileJSON 3.
    pub fn type_name(&self) -> &'static str {
        match self {
            Values::Text { .. } => "String",
            Values::Integer { .. } | Values::Real { .. } => "Number",
        }
    }
}

fn put_integer(value: i64, out: &mut Vec<u8>) {
    match u64::try_from(value) {
        Ok(value) => {
            out.push(5 << 3);
            put_varint(out, value);
        }
        Err(_) => {
            out.push(6 << 3);
            put_varint(out, ((value << 1) ^ (value >> 63)) as u64);
        }
    }
}

/// One layer, ready to be cut into tiles.
pub struct TileLayer<'a> {
    pub name: String,
    /// Outer rings counter-clockwise with north up.
    pub shapes: Cow<'a, Shapes<WorldCoord>>,
    /// One id per feature, unique in the layer and below 2^53 (a JavaScript number).
    pub ids: Vec<u64>,
    pub fields: Vec<Field>,
    pub minzoom: u8,
    pub maxzoom: u8,
    /// Whether each feature must be found again in the tiles of every zoom (parcels, zones), or small ones
    /// may fall under the grid (fabric, base).
    pub complete: bool,
    /// Whether polygons lie side by side without overlap, as parcels do.
    pub coverage: bool,
    /// What was joined before the layer became a coverage.
    pub weld: Option<WeldReport>,
    /// The polygons in which each point of a label layer must lie, in the order of the points.
    pub inside: Option<Cow<'a, Shapes<WorldCoord>>>,
    /// Of a generalised layer: the values of its first field, each with twice the area in square world units that
    /// features of this value must show together. Such a layer lies on the grid of its one zoom already.
    pub stated_areas: Vec<(String, i128)>,
}

impl TileLayer<'_> {
    /// Whether this layer has the tiles of a zoom; another one of the same name may have those of the next.
    pub fn is_at(&self, z: u8) -> bool {
        (self.minzoom..=self.maxzoom).contains(&z)
    }

    pub fn is_on_grid(&self) -> bool {
        !self.stated_areas.is_empty()
    }
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
