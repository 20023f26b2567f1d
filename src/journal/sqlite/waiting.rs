//! Messages that wait or are in flight: in order of their turn, by thread, by end of their time.

use rusqlite::{Connection, Row, params};
use xabar_events::Priority;

use super::rows::{self, corrupt, message, message_columns, ordered};
use super::{subscribers, threads};
use crate::clock::UnixMillis;
use crate::journal::{Arrival, Cursor, JournalError, Message, OperatorId, Queue, ThreadKey};

/// Reads arrivals of the queue (?1, ?2) in a range of (due, id).
macro_rules! select_due {
    ($range:literal) => {
        concat!(
            "SELECT ",
            message_columns!(),
            ", t.attempted_time, t.attempted_id, t.waiting, s.submitted \
             FROM messages m INDEXED BY waiting_due \
             LEFT JOIN threads t ON t.key = m.thread \
             LEFT JOIN subscribers s ON s.msisdn = m.msisdn \
             WHERE m.phase = 0 AND m.operator = ?1 AND m.priority = ?2 AND ",
            $range,
            " ORDER BY m.due, m.id LIMIT ?3"
        )
    };
}
// SQLite seeks (due, id) > (a, b) by due alone, and would pass over all that are due at the
// same moment each time, which may be millions. So in two: the rest of that moment, and later.
const DUE_WITH_CURSOR: &str = select_due!("m.due = ?4 AND m.id > ?5");
const DUE_AFTER_CURSOR: &str = select_due!("m.due > ?4 AND m.due <= ?5");

/// Waiting messages of a queue that are due, in order of (due, id), after the cursor.
pub(super) fn due(
    db: &Connection,
    queue: Queue,
    after: Cursor,
    now: UnixMillis,
    limit: usize,
) -> Result<Vec<Arrival>, JournalError> {
    let mut found = Vec::new();
    let mut read = |sql, from: i64, to: i64, left: usize| -> Result<usize, JournalError> {
        let bounds = params![
            queue.operator.0,
            queue.priority.code(),
            rows::rows(left),
            from,
            to
        ];
        for arrival in db.prepare_cached(sql)?.query_and_then(bounds, arrival)? {
            found.push(arrival?);
        }
        Ok(limit.saturating_sub(found.len()))
    };
    let mut left = limit;
    if after.due <= now {
        left = read(DUE_WITH_CURSOR, after.due.0, ordered(after.id), left)?;
    }
    if left > 0 {
        read(DUE_AFTER_CURSOR, after.due.0, now.0, left)?;
    }
    Ok(found)
}

fn arrival(row: &Row<'_>) -> Result<Arrival, JournalError> {
    Ok(Arrival {
        message: message(row)?,
        thread: threads::read(row, rows::AFTER_MESSAGE)?,
        subscriber: subscribers::read(row, rows::AFTER_MESSAGE + 3)?,
    })
}

/// When the first message of a queue after the cursor is due.
pub(super) fn next_due(
    db: &Connection,
    queue: Queue,
    after: Cursor,
) -> Result<Option<UnixMillis>, JournalError> {
    let mut with_cursor = db.prepare_cached(DUE_WITH_CURSOR_EXISTS)?;
    let (operator, priority, due) = (queue.operator.0, queue.priority.code(), after.due.0);
    if with_cursor.exists(params![operator, priority, due, ordered(after.id)])? {
        return Ok(Some(after.due));
    }
    let mut next = db.prepare_cached(NEXT_DUE)?;
    let due: Option<i64> = next.query_row(params![operator, priority, due], |row| row.get(0))?;
    Ok(due.map(UnixMillis))
}

const DUE_WITH_CURSOR_EXISTS: &str = "SELECT 1 FROM messages INDEXED BY waiting_due \
     WHERE phase = 0 AND operator = ?1 AND priority = ?2 AND due = ?3 AND id > ?4";
const NEXT_DUE: &str = "SELECT min(due) FROM messages INDEXED BY waiting_due \
     WHERE phase = 0 AND operator = ?1 AND priority = ?2 AND due > ?3";

/// The queues in which something waits: one step in the index from each to the next.
pub(super) fn queues(db: &Connection) -> Result<Vec<Queue>, JournalError> {
    let mut next = db.prepare_cached(NEXT_QUEUE)?;
    let mut queues = Vec::new();
    let mut last = (-1, 0);
    loop {
        let mut found = next.query(last)?;
        let Some(row) = found.next()? else {
            return Ok(queues);
        };
        let priority = row.get(1)?;
        let queue = Queue {
            operator: OperatorId(row.get(0)?),
            priority: Priority::from_code(priority).ok_or(corrupt("a priority"))?,
        };
        last = (i64::from(queue.operator.0), i64::from(priority));
        queues.push(queue);
    }
}

const NEXT_QUEUE: &str = "SELECT operator, priority FROM messages INDEXED BY waiting_due \
     WHERE phase = 0 AND (operator, priority) > (?1, ?2) ORDER BY operator, priority LIMIT 1";

/// All messages of a thread that wait, oldest first.
pub(super) fn siblings(db: &Connection, thread: ThreadKey) -> Result<Vec<Message>, JournalError> {
    let mut siblings = db.prepare_cached(concat!(
        "SELECT ",
        message_columns!(),
        " FROM messages m INDEXED BY waiting_thread WHERE m.phase = 0 AND m.thread = ?1 ORDER BY m.id"
    ))?;
    siblings
        .query_and_then([thread.0.cast_signed()], message)?
        .collect()
}

/// Waiting messages whose time is over, soonest first.
pub(super) fn expired(
    db: &Connection,
    wall: UnixMillis,
    limit: usize,
) -> Result<Vec<Message>, JournalError> {
    let mut expired = db.prepare_cached(concat!(
        "SELECT ",
        message_columns!(),
        " FROM messages m INDEXED BY waiting_expires WHERE m.phase = 0 AND m.expires <= ?1 \
         ORDER BY m.expires, m.id LIMIT ?2"
    ))?;
    expired
        .query_and_then([wall.0, rows::rows(limit)], message)?
        .collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::scratch::Folder;
    use crate::journal::sqlite;

    /// A plan that passes over rows, or sorts them, grows with what waits.
    #[test]
    fn one_seek_finds_what_is_next() {
        let folder = Folder::new();
        let journal = sqlite::open(&folder.path("xabar.db")).unwrap();
        for (sql, seek) in [
            (
                DUE_WITH_CURSOR,
                "m USING INDEX waiting_due (operator=? AND priority=? AND due=? AND rowid>?)",
            ),
            (
                DUE_AFTER_CURSOR,
                "m USING INDEX waiting_due (operator=? AND priority=? AND due>? AND due<?)",
            ),
            (
                DUE_WITH_CURSOR_EXISTS,
                "waiting_due (operator=? AND priority=? AND due=? AND rowid>?)",
            ),
            (
                NEXT_DUE,
                "waiting_due (operator=? AND priority=? AND due>?)",
            ),
            (NEXT_QUEUE, "waiting_due ((operator,priority)>(?,?))"),
        ] {
            let mut explain = journal
                .db
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .unwrap();
            let plan: Vec<String> = explain
                .raw_query()
                .mapped(|row| row.get(3))
                .map(Result::unwrap)
                .collect();
            assert!(plan.iter().any(|step| step.ends_with(seek)), "{plan:#?}");
            assert!(
                !plan.iter().any(|step| step.contains("TEMP B-TREE")),
                "{plan:#?}"
            );
        }
    }
}
