//! Forgets what is over: messages with all that hangs on them, and withdrawn keys.

use std::collections::BTreeSet;

use rusqlite::{Connection, Row, params};
use xabar_events::EventKey;

use super::keys::{self, Slots};
use super::rows::{self, number, ordered};
use super::{lookup, outbox, receipts, threads};
use crate::clock::UnixMillis;
use crate::journal::{JournalError, MessageId, ThreadKey};

/// Forgets some messages settled at or before this time of which all is published, in the order of their ids; says how many.
pub(super) fn forget(
    db: &Connection,
    slots: Slots,
    settled_before: UnixMillis,
    limit: usize,
) -> Result<usize, JournalError> {
    keys::forget_cancelled(db, settled_before, rows::rows(limit))?;
    receipts::forget_held(db, settled_before, rows::rows(limit))?;
    let settled = settled(db, settled_before.min(outbox::told_by(db)?), limit)?;
    for message in &settled {
        keys::remove(db, slots, &message.key, message.id)?;
        threads::forget_message(db, message.thread)?;
        receipts::await_no_more(db, message.id)?;
        db.prepare_cached("DELETE FROM messages WHERE id = ?1")?
            .execute([ordered(message.id.0)])?;
    }
    let blocks: BTreeSet<i64> = settled
        .iter()
        .map(|message| lookup::block(message.id))
        .collect();
    for block in blocks {
        lookup::forget_block(db, block)?;
    }
    Ok(settled.len())
}

struct Settled {
    id: MessageId,
    key: EventKey,
    thread: ThreadKey,
}

fn settled(
    db: &Connection,
    before: UnixMillis,
    limit: usize,
) -> Result<Vec<Settled>, JournalError> {
    let mut oldest = db.prepare_cached(
        "SELECT id, agency, event, thread FROM messages INDEXED BY settled \
         WHERE phase = 3 AND settled_at <= ?1 ORDER BY settled_at, id LIMIT ?2",
    )?;
    let read = |row: &Row<'_>| -> Result<Settled, JournalError> {
        Ok(Settled {
            id: MessageId(number(row, 0)?),
            key: rows::key(row, 1, 2)?,
            thread: ThreadKey(row.get::<_, i64>(3)?.cast_unsigned()),
        })
    };
    let mut settled: Vec<Settled> = oldest
        .query_and_then(params![before.0, rows::rows(limit)], read)?
        .collect::<Result<_, JournalError>>()?;
    settled.sort_unstable_by_key(|message| message.id);
    Ok(settled)
}
