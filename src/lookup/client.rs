//! One question to the service, over a connection that is kept for the next.

use std::time::Duration;

use axum::body::Body;
use axum::http::uri::Uri;
use axum::http::{HeaderValue, Request, StatusCode, header};
use bytes::Bytes;
use tokio::time::timeout;
use xabar_events::Msisdn;

pub(super) use crate::http_client::Connection;
use crate::http_client::{self, HttpClient, Server};
use crate::tls;

/// What stands in the URL for the number.
const NUMBER: &str = "{msisdn}";

/// The URL of a question, with a place for the number's digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    server: Server,
    /// Path and query, before the number and after it.
    around: (String, String),
}

impl Url {
    /// Nothing, if it is no URL of http or https with `{msisdn}` once in its path or query, or holds a password.
    pub fn parse(text: &str) -> Option<Self> {
        let (before, after) = text.split_once(NUMBER)?;
        let uri: Uri = format!("{before}0{after}").parse().ok()?;
        let server = Server::of(&uri)?;
        let authority = uri.authority()?.as_str();
        let rest = before.split_once("://")?.1.strip_prefix(authority)?;
        if !rest.starts_with('/') || after.contains(NUMBER) {
            return None;
        }
        Some(Self {
            server,
            around: (rest.to_owned(), after.to_owned()),
        })
    }

    /// Whether it is asked under TLS.
    pub fn is_secured(&self) -> bool {
        self.server.secured
    }

    fn path(&self, msisdn: Msisdn) -> String {
        let (before, after) = &self.around;
        format!("{before}{}{after}", msisdn.digits())
    }
}

/// Leaves out path and query, which may hold a key.
impl std::fmt::Debug for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.server.fmt(f)
    }
}

/// How the service is reached.
#[derive(Clone, Debug)]
pub struct Client {
    url: Url,
    http: HttpClient,
    authorization: Option<HeaderValue>,
}

/// Why there is no answer; shows no number.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unanswered {
    #[error(transparent)]
    Unanswered(#[from] http_client::Unanswered),
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
            http: HttpClient::new(url.server.clone(), tls),
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
        let asked = self.http.ask(|| self.request(msisdn), kept, within);
        let answer = timeout(within, asked).await;
        let (head, body, connection) = answer.map_err(|_| Unanswered::Late(within))??;
        Ok((head.status, body, connection))
    }

    fn request(&self, msisdn: Msisdn) -> Request<Body> {
        let mut request = Request::get(self.url.path(msisdn))
            .header(header::ACCEPT, "application/json, text/plain");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        request
            .body(Body::empty())
            .expect("the URL was parsed with another number")
    }
}
