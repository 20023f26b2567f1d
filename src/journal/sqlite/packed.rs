//! A message in octets, as the log, the tables and the memory between them keep it: a third of its size otherwise,
//! and encoded once.

use std::sync::Arc;

use xabar_events::Msisdn;

use super::books;
use super::stored::{Stored, from_octets};
use crate::clock::UnixMillis;
use crate::journal::{
    AgencyKey, Cursor, JournalError, Lane, Message, MessageId, OperatorId, Origin, Phase, Queue,
};

#[derive(Clone, Debug)]
pub(super) struct Packed {
    pub(super) id: MessageId,
    pub(super) msisdn: Msisdn,
    pub(super) phase: Phase,
    pub(super) operator: OperatorId,
    pub(super) lane: Lane,
    pub(super) agency: AgencyKey,
    pub(super) due: UnixMillis,
    pub(super) expires: UnixMillis,
    /// Where the books have it.
    pub(super) column: u8,
    /// Whether it waits to be repeated.
    pub(super) uncertain: bool,
    /// What was asked; the same for all its states.
    pub(super) origin: Arc<[u8]>,
    pub(super) progress: Box<[u8]>,
}

impl Packed {
    /// # Errors
    /// If it is settled and was told no state.
    pub(super) fn new(message: &Message, scratch: &mut Vec<u8>) -> Result<Self, JournalError> {
        Self::after(message, None, scratch)
    }

    /// The same for a message of which an earlier state is at hand.
    pub(super) fn after(
        message: &Message,
        before: Option<&Self>,
        scratch: &mut Vec<u8>,
    ) -> Result<Self, JournalError> {
        let origin = match before {
            Some(before) => Arc::clone(&before.origin),
            None => octets(message.origin(), scratch).into(),
        };
        let progress = &message.progress;
        Ok(Self {
            id: message.id,
            msisdn: message.msisdn,
            phase: progress.phase,
            operator: progress.operator,
            lane: message.lane,
            agency: before.map_or_else(|| message.agency(), |before| before.agency),
            due: progress.due,
            expires: message.expires,
            column: books::column(message)?,
            uncertain: message.waits_uncertain(),
            origin,
            progress: octets(progress, scratch).into(),
        })
    }

    pub(super) fn message(&self) -> Result<Message, JournalError> {
        let origin = from_octets(&self.origin, "a message")?;
        self.message_of(&Arc::new(origin))
    }

    /// The same where what was asked is at hand.
    pub(super) fn message_of(&self, origin: &Arc<Origin>) -> Result<Message, JournalError> {
        let progress = from_octets(&self.progress, "a message's progress")?;
        Ok(Message::of(Arc::clone(origin), progress))
    }

    /// Where it waits.
    pub(super) fn queue(&self) -> Queue {
        Queue {
            operator: self.operator,
            lane: self.lane,
            agency: self.agency,
        }
    }

    /// Where it waits and its place there, if it waits.
    pub(super) fn place(&self) -> Option<(Queue, Cursor)> {
        (self.phase == Phase::Waiting).then(|| (self.queue(), self.cursor()))
    }

    /// Its place in its queue.
    pub(super) fn cursor(&self) -> Cursor {
        Cursor {
            due: self.due,
            id: self.id.0,
        }
    }
}

fn octets<'a>(value: &impl Stored, scratch: &'a mut Vec<u8>) -> &'a [u8] {
    scratch.clear();
    value.write(scratch);
    scratch
}
