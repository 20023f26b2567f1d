//! What came in lately, and what waits.

use std::ops::ControlFlow;

use rusqlite::Connection;

use super::{archive, every, rows};
use crate::clock::UnixMillis;
use crate::journal::{JournalError, Message, MessageId};

/// Shows what waits, and the newest of what was accepted since then.
pub(super) fn read(
    db: &Connection,
    since: UnixMillis,
    most: u64,
    each: &mut dyn FnMut(Message) -> ControlFlow<()>,
) -> Result<(), JournalError> {
    let last = super::start(db)?.last_message;
    let newest = MessageId(last.saturating_sub(most) + 1);
    let first = accepted_since(db, since, MessageId(last + 1))?.max(newest);
    every::read(db, first, |message| {
        match message.is_traffic(newest, since) {
            true => each(message),
            false => ControlFlow::Continue(()),
        }
    })
}

/// No message with a smaller id that is written out was accepted since then: ids rise with the time.
fn accepted_since(
    db: &Connection,
    since: UnixMillis,
    end: MessageId,
) -> Result<MessageId, JournalError> {
    let mut low = rows::oldest(db)?.unwrap_or(end);
    let mut high = end;
    while low < high {
        let middle = MessageId(low.0.midpoint(high.0));
        match written_from(db, middle)? {
            Some(message) if message.accepted_at < since => low = MessageId(message.id.0 + 1),
            _ => high = middle,
        }
    }
    Ok(low)
}

/// The first message that is written out with this id or a larger one.
fn written_from(db: &Connection, id: MessageId) -> Result<Option<Message>, JournalError> {
    let mut row = db.prepare_cached(
        "SELECT id, origin, progress FROM messages WHERE id >= ?1 ORDER BY id LIMIT 1",
    )?;
    let mut found = row.query([rows::ordered(id.0)])?;
    let of_rows = found.next()?.map(rows::message).transpose()?;
    let mut of_archive = None;
    archive::read(db, id, |message| {
        of_archive = Some(message);
        Ok(ControlFlow::Break(()))
    })?;
    let both = of_rows.into_iter().chain(of_archive);
    Ok(both.min_by_key(|message| message.id))
}
