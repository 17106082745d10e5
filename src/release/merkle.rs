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

/// The hashes beside the way from entry `index` up to the root, the nearest first (RFC 6962, 2.1.1).
pub fn path<E: AsRef<[u8]>>(entries: &[E], index: usize) -> Vec<Hash> {
    if entries.len() < 2 {
        return vec![];
    }
    let (left, right) = entries.split_at(left_size(entries.len()));
    let (mut beside, other) = match index.checked_sub(left.len()) {
        None => (path(left, index), root(right)),
        Some(index) => (path(right, index), root(left)),
    };
    beside.push(other);
    beside
}

/// The root of a tree of `count` entries in which `entry` is number `index`; `None` when the path is of another
/// length than such a tree has (RFC 9162, 2.1.3.2).
pub fn root_from(entry: &[u8], index: u64, count: u64, path: &[Hash]) -> Option<Hash> {
    let (mut at, mut last) = (index, count.checked_sub(1).filter(|last| index <= *last)?);
    let mut hash = leaf(entry);
    for beside in path {
        if last == 0 {
            return None;
        }
        if at % 2 == 1 || at == last {
            hash = node(*beside, hash);
            while at % 2 == 0 && at != 0 {
                (at, last) = (at / 2, last / 2);
            }
        } else {
            hash = node(hash, *beside);
        }
        (at, last) = (at / 2, last / 2);
    }
    (last == 0).then_some(hash)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_every_entry_leads_to_the_root_and_no_other_does() {
        for count in 1..40u64 {
            let entries: Vec<String> = (0..count).map(|i| format!("entry {i}")).collect();
            let whole = root(&entries);
            for (index, entry) in entries.iter().enumerate() {
                let beside = path(&entries, index);
                let index = index as u64;
                assert_eq!(root_from(entry.as_bytes(), index, count, &beside), Some(whole), "{index} of {count}");
                assert_ne!(root_from(b"another", index, count, &beside), Some(whole));
                assert_eq!(root_from(entry.as_bytes(), count, count, &beside), None, "behind the end");
                let longer: Vec<Hash> = beside.iter().copied().chain([[0; 32]]).collect();
                assert_eq!(root_from(entry.as_bytes(), index, count, &longer), None, "a path too long");
                if let Some((_, shorter)) = beside.split_last() {
                    assert_ne!(root_from(entry.as_bytes(), index, count, shorter), Some(whole), "a path too short");
                }
            }
        }
    }
}
