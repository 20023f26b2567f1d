//! What holds for who goes first: of what an agency has to say in one lane of one operator, what was due first, if nothing of
//! its own held it up.

use std::collections::{BTreeMap, BTreeSet};

use xabar_events::{Outcome, State};

use super::{Fate, Known, Laws};
use crate::clock::{Now, UnixMillis};
use crate::journal::{AgencyKey, Lane, Message, MessageId, OperatorId};

/// The messages that nothing was told of but that they are accepted, in the order in which they are due.
#[derive(Default)]
pub(super) struct Order {
    waiting: BTreeMap<(OperatorId, AgencyKey, Lane), BTreeSet<Due>>,
}

/// Since when a message may go, and which it is.
type Due = (UnixMillis, MessageId);

impl Order {
    fn joins(&mut self, message: &Message) {
        if !message.is_answer() {
            self.line_of(message).insert(due(message));
        }
    }

    fn line_of(&mut self, message: &Message) -> &mut BTreeSet<Due> {
        let operator = message.progress.operator;
        let line = (operator, message.agency(), message.lane);
        self.waiting.entry(line).or_default()
    }
}

fn due(message: &Message) -> Due {
    let since = message.not_before.unwrap_or_default();
    (since.max(message.accepted_at), message.id)
}

impl Laws {
    /// A message is accepted. What came in shortly before the end of some hours may have to wait for a place in the release, and be
    /// told nothing since that is near.
    pub(super) fn joins_order(&mut self, now: &Now, message: &Message) {
        let night = self.rules.quiet_hours.as_ref();
        let night = night.filter(|_| message.lane != Lane::Urgent);
        let bulk = self.rules.no_bulk.as_ref();
        let bulk = bulk.filter(|_| message.lane == Lane::Bulk);
        let mut hours = night.into_iter().chain(bulk);
        let at = message.not_before.unwrap_or_default().max(now.wall);
        if hours.all(|hours| hours.end(at).is_none()) {
            self.order.joins(message);
        }
    }

    /// What is another operator's by now stands in the line that it came to no more.
    pub(super) fn note_moves(&mut self, progressed: &[Message]) {
        for message in progressed {
            let Some(known) = self.messages.get(&message.id) else {
                continue;
            };
            if known.message.progress.operator != message.progress.operator {
                self.order
                    .line_of(&known.message)
                    .remove(&due(&known.message));
                self.leave_turns(message);
            }
        }
    }

    /// What is told to wait, or ends, is held up by something of its own.
    pub(super) fn note_order(&mut self, id: MessageId, outcome: &Outcome<'_>) {
        if outcome.state != State::Accepted {
            let message = &self.messages[&id].message;
            self.order.line_of(message).remove(&due(message));
        }
    }

    /// A message is begun. One whose phone gets another one, too, may have to wait for that, though for too short a time to
    /// be told.
    pub(super) fn check_order(&mut self, id: MessageId) {
        let message = &self.messages[&id].message;
        let (since, _) = due(message);
        let line = self.order.line_of(message);
        if !line.remove(&due(message)) {
            return;
        }
        let mut earlier = line.range(..(since, MessageId(0)));
        let is_alone = |id: &MessageId| {
            let message = &self.messages[id].message;
            self.phones[&message.msisdn].len() == 1
        };
        let passed = earlier.find(|(_, id)| is_alone(id));
        // It may go in the turn of another agency, where both have something for the same phone, or in that of another status of its
        // application, whatever lane that has: a first turn, or one to try again what was refused, which is out of turn.
        let mut others = self.phones[&message.msisdn].iter();
        let is_in_another_turn = others.any(|other| {
            let other = &self.messages[other];
            let is_of_another = other.message.agency() != message.agency();
            let is_in_lane = is_of_another && other.message.lane == message.lane;
            let is_status = other.message.id != id && other.message.thread == message.thread;
            other.waits() && (is_in_lane || is_status)
        });
        let passed = passed.filter(|_| !is_in_another_turn);
        assert_eq!(passed, None, "{id} goes before one that was due earlier");
    }

    /// Whether a status that goes may do so in the place of an older, urgent one of its application.
    pub(in super::super) fn may_go_instead_of_urgent(&self, message: &Message) -> bool {
        let mut others = self.threads[&message.thread].iter();
        others.any(|other| {
            let other = &self.messages[other];
            let is_older = other.message.order() < message.order();
            is_older && other.message.lane == Lane::Urgent && other.waits()
        })
    }
}

impl Known {
    /// Whether its turn is to come: nothing of it was begun, or some of what was may be tried again.
    fn waits(&self) -> bool {
        let last = self.attempts.last();
        let tries = last.is_none_or(|last| {
            let mut fates = last.segments.values();
            fates.any(|fate| !matches!(fate, Fate::Sent | Fate::Accepted))
        });
        tries && !self.told.1.is_terminal()
    }
}
