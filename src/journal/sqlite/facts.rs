//! What bears on events that came just now.

use rusqlite::Connection;

use super::keys::{self, Slots};
use super::{subscribers, threads};
use crate::journal::{Ask, Facts, JournalError};

/// Answers all questions of a batch, in order.
pub(super) fn facts(
    db: &Connection,
    slots: Slots,
    asks: &[Ask<'_>],
) -> Result<Vec<Facts>, JournalError> {
    let any_cancelled = keys::any_cancelled(db)?;
    let answer = |ask: &Ask<'_>| {
        let mut facts = Facts {
            duplicate_of: keys::find(db, slots, ask.key)?,
            cancelled: any_cancelled && keys::is_cancelled(db, ask.key)?,
            ..Facts::default()
        };
        if let Some((thread, msisdn)) = ask.about {
            facts.thread = threads::facts(db, thread)?;
            facts.subscriber = subscribers::facts(db, msisdn)?;
        }
        Ok(facts)
    };
    asks.iter().map(answer).collect()
}
