//! What an answer says: the operator of a number, in the service's words.

use std::collections::HashMap;

use axum::http::StatusCode;
use serde_json::Value;

use crate::journal::OperatorId;

/// How the service names operators.
#[derive(Debug)]
pub struct Naming {
    /// Where in a JSON object the name stands: a field, or fields with dots between them.
    field: String,
    names: HashMap<String, OperatorId>,
}

/// What the service knows of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Carrier(OperatorId),
    /// Nothing: its prefix holds.
    Unported,
    /// An operator that nobody here knows by this name.
    Stranger(String),
}

/// No name of an operator is that long.
const LONGEST_NAME: usize = 64;

/// Nor has one so many digits as a number.
const MOST_DIGITS: usize = 6;

impl Naming {
    /// `names` are all that the service may say, and who is meant.
    pub fn new(
        field: impl Into<String>,
        names: impl IntoIterator<Item = (String, OperatorId)>,
    ) -> Self {
        Self {
            field: field.into(),
            names: names.into_iter().collect(),
        }
    }

    /// Reads an answer; nothing if it is none.
    pub(super) fn read(&self, status: StatusCode, body: &[u8]) -> Option<Answer> {
        match status {
            StatusCode::OK => self.read_body(body),
            // Of a number of which it knows nothing.
            StatusCode::NO_CONTENT | StatusCode::NOT_FOUND => Some(Answer::Unported),
            _ => None,
        }
    }

    fn read_body(&self, body: &[u8]) -> Option<Answer> {
        let text = std::str::from_utf8(body).ok()?;
        let text = text.trim_start_matches('\u{feff}').trim();
        let name = match text.starts_with(['{', '"']) {
            true => self.named_in(serde_json::from_str(text).ok()?)?,
            false => text.to_owned(),
        };
        match self.names.get(&name) {
            _ if name.is_empty() => Some(Answer::Unported),
            Some(carrier) => Some(Answer::Carrier(*carrier)),
            None => is_a_name(&name).then_some(Answer::Stranger(name)),
        }
    }

    /// The name in an object, empty if it gives none; or what is no object itself.
    fn named_in(&self, json: Value) -> Option<String> {
        let mut value = &json;
        if json.is_object() {
            for field in self.field.split('.') {
                value = value.get(field).unwrap_or(&Value::Null);
            }
        }
        match value {
            Value::Null => Some(String::new()),
            Value::String(name) => Some(name.trim().to_owned()),
            Value::Number(code) => Some(code.to_string()),
            _ => None,
        }
    }
}

/// Whether somebody may be called so; an answer that holds the number itself says something else.
fn is_a_name(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.len() <= LONGEST_NAME && digits <= MOST_DIGITS && !text.contains(['<', '[', '\n'])
}
