//! The folder of the demo's journal: kept if it was named, else gone at the end.

use std::io;
use std::path::{Path, PathBuf};

pub(super) struct Folder {
    path: PathBuf,
    kept: bool,
}

impl Folder {
    /// Makes it if it is missing.
    pub(super) fn open(named: Option<&Path>) -> io::Result<Self> {
        let path = match named {
            Some(path) => std::path::absolute(path)?,
            None => std::env::temp_dir().join(format!("xabar-demo-{}", std::process::id())),
        };
        std::fs::create_dir_all(&path)?;
        Ok(Self {
            path,
            kept: named.is_some(),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn kept(&self) -> bool {
        self.kept
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.path.join("xabar.db")
    }

    pub(super) fn configuration(&self) -> PathBuf {
        self.path.join("xabar.toml")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.kept {
            // The system clears its temporary folder if this does not.
            drop(std::fs::remove_dir_all(&self.path));
        }
    }
}
