//! How much agencies have used of their daily quotas: a row for each that has one.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};

use crate::clock::UnixMillis;
use crate::journal::{AgencyKey, JournalError, Places, Used};

pub(super) fn write(db: &Connection, used: &[(AgencyKey, Used)]) -> Result<(), JournalError> {
    for (agency, used) in used {
        db.prepare_cached(
            "INSERT OR REPLACE INTO used (agency, day, messages, normal, normal_next, bulk, bulk_next) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            agency.0,
            used.day.0,
            used.messages,
            used.normal.today.0,
            used.normal.next.0,
            used.bulk.today.0,
            used.bulk.next.0
        ])?;
    }
    Ok(())
}

pub(super) fn read(db: &Connection) -> Result<BTreeMap<AgencyKey, Used>, JournalError> {
    let mut all = db.prepare_cached(
        "SELECT agency, day, messages, normal, normal_next, bulk, bulk_next FROM used",
    )?;
    let rows = all.query_map([], |row| {
        let used = Used {
            day: UnixMillis(row.get(1)?),
            messages: row.get(2)?,
            normal: places(row, 3)?,
            bulk: places(row, 5)?,
        };
        Ok((AgencyKey(row.get(0)?), used))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Two columns from this one on.
fn places(row: &Row<'_>, column: usize) -> rusqlite::Result<Places> {
    Ok(Places {
        today: UnixMillis(row.get(column)?),
        next: UnixMillis(row.get(column + 1)?),
    })
}
