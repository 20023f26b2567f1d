//! `[audit]`: where orders and refusals are noted.

use std::path::PathBuf;

use super::journal::JournalSettings;
use super::reading::{Cell, Table};
use super::routing::file;
use crate::journal::Location;

/// `[audit]`
#[derive(Clone, Debug)]
pub struct AuditSettings {
    pub file: PathBuf,
}

pub(super) fn audit(root: &mut Table<'_>, journal: &JournalSettings) -> AuditSettings {
    let named = root.optional("audit", |cell: &Cell<'_>| {
        cell.table(|table| Some(table.optional("file", file)))
    });
    let Location::Sqlite(journal) = &journal.url;
    AuditSettings {
        file: named
            .flatten()
            .unwrap_or_else(|| journal.with_file_name("audit.jsonl")),
    }
}
