//! When messages were submitted to each subscriber.

use rusqlite::{Connection, Row, params};
use xabar_events::Msisdn;

use super::rows::{corrupt, ordered};
use crate::clock::UnixMillis;
use crate::journal::{JournalError, SubscriberFacts};

/// Keeps what is known of a subscriber, or nothing where there is nothing.
pub(super) fn write(
    db: &Connection,
    msisdn: Msisdn,
    facts: &SubscriberFacts,
) -> Result<(), JournalError> {
    let key = ordered(msisdn.as_u64());
    if facts.submitted.is_empty() {
        db.prepare_cached("DELETE FROM subscribers WHERE msisdn = ?1")?
            .execute([key])?;
        return Ok(());
    }
    let octets: Vec<u8> = facts
        .submitted
        .iter()
        .flat_map(|time| time.0.to_le_bytes())
        .collect();
    let mut write = db
        .prepare_cached("INSERT OR REPLACE INTO subscribers (msisdn, submitted) VALUES (?1, ?2)")?;
    write.execute(params![key, octets])?;
    Ok(())
}

/// What is kept of a subscriber; the default if nothing is.
pub(super) fn facts(db: &Connection, msisdn: Msisdn) -> Result<SubscriberFacts, JournalError> {
    let mut facts = db.prepare_cached("SELECT submitted FROM subscribers WHERE msisdn = ?1")?;
    let found = facts
        .query_and_then([ordered(msisdn.as_u64())], |row| read(row, 0))?
        .next();
    Ok(found.transpose()?.unwrap_or_default())
}

/// Reads facts from a column, which is null where the subscriber has no row.
pub(super) fn read(row: &Row<'_>, column: usize) -> Result<SubscriberFacts, JournalError> {
    let octets = row
        .get_ref(column)?
        .as_blob_or_null()
        .map_err(|_| corrupt("a subscriber"))?;
    let (times, rest) = octets.unwrap_or_default().as_chunks();
    if !rest.is_empty() {
        return Err(corrupt("a subscriber"));
    }
    Ok(SubscriberFacts {
        submitted: times
            .iter()
            .map(|time| UnixMillis(i64::from_le_bytes(*time)))
            .collect(),
    })
}
