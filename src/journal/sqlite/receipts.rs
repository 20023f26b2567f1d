//! Segments that await a receipt, and receipts that await their segment.

use std::collections::HashSet;

use rusqlite::{Connection, Row, params};

use super::rows::{AFTER_MESSAGE, message, message_columns, number, ordered, text};
use crate::clock::UnixMillis;
use crate::journal::{Awaiting, HeldReceipt, JournalError, Message, MessageId, OperatorId};

/// Keeps that a segment awaits its receipt.
pub(super) fn await_receipt(db: &Connection, awaiting: &Awaiting) -> Result<(), JournalError> {
    let mut insert = db.prepare_cached(
        "INSERT INTO awaiting (operator, smsc_id, message, segment, at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    insert.execute(params![
        awaiting.operator.0,
        &*awaiting.smsc_id,
        ordered(awaiting.message.0),
        awaiting.segment,
        awaiting.at.0,
    ])?;
    Ok(())
}

/// The segments of a message await no receipt any more.
pub(super) fn await_no_more(db: &Connection, message: MessageId) -> Result<(), JournalError> {
    db.prepare_cached("DELETE FROM awaiting WHERE message = ?1")?
        .execute([ordered(message.0)])?;
    Ok(())
}

/// Segments that an operator accepted under one of these ids, each with its message.
pub(super) fn awaiting(
    db: &Connection,
    operator: OperatorId,
    smsc_ids: &[&str],
) -> Result<Vec<(Awaiting, Message)>, JournalError> {
    let mut awaiting = db.prepare_cached(concat!(
        "SELECT ",
        message_columns!(),
        ", a.segment, a.at FROM awaiting a INDEXED BY awaiting_smsc_id JOIN messages m ON m.id = a.message \
         WHERE a.operator = ?1 AND a.smsc_id = ?2 ORDER BY a.arrival"
    ))?;
    let mut found = Vec::new();
    for smsc_id in distinct(smsc_ids) {
        let mut rows = awaiting.query(params![operator.0, smsc_id])?;
        while let Some(row) = rows.next()? {
            let message = message(row)?;
            let (segment, at) = (
                row.get(AFTER_MESSAGE)?,
                UnixMillis(row.get(AFTER_MESSAGE + 1)?),
            );
            let awaiting = Awaiting {
                operator,
                smsc_id: smsc_id.into(),
                message: message.id,
                segment,
                at,
            };
            found.push((awaiting, message));
        }
    }
    Ok(found)
}

/// Messages with a segment accepted at or before this time that awaits its receipt, oldest first.
pub(super) fn unreceipted(
    db: &Connection,
    before: UnixMillis,
    limit: usize,
) -> Result<Vec<Message>, JournalError> {
    // Later arrivals are never older: the first that is too young ends the search.
    let mut oldest = db.prepare_cached(concat!(
        "SELECT ",
        message_columns!(),
        ", a.at FROM awaiting a JOIN messages m ON m.id = a.message ORDER BY a.arrival"
    ))?;
    let mut rows = oldest.query([])?;
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    while found.len() < limit
        && let Some(row) = rows.next()?
        && row.get::<_, i64>(AFTER_MESSAGE)? <= before.0
    {
        if seen.insert(number(row, 0)?) {
            found.push(message(row)?);
        }
    }
    Ok(found)
}

/// Keeps a receipt that matches nothing yet.
pub(super) fn hold(db: &Connection, number: u64, held: &HeldReceipt) -> Result<(), JournalError> {
    let mut insert = db.prepare_cached(
        "INSERT INTO held (number, operator, smsc_id, at, octets) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    insert.execute(params![
        ordered(number),
        held.operator.0,
        &*held.smsc_id,
        held.at.0,
        &*held.octets
    ])?;
    Ok(())
}

/// Drops a held receipt.
pub(super) fn release(db: &Connection, number: u64) -> Result<(), JournalError> {
    db.prepare_cached("DELETE FROM held WHERE number = ?1")?
        .execute([ordered(number)])?;
    Ok(())
}

/// Drops some receipts that were held at or before this time, oldest first.
pub(super) fn forget_held(
    db: &Connection,
    before: UnixMillis,
    limit: i64,
) -> Result<(), JournalError> {
    db.prepare_cached(
        "DELETE FROM held WHERE number IN \
         (SELECT number FROM (SELECT number, at FROM held ORDER BY number LIMIT ?2) WHERE at <= ?1)",
    )?
    .execute(params![before.0, limit])?;
    Ok(())
}

/// Receipts held under one of these ids, each with its number.
pub(super) fn held(
    db: &Connection,
    operator: OperatorId,
    smsc_ids: &[&str],
) -> Result<Vec<(u64, HeldReceipt)>, JournalError> {
    let mut held = db.prepare_cached(
        "SELECT number, smsc_id, at, octets FROM held INDEXED BY held_smsc_id \
         WHERE operator = ?1 AND smsc_id = ?2 ORDER BY number",
    )?;
    let mut found = Vec::new();
    for smsc_id in distinct(smsc_ids) {
        for receipt in held.query_and_then(params![operator.0, smsc_id], |row| {
            held_receipt(row, operator)
        })? {
            found.push(receipt?);
        }
    }
    Ok(found)
}

fn held_receipt(row: &Row<'_>, operator: OperatorId) -> Result<(u64, HeldReceipt), JournalError> {
    let octets: Vec<u8> = row.get(3)?;
    let held = HeldReceipt {
        operator,
        smsc_id: text(row, 1)?.into(),
        at: UnixMillis(row.get(2)?),
        octets: octets.into(),
    };
    Ok((number(row, 0)?, held))
}

/// Each id once, in the order asked.
fn distinct<'a>(smsc_ids: &[&'a str]) -> impl Iterator<Item = &'a str> {
    let mut seen = HashSet::new();
    smsc_ids
        .iter()
        .copied()
        .filter(move |smsc_id| seen.insert(*smsc_id))
}
