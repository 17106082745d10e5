//! The Merkle tree of RFC 6962, section 2.1: one digest for a list, and short proofs of a single entry.
//!
//! Leaves and nodes are hashed with different prefixes, so that no node can pass for a leaf.

use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

/// Root of the tree over `entries` in their order; the root of nothing is SHA-256 of nothing.
pub fn root<E: AsRef<[u8]>>(entries: &[E]) -> Hash {
    match entries {
        [] => Sha256::digest(b"").into(),
        [only] => leaf(only.as_ref()),
        _ => {
            let (left, right) = entries.split_at(left_size(entries.len()));
            node(root(left), root(right))
        }
    }
}

fn leaf(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0x00]).chain_update(entry).finalize().into()
}

fn node(left: Hash, right: Hash) -> Hash {
    Sha256::new().chain_update([0x01]).chain_update(left).chain_update(right).finalize().into()
}

/// The largest power of two below `count` (which is at least 2).
fn left_size(count: usize) -> usize {
    count.next_power_of_two() / 2
}
