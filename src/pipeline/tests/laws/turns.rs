//! What holds for agencies whose messages wait for the limits of one subscriber: they take turns there.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use xabar_events::{Msisdn, Outcome, Reason, State};

use super::Laws;
use crate::clock::{Now, UnixMillis};
use crate::journal::{AgencyKey, Lane, Message, MessageId, OperatorId};

/// Who waits for which subscriber, in which lane.
#[derive(Default)]
pub(super) struct Turns(FxHashMap<(Msisdn, Lane), BTreeMap<AgencyKey, Waiting>>);

/// What an agency has waiting.
#[derive(Default)]
struct Waiting {
    /// Each with the wall time until which it was to wait, when that was told.
    messages: BTreeMap<MessageId, UnixMillis>,
    /// In how many beats others have begun since its last turn, while it might have had one, and in which last.
    passed_by: BTreeMap<AgencyKey, (u32, UnixMillis)>,
}

impl Turns {
    /// Turns begin anew.
    pub(super) fn forget(&mut self) {
        let agencies = self.0.values_mut().flat_map(BTreeMap::values_mut);
        agencies.for_each(|it| it.passed_by.clear());
    }

    /// A submission to a phone came to nothing. Its place goes to whoever asks next: those that were put off before wait on, and are
    /// not told so anew.
    pub(super) fn given_back(&mut self, msisdn: Msisdn) {
        for lane in [Lane::Urgent, Lane::Normal, Lane::Bulk] {
            let agencies = self.0.get_mut(&(msisdn, lane)).into_iter();
            let agencies = agencies.flat_map(BTreeMap::values_mut);
            agencies.for_each(|it| it.passed_by.clear());
        }
    }
}

impl Laws {
    /// What another operator is to try waits there, and turns are taken at each operator.
    pub(super) fn leave_turns(&mut self, message: &Message) {
        let place = self.turns.0.get_mut(&(message.msisdn, message.lane));
        let waiting = place.and_then(|place| place.get_mut(&message.agency()));
        if let Some(waiting) = waiting {
            waiting.messages.remove(&message.id);
        }
    }

    /// A message may wait for the limits of its subscriber from now on, or no more.
    pub(super) fn note_turn(&mut self, id: MessageId, outcome: &Outcome<'_>) {
        let message = &self.messages[&id].message;
        let place = self.turns.0.entry((message.msisdn, message.lane));
        let messages = &mut place.or_default().entry(message.agency()).or_default();
        messages.messages.remove(&id);
        let told = (outcome.state, outcome.reason);
        if told == (State::Deferred, Some(Reason::SubscriberLimit))
            && let Some(until) = outcome.until
        {
            messages.messages.insert(id, until.into());
        }
    }

    /// A message is begun: no other agency waited there for more than its turn.
    pub(super) fn check_turn(&mut self, now: &Now, operator: OperatorId, id: MessageId) {
        let known = &self.messages[&id];
        let message = &known.message;
        let mut turns = std::mem::take(&mut self.turns);
        let waiting = turns.0.entry((message.msisdn, message.lane)).or_default();
        let own = waiting.entry(message.agency()).or_default();
        own.messages.remove(&id);
        own.passed_by.clear();
        let is_first = known.attempts.is_empty() && operator == message.progress.operator;
        let spent = self.spent(now);
        // In these hours, and in their release, each may have a place of its own: no turns are counted then.
        let is_released = self.hours_hold(message.lane, now).is_some();
        let others = waiting
            .iter_mut()
            .filter(|(agency, _)| is_first && **agency != message.agency());
        for (agency, other) in others {
            let mut messages = other.messages.iter();
            // What is of a campaign may wait for that by then, which is told in its trace alone.
            let might_go = messages.any(|(id, until)| {
                let is_held =
                    self.thread_is_busy(*id) || self.is_spread(&self.messages[id].message);
                *until <= now.wall && !is_held
            });
            if !might_go || is_released || spent.contains(agency) {
                continue;
            }
            let weight = |of| self.rules.sharing.weights.get(&of).copied().unwrap_or(1);
            let most = 1 + weight(message.agency()).div_ceil(weight(*agency));
            let (passed, last) = other.passed_by.entry(message.agency()).or_default();
            // What is due behind a backlog may not even have been read, and turns of long ago are forgotten amid very many others.
            if self.waits.trouble >= *last {
                *passed = 0;
            }
            // In a beat after a start what was due before has not been put off in this life, and goes in the lane's turns.
            *passed += u32::from(*last != now.steady);
            *last = now.steady;
            assert!(
                *passed <= most,
                "{passed} to one subscriber before the turn of another agency, the last one {id}: {:?}",
                other.messages
            );
        }
        self.turns = turns;
    }
}
