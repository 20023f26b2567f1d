//! TLS, at either end of a connection: whom to trust, who we are, and failures in words.
//!
//! Certificates and keys are read from PEM files by whoever reads the settings; what comes out can be used as it is.
//! Those of the end that is connected to are read again when they change. TLS 1.3 and 1.2, no older.

mod client;
mod files;
mod follow;
mod pinned;
mod server;
mod trouble;
mod validity;

#[cfg(test)]
#[path = "../../tests/e2e/support/certificates.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "the tests of the whole program use it, too"
)]
pub(crate) mod certificates;

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

pub use client::{Client, ClientFiles, Name, Roots, Secured};
pub use files::{Certificates, Identity, Key, Unusable};
pub use follow::ServerFiles;
pub use server::Server;
pub use trouble::{Trouble, refused_certificate};

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
