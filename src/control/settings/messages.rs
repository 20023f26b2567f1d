//! `messages`: the folder of the texts that citizens read.

use std::path::PathBuf;

use super::reading::{Cell, Table};
use super::values::some_text;

/// The folder that is named, else the one beside the configuration, else none.
pub(super) fn messages(root: &mut Table<'_>) -> Option<PathBuf> {
    let beside = root.folder().join("messages");
    let given = root.optional("messages", folder);
    given.or_else(|| beside.is_dir().then_some(beside))
}

fn folder(cell: &Cell<'_>) -> Option<PathBuf> {
    let name = some_text(cell)?;
    let folder = cell.folder().join(&name);
    if !folder.is_dir() {
        return cell.unfit(format!(
            "make the folder {}, or leave the key out",
            folder.display()
        ));
    }
    Some(folder)
}
