//! Lets one gateway at a time work on a journal.
//!
//! The lock stands on a file beside the database, since SQLite's own exclusive mode would keep
//! readers such as `xabar trace` out. The system drops it with the process, however that ends;
//! the file itself stays, for to remove it while another waits for it would let two in.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::JournalError;

/// The right to write to a journal, until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of this database, or says who holds it.
    pub(super) fn take(database: &Path) -> Result<Self, JournalError> {
        let path = lock_path(database);
        let unusable = |source| JournalError::Io {
            path: path.clone(),
            source,
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(unusable)?;
        match lock_soon(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(JournalError::InUse {
                    path: database.into(),
                    holder: holder(&mut file),
                });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        sign(&mut file).map_err(unusable)?;
        Ok(Self { _file: file })
    }
}

/// A process that was just killed holds its lock for a moment longer.
fn lock_soon(file: &File) -> Result<(), TryLockError> {
    for _ in 0..10 {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(100)),
            done => return done,
        }
    }
    file.try_lock()
}

fn lock_path(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    path.into()
}

/// Writes who holds the lock; since when is the file's own time.
fn sign(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "process {} on {}", std::process::id(), host())
}

fn host() -> String {
    let name =
        std::fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| std::env::var("HOSTNAME"));
    name.map_or_else(|_| "this host".into(), |name| name.trim().into())
}

/// Who signed the file, and when. A system whose locks keep readers out leaves only a guess.
fn holder(file: &mut File) -> String {
    let mut signature = String::new();
    let read = file
        .take(MAX_SIGNATURE_OCTETS)
        .read_to_string(&mut signature);
    let who = match signature.trim() {
        "" => "another process",
        _ if read.is_err() => "another process",
        name => name,
    };
    let since = file
        .metadata()
        .and_then(|metadata| metadata.modified())
        .ok()
        .and_then(|time| jiff::Timestamp::try_from(time).ok());
    match since {
        Some(since) => format!("{who} since {since:.0}"),
        None => who.into(),
    }
}

const MAX_SIGNATURE_OCTETS: u64 = 512;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Folder;

    #[test]
    fn the_second_is_told_who_holds_it() {
        let folder = Folder::new();
        let database = folder.path("xabar.db");
        let first = Lock::take(&database).unwrap();
        let error = Lock::take(&database).unwrap_err();
        let JournalError::InUse { path, holder } = &error else {
            panic!("{error}")
        };
        assert_eq!(path, &database);
        assert!(
            holder.starts_with(&format!("process {} on ", std::process::id())),
            "{holder}"
        );
        assert!(holder.contains(" since 2"), "{holder}");
        drop(first);
        Lock::take(&database).unwrap();
    }

    #[test]
    fn a_file_left_by_a_dead_process_is_no_lock() {
        let folder = Folder::new();
        let database = folder.path("xabar.db");
        let left = "process 4711 on a-host-with-a-rather-long-name.example\n";
        std::fs::write(lock_path(&database), left).unwrap();
        let _lock = Lock::take(&database).unwrap();
        let signed = std::fs::read_to_string(lock_path(&database)).unwrap();
        assert!(
            !signed.contains("a-rather-long-name") && signed.lines().count() == 1,
            "{signed}"
        );
    }
}
