//! Settled messages, some to a row: hardly any is asked for again, and a row for each would cost more than all
//! else that is written of it.
//!
//! A row holds messages with neighbouring ids, and no two rows overlap. A message that has a row of its own
//! too is what that says.

use std::ops::ControlFlow;

use rusqlite::{Connection, Row, params};

use super::corrupt;
use super::packed::Packed;
use super::recent::Recent;
use super::rows::{self, ordered};
use super::stored::{self, Stored, from_octets, to_octets};
use crate::clock::UnixMillis;
use crate::journal::{JournalError, Message, MessageId};

/// Messages on their way into a row, in the order of their ids.
#[derive(Debug, Default)]
pub(super) struct Block {
    first: Option<MessageId>,
    last: Option<MessageId>,
    /// When the first of them was settled.
    since: UnixMillis,
    octets: Vec<u8>,
}

/// A message of a row, in its octets.
struct Entry<'a> {
    id: MessageId,
    since: UnixMillis,
    body: &'a [u8],
}

/// So that a row fits a page.
const BLOCK_OCTETS: usize = 6000;

impl Block {
    /// Adds a message that was settled then; writes the row if it is full.
    pub(super) fn add(
        &mut self,
        db: &Connection,
        message: &Packed,
        since: UnixMillis,
    ) -> Result<(), JournalError> {
        let parts = [&message.origin[..], &message.progress[..]];
        self.push(message.id, since, &parts);
        if self.octets.len() >= BLOCK_OCTETS {
            self.write(db)?;
        }
        Ok(())
    }

    fn push(&mut self, id: MessageId, since: UnixMillis, body: &[&[u8]]) {
        id.write(&mut self.octets);
        since.write(&mut self.octets);
        stored::len(body.iter().map(|part| part.len()).sum(), &mut self.octets);
        body.iter()
            .for_each(|part| self.octets.extend_from_slice(part));
        self.since = match self.first {
            Some(_) => self.since.min(since),
            None => since,
        };
        self.first.get_or_insert(id);
        self.last = Some(id);
    }

    fn push_veiled(&mut self, entry: &Entry<'_>) -> Result<(), JournalError> {
        let message = entry.message()?.veiled();
        let parts = [to_octets(&**message.origin()), to_octets(&message.progress)];
        let parts = parts.each_ref().map(|it| &it[..]);
        self.push(entry.id, entry.since, &parts);
        Ok(())
    }

    /// Writes what there is as a row.
    pub(super) fn write(&mut self, db: &Connection) -> Result<(), JournalError> {
        if let (Some(first), Some(last)) = (self.first.take(), self.last.take()) {
            let mut insert = db.prepare_cached(
                "INSERT INTO archive (first, last, since, entries) VALUES (?1, ?2, ?3, ?4)",
            )?;
            let (first, last) = (ordered(first.0), ordered(last.0));
            insert.execute(params![first, last, self.since.0, self.octets])?;
            self.octets.clear();
        }
        Ok(())
    }
}

/// One message, with the time when it was settled.
pub(super) fn find(
    db: &Connection,
    id: MessageId,
) -> Result<Option<(Message, UnixMillis)>, JournalError> {
    let mut around = db.prepare_cached(
        "SELECT last, entries FROM archive WHERE first <= ?1 ORDER BY first DESC LIMIT 1",
    )?;
    let mut rows = around.query([ordered(id.0)])?;
    let mut found = None;
    if let Some(row) = rows.next()?
        && row.get::<_, i64>(0)? >= ordered(id.0)
    {
        each(row, |entry| {
            if entry.id == id {
                found = Some((entry.message()?, entry.since));
            }
            Ok(())
        })?;
    }
    Ok(found)
}

/// Shows messages from this id on in the order of their ids, row by row, until it is enough.
pub(super) fn read(
    db: &Connection,
    from: MessageId,
    mut message: impl FnMut(Message) -> Result<ControlFlow<()>, JournalError>,
) -> Result<(), JournalError> {
    let mut all = db.prepare_cached(
        "SELECT first, entries FROM archive \
         WHERE first >= ifnull((SELECT max(first) FROM archive WHERE first <= ?1), 0) ORDER BY first",
    )?;
    let mut rows = all.query([ordered(from.0)])?;
    let mut enough = ControlFlow::Continue(());
    while enough.is_continue()
        && let Some(row) = rows.next()?
    {
        each(row, |entry| {
            if entry.id >= from && enough.is_continue() {
                enough = message(entry.message()?)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// The first id of all.
pub(super) fn oldest(db: &Connection) -> Result<Option<MessageId>, JournalError> {
    let mut oldest = db.prepare_cached("SELECT min(first) FROM archive")?;
    let oldest: Option<i64> = oldest.query_row([], |row| row.get(0))?;
    Ok(oldest.map(|id| MessageId(id.cast_unsigned())))
}

/// Forgets some that were settled at or before this time; says how many. Those that have a row do not count.
pub(super) fn forget(
    db: &Connection,
    recent: &Recent,
    before: UnixMillis,
    limit: usize,
) -> Result<usize, JournalError> {
    let mut old = db.prepare_cached(
        "SELECT first, entries FROM archive WHERE since <= ?1 ORDER BY since LIMIT ?2",
    )?;
    let mut found = old.query(params![before.0, rows::rows(limit)])?;
    let mut forgotten = 0;
    let mut rest = Vec::new();
    while forgotten < limit
        && let Some(row) = found.next()?
    {
        let mut kept = Block::default();
        each(row, |entry| {
            // What the log says of it may need what stands here until it has a row.
            let goes = entry.since <= before && forgotten < limit && !recent.has(entry.id);
            if rows::has(db, entry.id)? {
                return Ok(());
            }
            if goes {
                forgotten += 1;
            } else {
                kept.push(entry.id, entry.since, &[entry.body]);
            }
            Ok(())
        })?;
        rest.push((row.get::<_, i64>(0)?, kept));
    }
    drop(found);
    for (first, mut kept) in rest {
        db.prepare_cached("DELETE FROM archive WHERE first = ?1")?
            .execute([first])?;
        kept.write(db)?;
    }
    Ok(forgotten)
}

/// Shows the messages in the rows of which the first was settled after the one time and not after the other, as far as
/// they were settled by then.
pub(super) fn settled_within(
    db: &Connection,
    after: UnixMillis,
    until: UnixMillis,
    mut found: impl FnMut(MessageId),
) -> Result<(), JournalError> {
    let mut within = db.prepare_cached(WITHIN)?;
    let mut rows = within.query(params![after.0, until.0])?;
    while let Some(row) = rows.next()? {
        each(row, |entry| {
            if entry.since <= until {
                found(entry.id);
            }
            Ok(())
        })?;
    }
    Ok(())
}

const WITHIN: &str =
    "SELECT first, entries, since FROM archive WHERE since > ?1 AND since <= ?2 ORDER BY since";

/// Veils those messages. A row with others stands under the time of the first of these from then on.
pub(super) fn veil(
    db: &Connection,
    after: UnixMillis,
    until: UnixMillis,
) -> Result<(), JournalError> {
    let mut within = db.prepare_cached(WITHIN)?;
    let mut rows = within.query(params![after.0, until.0])?;
    let mut veiled = Vec::new();
    while let Some(row) = rows.next()? {
        let mut block = Block::default();
        let mut first_left = None;
        each(row, |entry| {
            if entry.since <= until {
                block.push_veiled(&entry)?;
            } else {
                let first = first_left.get_or_insert(entry.since);
                *first = entry.since.min(*first);
                block.push(entry.id, entry.since, &[entry.body]);
            }
            Ok(())
        })?;
        let since = first_left.unwrap_or(UnixMillis(row.get(2)?));
        veiled.push((row.get::<_, i64>(0)?, since, block.octets));
    }
    drop(rows);
    let mut update =
        db.prepare_cached("UPDATE archive SET since = ?2, entries = ?3 WHERE first = ?1")?;
    for (first, since, octets) in veiled {
        update.execute(params![first, since.0, octets])?;
    }
    Ok(())
}

/// Veils one message, if it stands here.
pub(super) fn veil_one(db: &Connection, id: MessageId) -> Result<(), JournalError> {
    let mut around = db.prepare_cached(
        "SELECT first, entries FROM archive WHERE first <= ?1 ORDER BY first DESC LIMIT 1",
    )?;
    let mut block = Block::default();
    let mut rows = around.query([ordered(id.0)])?;
    let Some(row) = rows.next()? else {
        return Ok(());
    };
    let first: i64 = row.get(0)?;
    each(row, |entry| match entry.id == id {
        true => block.push_veiled(&entry),
        false => {
            block.push(entry.id, entry.since, &[entry.body]);
            Ok(())
        }
    })?;
    drop(rows);
    db.prepare_cached("UPDATE archive SET entries = ?2 WHERE first = ?1")?
        .execute(params![first, block.octets])?;
    Ok(())
}

fn each(
    row: &Row<'_>,
    mut entry: impl FnMut(Entry<'_>) -> Result<(), JournalError>,
) -> Result<(), JournalError> {
    let mut octets = row.get_ref(1)?.as_blob().map_err(|_| damaged())?;
    while !octets.is_empty() {
        entry(Entry::read(&mut octets).ok_or_else(damaged)?)?;
    }
    Ok(())
}

impl<'a> Entry<'a> {
    fn read(octets: &mut &'a [u8]) -> Option<Self> {
        let (id, since) = (Stored::read(octets)?, Stored::read(octets)?);
        let len = stored::read_len(octets)?;
        let body = octets.split_off(..len)?;
        Some(Self { id, since, body })
    }

    fn message(&self) -> Result<Message, JournalError> {
        let (origin, progress) = from_octets(self.body, "an archived message")?;
        Ok(Message::new(origin, progress))
    }
}

fn damaged() -> JournalError {
    corrupt("an archive")
}
