//! The journal in a SQLite file: one writer, any number of readers beside it.
//!
//! A commit is a transaction in a write-ahead log and is on the disk when it returns. What it changes is
//! one row of the table `log`, and stands in memory; later, sorted and all at once, it is written out into
//! the tables where it stays. So a message costs little at first, is written once when it is settled as
//! soon as most are, and what is found under keys in random order costs no more when there are millions.
//!
//! A message comes by here: `commit` → `log` and `memory` (`recent`, `index`) → `upkeep` → `archive` or `rows` →
//! `forget`.

mod archive;
mod books;
mod by_id;
mod choices;
mod clock;
mod commit;
mod connection;
mod dealt;
mod erase;
mod errors;
mod every;
mod forget;
mod held_ids;
mod index;
mod keys;
mod log;
mod lookup;
mod memory;
mod outbox;
mod packed;
#[cfg(test)]
mod property;
mod purge;
mod reader;
mod receipts;
mod recent;
mod rows;
mod schema;
mod stored;
mod submitted;
mod subscribers;
#[cfg(test)]
mod tests;
mod threads;
mod traffic;
mod upkeep;
mod used;
mod waiting;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};
use xabar_events::Msisdn;

pub use reader::SqliteReader;

use self::keys::KeyHash;
use self::memory::Memory;
use self::upkeep::Pace;
use super::lock::Lock;
use super::{
    AgencyKey, Arrival, Ask, Awaiting, Changes, Choices, Cursor, Dealt, Erased, Facts, HeldReceipt,
    Journal, JournalError, Meant, Message, MessageId, OperatorId, Queue, Reader, SpreadKey, Start,
    SubmittedPlace, ThreadKey, Used,
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
    memory: Memory,
    pace: Pace,
    /// Dropped last: nobody else may come before the database is closed.
    _lock: Lock,
}

impl SqliteJournal {
    fn open(path: &Path) -> Result<Self, JournalError> {
        Self::open_with(path, u64::MAX)
    }

    /// With fewer bits of hashes in tests, to make collisions.
    fn open_with(path: &Path, hash_mask: u64) -> Result<Self, JournalError> {
        let path = settle(path)?;
        let lock = Lock::take(&path)?;
        connection::make_private(&path)?;
        let mut db = connection::writer(&path)?;
        schema::migrate(&mut db)?;
        let seed: i64 = db.query_row("SELECT seed FROM marks", [], |row| row.get(0))?;
        Ok(Self {
            memory: Memory::load(&db, KeyHash::new(seed.cast_unsigned(), hash_mask))?,
            db,
            path,
            pace: Pace::default(),
            _lock: lock,
        })
    }

    /// Looks at the database. The next commit ends the transaction that begins here: nobody else writes, so what
    /// was read holds until then, and a transaction for each look would cost more than the look.
    fn read<T>(
        &mut self,
        read: impl FnOnce(&Connection, &mut Memory) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        let read = begin(&self.db).and_then(|()| read(&self.db, &mut self.memory));
        read.map_err(|error| errors::explain(error, &self.path))
    }

    /// Makes all that is written durable, or nothing of it.
    fn write<T>(
        &mut self,
        write: impl FnOnce(&Connection, &mut Memory) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        self.try_to_write(write).map_err(|error| {
            // A refused commit leaves nothing, neither in the file nor in memory.
            match self.undo() {
                Ok(()) => errors::explain(error, &self.path),
                Err(worse) => errors::explain(worse, &self.path),
            }
        })
    }

    /// Writes, and overwrites with zeros the pages that become free.
    fn wipe<T>(
        &mut self,
        write: impl FnOnce(&Connection, &mut Memory) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        connection::set_wiping(&self.db, true)?;
        let written = self.write(write);
        connection::set_wiping(&self.db, false)?;
        written
    }

    fn try_to_write<T>(
        &mut self,
        write: impl FnOnce(&Connection, &mut Memory) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        begin(&self.db)?;
        let written = write(&self.db, &mut self.memory)?;
        self.db.execute_batch("COMMIT")?;
        Ok(written)
    }

    fn undo(&mut self) -> Result<(), JournalError> {
        if !self.db.is_autocommit() {
            self.db.execute_batch("ROLLBACK")?;
        }
        self.memory = Memory::load(&self.db, self.memory.hash)?;
        Ok(())
    }
}

impl Journal for SqliteJournal {
    fn start(&mut self) -> Result<Start, JournalError> {
        self.read(|db, _| start(db))
    }

    fn operator(&mut self, name: &str) -> Result<OperatorId, JournalError> {
        self.write(|db, _| operator(db, name))
    }

    fn used(&mut self) -> Result<BTreeMap<AgencyKey, Used>, JournalError> {
        self.read(|db, _| used::read(db))
    }

    fn dealt(&mut self) -> Result<BTreeMap<SpreadKey, Dealt>, JournalError> {
        self.read(|db, _| dealt::read(db))
    }

    fn facts(&mut self, asks: &[Ask<'_>]) -> Result<Vec<Facts>, JournalError> {
        self.read(|db, memory| memory.facts(db, asks))
    }

    fn due(
        &mut self,
        queue: Queue,
        after: Cursor,
        now: UnixMillis,
        limit: usize,
    ) -> Result<Vec<Arrival>, JournalError> {
        self.read(|db, memory| memory.due(db, queue, after, now, limit))
    }

    fn next_due(
        &mut self,
        queue: Queue,
        after: Cursor,
    ) -> Result<Option<UnixMillis>, JournalError> {
        self.read(|db, memory| waiting::next_due(db, &memory.recent, queue, after))
    }

    fn queues(&mut self) -> Result<Vec<Queue>, JournalError> {
        self.read(|db, memory| waiting::queues(db, &memory.recent))
    }

    fn siblings(&mut self, thread: ThreadKey) -> Result<Vec<Message>, JournalError> {
        self.read(|db, memory| memory.siblings(db, thread))
    }

    fn expired(&mut self, wall: UnixMillis, limit: usize) -> Result<Vec<Message>, JournalError> {
        self.read(|db, memory| waiting::expired(db, &mut memory.recent, wall, limit))
    }

    fn in_flight(&mut self) -> Result<Vec<Message>, JournalError> {
        self.read(|db, memory| waiting::in_flight(db, &memory.recent))
    }

    fn uncertain(&mut self) -> Result<u64, JournalError> {
        self.read(|db, _| {
            let count: u32 = db.query_row("SELECT uncertain FROM marks", [], |row| row.get(0))?;
            Ok(count.into())
        })
    }

    fn awaiting(
        &mut self,
        operator: OperatorId,
        smsc_ids: &[&str],
        meant: &Meant<'_>,
    ) -> Result<Vec<(Awaiting, Message)>, JournalError> {
        self.read(|db, memory| memory.awaiting(db, operator, smsc_ids, meant))
    }

    fn held(
        &mut self,
        operator: OperatorId,
        smsc_ids: &[&str],
    ) -> Result<Vec<(u64, HeldReceipt)>, JournalError> {
        let ids = &self.memory.held_ids;
        if !smsc_ids.iter().any(|id| ids.may_have(operator, id)) {
            return Ok(Vec::new());
        }
        self.read(|db, _| receipts::held(db, operator, smsc_ids))
    }

    fn held_for(
        &mut self,
        operator: OperatorId,
        last_digits: u32,
    ) -> Result<Vec<(u64, HeldReceipt)>, JournalError> {
        self.read(|db, _| receipts::held_for(db, operator, last_digits))
    }

    fn unreceipted(
        &mut self,
        after: SubmittedPlace,
        before: UnixMillis,
        limit: usize,
    ) -> Result<Vec<(SubmittedPlace, Message)>, JournalError> {
        self.read(|db, memory| waiting::unreceipted(db, &mut memory.recent, after, before, limit))
    }

    fn message(&mut self, id: MessageId) -> Result<Option<Message>, JournalError> {
        self.read(|db, memory| memory.message(db, id))
    }

    fn choices(&mut self, msisdn: Msisdn) -> Result<Choices, JournalError> {
        if !self.memory.choosers.may_have(msisdn) {
            return Ok(Choices::default());
        }
        self.read(|db, _| choices::read(db, msisdn))
    }

    fn newest_to(&mut self, msisdn: Msisdn, limit: usize) -> Result<Vec<Message>, JournalError> {
        self.read(|db, memory| memory.newest_to(db, msisdn, limit))
    }

    fn commit(&mut self, changes: &mut Changes) -> Result<(), JournalError> {
        if changes.is_empty() {
            return self.write(|_, memory| {
                memory.forget_asked();
                Ok(())
            });
        }
        let pace = self.pace;
        let written = self.write(|db, memory| commit::write(db, memory, changes, pace))?;
        self.memory.take_changes(changes, written);
        Ok(())
    }

    fn erase(&mut self, msisdn: Msisdn, last_digits: u32) -> Result<Erased, JournalError> {
        self.wipe(|db, memory| erase::erase(db, memory, msisdn, last_digits))
    }

    fn purge(&mut self, settled_before: UnixMillis, limit: usize) -> Result<bool, JournalError> {
        self.wipe(|db, memory| purge::purge(db, memory, settled_before, limit))
    }

    fn forget(&mut self, settled_before: UnixMillis, limit: usize) -> Result<usize, JournalError> {
        self.wipe(|db, memory| forget::forget(db, memory, settled_before, limit))
    }

    fn forget_held(&mut self, before: UnixMillis, limit: usize) -> Result<usize, JournalError> {
        self.write(|db, memory| {
            receipts::forget_held(db, &mut memory.held_ids, before, rows::rows(limit))
        })
    }

    fn reader(&self) -> Result<Box<dyn Reader>, JournalError> {
        Ok(Box::new(open_reader(&self.path)?))
    }
}

/// Begins a transaction, unless one is under way.
fn begin(db: &Connection) -> Result<(), JournalError> {
    if db.is_autocommit() {
        db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    }
    Ok(())
}

fn corrupt(what: &'static str) -> JournalError {
    JournalError::Corrupt { what }
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

fn start(db: &Connection) -> Result<Start, JournalError> {
    let mut marks = db.prepare_cached(
        "SELECT last_message, last_outgoing, last_held, (SELECT count(*) FROM held), latest, judged_by, \
         (SELECT ahead FROM clock ORDER BY since DESC LIMIT 1) FROM marks",
    )?;
    let mut found = marks.query([])?;
    let row = found.next()?.ok_or(corrupt("marks"))?;
    Ok(Start {
        last_message: rows::number(row, 0)?,
        last_outgoing: rows::number(row, 1)?,
        last_held: rows::number(row, 2)?,
        held: rows::number(row, 3)?,
        latest: UnixMillis(row.get(4)?),
        judged_by: row.get(5)?,
        ahead: row.get(6)?,
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
