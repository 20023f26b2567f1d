//! Erases what is known of one subscriber, whenever it was.

use rusqlite::Connection;
use xabar_events::Msisdn;

use super::memory::Memory;
use super::{archive, choices, purge, receipts, rows};
use crate::journal::{Erased, JournalError, Phase};

/// Erases it, unless a message to them is under way.
pub(super) fn erase(
    db: &Connection,
    memory: &mut Memory,
    msisdn: Msisdn,
    last_digits: u32,
) -> Result<Erased, JournalError> {
    // The log would bring back what is erased.
    memory.write_out_all(db)?;
    let messages = memory.newest_to(db, msisdn, usize::MAX)?;
    let is_settled = |phase| phase == Phase::Settled;
    let under_way = messages
        .iter()
        .filter(|it| !is_settled(it.progress.phase))
        .count();
    if under_way > 0 {
        return Ok(Erased {
            messages: 0,
            under_way,
        });
    }
    for message in &messages {
        archive::veil_one(db, message.id)?;
        if rows::has(db, message.id)? {
            purge::veil_row(db, message)?;
        }
    }
    memory.forget_submitted();
    for (number, _) in receipts::held_of(db, msisdn, last_digits)? {
        receipts::release(db, &mut memory.held_ids, number)?;
    }
    let chosen = choices::read(db, msisdn)?;
    choices::write(db, msisdn, &chosen.opt_outs())?;
    Ok(Erased {
        messages: messages.len(),
        under_way: 0,
    })
}
