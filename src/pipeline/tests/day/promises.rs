//! What agencies may count on in a day: urgent messages go at once, and later lanes have their shares (R8).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use xabar_events::{Event as Incoming, Msisdn, Outcome, Priority, State};

use super::super::laws::Laws;
use super::super::world::*;
use super::agencies::{HASTY, name};
use super::later::Later;
use super::operators::Operators;
use crate::clock::UnixMillis;
use crate::journal::{Lane, OperatorId};

/// Once an urgent message has waited for so long, little else may go before it.
const AT_ONCE: Duration = Duration::from_secs(5);

/// PDUs that the two later lanes may take before their shares count: each a text that it was owed, of three segments.
const TEXTS: u32 = 2 * (1 + 3);

#[derive(Default)]
pub(super) struct Promises {
    /// Events that were not accepted yet, and are to be followed.
    published: HashMap<String, Followed>,
    operators: BTreeMap<OperatorId, Share>,
    /// Events that go in the place of urgent ones of their applications.
    instead: HashSet<Box<str>>,
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
    /// Submitted since one of them has waited too long, or in this second, by lane.
    submitted: [u32; 4],
    normal: Later,
    bulk: Later,
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
            if at_will && is_so {
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

    pub(super) fn told(&mut self, outcomes: &mut Vec<Outcome<'static>>, laws: &Laws) {
        for outcome in outcomes.drain(..) {
            let message: u64 = outcome.message.parse().unwrap();
            if let Some(by) = &outcome.by
                && laws.message(message).lane == Lane::Urgent
            {
                self.instead.insert(by.as_ref().into());
            }
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
        match followed.priority {
            Priority::Urgent => drop(share.urgent.insert(message, followed.since)),
            Priority::Normal => share.normal.wait(message, &followed.agency),
            Priority::Bulk => share.bulk.wait(message, &followed.agency),
        }
    }

    fn forget(&mut self, message: u64) {
        for share in self.operators.values_mut() {
            share.urgent.remove(&message);
            share.normal.forget(message);
            share.bulk.forget(message);
        }
    }

    pub(super) fn submitted(&mut self, sent: &[Sent], laws: &Laws) {
        for sent in sent {
            let message = laws.message(sent.message());
            let share = self.operators.entry(sent.operator).or_default();
            let lane = match self.instead.contains(message.key.id.as_str()) {
                true => Lane::Urgent,
                false => message.lane,
            };
            share.submitted[lane as usize] += 1;
            share.normal.submitted(message, lane == Lane::Normal);
            share.bulk.submitted(message, lane == Lane::Bulk);
            share.urgent.remove(&message.id.0);
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
                share.normal.pass("normal");
                share.bulk.pass("bulk");
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
        let oldest = self.urgent.iter().min_by_key(|(_, since)| **since);
        let Some((message, since)) = oldest.filter(|(_, since)| since.after(AT_ONCE) <= now) else {
            self.submitted = [0; 4];
            return;
        };
        // Answers go before urgent ones.
        let [answers, urgent, normal, bulk] = self.submitted;
        let others = normal + bulk;
        assert!(
            others <= (answers + urgent + others) / 5 + TEXTS,
            "{normal} normal and {bulk} bulk ones beside {answers} answers and {urgent} others go before an urgent one, \
             {message}, that has waited for {:?}, as {} do",
            now.since(*since),
            self.urgent.len() - 1
        );
    }
}

pub(super) fn carrier(msisdn: Msisdn) -> OperatorId {
    match msisdn.digits().starts_with("99893") {
        true => UCELL,
        false => BEELINE,
    }
}
