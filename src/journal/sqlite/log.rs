//! What each commit changed, one row a commit.
//!
//! A commit is durable once its row is. What the rows say stands in memory as well, until it is written
//! out into the tables; at a start they are read again. Readers beside the writer read them too.

use rusqlite::{Connection, params};
use xabar_events::Msisdn;

use super::corrupt;
use super::memory::Past;
use super::packed::Packed;
use super::stored::{self, Stored, from_octets};
use crate::clock::UnixMillis;
use crate::journal::{
    Awaiting, Changes, JournalError, Message, MessageId, Progress, SubscriberFacts, ThreadFacts,
    ThreadKey,
};

/// One thing that a commit changed.
#[derive(Debug)]
pub(super) enum Record {
    Accepted(Message),
    /// In a phase that it entered then.
    Progressed(MessageId, UnixMillis, Progress),
    /// The same with what was asked: where that is said now will soon not be there.
    Carried(Message, UnixMillis),
    Thread(ThreadKey, ThreadFacts),
    Subscriber(Msisdn, SubscriberFacts),
    Awaiting(Awaiting),
}

const ACCEPTED: u8 = 1;
const PROGRESSED: u8 = 2;
const THREAD: u8 = 3;
const SUBSCRIBER: u8 = 4;
const AWAITING: u8 = 5;
const CARRIED: u8 = 6;

/// Appends what a commit changes under the next number; `records` is room for it, used again each time.
pub(super) fn append(
    db: &Connection,
    number: i64,
    changes: &Changes,
    accepted: &[Packed],
    progressed: &[(Packed, Past)],
    records: &mut Vec<u8>,
) -> Result<(), JournalError> {
    records.clear();
    let mut body = Vec::with_capacity(512);
    let mut put = |tag: u8, write: &dyn Fn(&mut Vec<u8>)| {
        body.clear();
        write(&mut body);
        records.push(tag);
        stored::len(body.len(), records);
        records.extend_from_slice(&body);
    };
    for message in accepted {
        put(ACCEPTED, &|out| {
            message.id.write(out);
            out.extend_from_slice(&message.origin);
            out.extend_from_slice(&message.progress);
        });
    }
    for (message, past) in progressed {
        put(if past.carry { CARRIED } else { PROGRESSED }, &|out| {
            message.id.write(out);
            past.since.write(out);
            if past.carry {
                out.extend_from_slice(&message.origin);
            }
            out.extend_from_slice(&message.progress);
        });
    }
    for (key, facts) in &changes.threads {
        put(THREAD, &|out| {
            key.write(out);
            facts.attempted.write(out);
            facts.waiting.write(out);
        });
    }
    for (msisdn, facts) in &changes.subscribers {
        put(SUBSCRIBER, &|out| {
            msisdn.write(out);
            facts.write(out);
        });
    }
    for awaiting in &changes.awaiting {
        put(AWAITING, &|out| awaiting.write(out));
    }
    db.prepare_cached("INSERT INTO log (number, at, records) VALUES (?1, ?2, ?3)")?
        .execute(params![number, changes.at.0, &records[..]])?;
    Ok(())
}

/// The number of the last row, or 0.
pub(super) fn last(db: &Connection) -> Result<i64, JournalError> {
    Ok(
        db.query_row("SELECT coalesce(max(number), 0) FROM log", [], |row| {
            row.get(0)
        })?,
    )
}

/// Whether any of it was written at or before this time.
pub(super) fn begins_by(db: &Connection, time: UnixMillis) -> Result<bool, JournalError> {
    let mut first = db.prepare_cached("SELECT at <= ?1 FROM log ORDER BY number LIMIT 1")?;
    let mut rows = first.query([time.0])?;
    Ok(rows
        .next()?
        .map(|row| row.get(0))
        .transpose()?
        .unwrap_or(false))
}

/// Drops the rows up to this one, now that the tables say it all.
pub(super) fn drop_up_to(db: &Connection, number: i64) -> Result<(), JournalError> {
    db.prepare_cached("DELETE FROM log WHERE number <= ?1")?
        .execute([number])?;
    Ok(())
}

/// Reads the log from its beginning: what concerns one message, or all of it.
pub(super) fn replay(
    db: &Connection,
    only: Option<MessageId>,
    mut record: impl FnMut(UnixMillis, Record) -> Result<(), JournalError>,
) -> Result<(), JournalError> {
    let mut all = db.prepare_cached("SELECT at, records FROM log ORDER BY number")?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        let at = UnixMillis(row.get(0)?);
        let mut records = row.get_ref(1)?.as_blob().map_err(|_| damaged())?;
        while !records.is_empty() {
            let (tag, body) = next(&mut records).ok_or_else(damaged)?;
            if only.is_none_or(|id| concerns(tag, body, id)) {
                record(at, read(tag, body).ok_or_else(damaged)?)?;
            }
        }
    }
    Ok(())
}

fn next<'a>(records: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let tag = u8::read(records)?;
    let len = stored::read_len(records)?;
    Some((tag, records.split_off(..len)?))
}

fn concerns(tag: u8, mut body: &[u8], id: MessageId) -> bool {
    matches!(tag, ACCEPTED | PROGRESSED | CARRIED) && MessageId::read(&mut body) == Some(id)
}

fn read(tag: u8, mut body: &[u8]) -> Option<Record> {
    let octets = &mut body;
    let record = match tag {
        ACCEPTED => {
            MessageId::read(octets)?;
            let origin = Stored::read(octets)?;
            Record::Accepted(Message::new(origin, Stored::read(octets)?))
        }
        CARRIED => {
            MessageId::read(octets)?;
            let since = Stored::read(octets)?;
            let origin = Stored::read(octets)?;
            Record::Carried(Message::new(origin, Stored::read(octets)?), since)
        }
        PROGRESSED => {
            let (id, since) = (Stored::read(octets)?, Stored::read(octets)?);
            Record::Progressed(id, since, Stored::read(octets)?)
        }
        THREAD => {
            let key = Stored::read(octets)?;
            let (attempted, waiting) = (Stored::read(octets)?, Stored::read(octets)?);
            Record::Thread(key, ThreadFacts { attempted, waiting })
        }
        SUBSCRIBER => Record::Subscriber(Stored::read(octets)?, Stored::read(octets)?),
        AWAITING => return from_octets(body, "a segment").ok().map(Record::Awaiting),
        _ => return None,
    };
    octets.is_empty().then_some(record)
}

fn damaged() -> JournalError {
    corrupt("a log")
}
