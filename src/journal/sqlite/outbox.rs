//! Outcomes on their way out. One row holds all of a commit, since a row an outcome costs more
//! than all the rest of it.

use rusqlite::{Connection, params};

use super::corrupt;
use super::rows::{number, ordered};
use super::stored::Stored;
use crate::journal::{JournalError, Outgoing};

/// Keeps the outcomes of one commit; `frames` is room for them, used again each time.
pub(super) fn append(
    db: &Connection,
    outgoing: &[Outgoing],
    frames: &mut Vec<u8>,
) -> Result<(), JournalError> {
    let (Some(first), Some(last)) = (outgoing.first(), outgoing.last()) else {
        return Ok(());
    };
    frames.clear();
    outgoing.iter().for_each(|one| one.write(frames));
    let mut insert =
        db.prepare_cached("INSERT INTO outbox (first, last, frames) VALUES (?1, ?2, ?3)")?;
    let (first, last) = (ordered(first.number), ordered(last.number));
    insert.execute(params![first, last, &frames[..]])?;
    Ok(())
}

/// Drops what is published; a row goes once all of it is.
pub(super) fn drop_published(db: &Connection, published: u64) -> Result<(), JournalError> {
    let mut delete = db.prepare_cached("DELETE FROM outbox WHERE first <= ?1 AND last <= ?1")?;
    delete.execute([ordered(published)])?;
    Ok(())
}

/// Outcomes with a number above `after`, in order.
pub(super) fn read(
    db: &Connection,
    after: u64,
    limit: usize,
) -> Result<Vec<Outgoing>, JournalError> {
    let mut rows_after = db.prepare_cached(
        "SELECT frames FROM outbox \
         WHERE first >= coalesce((SELECT max(first) FROM outbox WHERE first <= ?1), 0) AND last > ?1 ORDER BY first",
    )?;
    let mut found = Vec::new();
    let mut rows = rows_after.query([ordered(after)])?;
    while found.len() < limit
        && let Some(row) = rows.next()?
    {
        let mut frames = row.get_ref(0)?.as_blob().map_err(|_| damaged())?;
        while found.len() < limit && !frames.is_empty() {
            let outgoing = Outgoing::read(&mut frames).ok_or_else(damaged)?;
            if outgoing.number > after {
                found.push(outgoing);
            }
        }
    }
    Ok(found)
}

/// The number up to which outcomes are published.
pub(super) fn published(db: &Connection) -> Result<u64, JournalError> {
    let mut published = db.prepare_cached("SELECT published FROM marks")?;
    published
        .query_and_then([], |row| number(row, 0))?
        .next()
        .transpose()?
        .ok_or(corrupt("marks"))
}

fn damaged() -> JournalError {
    corrupt("outcomes")
}
