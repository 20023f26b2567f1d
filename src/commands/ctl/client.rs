//! Asks a running gateway over its HTTP address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::uri::Scheme;
use axum::http::{Method, Request, StatusCode, Uri, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::commands::{ConfigFile, Failure};
use crate::control::settings::Secret;

/// Which gateway is meant.
#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// The configuration that it runs on, which says its HTTP address
    #[arg(
        long,
        value_name = "FILE",
        env = "XABAR_CONFIG",
        required_unless_present = "url"
    )]
    config: Option<PathBuf>,
    /// Its HTTP address, such as http://127.0.0.1:8025, instead
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The file with your token, if it asks for one; left out: what the variable XABAR_TOKEN holds
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// A gateway's HTTP address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Client {
    /// `host:port`.
    authority: String,
    /// What is shown to it.
    token: Option<Secret>,
}

/// For an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// No answer is that long.
const MOST_OCTETS: usize = 16 << 20;

impl Which {
    pub(super) fn client(&self) -> Result<Client, Failure> {
        let token = self.token()?;
        Ok(Client {
            token,
            ..self.gateway()?
        })
    }

    fn token(&self) -> Result<Option<Secret>, Failure> {
        let Some(path) = &self.token_file else {
            let given = std::env::var("XABAR_TOKEN").ok();
            return Ok(given.filter(|it| !it.is_empty()).map(Secret::new));
        };
        let token = std::fs::read_to_string(path)
            .map_err(|error| Failure::caused(format!("cannot read {}", path.display()), error))?;
        Ok(Some(Secret::new(token.trim())))
    }

    /// Where it is.
    fn gateway(&self) -> Result<Client, Failure> {
        if let Some(url) = &self.url {
            return Client::parse(url).ok_or_else(|| {
                Failure::Usage(
                    "--url should be the gateway's HTTP address, such as http://127.0.0.1:8025"
                        .to_owned(),
                )
            });
        }
        let Some(config) = self.config.clone() else {
            return Err(Failure::Usage("give --config or --url".to_owned()));
        };
        let settings = ConfigFile { config }.load().inspect_err(|_| {
            anstream::eprintln!("xabar: --url http://127.0.0.1:8025 needs no configuration");
        })?;
        let http = settings.http.ok_or_else(|| {
            Failure::because("the configuration has no [http]: such a gateway cannot be talked to")
        })?;
        Ok(Client {
            authority: reachable(http.listen).to_string(),
            token: None,
        })
    }
}

/// Where something that listens at an address is reached from this machine.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

impl Client {
    fn parse(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let authority = uri.authority()?;
        let is_plain = uri.scheme() == Some(&Scheme::HTTP);
        let rest = uri.path().trim_start_matches('/');
        let port = authority.port_u16().unwrap_or(80);
        let is_whole = is_plain && rest.is_empty() && !authority.as_str().contains('@');
        is_whole.then(|| Self {
            authority: format!("{}:{port}", authority.host()),
            token: None,
        })
    }

    /// What stands under a path.
    ///
    /// # Errors
    /// If nobody answers, or not what was asked for: the gateway's own words.
    pub(super) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.answer(Method::GET, path, Body::empty()).await
    }

    /// What a path answers to a body.
    ///
    /// # Errors
    /// As of [`get`](Self::get).
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.answer(Method::POST, path, Body::from(body.to_string()))
            .await
    }

    /// What a path answers to what is to change.
    ///
    /// # Errors
    /// As of [`get`](Self::get).
    pub(super) async fn patch(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.answer(Method::PATCH, path, Body::from(body.to_string()))
            .await
    }

    async fn answer(&self, method: Method, path: &str, body: Body) -> Result<Value, Failure> {
        let (status, body) = self.ask(method, path, body).await?;
        if status.is_success() {
            return serde_json::from_slice(&body)
                .map_err(|error| Failure::caused(format!("{self} answers something else"), error));
        }
        Err(refused(status, &body))
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Body,
    ) -> Result<(StatusCode, Vec<u8>), Failure> {
        let asked = timeout(PATIENCE, self.exchange(method, path, body)).await;
        let answer = asked.map_err(|_| {
            Failure::because(format!(
                "{self} did not answer within {} s",
                PATIENCE.as_secs()
            ))
        })?;
        answer.map_err(|cause| Failure::caused(format!("no gateway answers at {self}"), cause))
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Body,
    ) -> Result<(StatusCode, Vec<u8>), Box<dyn std::error::Error + Send + Sync>> {
        let stream = TcpStream::connect(&self.authority).await?;
        let (mut requests, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.authority)
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = &self.token {
            let shown = format!("Bearer {}", token.expose());
            request = request.header(header::AUTHORIZATION, shown);
        }
        let request = request.body(body)?;
        let (head, body) = requests.send_request(request).await?.into_parts();
        let body = to_bytes(Body::new(body), MOST_OCTETS).await?;
        connection.abort();
        Ok((head.status, body.into()))
    }
}

impl std::fmt::Display for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "http://{}", self.authority)
    }
}

/// Why the gateway refused, in its own words where it has any.
fn refused(status: StatusCode, body: &[u8]) -> Failure {
    let document: Option<Value> = serde_json::from_slice(body).ok();
    let detail = document.as_ref().and_then(|it| it.get("detail")?.as_str());
    match detail {
        Some(detail) => Failure::because(detail),
        None => Failure::because(format!("the gateway answers {status}")),
    }
}

/// What a gateway of another version says may be something else.
pub(super) fn read<T: DeserializeOwned>(answer: &Value) -> Result<T, Failure> {
    T::deserialize(answer).map_err(|error| {
        Failure::caused(
            "the gateway is of another version; --json shows what it says",
            error,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_of_http_without_a_path() {
        let authority = |url| Client::parse(url).map(|client| client.authority);
        let known = [
            ("http://127.0.0.1:8025", "127.0.0.1:8025"),
            ("http://127.0.0.1:8025/", "127.0.0.1:8025"),
            ("http://[::1]:8025", "[::1]:8025"),
            ("http://gateway", "gateway:80"),
        ];
        for (url, expected) in known {
            assert_eq!(authority(url).as_deref(), Some(expected), "{url}");
        }
        for url in [
            "127.0.0.1:8025",
            "https://gateway",
            "http://a/v1",
            "http://a:b@c",
            "",
        ] {
            assert_eq!(authority(url), None, "{url}");
        }
    }

    #[test]
    fn what_listens_everywhere_is_reached_here() {
        for (listen, expected) in [
            ("0.0.0.0:8025", "127.0.0.1:8025"),
            ("[::]:8025", "[::1]:8025"),
            ("10.0.0.7:80", "10.0.0.7:80"),
        ] {
            let listen = listen.parse().unwrap();
            assert_eq!(reachable(listen), expected.parse().unwrap());
        }
    }
}
