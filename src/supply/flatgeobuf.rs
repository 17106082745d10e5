//! Cuts of the edition's parcel files (`extracts/thua_dat/<commune>-<dataset>.fgb`): the features as they lie there,
//! behind a head and an index of their own.
//!
//! Features are found in the lowest level of a file's packed R-tree: boxes and offsets, 40 bytes each, in the order
//! of the file. Going down from the root would save reading some of them; at the size of a commune (20,000 parcels,
//! 0.8 MB) reading them all takes less than a millisecond.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use flatbuffers::FlatBufferBuilder;
use flatgeobuf::packed_r_tree::{NodeItem, PackedRTree, calc_extent};
use flatgeobuf::{Column, ColumnArgs, Crs, CrsArgs, Header, HeaderArgs, size_prefixed_root_as_header};

use super::provenance::KEY;
use super::{Area, Cut, Order};
use crate::release::FileFacts;

const FOLDER: &str = "extracts/thua_dat/";
const MAGIC: &[u8; 8] = b"fgb\x03fgb\x00";
const MAX_HEADER_BYTES: u64 = 10 << 20;
const NODE_BYTES: u64 = 40;
const NODE_SIZE: u16 = 16;

pub fn cut(order: &Order<'_>) -> io::Result<Cut> {
    let mut sources = vec![];
    for facts in order.edition.manifest.files.iter().filter(|facts| is_wanted(order, &facts.path)) {
        sources.push(Source::open(order, facts)?);
    }
    let mut taken: Vec<(&Source, Vec<Leaf>)> = vec![];
    for source in &sources {
        let leaves = source.leaves(order.area)?;
        if !leaves.is_empty() {
            taken.push((source, leaves));
        }
    }
    let Some((first, _)) = taken.first() else {
        return Err(io::Error::new(io::ErrorKind::NotFound, "nothing lies there"));
    };
    for (source, _) in &taken {
        if source.columns()? != first.columns()? {
            return Err(damaged("the files of the edition have different columns"));
        }
    }
    assemble(order, &taken)
}

/// The commune in a path of a parcel file.
fn commune(path: &str) -> Option<&str> {
    path.strip_prefix(FOLDER).filter(|name| name.ends_with(".fgb"))?.split('-').next()
}

fn is_wanted(order: &Order<'_>, path: &str) -> bool {
    let Some(commune) = commune(path) else { return false };
    let granted = order.within.is_none_or(|within| within.iter().any(|code| code == commune));
    let asked = match order.area {
        Area::Communes(codes) => codes.iter().any(|code| code == commune),
        Area::Box(_) => true,
    };
    granted && asked
}

fn assemble(order: &Order<'_>, taken: &[(&Source, Vec<Leaf>)]) -> io::Result<Cut> {
    let mut nodes = vec![];
    let mut parts = vec![];
    let mut offset = 0;
    for (source, leaves) in taken {
        for leaf in leaves {
            nodes.push(NodeItem { offset, ..leaf.node.clone() });
            parts.push((source.file.clone(), source.sha256.clone(), source.features_at + leaf.node.offset, leaf.bytes));
            offset += leaf.bytes;
        }
    }
    let extent = calc_extent(&nodes);
    let mut head = MAGIC.to_vec();
    head.extend(header(order, taken[0].0, &extent, nodes.len() as u64)?);
    let tree = PackedRTree::build(&nodes, &extent, NODE_SIZE).map_err(io::Error::other)?;
    tree.stream_write(&mut head)?;
    Ok(Cut::new(head, parts, nodes.len() as u64))
}

/// The head of the first source, with the number and extent of what was taken and where it goes.
fn header(order: &Order<'_>, source: &Source, extent: &NodeItem, features: u64) -> io::Result<Vec<u8>> {
    let old = source.header()?;
    let mut made = FlatBufferBuilder::new();
    let columns: Vec<_> = old
        .columns()
        .iter()
        .flatten()
        .map(|column| {
            let name = made.create_string(column.name());
            Column::create(&mut made, &ColumnArgs { name: Some(name), type_: column.type_(), ..ColumnArgs::default() })
        })
        .collect();
    let columns = made.create_vector(&columns);
    let crs = old.crs().map(|crs| {
        let [org, name] = [crs.org(), crs.name()].map(|text| text.map(|text| made.create_string(text)));
        Crs::create(&mut made, &CrsArgs { org, code: crs.code(), name, ..CrsArgs::default() })
    });
    let metadata = with_provenance(old.metadata(), order.provenance);
    let [name, title, description, metadata] = [old.name(), old.title(), old.description(), Some(metadata.as_str())]
        .map(|text| text.map(|text| made.create_string(text)));
    let envelope = made.create_vector(&[extent.min_x, extent.min_y, extent.max_x, extent.max_y]);
    let args = HeaderArgs {
        name,
        envelope: Some(envelope),
        geometry_type: old.geometry_type(),
        columns: Some(columns),
        features_count: features,
        index_node_size: NODE_SIZE,
        crs,
        title,
        description,
        metadata,
        ..HeaderArgs::default()
    };
    let header = Header::create(&mut made, &args);
    made.finish_size_prefixed(header, None);
    Ok(made.finished_data().to_vec())
}

fn with_provenance(metadata: Option<&str>, provenance: &serde_json::Value) -> String {
    let mut object: serde_json::Map<_, _> =
        metadata.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    object.insert(KEY.into(), provenance.clone());
    // Readers of the field show single texts and pass over what has parts.
    for name in ["request", "purpose", "licence"] {
        if let Some(text) = provenance.get(name) {
            object.insert(format!("{KEY}_{name}"), text.clone());
        }
    }
    serde_json::Value::Object(object).to_string()
}

/// What the head of a file says of where it came from.
///
/// # Errors
/// Not a FlatGeobuf file, or one that says nothing of the kind.
pub fn provenance_of(file: &File) -> io::Result<serde_json::Value> {
    let (header, _) = read_header(file)?;
    let header = size_prefixed_root_as_header(&header).map_err(|_| damaged("its header is damaged"))?;
    let said: Option<serde_json::Value> = header.metadata().and_then(|text| serde_json::from_str(text).ok());
    said.and_then(|mut said| said.get_mut(KEY).map(serde_json::Value::take))
        .ok_or_else(|| damaged("it does not say from which request it came"))
}

/// One file of the edition.
struct Source {
    file: Arc<File>,
    sha256: String,
    bytes: u64,
    header: Vec<u8>,
    /// Where the lowest level of the index begins, and how many features there are.
    leaves_at: u64,
    count: u64,
    features_at: u64,
}

/// A feature: its box, where it lies among the features, and its size.
struct Leaf {
    node: NodeItem,
    bytes: u64,
}

impl Source {
    fn open(order: &Order<'_>, facts: &FileFacts) -> io::Result<Source> {
        let file = File::open(order.edition.dir.join(&facts.path))?;
        if file.metadata()?.len() != facts.bytes {
            return Err(damaged("a file is not the one that was sealed"));
        }
        let (header, after) = read_header(&file)?;
        let (count, node_size) = {
            let read = size_prefixed_root_as_header(&header).map_err(|_| damaged("its header is damaged"))?;
            (read.features_count(), read.index_node_size())
        };
        if count == 0 || node_size < 2 || count > facts.bytes / 8 {
            return Err(damaged("a file has no index"));
        }
        let features_at = after + PackedRTree::index_size(count as usize, node_size) as u64;
        if features_at > facts.bytes {
            return Err(damaged("a file ends inside its index"));
        }
        let leaves_at = features_at - count * NODE_BYTES;
        let (file, sha256) = (Arc::new(file), facts.sha256.clone());
        Ok(Source { file, sha256, bytes: facts.bytes, header, leaves_at, count, features_at })
    }

    fn header(&self) -> io::Result<Header<'_>> {
        size_prefixed_root_as_header(&self.header).map_err(|_| damaged("its header is damaged"))
    }

    fn columns(&self) -> io::Result<Vec<(String, u8)>> {
        let header = self.header()?;
        let columns = header.columns();
        Ok(columns.iter().flatten().map(|column| (column.name().to_owned(), column.type_().0)).collect())
    }

    /// The features that belong to `area`, in the order of the file.
    fn leaves(&self, area: &Area) -> io::Result<Vec<Leaf>> {
        if let Area::Box(asked) = area {
            let header = self.header()?;
            let own = header.envelope().filter(|own| own.len() == 4);
            let away = own.is_some_and(|own| {
                own.get(0) > asked[2] || own.get(2) < asked[0] || own.get(1) > asked[3] || own.get(3) < asked[1]
            });
            if away {
                return Ok(vec![]);
            }
        }
        let mut level = vec![0; (self.count * NODE_BYTES) as usize];
        self.file.read_exact_at(&mut level, self.leaves_at)?;
        let offset_of = |i: usize| number(&level[i * 40 + 32..]);
        let end = self.bytes - self.features_at;
        let mut leaves = vec![];
        for (i, node) in level.chunks_exact(40).enumerate() {
            let [min_x, min_y, max_x, max_y] = [0, 8, 16, 24].map(|at| f64::from_bits(number(&node[at..])));
            let touches = match area {
                Area::Communes(_) => true,
                Area::Box([west, south, east, north]) => {
                    min_x <= *east && max_x >= *west && min_y <= *north && max_y >= *south
                }
            };
            if touches {
                let offset = offset_of(i);
                let next = if i + 1 < self.count as usize { offset_of(i + 1) } else { end };
                let bytes = next.checked_sub(offset).filter(|_| next <= end);
                let bytes = bytes.ok_or_else(|| damaged("the index of a file is not in its order"))?;
                leaves.push(Leaf { node: NodeItem { min_x, min_y, max_x, max_y, offset }, bytes });
            }
        }
        Ok(leaves)
    }
}

fn number(bytes: &[u8]) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[..8]);
    u64::from_le_bytes(eight)
}

/// The header with the size before it, and where it ends.
fn read_header(file: &File) -> io::Result<(Vec<u8>, u64)> {
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

fn damaged(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}
