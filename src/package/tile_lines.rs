//! What became of a script of tiles: lines that stay, and tiles that are patched as they are drawn, not as they are
//! packed. One parcel of a tile changes some bytes of it, and all bytes of its packed form.

use std::collections::HashMap;

use ct_codecs::{Base64, Decoder, Encoder};
use libdeflater::Compressor;
use serde::{Deserialize, Serialize};

use super::patch::{self, Rest, Run, Streams};
use crate::tile::archive;
use crate::tile::stored::inflated_tile;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Line {
    /// Lines of the old script: the first, from 0, and how many.
    Keep(usize, usize),
    /// The tile of a line of the old script, patched.
    Tile(usize, Vec<Run>),
    /// A line that is new, and its bytes.
    New(usize),
}

/// How the script `new` is made of `old`.
pub fn make(old: &str, new: &str, streams: &mut Streams) -> Vec<Line> {
    let before: Vec<&str> = old.split_inclusive('\n').collect();
    // Looked up and never walked: its order does not matter.
    let places: HashMap<&str, usize> = before.iter().enumerate().map(|(at, line)| (name(line), at)).collect();
    let (mut lines, mut packer) = (vec![], archive::compressor());
    for line in new.split_inclusive('\n') {
        let place = places.get(name(line)).copied();
        match (place, lines.last_mut()) {
            (Some(at), Some(Line::Keep(first, count))) if before[at] == line && *first + *count == at => *count += 1,
            (Some(at), _) if before[at] == line => lines.push(Line::Keep(at, 1)),
            _ => lines.push(changed(place.map(|at| (at, before[at])), line, &mut packer, streams)),
        }
    }
    lines
}

fn changed(old: Option<(usize, &str)>, line: &str, packer: &mut Compressor, streams: &mut Streams) -> Line {
    let patched = old.and_then(|(at, before)| {
        let (before, plain) = (opened(before)?, opened(line)?);
        // A tile that was packed in another way is carried as it is.
        let same = shut(packer, name(line), &plain) == line;
        same.then(|| Line::Tile(at, patch::make(&before, &plain, streams)))
    });
    patched.unwrap_or_else(|| {
        streams.inserts.extend(line.as_bytes());
        Line::New(line.len())
    })
}

/// How many bytes of each stream lines take.
pub fn taken(lines: &[Line]) -> Option<(usize, usize)> {
    lines.iter().try_fold((0_usize, 0_usize), |(differences, inserts), line| {
        let (more, put_in) = match line {
            Line::Keep(..) => (0, 0),
            Line::Tile(_, runs) => patch::taken(runs)?,
            Line::New(length) => (0, *length),
        };
        Some((differences.checked_add(more)?, inserts.checked_add(put_in)?))
    })
}

/// Makes the new script again; none for lines that are not of the old one.
pub fn apply(old: &str, lines: &[Line], rest: &mut Rest<'_>) -> Option<Vec<u8>> {
    let before: Vec<&str> = old.split_inclusive('\n').collect();
    let (mut new, mut packer) = (vec![], archive::compressor());
    for line in lines {
        match line {
            Line::Keep(first, count) => {
                let kept = before.get(*first..first.checked_add(*count)?)?;
                kept.iter().for_each(|line| new.extend(line.as_bytes()));
            }
            Line::Tile(at, runs) => {
                let line = before.get(*at)?;
                let plain = patch::apply(&opened(line)?, runs, rest)?;
                new.extend(shut(&mut packer, name(line), &plain).as_bytes());
            }
            Line::New(length) => new.extend(patch::take(&mut rest.inserts, *length)?),
        }
    }
    Some(new)
}

/// `"14/13033/7200"`: what a line is called; the whole line where it is no tile.
fn name(line: &str) -> &str {
    line.find(':').map_or(line, |end| &line[..end])
}

/// The plain tile of a line.
fn opened(line: &str) -> Option<Vec<u8>> {
    let base64 = line.split_once(":\"")?.1.strip_suffix("\",\n")?;
    inflated_tile(&Base64::decode_to_vec(base64, None).ok()?).ok()
}

fn shut(packer: &mut Compressor, name: &str, plain: &[u8]) -> String {
    let base64 = Base64::encode_to_string(archive::gzip(packer, plain)).unwrap_or_default();
    format!("{name}:\"{base64}\",\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(tiles: &[(&str, String)]) -> String {
        let mut packer = archive::compressor();
        let lines: String =
            tiles.iter().map(|(name, text)| shut(&mut packer, &format!("\"{name}\""), text.as_bytes())).collect();
        format!("congboGoi.o(\"thua-dat\",\"goc\",{{\n{lines}}});\n")
    }

    #[test]
    fn of_a_tile_that_changed_a_few_bytes_are_carried() {
        let tile = |seed: u32| (0..900).map(|n| format!("{} ", (n * 7919 + seed) % 10_007)).collect::<String>();
        let old = script(&[("9/1/1", tile(1)), ("9/1/2", tile(2)), ("9/1/3", tile(3))]);
        let changed = tile(2).replacen("89", "8x9", 1);
        let new = script(&[("9/1/1", tile(1)), ("9/1/2", changed), ("9/1/4", tile(4))]);
        let mut streams = Streams::default();
        let lines = make(&old, &new, &mut streams);
        assert!(matches!(lines[..], [Line::Keep(0, 2), Line::Tile(2, _), Line::New(_), Line::Keep(4, 1)]), "{lines:?}");
        assert_eq!(taken(&lines), Some((streams.differences.len(), streams.inserts.len())));
        let carried = streams.inserts.len() + streams.differences.iter().filter(|by| **by != 0).count();
        assert!(carried < new.lines().nth(3).unwrap().len() + 20, "{carried}");
        let mut rest = Rest { differences: &streams.differences, inserts: &streams.inserts };
        assert_eq!(apply(&old, &lines, &mut rest), Some(new.into_bytes()));
        assert_eq!(apply("", &lines, &mut Rest { differences: &[], inserts: &[] }), None);
    }
}
