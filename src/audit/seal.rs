//! The key with which the office signs heads of its log and receipts, in minisign's format.

use std::fs;
use std::io::{self, Cursor};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use minisign::{KeyPair, PublicKey, SecretKey, SecretKeyBox};
use minisign_verify::Signature;

/// A key that signs without a person: it is not encrypted, and nobody but its owner may read it.
pub struct Seal {
    secret: SecretKey,
    public: PublicKey,
}

impl Seal {
    /// Makes `path` (mode 600) and beside it the `.pub`; never overwrites.
    pub fn create(path: &Path) -> io::Result<()> {
        let pair = KeyPair::generate_unencrypted_keypair().map_err(io::Error::other)?;
        let secret = pair.sk.to_box(Some("congbo seal")).map_err(io::Error::other)?.to_string();
        write_new(path, secret.as_bytes(), 0o600)?;
        let public = pair.pk.to_box().map_err(io::Error::other)?.to_string();
        write_new(&path.with_extension("pub"), public.as_bytes(), 0o644)
    }

    pub fn open(path: &Path) -> io::Result<Self> {
        refuse_readable(path)?;
        let text = fs::read_to_string(path)?;
        let secret = SecretKeyBox::from_string(&text).and_then(SecretKeyBox::into_unencrypted_secret_key);
        let secret = secret.map_err(io::Error::other)?;
        let public = PublicKey::from_secret_key(&secret).map_err(io::Error::other)?;
        Ok(Seal { secret, public })
    }

    /// minisign's base64 text of the public key.
    pub fn public_key(&self) -> String {
        self.public.to_base64()
    }

    pub fn sign(&self, bytes: &[u8], trusted_comment: &str) -> io::Result<String> {
        let comment = Some("signature of the office");
        minisign::sign(Some(&self.public), &self.secret, Cursor::new(bytes), Some(trusted_comment), comment)
            .map(|signature| signature.into_string())
            .map_err(io::Error::other)
    }
}

/// Whether one of `keys` (base64) made `signature` over `bytes`.
pub fn holds(keys: &[String], bytes: &[u8], signature: &str) -> bool {
    let Ok(signature) = Signature::decode(signature) else { return false };
    let keys = keys.iter().filter_map(|key| minisign_verify::PublicKey::from_base64(key).ok());
    keys.into_iter().any(|key| key.verify(bytes, &signature, false).is_ok())
}

/// A secret that others may read is none.
pub fn refuse_readable(path: &Path) -> io::Result<()> {
    match fs::metadata(path)?.permissions().mode() & 0o077 {
        0 => Ok(()),
        _ => Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("may be read by others: chmod 600 {}", path.display()),
        )),
    }
}

/// Writes a file that must not be there yet.
pub fn write_new(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    io::Write::write_all(&mut file, bytes)?;
    file.sync_all()
}
