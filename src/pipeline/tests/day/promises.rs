//! What agencies may count on in a day: urgent messages go at once, and bulk has its share (R8).

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use xabar_events::{Event as Incoming, Msisdn, Outcome, Priority, State};

use super::super::world::*;
use super::agencies::{HASTY, name};
use super::bulk::Bulk;
use super::operators::Operators;
use crate::clock::UnixMillis;
use crate::journal::OperatorId;

/// Once an urgent message has waited for so long, little else may go before it.
const AT_ONCE: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(super) struct Promises {
    /// Events that were not accepted yet, and are to be followed.
    published: HashMap<String, Followed>,
    operators: BTreeMap<OperatorId, Share>,
    /// Of each message of which something was told.
    repeats: HashMap<u64, u32>,
}

struct Followed {
    agency: Box<str>,
    priority: Priority,
    operator: OperatorId,
    since: UnixMillis,
}

/// What an operator's link is used for.
#[derive(Default)]
struct Share {
    /// Since when each urgent message has been waiting.
    urgent: BTreeMap<u64, UnixMillis>,
    /// Submitted in this second, and how many of them were urgent or answers.
    second: (u32, u32),
    bulk: Bulk,
}

impl Promises {
    pub(super) fn published(&mut self, now: UnixMillis, events: &[Incoming]) {
        for event in events {
            let Incoming::StatusChanged(event) = event else {
                continue;
            };
            let at_will = event.not_before.is_none() && event.expires.is_none();
            let hasty = event.key.agency.name() == name(HASTY);
            let is_so = event.priority != Priority::Urgent || !hasty;
            if at_will && is_so && event.priority != Priority::Normal {
                let followed = Followed {
                    agency: event.key.agency.name().into(),
                    priority: event.priority,
                    operator: carrier(event.msisdn),
                    since: now,
                };
                self.published
                    .insert(event.key.id.as_str().into(), followed);
            }
        }
    }

    pub(super) fn told(&mut self, outcomes: &mut Vec<Outcome<'static>>) {
        for outcome in outcomes.drain(..) {
            let message: u64 = outcome.message.parse().unwrap();
            let repeats = self.repeats.entry(message).or_default();
            *repeats = outcome.repeats.max(*repeats);
            match outcome.state {
                State::Accepted => self.accepted(message, &outcome.event),
                // Its own rules or its operator hold it up, and it is told so.
                State::Deferred => self.forget(message),
                state if state.is_terminal() => self.forget(message),
                _ => {}
            }
        }
    }

    fn accepted(&mut self, message: u64, event: &str) {
        let Some(followed) = self.published.remove(event) else {
            return;
        };
        let share = self.operators.entry(followed.operator).or_default();
        if followed.priority == Priority::Urgent {
            share.urgent.insert(message, followed.since);
        } else {
            share.bulk.wait(message, &followed.agency);
        }
    }

    fn forget(&mut self, message: u64) {
        for share in self.operators.values_mut() {
            share.urgent.remove(&message);
            share.bulk.forget(message);
        }
    }

    pub(super) fn submitted(&mut self, sent: &[Sent]) {
        for sent in sent {
            let message = sent.message();
            let share = self.operators.entry(sent.operator).or_default();
            share.second.0 += 1;
            // Answers go before urgent ones.
            share.second.1 += u32::from(sent.submission.urgent);
            share.bulk.submitted(message);
            share.urgent.remove(&message);
        }
    }

    /// A second is over.
    pub(super) fn pass(&mut self, now: UnixMillis, operators: &Operators) {
        for (operator, share) in &mut self.operators {
            if operators.well_since(*operator) >= now {
                // What waits for it may move to another one.
                *share = Share::default();
            } else {
                share.check_second(now);
                share.bulk.pass();
            }
        }
    }

    /// What a dead gateway had begun may wait for its grace.
    pub(super) fn gateway_died(&mut self) {
        self.published.clear();
        self.operators.clear();
    }

    /// The repeats told of a message; of answers to citizens nobody is told anything.
    pub(super) fn repeats(&self, message: u64) -> Option<u32> {
        self.repeats.get(&message).copied()
    }
}

impl Share {
    /// An urgent message waits for urgent ones only, and for the share of the other lanes.
    fn check_second(&mut self, now: UnixMillis) {
        let (all, urgent) = std::mem::take(&mut self.second);
        let Some((message, since)) = self.urgent.iter().min_by_key(|(_, since)| **since) else {
            return;
        };
        let others = all - urgent;
        let few = (all / 5).max(2);
        assert!(
            since.after(AT_ONCE) > now || others <= few,
            "{others} of {all} go before an urgent one, {message}, that has waited for {:?}",
            now.since(*since)
        );
    }
}

pub(super) fn carrier(msisdn: Msisdn) -> OperatorId {
    match msisdn.digits().starts_with("99893") {
        true => UCELL,
        false => BEELINE,
    }
}
