//! Outcomes on their way out: one row holds all of a commit, since a row an outcome costs more
//! than all the rest of it.

use bytes::{Buf, BufMut, Bytes};
use rusqlite::{Connection, params};

use super::rows::{corrupt, number, ordered, state_of};
use crate::journal::{JournalError, Outgoing};

/// Keeps the outcomes of one commit.
pub(super) fn append(db: &Connection, outgoing: &[Outgoing]) -> Result<(), JournalError> {
    let (Some(first), Some(last)) = (outgoing.first(), outgoing.last()) else {
        return Ok(());
    };
    if !outgoing.is_sorted_by(|one, next| one.number < next.number) {
        return Err(JournalError::Refused {
            what: "outcomes out of order",
        });
    }
    let mut frames = Vec::with_capacity(outgoing.iter().map(|one| one.body.len() + 64).sum());
    for one in outgoing {
        write_frame(&mut frames, one)?;
    }
    let mut insert =
        db.prepare_cached("INSERT INTO outbox (first, last, frames) VALUES (?1, ?2, ?3)")?;
    insert.execute(params![ordered(first.number), ordered(last.number), frames])?;
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
        let mut frames = Bytes::from(row.get::<_, Vec<u8>>(0)?);
        while found.len() < limit && frames.has_remaining() {
            let one = read_frame(&mut frames)?;
            if one.number > after {
                found.push(one);
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

/// number (8 octets), state (1), agency (1 and its length), body (4 and its length).
fn write_frame(frames: &mut Vec<u8>, one: &Outgoing) -> Result<(), JournalError> {
    let too_long = |_| JournalError::Refused {
        what: "an outcome that is too long",
    };
    frames.put_u64_le(one.number);
    frames.put_u8(one.state.code());
    frames.put_u8(one.agency.len().try_into().map_err(too_long)?);
    frames.put_slice(one.agency.as_bytes());
    frames.put_u32_le(one.body.len().try_into().map_err(too_long)?);
    frames.put_slice(&one.body);
    Ok(())
}

fn read_frame(frames: &mut Bytes) -> Result<Outgoing, JournalError> {
    let number = frames.try_get_u64_le().map_err(|_| damaged())?;
    let state = state_of(frames.try_get_u8().map_err(|_| damaged())?)?;
    let len_octets = frames.try_get_u8().map_err(|_| damaged())?;
    let agency = split(frames, len_octets.into())?;
    let agency = std::str::from_utf8(&agency).map_err(|_| damaged())?.into();
    let len_octets = frames.try_get_u32_le().map_err(|_| damaged())?;
    let body = split(frames, len_octets.try_into().map_err(|_| damaged())?)?;
    Ok(Outgoing {
        number,
        agency,
        state,
        body,
    })
}

fn split(frames: &mut Bytes, len_octets: usize) -> Result<Bytes, JournalError> {
    if frames.remaining() < len_octets {
        Err(damaged())
    } else {
        Ok(frames.split_to(len_octets))
    }
}

fn damaged() -> JournalError {
    corrupt("outcomes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use xabar_events::State;

    #[test]
    fn a_frame_is_read_as_it_was_written() {
        let one = Outgoing {
            number: 7,
            agency: "kadastr".into(),
            state: State::Delivered,
            body: Bytes::from_static(b"{}"),
        };
        let mut frames = Vec::new();
        write_frame(&mut frames, &one).unwrap();
        let mut frames = Bytes::from(frames);
        assert_eq!(read_frame(&mut frames).unwrap(), one);
        assert!(frames.is_empty());
    }

    proptest! {
        #[test]
        fn damaged_frames_are_errors(octets in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut frames = Bytes::from(octets);
            while frames.has_remaining() && read_frame(&mut frames).is_ok() {}
        }
    }
}
