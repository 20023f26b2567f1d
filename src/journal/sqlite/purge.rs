//! Drops what tells whose messages were and what they said, once they are settled for long enough. They stay known
//! by their keys until they are forgotten.
//!
//! A mark says up to when what was settled is purged. What is settled later, once more too, is written out with a later time.

use rusqlite::{Connection, OptionalExtension, params};

use super::memory::Memory;
use super::rows;
use super::stored::to_octets;
use super::{archive, forget};
use crate::clock::UnixMillis;
use crate::journal::{JournalError, Message};

/// Purges some messages settled at or before this time, oldest first; whether there are more.
pub(super) fn purge(
    db: &Connection,
    memory: &mut Memory,
    before: UnixMillis,
    limit: usize,
) -> Result<bool, JournalError> {
    let mut mark = db.prepare_cached("SELECT purged FROM marks")?;
    let after = UnixMillis(mark.query_row([], |row| row.get(0))?);
    if after >= before {
        return Ok(false);
    }
    forget::write_out_old(db, memory, before, limit)?;
    let until = until(db, after, before, limit)?;
    let mut changed_since = false;
    archive::settled_within(db, after, until, |id| {
        changed_since |= memory.recent.has(id);
    })?;
    if changed_since {
        memory.write_out_all(db)?;
    }
    archive::veil(db, after, until)?;
    veil_rows(db, after, until)?;
    memory.forget_submitted();
    db.prepare_cached("UPDATE marks SET purged = ?1")?
        .execute([until.0])?;
    Ok(until < before)
}

/// How far one step goes: about so many messages.
fn until(
    db: &Connection,
    after: UnixMillis,
    before: UnixMillis,
    limit: usize,
) -> Result<UnixMillis, JournalError> {
    const BLOCKS: i64 = 20;
    let mut blocks = db.prepare_cached(
        "SELECT since FROM archive WHERE since > ?1 AND since <= ?2 ORDER BY since LIMIT 1 OFFSET ?3",
    )?;
    let mut rows = db.prepare_cached(
        "SELECT since FROM messages INDEXED BY settled WHERE phase = 3 AND since > ?1 AND since <= ?2 \
         ORDER BY since LIMIT 1 OFFSET ?3",
    )?;
    let mut until = before;
    for (query, most) in [(&mut blocks, BLOCKS), (&mut rows, rows::rows(limit))] {
        let at = query.query_row(params![after.0, before.0, most], |row| row.get(0));
        until = until.min(UnixMillis(at.optional()?.unwrap_or(before.0)));
    }
    Ok(until)
}

fn veil_rows(db: &Connection, after: UnixMillis, until: UnixMillis) -> Result<(), JournalError> {
    let mut settled = db.prepare_cached(
        "SELECT id, origin, progress FROM messages INDEXED BY settled \
         WHERE phase = 3 AND since > ?1 AND since <= ?2",
    )?;
    let settled = settled.query_and_then(params![after.0, until.0], rows::message)?;
    let settled: Vec<Message> = settled.collect::<Result<_, JournalError>>()?;
    for message in &settled {
        veil_row(db, message)?;
    }
    Ok(())
}

/// Veils a message in its row.
pub(super) fn veil_row(db: &Connection, message: &Message) -> Result<(), JournalError> {
    let veiled = message.veiled();
    let mut update =
        db.prepare_cached("UPDATE messages SET origin = ?2, progress = ?3 WHERE id = ?1")?;
    update.execute(params![
        rows::ordered(veiled.id.0),
        to_octets(&**veiled.origin()),
        to_octets(&veiled.progress)
    ])?;
    Ok(())
}
