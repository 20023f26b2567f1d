//! How much agencies have used of their daily quotas: a row for each that has one.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};

use crate::clock::UnixMillis;
use crate::journal::{AgencyKey, JournalError, OnDay, Places, Used};

pub(super) fn write(db: &Connection, used: &[(AgencyKey, Used)]) -> Result<(), JournalError> {
    for (agency, used) in used {
        db.prepare_cached(
            "INSERT OR REPLACE INTO used (agency, day, messages, normal, normal_next, bulk, bulk_next, \
             normal_waiting, normal_next_waiting, bulk_waiting, bulk_next_waiting, campaigns, full) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            agency.0,
            used.day.0,
            used.messages,
            used.normal.today.last.0,
            used.normal.next.last.0,
            used.bulk.today.last.0,
            used.bulk.next.last.0,
            used.normal.today.waiting,
            used.normal.next.waiting,
            used.bulk.today.waiting,
            used.bulk.next.waiting,
            days(&used.campaigns),
            used.full.iter().map(|it| u8::from(*it)).collect::<Vec<u8>>()
        ])?;
    }
    Ok(())
}

pub(super) fn read(db: &Connection) -> Result<BTreeMap<AgencyKey, Used>, JournalError> {
    let mut all = db.prepare_cached(
        "SELECT agency, day, messages, normal, normal_next, bulk, bulk_next, \
         normal_waiting, normal_next_waiting, bulk_waiting, bulk_next_waiting, campaigns, full FROM used",
    )?;
    let rows = all.query_map([], |row| {
        let used = Used {
            day: UnixMillis(row.get(1)?),
            messages: row.get(2)?,
            normal: places(row, 3)?,
            bulk: places(row, 5)?,
            campaigns: on_days(row.get_ref(11)?.as_blob()?),
            full: row
                .get_ref(12)?
                .as_blob()?
                .iter()
                .map(|it| *it > 0)
                .collect(),
        };
        Ok((AgencyKey(row.get(0)?), used))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Two columns from this one on, and the two that belong to them.
fn places(row: &Row<'_>, column: usize) -> rusqlite::Result<Places> {
    let on = |column| -> rusqlite::Result<OnDay> {
        Ok(OnDay {
            last: UnixMillis(row.get(column)?),
            waiting: row.get(column + 4)?,
        })
    };
    Ok(Places {
        today: on(column)?,
        next: on(column + 1)?,
    })
}

/// Four octets a day.
fn days(on: &[u32]) -> Vec<u8> {
    on.iter().flat_map(|count| count.to_be_bytes()).collect()
}

fn on_days(octets: &[u8]) -> Vec<u32> {
    let (days, _) = octets.as_chunks();
    days.iter()
        .map(|count| u32::from_be_bytes(*count))
        .collect()
}
