//! What the SMSC still knows of the messages that it took, for those who ask.

use std::collections::VecDeque;
use std::time::Instant;

use xabar_smpp::Status;
use xabar_smpp::pdu::QuerySm;
use xabar_smpp::values::MessageState;

use super::answer::{Answer, Told};
use super::fate::{Kept, reason};
use super::message::{Address, Message};
use super::message_id;
use super::smsc::Smsc;

/// The latest messages, oldest first.
#[derive(Debug, Default)]
pub(super) struct Fates(VecDeque<Known>);

#[derive(Debug)]
struct Known {
    id: u64,
    source: Kept,
    state: MessageState,
    done: Instant,
}

impl Fates {
    /// Remembers what becomes of a message, and no more than so many.
    pub(super) fn remember(
        &mut self,
        id: u64,
        message: &Message<'_>,
        state: MessageState,
        done: Instant,
        most: usize,
    ) {
        while self.0.len() >= most.max(1) {
            self.0.pop_front();
        }
        if most > 0 {
            self.0.push_back(Known {
                id,
                source: Kept::of(message.source),
                state,
                done,
            });
        }
    }

    /// Where a message of this sender stands; ids may come again, so the latest counts.
    fn find(&self, id: u64, source: &Kept, now: Instant) -> Option<Told> {
        let known = self.0.iter().rev().find(|known| known.id == id)?;
        if known.source != *source {
            return None;
        }
        let (state, reason) = match known.done > now {
            true => (MessageState::ENROUTE, 0),
            false => (known.state, reason(known.state).0),
        };
        Some(Told {
            state,
            reason: u8::try_from(reason).unwrap_or(u8::MAX),
        })
    }
}

impl Smsc {
    /// Somebody asks where a message stands; that counts as a message where these are capped.
    pub(super) fn asked(&mut self, now: Instant, answer: Answer, query: &QuerySm<'_>) {
        self.counters.figures.queries += 1;
        self.tape.record_query(self.calendar.elapsed(now));
        let source = Kept::of(Address {
            ton: query.source_addr_ton,
            npi: query.source_addr_npi,
            digits: query.source_addr,
        });
        let id = message_id::read(query.message_id.as_bytes(), &self.behaviour.receipts);
        let told = id.and_then(|id| self.fates.find(id, &source, now));
        let answer = match told {
            _ if !self.admits(now, answer.session) => answer.with(Status::RTHROTTLED),
            None => answer.with(Status::RQUERYFAIL),
            Some(told) => Answer {
                id: id.unwrap_or_default(),
                told,
                ..answer.with(Status::ROK)
            },
        };
        self.answer_in_time(now, answer, false);
    }
}
