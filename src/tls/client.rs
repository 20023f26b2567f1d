//! The end that connects.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::pinned::Pinned;
use super::trouble::{Trouble, handshake_failure};
use super::{Certificates, Identity, Unusable, provider};

/// The CAs whose certificates are trusted.
#[derive(Clone, Debug)]
pub struct Roots(pub(super) Arc<RootCertStore>);

impl Roots {
    /// Those of a PEM file, and no others.
    ///
    /// # Errors
    /// If the file cannot be read or used.
    pub fn read(path: &Path) -> Result<Self, Unusable> {
        let mut roots = RootCertStore::empty();
        for certificate in Certificates::read(path)?.0 {
            roots.add(certificate).map_err(|error| {
                let which = format!("holds what is no certificate of a CA: {error}");
                Unusable::file(path, &which, "give the CA's certificate as PEM")
            })?;
        }
        Ok(Self(Arc::new(roots)))
    }

    /// Those that this machine trusts.
    ///
    /// # Errors
    /// If there are none.
    pub fn of_this_machine() -> Result<Self, Unusable> {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        let (added, _) = roots.add_parsable_certificates(found.certs);
        if added == 0 {
            return Err(Unusable::new(
                "gives no `ca`, and this machine trusts none",
                "name the file of the operator's CA in `ca`, or install ca-certificates",
            ));
        }
        Ok(Self(Arc::new(roots)))
    }
}

/// Whom a certificate has to be for: a host name or an IP address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(ServerName<'static>);

impl Name {
    /// Nothing, if no certificate can be for such a name.
    pub fn parse(text: &str) -> Option<Self> {
        ServerName::try_from(text.to_owned()).ok().map(Self)
    }

    /// The host of `host:port`.
    pub fn of_address(address: &str) -> Option<Self> {
        let (host, _) = address.rsplit_once(':')?;
        let bare = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        Self::parse(bare.unwrap_or(host))
    }
}

/// Where the certificates of a client are, for those who read them at each connection.
#[derive(Clone, Debug, Default)]
pub struct ClientFiles {
    /// The only CAs to trust; `None`: those that this machine trusts.
    pub ca: Option<PathBuf>,
    /// Ours with its key, if we show one.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// Whom the certificate of the other end has to be for, unless it is the host of the address.
    pub server_name: Option<Name>,
}

impl ClientFiles {
    /// What they make now.
    ///
    /// # Errors
    /// If that is of no use.
    pub fn read(&self) -> Result<Client, Unusable> {
        let roots = match &self.ca {
            Some(ca) => Roots::read(ca)?,
            None => Roots::of_this_machine()?,
        };
        let identity = match &self.identity {
            Some((certificate, key)) => {
                let certificates = Certificates::read(certificate)?;
                Some(Identity::new(certificates, super::Key::read(key)?)?)
            }
            None => None,
        };
        Client::new(roots, identity, self.server_name.clone())
    }
}

/// How to be sure of the other end, and who we say we are.
#[derive(Clone)]
pub struct Client {
    config: Arc<ClientConfig>,
    server_name: Option<Name>,
}

impl Client {
    /// # Errors
    /// If this build of the program has no TLS that could be spoken.
    pub fn new(
        roots: Roots,
        identity: Option<Identity>,
        server_name: Option<Name>,
    ) -> Result<Self, Unusable> {
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| Unusable::new(error.to_string(), "build the program anew"))?
            .with_root_certificates(roots.0);
        let config = match identity {
            Some(Identity(identity)) => config.with_client_cert_resolver(identity),
            None => config.with_no_client_auth(),
        };
        Ok(Self {
            config: Arc::new(config),
            server_name,
        })
    }

    /// Trusts one certificate, whoever issued it and whatever it is for: its first one is that of the other end.
    ///
    /// # Errors
    /// If this build of the program has no TLS that could be spoken.
    pub fn pinned(
        certificates: &Certificates,
        identity: Option<Identity>,
    ) -> Result<Self, Unusable> {
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| Unusable::new(error.to_string(), "build the program anew"))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Pinned::new(certificates)));
        let config = match identity {
            Some(Identity(identity)) => config.with_client_cert_resolver(identity),
            None => config.with_no_client_auth(),
        };
        Ok(Self {
            config: Arc::new(config),
            server_name: None,
        })
    }

    /// Whom the certificate of the other end has to be for, unless it is the host of the address.
    pub fn server_name(&self) -> Option<&Name> {
        self.server_name.as_ref()
    }

    /// Shakes hands with the one that answers at `address`, which is `host:port`.
    ///
    /// # Errors
    /// Why that fails, in words.
    pub async fn connect(&self, stream: TcpStream, address: &str) -> Result<Secured, String> {
        let name = self
            .server_name
            .clone()
            .or_else(|| Name::of_address(address));
        let Some(Name(name)) = name else {
            return Err("no certificate can be for such a host: set `server_name`".to_owned());
        };
        let connector = TlsConnector::from(Arc::clone(&self.config));
        let stream = connector.connect(name, stream).await;
        Ok(Secured {
            stream: stream.map_err(|error| handshake_failure(&error))?,
            trouble: Trouble::default(),
        })
    }
}

/// Leaves out the key.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("server_name", &self.server_name)
            .finish_non_exhaustive()
    }
}

/// A connection under TLS.
///
/// In TLS 1.3 the other end looks at our certificate after the handshake is over for us: what it says then comes
/// with the first read, and is kept as [`Trouble`].
#[derive(Debug)]
pub struct Secured {
    stream: TlsStream<TcpStream>,
    trouble: Trouble,
}

impl Secured {
    /// What goes wrong with TLS from now on.
    pub fn trouble(&self) -> Trouble {
        self.trouble.clone()
    }
}

impl AsyncRead for Secured {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = ready!(Pin::new(&mut self.stream).poll_read(cx, buffer));
        Poll::Ready(read.inspect_err(|error| self.trouble.note(error)))
    }
}

impl AsyncWrite for Secured {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
