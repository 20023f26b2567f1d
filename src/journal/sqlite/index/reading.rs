//! A look into an index without what the writer has in memory: for a reader beside it that asks seldom.

use rusqlite::Connection;

use super::super::stored::Stored;
use super::run::Place;
use crate::journal::JournalError;

/// The values under a key, those of newer runs last. What a merge is about to move may come twice.
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
