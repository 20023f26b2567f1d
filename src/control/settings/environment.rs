//! The environment: what secrets are read from, and what overrides the file.
//!
//! `XABAR__INTAKE__AMQP__URL` stands for `url` under `[intake.amqp]`. An entry of a list is named
//! by its number, counted from 0, or by its `name`: `XABAR__OPERATOR__UCELL__TPS`.

use std::collections::BTreeMap;

use super::changes::name_of;
use super::document::{Entry, Node, Origin, Value, parse_nested};

/// Environment variables by name.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

/// Begins the name of every variable that overrides a key.
const PREFIX: &str = "XABAR__";

impl Environment {
    /// The variables this process was started with.
    pub fn of_process() -> Self {
        let plain = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        std::env::vars_os().filter_map(plain).collect()
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Puts every override into the tree. A name that leads nowhere is told to `lost`.
    pub(super) fn override_in(&self, root: &mut Node, mut lost: impl FnMut(&str, String)) {
        for (name, text) in &self.0 {
            let Some(path) = name.strip_prefix(PREFIX) else {
                continue;
            };
            let path: Vec<String> = path.split("__").map(str::to_lowercase).collect();
            let origin = Origin::Variable(name.clone());
            match find(root, &path, &origin) {
                Ok(node) => *node = value(text, origin),
                Err(why) => lost(name, why),
            }
        }
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

/// The node at the end of a path, with what is missing on the way put there.
fn find<'n>(node: &'n mut Node, path: &[String], origin: &Origin) -> Result<&'n mut Node, String> {
    let Some((key, rest)) = path.split_first() else {
        return Ok(node);
    };
    if !matches!(node.value, Value::List(_) | Value::Table(_)) {
        *node = Node {
            origin: origin.clone(),
            value: Value::Table(BTreeMap::new()),
        };
    }
    match &mut node.value {
        Value::List(items) => find(item(items, key)?, rest, origin),
        Value::Table(entries) => {
            let missing = || Entry {
                origin: origin.clone(),
                node: value("", origin.clone()),
            };
            find(
                &mut entries.entry(key.clone()).or_insert_with(missing).node,
                rest,
                origin,
            )
        }
        _ => Err("leads nowhere".to_owned()),
    }
}

fn item<'n>(items: &'n mut [Node], key: &str) -> Result<&'n mut Node, String> {
    let known: Vec<String> = items.iter().filter_map(name_of).collect();
    let named = items
        .iter()
        .position(|item| name_of(item).is_some_and(|name| variable_part(&name) == key));
    let at = named.or_else(|| key.parse().ok());
    let count = items.len();
    at.and_then(|at| items.get_mut(at))
        .ok_or_else(|| match known.is_empty() {
            true => format!("names entry `{key}` of a list that has {count}, counted from 0"),
            false => format!("names `{key}`, but the file has: {}", known.join(", ")),
        })
}

/// A name as it can stand in a variable's.
fn variable_part(name: &str) -> String {
    name.to_lowercase()
        .replace(|character: char| !character.is_ascii_alphanumeric(), "_")
}

fn value(text: &str, origin: Origin) -> Node {
    let nested = text
        .trim_start()
        .starts_with(['[', '{'])
        .then(|| parse_nested(text.trim(), &origin));
    nested.flatten().unwrap_or_else(|| Node {
        origin,
        value: Value::Raw(text.to_owned()),
    })
}
