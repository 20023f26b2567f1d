//! Lists of numbers that others keep: each a file with a number a line, read again when it changes.
//!
//! Millions of rows are nothing unusual, so what is read is packed, and read beside all else that goes on.

mod file;
mod follow;
mod packed;

use std::path::PathBuf;
use std::sync::Arc;

pub use file::{Column, List, may_be_national};
pub use follow::NumbersFile;
pub use packed::Numbers;

use crate::control::settings::{Problem, Settings};

/// All lists that can be configured, as files.
#[derive(Debug)]
pub struct Files {
    /// The numbers that left their prefix's operator, each with the one that it went to.
    pub ported: NumbersFile,
    /// The numbers that get no messages.
    pub blocked: NumbersFile,
    /// The numbers that belong to somebody else now.
    pub reassigned: NumbersFile,
}

/// What these lists say.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    pub ported: Arc<Numbers>,
    pub blocked: Arc<Numbers>,
    pub reassigned: Arc<Numbers>,
}

impl Files {
    /// Reads the files that are configured.
    ///
    /// # Errors
    /// What is wrong with any of them, with its lines.
    pub fn read(settings: &Settings) -> Result<Self, Vec<Problem>> {
        let operators = settings.operators.iter();
        let operators = operators.map(|operator| operator.name.clone());
        Self::read_for(settings, operators.collect())
    }

    /// The same where other operators are called so than the settings have.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_for(settings: &Settings, operators: Vec<String>) -> Result<Self, Vec<Problem>> {
        let routing = &settings.routing;
        let plain = |name, key| List {
            name,
            key,
            column: None,
        };
        let ported = List {
            name: "ported",
            key: "routing.ported",
            column: Some(Column {
                header: "operator",
                names: operators,
            }),
        };
        let blocked = plain("blocked", "numbers.blocked");
        let reassigned = plain("reassigned", "numbers.reassigned");
        let mut problems = Vec::new();
        let mut read = |list, path: &Option<PathBuf>| {
            let read = NumbersFile::read(list, path.clone());
            read.map_err(|found| problems.extend(found)).ok()
        };
        let ported = read(ported, &routing.ported);
        let blocked = read(blocked, &settings.numbers.blocked);
        let reassigned = read(reassigned, &settings.numbers.reassigned);
        match (ported, blocked, reassigned) {
            (Some(ported), Some(blocked), Some(reassigned)) => Ok(Self {
                ported,
                blocked,
                reassigned,
            }),
            _ => Err(problems),
        }
    }

    /// What they said when they were read.
    pub fn lists(&self) -> Lists {
        Lists {
            ported: self.ported.numbers(),
            blocked: self.blocked.numbers(),
            reassigned: self.reassigned.numbers(),
        }
    }
}
