//! The configuration as a tree that remembers where each value was written.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) origin: Origin,
    pub(crate) value: Value,
}

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// In the file; both count from 1.
    Line { line: usize, column: usize },
    /// In an environment variable of this name.
    Variable(String),
}

/// A value as it was written, before anything is expected of it.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    /// The text of an environment variable, which has no quotes: it is what its reader expects.
    Raw(String),
    /// A number that may be too large; no key takes one that is.
    Integer(Option<i64>),
    Float,
    Switch(bool),
    Date(String),
    List(Vec<Node>),
    Table(BTreeMap<String, Entry>),
}

/// A key of a table with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Where the key was written.
    pub(crate) origin: Origin,
    pub(crate) node: Node,
}

/// A place where the text is no TOML.
pub(crate) struct SyntaxError {
    pub(crate) origin: Origin,
    pub(crate) message: String,
}

/// Reads TOML as far as it can be understood.
pub(crate) fn parse(text: &str) -> (Node, Vec<SyntaxError>) {
    let lines = Lines::of(text);
    let (document, errors) = DeTable::parse_recoverable(text);
    let errors = errors.iter().map(|error| {
        let span = error.span().unwrap_or_default();
        // Other mistakes may be in a secret.
        let key = text
            .get(span.clone())
            .filter(|_| error.message() == DUPLICATE);
        let key = key.map_or_else(String::new, |key| format!(" `{key}`"));
        SyntaxError {
            origin: lines.origin(span),
            message: format!("{}{key}", error.message()),
        }
    });
    let locate = |span| lines.origin(span);
    let root = Node {
        origin: Origin::Line { line: 1, column: 1 },
        value: Value::Table(entries(document.get_ref(), &locate)),
    };
    (root, errors.collect())
}

/// What is said of a key that stands twice in a table.
const DUPLICATE: &str = "duplicate key";

/// A list or a table in TOML, as an environment variable may hold it.
pub(crate) fn parse_nested(text: &str, origin: &Origin) -> Option<Node> {
    let value = DeValue::parse(text).ok()?;
    let nested = value.get_ref().is_array() || value.get_ref().is_table();
    nested.then(|| node(&value, &|_| origin.clone()))
}

/// JSON as if it had been written in a file; what is null in an object is left out of it.
pub(crate) fn of_json(value: &serde_json::Value) -> Node {
    use serde_json::Value as Json;
    let origin = || Origin::Line { line: 1, column: 1 };
    let plain = match value {
        Json::Null => Value::Text("null".to_owned()),
        Json::Bool(on) => Value::Switch(*on),
        Json::Number(number) if number.is_f64() => Value::Float,
        Json::Number(number) => Value::Integer(number.as_i64()),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(of_json).collect()),
        Json::Object(entries) => {
            let entries = entries.iter().filter(|(_, value)| !value.is_null());
            let entry = |(key, value): (&String, &Json)| {
                let (origin, node) = (origin(), of_json(value));
                (key.clone(), Entry { origin, node })
            };
            Value::Table(entries.map(entry).collect())
        }
    };
    Node {
        origin: origin(),
        value: plain,
    }
}

type Locate<'a> = dyn Fn(Range<usize>) -> Origin + 'a;

fn node(value: &Spanned<DeValue<'_>>, locate: &Locate<'_>) -> Node {
    let plain = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.clone().into_owned()),
        DeValue::Integer(number) => {
            Value::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok())
        }
        DeValue::Float(_) => Value::Float,
        DeValue::Boolean(on) => Value::Switch(*on),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(items) => Value::List(items.iter().map(|item| node(item, locate)).collect()),
        DeValue::Table(table) => Value::Table(entries(table, locate)),
    };
    Node {
        origin: locate(value.span()),
        value: plain,
    }
}

fn entries(table: &DeTable<'_>, locate: &Locate<'_>) -> BTreeMap<String, Entry> {
    let entry = |(key, value): (&Spanned<toml::de::DeString<'_>>, &Spanned<DeValue<'_>>)| {
        (
            key.get_ref().to_string(),
            Entry {
                origin: locate(key.span()),
                node: node(value, locate),
            },
        )
    };
    table.iter().map(entry).collect()
}

/// Where the lines of a text begin.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self {
            text,
            starts: std::iter::once(0)
                .chain(breaks.map(|(at, _)| at + 1))
                .collect(),
        }
    }

    fn origin(&self, span: Range<usize>) -> Origin {
        let line = self.starts.partition_point(|start| *start <= span.start);
        let start = self
            .starts
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or(0);
        let before = self.text.get(start..span.start).unwrap_or_default();
        Origin::Line {
            line,
            column: before.chars().count() + 1,
        }
    }
}
