//! Asks one server over HTTP/1, plain or under TLS, on a connection that who asks keeps for the next time.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::response::Parts;
use axum::http::uri::{Scheme, Uri};
use axum::http::{Request, header};
use bytes::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;

use crate::host::{self, Turn};
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
    turn: Arc<Turn>,
}

impl HttpClient {
    /// `tls` is for a URL of https.
    pub(crate) fn new(server: Server, tls: Option<tls::Client>) -> Self {
        Self {
            tls: tls.filter(|_| server.secured),
            server,
            turn: Arc::default(),
        }
    }

    /// Sends what `request` makes, over `kept` if it will do. What may be kept comes back with the answer, for which whoever asks
    /// waits so long.
    pub(crate) async fn ask(
        &self,
        request: impl Fn() -> Request<Body>,
        kept: Option<Connection>,
        within: Duration,
    ) -> Result<(Parts, Bytes, Connection), Unanswered> {
        if let Some(kept) = kept.filter(|kept| !kept.is_closed()) {
            // One that was idle may just have been closed: that says nothing of the server.
            if let Ok(answer) = self.exchange(request(), kept).await {
                return Ok(answer);
            }
        }
        let connection = self.connect(within).await?;
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

    async fn connect(&self, within: Duration) -> Result<Connection, Unanswered> {
        let address = &self.server.address;
        let stream = host::connect(address, within, &self.turn).await?;
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::scratch::Folder;
    use crate::tls::certificates::Ca;
    use crate::tls::{Certificates, Client, Identity, Key, Roots};

    const LONG: Duration = Duration::from_secs(20);

    /// A URL where one request a connection is answered, under TLS, and the connection closed behind it.
    async fn server(folder: &Folder, ca: &Ca) -> Uri {
        let pair = ca.issue(&["127.0.0.1"]);
        std::fs::write(folder.path("it.pem"), pair.certificate).unwrap();
        std::fs::write(folder.path("it.key"), pair.key).unwrap();
        let certificates = Certificates::read(&folder.path("it.pem")).unwrap();
        let key = Key::read(&folder.path("it.key")).unwrap();
        let identity = Identity::new(certificates, key).unwrap();
        let tls = tls::Server::new(identity, None).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = tls.accept(stream).await else {
                    continue;
                };
                let mut request = [0; 512];
                let read = stream.read(&mut request).await.unwrap_or(0);
                let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {read}\r\n\r\n");
                let echo = [answer.as_bytes(), &request[..read]].concat();
                stream.write_all(&echo).await.unwrap();
                drop(stream.shutdown().await);
            }
        });
        format!("https://{address}/").parse().unwrap()
    }

    fn trusting(folder: &Folder, ca: &Ca) -> Client {
        std::fs::write(folder.path("ca.pem"), ca.certificate()).unwrap();
        let roots = Roots::read(&folder.path("ca.pem")).unwrap();
        Client::new(roots, None, None).unwrap()
    }

    #[tokio::test]
    async fn a_server_whose_ca_is_trusted_is_asked_and_no_other() {
        let (ca, folder) = (Ca::new("A CA"), Folder::new());
        let uri = server(&folder, &ca).await;
        let asked = |ca: &Ca| {
            let server = Server::of(&uri).expect("it is a URL");
            HttpClient::new(server, Some(trusting(&folder, ca)))
        };
        let request = || Request::get("/it?a=1").body(Body::empty()).unwrap();
        let client = asked(&ca);
        let mut kept = None;
        // The second time what was kept has been closed.
        for _ in 0..2 {
            let (head, body, connection) = client.ask(request, kept, LONG).await.unwrap();
            assert_eq!(head.status, 200);
            let authority = uri.authority().unwrap();
            let expected = format!("GET /it?a=1 HTTP/1.1\r\nhost: {authority}\r\n\r\n");
            assert_eq!(body, expected);
            kept = Some(connection);
        }
        let answer = asked(&Ca::new("Another")).ask(request, None, LONG).await;
        assert!(matches!(answer, Err(Unanswered::Tls(_))), "{answer:?}");
    }
}
