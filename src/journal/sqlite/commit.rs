//! Writes all changes of one beat.

use std::collections::HashSet;

use rusqlite::{Connection, params};
use xabar_events::EventKey;

use super::books::Entries;
use super::memory::Memory;
use super::rows::ordered;
use super::upkeep::Pace;
use super::{JournalError, keys, log, outbox, receipts};
use crate::journal::{Changes, Message};

/// Writes the changes, takes them into memory, and gets on with the upkeep.
pub(super) fn commit(
    db: &Connection,
    memory: &mut Memory,
    changes: &Changes,
    pace: Pace,
) -> Result<(), JournalError> {
    let before = check(db, memory, changes)?;
    let number = memory.recent.open.last_row + 1;
    let sinces = memory.sinces(db, changes, &before)?;
    log::append(db, number, changes, &sinces)?;
    write_books(db, changes, &before)?;
    write_rest(db, changes)?;
    mark(db, changes)?;
    memory.take_changes(db, number, changes, &sinces)?;
    let changed = changes.accepted.len() + changes.progressed.len();
    memory.keep_up(db, changed, pace, changes.at)
}

/// Refuses changes that contradict what is stored; gives the messages that progressed as they stood before.
fn check(
    db: &Connection,
    memory: &Memory,
    changes: &Changes,
) -> Result<Vec<Message>, JournalError> {
    let mut keys: HashSet<&EventKey> = HashSet::with_capacity(changes.accepted.len());
    for message in &changes.accepted {
        if !keys.insert(&message.key) || memory.find(db, &message.key)?.is_some() {
            return Err(JournalError::Refused {
                what: "an event that it holds already",
            });
        }
    }
    if !changes
        .outgoing
        .is_sorted_by(|one, next| one.number < next.number)
    {
        return Err(JournalError::Refused {
            what: "outcomes out of order",
        });
    }
    let known = |message: &Message| {
        let known = memory.message(db, message.id)?;
        known.ok_or(JournalError::Refused {
            what: "progress of a message that it does not hold",
        })
    };
    changes.progressed.iter().map(known).collect()
}

fn write_books(db: &Connection, changes: &Changes, before: &[Message]) -> Result<(), JournalError> {
    let mut books = Entries::default();
    for message in &changes.accepted {
        books.accept(message)?;
    }
    for (message, before) in changes.progressed.iter().zip(before) {
        books.progress(before, message)?;
    }
    books.write(db)
}

/// What is rare, and what is one row for all of it.
fn write_rest(db: &Connection, changes: &Changes) -> Result<(), JournalError> {
    for key in &changes.cancelled {
        keys::cancel(db, key, changes.at)?;
    }
    for (number, held) in &changes.held {
        receipts::hold(db, *number, held)?;
    }
    for number in &changes.released {
        receipts::release(db, *number)?;
    }
    outbox::append(db, &changes.outgoing)?;
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
