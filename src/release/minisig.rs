//! A signature in minisign's format, taken apart: what can be checked of it without the file that was signed.
//!
//! minisign signs twice: the BLAKE2b-512 of the file (Ed25519, "prehashed"), and that signature together with the
//! trusted comment. The second alone proves that the key's holder wrote the comment.

use ct_codecs::{Base64, Decoder, Encoder};
use ring::signature::{ED25519, UnparsedPublicKey};

use crate::model::checking_key;

/// What publishers' signatures say where nothing is signed.
pub const UNTRUSTED_COMMENT: &str = "signature of a congbo publisher";

/// Ed25519 over the BLAKE2b-512 of the file. The older way, over the file itself, is not taken.
const PREHASHED: &[u8] = b"ED";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minisig {
    pub key_id: [u8; 8],
    signature: [u8; 64],
    pub comment: String,
    over_comment: [u8; 64],
}

/// Key id and key of minisign's base64 text of a public key.
fn public_key(base64: &str) -> Option<([u8; 8], [u8; 32])> {
    let bytes = Base64::decode_to_vec(base64, None).ok()?;
    let (head, key) = bytes.split_at_checked(10)?;
    let id = head.strip_prefix(b"Ed")?;
    Some((id.try_into().ok()?, key.try_into().ok()?))
}

/// The id of a public key as minisign prints it; none for what is no key.
pub fn key_id(base64: &str) -> Option<String> {
    public_key(base64).map(|(id, _)| printed_id(&id))
}

fn printed_id(id: &[u8; 8]) -> String {
    format!("{:016X}", u64::from_le_bytes(*id))
}

impl Minisig {
    /// Takes a text of four lines; none for what is no signature in this format.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        lines.next()?.strip_prefix("untrusted comment: ")?;
        let first = Base64::decode_to_vec(lines.next()?, None).ok()?;
        let comment = lines.next()?.strip_prefix("trusted comment: ")?;
        let second = Base64::decode_to_vec(lines.next()?, None).ok()?;
        let (head, signature) = first.split_at_checked(10)?;
        let key_id = head.strip_prefix(PREHASHED)?.try_into().ok()?;
        let parsed = Minisig {
            key_id,
            signature: signature.try_into().ok()?,
            comment: comment.to_owned(),
            over_comment: second.try_into().ok()?,
        };
        lines.next().is_none().then_some(parsed)
    }

    /// The text as congbo writes it: one signature has one text.
    pub fn to_text(&self) -> String {
        let first = [PREHASHED, &self.key_id, &self.signature].concat();
        let base64 = |bytes: &[u8]| Base64::encode_to_string(bytes).unwrap_or_default();
        let (first, second) = (base64(&first), base64(&self.over_comment));
        format!("untrusted comment: {UNTRUSTED_COMMENT}\n{first}\ntrusted comment: {}\n{second}\n", self.comment)
    }

    /// Whether the holder of `key` (base64) wrote the trusted comment.
    pub fn comment_is_by(&self, key: &str) -> bool {
        let Some((id, key)) = public_key(key) else { return false };
        let signed = [&self.signature[..], self.comment.as_bytes()].concat();
        !checking_key::is_weak(&key)
            && id == self.key_id
            && UnparsedPublicKey::new(&ED25519, key).verify(&signed, &self.over_comment).is_ok()
    }

    /// The id of the key that signed, as minisign prints it.
    pub fn signer(&self) -> String {
        printed_id(&self.key_id)
    }
}
