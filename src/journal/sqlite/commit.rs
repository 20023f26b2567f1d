//! Writes what one beat changed.

use rusqlite::{Connection, params};

use super::books::Entries;
use super::keys::{self, Slots};
use super::threads::ThreadChanges;
use super::{lookup, outbox, receipts, rows, subscribers};
use crate::journal::{Changes, JournalError, Message};

/// Writes all changes; within a transaction of the caller.
pub(super) fn write(db: &Connection, slots: Slots, changes: &Changes) -> Result<(), JournalError> {
    let mut books = Entries::default();
    let mut threads = ThreadChanges::default();
    for message in &changes.accepted {
        keys::insert(db, slots, &message.key, message.id)?;
        rows::insert(db, message, changes.at)?;
        lookup::enter(db, message)?;
        books.accept(message)?;
        threads.add_message(message.thread);
    }
    for message in &changes.progressed {
        // Before the row changes: the books look up where it stood.
        books.progress(db, message)?;
        rows::update(db, message, changes.at)?;
    }
    for (key, facts) in &changes.threads {
        threads.set(*key, *facts);
    }
    books.write(db)?;
    threads.write(db)?;
    for key in &changes.cancelled {
        keys::cancel(db, key, changes.at)?;
    }
    for (msisdn, facts) in &changes.subscribers {
        subscribers::write(db, *msisdn, facts)?;
    }
    write_receipts(db, changes)?;
    write_outbox(db, changes)?;
    mark(db, changes)
}

/// A response and its receipt may come in one beat: what begins to wait comes before what ends.
fn write_receipts(db: &Connection, changes: &Changes) -> Result<(), JournalError> {
    for awaiting in &changes.awaiting {
        receipts::await_receipt(db, awaiting)?;
    }
    for message in &changes.receipted {
        receipts::await_no_more(db, *message)?;
    }
    for (number, held) in &changes.held {
        receipts::hold(db, *number, held)?;
    }
    for number in &changes.released {
        receipts::release(db, *number)?;
    }
    Ok(())
}

fn write_outbox(db: &Connection, changes: &Changes) -> Result<(), JournalError> {
    outbox::append(db, &changes.outgoing, changes.at)?;
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
            .map(|number| rows::ordered(number.unwrap_or(0)));
    mark.execute(params![message, outgoing, held, published, changes.at.0])?;
    Ok(())
}
