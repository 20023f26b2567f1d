//! Every message, once, in the order of their ids.
//!
//! What the log says of a message goes before its row, and its row before its place in the archive.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use rusqlite::{Connection, Rows};

use super::{archive, lookup, rows};
use crate::journal::{JournalError, Message, MessageId};

/// Shows messages until it is enough: all that wait, and the others from this id on. Of those that are written out one row at a
/// time is in memory. What the log speaks of is shown whatever its id.
pub(super) fn read(
    db: &Connection,
    from: MessageId,
    mut show: impl FnMut(Message) -> ControlFlow<()>,
) -> Result<(), JournalError> {
    let mut recent = lookup::recent(db)?;
    // With `+`, lest an index is used and all of it sorted by id.
    let mut all = db.prepare_cached(
        "SELECT id, origin, progress FROM messages WHERE id >= ?1 OR +phase = 0 ORDER BY id",
    )?;
    let mut written = Written::new(all.query([rows::ordered(from.0)])?)?;
    let mut enough = ControlFlow::Continue(());
    archive::read(db, from, |message| {
        enough = show_up_to(message.id, &mut recent, &mut written, &mut show)?;
        if enough.is_continue() && written.shown < Some(message.id) {
            enough = show(message);
        }
        Ok(enough)
    })?;
    if enough.is_break() {
        return Ok(());
    }
    let last = MessageId(u64::MAX);
    show_up_to(last, &mut recent, &mut written, &mut show).map(|_| ())
}

/// Those with rows of their own, and how far all messages are shown.
struct Written<'a> {
    rows: Rows<'a>,
    /// The next one.
    next: Option<Message>,
    shown: Option<MessageId>,
}

impl<'a> Written<'a> {
    fn new(rows: Rows<'a>) -> Result<Self, JournalError> {
        let mut written = Self {
            rows,
            next: None,
            shown: None,
        };
        written.move_on()?;
        Ok(written)
    }

    fn move_on(&mut self) -> Result<Option<Message>, JournalError> {
        let next = self.rows.next()?.map(rows::message).transpose()?;
        Ok(std::mem::replace(&mut self.next, next))
    }
}

/// Shows those of the log and of the rows up to this id.
fn show_up_to(
    last: MessageId,
    recent: &mut BTreeMap<MessageId, Message>,
    written: &mut Written<'_>,
    show: &mut impl FnMut(Message) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, JournalError> {
    loop {
        let of_log = recent.first_key_value().map(|(id, _)| *id);
        let of_rows = written.next.as_ref().map(|message| message.id);
        let next = of_log.into_iter().chain(of_rows).min();
        let Some(id) = next.filter(|id| *id <= last) else {
            return Ok(ControlFlow::Continue(()));
        };
        let row = match of_rows == Some(id) {
            true => written.move_on()?,
            false => None,
        };
        let message = match of_log == Some(id) {
            true => recent.pop_first().map(|(_, message)| message),
            false => row,
        };
        written.shown = Some(id);
        if let Some(message) = message
            && show(message).is_break()
        {
            return Ok(ControlFlow::Break(()));
        }
    }
}
