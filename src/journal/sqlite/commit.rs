//! Writes all changes of one beat.

use rusqlite::{Connection, params};
use rustc_hash::FxHashMap;
use xabar_events::EventKey;

use super::books::Entries;
use super::memory::{Memory, Past};
use super::packed::Packed;
use super::rows::ordered;
use super::threads::Thread;
use super::upkeep::Pace;
use super::{JournalError, choices, clock, dealt, keys, log, outbox, receipts, used};
use crate::clock::WallTimes;
use crate::journal::{Changes, Message, ThreadKey};

/// What memory is to know besides the changes once they are committed.
#[derive(Debug)]
pub(super) struct Written {
    /// Their row of the log.
    pub(super) row: i64,
    pub(super) accepted: Vec<Packed>,
    pub(super) progressed: Vec<(Packed, Past)>,
    pub(super) threads: FxHashMap<ThreadKey, Thread>,
}

/// Gets on with the upkeep, and writes the changes.
pub(super) fn write(
    db: &Connection,
    memory: &mut Memory,
    changes: &Changes,
    pace: Pace,
) -> Result<Written, JournalError> {
    // First: what belongs to which chapter must not change any more once the log is written.
    let changed = changes.accepted.len() + changes.progressed.len();
    memory.keep_up(db, changed, pace, changes.at)?;
    check(db, memory, changes)?;
    let written = Written {
        row: memory.recent.open.last_row + 1,
        accepted: accepted(changes)?,
        progressed: memory.progressed(db, changes)?,
        threads: memory.threads_after(db, changes)?,
    };
    let (accepted, progressed) = (&written.accepted, &written.progressed);
    let room = &mut memory.room;
    log::append(db, written.row, changes, accepted, progressed, room)?;
    set_clock(db, memory, changes)?;
    write_books(db, &memory.wall_times, changes, &written)?;
    write_rest(db, memory, changes)?;
    mark(db, changes)?;
    count_uncertain(db, &written)?;
    Ok(written)
}

fn accepted(changes: &Changes) -> Result<Vec<Packed>, JournalError> {
    let mut scratch = Vec::with_capacity(512);
    let mut accepted = Vec::with_capacity(changes.accepted.len());
    for message in &changes.accepted {
        accepted.push(Packed::new(message, &mut scratch)?);
    }
    Ok(accepted)
}

/// Refuses changes that contradict what is stored.
fn check(db: &Connection, memory: &Memory, changes: &Changes) -> Result<(), JournalError> {
    let mut keys: foldhash::HashSet<&EventKey> = foldhash::HashSet::default();
    for message in &changes.accepted {
        if !keys.insert(&message.key) || memory.has(db, &message.key)? {
            return Err(JournalError::Refused {
                what: "an event that it holds already",
            });
        }
    }
    let outgoing = &changes.outgoing;
    if !outgoing.is_sorted_by(|one, next| one.number < next.number) {
        return Err(JournalError::Refused {
            what: "outcomes out of order",
        });
    }
    Ok(())
}

/// What is accepted from now on is booked on the day of that clock.
fn set_clock(db: &Connection, memory: &mut Memory, changes: &Changes) -> Result<(), JournalError> {
    if let Some(ahead) = changes.ahead {
        clock::note(db, changes.at, ahead)?;
        memory.wall_times.note(changes.at, ahead);
    }
    Ok(())
}

fn write_books(
    db: &Connection,
    wall_times: &WallTimes,
    changes: &Changes,
    written: &Written,
) -> Result<(), JournalError> {
    let mut books = Entries::new(wall_times);
    for (message, packed) in changes.accepted.iter().zip(&written.accepted) {
        books.accept(message, packed.column);
    }
    for (message, (packed, past)) in changes.progressed.iter().zip(&written.progressed) {
        books.progress(message, past.column, packed.column);
    }
    books.write(db)
}

/// What is rare, and what is one row for all of it.
fn write_rest(db: &Connection, memory: &mut Memory, changes: &Changes) -> Result<(), JournalError> {
    for key in &changes.cancelled {
        keys::cancel(db, key, changes.at)?;
    }
    for (msisdn, chosen) in &changes.choices {
        choices::write(db, *msisdn, chosen)?;
    }
    for (number, held) in &changes.held {
        receipts::hold(db, &mut memory.held_ids, *number, held)?;
    }
    for number in &changes.released {
        receipts::release(db, &mut memory.held_ids, *number)?;
    }
    used::write(db, &changes.used)?;
    dealt::write(db, &changes.dealt)?;
    if let Some(judged_by) = changes.judged_by {
        db.prepare_cached("UPDATE marks SET judged_by = ?1")?
            .execute([judged_by])?;
    }
    outbox::append(db, &changes.outgoing, &mut memory.room)?;
    match changes.published {
        Some(published) => outbox::drop_published(db, published),
        None => Ok(()),
    }
}

/// Raises what must outlive the rows it tells of.
fn mark(db: &Connection, changes: &Changes) -> Result<(), JournalError> {
    let id = |message: &Message| message.id.0;
    let last_message = changes.accepted.iter().map(id).max();
    let last_outgoing = changes.outgoing.last().map(|one| one.number);
    let last_held = changes.held.iter().map(|(number, _)| *number).max();
    let mut mark = db.prepare_cached(
        "UPDATE marks SET last_message = max(last_message, ?1), last_outgoing = max(last_outgoing, ?2), \
         last_held = max(last_held, ?3), published = max(published, ?4), latest = max(latest, ?5)",
    )?;
    let [message, outgoing, held, published] =
        [last_message, last_outgoing, last_held, changes.published]
            .map(|number| ordered(number.unwrap_or(0)));
    mark.execute(params![message, outgoing, held, published, changes.at.0])?;
    Ok(())
}

/// Keeps the count of what waits to be repeated. Nothing does when it is new.
fn count_uncertain(db: &Connection, written: &Written) -> Result<(), JournalError> {
    let progressed = written.progressed.iter();
    let by: i64 = progressed
        .map(|(now, past)| i64::from(now.uncertain) - i64::from(past.uncertain))
        .sum();
    if by != 0 {
        db.prepare_cached("UPDATE marks SET uncertain = max(uncertain + ?1, 0)")?
            .execute([by])?;
    }
    Ok(())
}
