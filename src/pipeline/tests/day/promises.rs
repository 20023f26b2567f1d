//! What agencies and citizens may count on in a day: answers and urgent messages go at once, and later lanes have their
//! shares (R8).

use std::collections::BTreeMap;
use std::time::Duration;

use rustc_hash::FxHashMap;
use xabar_events::{Event as Incoming, Msisdn, Notification, Outcome, Priority, State};

use super::super::laws::Laws;
use super::super::world::*;
use super::agencies::{HASTY, number};
use super::later::Later;
use super::operators::Operators;
use crate::clock::UnixMillis;
use crate::journal::{Lane, MessageId, OperatorId};
use crate::pacing::Sharing;

/// Once an answer or an urgent message has waited for so long, little of later lanes may go before it.
const AT_ONCE: Duration = Duration::from_secs(5);

/// PDUs that a later lane may take before its share counts: a text that it was owed, of three segments.
const TEXT: u32 = 1 + 3;

#[derive(Default)]
pub(super) struct Promises {
    /// Events that were not accepted yet, and are to be followed.
    published: FxHashMap<String, Followed>,
    operators: BTreeMap<OperatorId, Share>,
    /// Of each message of which something was told.
    repeats: FxHashMap<u64, u32>,
}

struct Followed {
    agency: u64,
    priority: Priority,
    operator: OperatorId,
    since: UnixMillis,
}

/// What an operator's link is used for.
#[derive(Default)]
struct Share {
    answers: Soon,
    urgent: Soon,
    normal: Later,
    bulk: Later,
}

/// What goes before later lanes.
#[derive(Default)]
struct Soon {
    /// Since when each message has been waiting.
    waiting: BTreeMap<u64, UnixMillis>,
    /// Submitted since one of them has waited too long, or in this second, by lane.
    submitted: [u32; 4],
}

impl Promises {
    pub(super) fn published(&mut self, now: UnixMillis, events: &[Incoming]) {
        for event in events {
            let Incoming::StatusChanged(event) = event else {
                continue;
            };
            let at_will = event.not_before.is_none() && event.expires.is_none();
            let agency = number(event.key.agency.name());
            let is_so = event.priority != Priority::Urgent || agency != HASTY;
            if at_will && is_so {
                let followed = Followed {
                    agency,
                    priority: event.priority,
                    operator: carrier(event.msisdn),
                    since: now,
                };
                self.published
                    .insert(event.key.id.as_str().into(), followed);
            }
        }
    }

    pub(super) fn told(&mut self, outcomes: &mut Vec<Outcome<'static>>, operators: &Operators) {
        for outcome in outcomes.drain(..) {
            let message: u64 = outcome.message.parse().unwrap();
            let repeats = self.repeats.entry(message).or_default();
            *repeats = outcome.repeats.max(*repeats);
            match outcome.state {
                State::Accepted => self.accepted(message, &outcome.event),
                // Its own rules or its operator hold it up, and it is told so.
                State::Deferred => self.forget(message),
                State::Delivered => {
                    operators.check_delivered(message, outcome.segments);
                    self.forget(message);
                }
                state if state.is_terminal() => self.forget(message),
                _ => {}
            }
        }
    }

    /// These answers to citizens are accepted.
    pub(super) fn answered(&mut self, now: UnixMillis, answers: &[MessageId], laws: &Laws) {
        for id in answers {
            let operator = laws.message(id.0).progress.operator;
            let share = self.operators.entry(operator).or_default();
            share.answers.waiting.insert(id.0, now);
        }
    }

    fn accepted(&mut self, message: u64, event: &str) {
        let Some(followed) = self.published.remove(event) else {
            return;
        };
        let share = self.operators.entry(followed.operator).or_default();
        match followed.priority {
            Priority::Urgent => drop(share.urgent.waiting.insert(message, followed.since)),
            Priority::Normal => share.normal.wait(message, followed.agency),
            Priority::Bulk => share.bulk.wait(message, followed.agency),
        }
    }

    fn forget(&mut self, message: u64) {
        for share in self.operators.values_mut() {
            share.urgent.waiting.remove(&message);
            share.normal.forget(message);
            share.bulk.forget(message);
        }
    }

    pub(super) fn submitted(&mut self, sent: &[Sent], laws: &Laws) {
        for sent in sent {
            let message = laws.message(sent.message());
            // Its carrier's fallback may have it.
            for share in self.operators.values_mut() {
                share.answers.waiting.remove(&message.id.0);
                share.urgent.waiting.remove(&message.id.0);
            }
            let share = self.operators.entry(sent.operator).or_default();
            // What it supersedes is told so when there is a result of it.
            let is_instead = sent.submission.urgent && laws.may_go_instead_of_urgent(message);
            let lane = if is_instead {
                Lane::Urgent
            } else {
                message.lane
            };
            for soon in [&mut share.answers, &mut share.urgent] {
                soon.submitted[lane as usize] += 1;
            }
            share.normal.submitted(message, lane == Lane::Normal);
            share.bulk.submitted(message, lane == Lane::Bulk);
        }
    }

    /// A second is over, in which bulk messages might go or not.
    pub(super) fn pass(&mut self, now: UnixMillis, operators: &Operators, bulk_may_go: bool) {
        for (operator, share) in &mut self.operators {
            if operators.well_since(*operator) >= now {
                // What waits for it may move to another one.
                *share = Share::default();
            } else {
                share.answers.pass(now, Lane::Answers);
                share.urgent.pass(now, Lane::Urgent);
                share.normal.pass("normal");
                // A burst before its hours is put off turn by turn, and what had none yet waits for these all the same.
                match bulk_may_go {
                    true => share.bulk.pass("bulk"),
                    false => share.bulk.shut(),
                }
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

impl Soon {
    /// A message waits for those of its lane and of earlier ones, and for the share of later ones.
    fn pass(&mut self, now: UnixMillis, lane: Lane) {
        let oldest = self.waiting.iter().min_by_key(|(_, since)| **since);
        let Some((message, since)) = oldest.filter(|(_, since)| since.after(AT_ONCE) <= now) else {
            self.submitted = [0; 4];
            return;
        };
        let [answers, urgent, normal, bulk] = self.submitted;
        let next = lane as usize + 1;
        let later: u32 = self.submitted.iter().skip(next).sum();
        let all: u32 = self.submitted.iter().sum();
        let lanes = Sharing::default().shares.into_iter().skip(next);
        let (share, lanes) = (lanes.clone().sum::<u32>(), lanes.map(|_| TEXT).sum::<u32>());
        assert!(
            later <= all * 2 * share / 100 + lanes,
            "{answers} answers, {urgent} urgent, {normal} normal and {bulk} bulk ones go before {message}, one of {} {lane:?} \
             that wait, for {:?}",
            self.waiting.len(),
            now.since(*since),
        );
    }
}

pub(super) fn carrier(msisdn: Msisdn) -> OperatorId {
    match msisdn.digits().starts_with("99893") {
        true => UCELL,
        false => BEELINE,
    }
}

#[test]
fn what_goes_instead_of_an_urgent_one_counts_as_urgent() {
    let mut world = World::new();
    world.smsc(UCELL).room = 0;
    let of_the_day = |id| Notification {
        key: key("agency-0", id),
        ..status(id)
    };
    let urgent = Notification {
        priority: Priority::Urgent,
        ..of_the_day("older")
    };
    world.publish_all([urgent, of_the_day("newer")]);
    world.smsc(UCELL).room = 1;
    world.beat();
    let mut promises = Promises::default();
    let newer = world.one_sent();
    assert_eq!(newer.message(), 2);
    promises.submitted(&[newer], &world.laws);
    assert_eq!(promises.operators[&UCELL].urgent.submitted, [0, 1, 0, 0]);
}
