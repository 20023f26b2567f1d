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

/// A file that is there.
pub(super) fn file(cell: &Cell<'_>) -> Option<PathBuf> {
    let named = matching("write the name of a file, in quotes", |name| {
        !name.is_empty()
    });
    let file = cell.folder().join(named(cell)?);
    if !file.is_file() {
        return cell.unfit(format!(
            "put the file at {}, or leave the key out",
            file.display()
        ));
    }
    Some(file)
}
