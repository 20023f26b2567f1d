//! The folder of the journals, gone at the end. Nobody else reads what is in it: a configuration may hold a broker's password.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::Failure;

pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// A new folder in `parent`, or in the temporary one.
    pub(super) fn make(parent: Option<&Path>) -> Result<Self, Failure> {
        let parent = parent.map_or_else(std::env::temp_dir, Path::to_owned);
        let name = format!("xabar-bench-{}", std::process::id());
        let made = std::path::absolute(parent.join(name)).and_then(|path| {
            let mut private = DirBuilder::new();
            private.recursive(true).mode(0o700).create(&path)?;
            Ok(Self { path })
        });
        made.map_err(|error| {
            Failure::caused(
                format!("cannot make a folder in {}", parent.display()),
                error,
            )
        })
    }

    /// An empty folder in it.
    pub(super) fn fresh(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.path.join(name);
        // Mostly there is none.
        drop(std::fs::remove_dir_all(&path));
        std::fs::create_dir_all(&path)
            .map_err(|error| Failure::caused(format!("cannot make {}", path.display()), error))?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left in a temporary folder.
        drop(std::fs::remove_dir_all(&self.path));
    }
}
