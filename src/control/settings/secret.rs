//! Passwords, and URLs that hold one: known to the gateway, never shown.

use std::fmt;

use axum::http::HeaderValue;

use super::document::Value;
use super::private::warn_if_public;
use super::reading::{Cell, Table};
use super::values::some_text;

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one who has to send it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// A URL that may hold a password; shown without it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretUrl(String);

impl SecretUrl {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The URL itself, for the one who has to connect.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Only what is certainly harmless is shown: the scheme, the host and what follows it up
        // to a query, in which some put passwords too.
        let Some((scheme, rest)) = self.0.split_once("://") else {
            return f.write_str("(secret)");
        };
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        match rest.rsplit_once('@') {
            Some((_, host)) => write!(f, "{scheme}://***@{host}"),
            None => write!(f, "{scheme}://{rest}"),
        }
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A secret as a text, `{ env = "NAME", default = "…" }` or `{ file = "PATH" }`.
pub(super) fn secret(cell: &Cell<'_>) -> Option<Secret> {
    match &cell.node.value {
        Value::Text(text) | Value::Raw(text) => Some(Secret::new(text.clone())),
        Value::Table(_) => cell.table(|table| from_elsewhere(table, cell)).map(Secret),
        // Not shown: somebody forgot the quotes around a password.
        _ => cell.wrong(format!("is {}", cell.kind()), RIGHT),
    }
}

/// A secret that is sent as the value of a header, and not shown there either.
pub(super) fn header(cell: &Cell<'_>) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(secret(cell)?.expose())
        .ok()
        .or_else(|| {
            cell.wrong(
                "does not fit into a header",
                "write it in one line, such as \"Bearer …\" or \"Basic …\"",
            )
        })?;
    value.set_sensitive(true);
    Some(value)
}

const RIGHT: &str = r#"write a text in quotes, { env = "NAME" } or { file = "PATH" }"#;

fn from_elsewhere(table: &mut Table<'_>, cell: &Cell<'_>) -> Option<String> {
    let default = table.optional("default", hidden_text);
    let fallback = table.has("default");
    let from_variable = table.optional("env", |name| variable(name, fallback));
    let from_file = table.optional("file", file);
    match (table.has("env"), table.has("file")) {
        (true, false) => from_variable.flatten().or(default),
        (false, true) => from_file,
        _ => cell.wrong("needs either `env` or `file`", RIGHT),
    }
}

fn hidden_text(cell: &Cell<'_>) -> Option<String> {
    match &cell.node.value {
        Value::Text(text) | Value::Raw(text) => Some(text.clone()),
        _ => cell.wrong(format!("is {}", cell.kind()), "write a text in quotes"),
    }
}

/// What a variable holds; nothing if it is not set and need not be.
fn variable(cell: &Cell<'_>, fallback: bool) -> Option<Option<String>> {
    let name = some_text(cell)?;
    let value = cell.report.environment.get(&name).map(str::to_owned);
    if value.is_none() && !fallback {
        return cell.wrong(
            format!("names the environment variable {name}, which is not set"),
            "set it, or add a default",
        );
    }
    Some(value)
}

/// The text of a file without the line break at its end; its path is relative to the configuration's folder.
fn file(cell: &Cell<'_>) -> Option<String> {
    let path = some_text(cell)?;
    let file = cell.folder().join(&path);
    warn_if_public(cell, &file);
    match std::fs::read_to_string(file) {
        Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned()),
        Err(error) => cell.wrong(
            format!("names the file {path}, which cannot be read ({error})"),
            "put the secret there, alone, and let the gateway read it",
        ),
    }
}
