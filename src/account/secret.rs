//! Random bytes and keyed hashes.

use std::fs;
use std::io;
use std::path::Path;

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use crate::audit::seal::{refuse_readable, write_new};
use crate::digest::hex;

/// Letters and digits that nobody takes for one another, for what is read from paper.
const LEGIBLE: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

pub fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| io::Error::other("the system gives no random bytes"))?;
    Ok(bytes)
}

/// 80 bits in four groups: a first password, the code of a confirmation.
pub fn legible() -> io::Result<String> {
    let drawn: [u8; 16] = random()?;
    let letters: Vec<u8> = drawn.iter().map(|byte| LEGIBLE[usize::from(byte % 32)]).collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    Ok(groups.join("-"))
}

/// One key of the office, and by a word before each text as many as there are uses.
pub struct Key(hmac::Key);

impl Key {
    /// Makes a key file (mode 600); never overwrites.
    pub fn create(path: &Path) -> io::Result<()> {
        write_new(path, hex(&random::<32>()?).as_bytes(), 0o600)
    }

    pub fn open(path: &Path) -> io::Result<Self> {
        refuse_readable(path)?;
        let text = fs::read_to_string(path)?;
        let text = text.trim();
        let is_key = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        match is_key {
            true => Ok(Key(hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes()))),
            false => Err(io::Error::new(io::ErrorKind::InvalidData, "is not a key that 'congbo account init' made")),
        }
    }

    pub fn tag(&self, purpose: &str, text: &str) -> Vec<u8> {
        hmac::sign(&self.0, format!("{purpose}\0{text}").as_bytes()).as_ref().to_vec()
    }

    /// In a time that does not tell how much of it was right.
    pub fn holds(&self, purpose: &str, text: &str, tag: &[u8]) -> bool {
        hmac::verify(&self.0, format!("{purpose}\0{text}").as_bytes(), tag).is_ok()
    }
}

/// The bytes of lower-case hexadecimal; `None` for anything else.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect()
}
