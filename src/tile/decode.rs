//! A strict reader of MVT 2.1, by which the build looks at its own tiles as a stranger would.

use std::ops::Range;

/// A point in tile units relative to the tile's north-west corner.
pub type Point = [i32; 2];

/// A decoded layer. Tags and points of all features stand in one row: a tile has thousands.
#[derive(Debug, Default)]
pub struct DecodedLayer<'a> {
    pub name: &'a str,
    pub extent: u32,
    pub features: Vec<DecodedFeature>,
    pub keys: Vec<&'a str>,
    pub values: Vec<DecodedValue<'a>>,
    tags: Vec<u32>,
    points: Vec<Point>,
    part_ends: Vec<u32>,
}

#[derive(Clone, Debug, Default)]
pub struct DecodedFeature {
    pub id: Option<u64>,
    /// 1 point, 2 line, 3 polygon.
    pub kind: u64,
    tags: Range<usize>,
    parts: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum DecodedValue<'a> {
    Text(&'a str),
    Real(f64),
    Integer(i64),
    Bool(bool),
}

impl<'a> DecodedLayer<'a> {
    /// Pairs of indices into keys and values.
    pub fn tags(&self, feature: &DecodedFeature) -> &[u32] {
        &self.tags[feature.tags.clone()]
    }

    /// Rings (open), lines, or single points.
    pub fn parts(&self, feature: &DecodedFeature) -> impl Iterator<Item = &[Point]> + Clone {
        let start = |part: usize| if part == 0 { 0 } else { self.part_ends[part - 1] as usize };
        feature.parts.clone().map(move |part| &self.points[start(part)..self.part_ends[part] as usize])
    }

    /// The value of a feature's field.
    pub fn value(&self, feature: &DecodedFeature, key: &str) -> Option<&DecodedValue<'a>> {
        let mut pairs = self.tags(feature).chunks(2);
        let pair = pairs.find(|pair| self.keys.get(pair[0] as usize).is_some_and(|k| *k == key))?;
        self.values.get(pair[1] as usize)
    }
}

/// Decodes an uncompressed tile.
///
/// # Errors
/// A sentence on what breaks the specification.
pub fn tile(bytes: &[u8]) -> Result<Vec<DecodedLayer<'_>>, String> {
    let mut layers = vec![];
    for field in Fields::new(bytes) {
        match field? {
            (3, Wire::Bytes(layer)) => layers.push(self::layer(layer)?),
            (number, _) => return Err(format!("field {number} does not belong into a tile")),
        }
    }
    Ok(layers)
}

fn layer(bytes: &[u8]) -> Result<DecodedLayer<'_>, String> {
    let mut layer = DecodedLayer { extent: 4096, ..DecodedLayer::default() };
    let mut version = 1;
    for field in Fields::new(bytes) {
        match field? {
            (15, Wire::Varint(v)) => version = v,
            (1, Wire::Bytes(name)) => layer.name = text(name)?,
            (2, Wire::Bytes(feature)) => self::feature(feature, &mut layer)?,
            (3, Wire::Bytes(key)) => layer.keys.push(text(key)?),
            (4, Wire::Bytes(value)) => layer.values.push(self::value(value)?),
            (5, Wire::Varint(extent)) => layer.extent = extent as u32,
            (number, _) => return Err(format!("field {number} does not belong into a layer")),
        }
    }
    let in_pairs = layer.features.iter().all(|feature| feature.tags.len() % 2 == 0);
    let points_somewhere = |t: &[u32]| (t[0] as usize) < layer.keys.len() && (t[1] as usize) < layer.values.len();
    let tags_fit = in_pairs && layer.tags.chunks_exact(2).all(points_somewhere);
    match (version, tags_fit) {
        (2, true) => Ok(layer),
        (2, false) => Err(format!("layer '{}' has tags that point nowhere", layer.name)),
        _ => Err(format!("layer '{}' is of version {version}", layer.name)),
    }
}

fn feature(bytes: &[u8], layer: &mut DecodedLayer<'_>) -> Result<(), String> {
    let mut feature = DecodedFeature::default();
    let mut commands: &[u8] = &[];
    for field in Fields::new(bytes) {
        match field? {
            (1, Wire::Varint(id)) => feature.id = Some(id),
            (2, Wire::Bytes(tags)) => feature.tags = append(tags, &mut layer.tags)?,
            (3, Wire::Varint(kind)) => feature.kind = kind,
            (4, Wire::Bytes(geometry)) => commands = geometry,
            (number, _) => return Err(format!("field {number} does not belong into a feature")),
        }
    }
    feature.parts = parts(feature.kind, commands, layer)?;
    layer.features.push(feature);
    Ok(())
}

fn value(bytes: &[u8]) -> Result<DecodedValue<'_>, String> {
    match Fields::new(bytes).next().ok_or("a value is empty")?? {
        (1, Wire::Bytes(value)) => Ok(DecodedValue::Text(text(value)?)),
        (2, Wire::Fixed32(bits)) => Ok(DecodedValue::Real(f64::from(f32::from_bits(bits)))),
        (3, Wire::Fixed64(bits)) => Ok(DecodedValue::Real(f64::from_bits(bits))),
        (4 | 5, Wire::Varint(v)) => Ok(DecodedValue::Integer(v as i64)),
        (6, Wire::Varint(v)) => Ok(DecodedValue::Integer((v >> 1) as i64 ^ -((v & 1) as i64))),
        (7, Wire::Varint(v)) => Ok(DecodedValue::Bool(v != 0)),
        (number, _) => Err(format!("field {number} does not belong into a value")),
    }
}

/// Runs the geometry commands (MVT 2.1, 4.3).
fn parts(kind: u64, mut commands: &[u8], layer: &mut DecodedLayer<'_>) -> Result<Range<usize>, String> {
    let first = layer.part_ends.len();
    let mut open = false;
    let mut cursor = [0i32; 2];
    while !commands.is_empty() {
        let (id, count) = take_u32(&mut commands).map(|command| (command & 7, command >> 3))?;
        match (id, count) {
            (_, 0) => return Err("a command stands for nothing".into()),
            (1, n) if kind == 1 || (n == 1 && !(kind == 3 && open)) => open = true,
            (2, _) if open && kind != 1 => {}
            (7, 1) if kind == 3 && open => {
                open = false;
                continue;
            }
            _ => return Err(format!("command {id} is out of place")),
        }
        for _ in 0..count {
            for axis in &mut cursor {
                *axis = axis.wrapping_add(unzigzag(take_u32(&mut commands)?));
            }
            if id == 1 {
                layer.part_ends.push(layer.points.len() as u32);
            }
            layer.points.push(cursor);
            *layer.part_ends.last_mut().ok_or("a LineTo stands before any MoveTo")? = layer.points.len() as u32;
        }
    }
    if kind == 3 && open { Err("a ring is not closed".into()) } else { Ok(first..layer.part_ends.len()) }
}

fn take_u32(bytes: &mut &[u8]) -> Result<u32, String> {
    let (number, rest) = varint(bytes)?;
    *bytes = rest;
    u32::try_from(number).map_err(|_| "a number does not fit 32 bits".into())
}

fn unzigzag(v: u32) -> i32 {
    (v >> 1) as i32 ^ -((v & 1) as i32)
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "a text is not UTF-8".into())
}

fn append(mut bytes: &[u8], numbers: &mut Vec<u32>) -> Result<Range<usize>, String> {
    let start = numbers.len();
    while !bytes.is_empty() {
        numbers.push(take_u32(&mut bytes)?);
    }
    Ok(start..numbers.len())
}

enum Wire<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32(u32),
}

/// The fields of a protocol buffer message.
struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn new(rest: &'a [u8]) -> Self {
        Fields { rest }
    }

    fn field(&mut self) -> Result<(u64, Wire<'a>), String> {
        let (key, rest) = varint(self.rest)?;
        let (wire, rest) = match key & 7 {
            0 => varint(rest).map(|(v, rest)| (Wire::Varint(v), rest))?,
            1 => take(rest, 8)
                .map(|(b, rest)| (Wire::Fixed64(u64::from_le_bytes(b.try_into().unwrap_or_default())), rest))?,
            2 => {
                let (length, rest) = varint(rest)?;
                take(rest, length as usize).map(|(b, rest)| (Wire::Bytes(b), rest))?
            }
            5 => take(rest, 4)
                .map(|(b, rest)| (Wire::Fixed32(u32::from_le_bytes(b.try_into().unwrap_or_default())), rest))?,
            other => return Err(format!("wire type {other} is unknown")),
        };
        self.rest = rest;
        Ok((key >> 3, wire))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Wire<'a>), String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

fn take(bytes: &[u8], n: usize) -> Result<(&[u8], &[u8]), String> {
    bytes.split_at_checked(n).ok_or_else(|| "the tile is cut off".into())
}

fn varint(bytes: &[u8]) -> Result<(u64, &[u8]), String> {
    let mut value = 0u64;
    for (i, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Ok((value, &bytes[i + 1..]));
        }
    }
    Err("a number is cut off".into())
}
