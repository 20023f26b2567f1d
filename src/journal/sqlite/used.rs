//! How much agencies have used of their daily quotas: a row for each that has one.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use crate::clock::UnixMillis;
use crate::journal::{AgencyKey, JournalError, Used};

pub(super) fn write(db: &Connection, used: &[(AgencyKey, Used)]) -> Result<(), JournalError> {
    for (agency, used) in used {
        db.prepare_cached(
            "INSERT OR REPLACE INTO used (agency, day, messages, put_off) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![agency.0, used.day.0, used.messages, used.put_off])?;
    }
    Ok(())
}

pub(super) fn read(db: &Connection) -> Result<BTreeMap<AgencyKey, Used>, JournalError> {
    let mut all = db.prepare_cached("SELECT agency, day, messages, put_off FROM used")?;
    let rows = all.query_map([], |row| {
        let used = Used {
            day: UnixMillis(row.get(1)?),
            messages: row.get(2)?,
            put_off: row.get(3)?,
        };
        Ok((AgencyKey(row.get(0)?), used))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
