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
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::commands::{ConfigFile, Failure};
use crate::control::settings::{HttpTls, Secret};
use crate::tls::{self, Certificates, Identity, Key, Roots, Unusable};

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
    /// The CA that its certificate is of, as PEM (left out: those that this machine trusts; with --config: the certificate itself)
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Our certificate, if it asks for one, as PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// And its key
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
}

/// A gateway's HTTP address.
#[derive(Clone, Debug)]
pub(super) struct Client {
    /// `host:port`.
    authority: String,
    /// What is shown to it.
    token: Option<Secret>,
    /// `None`: plain HTTP.
    tls: Option<tls::Client>,
    /// How long an answer is waited for.
    patience: Duration,
    /// The configuration that says so; `None`: staff did.
    by: Option<String>,
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
            let given = given.filter(|it| !it.trim().is_empty());
            return given.map(|it| token(&it, "XABAR_TOKEN")).transpose();
        };
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::caused(format!("cannot read {}", path.display()), error))?;
        token(&text, &format!("--token-file {}", path.display())).map(Some)
    }

    fn roots(&self) -> Result<Roots, Unusable> {
        match &self.ca {
            Some(ca) => Roots::read(ca),
            None => Roots::of_this_machine(),
        }
    }

    fn identity(&self) -> Result<Option<Identity>, Failure> {
        let (Some(certificate), Some(key)) = (&self.certificate, &self.key) else {
            return Ok(None);
        };
        let identity = || Identity::new(Certificates::read(certificate)?, Key::read(key)?);
        let of_ours = |why| Failure::caused("--certificate and --key cannot be used", why);
        identity().map(Some).map_err(of_ours)
    }

    /// Where it is.
    fn gateway(&self) -> Result<Client, Failure> {
        if let Some(url) = &self.url {
            let (authority, secured) = parsed(url).ok_or_else(|| {
                Failure::Usage(
                    "--url should be the gateway's HTTP address, such as http://127.0.0.1:8025"
                        .to_owned(),
                )
            })?;
            let tls = || {
                let identity = self.identity()?;
                let roots = self.roots();
                let tls = roots.and_then(|roots| tls::Client::new(roots, identity, None));
                tls.map_err(unusable)
            };
            return Ok(Client {
                authority,
                token: None,
                tls: secured.then(tls).transpose()?,
                patience: PATIENCE,
                by: None,
            });
        }
        let Some(config) = self.config.clone() else {
            return Err(Failure::Usage("give --config or --url".to_owned()));
        };
        self.configured(config)
    }

    /// Where it is by its configuration: of that no more is read than is asked for here, since it may be half changed, or lack the
    /// secrets of the gateway's environment.
    fn configured(&self, config: PathBuf) -> Result<Client, Failure> {
        let named = config.display().to_string();
        let draft = ConfigFile { config }.draft();
        let http = draft.settings.and_then(|settings| settings.http);
        let wrong = |keys: &str| draft.problems.iter().any(|it| it.key.starts_with(keys));
        let http = match http {
            Some(http) if !wrong("http.listen") && !wrong("http.tls") => http,
            None if draft.problems.is_empty() => {
                return Err(Failure::because(
                    "the configuration has no [http]: such a gateway cannot be talked to",
                ));
            }
            http => {
                let listen = http.filter(|_| !wrong("http.listen"));
                let url = match listen {
                    Some(http) => format!("https://{}", reachable(http.listen)),
                    None => "with the address that the gateway was started with".to_owned(),
                };
                anstream::eprintln!("xabar: --url {url} needs no configuration");
                return Err(Failure::Settings(draft.problems));
            }
        };
        let tls = |tls: HttpTls| {
            let certificates = Certificates::read(&tls.files.certificate).map_err(unusable)?;
            let identity = self.identity()?;
            let tls = match &self.ca {
                Some(_) => self
                    .roots()
                    .and_then(|roots| tls::Client::new(roots, identity, None)),
                None => tls::Client::pinned(&certificates, identity),
            };
            tls.map_err(unusable)
        };
        let client = Client {
            authority: reachable(http.listen).to_string(),
            token: None,
            tls: http.tls.map(tls).transpose()?,
            patience: PATIENCE,
            by: Some(named),
        };
        if !draft.problems.is_empty() {
            let told = "is wrong, as `xabar check` tells";
            let named = client.by.as_deref().unwrap_or_default();
            anstream::eprintln!("xabar: {named} {told}; by its [http] {client} is asked");
        }
        Ok(client)
    }
}

/// A token as it stands in a file or a variable.
fn token(text: &str, place: &str) -> Result<Secret, Failure> {
    let token = text.trim();
    if token.is_empty() {
        return Err(Failure::because(format!(
            "{place} is empty: it should hold your token, as `xabar token add` prints it"
        )));
    }
    if !token.bytes().all(|octet| octet.is_ascii_graphic()) {
        return Err(Failure::because(format!(
            "{place} should hold your token alone, as `xabar token add` prints it"
        )));
    }
    Ok(Secret::new(token))
}

fn unusable(why: Unusable) -> Failure {
    Failure::caused("the gateway's certificate cannot be checked", why)
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

/// `host:port` of a gateway's address, and whether it is one of https.
fn parsed(url: &str) -> Option<(String, bool)> {
    let uri: Uri = url.parse().ok()?;
    let authority = uri.authority()?;
    let secured = match uri.scheme() {
        Some(scheme) if *scheme == Scheme::HTTP => false,
        Some(scheme) if *scheme == Scheme::HTTPS => true,
        _ => return None,
    };
    let rest = uri.path().trim_start_matches('/');
    let port = authority
        .port_u16()
        .unwrap_or(if secured { 443 } else { 80 });
    let is_whole = rest.is_empty() && !authority.as_str().contains('@');
    is_whole.then(|| (format!("{}:{port}", authority.host()), secured))
}

impl Client {
    /// With another patience.
    pub(super) fn patient(self, patience: Duration) -> Self {
        Self { patience, ..self }
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
        Err(refused((status, self.token.is_some()), &body))
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Body,
    ) -> Result<(StatusCode, Vec<u8>), Failure> {
        let asked = timeout(self.patience, self.exchange(method, path, body)).await;
        let answer = asked.map_err(|_| {
            Failure::because(format!(
                "{self} did not answer within {} s",
                self.patience.as_secs()
            ))
        })?;
        answer.map_err(|cause| {
            let by = self.by.as_ref().map(|by| {
                format!(", which {by} names; if its `listen` was changed since the gateway's start, give --url with the one before")
            });
            let by = by.unwrap_or_default();
            Failure::caused(format!("no gateway answers at {self}{by}"), cause)
        })
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Body,
    ) -> Result<(StatusCode, Vec<u8>), Box<dyn std::error::Error + Send + Sync>> {
        let stream = TcpStream::connect(&self.authority).await?;
        match &self.tls {
            None => {
                let answer = self.request(stream, method, path, body).await;
                answer.map_err(|error| self.of_plain(error))
            }
            Some(tls) => {
                let stream = tls.connect(stream, &self.authority).await?;
                let trouble = stream.trouble();
                let answer = self.request(stream, method, path, body).await;
                // What it says of our certificate comes after the handshake.
                answer.map_err(|error| trouble.get().map_or(error, |why| why.to_owned().into()))
            }
        }
    }

    /// What came instead of an answer in plain HTTP.
    fn of_plain(
        &self,
        error: Box<dyn std::error::Error + Send + Sync>,
    ) -> Box<dyn std::error::Error + Send + Sync> {
        match error.downcast_ref::<hyper::Error>() {
            Some(why) if why.is_parse() || why.is_incomplete_message() => format!(
                "what listens there speaks no plain HTTP; if it is under TLS, --url https://{} reaches it",
                self.authority
            )
            .into(),
            _ => error,
        }
    }

    async fn request<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        &self,
        stream: S,
        method: Method,
        path: &str,
        body: Body,
    ) -> Result<(StatusCode, Vec<u8>), Box<dyn std::error::Error + Send + Sync>> {
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
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.authority)
    }
}

/// Why the gateway refused, in its own words where it has any.
fn refused((status, shows_token): (StatusCode, bool), body: &[u8]) -> Failure {
    let document: Option<Value> = serde_json::from_slice(body).ok();
    let detail = document.as_ref().and_then(|it| it.get("detail")?.as_str());
    let errors = document
        .as_ref()
        .and_then(|it| it.get("errors")?.as_array());
    let errors = errors.into_iter().flatten().filter_map(Value::as_str);
    let errors: String = errors.map(|error| format!("\n  {error}")).collect();
    match detail {
        Some(_) if status == StatusCode::UNAUTHORIZED && !shows_token => Failure::because(
            "it wants you to show a token: give its file with --token-file, or the token in the variable XABAR_TOKEN",
        ),
        Some(detail) => Failure::because(format!("{detail}{errors}")),
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
        let known = [
            ("http://127.0.0.1:8025", "127.0.0.1:8025"),
            ("http://127.0.0.1:8025/", "127.0.0.1:8025"),
            ("http://[::1]:8025", "[::1]:8025"),
            ("http://gateway", "gateway:80"),
            ("https://gateway", "gateway:443"),
        ];
        for (url, expected) in known {
            let secured = url.starts_with("https");
            assert_eq!(parsed(url), Some((expected.to_owned(), secured)), "{url}");
        }
        for url in [
            "127.0.0.1:8025",
            "ftp://gateway",
            "http://a/v1",
            "http://a:b@c",
            "",
        ] {
            assert_eq!(parsed(url), None, "{url}");
        }
    }

    #[test]
    fn a_token_is_one_word() {
        let read = |text| token(text, "--token-file t");
        assert_eq!(read(" xbr_1\n").unwrap().expose(), "xbr_1");
        for (text, why) in [
            ("\n", "t is empty"),
            ("xbr_1 xbr_2", "alone"),
            ("a\nb", "alone"),
        ] {
            let Err(Failure::Failed(told, _)) = read(text) else {
                panic!("{text:?}")
            };
            assert!(
                told.starts_with("--token-file t ") && told.contains(why),
                "{told}"
            );
        }
    }

    fn configured(text: &str) -> Result<Client, Failure> {
        let folder = crate::scratch::Folder::new();
        let file = folder.path("xabar.toml");
        std::fs::write(&file, text).unwrap();
        let which = Which {
            config: Some(file),
            url: None,
            token_file: None,
            ca: None,
            certificate: None,
            key: None,
        };
        which.gateway()
    }

    #[tokio::test]
    async fn who_answers_otherwise_than_in_plain_http_may_be_under_tls_or_have_been_elsewhere() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        const ALERT: [u8; 7] = [0x15, 3, 3, 0, 2, 2, 10];
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_exact(&mut [0; 16]).await.unwrap();
            stream.write_all(&ALERT).await.unwrap();
        });
        let client = Client {
            authority: authority.clone(),
            token: None,
            tls: None,
            patience: PATIENCE,
            by: Some("x.toml".to_owned()),
        };
        let Err(Failure::Failed(told, Some(cause))) = client.get("/v1/status").await else {
            panic!("that was no answer")
        };
        assert!(
            told.contains("which x.toml names; if its `listen` was changed"),
            "{told}"
        );
        let cause = cause.to_string();
        assert!(
            cause.contains(&format!("--url https://{authority}")),
            "{cause}"
        );
    }

    #[test]
    fn a_key_of_another_certificate_is_ours_to_mend() {
        use crate::tls::certificates::Ca;
        let folder = crate::scratch::Folder::new();
        let (ca, [certificate, key]) = (
            Ca::new("A CA"),
            ["c.pem", "k.pem"].map(|it| folder.path(it)),
        );
        std::fs::write(&certificate, ca.issue(&["one"]).certificate).unwrap();
        std::fs::write(&key, ca.issue(&["other"]).key).unwrap();
        let which = Which {
            config: None,
            url: Some("https://127.0.0.1:1".to_owned()),
            token_file: None,
            ca: None,
            certificate: Some(certificate),
            key: Some(key),
        };
        let Err(Failure::Failed(told, Some(why))) = which.gateway() else {
            panic!("they do not belong together")
        };
        assert_eq!(told, "--certificate and --key cannot be used");
        assert!(why.to_string().contains("is not the key"), "{why}");
    }

    #[test]
    fn what_is_wrong_elsewhere_in_the_configuration_does_not_matter() {
        let asked = |text: &str| configured(text).unwrap().to_string();
        let listen = "[http]\nlisten = \"127.0.0.1:9000\"\n";
        for wrong in [
            "",
            "[timing]\nspeed = 1\n",
            "[[operator]]\ntps = 5\n",
            "[[operator\n",
        ] {
            assert_eq!(asked(&format!("{listen}{wrong}")), "http://127.0.0.1:9000");
        }
        let tls = "[http.tls]\ncertificate = \"none.pem\"\nkey = \"none.key\"\n";
        for wrong in [
            &format!("{listen}{tls}"),
            "[http]\nlisten = \"here\"\n",
            "[htp]\n",
        ] {
            assert!(
                matches!(configured(wrong), Err(Failure::Settings(_))),
                "{wrong}"
            );
        }
        assert!(matches!(configured(""), Err(Failure::Failed(..))));
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
