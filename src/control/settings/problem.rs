//! What is wrong in a file that a person wrote, where, and what would be right.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// One mistake. It names keys and harmless values, never a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub place: Place,
    /// The key, such as `operator[0].tps`; empty where the whole file is meant.
    pub key: String,
    /// What came, as the second half of a sentence: `is 0`.
    pub what: String,
    /// What would be right, as a request: `give a whole number from 1 to 100`.
    pub right: String,
}

/// Where a mistake was made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Somewhere in a file, or the file itself.
    File(PathBuf),
    /// Lines and columns count from 1.
    Line {
        file: PathBuf,
        line: usize,
        column: usize,
    },
    /// An environment variable.
    Variable(String),
}

impl Place {
    /// The line, where there is one.
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Line { line, .. } => Some(*line),
            Self::File(_) | Self::Variable(_) => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Line { file, line, column } => write!(f, "{}:{line}:{column}", file.display()),
            Self::Variable(name) => write!(f, "environment {name}"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.sentence())
    }
}

impl Problem {
    /// All but the place.
    pub fn sentence(&self) -> String {
        let subject = if self.key.is_empty() {
            String::new()
        } else {
            format!("`{}` ", self.key)
        };
        format!("{subject}{}; {}", self.what, self.right)
    }

    /// For scripts: one object with `file`, `line`, `column`, `variable`, `key`, `problem` and `fix`.
    pub fn to_json(&self) -> serde_json::Value {
        let (file, line, column, variable) = match &self.place {
            Place::File(file) => (Some(file), None, None, None),
            Place::Line { file, line, column } => (Some(file), Some(*line), Some(*column), None),
            Place::Variable(name) => (None, None, None, Some(name)),
        };
        let file = file.map(|file| file.display().to_string());
        serde_json::json!({
            "file": file, "line": line, "column": column, "variable": variable,
            "key": self.key, "problem": self.what, "fix": self.right,
        })
    }
}

impl Serialize for Problem {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}
