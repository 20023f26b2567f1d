//! Finds messages for people: by event id, application or MSISDN.

use rusqlite::{CachedStatement, Connection, params};
use xabar_events::Msisdn;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::rows::{message, message_columns, ordered};
use crate::journal::{JournalError, Message, MessageId, Question};

/// Enters a new message.
pub(super) fn enter(db: &Connection, message: &Message) -> Result<(), JournalError> {
    let mut insert = db.prepare_cached(
        "INSERT INTO lookup (block, hash, message) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?;
    let id = ordered(message.id.0);
    for hash in [
        of_event(message.key.id.as_str()),
        of_application(&message.application),
        of_msisdn(message.msisdn),
    ] {
        insert.execute(params![block(message.id), hash, id])?;
    }
    Ok(())
}

/// Forgets a block once it holds no message any more.
pub(super) fn forget_block(db: &Connection, block: i64) -> Result<(), JournalError> {
    let mut holds = db.prepare_cached("SELECT 1 FROM messages WHERE id BETWEEN ?1 AND ?2")?;
    let first = block << BLOCK_BITS;
    if !holds.exists([first, first | BLOCK_MASK])? {
        db.prepare_cached("DELETE FROM lookup WHERE block = ?1")?
            .execute([block])?;
    }
    Ok(())
}

/// Which neighbours a message shares its part of the index with.
pub(super) fn block(id: MessageId) -> i64 {
    ordered(id.0) >> BLOCK_BITS
}

/// Messages that answer a question, oldest first. Asked for a state only, it reads them all.
pub(super) fn find(
    db: &Connection,
    question: &Question,
    limit: usize,
) -> Result<Vec<Message>, JournalError> {
    let mut candidates = candidates(db, question)?;
    let mut found = Vec::new();
    let mut rows = candidates.raw_query();
    while found.len() < limit
        && let Some(row) = rows.next()?
    {
        let message = message(row)?;
        if answers(&message, question) {
            found.push(message);
        }
    }
    Ok(found)
}

/// The messages that the index offers, with others of the same hash among them.
fn candidates<'a>(
    db: &'a Connection,
    question: &Question,
) -> Result<CachedStatement<'a>, JournalError> {
    let hash = if let Some(event) = &question.event {
        of_event(event)
    } else if let Some(application) = &question.application {
        of_application(application)
    } else if let Some(msisdn) = question.msisdn {
        of_msisdn(msisdn)
    } else {
        let mut all = db.prepare_cached(concat!(
            "SELECT ",
            message_columns!(),
            " FROM messages m WHERE ?1 = 0 OR m.state = ?1 ORDER BY m.id"
        ))?;
        all.raw_bind_parameter(1, question.state.map_or(0, |state| state.code()))?;
        return Ok(all);
    };
    let mut by_hash = db.prepare_cached(concat!(
        "WITH RECURSIVE blocks (block) AS (SELECT min(block) FROM lookup UNION ALL \
         SELECT (SELECT min(l.block) FROM lookup l WHERE l.block > b.block) FROM blocks b WHERE b.block IS NOT NULL) \
         SELECT ",
        message_columns!(),
        " FROM blocks b CROSS JOIN lookup l ON l.block = b.block AND l.hash = ?1 \
         CROSS JOIN messages m ON m.id = l.message"
    ))?;
    by_hash.raw_bind_parameter(1, hash)?;
    Ok(by_hash)
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
}

fn of_event(id: &str) -> i64 {
    xxh3_64_with_seed(id.as_bytes(), 1).cast_signed()
}

fn of_application(number: &str) -> i64 {
    xxh3_64_with_seed(number.as_bytes(), 2).cast_signed()
}

fn of_msisdn(msisdn: Msisdn) -> i64 {
    xxh3_64_with_seed(&msisdn.as_u64().to_le_bytes(), 3).cast_signed()
}

/// A block's part of the index for 4,096 messages is some forty pages, so a commit rewrites no
/// more than those; a question reads a page or two of each block, 2,400 for ten million messages.
const BLOCK_BITS: u32 = 12;
const BLOCK_MASK: i64 = (1 << BLOCK_BITS) - 1;
