//! Event keys: which events were accepted before, and which were withdrawn before they came.
//!
//! A key is kept as a 64-bit hash with the id of its message, which holds the full key. When
//! two keys have the same hash the later one takes the next free slot, so none is lost.

use rusqlite::{Connection, OptionalExtension, Row, params};
use xabar_events::EventKey;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::rows::{key, number, ordered, text};
use crate::clock::UnixMillis;
use crate::journal::{JournalError, MessageId};

/// Where the search for a key begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots {
    pub(super) seed: u64,
    /// Another function in tests, to make collisions.
    pub(super) hash: fn(&[u8], u64) -> u64,
}

impl Slots {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            hash: xxh3_64_with_seed,
        }
    }

    fn first(self, key: &EventKey) -> i64 {
        let (agency, id) = (key.agency.name(), key.id.as_str());
        let mut octets = Vec::with_capacity(agency.len() + 1 + id.len());
        octets.extend_from_slice(agency.as_bytes());
        octets.push(0);
        octets.extend_from_slice(id.as_bytes());
        (self.hash)(&octets, self.seed).cast_signed()
    }
}

/// The message that this event became.
pub(super) fn find(
    db: &Connection,
    slots: Slots,
    key: &EventKey,
) -> Result<Option<MessageId>, JournalError> {
    let mut occupant = db.prepare_cached(
        "SELECT k.message, m.agency, m.event FROM keys k JOIN messages m ON m.id = k.message WHERE k.hash = ?1",
    )?;
    let mut slot = slots.first(key);
    loop {
        let mut found = occupant.query([slot])?;
        let Some(row) = found.next()? else {
            return Ok(None);
        };
        if is(row, key)? {
            return Ok(Some(MessageId(number(row, 0)?)));
        }
        slot = slot.wrapping_add(1);
    }
}

fn is(row: &Row<'_>, key: &EventKey) -> Result<bool, JournalError> {
    Ok(text(row, 2)? == key.id.as_str() && text(row, 1)? == key.agency.name())
}

/// Remembers which message an event became. Messages before it must be written already.
pub(super) fn insert(
    db: &Connection,
    slots: Slots,
    key: &EventKey,
    id: MessageId,
) -> Result<(), JournalError> {
    let mut insert = db.prepare_cached(
        "INSERT INTO keys (hash, message) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    )?;
    let mut slot = slots.first(key);
    if insert.execute(params![slot, ordered(id.0)])? == 1 {
        return Ok(());
    }
    if find(db, slots, key)?.is_some() {
        return Err(JournalError::Refused {
            what: "an event that it holds already",
        });
    }
    loop {
        slot = slot.wrapping_add(1);
        if insert.execute(params![slot, ordered(id.0)])? == 1 {
            return Ok(());
        }
    }
}

/// Forgets an event. Its message must still be there.
pub(super) fn remove(
    db: &Connection,
    slots: Slots,
    key: &EventKey,
    id: MessageId,
) -> Result<(), JournalError> {
    let mut slot = slots.first(key);
    loop {
        match message_in(db, slot)? {
            Some(message) if message == id => break,
            Some(_) => slot = slot.wrapping_add(1),
            None => return Ok(()),
        }
    }
    empty(db, slot)?;
    close_gap(db, slots, slot)
}

/// Moves up what stands behind an emptied slot, since a search ends at the first empty one.
fn close_gap(db: &Connection, slots: Slots, mut slot: i64) -> Result<(), JournalError> {
    loop {
        slot = slot.wrapping_add(1);
        let Some(message) = message_in(db, slot)? else {
            return Ok(());
        };
        let key = key_of(db, message)?;
        empty(db, slot)?;
        insert(db, slots, &key, message)?;
    }
}

fn message_in(db: &Connection, slot: i64) -> Result<Option<MessageId>, JournalError> {
    let mut message = db.prepare_cached("SELECT message FROM keys WHERE hash = ?1")?;
    message
        .query_and_then([slot], |row| number(row, 0).map(MessageId))?
        .next()
        .transpose()
}

fn empty(db: &Connection, slot: i64) -> Result<(), JournalError> {
    db.prepare_cached("DELETE FROM keys WHERE hash = ?1")?
        .execute([slot])?;
    Ok(())
}

fn key_of(db: &Connection, id: MessageId) -> Result<EventKey, JournalError> {
    let mut columns = db.prepare_cached("SELECT agency, event FROM messages WHERE id = ?1")?;
    let found = columns
        .query_and_then([ordered(id.0)], |row| key(row, 0, 1))?
        .next()
        .transpose()?;
    found.ok_or(JournalError::Corrupt {
        what: "a key without its message",
    })
}

/// Remembers that an event was withdrawn before it came.
pub(super) fn cancel(db: &Connection, key: &EventKey, at: UnixMillis) -> Result<(), JournalError> {
    let mut cancel = db.prepare_cached(
        "INSERT OR REPLACE INTO cancelled (agency, event, at) VALUES (?1, ?2, ?3)",
    )?;
    cancel.execute(params![key.agency.name(), key.id.as_str(), at.0])?;
    Ok(())
}

/// Whether an event was withdrawn before it came.
pub(super) fn is_cancelled(db: &Connection, key: &EventKey) -> Result<bool, JournalError> {
    let mut cancelled =
        db.prepare_cached("SELECT 1 FROM cancelled WHERE agency = ?1 AND event = ?2")?;
    Ok(cancelled.exists([key.agency.name(), key.id.as_str()])?)
}

/// Whether any event was, which is seldom.
pub(super) fn any_cancelled(db: &Connection) -> Result<bool, JournalError> {
    Ok(db
        .prepare_cached("SELECT 1 FROM cancelled LIMIT 1")?
        .query_row([], |_| Ok(()))
        .optional()?
        .is_some())
}

/// Forgets some that were withdrawn at or before this time.
pub(super) fn forget_cancelled(
    db: &Connection,
    before: UnixMillis,
    limit: i64,
) -> Result<(), JournalError> {
    let mut forget = db.prepare_cached(
        "DELETE FROM cancelled WHERE (agency, event) IN \
         (SELECT agency, event FROM cancelled WHERE at <= ?1 ORDER BY at LIMIT ?2)",
    )?;
    forget.execute(params![before.0, limit])?;
    Ok(())
}
