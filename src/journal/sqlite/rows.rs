//! Messages as rows of a table, and back.

use rusqlite::{Connection, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use xabar_events::{Agency, EventKey, Msisdn, Priority, State};

use crate::clock::UnixMillis;
use crate::journal::{
    Attempt, JournalError, Message, MessageId, OperatorId, Origin, Phase, Progress, ThreadKey,
};

/// What [`message`] reads, from a table called `m`.
macro_rules! message_columns {
    () => {
        "m.id, m.agency, m.event, m.application, m.msisdn, m.thread, m.priority, m.time, \
         m.accepted_at, m.not_before, m.expires, m.phase, m.operator, m.due, m.attempt, m.history, \
         m.traceparent, m.content"
    };
}
/// Where columns added after [`message_columns`] begin.
pub(super) const AFTER_MESSAGE: usize = 18;
pub(super) use message_columns;

/// Reads a row of [`message_columns`].
pub(super) fn message(row: &Row<'_>) -> Result<Message, JournalError> {
    let origin = Origin {
        id: MessageId(number(row, 0)?),
        key: key(row, 1, 2)?,
        application: text(row, 3)?.into(),
        msisdn: Msisdn::from_u64(number(row, 4)?).ok_or(corrupt("an MSISDN"))?,
        thread: ThreadKey(row.get::<_, i64>(5)?.cast_unsigned()),
        priority: Priority::from_code(row.get(6)?).ok_or(corrupt("a priority"))?,
        time: UnixMillis(row.get(7)?),
        accepted_at: UnixMillis(row.get(8)?),
        not_before: row.get::<_, Option<i64>>(9)?.map(UnixMillis),
        expires: UnixMillis(row.get(10)?),
        traceparent: optional_text(row, 16)?.map(Into::into),
        content: from_json(text(row, 17)?, "a content")?,
    };
    let progress = Progress {
        phase: phase_of(row.get(11)?)?,
        operator: OperatorId(row.get(12)?),
        due: UnixMillis(row.get(13)?),
        attempt: attempt(row, 14)?,
        history: from_json(text(row, 15)?, "a history")?,
    };
    Ok(Message::new(origin, progress))
}

/// One message by its id.
pub(super) fn message_by_id(
    db: &Connection,
    id: MessageId,
) -> Result<Option<Message>, JournalError> {
    let sql = concat!(
        "SELECT ",
        message_columns!(),
        " FROM messages m WHERE m.id = ?1"
    );
    let mut found = db.prepare_cached(sql)?;
    found
        .query_and_then([ordered(id.0)], message)?
        .next()
        .transpose()
}

/// Writes a message that is new at this time.
pub(super) fn insert(
    db: &Connection,
    message: &Message,
    at: UnixMillis,
) -> Result<(), JournalError> {
    let progress = &message.progress;
    let mut insert = db.prepare_cached(
        "INSERT INTO messages (id, phase, state, operator, priority, due, expires, not_before, time, \
         accepted_at, settled_at, thread, msisdn, agency, event, application, attempt, history, content, traceparent) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
    )?;
    insert.execute(params![
        ordered(message.id.0),
        phase_code(progress.phase),
        state_code(progress),
        progress.operator.0,
        message.priority.code(),
        progress.due.0,
        message.expires.0,
        message.not_before.map(|time| time.0),
        message.time.0,
        message.accepted_at.0,
        settled_at(progress, at),
        message.thread.0.cast_signed(),
        ordered(message.msisdn.as_u64()),
        message.key.agency.name(),
        message.key.id.as_str(),
        &*message.application,
        attempt_json(&progress.attempt)?,
        to_json(&progress.history)?,
        to_json(&message.content)?,
        message.traceparent.as_deref(),
    ])?;
    Ok(())
}

/// Writes how far a message has come by this time.
pub(super) fn update(
    db: &Connection,
    message: &Message,
    at: UnixMillis,
) -> Result<(), JournalError> {
    let progress = &message.progress;
    let mut update = db.prepare_cached(
        "UPDATE messages SET phase = ?2, state = ?3, operator = ?4, due = ?5, settled_at = ?6, \
         attempt = ?7, history = ?8 WHERE id = ?1",
    )?;
    let updated = update.execute(params![
        ordered(message.id.0),
        phase_code(progress.phase),
        state_code(progress),
        progress.operator.0,
        progress.due.0,
        settled_at(progress, at),
        attempt_json(&progress.attempt)?,
        to_json(&progress.history)?,
    ])?;
    match updated {
        1 => Ok(()),
        _ => Err(JournalError::Refused {
            what: "progress of a message that it does not hold",
        }),
    }
}

/// The last state told, as a code; 0 before the first.
pub(super) fn state_code(progress: &Progress) -> u8 {
    progress.history.last().map_or(0, |told| told.state.code())
}

/// The state with a code that [`state_code`] gave.
pub(super) fn state_of(code: u8) -> Result<State, JournalError> {
    State::from_code(code).ok_or(corrupt("a state"))
}

/// The event key in two columns: agency and event id.
pub(super) fn key(row: &Row<'_>, agency: usize, event: usize) -> Result<EventKey, JournalError> {
    Ok(EventKey {
        agency: Agency::from_name(text(row, agency)?).map_err(|_| corrupt("an agency"))?,
        id: text(row, event)?
            .parse()
            .map_err(|_| corrupt("an event id"))?,
    })
}

/// A column's text, without a copy.
pub(super) fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str, JournalError> {
    row.get_ref(column)?.as_str().map_err(|_| corrupt("a text"))
}

/// A column's text or null, without a copy.
fn optional_text<'r>(row: &'r Row<'_>, column: usize) -> Result<Option<&'r str>, JournalError> {
    let value = row.get_ref(column)?.as_str_or_null();
    value.map_err(|_| corrupt("a text"))
}

/// A column that holds an id or another number never below zero.
pub(super) fn number(row: &Row<'_>, column: usize) -> Result<u64, JournalError> {
    row.get::<_, i64>(column)?
        .try_into()
        .map_err(|_| corrupt("a number below zero"))
}

/// A number as SQLite orders it. What exceeds its range stays the largest.
pub(super) fn ordered(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A limit as SQLite takes it.
pub(super) fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

pub(super) fn corrupt(what: &'static str) -> JournalError {
    JournalError::Corrupt { what }
}

fn settled_at(progress: &Progress, at: UnixMillis) -> Option<i64> {
    (progress.phase == Phase::Settled).then_some(at.0)
}

fn attempt(row: &Row<'_>, column: usize) -> Result<Attempt, JournalError> {
    match optional_text(row, column)? {
        Some(json) => from_json(json, "an attempt"),
        None => Ok(Attempt::default()),
    }
}

fn attempt_json(attempt: &Attempt) -> Result<Option<String>, JournalError> {
    if *attempt == Attempt::default() {
        Ok(None)
    } else {
        to_json(attempt).map(Some)
    }
}

fn to_json<T: Serialize>(value: &T) -> Result<String, JournalError> {
    serde_json::to_string(value).map_err(|_| JournalError::Refused {
        what: "a value without a JSON form",
    })
}

fn from_json<T: DeserializeOwned>(json: &str, what: &'static str) -> Result<T, JournalError> {
    serde_json::from_str(json).map_err(|_| corrupt(what))
}

/// The codes that schema.sql names, in its indexes too.
fn phase_code(phase: Phase) -> u8 {
    match phase {
        Phase::Waiting => 0,
        Phase::InFlight => 1,
        Phase::Submitted => 2,
        Phase::Settled => 3,
    }
}

fn phase_of(code: u8) -> Result<Phase, JournalError> {
    match code {
        0 => Ok(Phase::Waiting),
        1 => Ok(Phase::InFlight),
        2 => Ok(Phase::Submitted),
        3 => Ok(Phase::Settled),
        _ => Err(corrupt("a phase")),
    }
}
