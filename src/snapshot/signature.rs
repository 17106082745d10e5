//! Approvers' keys and signatures in minisign's format, so that anyone can check them without congbo.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use minisign::{KeyPair, PublicKey, PublicKeyBox, SecretKey, SecretKeyBox};

use crate::error::{Exit, Fault, Result, Stage};
use crate::model::checking_key;

/// Makes `<stem>.key` (readable by its owner only) and `<stem>.pub`; never overwrites.
///
/// With a password the secret key is encrypted as minisign does it (scrypt).
pub fn make_key(stem: &Path, password: Option<String>) -> Result<()> {
    let fault = |e: minisign::PError| Fault::new(Stage::Snapshot, Exit::Unexpected, e.to_string());
    let comment = Some("congbo approver key");
    let (pair, secret) = match password {
        None => {
            let pair = KeyPair::generate_unencrypted_keypair().map_err(fault)?;
            let secret = pair.sk.to_box(comment).map_err(fault)?;
            (pair, secret.to_string())
        }
        Some(password) => {
            let mut public = vec![];
            let mut secret = vec![];
            let pair = KeyPair::generate_and_write_encrypted_keypair(&mut public, &mut secret, comment, Some(password))
                .map_err(fault)?;
            (pair, String::from_utf8_lossy(&secret).into_owned())
        }
    };
    write_new(&stem.with_extension("key"), secret.as_bytes(), 0o600)?;
    write_new(&stem.with_extension("pub"), pair.pk.to_box().map_err(fault)?.to_string().as_bytes(), 0o644)
}

/// Writes a file that must not be there yet.
pub(super) fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let fault = |e: std::io::Error| Fault::storage(Stage::Snapshot, path, e);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(fault)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(windows)]
    let _ = mode;
    let mut file = options.open(path).map_err(fault)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|e| fault(e).into())
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> std::io::Result<bool> {
    Ok(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path)?.permissions()) & 0o077 != 0)
}

/// Nothing is signed on Windows.
#[cfg(windows)]
fn is_open_to_others(_: &Path) -> std::io::Result<bool> {
    Ok(true)
}

/// A key that can sign, with the public half by which approvers are listed.
pub struct Signer {
    secret: SecretKey,
    public: PublicKey,
}

impl Signer {
    /// Reads a secret key file. One that others may read is refused (exit 3), as ssh does.
    pub fn open(path: &Path, password: Option<String>) -> Result<Self> {
        let storage = |e: std::io::Error| Fault::storage(Stage::Snapshot, path, e);
        if is_open_to_others(path).map_err(storage)? {
            return Err(Fault::new(Stage::Snapshot, Exit::Input, "the key file may be read by others")
                .file(path)
                .remedy(format!("chmod 600 {}", path.display()))
                .into());
        }
        let text = fs::read_to_string(path).map_err(storage)?;
        let secret = SecretKeyBox::from_string(&text)
            .and_then(|sealed| match password {
                Some(password) => sealed.into_secret_key(Some(password)),
                None => sealed.into_unencrypted_secret_key(),
            })
            .map_err(|e| {
                Fault::new(Stage::Snapshot, Exit::Input, format!("the key cannot be used: {e}"))
                    .file(path)
                    .remedy("give the .key file that 'congbo key new' made; its password goes into CONGBO_KEY_PASSWORD")
            })?;
        let public = PublicKey::from_secret_key(&secret)
            .map_err(|e| Fault::new(Stage::Snapshot, Exit::Input, e.to_string()).file(path))?;
        Ok(Signer { secret, public })
    }

    /// minisign's base64 text of the public key.
    pub fn public_key(&self) -> String {
        self.public.to_base64()
    }

    /// Signs `bytes`; the comment is covered by the signature and holds no clock.
    pub fn sign(&self, bytes: &[u8], trusted_comment: &str) -> Result<String> {
        self.sign_as(bytes, trusted_comment, "signature of a congbo approver")
    }

    /// The same with another untrusted comment, which nothing covers.
    pub fn sign_as(&self, bytes: &[u8], trusted_comment: &str, untrusted_comment: &str) -> Result<String> {
        minisign::sign(
            Some(&self.public),
            &self.secret,
            Cursor::new(bytes),
            Some(trusted_comment),
            Some(untrusted_comment),
        )
        .map(|signature| signature.into_string())
        .map_err(|e| Fault::new(Stage::Snapshot, Exit::Unexpected, e.to_string()).into())
    }
}

/// A listed public key: base64 text, or a `.pub` file relative to the site folder.
pub fn listed_key(site: &Path, listed: &str) -> Result<String> {
    if !listed.ends_with(".pub") {
        return Ok(listed.to_owned());
    }
    let text = fs::read_to_string(site.join(listed)).map_err(|e| {
        Fault::new(Stage::Config, Exit::Usage, format!("the approver's public key cannot be read: {e}"))
            .file(listed)
            .remedy("make a key with 'congbo key new', or put the approver's .pub file there")
    })?;
    PublicKeyBox::from_string(&text)
        .and_then(PublicKeyBox::into_public_key)
        .map(|key| key.to_base64())
        .map_err(|e| Fault::new(Stage::Config, Exit::Usage, e.to_string()).file(listed).into())
}

/// The trusted comment of `signature`, when one of `keys` (base64) made it over `bytes`.
pub fn verified_comment(keys: &[String], bytes: &[u8], signature: &str) -> Option<String> {
    let comment = minisign_verify::Signature::decode(signature).ok()?.trusted_comment().to_owned();
    verify(keys, bytes, signature).then_some(comment)
}

/// Whether one of `keys` (base64) made `signature` over `bytes`.
pub fn verify(keys: &[String], bytes: &[u8], signature: &str) -> bool {
    let Ok(signature) = minisign_verify::Signature::decode(signature) else { return false };
    keys.iter().filter_map(|key| checking_key::open(key)).any(|key| key.verify(bytes, &signature, false).is_ok())
}
