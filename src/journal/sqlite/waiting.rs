//! Messages that wait or are in flight: in order of their turn, by thread, by end of their time.

use rusqlite::{Connection, Row, params};
use xabar_events::Priority;

use super::rows::{self, corrupt, message, message_columns, ordered, record, record_columns};
use super::{subscribers, threads};
use crate::clock::UnixMillis;
use crate::journal::{Arrival, Cursor, JournalError, Message, OperatorId, Queue, Record, ThreadKey};

/// Waiting messages of a queue that are due, in order of (due, id), after the cursor.
pub(super) fn due(
    db: &Connection,
    queue: Queue,
    after: Cursor,
    now: UnixMillis,
    limit: usize,
) -> Result<Vec<Arrival>, JournalError> {
    let mut due = db.prepare_cached(concat!(
        "SELECT ",
        message_columns!(),
        ", t.attempted_time, t.attempted_id, t.waiting, s.submitted \
         FROM messages m INDEXED BY waiting_due \
         LEFT JOIN threads t ON t.key = m.thread \
         LEFT JOIN subscribers s ON s.msisdn = m.msisdn \
         WHERE m.phase = 0 AND m.operator = ?1 AND m.priority = ?2 AND (m.due, m.id) > (?3, ?4) AND m.due <= ?5 \
         ORDER BY m.due, m.id LIMIT ?6"
    ))?;
    let (operator, priority) = (queue.operator.0, queue.priority.code());
    let bounds = params![operator, priority, after.due.0, ordered(after.id), now.0, rows::rows(limit)];
    due.query_and_then(bounds, arrival)?.collect()
}

fn arrival(row: &Row<'_>) -> Result<Arrival, JournalError> {
    Ok(Arrival {
        message: message(row)?,
        thread: threads::read(row, rows::AFTER_MESSAGE)?,
        subscriber: subscribers::read(row, rows::AFTER_MESSAGE + 3)?,
    })
}

/// When the first message of a queue after the cursor is due.
pub(super) fn next_due(db: &Connection, queue: Queue, after: Cursor) -> Result<Option<UnixMillis>, JournalError> {
    let mut next = db.prepare_cached(
        "SELECT due FROM messages INDEXED BY waiting_due \
         WHERE phase = 0 AND operator = ?1 AND priority = ?2 AND (due, id) > (?3, ?4) ORDER BY due, id LIMIT 1",
    )?;
    let bounds = params![queue.operator.0, queue.priority.code(), after.due.0, ordered(after.id)];
    next.query_and_then(bounds, |row| Ok(UnixMillis(row.get(0)?)))?.next().transpose()
}

/// The queues in which something waits: one step in the index from each to the next.
pub(super) fn queues(db: &Connection) -> Result<Vec<Queue>, JournalError> {
    let mut next = db.prepare_cached(
        "SELECT operator, priority FROM messages INDEXED BY waiting_due \
         WHERE phase = 0 AND (operator, priority) > (?1, ?2) ORDER BY operator, priority LIMIT 1",
    )?;
    let mut queues = Vec::new();
    let mut last = (-1, 0);
    loop {
        let mut found = next.query(last)?;
        let Some(row) = found.next()? else { return Ok(queues) };
        let priority = row.get(1)?;
        let queue = Queue {
            operator: OperatorId(row.get(0)?),
            priority: Priority::from_code(priority).ok_or(corrupt("a priority"))?,
        };
        last = (i64::from(queue.operator.0), i64::from(priority));
        queues.push(queue);
    }
}

/// All messages of a thread that wait, oldest first.
pub(super) fn siblings(db: &Connection, thread: ThreadKey) -> Result<Vec<Message>, JournalError> {
    let mut siblings = db.prepare_cached(concat!(
        "SELECT ",
        message_columns!(),
        " FROM messages m INDEXED BY waiting_thread WHERE m.phase = 0 AND m.thread = ?1 ORDER BY m.id"
    ))?;
    siblings.query_and_then([thread.0.cast_signed()], message)?.collect()
}

/// Waiting messages whose time is over, soonest first.
pub(super) fn expired(db: &Connection, wall: UnixMillis, limit: usize) -> Result<Vec<Record>, JournalError> {
    let mut expired = db.prepare_cached(concat!(
        "SELECT ",
        record_columns!(),
        " FROM messages m INDEXED BY waiting_expires WHERE m.phase = 0 AND m.expires <= ?1 \
         ORDER BY m.expires, m.id LIMIT ?2"
    ))?;
    expired.query_and_then([wall.0, rows::rows(limit)], record)?.collect()
}

/// Messages with an attempt that has no result, oldest first.
pub(super) fn in_flight(db: &Connection) -> Result<Vec<Message>, JournalError> {
    let mut in_flight = db.prepare_cached(concat!(
        "SELECT ",
        message_columns!(),
        " FROM messages m INDEXED BY in_flight WHERE m.phase = 1 ORDER BY m.id"
    ))?;
    in_flight.query_and_then([], message)?.collect()
}
