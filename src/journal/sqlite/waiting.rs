//! Messages that wait or are in flight: in order of their turn, by end of their time, by phase. What the
//! tables say of a recent message is out of date.

use rusqlite::{Connection, Params, params};

use super::corrupt;
use super::recent::Recent;
use super::rows::{by_id, id, message, ordered};
use crate::clock::UnixMillis;
use crate::journal::{
    AgencyKey, Cursor, JournalError, Lane, Message, OperatorId, Phase, Queue, SubmittedPlace,
};

/// Reads messages of the queue (?1, ?2, ?3) in a range of (due, id).
macro_rules! select_due {
    ($range:literal) => {
        concat!(
            "SELECT m.id, m.origin, m.progress FROM messages m INDEXED BY waiting_due \
             WHERE m.phase = 0 AND m.operator = ?1 AND m.priority = ?2 AND m.agency = ?3 AND ",
            $range,
            " ORDER BY m.due, m.id"
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
    recent: &Recent,
    queue: Queue,
    after: Cursor,
    now: UnixMillis,
    limit: usize,
) -> Result<Vec<Message>, JournalError> {
    let Queue {
        operator: OperatorId(operator),
        lane,
        agency: AgencyKey(agency),
    } = queue;
    let lane = lane.code();
    let mut found = Vec::new();
    if after.due <= now {
        let with_cursor = params![operator, lane, agency, after.due.0, ordered(after.id)];
        take(db, DUE_WITH_CURSOR, with_cursor, recent, limit, &mut found)?;
        let after_cursor = params![operator, lane, agency, after.due.0, now.0];
        take(
            db,
            DUE_AFTER_CURSOR,
            after_cursor,
            recent,
            limit,
            &mut found,
        )?;
    }
    let queued = recent.queued(queue, after);
    let due = queued.take_while(|message| message.due <= now);
    for message in due.take(limit) {
        found.push(message.message()?);
    }
    found.sort_by_key(Message::cursor);
    found.truncate(limit);
    Ok(found)
}

/// Reads rows that are up to date until there are so many.
fn take(
    db: &Connection,
    sql: &str,
    params: impl Params,
    recent: &Recent,
    limit: usize,
    found: &mut Vec<Message>,
) -> Result<(), JournalError> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    while found.len() < limit
        && let Some(row) = rows.next()?
    {
        if !recent.has(id(row)?) {
            found.push(message(row)?);
        }
    }
    Ok(())
}

/// When the first message of a queue after the cursor is due.
pub(super) fn next_due(
    db: &Connection,
    recent: &Recent,
    queue: Queue,
    after: Cursor,
) -> Result<Option<UnixMillis>, JournalError> {
    let first = due(db, recent, queue, after, UnixMillis::NEVER, 1)?;
    Ok(first.first().map(|message| message.progress.due))
}

/// The queues in which something waits: one step in the index from each to the next.
pub(super) fn queues(db: &Connection, recent: &Recent) -> Result<Vec<Queue>, JournalError> {
    let mut next = db.prepare_cached(NEXT_QUEUE)?;
    let mut queues = recent.queues();
    let mut last = (-1, 0, 0);
    loop {
        let mut found = next.query(last)?;
        let Some(row) = found.next()? else { break };
        let lane = row.get(1)?;
        let queue = Queue {
            operator: OperatorId(row.get(0)?),
            lane: Lane::from_code(lane).ok_or(corrupt("a lane"))?,
            agency: AgencyKey(row.get(2)?),
        };
        last = (
            i64::from(queue.operator.0),
            i64::from(lane),
            i64::from(queue.agency.0),
        );
        drop(found);
        if next_due(db, recent, queue, Cursor::default())?.is_some() {
            queues.insert(queue);
        }
    }
    Ok(queues.into_iter().collect())
}

const NEXT_QUEUE: &str = "SELECT operator, priority, agency FROM messages INDEXED BY waiting_due \
     WHERE phase = 0 AND (operator, priority, agency) > (?1, ?2, ?3) ORDER BY operator, priority, agency LIMIT 1";

/// Waiting messages whose time is over, soonest first.
pub(super) fn expired(
    db: &Connection,
    recent: &mut Recent,
    wall: UnixMillis,
    limit: usize,
) -> Result<Vec<Message>, JournalError> {
    let mut found = Vec::new();
    let mut statement = db.prepare_cached(EXPIRED)?;
    let mut rows = statement.query([wall.0])?;
    while found.len() < limit
        && let Some(row) = rows.next()?
    {
        let id = id(row)?;
        if !recent.has(id) {
            found.extend(by_id(db, id)?.map(|(message, _)| message));
        }
    }
    if recent.any_expires_by(wall) {
        let mut expired =
            recent.select(|message, _| message.phase == Phase::Waiting && message.expires <= wall);
        expired.sort_by_key(|message| (message.expires, message.id));
        for message in expired.into_iter().take(limit) {
            found.push(message.message()?);
        }
    }
    found.sort_by_key(|message| (message.expires, message.id));
    found.truncate(limit);
    Ok(found)
}

// The index alone: while little changes, many rows here are of recent messages, and each would be read for nothing.
const EXPIRED: &str = "SELECT id FROM messages INDEXED BY waiting_expires \
     WHERE phase = 0 AND expires <= ?1 ORDER BY expires, id";

/// Messages with an attempt that has no result, oldest first.
pub(super) fn in_flight(db: &Connection, recent: &Recent) -> Result<Vec<Message>, JournalError> {
    let mut found = Vec::new();
    take(db, IN_FLIGHT, [], recent, usize::MAX, &mut found)?;
    for message in recent.select(|message, _| message.phase == Phase::InFlight) {
        found.push(message.message()?);
    }
    found.sort_by_key(|message| message.id);
    Ok(found)
}

const IN_FLIGHT: &str = "SELECT id, origin, progress FROM messages INDEXED BY in_flight \
     WHERE phase = 1 ORDER BY id";

// In two for the same reason as those that are due, and of the index alone as those that expire.
const UNRECEIPTED_WITH: &str = "SELECT id, since FROM messages INDEXED BY submitted \
     WHERE phase = 2 AND since = ?1 AND id > ?2 ORDER BY id";
const UNRECEIPTED_AFTER: &str = "SELECT id, since FROM messages INDEXED BY submitted \
     WHERE phase = 2 AND since > ?1 AND since <= ?2 ORDER BY since, id";

/// Messages submitted at or before this time whose receipts are awaited, oldest first, after the place.
pub(super) fn unreceipted(
    db: &Connection,
    recent: &mut Recent,
    after: SubmittedPlace,
    before: UnixMillis,
    limit: usize,
) -> Result<Vec<(SubmittedPlace, Message)>, JournalError> {
    let mut found = Vec::new();
    if after.since <= before {
        let with_place = params![after.since.0, ordered(after.id.0)];
        let after_place = params![after.since.0, before.0];
        for (sql, params) in [
            (UNRECEIPTED_WITH, with_place),
            (UNRECEIPTED_AFTER, after_place),
        ] {
            let mut statement = db.prepare_cached(sql)?;
            let mut rows = statement.query(params)?;
            while found.len() < limit
                && let Some(row) = rows.next()?
            {
                let id = id(row)?;
                if !recent.has(id) {
                    let since = UnixMillis(row.get(1)?);
                    let message = by_id(db, id)?.map(|(message, _)| message);
                    found.extend(message.map(|it| (SubmittedPlace { since, id }, it)));
                }
            }
        }
    }
    if recent.any_submitted_by(before) {
        take_awaited(recent, after, before, limit, &mut found)?;
    }
    found.sort_by_key(|(place, _)| *place);
    found.truncate(limit);
    Ok(found)
}

/// Those of the recent ones.
fn take_awaited(
    recent: &Recent,
    after: SubmittedPlace,
    before: UnixMillis,
    limit: usize,
    found: &mut Vec<(SubmittedPlace, Message)>,
) -> Result<(), JournalError> {
    let place = |id, since| SubmittedPlace { since, id };
    let awaited = recent.select(|message, since| {
        message.phase == Phase::Submitted && since <= before && place(message.id, since) > after
    });
    let mut awaited: Vec<_> = awaited
        .into_iter()
        .filter_map(|message| Some((message, recent.standing(message.id)?.since)))
        .collect();
    awaited.sort_by_key(|(message, since)| place(message.id, *since));
    for (message, since) in awaited.into_iter().take(limit) {
        found.push((place(message.id, since), message.message()?));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::sqlite;
    use crate::scratch::Folder;

    /// A plan that passes over rows, or sorts them, grows with what waits.
    #[test]
    fn one_seek_finds_what_is_next() {
        let folder = Folder::new();
        let journal = sqlite::open(&folder.path("xabar.db")).unwrap();
        for (sql, seek) in [
            (
                DUE_WITH_CURSOR,
                "m USING INDEX waiting_due (operator=? AND priority=? AND agency=? AND due=? AND rowid>?)",
            ),
            (
                DUE_AFTER_CURSOR,
                "m USING INDEX waiting_due (operator=? AND priority=? AND agency=? AND due>? AND due<?)",
            ),
            (
                NEXT_QUEUE,
                "waiting_due ((operator,priority,agency)>(?,?,?))",
            ),
            (EXPIRED, "COVERING INDEX waiting_expires (expires<?)"),
            (
                UNRECEIPTED_WITH,
                "COVERING INDEX submitted (since=? AND rowid>?)",
            ),
            (
                UNRECEIPTED_AFTER,
                "COVERING INDEX submitted (since>? AND since<?)",
            ),
            (IN_FLIGHT, "in_flight (phase=?)"),
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
