//! Certificates and keys out of PEM files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{Error, InconsistentKeys};

use super::provider;
use super::validity::Validity;
use crate::clock::UnixMillis;

/// Why what a file holds is of no use, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}; {right}")]
pub struct Unusable {
    /// As the second half of a sentence: `names the file ca.pem, which holds no certificate`.
    pub what: String,
    /// As a request.
    pub right: String,
}

impl Unusable {
    pub(super) fn new(what: impl Into<String>, right: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            right: right.into(),
        }
    }

    pub(super) fn file(path: &Path, which: &str, right: impl Into<String>) -> Self {
        let what = format!("names the file {}, which {which}", path.display());
        Self::new(what, right)
    }
}

/// The certificates of a file, at least one, in its order.
#[derive(Clone, Debug)]
pub struct Certificates(pub(super) Vec<CertificateDer<'static>>);

impl Certificates {
    /// # Errors
    /// If the file cannot be read, is no PEM, or holds no certificate.
    pub fn read(path: &Path) -> Result<Self, Unusable> {
        const RIGHT: &str =
            "give a PEM file: it holds lines such as -----BEGIN CERTIFICATE-----, not the DER form";
        let text = text(path)?;
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
        match certificates {
            Ok(none) if none.is_empty() => Err(Unusable::file(path, "holds no certificate", RIGHT)),
            Ok(certificates) => Ok(Self(certificates)),
            Err(_) => Err(Unusable::file(path, "is not PEM", RIGHT)),
        }
    }

    /// For each, why it is not good at this time, as the end of a sentence, or nothing if it is.
    pub fn faults(&self, now: UnixMillis) -> impl Iterator<Item = Option<String>> {
        let validities = self.0.iter().map(|it| Validity::of(it));
        validities.map(move |validity| validity?.fault(now))
    }
}

/// A private key.
#[derive(Debug)]
pub struct Key(PrivateKeyDer<'static>);

impl Key {
    /// # Errors
    /// If the file cannot be read, is no PEM, or holds no private key, or one behind a password.
    pub fn read(path: &Path) -> Result<Self, Unusable> {
        const RIGHT: &str =
            "give a PEM file: it holds lines such as -----BEGIN PRIVATE KEY-----, not the DER form";
        let text = text(path)?;
        match PrivateKeyDer::from_pem_slice(&text) {
            Ok(key) => Ok(Self(key)),
            Err(pem::Error::NoItemsFound) if is_encrypted(&text) => Err(Unusable::file(
                path,
                "holds a key behind a password",
                "take the password off (openssl pkey -in KEY -out NEW) and let the gateway alone read the file",
            )),
            Err(pem::Error::NoItemsFound) => {
                Err(Unusable::file(path, "holds no private key", RIGHT))
            }
            Err(_) => Err(Unusable::file(path, "is not PEM", RIGHT)),
        }
    }
}

fn is_encrypted(text: &[u8]) -> bool {
    String::from_utf8_lossy(text).contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
}

/// Who we say we are: a certificate, those up to its CA, and its key.
#[derive(Clone, Debug)]
pub struct Identity(pub(super) Arc<SingleCertAndKey>);

impl Identity {
    /// # Errors
    /// If the key is not the first certificate's, or of a kind that TLS has no use for.
    pub fn new(certificates: Certificates, key: Key) -> Result<Self, Unusable> {
        match CertifiedKey::from_der(certificates.0, key.0, &provider()) {
            Ok(certified) => Ok(Self(Arc::new(certified.into()))),
            Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => Err(Unusable::new(
                "is not the key of the certificate",
                "give the two that belong together; in the certificate's file its own comes first, then its CA's",
            )),
            Err(error) => Err(Unusable::new(
                format!("does not make an identity for TLS: {error}"),
                "give a certificate and its key, RSA, ECDSA P-256 or P-384, or Ed25519",
            )),
        }
    }
}

/// No file of certificates is that long; a device given by mistake may be endless.
const MOST_OCTETS: u64 = 4 << 20;

fn text(path: &Path) -> Result<Vec<u8>, Unusable> {
    let unreadable = |error: io::Error| {
        let which = format!("cannot be read ({error})");
        Unusable::file(path, &which, "put it there, and let the gateway read it")
    };
    let mut text = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    let read = file.take(MOST_OCTETS).read_to_end(&mut text);
    read.map_err(unreadable)?;
    Ok(text)
}
