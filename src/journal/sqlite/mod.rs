//! The journal in a SQLite file: one writer, any number of readers beside it.
//!
//! A commit is a transaction in a write-ahead log and is on the disk when it returns. Every
//! random-key tree that a message touches is a cost that grows with the journal, so there are
//! few: `schema.sql` says which, and why.

mod books;
mod commit;
mod connection;
mod errors;
mod facts;
mod forget;
mod keys;
mod lookup;
mod outbox;
#[cfg(test)]
mod property;
mod reader;
mod receipts;
mod rows;
mod schema;
mod subscribers;
#[cfg(test)]
mod tests;
mod threads;
mod waiting;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

pub use reader::SqliteReader;

use self::keys::Slots;
use super::lock::Lock;
use super::{
    Arrival, Ask, Awaiting, Changes, Cursor, Facts, HeldReceipt, Journal, JournalError, Message,
    MessageId, OperatorId, Queue, Reader, Start, ThreadKey,
};
use crate::clock::UnixMillis;

/// Opens the journal in this file for writing, and makes file and folder if they are missing.
pub fn open(path: &Path) -> Result<SqliteJournal, JournalError> {
    SqliteJournal::open(path).map_err(|error| errors::explain(error, path))
}

/// Opens the journal in this file for reading, beside a running gateway or without one.
pub fn open_reader(path: &Path) -> Result<SqliteReader, JournalError> {
    SqliteReader::open(path)
}

/// The one writer of a SQLite journal.
#[derive(Debug)]
pub struct SqliteJournal {
    db: Connection,
    path: PathBuf,
    slots: Slots,
    /// Dropped last: nobody else may come before the database is closed.
    _lock: Lock,
}

impl SqliteJournal {
    fn open(path: &Path) -> Result<Self, JournalError> {
        let path = settle(path)?;
        let lock = Lock::take(&path)?;
        let mut db = connection::writer(&path)?;
        schema::migrate(&mut db)?;
        let seed: i64 = db.query_row("SELECT seed FROM marks", [], |row| row.get(0))?;
        Ok(Self {
            db,
            path,
            slots: Slots::new(seed.cast_unsigned()),
            _lock: lock,
        })
    }

    /// One look at the database, all of it at the same moment.
    fn read<T>(
        &mut self,
        read: impl FnOnce(&Connection) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        look(&mut self.db, read).map_err(|error| errors::explain(error, &self.path))
    }

    /// Makes all that is written durable, or nothing of it.
    fn write<T>(
        &mut self,
        write: impl FnOnce(&Connection) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        transact(&mut self.db, write).map_err(|error| errors::explain(error, &self.path))
    }
}

impl Journal for SqliteJournal {
    fn start(&mut self) -> Result<Start, JournalError> {
        self.read(start)
    }

    fn operator(&mut self, name: &str) -> Result<OperatorId, JournalError> {
        self.write(|db| operator(db, name))
    }

    fn facts(&mut self, asks: &[Ask<'_>]) -> Result<Vec<Facts>, JournalError> {
        let slots = self.slots;
        self.read(|db| facts::facts(db, slots, asks))
    }

    fn due(
        &mut self,
        queue: Queue,
        after: Cursor,
        now: UnixMillis,
        limit: usize,
    ) -> Result<Vec<Arrival>, JournalError> {
        self.read(|db| waiting::due(db, queue, after, now, limit))
    }

    fn next_due(
        &mut self,
        queue: Queue,
        after: Cursor,
    ) -> Result<Option<UnixMillis>, JournalError> {
        self.read(|db| waiting::next_due(db, queue, after))
    }

    fn queues(&mut self) -> Result<Vec<Queue>, JournalError> {
        self.read(waiting::queues)
    }

    fn siblings(&mut self, thread: ThreadKey) -> Result<Vec<Message>, JournalError> {
        self.read(|db| waiting::siblings(db, thread))
    }

    fn expired(&mut self, wall: UnixMillis, limit: usize) -> Result<Vec<Message>, JournalError> {
        self.read(|db| waiting::expired(db, wall, limit))
    }

    fn in_flight(&mut self) -> Result<Vec<Message>, JournalError> {
        self.read(waiting::in_flight)
    }

    fn awaiting(
        &mut self,
        operator: OperatorId,
        smsc_ids: &[&str],
    ) -> Result<Vec<(Awaiting, Message)>, JournalError> {
        self.read(|db| receipts::awaiting(db, operator, smsc_ids))
    }

    fn held(
        &mut self,
        operator: OperatorId,
        smsc_ids: &[&str],
    ) -> Result<Vec<(u64, HeldReceipt)>, JournalError> {
        self.read(|db| receipts::held(db, operator, smsc_ids))
    }

    fn unreceipted(
        &mut self,
        before: UnixMillis,
        limit: usize,
    ) -> Result<Vec<Message>, JournalError> {
        self.read(|db| receipts::unreceipted(db, before, limit))
    }

    fn message(&mut self, id: MessageId) -> Result<Option<Message>, JournalError> {
        self.read(|db| rows::message_by_id(db, id))
    }

    fn commit(&mut self, changes: &Changes) -> Result<(), JournalError> {
        let slots = self.slots;
        self.write(|db| commit::write(db, slots, changes))
    }

    fn forget(&mut self, settled_before: UnixMillis, limit: usize) -> Result<usize, JournalError> {
        let slots = self.slots;
        self.write(|db| forget::forget(db, slots, settled_before, limit))
    }

    fn reader(&self) -> Result<Box<dyn Reader>, JournalError> {
        Ok(Box::new(open_reader(&self.path)?))
    }
}

/// Makes the folder, and finds the one name of a file that has several: its lock goes by it.
fn settle(path: &Path) -> Result<PathBuf, JournalError> {
    let unusable = |source| JournalError::Io {
        path: path.into(),
        source,
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(unusable)?;
    if path.exists() {
        return path.canonicalize().map_err(unusable);
    }
    let name = path
        .file_name()
        .ok_or_else(|| unusable(std::io::ErrorKind::InvalidFilename.into()))?;
    Ok(folder.canonicalize().map_err(unusable)?.join(name))
}

/// Several queries on one state of the database; cheaper too than a lock for each.
fn look<T>(
    db: &mut Connection,
    read: impl FnOnce(&Connection) -> Result<T, JournalError>,
) -> Result<T, JournalError> {
    let look = db.transaction()?;
    let found = read(&look)?;
    look.commit()?;
    Ok(found)
}

fn transact<T>(
    db: &mut Connection,
    write: impl FnOnce(&Connection) -> Result<T, JournalError>,
) -> Result<T, JournalError> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let written = write(&transaction)?;
    transaction.commit()?;
    Ok(written)
}

fn start(db: &Connection) -> Result<Start, JournalError> {
    let mut marks = db.prepare_cached(
        "SELECT last_message, last_outgoing, last_held, (SELECT count(*) FROM held), latest FROM marks",
    )?;
    let mut found = marks.query([])?;
    let row = found.next()?.ok_or(rows::corrupt("marks"))?;
    Ok(Start {
        last_message: rows::number(row, 0)?,
        last_outgoing: rows::number(row, 1)?,
        last_held: rows::number(row, 2)?,
        held: rows::number(row, 3)?,
        latest: UnixMillis(row.get(4)?),
    })
}

fn operator(db: &Connection, name: &str) -> Result<OperatorId, JournalError> {
    let mut known = db.prepare_cached("SELECT id FROM operators WHERE name = ?1")?;
    if let Some(id) = known.query_row([name], |row| row.get(0)).optional()? {
        return Ok(OperatorId(id));
    }
    let next: i64 = db.query_row(
        "SELECT coalesce(max(id), 0) + 1 FROM operators",
        [],
        |row| row.get(0),
    )?;
    let id = u16::try_from(next).map_err(|_| JournalError::Refused {
        what: "more operators than 65,535",
    })?;
    db.execute(
        "INSERT INTO operators (id, name) VALUES (?1, ?2)",
        params![id, name],
    )?;
    Ok(OperatorId(id))
}
