//! Messages as rows of a table, and back.

use rusqlite::{Connection, Row, params};

use super::corrupt;
use super::stored::{from_octets, to_octets};
use crate::clock::UnixMillis;
use crate::journal::{JournalError, Message, MessageId};

/// Reads a row of `id`, `origin`, `progress`.
pub(super) fn message(row: &Row<'_>) -> Result<Message, JournalError> {
    let octets = |column| row.get_ref(column)?.as_blob().map_err(|_| corrupt("a message"));
    let origin = from_octets(octets(1)?, "a message")?;
    let progress = from_octets(octets(2)?, "a message's progress")?;
    Ok(Message::new(origin, progress))
}

/// The id in the first column.
pub(super) fn id(row: &Row<'_>) -> Result<MessageId, JournalError> {
    number(row, 0).map(MessageId)
}

/// One message by its id.
pub(super) fn by_id(db: &Connection, id: MessageId) -> Result<Option<Message>, JournalError> {
    let mut found =
        db.prepare_cached("SELECT id, origin, progress FROM messages WHERE id = ?1")?;
    let mut rows = found.query([ordered(id.0)])?;
    rows.next()?.map(message).transpose()
}

/// Writes a message as it stands, in a phase that it entered then.
pub(super) fn write(
    db: &Connection,
    message: &Message,
    since: UnixMillis,
) -> Result<(), JournalError> {
    // Not `OR REPLACE`: that would keep a copy of every page in case it has to be undone.
    let mut insert = db.prepare_cached(
        "INSERT OR IGNORE INTO messages (id, phase, operator, priority, due, expires, since, origin, progress) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    let progress = &message.progress;
    let inserted = insert.execute(params![
        ordered(message.id.0),
        progress.phase as u8,
        progress.operator.0,
        message.priority.code(),
        progress.due.0,
        message.expires.0,
        since.0,
        to_octets(message.origin()),
        to_octets(progress),
    ])?;
    if inserted == 0 {
        update(db, message, since)?;
    }
    Ok(())
}

fn update(db: &Connection, message: &Message, since: UnixMillis) -> Result<(), JournalError> {
    let progress = &message.progress;
    let mut update = db.prepare_cached(
        "UPDATE messages SET phase = ?2, operator = ?3, due = ?4, since = ?5, progress = ?6 WHERE id = ?1",
    )?;
    update.execute(params![
        ordered(message.id.0),
        progress.phase as u8,
        progress.operator.0,
        progress.due.0,
        since.0,
        to_octets(progress),
    ])?;
    Ok(())
}

/// When a message that has a row entered its phase.
pub(super) fn since(db: &Connection, id: MessageId) -> Result<Option<UnixMillis>, JournalError> {
    let mut since = db.prepare_cached("SELECT since FROM messages WHERE id = ?1")?;
    let mut rows = since.query([ordered(id.0)])?;
    Ok(rows.next()?.map(|row| row.get(0)).transpose()?.map(UnixMillis))
}

/// The first message that has a row.
pub(super) fn oldest(db: &Connection) -> Result<Option<MessageId>, JournalError> {
    let mut oldest = db.prepare_cached("SELECT min(id) FROM messages")?;
    let oldest: Option<i64> = oldest.query_row([], |row| row.get(0))?;
    Ok(oldest.map(|id| MessageId(id.cast_unsigned())))
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
