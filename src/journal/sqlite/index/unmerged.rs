//! An index whose runs are never merged: cheap to write, and a question looks into every run.

use rusqlite::{Connection, params};

use super::super::rows::ordered;
use super::super::stored::Stored;
use super::run::Place;
use super::write_values;
use crate::journal::{JournalError, MessageId};

/// Writes a run of its own.
pub(in super::super) fn write(
    db: &Connection,
    tree: u8,
    entries: &[(u64, MessageId)],
    newest: MessageId,
) -> Result<(), JournalError> {
    if entries.is_empty() {
        return Ok(());
    }
    write_values(db, tree, entries.iter().map(|(key, id)| (*key, id)), newest).map(drop)
}

/// The values under a key, those of newer runs last; of any index, for a reader that asks seldom.
pub(in super::super) fn find<V: Stored>(
    db: &Connection,
    tree: u8,
    key: u64,
    mut found: impl FnMut(V),
) -> Result<(), JournalError> {
    let mut runs = db.prepare_cached("SELECT id, bits FROM runs WHERE tree = ?1 ORDER BY id")?;
    let mut runs = runs.query([tree])?;
    while let Some(row) = runs.next()? {
        let place = Place {
            id: row.get(0)?,
            bits: row.get(1)?,
        };
        place.search(db, key, |value: V| {
            found(value);
            Ok(None::<()>)
        })?;
    }
    Ok(())
}

/// Drops a few runs of which no message is left.
pub(in super::super) fn forget(
    db: &Connection,
    tree: u8,
    oldest: MessageId,
) -> Result<(), JournalError> {
    let mut over = db.prepare_cached(
        "SELECT id, bits FROM runs WHERE tree = ?1 AND newest < ?2 ORDER BY id LIMIT 16",
    )?;
    let mut over = over.query(params![tree, ordered(oldest.0)])?;
    while let Some(row) = over.next()? {
        let place = Place {
            id: row.get(0)?,
            bits: row.get(1)?,
        };
        place.drop_all(db)?;
        db.prepare_cached("DELETE FROM runs WHERE id = ?1")?
            .execute([place.id])?;
    }
    Ok(())
}
