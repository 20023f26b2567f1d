//! Messages as rows of a table, and back.

use rusqlite::{Connection, Row, params};

use super::packed::Packed;
use super::stored::from_octets;
use super::{archive, corrupt};
use crate::clock::UnixMillis;
use crate::journal::{JournalError, Message, MessageId};

/// Reads a row of `id`, `origin`, `progress`.
pub(super) fn message(row: &Row<'_>) -> Result<Message, JournalError> {
    let octets = |column| {
        row.get_ref(column)?
            .as_blob()
            .map_err(|_| corrupt("a message"))
    };
    let origin = from_octets(octets(1)?, "a message")?;
    let progress = from_octets(octets(2)?, "a message's progress")?;
    Ok(Message::new(origin, progress))
}

/// The id in the first column.
pub(super) fn id(row: &Row<'_>) -> Result<MessageId, JournalError> {
    number(row, 0).map(MessageId)
}

/// One message by its id, with the time when it entered its phase; from the archive if it has no row.
pub(super) fn by_id(
    db: &Connection,
    id: MessageId,
) -> Result<Option<(Message, UnixMillis)>, JournalError> {
    let mut found =
        db.prepare_cached("SELECT id, origin, progress, since FROM messages WHERE id = ?1")?;
    let mut rows = found.query([ordered(id.0)])?;
    match rows.next()? {
        Some(row) => Ok(Some((message(row)?, UnixMillis(row.get(3)?)))),
        None => archive::find(db, id),
    }
}

/// Whether a message has a row of its own.
pub(super) fn has(db: &Connection, id: MessageId) -> Result<bool, JournalError> {
    let mut has = db.prepare_cached("SELECT 1 FROM messages WHERE id = ?1")?;
    Ok(has.exists([ordered(id.0)])?)
}

/// Writes a message as it stands, in a phase that it entered then.
pub(super) fn write(
    db: &Connection,
    message: &Packed,
    since: UnixMillis,
) -> Result<(), JournalError> {
    // Not `OR REPLACE`: that would keep a copy of every page in case it has to be undone.
    let mut insert = db.prepare_cached(
        "INSERT OR IGNORE INTO messages (id, phase, operator, priority, agency, due, expires, since, origin, progress) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    let inserted = insert.execute(params![
        ordered(message.id.0),
        message.phase as u8,
        message.operator.0,
        message.lane.code(),
        message.agency.0,
        message.due.0,
        message.expires.0,
        since.0,
        &message.origin[..],
        &message.progress[..],
    ])?;
    if inserted == 0 {
        update(db, message, since)?;
    }
    Ok(())
}

fn update(db: &Connection, message: &Packed, since: UnixMillis) -> Result<(), JournalError> {
    let mut update = db.prepare_cached(
        "UPDATE messages SET phase = ?2, operator = ?3, due = ?4, since = ?5, progress = ?6 WHERE id = ?1",
    )?;
    update.execute(params![
        ordered(message.id.0),
        message.phase as u8,
        message.operator.0,
        message.due.0,
        since.0,
        &message.progress[..],
    ])?;
    Ok(())
}

/// The first message that is written out.
pub(super) fn oldest(db: &Connection) -> Result<Option<MessageId>, JournalError> {
    let mut oldest = db.prepare_cached("SELECT min(id) FROM messages")?;
    let oldest: Option<i64> = oldest.query_row([], |row| row.get(0))?;
    let oldest = oldest.map(|id| MessageId(id.cast_unsigned()));
    Ok(oldest.into_iter().chain(archive::oldest(db)?).min())
}

/// A column's text, without a copy.
pub(super) fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str, JournalError> {
    row.get_ref(column)?.as_str().map_err(|_| corrupt("a text"))
}

/// A column that holds an id or another number never below zero.
pub(super) fn number(row: &Row<'_>, column: usize) -> Result<u64, JournalError> {
    row.get::<_, i64>(column)?
        .try_into()
        .map_err(|_| corrupt("a number below zero"))
}

/// A number as SQLite orders it. What exceeds its range stays the largest.
pub(super) fn ordered(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A limit as SQLite takes it.
pub(super) fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
