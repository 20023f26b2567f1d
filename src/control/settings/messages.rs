//! `messages` and `menus`: the folders of what citizens read.

use std::path::PathBuf;

use super::reading::{Cell, Table};
use super::values::some_text;

/// The folder of the texts; `None`: those that are built in.
pub(super) fn messages(root: &mut Table<'_>) -> Option<PathBuf> {
    named_or_beside(root, "messages", "messages")
}

/// The folder of the USSD menus; `None`: the one that is built in.
pub(super) fn menus(root: &mut Table<'_>) -> Option<PathBuf> {
    named_or_beside(root, "menus", "ussd")
}

/// The folder that a key names, else the one of this name beside the configuration, else none.
fn named_or_beside(root: &mut Table<'_>, key: &'static str, beside: &str) -> Option<PathBuf> {
    let beside = root.folder().join(beside);
    let given = root.optional(key, folder);
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
