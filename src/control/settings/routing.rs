//! `[routing]`: what decides on an operator besides prefixes.

use std::path::PathBuf;

use super::lookup::{LookupSettings, lookup};
use super::reading::{Cell, Table};
use super::values::matching;

/// `[routing]`
#[derive(Clone, Debug, Default)]
pub struct RoutingSettings {
    /// The file of ported numbers.
    pub ported: Option<PathBuf>,
    /// Who is asked about numbers that are not in the file.
    pub lookup: Option<LookupSettings>,
}

/// `names` are those of the operators.
pub(super) fn routing(root: &mut Table<'_>, names: &[String]) -> RoutingSettings {
    let default = RoutingSettings::default();
    root.or("routing", default, |cell: &Cell<'_>| {
        cell.table(|table| read(table, names))
    })
}

fn read(table: &mut Table<'_>, names: &[String]) -> Option<RoutingSettings> {
    Some(RoutingSettings {
        ported: table.optional("ported", file),
        lookup: table.optional("lookup", lookup(names)),
    })
}

/// A file, which is there for those who read it to see.
pub(super) fn file(cell: &Cell<'_>) -> Option<PathBuf> {
    let named = matching("write the name of a file, in quotes", |name| {
        !name.is_empty()
    });
    Some(cell.folder().join(named(cell)?))
}
