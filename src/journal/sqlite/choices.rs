//! What subscribers have chosen.
//!
//! It bears on every message, and most have chosen nothing: a filter in memory says so of nearly all of
//! them, without a look at the table.

use rusqlite::{Connection, OptionalExtension, params};
use xabar_events::Msisdn;

use super::rows::{number, ordered};
use super::stored::{from_octets, to_octets};
use super::subscribers;
use crate::journal::{Choices, JournalError};

/// Which subscribers may have a row. A bit for each, of eight million: with a hundred thousand rows one in
/// eighty look-ups is in vain, with a million one in eight.
#[derive(Debug, Default)]
pub(super) struct Choosers {
    /// Empty while nobody has chosen anything.
    bits: Vec<u64>,
}

const BITS: u32 = 23;

impl Choosers {
    pub(super) fn load(db: &Connection) -> Result<Self, JournalError> {
        let mut choosers = Self::default();
        let mut all = db.prepare("SELECT msisdn FROM choices")?;
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            if let Some(msisdn) = Msisdn::from_u64(number(row, 0)?) {
                choosers.note(msisdn);
            }
        }
        Ok(choosers)
    }

    pub(super) fn note(&mut self, msisdn: Msisdn) {
        if self.bits.is_empty() {
            self.bits = vec![0; 1 << (BITS - 6)];
        }
        let (word, bit) = place(msisdn);
        if let Some(word) = self.bits.get_mut(word) {
            *word |= bit;
        }
    }

    /// Whether a look at the table is worth it.
    pub(super) fn may_have(&self, msisdn: Msisdn) -> bool {
        let (word, bit) = place(msisdn);
        self.bits.get(word).is_some_and(|word| word & bit != 0)
    }
}

fn place(msisdn: Msisdn) -> (usize, u64) {
    // Its highest bits are the best mixed ones.
    let place = subscribers::key(msisdn) >> (64 - BITS);
    let word = usize::try_from(place >> 6).unwrap_or(0);
    (word, 1 << (place & 63))
}

pub(super) fn read(db: &Connection, msisdn: Msisdn) -> Result<Choices, JournalError> {
    let mut find = db.prepare_cached("SELECT choices FROM choices WHERE msisdn = ?1")?;
    let found: Option<Vec<u8>> = find
        .query_row([ordered(msisdn.as_u64())], |row| row.get(0))
        .optional()?;
    let found = found.map(|octets| from_octets(&octets, "a subscriber's choices"));
    Ok(found.transpose()?.unwrap_or_default())
}

/// Keeps what was chosen; what is as if nothing had been chosen goes.
pub(super) fn write(
    db: &Connection,
    msisdn: Msisdn,
    choices: &Choices,
) -> Result<(), JournalError> {
    let number = ordered(msisdn.as_u64());
    if *choices == Choices::default() {
        db.prepare_cached("DELETE FROM choices WHERE msisdn = ?1")?
            .execute([number])?;
        return Ok(());
    }
    db.prepare_cached("INSERT OR REPLACE INTO choices (msisdn, choices) VALUES (?1, ?2)")?
        .execute(params![number, to_octets(choices)])?;
    Ok(())
}
