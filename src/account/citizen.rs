//! The citizen number: checked, hashed under a key, and forgotten.

use super::refused::{Refused, Result};
use super::secret::Key;

/// What is kept of a citizen number (S3 Đ10.2).
pub struct Citizen {
    /// HMAC-SHA-256: the same person gives the same, and without the key nobody can try all numbers.
    pub hash: Vec<u8>,
    pub end: String,
}

impl Citizen {
    /// Twelve digits whose first three are a province's, and nothing else.
    pub fn new(number: &str, key: &Key) -> Result<Self> {
        let is_one = number.len() == 12 && number.bytes().all(|byte| byte.is_ascii_digit());
        let province = number.get(..3).and_then(|code| code.parse::<u16>().ok());
        if !is_one || !province.is_some_and(|code| (1..=96).contains(&code)) {
            return Err(Refused::Invalid("citizen_number"));
        }
        Ok(Citizen { hash: key.tag("citizen", number), end: number[9..].to_owned() })
    }
}
