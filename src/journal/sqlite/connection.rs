//! Opens the database, for the one writer and for readers beside it.

use std::fs::{OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::journal::JournalError;

/// Opens the database for writing, and makes it if it is missing.
pub(super) fn writer(path: &Path) -> Result<Connection, JournalError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = open(path, flags)?;
    // Matters to a new file only, and there before anything else.
    db.pragma_update(None, "page_size", PAGE_OCTETS)?;
    let mode: String = db.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        let source = std::io::Error::other("its file system allows no write-ahead log");
        return Err(JournalError::Io {
            path: path.into(),
            source,
        });
    }
    db.pragma_update(None, "synchronous", "full")?;
    db.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    db.pragma_update(None, "journal_size_limit", WAL_OCTETS_KEPT)?;
    db.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    set_wiping(&db, false)?;
    Ok(db)
}

/// Leaves the database to its owner alone, for it holds numbers and texts. What stands beside it SQLite makes with the same rights.
pub(super) fn make_private(path: &Path) -> Result<(), JournalError> {
    let restrict = |path: &Path| match std::fs::metadata(path) {
        Ok(file) if file.permissions().mode() & OTHERS != 0 => {
            std::fs::set_permissions(path, Permissions::from_mode(PRIVATE))
        }
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    let make = || {
        OpenOptions::new()
            .append(true)
            .create(true)
            .mode(PRIVATE)
            .open(path)?;
        ["", "-wal", "-shm"].into_iter().try_for_each(|suffix| {
            let mut beside = path.as_os_str().to_owned();
            beside.push(suffix);
            restrict(Path::new(&beside))
        })
    };
    make().map_err(|source| JournalError::Io {
        path: path.into(),
        source,
    })
}

const PRIVATE: u32 = 0o600;
/// The rights of all but the owner.
const OTHERS: u32 = 0o077;

/// Whether what is deleted is overwritten with zeros wherever it stood, or only in pages that are written anyway: all the
/// log's pages, free again after each chapter, would be written twice, and the next chapter overwrites them soon.
pub(super) fn set_wiping(db: &Connection, wiping: bool) -> Result<(), JournalError> {
    let mode = if wiping { "on" } else { "fast" };
    db.pragma_update_and_check(None, "secure_delete", mode, |_| Ok(()))?;
    Ok(())
}

/// Opens the database for reading beside a writer, in this process or another, or alone.
pub(super) fn reader(path: &Path) -> Result<Connection, JournalError> {
    if !path.exists() {
        return Err(JournalError::missing(path));
    }
    let db = open(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    db.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    Ok(db)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, JournalError> {
    let db = Connection::open_with_flags(path, flags)?;
    // Readers never wait for the writer in WAL mode, nor it for them; only whoever repairs
    // the log after a crash makes the others wait.
    db.busy_timeout(Duration::from_secs(5))?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    // Else some statements are planned anew for each value that is bound to them.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(db)
}

/// With 4096 a message cost a quarter more CPU at 128,000 rows, 500 a commit.
const PAGE_OCTETS: u32 = 8192;
/// 32 MiB of log: pages that many commits change are copied back once for all of them.
const CHECKPOINT_PAGES: u32 = 4000;
/// What a slow reader made the log grow beyond this is given back to the disk.
const WAL_OCTETS_KEPT: u32 = 64 << 20;
const WRITER_CACHE_KIB: i32 = 4 << 10;
const READER_CACHE_KIB: i32 = 1 << 10;
/// More than there are different ones.
const STATEMENTS: usize = 100;
