//! The tables, and how older files come to have them.

use std::ops::ControlFlow;

use rusqlite::Connection;

use super::every;
use crate::journal::{JournalError, MessageId};

/// What brings a file from version n to n + 1, from version 0: the empty file. Steps that were
/// released never change.
const STEPS: &[&str] = &[
    include_str!("schema.sql"),
    // What was settled by then, on the steady clock, is purged.
    "ALTER TABLE marks ADD COLUMN purged INTEGER NOT NULL DEFAULT -1",
    // How many messages wait to be repeated.
    "ALTER TABLE marks ADD COLUMN uncertain INTEGER NOT NULL DEFAULT 0;
     UPDATE marks SET uncertain = (SELECT coalesce(sum(count), 0) FROM books WHERE state = 128 + 7)",
    // Of older files they are counted: short waits stand in no books.
    "",
    // How many have the places of a day. Where they were not counted some may, as long as the last is to come.
    "ALTER TABLE used ADD COLUMN normal_waiting INTEGER NOT NULL DEFAULT 1;
     ALTER TABLE used ADD COLUMN normal_next_waiting INTEGER NOT NULL DEFAULT 1;
     ALTER TABLE used ADD COLUMN bulk_waiting INTEGER NOT NULL DEFAULT 1;
     ALTER TABLE used ADD COLUMN bulk_next_waiting INTEGER NOT NULL DEFAULT 1",
    // By how many milliseconds the wall clock was ahead of the steady one, since when; not only by how many it is. What was before
    // stands in the books by its steady day.
    "CREATE TABLE clock (since INTEGER PRIMARY KEY, ahead INTEGER NOT NULL) STRICT;
     INSERT INTO clock (since, ahead) SELECT latest + 1, ahead FROM marks WHERE ahead IS NOT NULL;
     ALTER TABLE marks DROP COLUMN ahead",
    // How many of an agency's campaigns have times on which day: four octets a day. Where they were not counted none may.
    "ALTER TABLE used ADD COLUMN campaigns BLOB NOT NULL DEFAULT x''",
    // Into how many slices the keys are cut for a merge, 2 to the power of it, was not always told by the number of buckets.
    "ALTER TABLE runs ADD COLUMN slice_bits INTEGER NOT NULL DEFAULT 0;
     UPDATE runs SET slice_bits = min(bits, 10) WHERE stage = 2",
    // Which days had no room for some of an agency's campaigns: an octet a day. Where that was not noted none had.
    "ALTER TABLE used ADD COLUMN full BLOB NOT NULL DEFAULT x''",
];

/// The version from which on the count of what waits to be repeated is exact.
const COUNTED: u32 = 4;

/// Marks the file as a journal of this gateway: "Xabr".
const APPLICATION_ID: u32 = 0x5861_6272;

/// What takes back a step beyond a version, for tests with older files.
#[cfg(test)]
const BACK: &[(u32, &str)] = &[
    (
        4,
        "ALTER TABLE used DROP COLUMN normal_waiting; ALTER TABLE used DROP COLUMN normal_next_waiting;
         ALTER TABLE used DROP COLUMN bulk_waiting; ALTER TABLE used DROP COLUMN bulk_next_waiting",
    ),
    (
        5,
        "DROP TABLE clock; ALTER TABLE marks ADD COLUMN ahead INTEGER",
    ),
    (6, "ALTER TABLE used DROP COLUMN campaigns"),
    (7, "ALTER TABLE runs DROP COLUMN slice_bits"),
    (8, "ALTER TABLE used DROP COLUMN full"),
];

/// Makes it a file of an older version, from 3 on.
#[cfg(test)]
pub(super) fn make_older(db: &Connection, version: u32) {
    for (_, back) in BACK.iter().filter(|(beyond, _)| *beyond >= version) {
        db.execute_batch(back).unwrap();
    }
    db.pragma_update(None, "user_version", version).unwrap();
}

/// Brings the tables up to date.
pub(super) fn migrate(db: &mut Connection) -> Result<(), JournalError> {
    let found = version(db)?;
    let known = known();
    if found > known {
        return Err(JournalError::TooNew { found, known });
    }
    for (version, step) in (1..)
        .zip(STEPS)
        .skip_while(|(version, _)| *version <= found)
    {
        let step_by_step = db.transaction()?;
        step_by_step.execute_batch(step)?;
        if version == COUNTED {
            count_uncertain(&step_by_step)?;
        }
        step_by_step.pragma_update(None, "application_id", APPLICATION_ID)?;
        step_by_step.pragma_update(None, "user_version", version)?;
        step_by_step.commit()?;
    }
    Ok(())
}

/// Counts what waits to be repeated, by a look at all that waits.
fn count_uncertain(db: &Connection) -> Result<(), JournalError> {
    let mut uncertain = 0u32;
    every::read(db, MessageId(u64::MAX), |message| {
        uncertain += u32::from(message.waits_uncertain());
        ControlFlow::Continue(())
    })?;
    db.execute("UPDATE marks SET uncertain = ?1", [uncertain])?;
    Ok(())
}

/// Refuses tables that a reader cannot bring up to date.
pub(super) fn expect_current(db: &Connection) -> Result<(), JournalError> {
    let (found, known) = (version(db)?, known());
    if found > known {
        return Err(JournalError::TooNew { found, known });
    }
    if found < known {
        return Err(JournalError::Corrupt {
            what: "an older schema, which a run of the gateway brings up to date,",
        });
    }
    Ok(())
}

/// The version of the tables; 0 for an empty file.
fn version(db: &Connection) -> Result<u32, JournalError> {
    let application: u32 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: u32 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && tables > 0 {
        return Err(JournalError::Corrupt {
            what: "another program's tables",
        });
    }
    Ok(db.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn known() -> u32 {
    STEPS
        .iter()
        .zip(1..)
        .map(|(_, version)| version)
        .last()
        .unwrap_or(0)
}
