//! The edition's parcel files (`extracts/thua_dat/<commune>-<dataset>.fgb`), and where in them what was asked for
//! lies: the packed Hilbert R-tree is walked from its root, level by level.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use flatgeobuf::packed_r_tree::{NodeItem, PackedRTree};
use flatgeobuf::{Header, size_prefixed_root_as_header};

use super::feature::{Columns, Feature};
use super::polygon::meet;
use super::{Area, Order, damaged};
use crate::model::tier::Layer;
use crate::release::{FileFacts, OpenEdition};

pub const MAGIC: &[u8; 8] = b"fgb\x03fgb\x00";
const MAX_HEADER_BYTES: u64 = 10 << 20;
pub const NODE_BYTES: u64 = 40;

/// Pieces of the index or of the features that lie so near one another are read in one go.
const NEAR_BYTES: u64 = 16 << 10;
const PIECE_BYTES: u64 = 1 << 20;

/// Everything that an order takes, by file.
pub struct Selection {
    pub taken: Vec<(Source, Vec<Leaf>)>,
    pub features: u64,
}

/// One file of the edition.
pub struct Source {
    pub path: String,
    pub file: Arc<File>,
    pub sha256: String,
    bytes: u64,
    header: Vec<u8>,
    /// Where the index begins, the nodes of each of its levels (root first), and how many features there are.
    index_at: u64,
    levels: Vec<Range<u64>>,
    count: u64,
    node_size: u64,
    pub features_at: u64,
}

/// A feature: its box, where it lies among the features, and its size.
pub struct Leaf {
    pub node: NodeItem,
    pub bytes: u64,
}

impl Selection {
    /// # Errors
    /// `NotFound` where nothing lies; a file that is not the one that was sealed.
    pub fn of(order: &Order<'_>) -> io::Result<Selection> {
        Selection::within(order.edition, order.area, order.within)
    }

    fn within(edition: &OpenEdition, area: &Area, within: Option<&[String]>) -> io::Result<Selection> {
        let mut taken = vec![];
        for facts in edition.manifest.files.iter().filter(|facts| is_wanted(area, within, &facts.path)) {
            let source = Source::open(edition, facts)?;
            let leaves = source.leaves(area)?;
            if !leaves.is_empty() {
                taken.push((source, leaves));
            }
        }
        let Some((first, _)) = taken.first() else {
            return Err(io::Error::new(io::ErrorKind::NotFound, "nothing lies there"));
        };
        let columns = first.columns()?;
        for (source, _) in &taken[1..] {
            if source.columns()? != columns {
                return Err(damaged("the files of the edition have different columns"));
            }
        }
        let features = taken.iter().map(|(_, leaves)| leaves.len() as u64).sum();
        Ok(Selection { taken, features })
    }

    /// Every feature in order, decoded one at a time.
    pub fn each(&self, mut each: impl FnMut(Feature) -> io::Result<()>) -> io::Result<()> {
        for (source, leaves) in &self.taken {
            source.each(leaves, |_, feature| each(feature))?;
        }
        Ok(())
    }

    pub fn columns(&self) -> io::Result<Columns> {
        self.taken[0].0.columns()
    }
}

/// Every parcel of an edition that `area` takes, whoever may have it: for what the office does itself.
///
/// # Errors
/// `NotFound` where nothing lies.
pub fn each_of_edition(edition: &OpenEdition, area: &Area, mut each: impl FnMut(&mut Feature)) -> io::Result<()> {
    let selection = Selection::within(edition, area, None)?;
    selection.each(|mut feature| {
        each(&mut feature);
        Ok(())
    })
}

/// The commune and the dataset in a path of a parcel file.
pub fn parts(path: &str) -> Option<(&str, &str)> {
    let name = path.strip_prefix(Layer::Parcels.folder())?.strip_prefix('/')?.strip_suffix(".fgb")?;
    name.split_once('-')
}

fn is_wanted(area: &Area, within: Option<&[String]>, path: &str) -> bool {
    let Some((commune, _)) = parts(path) else { return false };
    let granted = within.is_none_or(|within| within.iter().any(|code| code == commune));
    let asked = area.named().is_none_or(|codes| codes.iter().any(|code| code == commune));
    granted && asked
}

impl Source {
    fn open(edition: &OpenEdition, facts: &FileFacts) -> io::Result<Source> {
        let file = File::open(edition.dir.join(&facts.path))?;
        if file.metadata()?.len() != facts.bytes {
            return Err(damaged("a file is not the one that was sealed"));
        }
        let (header, index_at) = read_header(&file)?;
        let (count, node_size) = {
            let read = size_prefixed_root_as_header(&header).map_err(|_| damaged("its header is damaged"))?;
            (read.features_count(), read.index_node_size())
        };
        if count == 0 || node_size < 2 || count > facts.bytes / 8 {
            return Err(damaged("a file has no index"));
        }
        let features_at = index_at + PackedRTree::index_size(count as usize, node_size) as u64;
        if features_at > facts.bytes {
            return Err(damaged("a file ends inside its index"));
        }
        let node_size = u64::from(node_size);
        let (path, file, sha256) = (facts.path.clone(), Arc::new(file), facts.sha256.clone());
        let levels = levels(count, node_size);
        Ok(Source { path, file, sha256, bytes: facts.bytes, header, index_at, levels, count, node_size, features_at })
    }

    pub fn header(&self) -> io::Result<Header<'_>> {
        size_prefixed_root_as_header(&self.header).map_err(|_| damaged("its header is damaged"))
    }

    pub fn columns(&self) -> io::Result<Columns> {
        Columns::of(&self.header()?)
    }

    /// The features that belong to `area`, in the order of the file.
    fn leaves(&self, area: &Area) -> io::Result<Vec<Leaf>> {
        let within = match area.bounds_deg() {
            Some(bounds) => self.walk(bounds)?,
            None => self.all()?,
        };
        match area {
            Area::Communes(_) | Area::Box(_) => Ok(within),
            Area::Sheet { sheet, .. } => self.keep(within, |feature| feature.sheet() == Some(i64::from(*sheet))),
            Area::Polygon(polygon) => {
                self.keep(within, |feature| feature.polygons.iter().any(|rings| polygon.touches(rings)))
            }
        }
    }

    fn keep(&self, leaves: Vec<Leaf>, mut belongs: impl FnMut(&Feature) -> bool) -> io::Result<Vec<Leaf>> {
        let mut kept = vec![false; leaves.len()];
        self.each(&leaves, |i, feature| {
            kept[i] = belongs(&feature);
            Ok(())
        })?;
        Ok(leaves.into_iter().zip(kept).filter_map(|(leaf, kept)| kept.then_some(leaf)).collect())
    }

    /// The whole lowest level.
    fn all(&self) -> io::Result<Vec<Leaf>> {
        let lowest = self.levels.last().cloned().unwrap_or_default();
        self.leaves_of(&[lowest], |_| true)
    }

    /// Down from the root, into the nodes whose box meets `bounds`.
    fn walk(&self, bounds: [f64; 4]) -> io::Result<Vec<Leaf>> {
        let hit = |node: &NodeItem| meet([node.min_x, node.min_y, node.max_x, node.max_y], bounds);
        let mut ranges: Vec<Range<u64>> = self.levels.first().cloned().into_iter().collect();
        for level in &self.levels[1..] {
            let mut below: Vec<Range<u64>> = vec![];
            self.nodes(&ranges, |_, node, _| {
                if hit(&node) {
                    let first = node.offset;
                    let last = (first + self.node_size).min(level.end);
                    if first < level.start || first >= level.end {
                        return Err(damaged("the index of a file leads astray"));
                    }
                    match below.last_mut().filter(|before| before.end == first) {
                        Some(before) => before.end = last,
                        None => below.push(first..last),
                    }
                }
                Ok(())
            })?;
            ranges = below;
        }
        self.leaves_of(&ranges, hit)
    }

    fn leaves_of(&self, ranges: &[Range<u64>], belongs: impl Fn(&NodeItem) -> bool) -> io::Result<Vec<Leaf>> {
        let end = self.bytes - self.features_at;
        let mut leaves = vec![];
        self.nodes(ranges, |_, node, next| {
            if belongs(&node) {
                let next = next.unwrap_or(end);
                let bytes = next.checked_sub(node.offset).filter(|_| next <= end);
                let bytes = bytes.ok_or_else(|| damaged("the index of a file is not in its order"))?;
                leaves.push(Leaf { node, bytes });
            }
            Ok(())
        })?;
        Ok(leaves)
    }

    /// Nodes of one level, with the offset of the node behind each; ranges that lie near one another are read as
    /// one.
    fn nodes(
        &self,
        ranges: &[Range<u64>],
        mut each: impl FnMut(u64, NodeItem, Option<u64>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut at = 0;
        while at < ranges.len() {
            let begin = ranges[at].start;
            let mut end = at + 1;
            let fits = |next: &Range<u64>, last: u64| {
                (next.start - last) * NODE_BYTES <= NEAR_BYTES && (next.end - begin) * NODE_BYTES <= PIECE_BYTES
            };
            while end < ranges.len()
                && ranges[end].start >= ranges[end - 1].end
                && fits(&ranges[end], ranges[end - 1].end)
            {
                end += 1;
            }
            let total = self.levels.last().map_or(0, |lowest| lowest.end);
            let until = (ranges[end - 1].end + 1).min(total);
            let mut piece = vec![0; ((until - begin) * NODE_BYTES) as usize];
            self.file.read_exact_at(&mut piece, self.index_at + begin * NODE_BYTES)?;
            for i in ranges[at..end].iter().cloned().flatten() {
                let place = ((i - begin) * NODE_BYTES) as usize;
                let next = piece.get(place + 72..).filter(|rest| rest.len() >= 8).map(number);
                each(i, node(&piece[place..]), next)?;
            }
            at = end;
        }
        Ok(())
    }

    /// Decodes features one at a time; neighbours are read in pieces.
    pub fn each(&self, leaves: &[Leaf], mut each: impl FnMut(usize, Feature) -> io::Result<()>) -> io::Result<()> {
        let columns = self.columns()?;
        let mut at = 0;
        let mut piece = vec![];
        while at < leaves.len() {
            let begin = leaves[at].node.offset;
            let mut end = at + 1;
            let mut until = begin + leaves[at].bytes;
            while let Some(next) = leaves.get(end) {
                let after = next.node.offset + next.bytes;
                if next.node.offset < until || next.node.offset - until > NEAR_BYTES || after - begin > PIECE_BYTES {
                    break;
                }
                (until, end) = (after, end + 1);
            }
            piece.resize((until - begin) as usize, 0);
            self.file.read_exact_at(&mut piece, self.features_at + begin)?;
            for (i, leaf) in leaves.iter().enumerate().take(end).skip(at) {
                let from = (leaf.node.offset - begin) as usize;
                each(i, Feature::decode(&piece[from..from + leaf.bytes as usize], &columns)?)?;
            }
            at = end;
        }
        Ok(())
    }

    pub fn count(&self) -> u64 {
        self.count
    }
}

/// The nodes of each level, root first, as the format lays them out.
fn levels(count: u64, node_size: u64) -> Vec<Range<u64>> {
    let mut sizes = vec![count];
    while sizes.last().is_some_and(|last| *last > 1) || sizes.len() == 1 {
        let last = sizes[sizes.len() - 1];
        sizes.push(last.div_ceil(node_size));
    }
    let mut begin = 0;
    let level = |size: &u64| {
        begin += size;
        begin - size..begin
    };
    sizes.iter().rev().map(level).collect()
}

fn node(bytes: &[u8]) -> NodeItem {
    let [min_x, min_y, max_x, max_y] = [0, 8, 16, 24].map(|at| f64::from_bits(number(&bytes[at..])));
    NodeItem { min_x, min_y, max_x, max_y, offset: number(&bytes[32..]) }
}

fn number(bytes: &[u8]) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[..8]);
    u64::from_le_bytes(eight)
}

/// The header with the size before it, and where it ends.
pub fn read_header(file: &File) -> io::Result<(Vec<u8>, u64)> {
    let mut start = [0; 12];
    file.read_exact_at(&mut start, 0)?;
    if start[..7] != MAGIC[..7] {
        return Err(damaged("it does not begin as FlatGeobuf of version 3 does"));
    }
    let bytes = u64::from(u32::from_le_bytes([start[8], start[9], start[10], start[11]]));
    if bytes > MAX_HEADER_BYTES || 12 + bytes > file.metadata()?.len() {
        return Err(damaged("the size of its header is false"));
    }
    let mut header = vec![0; 4 + bytes as usize];
    file.read_exact_at(&mut header, 8)?;
    Ok((header, 12 + bytes))
}

#[cfg(test)]
mod tests {
    use super::levels;

    #[test]
    fn levels_lie_as_the_format_lays_them() {
        assert_eq!(levels(1, 16), [0..1, 1..2]);
        assert_eq!(levels(16, 16), [0..1, 1..17]);
        assert_eq!(levels(17, 16), [0..1, 1..3, 3..20]);
        for count in [1, 15, 300, 4097, 1_500_000] {
            let size = flatgeobuf::packed_r_tree::PackedRTree::index_size(count, 16) as u64;
            assert_eq!(levels(count as u64, 16).last().unwrap().end * 40, size, "{count}");
        }
    }
}
