//! The publisher's keys that a computer without a network trusts.
//!
//! It begins with one key that a person brought there. From then on a package may bring statements by which a trusted
//! key handed over to another, and, under a trusted signature, the keys that were revoked.

use serde::{Deserialize, Serialize};

use super::listing::Listing;
use crate::release::PublisherKey;
use crate::snapshot::rotation::Rotation;
use crate::snapshot::signature;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keyring {
    pub keys: Vec<PublisherKey>,
    /// Keys that sign nothing any more.
    pub revoked: Vec<String>,
}

impl Keyring {
    pub fn of(keys: Vec<PublisherKey>) -> Self {
        Keyring { keys, revoked: vec![] }
    }

    /// With the keys that took over from trusted ones. A key hands over once: what a thief of the old key signs
    /// later changes nothing here.
    pub fn after(&self, rotations: &[[String; 2]]) -> Keyring {
        let mut ring = self.clone();
        rotations.iter().for_each(|[json, signature]| ring.hand_over(json, signature));
        ring
    }

    fn hand_over(&mut self, json: &str, signature: &str) {
        let Ok(rotation) = serde_json::from_str::<Rotation>(json) else { return };
        let (old, new) = (&rotation.old_key, &rotation.new_key);
        let holds = self.keys.iter().position(|key| key.key == *old && key.last_number.is_none());
        let Some(at) = holds.filter(|_| rotation.publish && !self.revoked.contains(old) && old != new) else { return };
        if !signature::verify(std::slice::from_ref(old), json.as_bytes(), signature) {
            return;
        }
        self.keys[at].last_number = Some(rotation.last_publication);
        if !self.keys.iter().any(|key| key.key == *new) {
            self.keys.push(new.clone().into());
        }
    }

    /// The key that signed a listing, when it is trusted for it.
    ///
    /// # Errors
    /// In Vietnamese, why no key counts.
    pub fn signer(&self, listing: &Listing, text: &str, signature: &str) -> Result<String, &'static str> {
        let made = |key: &&PublisherKey| {
            let comment = signature::verified_comment(std::slice::from_ref(&key.key), text.as_bytes(), signature);
            comment.is_some_and(|comment| comment == listing.comment())
        };
        let key = self.keys.iter().find(made).ok_or("không do cơ quan công bố mà máy này tin cậy ký")?;
        if self.revoked.contains(&key.key) || listing.head.revoked.contains(&key.key) {
            return Err("được ký bằng khóa đã bị thu hồi");
        }
        if !listing.is_covered_by(key) {
            return Err("được ký bằng khóa cũ, đã bàn giao cho khóa khác trước số này");
        }
        Ok(key.key.clone())
    }

    /// Keeps what a package that was found right brings.
    pub fn learn(&mut self, listing: &Listing) {
        *self = self.after(&listing.head.rotations);
        self.revoked.extend(listing.head.revoked.iter().cloned());
        self.revoked.sort();
        self.revoked.dedup();
    }
}
