//! Public keys of Ed25519, in minisign's base64 text, to check signatures by.

use ct_codecs::{Base64, Decoder};

/// The y of Ed25519's points of small order, whatever the sign of x; the last two are 0 and 1 written as p and p + 1.
const SMALL_ORDER: [[u8; 32]; 7] = [
    [0; 32],
    ends(1, 0, 0),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
        0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
        0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
    ends(0xec, 0xff, 0x7f),
    ends(0xed, 0xff, 0x7f),
    ends(0xee, 0xff, 0x7f),
];

const fn ends(first: u8, between: u8, last: u8) -> [u8; 32] {
    let mut bytes = [between; 32];
    (bytes[0], bytes[31]) = (first, last);
    bytes
}

/// A key to check by; none for what is no key, or a point under which anybody can sign.
pub fn open(base64: &str) -> Option<minisign_verify::PublicKey> {
    let bytes = Base64::decode_to_vec(base64, None).ok()?;
    let weak = is_weak(bytes.last_chunk()?);
    minisign_verify::PublicKey::from_base64(base64).ok().filter(|_| !weak)
}

/// Whether a key is a point of small order: under it one signature holds for many messages, and nobody holds a secret.
pub fn is_weak(key: &[u8; 32]) -> bool {
    let mut y = *key;
    y[31] &= 0x7f;
    SMALL_ORDER.contains(&y)
}
