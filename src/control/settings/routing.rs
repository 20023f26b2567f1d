//! `[routing]`: what decides on an operator besides prefixes.

use std::path::PathBuf;

use super::reading::{Cell, Table};
use super::values::some_text;

/// `[routing]`
#[derive(Clone, Debug, Default)]
pub struct RoutingSettings {
    /// The file of ported numbers.
    pub ported: Option<PathBuf>,
}

pub(super) fn routing(root: &mut Table<'_>) -> RoutingSettings {
    let default = RoutingSettings::default();
    root.or("routing", default, |cell: &Cell<'_>| cell.table(read))
}

fn read(table: &mut Table<'_>) -> Option<RoutingSettings> {
    Some(RoutingSettings {
        ported: table.optional("ported", file),
    })
}

fn file(cell: &Cell<'_>) -> Option<PathBuf> {
    let file = cell.folder().join(some_text(cell)?);
    if !file.is_file() {
        return cell.unfit(format!(
            "put the file at {}, or leave the key out",
            file.display()
        ));
    }
    Some(file)
}
