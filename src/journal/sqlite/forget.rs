//! Forgets what is over: messages and withdrawn keys. What the indexes have of them goes with their merges.

use rusqlite::{Connection, params};

use super::memory::Memory;
use super::packed::Packed;
use super::rows::{self, ordered};
use super::{archive, keys, log};
use crate::clock::UnixMillis;
use crate::journal::{JournalError, MessageId, Phase};

/// Forgets some messages settled at or before this time, oldest first; says how many.
pub(super) fn forget(
    db: &Connection,
    memory: &mut Memory,
    settled_before: UnixMillis,
    limit: usize,
) -> Result<usize, JournalError> {
    keys::forget_cancelled(db, settled_before, rows::rows(limit))?;
    write_out_old(db, memory, settled_before, limit)?;
    let archived = archive::forget(db, &memory.recent, settled_before, limit)?;
    let settled = settled(db, settled_before, limit - archived)?;
    let mut forget = db.prepare_cached("DELETE FROM messages WHERE id = ?1")?;
    for id in &settled {
        forget.execute([ordered(id.0)])?;
    }
    Ok(archived + settled.len())
}

/// Writes out what the log says of what was settled at or before this time. Seldom: so old, and still in the log, is only
/// what an idle gateway has, or what changed after all. The log would bring it back.
pub(super) fn write_out_old(
    db: &Connection,
    memory: &mut Memory,
    settled_before: UnixMillis,
    limit: usize,
) -> Result<(), JournalError> {
    let old = |message: &Packed, since| message.phase == Phase::Settled && since <= settled_before;
    let changed_since = |id: &MessageId| memory.recent.has(*id);
    if log::begins_by(db, settled_before)?
        || memory.recent.any(old)
        || settled(db, settled_before, limit)?
            .iter()
            .any(changed_since)
    {
        memory.write_out_all(db)?;
    }
    Ok(())
}

fn settled(
    db: &Connection,
    before: UnixMillis,
    limit: usize,
) -> Result<Vec<MessageId>, JournalError> {
    let mut settled = db.prepare_cached(
        "SELECT id FROM messages INDEXED BY settled WHERE phase = 3 AND since <= ?1 \
         ORDER BY since, id LIMIT ?2",
    )?;
    settled
        .query_and_then(params![before.0, rows::rows(limit)], rows::id)?
        .collect()
}
