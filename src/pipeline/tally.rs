//! What became of messages, and of citizens' texts, since the start, in counts: for metrics. The journal's books are what has to be exact.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use xabar_events::{Reason, State};

use super::core::Core;
use crate::clock::UnixMillis;
use crate::durations::Durations;
use crate::journal::{AgencyKey, Lane, Message, OperatorId, Told};

/// Anybody who may publish can invent agencies; those beyond are counted together.
const MOST_AGENCIES: usize = 200;

/// The name of those beyond.
const OTHER: &str = "other";

/// What the pipeline counted since the start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    agencies: FxHashMap<AgencyKey, Published>,
    operators: BTreeMap<OperatorId, Carried>,
    to_submit: [Durations; Lane::ALL.len()],
    /// Events that were in the journal before.
    pub duplicates: u64,
    /// Events whose `traceparent` was none, and counted as nothing.
    pub malformed_traces: u64,
}

/// What became of the messages of one agency.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    pub agency: Box<str>,
    /// How many entered each state.
    pub states: BTreeMap<State, u64>,
}

/// What became of the messages of one operator.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Carried {
    /// How many entered each state, for this reason.
    pub states: BTreeMap<(State, Option<Reason>), u64>,
    /// Segments that were submitted although an earlier submission may have reached the subscriber; counted with the
    /// end of their message.
    pub repeats: u64,
    /// Citizens' texts that it is to bring again.
    pub texts_put_off: u64,
    /// From when the operator took the whole message to its receipt.
    pub to_receipt: Durations,
}

impl Tally {
    /// A message, with the history it has, enters a state.
    pub(super) fn enters(
        &mut self,
        message: &Message,
        state: State,
        reason: Option<Reason>,
        wall: UnixMillis,
    ) {
        let published = self.published(message);
        *published.states.entry(state).or_default() += 1;
        let carried = self.operators.entry(message.progress.operator).or_default();
        *carried.states.entry((state, reason)).or_default() += 1;
        let history = &message.progress.history;
        let submitted = history.iter().rfind(|told| told.state == State::Submitted);
        if state == State::Submitted && submitted.is_none() {
            let [answers, urgent, normal, bulk] = &mut self.to_submit;
            let lane = match message.lane {
                Lane::Answers => answers,
                Lane::Urgent => urgent,
                Lane::Normal => normal,
                Lane::Bulk => bulk,
            };
            lane.add(wall.since(message.time));
        }
        if let Some(Told { at, .. }) = submitted
            && is_by_receipt(state, reason)
        {
            carried.to_receipt.add(wall.since(*at));
        }
        let is_over = history.last().is_some_and(|told| told.state.is_terminal());
        if state.is_terminal() && !is_over {
            carried.repeats += u64::from(message.progress.attempt.repeats);
        }
    }

    /// A citizen's text is to come again.
    pub(super) fn text_put_off(&mut self, operator: OperatorId) {
        self.operators.entry(operator).or_default().texts_put_off += 1;
    }

    fn published(&mut self, message: &Message) -> &mut Published {
        let (key, name) = (message.agency(), message.key.agency.name());
        let (key, name) =
            match self.agencies.len() < MOST_AGENCIES || self.agencies.contains_key(&key) {
                true => (key, name),
                false => (AgencyKey::of(OTHER), OTHER),
            };
        self.agencies.entry(key).or_insert_with(|| Published {
            agency: name.into(),
            states: BTreeMap::new(),
        })
    }

    /// What became of each agency's messages.
    pub fn agencies(&self) -> impl Iterator<Item = &Published> {
        self.agencies.values()
    }

    pub fn operators(&self) -> impl Iterator<Item = (OperatorId, &Carried)> {
        self.operators.iter().map(|(id, carried)| (*id, carried))
    }

    /// From the event's time until the operator took the whole message, by lane.
    pub fn to_submit(&self) -> impl Iterator<Item = (Lane, &Durations)> {
        Lane::ALL.into_iter().zip(&self.to_submit)
    }
}

#[cfg(test)]
impl Tally {
    /// One message that was accepted, and two duplicates.
    pub(crate) fn sample() -> Self {
        let mut tally = Self {
            duplicates: 2,
            malformed_traces: 1,
            ..Self::default()
        };
        let message = crate::journal::sample::waiting(1);
        tally.enters(&message, State::Accepted, None, message.time);
        tally
    }
}

/// Whether it was a receipt that said so.
fn is_by_receipt(state: State, reason: Option<Reason>) -> bool {
    match state {
        State::Delivered => true,
        State::Failed => matches!(reason, Some(Reason::Undelivered | Reason::Partial)),
        State::Expired => reason == Some(Reason::Operator),
        _ => false,
    }
}

impl Core {
    /// What was counted since the start.
    pub(super) fn tally(&self) -> &Tally {
        &self.teller.tally
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use xabar_events::Agency;

    use super::*;
    use crate::journal::sample;

    /// What a message does, one state a second.
    fn history(message: &mut Message, tally: &mut Tally, states: &[(State, Option<Reason>)]) {
        for &(state, reason) in states {
            let seconds = message.progress.history.len() as u64;
            let at = message.time.after(Duration::from_secs(seconds));
            tally.enters(message, state, reason, at);
            message.progress.history.push(Told {
                reason,
                at,
                ..sample::told(state)
            });
        }
    }

    fn seconds(times: &Durations) -> (u64, u64) {
        (times.len(), times.sum().as_secs())
    }

    #[test]
    fn the_time_to_submit_ends_with_the_first_and_that_to_the_receipt_begins_with_the_last() {
        let mut tally = Tally::default();
        let mut message = sample::waiting(1);
        message.progress.history.clear();
        message.progress.attempt.repeats = 2;
        let undelivered = Some(Reason::Undelivered);
        let states = [
            (State::Accepted, None),
            (State::Submitted, None),
            (State::Deferred, Some(Reason::Retry)),
            (State::Submitted, None),
            (State::Unknown, Some(Reason::NoReceipt)),
            (State::Failed, undelivered),
        ];
        history(&mut message, &mut tally, &states);
        let lanes: Vec<_> = tally.to_submit().collect();
        let submitted: Vec<_> = lanes.iter().map(|(_, times)| seconds(times)).collect();
        assert_eq!(submitted, [(0, 0), (0, 0), (1, 1), (0, 0)]);
        let (operator, carried) = tally.operators().next().unwrap();
        assert_eq!(operator, message.progress.operator);
        assert_eq!(seconds(&carried.to_receipt), (1, 2));
        assert_eq!(carried.repeats, 2, "counted with its first end only");
        let failed = carried.states.get(&(State::Failed, undelivered));
        assert_eq!(failed, Some(&1));
        let published: Vec<_> = tally.agencies().collect();
        assert_eq!(
            published.first().unwrap().states.get(&State::Submitted),
            Some(&2)
        );
    }

    #[test]
    fn what_is_no_receipt_is_not_taken_for_one() {
        let mut tally = Tally::default();
        let mut message = sample::waiting(1);
        message.progress.history.clear();
        let deadline = Some(Reason::Deadline);
        history(
            &mut message,
            &mut tally,
            &[(State::Submitted, None), (State::Expired, deadline)],
        );
        let (_, carried) = tally.operators().next().unwrap();
        assert!(carried.to_receipt.is_empty());
    }

    #[test]
    fn agencies_that_somebody_invents_are_counted_together() {
        let mut tally = Tally::default();
        for number in 0..MOST_AGENCIES + 50 {
            let mut message = sample::waiting(1);
            let agency = Agency::from_name(&format!("a{number}")).unwrap();
            message.identity_mut().key.agency = agency;
            tally.enters(&message, State::Accepted, None, UnixMillis(5));
        }
        assert_eq!(tally.agencies().count(), MOST_AGENCIES + 1);
        let mut agencies = tally.agencies();
        let other = agencies.find(|it| *it.agency == *OTHER).unwrap();
        assert_eq!(other.states.get(&State::Accepted), Some(&50));
    }
}
