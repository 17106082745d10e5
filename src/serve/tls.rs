//! TLS 1.2 and 1.3, with a certificate that can be renewed while connections last.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use arc_swap::ArcSwap;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{self, ServerConfig};

use crate::error::{Exit, Fault, Result, Stage};

/// PEM files: the certificate with its chain, and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// The certificate in use. A new one is taken up when its files change; connections keep the one they began with.
pub struct Certificate {
    files: CertificateFiles,
    config: ArcSwap<ServerConfig>,
    seen: Mutex<[Option<SystemTime>; 2]>,
}

impl Certificate {
    pub fn load(files: CertificateFiles) -> Result<Self> {
        let seen = Mutex::new(files.changed());
        let config = ArcSwap::from_pointee(files.load()?);
        Ok(Certificate { files, config, seen })
    }

    pub fn acceptor(&self) -> TlsAcceptor {
        self.config.load_full().into()
    }

    /// Takes up files that changed since the last look; a pair that does not fit is refused with a line in the
    /// log and the one in use stays.
    pub fn follow(&self) {
        let changed = self.files.changed();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == changed {
            return;
        }
        *seen = changed;
        match self.files.load() {
            Ok(config) => {
                self.config.store(Arc::new(config));
                tracing::info!("certificate taken up");
            }
            Err(failure) => tracing::error!(cause = %failure, "certificate refused, the one before stays"),
        }
    }
}

impl CertificateFiles {
    fn changed(&self) -> [Option<SystemTime>; 2] {
        [&self.certificate, &self.key].map(|file| fs::metadata(file).and_then(|found| found.modified()).ok())
    }

    fn load(&self) -> Result<ServerConfig> {
        let unusable = |file: &Path, e: &dyn std::fmt::Display| {
            Fault::new(Stage::Serve, Exit::Usage, e.to_string())
                .file(file)
                .remedy("name PEM files of a certificate and its key")
        };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(&self.certificate).and_then(Iterator::collect);
        let chain = chain.map_err(|e| unusable(&self.certificate, &e))?;
        check_secret(&self.key)?;
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|e| unusable(&self.key, &e))?;
        config(chain, key).map_err(|e| unusable(&self.certificate, &e).into())
    }
}

fn config(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<ServerConfig, rustls::Error> {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_protocol_versions(&[&TLS13, &TLS12])?.with_no_client_auth();
    let mut config = builder.with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.ticketer = ring::Ticketer::new()?;
    Ok(config)
}

/// A key that others on the machine can read is no secret.
fn check_secret(key: &Path) -> Result<()> {
    let mode = fs::metadata(key).map_err(|e| Fault::storage(Stage::Serve, key, e))?.permissions().mode();
    if mode & 0o077 != 0 {
        let problem = format!("others than its owner may read this key (mode {:03o})", mode & 0o777);
        return Err(Fault::new(Stage::Serve, Exit::Usage, problem).file(key).remedy("chmod 600").into());
    }
    Ok(())
}
