//! `[routing.lookup]`: a service that says who carries a number.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::HeaderValue;

use super::reading::{Cell, Table};
use super::secret::{header, secret};
use super::tls::http_client;
use super::values::{duration, matching, whole};
use crate::lookup::Url;
use crate::tls::Client;

/// `[routing.lookup]`
#[derive(Clone, Debug)]
pub struct LookupSettings {
    /// Where to ask for a number.
    pub url: Url,
    /// For a URL of https.
    pub tls: Option<Client>,
    /// How long an answer may take; then the number goes by its prefix.
    pub timeout: Duration,
    /// How many answers are remembered.
    pub cache: usize,
    /// For how long.
    pub keep: Duration,
    /// Sent with every question; never shown.
    pub authorization: Option<HeaderValue>,
    /// Where in a JSON answer the operator is named.
    pub field: String,
    /// What the service calls operators, and their names here.
    pub operators: BTreeMap<String, String>,
}

/// `names` are those of the operators.
pub(super) fn lookup(names: &[String]) -> impl Fn(&Cell<'_>) -> Option<LookupSettings> {
    move |cell| cell.table(|table| read(table, names))
}

fn read(table: &mut Table<'_>, names: &[String]) -> Option<LookupSettings> {
    let url = table.required(
        "url",
        "give the URL to ask, with {msisdn} for the number",
        url,
    );
    let tls = http_client(table, url.as_ref().map(Url::is_secured));
    let timeout = table.or(
        "timeout",
        Duration::from_millis(500),
        duration("10ms"..="10s"),
    );
    let cache = table.or("cache", 100_000, whole(1..=10_000_000));
    let day = Duration::from_secs(24 * 3600);
    let keep = table.or("keep", day, duration("1s"..="30d"));
    let authorization = table.optional("authorization", header);
    let field = table.or("field", "operator".to_owned(), field);
    let operators = table.or("operators", BTreeMap::new(), |cell| {
        cell.named(|_, cell| operator(cell, names))
    });
    Some(LookupSettings {
        url: url?,
        tls: tls?,
        timeout,
        cache,
        keep,
        authorization,
        field,
        operators,
    })
}

/// It may be kept elsewhere as a secret, and is not shown: some hold a key.
fn url(cell: &Cell<'_>) -> Option<Url> {
    Url::parse(secret(cell)?.expose()).or_else(|| {
        cell.wrong(
            "is no URL to ask",
            "write it as http:// or https://, with {msisdn} once where the number goes, such as \
             \"https://mnp.example.uz/v1/{msisdn}\"; a login belongs in `authorization`",
        )
    })
}

fn field(cell: &Cell<'_>) -> Option<String> {
    matching(
        "name a field of the answer, with dots between nested ones, such as \"result.operator\"",
        |field| field.split('.').all(|name| !name.is_empty()),
    )(cell)
}

fn operator(cell: &Cell<'_>, names: &[String]) -> Option<String> {
    let right = match names {
        [] => "add an [[operator]] first".to_owned(),
        _ => format!("name an operator: {}", names.join(", ")),
    };
    matching(&right, |name| names.iter().any(|it| it == name))(cell)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Environment, Problem, Settings};

    fn read(lookup: &str) -> Result<Settings, Vec<Problem>> {
        let text = format!(
            "[[operator]]\nname = \"ucell\"\nprefixes = [\"998\"]\naddress = \"127.0.0.1:2775\"\n\
             system_id = \"xabar\"\npassword = \"secret\"\nsender = \"MyGov\"\n\
             [routing.lookup]\n{lookup}"
        );
        Settings::read(&text, Path::new("x.toml"), &Environment::default())
    }

    #[test]
    fn a_url_will_do_and_what_is_secret_is_not_shown() {
        let settings = read(
            "url = \"http://127.0.0.1:8080/{msisdn}?key=geheim\"\nauthorization = \"Basic geheim\"",
        );
        let lookup = settings.unwrap().routing.lookup.unwrap();
        assert_eq!((lookup.timeout.as_millis(), lookup.cache), (500, 100_000));
        assert_eq!(
            (lookup.field.as_str(), lookup.keep.as_secs()),
            ("operator", 86_400)
        );
        assert!(lookup.operators.is_empty() && lookup.tls.is_none());
        let shown = format!("{lookup:?}");
        assert!(!shown.contains("geheim"), "{shown}");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_key_and_its_line() {
        let url = "url = \"http://127.0.0.1/{msisdn}\"\n";
        for (lookup, expected) in [
            (
                "",
                "x.toml:8:1: `routing.lookup.url` is missing; give the URL to ask",
            ),
            (
                "url = \"http://geheim.example.uz/\"",
                "x.toml:9:7: `routing.lookup.url` is no URL to ask; write it as http://",
            ),
            (
                &format!("{url}timeout = \"1m\""),
                "x.toml:10:11: `routing.lookup.timeout` is \"1m\"; write a length of time",
            ),
            (
                &format!("{url}cache = 0"),
                "x.toml:10:9: `routing.lookup.cache` is 0; give a whole number from 1",
            ),
            (
                &format!("{url}keep = \"1y\""),
                "x.toml:10:8: `routing.lookup.keep` is \"1y\"",
            ),
            (
                &format!("{url}authorization = \"geheim\\n\""),
                "x.toml:10:17: `routing.lookup.authorization` does not fit into a header",
            ),
            (
                &format!("{url}field = \"result.\""),
                "x.toml:10:9: `routing.lookup.field` is \"result.\"; name a field",
            ),
            (
                &format!("{url}operators = {{ 43404 = \"beeline\" }}"),
                "x.toml:10:23: `routing.lookup.operators.43404` is \"beeline\"; name an operator: ucell",
            ),
            (
                &format!("{}ca = \"no.pem\"", url.replace("http", "https")),
                "x.toml:10:6: `routing.lookup.ca` names the file no.pem, which cannot be read",
            ),
        ] {
            let told = read(lookup).expect_err("it is wrong");
            let told: Vec<String> = told.iter().map(ToString::to_string).collect();
            assert!(told[0].starts_with(expected), "{lookup}: {told:?}");
            assert!(told.iter().all(|it| !it.contains("geheim")), "{told:?}");
        }
    }
}
