//! One request to the collector, over a connection that is kept for the next (OTLP/HTTP, binary Protobuf).

use std::time::Duration;

use axum::body::Body;
use axum::http::uri::{PathAndQuery, Uri};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use bytes::Bytes;
use tokio::time::timeout;

use super::protobuf::{Value, next_field};
use crate::http_client::{self, Connection, HttpClient, Server};
use crate::tls;

/// Where the collector takes traces.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    server: Server,
    path: PathAndQuery,
}

impl Url {
    /// Nothing, if it is no URL of http or https, or holds a login. Without a path it is that of the protocol.
    pub fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let path = uri.path_and_query().filter(|path| *path != "/");
        let path = path.cloned();
        let server = Server::of(&uri)?;
        Some(Self {
            server,
            path: path.unwrap_or(PathAndQuery::from_static("/v1/traces")),
        })
    }

    /// Whether it is asked under TLS.
    pub fn is_secured(&self) -> bool {
        self.server.secured
    }
}

/// Leaves out path and query, which may hold a key.
impl std::fmt::Debug for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.server.fmt(f)
    }
}

/// How the collector is reached.
#[derive(Clone, Debug)]
pub struct Collector {
    path: PathAndQuery,
    http: HttpClient,
    headers: HeaderMap,
    timeout: Duration,
}

/// What came of a request.
#[derive(Debug)]
pub(super) enum Verdict {
    /// All but so many spans.
    Taken { refused: usize },
    /// It will not do, however often it comes.
    Refused(StatusCode),
    /// It may do later, in this time if that was said.
    Later(Why, Option<Duration>),
}

/// Why a request was not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum Why {
    #[error(transparent)]
    Unanswered(#[from] http_client::Unanswered),
    #[error("no answer within {} ms", .0.as_millis())]
    Late(Duration),
    #[error("it answers {0}")]
    Busy(StatusCode),
}

impl Collector {
    /// `tls` is for a URL of https, `headers` are sent with every request.
    pub fn new(url: Url, tls: Option<tls::Client>, headers: HeaderMap, timeout: Duration) -> Self {
        Self {
            http: HttpClient::new(url.server, tls),
            path: url.path,
            headers,
            timeout,
        }
    }

    /// Sends the body of a request; what may be kept of the connection comes back.
    pub(super) async fn send(
        &self,
        body: Bytes,
        kept: Option<Connection>,
    ) -> (Verdict, Option<Connection>) {
        let request = || {
            let mut request = Request::new(Body::from(body.clone()));
            *request.method_mut() = axum::http::Method::POST;
            *request.uri_mut() = Uri::from(self.path.clone());
            *request.headers_mut() = self.headers.clone();
            let protobuf = HeaderValue::from_static("application/x-protobuf");
            request.headers_mut().insert(header::CONTENT_TYPE, protobuf);
            request
        };
        match timeout(self.timeout, self.http.ask(request, kept, self.timeout)).await {
            Err(_) => (Verdict::Later(Why::Late(self.timeout), None), None),
            Ok(Err(why)) => (Verdict::Later(why.into(), None), None),
            Ok(Ok((head, answer, connection))) => {
                let verdict = verdict(head.status, &head.headers, &answer);
                (verdict, Some(connection))
            }
        }
    }
}

/// What an answer says, by the protocol.
fn verdict(status: StatusCode, headers: &HeaderMap, answer: &[u8]) -> Verdict {
    match status {
        _ if status.is_success() => Verdict::Taken {
            refused: rejected_spans(answer),
        },
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => {
            let after = headers.get(header::RETRY_AFTER);
            let seconds = after.and_then(|after| after.to_str().ok()?.parse().ok());
            Verdict::Later(Why::Busy(status), seconds.map(Duration::from_secs))
        }
        _ => Verdict::Refused(status),
    }
}

/// `ExportTraceServiceResponse`: its `partial_success.rejected_spans`. Of an answer that is none it says nothing.
pub(super) fn rejected_spans(mut answer: &[u8]) -> usize {
    let mut rejected = 0;
    while let Some((field, value)) = next_field(&mut answer) {
        let (1, Value::Octets(mut partial_success)) = (field, value) else {
            continue;
        };
        while let Some((field, value)) = next_field(&mut partial_success) {
            if let (1, Value::Number(spans)) = (field, value) {
                rejected = spans;
            }
        }
    }
    usize::try_from(rejected).unwrap_or(usize::MAX)
}
