//! Reads beside the writer, from this process or another.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};
use xabar_events::Msisdn;

use super::{
    books, choices, clock, connection, errors, every, lookup, outbox, receipts, schema,
    subscribers, traffic,
};
use crate::clock::{UnixMillis, WallTimes};
use crate::journal::{
    Awaiting, Backlog, Books, Choices, HeldReceipt, JournalError, Message, MessageId, OperatorId,
    Outgoing, Question, Reader, SubscriberFacts,
};

/// A read-only way into a SQLite journal, whether or not a gateway runs on it.
#[derive(Debug)]
pub struct SqliteReader {
    pub(super) db: Connection,
    path: PathBuf,
}

impl SqliteReader {
    /// Opens a journal that is there already.
    pub(super) fn open(path: &Path) -> Result<Self, JournalError> {
        let open = || {
            let db = connection::reader(path)?;
            schema::expect_current(&db)?;
            Ok(db)
        };
        let db = open().map_err(|error| errors::explain(error, path))?;
        Ok(Self {
            db,
            path: path.into(),
        })
    }

    /// One look at the database, all of it at the same moment.
    fn read<T>(
        &mut self,
        read: impl FnOnce(&Connection) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        super::look(&mut self.db, read).map_err(|error| errors::explain(error, &self.path))
    }
}

impl Reader for SqliteReader {
    fn outbox(&mut self, after: u64, limit: usize) -> Result<Vec<Outgoing>, JournalError> {
        self.read(|db| outbox::read(db, after.max(outbox::published(db)?), limit))
    }

    fn message(&mut self, id: MessageId) -> Result<Option<Message>, JournalError> {
        self.read(|db| lookup::message(db, id))
    }

    fn find(&mut self, question: &Question, limit: usize) -> Result<Vec<Message>, JournalError> {
        self.read(|db| lookup::find(db, question, limit))
    }

    fn books(&mut self) -> Result<Vec<Books>, JournalError> {
        self.read(|db| books::read(db, None))
    }

    fn balance(
        &mut self,
        day: Option<i64>,
        each: &mut dyn FnMut(Message),
    ) -> Result<Vec<Books>, JournalError> {
        self.read(|db| {
            every::read(db, MessageId(0), |message| {
                each(message);
                ControlFlow::Continue(())
            })?;
            books::read(db, day)
        })
    }

    fn traffic(
        &mut self,
        since: UnixMillis,
        most: u64,
        each: &mut dyn FnMut(Message) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        self.read(|db| traffic::read(db, since, most, each))
    }

    fn wall_times(&mut self) -> Result<WallTimes, JournalError> {
        self.read(clock::read)
    }

    fn last_message(&mut self) -> Result<u64, JournalError> {
        self.read(|db| Ok(super::start(db)?.last_message))
    }

    fn accepted_as(
        &mut self,
        questions: &[(OperatorId, Vec<String>)],
    ) -> Result<Vec<Option<Awaiting>>, JournalError> {
        self.read(|db| receipts::accepted_as(db, questions))
    }

    fn choices(&mut self, msisdn: Msisdn) -> Result<Choices, JournalError> {
        self.read(|db| choices::read(db, msisdn))
    }

    fn submitted_to(&mut self, msisdn: Msisdn) -> Result<SubscriberFacts, JournalError> {
        self.read(|db| subscribers::read(db, msisdn))
    }

    fn held_of(
        &mut self,
        msisdn: Msisdn,
        last_digits: u32,
    ) -> Result<Vec<HeldReceipt>, JournalError> {
        let held = self.read(|db| receipts::held_of(db, msisdn, last_digits))?;
        Ok(held.into_iter().map(|(_, receipt)| receipt).collect())
    }

    fn backlog(&mut self) -> Result<Backlog, JournalError> {
        self.read(books::backlog)
    }

    fn operator_name(&mut self, id: OperatorId) -> Result<Option<String>, JournalError> {
        self.read(|db| {
            let mut name = db.prepare_cached("SELECT name FROM operators WHERE id = ?1")?;
            Ok(name.query_row([id.0], |row| row.get(0)).optional()?)
        })
    }
}
