//! `[traces]`: where the traces of messages go, and which messages are traced.

use std::num::NonZeroU64;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::reading::{Cell, Table};
use super::secret::{header as header_value, secret};
use super::tls::http_client;
use super::values::{duration, some_text, whole};
use crate::tls::Client;
use crate::traces::Url;

/// `[traces]`
#[derive(Clone, Debug)]
pub struct TracesSettings {
    /// The collector's OTLP over HTTP.
    pub endpoint: Url,
    /// For a URL of https.
    pub tls: Option<Client>,
    /// Sent with every request; never shown.
    pub headers: HeaderMap,
    /// How long the collector may take to answer.
    pub timeout: Duration,
    /// Of events that bring no trace, one in so many begins one; `None`: none does.
    pub one_in: Option<NonZeroU64>,
    /// As which the gateway shows among the services of a trace.
    pub service: String,
}

pub(super) fn traces(cell: &Cell<'_>) -> Option<TracesSettings> {
    cell.table(read)
}

fn read(table: &mut Table<'_>) -> Option<TracesSettings> {
    let endpoint = table.required("endpoint", "give the URL of the collector", url);
    let tls = http_client(table, endpoint.as_ref().map(Url::is_secured));
    let headers = table.or("headers", HeaderMap::new(), headers);
    let timeout = table.or(
        "timeout",
        Duration::from_secs(10),
        duration("100ms"..="60s"),
    );
    let one_in = table.optional("one_in", whole(1..=1_000_000_000));
    let service = table.or("service", "xabar".to_owned(), some_text);
    Some(TracesSettings {
        endpoint: endpoint?,
        tls: tls?,
        headers,
        timeout,
        one_in: one_in.and_then(NonZeroU64::new),
        service,
    })
}

/// It may be kept elsewhere as a secret, and is not shown: some hold a key.
fn url(cell: &Cell<'_>) -> Option<Url> {
    Url::parse(secret(cell)?.expose()).or_else(|| {
        cell.wrong(
            "is no URL of a collector",
            "write it as http:// or https://, such as \"http://127.0.0.1:4318/v1/traces\"; a login belongs in `headers`",
        )
    })
}

/// What every request says of itself.
const OURS: [HeaderName; 4] = [
    header::HOST,
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
];

fn headers(cell: &Cell<'_>) -> Option<HeaderMap> {
    let pairs = cell.named(|name, cell| Some((named(name, cell)?, header_value(cell)?)))?;
    let pairs: Vec<(HeaderName, HeaderValue)> = pairs.into_values().collect();
    Some(HeaderMap::from_iter(pairs))
}

fn named(name: &str, cell: &Cell<'_>) -> Option<HeaderName> {
    let name: Option<HeaderName> = name.parse().ok();
    name.filter(|name| !OURS.contains(name)).or_else(|| {
        cell.wrong(
            "is no header to add",
            "name one such as `authorization` or `api-key`",
        )
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Environment, Problem, Settings};

    fn read(traces: &str) -> Result<Settings, Vec<Problem>> {
        let text = format!(
            "[[operator]]\nname = \"ucell\"\nprefixes = [\"998\"]\naddress = \"127.0.0.1:2775\"\n\
             system_id = \"xabar\"\npassword = \"secret\"\nsender = \"MyGov\"\n\
             [traces]\n{traces}"
        );
        Settings::read(&text, Path::new("x.toml"), &Environment::default())
    }

    #[test]
    fn a_url_will_do_and_what_is_secret_is_not_shown() {
        let settings = read(
            "endpoint = \"http://127.0.0.1:4318?key=geheim\"\nheaders = { api-key = \"geheim\" }",
        );
        let traces = settings.unwrap().traces.unwrap();
        assert_eq!((traces.one_in, traces.service.as_str()), (None, "xabar"));
        assert!(traces.tls.is_none() && traces.headers.contains_key("api-key"));
        let shown = format!("{traces:?}");
        assert!(!shown.contains("geheim"), "{shown}");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_key_and_its_line() {
        let url = "endpoint = \"http://127.0.0.1:4318\"\n";
        for (traces, expected) in [
            ("", "x.toml:8:1: `traces.endpoint` is missing; give the URL"),
            (
                "endpoint = \"http://geheim@example.uz/\"",
                "x.toml:9:12: `traces.endpoint` is no URL of a collector; write it as http://",
            ),
            (
                "endpoint = \"collector:4318\"",
                "x.toml:9:12: `traces.endpoint` is no URL of a collector",
            ),
            (
                &format!("{url}one_in = 0"),
                "x.toml:10:10: `traces.one_in` is 0; give a whole number from 1",
            ),
            (
                &format!("{url}timeout = \"1h\""),
                "x.toml:10:11: `traces.timeout` is \"1h\"; write a length of time",
            ),
            (
                &format!("{url}headers = {{ host = \"geheim\" }}"),
                "x.toml:10:20: `traces.headers.host` is no header to add; name one",
            ),
            (
                &format!("{url}headers = {{ api-key = \"geheim\\n\" }}"),
                "x.toml:10:23: `traces.headers.api-key` does not fit into a header",
            ),
            (
                &format!("{}ca = \"no.pem\"", url.replace("http", "https")),
                "x.toml:10:6: `traces.ca` names the file no.pem, which cannot be read",
            ),
        ] {
            let told = read(traces).expect_err("it is wrong");
            let told: Vec<String> = told.iter().map(ToString::to_string).collect();
            assert!(told[0].starts_with(expected), "{traces}: {told:?}");
            assert!(told.iter().all(|it| !it.contains("geheim")), "{told:?}");
        }
    }
}
