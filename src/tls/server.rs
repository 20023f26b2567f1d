//! The end that is connected to: that of HTTP, and the simulator's.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::{Identity, Roots, Unusable, provider};

/// Who we say we are, and whom we let in.
#[derive(Clone)]
pub struct Server(TlsAcceptor);

impl Server {
    /// Lets only those in that show a certificate of one of `clients`, if there are any.
    ///
    /// # Errors
    /// If `clients` cannot be used.
    pub fn new(identity: Identity, clients: Option<Roots>) -> Result<Self, Unusable> {
        let unusable = |error: String| Unusable::new(error, "give the CA's certificate as PEM");
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(error.to_string()))?;
        let config = match clients {
            None => config.with_no_client_auth(),
            Some(Roots(roots)) => {
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider());
                let verifier = verifier.build();
                let verifier = verifier.map_err(|error| unusable(error.to_string()))?;
                config.with_client_cert_verifier(verifier)
            }
        };
        let config = config.with_cert_resolver(identity.0);
        Ok(Self(Arc::new(config).into()))
    }

    /// Shakes hands with who has just connected.
    ///
    /// # Errors
    /// If that fails.
    pub async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.0.accept(stream).await
    }
}

/// Leaves out the key.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Server")
    }
}
