//! What an error of SQLite means to the caller.

use std::path::Path;

use rusqlite::{Error, ErrorCode, ffi};

use crate::journal::JournalError;

/// Tells a full disk and a damaged file from other refusals of the database.
pub(super) fn explain(error: JournalError, path: &Path) -> JournalError {
    let JournalError::Database(cause) = error else {
        return error;
    };
    match &cause {
        Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DiskFull => JournalError::Full(path.into()),
            ErrorCode::SystemIoFailure if not_written(failure.extended_code) => {
                JournalError::Full(path.into())
            }
            ErrorCode::DatabaseCorrupt => JournalError::Corrupt {
                what: "damaged pages",
            },
            ErrorCode::NotADatabase => JournalError::Corrupt {
                what: "a file of another kind",
            },
            ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly => {
                JournalError::Io {
                    path: path.into(),
                    source: std::io::Error::other(cause),
                }
            }
            _ => JournalError::Database(cause),
        },
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::Utf8Error(..) => JournalError::Corrupt {
            what: "a value of another kind",
        },
        _ => JournalError::Database(cause),
    }
}

/// Whether the system would not write: a quota or a full disk, by other names than `SQLITE_FULL`.
fn not_written(extended_code: i32) -> bool {
    matches!(
        extended_code,
        ffi::SQLITE_IOERR_WRITE
            | ffi::SQLITE_IOERR_FSYNC
            | ffi::SQLITE_IOERR_DIR_FSYNC
            | ffi::SQLITE_IOERR_TRUNCATE
            | ffi::SQLITE_IOERR_SHMOPEN
            | ffi::SQLITE_IOERR_SHMSIZE
            | ffi::SQLITE_IOERR_SHMMAP
    )
}
