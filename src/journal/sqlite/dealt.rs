//! How far the times of campaigns are dealt out: a row for each.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use crate::clock::UnixMillis;
use crate::journal::{Dealt, JournalError, SpreadKey};

pub(super) fn write(db: &Connection, dealt: &[(SpreadKey, Dealt)]) -> Result<(), JournalError> {
    for (spread, dealt) in dealt {
        db.prepare_cached(
            "INSERT OR REPLACE INTO dealt (spread, arrival, last, late, own) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            spread.0,
            dealt.arrival.0,
            dealt.last.0,
            dealt.late.0,
            dealt.own.0
        ])?;
    }
    Ok(())
}

pub(super) fn read(db: &Connection) -> Result<BTreeMap<SpreadKey, Dealt>, JournalError> {
    let mut all = db.prepare_cached("SELECT spread, arrival, last, late, own FROM dealt")?;
    let rows = all.query_map([], |row| {
        let dealt = Dealt {
            arrival: UnixMillis(row.get(1)?),
            last: UnixMillis(row.get(2)?),
            late: UnixMillis(row.get(3)?),
            own: UnixMillis(row.get(4)?),
        };
        Ok((SpreadKey(row.get(0)?), dealt))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
