//! What is kept of each thread, as long as the journal holds one of its messages.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};

use super::rows::{number, ordered};
use crate::clock::UnixMillis;
use crate::journal::{JournalError, MessageId, ThreadFacts, ThreadKey, ThreadOrder};

/// What one commit changes of the threads, so that each row is written once.
#[derive(Default)]
pub(super) struct ThreadChanges(BTreeMap<u64, Change>);

#[derive(Default)]
struct Change {
    facts: Option<ThreadFacts>,
    messages: u32,
}

impl ThreadChanges {
    pub(super) fn add_message(&mut self, key: ThreadKey) {
        self.0.entry(key.0).or_default().messages += 1;
    }

    pub(super) fn set(&mut self, key: ThreadKey, facts: ThreadFacts) {
        self.0.entry(key.0).or_default().facts = Some(facts);
    }

    pub(super) fn write(&self, db: &Connection) -> Result<(), JournalError> {
        for (key, change) in &self.0 {
            match change.facts {
                Some(facts) => write(db, *key, facts, change.messages)?,
                None => count(db, *key, change.messages)?,
            }
        }
        Ok(())
    }
}

fn write(db: &Connection, key: u64, facts: ThreadFacts, messages: u32) -> Result<(), JournalError> {
    let mut write = db.prepare_cached(
        "INSERT INTO threads (key, attempted_time, attempted_id, waiting, messages) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT DO UPDATE SET attempted_time = ?2, attempted_id = ?3, waiting = ?4, messages = messages + ?5",
    )?;
    let time = facts.attempted.map(|order| order.time.0);
    let id = facts.attempted.map(|order| ordered(order.id.0));
    write.execute(params![
        key.cast_signed(),
        time,
        id,
        facts.waiting,
        messages
    ])?;
    if facts == ThreadFacts::default() {
        drop_unused(db, key)
    } else {
        Ok(())
    }
}

fn count(db: &Connection, key: u64, messages: u32) -> Result<(), JournalError> {
    let mut count = db.prepare_cached(
        "INSERT INTO threads (key, messages) VALUES (?1, ?2) \
         ON CONFLICT DO UPDATE SET messages = messages + ?2",
    )?;
    count.execute(params![key.cast_signed(), messages])?;
    Ok(())
}

/// Drops a row that says nothing and that no message needs.
fn drop_unused(db: &Connection, key: u64) -> Result<(), JournalError> {
    let mut drop_unused =
        db.prepare_cached("DELETE FROM threads WHERE key = ?1 AND messages <= 0")?;
    drop_unused.execute([key.cast_signed()])?;
    Ok(())
}

/// Takes note that a message of the thread is forgotten; with the last one goes the thread.
pub(super) fn forget_message(db: &Connection, key: ThreadKey) -> Result<(), JournalError> {
    let mut forget =
        db.prepare_cached("UPDATE threads SET messages = messages - 1 WHERE key = ?1")?;
    forget.execute([key.0.cast_signed()])?;
    drop_unused(db, key.0)
}

/// What is kept of a thread; the default if nothing is.
pub(super) fn facts(db: &Connection, key: ThreadKey) -> Result<ThreadFacts, JournalError> {
    let mut facts = db.prepare_cached(
        "SELECT attempted_time, attempted_id, waiting FROM threads WHERE key = ?1",
    )?;
    let found = facts
        .query_and_then([key.0.cast_signed()], |row| read(row, 0))?
        .next();
    Ok(found.transpose()?.unwrap_or_default())
}

/// Reads facts from three columns, which are null where the thread has no row.
pub(super) fn read(row: &Row<'_>, from: usize) -> Result<ThreadFacts, JournalError> {
    let attempted = match row.get(from)? {
        Some(time) => Some(ThreadOrder {
            time: UnixMillis(time),
            id: MessageId(number(row, from + 1)?),
        }),
        None => None,
    };
    Ok(ThreadFacts {
        attempted,
        waiting: row.get::<_, Option<u32>>(from + 2)?.unwrap_or(0),
    })
}
