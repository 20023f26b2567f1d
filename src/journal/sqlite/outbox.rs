//! Outcomes on their way out. One row holds all of a commit, since a row an outcome costs more
//! than all the rest of it; and of each only where to find it: what it says stands in its message.

use bytes::{Buf, BufMut};
use rusqlite::{Connection, OptionalExtension, params};

use super::rows::{corrupt, message_by_id, number, ordered};
use crate::clock::UnixMillis;
use crate::journal::{JournalError, MessageId, Outgoing};

/// Keeps the outcomes of one commit.
pub(super) fn append(
    db: &Connection,
    outgoing: &[Outgoing],
    at: UnixMillis,
) -> Result<(), JournalError> {
    let (Some(first), Some(last)) = (outgoing.first(), outgoing.last()) else {
        return Ok(());
    };
    if !outgoing.is_sorted_by(|one, next| one.number < next.number) {
        return Err(JournalError::Refused {
            what: "outcomes out of order",
        });
    }
    let mut frames = Vec::with_capacity(outgoing.len() * FRAME_OCTETS);
    for one in outgoing {
        Frame::of(one).write(&mut frames);
    }
    let mut insert =
        db.prepare_cached("INSERT INTO outbox (first, last, at, frames) VALUES (?1, ?2, ?3, ?4)")?;
    let (first, last) = (ordered(first.number), ordered(last.number));
    insert.execute(params![first, last, at.0, frames])?;
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
        while found.len() < limit && frames.has_remaining() {
            let frame = Frame::read(&mut frames)?;
            if frame.number > after {
                found.push(frame.outgoing(db)?);
            }
        }
    }
    Ok(found)
}

/// The latest time by which everything that was told is published.
pub(super) fn told_by(db: &Connection) -> Result<UnixMillis, JournalError> {
    let mut oldest = db.prepare_cached("SELECT at FROM outbox ORDER BY first LIMIT 1")?;
    let oldest: Option<i64> = oldest.query_row([], |row| row.get(0)).optional()?;
    Ok(oldest.map_or(UnixMillis::NEVER, |at| UnixMillis(at - 1)))
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

/// Where an outcome is to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    number: u64,
    message: MessageId,
    sequence: u32,
}

const FRAME_OCTETS: usize = 20;

impl Frame {
    fn of(outgoing: &Outgoing) -> Self {
        Self {
            number: outgoing.number,
            message: outgoing.origin.id,
            sequence: outgoing.sequence,
        }
    }

    fn write(self, frames: &mut Vec<u8>) {
        frames.put_u64_le(self.number);
        frames.put_u64_le(self.message.0);
        frames.put_u32_le(self.sequence);
    }

    fn read(frames: &mut &[u8]) -> Result<Self, JournalError> {
        Ok(Self {
            number: frames.try_get_u64_le().map_err(|_| damaged())?,
            message: MessageId(frames.try_get_u64_le().map_err(|_| damaged())?),
            sequence: frames.try_get_u32_le().map_err(|_| damaged())?,
        })
    }

    fn outgoing(self, db: &Connection) -> Result<Outgoing, JournalError> {
        let message = message_by_id(db, self.message)?.ok_or_else(damaged)?;
        Outgoing::of(&message, self.number, self.sequence).ok_or_else(damaged)
    }
}

fn damaged() -> JournalError {
    corrupt("outcomes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_frame_is_read_as_it_was_written() {
        let frame = Frame {
            number: 7,
            message: MessageId(42),
            sequence: 3,
        };
        let mut frames = Vec::new();
        frame.write(&mut frames);
        assert_eq!(frames.len(), FRAME_OCTETS);
        assert_eq!(Frame::read(&mut frames.as_slice()).unwrap(), frame);
    }

    proptest! {
        #[test]
        fn damaged_frames_are_errors(octets in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut frames = octets.as_slice();
            while frames.has_remaining() && Frame::read(&mut frames).is_ok() {}
        }
    }
}
