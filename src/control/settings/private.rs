//! Files that hold secrets.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::reading::Cell;

/// The permission of everybody to read.
const ALL_READ: u32 = 0o004;

/// Warns of a file that everybody on this machine may read, by its mode alone: its folder may guard it still.
pub(super) fn warn_if_public(cell: &Cell<'_>, path: &Path) {
    // Whoever reads the file tells what else is wrong with it.
    let Ok(file) = std::fs::metadata(path) else {
        return;
    };
    let mode = file.permissions().mode() & 0o777;
    if mode & ALL_READ != 0 {
        cell.warn(
            format!(
                "names the file {}, which everybody on this machine may read (mode {mode:o})",
                path.display()
            ),
            "let the gateway alone read it: chmod 600, and chown to its user",
        );
    }
}
