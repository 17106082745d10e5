//! Cuts that stay FlatGeobuf: the features as they lie in the edition, behind a head and an index of their own.

use std::fs::File;
use std::io;

use flatbuffers::FlatBufferBuilder;
use flatgeobuf::packed_r_tree::{NodeItem, PackedRTree, calc_extent};
use flatgeobuf::{Column, ColumnArgs, Crs, CrsArgs, Header, HeaderArgs, size_prefixed_root_as_header};

use super::feature::outer_rings;
use super::mark::Mark;
use super::provenance::{KEY, Provenance};
use super::source::{MAGIC, Selection, Source, read_header};
use super::{Cut, Order, Part, damaged};

const NODE_SIZE: u16 = 16;

pub fn cut(order: &Order<'_>, selection: &Selection) -> io::Result<Cut> {
    let mut nodes = Vec::with_capacity(selection.features as usize);
    let mut parts = Vec::with_capacity(selection.features as usize);
    let mut offset = 0;
    for (source, leaves) in &selection.taken {
        for leaf in leaves {
            nodes.push(NodeItem { offset, ..leaf.node.clone() });
            let from = source.features_at + leaf.node.offset;
            parts.push(Part { file: &source.file, sha256: &source.sha256, from, bytes: leaf.bytes });
            offset += leaf.bytes;
        }
    }
    let extent = calc_extent(&nodes);
    let mut head = MAGIC.to_vec();
    head.extend(header(order, &selection.taken[0].0, &extent, nodes.len() as u64)?);
    let tree = PackedRTree::build(&nodes, &extent, NODE_SIZE).map_err(io::Error::other)?;
    tree.stream_write(&mut head)?;
    Ok(Cut::new(head, &parts, order.mark.clone()))
}

/// Turns the outer rings of one feature (its size before it) where they lie.
pub fn turn(feature: &mut [u8], mark: &Mark) -> io::Result<()> {
    for (begin, positions) in outer_rings(feature)? {
        mark.turn(&mut feature[begin..begin + 16 * positions]);
    }
    Ok(())
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

/// What the head of a file said, and the provenance.
pub fn with_provenance(metadata: Option<&str>, provenance: &Provenance) -> String {
    let mut object: serde_json::Map<_, _> =
        metadata.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    object.insert(KEY.into(), provenance.json());
    // Readers of the field show single texts and pass over what has parts.
    for (name, text) in
        [("request", &provenance.request), ("purpose", &provenance.purpose), ("licence", &provenance.licence)]
    {
        object.insert(format!("{KEY}_{name}"), text.as_str().into());
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
