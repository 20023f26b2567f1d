//! Finds messages for people: by event id, application or MSISDN.
//!
//! There are three entries for each message and hardly a question, so their runs are seldom merged: an entry is copied
//! once or twice in all, and a question looks into some dozen runs, a page each.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use rusqlite::Connection;
use xabar_events::Msisdn;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::index::{Askers, Horizon, Value, reading};
use super::log::{self, Record};
use super::stored::{Stored, stored};
use super::{every, rows};
use crate::journal::{JournalError, Message, MessageId, Question};

/// A message that is found under a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) message: MessageId,
}

stored!(Found { message });

impl Value for Found {
    const TREE: u8 = 5;
    const ASKED_BY: Askers = Askers::People;
    /// Nobody looks at more of one application or number; an agency that names all its messages alike shall not fill memory.
    const MOST_OF_A_KEY: usize = 1000;

    fn is_over(octets: &[u8], horizon: &Horizon) -> bool {
        MessageId::is_over(octets, horizon)
    }
}

/// Under which keys a message is found.
pub(super) fn keys(message: &Message) -> [u64; 3] {
    [
        of_event(message.key.id.as_str()),
        of_application(&message.application),
        of_msisdn(message.msisdn),
    ]
}

/// Messages that answer a question, oldest first. Asked for a state only, it reads them all.
pub(super) fn find(
    db: &Connection,
    question: &Question,
    limit: usize,
) -> Result<Vec<Message>, JournalError> {
    let key = if let Some(event) = &question.event {
        of_event(event)
    } else if let Some(application) = &question.application {
        of_application(application)
    } else if let Some(msisdn) = question.msisdn {
        of_msisdn(msisdn)
    } else {
        return read_all(db, question, limit);
    };
    let recent = recent(db)?;
    let mut candidates: Vec<MessageId> = recent.keys().copied().collect();
    reading::find(db, Found::TREE, key, |Found { message }| {
        candidates.push(message);
    })?;
    candidates.sort_unstable();
    candidates.dedup();
    let mut found = Vec::new();
    for id in candidates {
        let message = match recent.get(&id) {
            Some(message) => Some(message.clone()),
            None => rows::by_id(db, id)?.map(|(message, _)| message),
        };
        found.extend(message.filter(|message| answers(message, question)));
        if found.len() == limit {
            break;
        }
    }
    Ok(found)
}

/// The messages that the log speaks of, as they stand.
pub(super) fn recent(db: &Connection) -> Result<BTreeMap<MessageId, Message>, JournalError> {
    let mut recent = BTreeMap::new();
    log::replay(db, None, |_, record| take(db, &mut recent, record))?;
    Ok(recent)
}

/// One message as it stands.
pub(super) fn message(db: &Connection, id: MessageId) -> Result<Option<Message>, JournalError> {
    let mut recent = BTreeMap::new();
    log::replay(db, Some(id), |_, record| take(db, &mut recent, record))?;
    match recent.remove(&id) {
        Some(message) => Ok(Some(message)),
        None => Ok(rows::by_id(db, id)?.map(|(message, _)| message)),
    }
}

fn take(
    db: &Connection,
    recent: &mut BTreeMap<MessageId, Message>,
    record: Record,
) -> Result<(), JournalError> {
    match record {
        Record::Accepted(message) | Record::Carried(message, _) => {
            recent.insert(message.id, message);
        }
        Record::Progressed(id, _, progress) => {
            let known = match recent.remove(&id) {
                Some(message) => Some(message),
                None => rows::by_id(db, id)?.map(|(message, _)| message),
            };
            if let Some(mut message) = known {
                message.progress = progress;
                recent.insert(id, message);
            }
        }
        Record::Thread(..) | Record::Subscriber(..) | Record::Awaiting(..) => {}
    }
    Ok(())
}

/// The first of all that answer.
fn read_all(
    db: &Connection,
    question: &Question,
    limit: usize,
) -> Result<Vec<Message>, JournalError> {
    let mut found = Vec::new();
    every::read(db, MessageId(0), |message| {
        if answers(&message, question) && found.len() < limit {
            found.push(message);
        }
        match found.len() < limit {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    })?;
    Ok(found)
}

fn answers(message: &Message, question: &Question) -> bool {
    let state = message.progress.history.last().map(|told| told.state);
    question
        .event
        .as_deref()
        .is_none_or(|event| event == message.key.id.as_str())
        && question
            .application
            .as_deref()
            .is_none_or(|application| application == &*message.application)
        && question
            .msisdn
            .is_none_or(|msisdn| msisdn == message.msisdn)
        && question.state.is_none_or(|wanted| state == Some(wanted))
        && question
            .agency
            .as_ref()
            .is_none_or(|agency| *agency == message.key.agency)
}

fn of_event(id: &str) -> u64 {
    xxh3_64_with_seed(id.as_bytes(), 1)
}

fn of_application(number: &str) -> u64 {
    xxh3_64_with_seed(number.as_bytes(), 2)
}

pub(super) fn of_msisdn(msisdn: Msisdn) -> u64 {
    xxh3_64_with_seed(&msisdn.as_u64().to_le_bytes(), 3)
}
