//! Asks one server over HTTP/1, plain or under TLS, on a connection that who asks keeps for the next time.

use axum::body::{Body, to_bytes};
use axum::http::response::Parts;
use axum::http::uri::{Scheme, Uri};
use axum::http::{Request, header};
use bytes::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::tls;

/// A connection on which nothing is under way.
pub(crate) type Connection = SendRequest<Body>;

/// No answer is that long.
const MOST_OCTETS: usize = 16 << 10;

/// The server of a URL.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) secured: bool,
    /// `host:port` to connect to.
    address: String,
    /// As it stands in the header.
    host: String,
}

/// Leaves out what else stands in the URL, which may hold a key.
impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.address)
    }
}

impl Server {
    /// Nothing, if the URL is none of http or https, or holds a login.
    pub(crate) fn of(uri: &Uri) -> Option<Self> {
        let secured = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            _ => return None,
        };
        let authority = uri.authority()?.as_str();
        if authority.contains('@') {
            return None;
        }
        let port = uri.port_u16().unwrap_or(if secured { 443 } else { 80 });
        Some(Self {
            secured,
            address: format!("{}:{port}", uri.host()?),
            host: authority.to_owned(),
        })
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    #[error("it cannot be reached")]
    Unreachable(#[from] std::io::Error),
    #[error("TLS fails: {0}")]
    Tls(String),
    #[error("the connection broke")]
    Broken(#[from] hyper::Error),
    #[error("its answer is too long, or breaks off")]
    Unreadable,
}

/// How a server is reached.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient {
    server: Server,
    tls: Option<tls::Client>,
}

impl HttpClient {
    /// `tls` is for a URL of https.
    pub(crate) fn new(server: Server, tls: Option<tls::Client>) -> Self {
        Self {
            tls: tls.filter(|_| server.secured),
            server,
        }
    }

    /// Sends what `request` makes, over `kept` if it will do. What may be kept comes back with the answer.
    pub(crate) async fn ask(
        &self,
        request: impl Fn() -> Request<Body>,
        kept: Option<Connection>,
    ) -> Result<(Parts, Bytes, Connection), Unanswered> {
        if let Some(kept) = kept.filter(|kept| !kept.is_closed()) {
            // One that was idle may just have been closed: that says nothing of the server.
            if let Ok(answer) = self.exchange(request(), kept).await {
                return Ok(answer);
            }
        }
        let connection = self.connect().await?;
        self.exchange(request(), connection).await
    }

    async fn exchange(
        &self,
        mut request: Request<Body>,
        mut connection: Connection,
    ) -> Result<(Parts, Bytes, Connection), Unanswered> {
        connection.ready().await?;
        let host = self.server.host.parse();
        let host = host.expect("what is a URL's authority is a header's value");
        request.headers_mut().insert(header::HOST, host);
        let (head, body) = connection.send_request(request).await?.into_parts();
        let body = to_bytes(Body::new(body), MOST_OCTETS).await;
        let body = body.map_err(|_| Unanswered::Unreadable)?;
        Ok((head, body, connection))
    }

    async fn connect(&self) -> Result<Connection, Unanswered> {
        let address = &self.server.address;
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let connection = match &self.tls {
            None => start(stream).await?,
            Some(tls) => {
                let secured = tls.connect(stream, address).await;
                start(secured.map_err(Unanswered::Tls)?).await?
            }
        };
        Ok(connection)
    }
}

async fn start<S>(stream: S) -> hyper::Result<Connection>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (connection, driver) = http1::handshake(TokioIo::new(stream)).await?;
    // Why it ends is told to whoever asks.
    tokio::spawn(async move { drop(driver.await) });
    Ok(connection)
}
