//! A mark of the recipient that survives a change of format: the corner at which each outer ring begins.
//!
//! No coordinate is changed and nothing is added: a ring drawn from another of its corners is the same ring. Which
//! corner it is follows from a secret of the office, the request and the ring itself, so that nobody can tell a
//! marked file from another without the secret, and two recipients' files differ in most of their rings. What the
//! mark says is read against the edition's own rings ([`crate::request::marks`]).

use ring::hmac;

/// Of one request.
pub struct Mark(hmac::Key);

impl Mark {
    /// `secret` is the office's for the request.
    pub fn new(secret: &[u8]) -> Mark {
        Mark(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The corner at which a ring of the edition (open, degrees of WGS 84) begins in the file of the request.
    ///
    /// A ring is told from others by its first two corners as they lie in the edition, so that no attribute has to
    /// be in the file.
    pub fn begins(&self, ring: &[[f64; 2]]) -> usize {
        let mut text = Vec::with_capacity(40);
        ring.iter().take(2).flatten().for_each(|number| text.extend(number.to_le_bytes()));
        text.extend((ring.len() as u64).to_le_bytes());
        let tag = hmac::sign(&self.0, &text);
        let mut eight = [0; 8];
        eight.copy_from_slice(&tag.as_ref()[..8]);
        (u64::from_le_bytes(eight) % ring.len().max(1) as u64) as usize
    }

    /// Turns a ring where it lies: `bytes` are its positions, 16 bytes each, the last one repeating the first.
    pub fn turn(&self, bytes: &mut [u8]) {
        let number = |at: usize| f64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let corners = bytes.len() / 16 - 1;
        let head: Vec<[f64; 2]> = (0..corners).map(|i| [number(16 * i), number(16 * i + 8)]).collect();
        let begin = self.begins(&head);
        bytes[..16 * corners].rotate_left(16 * begin);
        bytes.copy_within(..16, 16 * corners);
    }

    /// What tells the marks of two requests apart, without telling the marks.
    pub fn name(&self) -> String {
        crate::digest::hex(&hmac::sign(&self.0, b"name").as_ref()[..8])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(corners: usize, at: f64) -> Vec<[f64; 2]> {
        (0..corners).map(|i| [at + i as f64, at * 2.0 - i as f64]).collect()
    }

    #[test]
    fn corners_are_chosen_evenly_and_otherwise_for_each_request() {
        let (one, other) = (Mark::new(b"one"), Mark::new(b"other"));
        let mut counts = [0; 5];
        let mut same = 0;
        for i in 0..5_000 {
            let ring = ring(5, f64::from(i));
            counts[one.begins(&ring)] += 1;
            same += usize::from(one.begins(&ring) == other.begins(&ring));
        }
        assert!(counts.iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
        assert!((850..1_150).contains(&same), "{same}");
    }

    #[test]
    fn a_ring_is_turned_where_it_lies_and_stays_closed() {
        let mark = Mark::new(b"one");
        for i in 0..50 {
            let open = ring(4 + i, i as f64);
            let closed = [&open[..], &open[..1]].concat();
            let mut bytes: Vec<u8> = closed.iter().flatten().flat_map(|number| number.to_le_bytes()).collect();
            mark.turn(&mut bytes);
            let begin = mark.begins(&open);
            let turned = [&open[begin..], &open[..begin], &open[begin..=begin]].concat();
            assert_eq!(bytes, turned.iter().flatten().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>());
        }
    }
}
