//! One question to the service, over a connection that is kept for the next.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::uri::{Scheme, Uri};
use axum::http::{HeaderValue, Request, StatusCode, header};
use bytes::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;
use xabar_events::Msisdn;

use crate::tls;

/// A connection on which nothing is under way.
pub(super) type Connection = SendRequest<Body>;

/// No answer is that long.
const MOST_OCTETS: usize = 16 << 10;

/// What stands in the URL for the number.
const NUMBER: &str = "{msisdn}";

/// The URL of a question, with a place for the number's digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    secured: bool,
    /// `host:port` to connect to.
    address: String,
    /// As it stands in the header.
    host: String,
    /// Path and query, before the number and after it.
    around: (String, String),
}

impl Url {
    /// Nothing, if it is no URL of http or https with `{msisdn}` once in its path or query, or holds a password.
    pub fn parse(text: &str) -> Option<Self> {
        let (before, after) = text.split_once(NUMBER)?;
        let uri: Uri = format!("{before}0{after}").parse().ok()?;
        let secured = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            _ => return None,
        };
        let authority = uri.authority()?.as_str();
        let rest = before.split_once("://")?.1.strip_prefix(authority)?;
        if authority.contains('@') || !rest.starts_with('/') || after.contains(NUMBER) {
            return None;
        }
        let port = uri.port_u16().unwrap_or(if secured { 443 } else { 80 });
        Some(Self {
            secured,
            address: format!("{}:{port}", uri.host()?),
            host: authority.to_owned(),
            around: (rest.to_owned(), after.to_owned()),
        })
    }

    /// Whether it is asked under TLS.
    pub fn is_secured(&self) -> bool {
        self.secured
    }

    fn path(&self, msisdn: Msisdn) -> String {
        let (before, after) = &self.around;
        format!("{before}{}{after}", msisdn.digits())
    }
}

/// Leaves out path and query, which may hold a key.
impl std::fmt::Debug for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.address)
    }
}

/// How the service is reached.
#[derive(Clone, Debug)]
pub struct Client {
    url: Url,
    tls: Option<tls::Client>,
    authorization: Option<HeaderValue>,
}

/// Why there is no answer; shows no number.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unanswered {
    #[error("it cannot be reached")]
    Unreachable(#[from] std::io::Error),
    #[error("TLS fails: {0}")]
    Tls(String),
    #[error("the connection broke")]
    Broken(#[from] hyper::Error),
    #[error("its answer is too long, or breaks off")]
    Unreadable,
    #[error("no answer within {} ms", .0.as_millis())]
    Late(Duration),
    #[error("it answers {0}")]
    Refused(StatusCode),
    #[error("its answer names no operator")]
    Unclear,
}

impl Client {
    /// `tls` is for a URL of https, `authorization` is sent with every question.
    pub fn new(url: Url, tls: Option<tls::Client>, authorization: Option<HeaderValue>) -> Self {
        Self {
            tls: tls.filter(|_| url.is_secured()),
            url,
            authorization,
        }
    }

    /// Asks for a number, over `kept` if it will do. What may be kept comes back with the answer.
    pub(super) async fn ask(
        &self,
        msisdn: Msisdn,
        kept: Option<Connection>,
        within: Duration,
    ) -> Result<(StatusCode, Bytes, Connection), Unanswered> {
        let asked = timeout(within, self.ask_over(msisdn, kept)).await;
        asked.unwrap_or(Err(Unanswered::Late(within)))
    }

    async fn ask_over(
        &self,
        msisdn: Msisdn,
        kept: Option<Connection>,
    ) -> Result<(StatusCode, Bytes, Connection), Unanswered> {
        if let Some(kept) = kept.filter(|kept| !kept.is_closed()) {
            // One that was idle may just have been closed: that says nothing of the service.
            if let Ok(answer) = self.exchange(msisdn, kept).await {
                return Ok(answer);
            }
        }
        let connection = self.connect().await?;
        self.exchange(msisdn, connection).await
    }

    async fn exchange(
        &self,
        msisdn: Msisdn,
        mut connection: Connection,
    ) -> Result<(StatusCode, Bytes, Connection), Unanswered> {
        connection.ready().await?;
        let mut request = Request::get(self.url.path(msisdn))
            .header(header::HOST, &self.url.host)
            .header(header::ACCEPT, "application/json, text/plain");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let request = request
            .body(Body::empty())
            .expect("the URL was parsed with another number");
        let response = connection.send_request(request).await?;
        let status = response.status();
        let body = to_bytes(Body::new(response.into_body()), MOST_OCTETS).await;
        let body = body.map_err(|_| Unanswered::Unreadable)?;
        Ok((status, body, connection))
    }

    async fn connect(&self) -> Result<Connection, Unanswered> {
        let address = &self.url.address;
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
