//! A folder for one test, gone after it. Each has one of its own, also among the threads of one process.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        Self::under(&std::env::temp_dir())
    }

    /// In memory, where there is such a place: for what commits often.
    pub(crate) fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        match memory.is_dir() {
            true => Self::under(memory),
            false => Self::new(),
        }
    }

    /// With these files, each a name and a text.
    pub(crate) fn with<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let folder = Self::new();
        for (name, text) in files {
            std::fs::write(folder.path(name), text).unwrap();
        }
        folder
    }

    fn under(parent: &Path) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        Self::numbered(parent, &NEXT)
    }

    /// The next one that is not there: a process that was killed leaves its folders, and another one may have its number.
    fn numbered(parent: &Path, next: &AtomicU32) -> Self {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let folder = parent.join(format!("xabar-test-{}-{number}", std::process::id()));
            match std::fs::create_dir(&folder) {
                Ok(()) => return Self(folder),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => panic!("{}: {error}", folder.display()),
            }
        }
    }

    pub(crate) fn as_path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// What is told of files in this folder, without its name.
    pub(crate) fn within(&self, told: &impl std::fmt::Display) -> String {
        told.to_string()
            .replace(&format!("{}/", self.0.display()), "")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_test_has_a_folder_of_its_own_that_goes_with_it() {
        let (one, other) = (Folder::with([("a", "x")]), Folder::new());
        assert_ne!(one.as_path(), other.as_path());
        let (gone, stays) = (one.path("a"), other.as_path());
        assert!(gone.is_file());
        drop(one);
        assert!(!gone.exists() && stays.is_dir());
    }

    #[test]
    fn a_folder_that_a_killed_test_left_is_nobody_elses() {
        let parent = Folder::new();
        let numbered = || Folder::numbered(parent.as_path(), &AtomicU32::new(0));
        let (left, new) = (numbered(), numbered());
        assert_ne!(left.as_path(), new.as_path());
    }
}
