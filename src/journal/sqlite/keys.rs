//! Event keys: which events were accepted before, and which were withdrawn before they came.
//!
//! A key is kept as a 64-bit hash with the id of its message, which holds the full key: what has the
//! same hash and another key is another event.

use rusqlite::{Connection, OptionalExtension, params};
use xabar_events::EventKey;

use super::index::{Askers, Horizon, Value};
use super::stored::Stored;
use crate::clock::UnixMillis;
use crate::journal::hash::hash;
use crate::journal::{JournalError, MessageId};

/// How event keys are hashed.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyHash {
    seed: u64,
    /// The bits that count.
    mask: u64,
}

impl KeyHash {
    /// Seeded, so that nobody outside can make keys collide.
    pub(super) fn new(seed: u64, mask: u64) -> Self {
        Self { seed, mask }
    }

    pub(super) fn of(self, key: &EventKey) -> u64 {
        let (agency, event) = (key.agency.name(), key.id.as_str());
        hash(self.seed, &[agency.as_bytes(), &[0], event.as_bytes()]) & self.mask
    }
}

/// The index of event keys: hashes and messages.
impl Value for MessageId {
    const TREE: u8 = 1;
    const ASKED_BY: Askers = Askers::Messages { filter_bits: 16 };
    const MOST_OF_A_KEY: usize = usize::MAX;

    fn is_over(mut octets: &[u8], horizon: &Horizon) -> bool {
        Self::read(&mut octets).is_some_and(|id| id < horizon.oldest)
    }
}

/// Remembers that an event was withdrawn before it came.
pub(super) fn cancel(db: &Connection, key: &EventKey, at: UnixMillis) -> Result<(), JournalError> {
    let mut cancel = db.prepare_cached(
        "INSERT OR REPLACE INTO cancelled (agency, event, at) VALUES (?1, ?2, ?3)",
    )?;
    cancel.execute(params![key.agency.name(), key.id.as_str(), at.0])?;
    Ok(())
}

/// Whether an event was withdrawn before it came.
pub(super) fn is_cancelled(db: &Connection, key: &EventKey) -> Result<bool, JournalError> {
    let mut cancelled =
        db.prepare_cached("SELECT 1 FROM cancelled WHERE agency = ?1 AND event = ?2")?;
    Ok(cancelled.exists([key.agency.name(), key.id.as_str()])?)
}

/// Whether any event was, which is seldom.
pub(super) fn any_cancelled(db: &Connection) -> Result<bool, JournalError> {
    Ok(db
        .prepare_cached("SELECT 1 FROM cancelled LIMIT 1")?
        .query_row([], |_| Ok(()))
        .optional()?
        .is_some())
}

/// Forgets some that were withdrawn at or before this time.
pub(super) fn forget_cancelled(
    db: &Connection,
    before: UnixMillis,
    limit: i64,
) -> Result<(), JournalError> {
    let mut forget = db.prepare_cached(
        "DELETE FROM cancelled WHERE (agency, event) IN \
         (SELECT agency, event FROM cancelled WHERE at <= ?1 ORDER BY at LIMIT ?2)",
    )?;
    forget.execute(params![before.0, limit])?;
    Ok(())
}
