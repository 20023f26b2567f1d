//! Segments that await a receipt, and receipts that await their segment.

use rusqlite::{Connection, Row, Rows, params};
use rustc_hash::FxHashMap;
use xabar_events::Msisdn;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::held_ids::HeldIds;
use super::index::{Askers, Horizon, Value, reading};
use super::log::{self, Record};
use super::memory::Memory;
use super::rows::{self, number, ordered, text};
use super::stored::{Stored, stored};
use crate::clock::UnixMillis;
use crate::journal::{
    Awaiting, HeldReceipt, JournalError, MOST_READ, MOST_USES, Meant, Message, MessageId,
    OperatorId,
};

stored!(Awaiting {
    message,
    operator,
    smsc_id,
    segment,
    at
});

/// The index of segments that await a receipt.
impl Value for Awaiting {
    const TREE: u8 = 4;
    /// Receipts that come late are few, and what they seek is there.
    const ASKED_BY: Askers = Askers::Messages { filter_bits: 14 };
    const MOST_OF_A_KEY: usize = MOST_USES;

    fn is_over(mut octets: &[u8], horizon: &Horizon) -> bool {
        MessageId::read(&mut octets).is_some_and(|message| message < horizon.oldest)
    }
}

/// The key of an operator's id in its index.
pub(super) fn key(operator: OperatorId, smsc_id: &str) -> u64 {
    xxh3_64_with_seed(smsc_id.as_bytes(), operator.0.into())
}

impl Memory {
    /// Segments that an operator accepted under one of these ids, each with its message.
    pub(super) fn awaiting(
        &self,
        db: &Connection,
        operator: OperatorId,
        smsc_ids: &[&str],
        meant: &Meant<'_>,
    ) -> Result<Vec<(Awaiting, Message)>, JournalError> {
        let mut found = Vec::new();
        for smsc_id in distinct(smsc_ids) {
            let mut under = self.accepted_under(db, operator, smsc_id, meant)?;
            under.sort_by_key(|(awaiting, _)| age(awaiting));
            found.append(&mut under);
        }
        Ok(found)
    }

    /// The same under one id, the newest first. A message in memory is read only if it went to one who may be meant. Once one
    /// surely is meant, what is not in memory any more is not read: it went out thousands of messages before.
    fn accepted_under(
        &self,
        db: &Connection,
        operator: OperatorId,
        smsc_id: &str,
        meant: &Meant<'_>,
    ) -> Result<Vec<(Awaiting, Message)>, JournalError> {
        const ENOUGH: Result<Option<()>, JournalError> = Ok(Some(()));
        let mut under = Vec::new();
        let (mut uses, mut read, mut is_found) = (0, 0, false);
        let key = key(operator, smsc_id);
        self.awaiting.search(db, key, |awaiting: Awaiting| {
            if awaiting.operator != operator || *awaiting.smsc_id != *smsc_id {
                return Ok(None);
            }
            if uses == MOST_USES || read == MOST_READ {
                return ENOUGH;
            }
            uses += 1;
            match self.recent.get(awaiting.message) {
                Some(packed) if !(meant.is_to)(packed.msisdn) => return Ok(None),
                None if is_found => return ENOUGH,
                _ => read += 1,
            }
            let message = self.message(db, awaiting.message)?;
            if let Some(message) = message.filter(|it| (meant.is_to)(it.msisdn)) {
                is_found |= (meant.is_it)(&awaiting, &message);
                under.push((awaiting, message));
            }
            Ok(None)
        })?;
        Ok(under)
    }
}

/// Keeps a receipt that matches nothing yet.
pub(super) fn hold(
    db: &Connection,
    ids: &mut HeldIds,
    number: u64,
    held: &HeldReceipt,
) -> Result<(), JournalError> {
    let mut insert = db.prepare_cached(
        "INSERT INTO held (number, operator, smsc_id, last_digits, at, octets) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    insert.execute(params![
        ordered(number),
        held.operator.0,
        &*held.smsc_id,
        held.last_digits,
        held.at.0,
        &*held.octets
    ])?;
    ids.add(held.operator, &held.smsc_id);
    Ok(())
}

/// Drops a held receipt.
pub(super) fn release(db: &Connection, ids: &mut HeldIds, number: u64) -> Result<(), JournalError> {
    let mut release =
        db.prepare_cached("DELETE FROM held WHERE number = ?1 RETURNING operator, smsc_id")?;
    dropped(release.query([ordered(number)])?, ids)?;
    Ok(())
}

/// Drops some receipts that were held at or before this time, oldest first; says how many.
pub(super) fn forget_held(
    db: &Connection,
    ids: &mut HeldIds,
    before: UnixMillis,
    limit: i64,
) -> Result<usize, JournalError> {
    let mut forget = db.prepare_cached(
        "DELETE FROM held WHERE number IN \
         (SELECT number FROM (SELECT number, at FROM held ORDER BY number LIMIT ?2) WHERE at <= ?1) \
         RETURNING operator, smsc_id",
    )?;
    dropped(forget.query(params![before.0, limit])?, ids)
}

/// Notes which receipts are held no more; how many.
fn dropped(mut rows: Rows<'_>, ids: &mut HeldIds) -> Result<usize, JournalError> {
    let mut count = 0;
    while let Some(row) = rows.next()? {
        ids.remove(OperatorId(row.get(0)?), text(row, 1)?);
        count += 1;
    }
    Ok(count)
}

/// Receipts held under one of these ids, the newest of each, with their numbers.
pub(super) fn held(
    db: &Connection,
    operator: OperatorId,
    smsc_ids: &[&str],
) -> Result<Vec<(u64, HeldReceipt)>, JournalError> {
    let mut held = db.prepare_cached(
        "SELECT number, smsc_id, last_digits, at, octets FROM held INDEXED BY held_smsc_id \
         WHERE operator = ?1 AND smsc_id = ?2 ORDER BY number DESC LIMIT ?3",
    )?;
    let mut found = Vec::new();
    for smsc_id in distinct(smsc_ids) {
        let from = found.len();
        let newest = params![operator.0, smsc_id, rows::rows(MOST_READ)];
        for receipt in held.query_and_then(newest, |row| held_receipt(row, operator))? {
            found.push(receipt?);
        }
        // In the order in which they came.
        found.get_mut(from..).unwrap_or_default().reverse();
    }
    Ok(found)
}

/// Receipts held that name a number with these last digits, each with its number.
pub(super) fn held_for(
    db: &Connection,
    operator: OperatorId,
    last_digits: u32,
) -> Result<Vec<(u64, HeldReceipt)>, JournalError> {
    let mut held = db.prepare_cached(
        "SELECT number, smsc_id, last_digits, at, octets FROM held INDEXED BY held_last_digits \
         WHERE operator = ?1 AND last_digits = ?2 ORDER BY number",
    )?;
    held.query_and_then(params![operator.0, last_digits], |row| {
        held_receipt(row, operator)
    })?
    .collect()
}

/// Receipts held that name a subscriber, of whichever operator, each with its number. Reads all that are held.
pub(super) fn held_of(
    db: &Connection,
    msisdn: Msisdn,
    last_digits: u32,
) -> Result<Vec<(u64, HeldReceipt)>, JournalError> {
    let mut held = db.prepare_cached(
        "SELECT number, smsc_id, last_digits, at, octets, operator FROM held WHERE last_digits = ?1 ORDER BY number",
    )?;
    let found = held.query_and_then([last_digits], |row| {
        held_receipt(row, OperatorId(row.get(5)?))
    })?;
    let found: Vec<_> = found.collect::<Result<_, _>>()?;
    let names = |(_, receipt): &(u64, HeldReceipt)| receipt.names(msisdn);
    Ok(found.into_iter().filter(names).collect())
}

fn held_receipt(row: &Row<'_>, operator: OperatorId) -> Result<(u64, HeldReceipt), JournalError> {
    let octets: Vec<u8> = row.get(4)?;
    let held = HeldReceipt {
        operator,
        smsc_id: text(row, 1)?.into(),
        last_digits: row.get(2)?,
        at: UnixMillis(row.get(3)?),
        octets: octets.into(),
    };
    Ok((number(row, 0)?, held))
}

/// The segments that an operator accepted, for a reader: for each question the first of its ids that is known, the newest
/// under that.
pub(super) fn accepted_as(
    db: &Connection,
    questions: &[(OperatorId, Vec<String>)],
) -> Result<Vec<Option<Awaiting>>, JournalError> {
    let mut recent: FxHashMap<u64, Vec<Awaiting>> = FxHashMap::default();
    log::replay(db, None, |_, record| {
        if let Record::Awaiting(awaiting) = record {
            let key = key(awaiting.operator, &awaiting.smsc_id);
            recent.entry(key).or_default().push(awaiting);
        }
        Ok(())
    })?;
    let find = |(operator, ids): &(OperatorId, Vec<String>)| {
        for id in ids {
            let key = key(*operator, id);
            let is_it = |it: &Awaiting| it.operator == *operator && *it.smsc_id == **id;
            let mut all = recent.get(&key).cloned().unwrap_or_default();
            reading::find(db, Awaiting::TREE, key, |it| all.push(it))?;
            // An operator may give an id again.
            let found = all.into_iter().filter(is_it).max_by_key(age);
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    };
    questions.iter().map(find).collect()
}

/// The later one of two is larger.
fn age(awaiting: &Awaiting) -> (UnixMillis, MessageId, u8) {
    (awaiting.at, awaiting.message, awaiting.segment)
}

/// Each id once, in the order asked.
pub(super) fn distinct<'a>(smsc_ids: &[&'a str]) -> impl Iterator<Item = &'a str> {
    let is_first = |(index, smsc_id): &(usize, &&str)| {
        let before = smsc_ids.get(..*index).unwrap_or_default();
        !before.contains(smsc_id)
    };
    smsc_ids
        .iter()
        .enumerate()
        .filter(is_first)
        .map(|(_, smsc_id)| *smsc_id)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::open;
    use super::super::tests::hurry;
    use super::*;
    use crate::journal::conformance::{awaiting, commit};
    use crate::journal::sample::{OPERATOR, msisdn, waiting};
    use crate::journal::{Changes, Journal as _};
    use crate::scratch::Folder;

    /// What is found of messages that were all accepted under one id, in memory or not; and how many were read to know.
    fn found_of_many(in_memory: bool, to: Option<u64>, surely: u64) -> (Vec<u64>, usize) {
        let folder = Folder::new();
        let mut journal = open(&folder.path("xabar.db")).unwrap();
        if !in_memory {
            hurry(&mut journal);
        }
        for number in 1..=100 {
            let changes = Changes {
                accepted: vec![waiting(number)],
                awaiting: vec![awaiting(number, 0, "A1", 10)],
                ..Changes::default()
            };
            commit(&mut journal, changes);
        }
        let read = Cell::new(0);
        let meant = Meant {
            is_to: &|it| to.is_none_or(|to| it == msisdn(to)),
            is_it: &|_, message| {
                read.set(read.get() + 1);
                message.id.0 == surely
            },
        };
        let found = journal.awaiting(OPERATOR, &["A1"], &meant).unwrap();
        let found = found.into_iter().map(|(_, message)| message.id.0);
        (found.collect(), read.get())
    }

    #[test]
    fn what_went_to_others_is_not_read_while_it_is_in_memory() {
        assert_eq!(found_of_many(true, Some(20), 20), (vec![20], 1));
    }

    #[test]
    fn once_one_surely_is_meant_what_is_in_memory_is_read_all_the_same() {
        let newest: Vec<_> = (101 - MOST_READ as u64..=100).collect();
        assert_eq!(found_of_many(true, None, 100), (newest, MOST_READ));
    }

    #[test]
    fn once_one_surely_is_meant_what_is_not_in_memory_is_not_read() {
        let (found, read) = found_of_many(false, None, 100);
        assert_eq!(found.last(), Some(&100));
        assert!(read < 5, "{read}");
    }
}
