//! `[numbers]`: lists of numbers that get no messages.

use std::path::PathBuf;

use super::reading::{Cell, Table};
use super::routing::file;

/// `[numbers]`
#[derive(Clone, Debug, Default)]
pub struct NumberSettings {
    /// The file of those that are to get none.
    pub blocked: Option<PathBuf>,
    /// The file of those that belong to somebody else now.
    pub reassigned: Option<PathBuf>,
}

pub(super) fn numbers(root: &mut Table<'_>) -> NumberSettings {
    let default = NumberSettings::default();
    root.or("numbers", default, |cell: &Cell<'_>| cell.table(read))
}

fn read(table: &mut Table<'_>) -> Option<NumberSettings> {
    Some(NumberSettings {
        blocked: table.optional("blocked", file),
        reassigned: table.optional("reassigned", file),
    })
}
