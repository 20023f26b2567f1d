//! Tells agencies what becomes of their messages.

use std::collections::HashSet;
use std::time::Duration;

use rustc_hash::FxHashSet;
use xabar_events::{Reason, State};
use xabar_smpp::Status;

use super::beat::Beat;
use super::tally::Tally;
use crate::clock::UnixMillis;
use crate::journal::{Limited, Message, Outgoing, Phase, Told};
use crate::pacing::Limit;
use crate::traces::Sampling;

/// A wait is told if it is, or may be, longer than this.
pub(super) const WORTH_TELLING: Duration = Duration::from_secs(60);

/// Writes the history of messages and the outcomes for their agencies, and counts them.
#[derive(Debug)]
pub(super) struct Teller {
    /// What agencies are told.
    told: FxHashSet<State>,
    next_outgoing: u64,
    /// Which messages are traced; `None`: none.
    pub(super) sampling: Option<Sampling>,
    pub(super) tally: Tally,
}

/// What is said besides the state and its reason.
#[derive(Debug, Default)]
pub(super) struct Details {
    pub(super) until: Option<UnixMillis>,
    pub(super) code: Option<Box<str>>,
    pub(super) by: Option<Box<str>>,
}

impl Details {
    pub(super) fn code(code: impl Into<Box<str>>) -> Self {
        Self {
            code: Some(code.into()),
            ..Self::default()
        }
    }
}

impl Teller {
    pub(super) fn new(
        told: HashSet<State>,
        last_outgoing: u64,
        sampling: Option<Sampling>,
    ) -> Self {
        Self {
            told: told.into_iter().collect(),
            next_outgoing: last_outgoing + 1,
            sampling,
            tally: Tally::default(),
        }
    }

    /// The last number given to an outcome.
    pub(super) fn last_outgoing(&self) -> u64 {
        self.next_outgoing - 1
    }

    /// Agencies are told of these states from now on.
    pub(super) fn tells(&mut self, told: HashSet<State>) {
        self.told = told.into_iter().collect();
    }

    /// Notes a state of a message, and puts it into the outbox if agencies are told of it.
    pub(super) fn tell(
        &mut self,
        beat: &mut Beat,
        message: &mut Message,
        state: State,
        reason: Option<Reason>,
        details: Details,
    ) {
        self.tally.enters(message, state, reason, beat.now.wall);
        let Details { until, code, by } = details;
        let first = message.progress.undelivered();
        let code = code.or_else(|| first?.code.clone());
        let told = Told {
            state,
            reason,
            at: beat.now.wall,
            until,
            code,
            by,
            attempted: message.progress.attempted(),
            limit: None,
        };
        self.entered(beat, message, &told);
        if self.told.contains(&state) && !message.is_answer() {
            beat.outgoing.push(Outgoing {
                number: self.next_outgoing,
                identity: message.origin().identity.clone(),
                sequence: u32::try_from(message.progress.history.len() + 1).unwrap_or(u32::MAX),
                told: told.clone(),
            });
            self.next_outgoing += 1;
        }
        message.progress.history.push(told);
    }

    /// Tells that a message waits, if that is news and the wait is long; says whether its history is another now. Of a wait for
    /// the same reason as before nobody is told, but the history has until when it is.
    pub(super) fn defer(
        &mut self,
        beat: &mut Beat,
        message: &mut Message,
        reason: Reason,
        until: Option<UnixMillis>,
    ) -> bool {
        self.defer_for(beat, message, (reason, None), until)
    }

    /// The same of one that the operator refused for now, with this status.
    pub(super) fn defer_refused(
        &mut self,
        beat: &mut Beat,
        message: &mut Message,
        (reason, status): (Reason, Status),
        until: UnixMillis,
    ) -> bool {
        self.defer_for(beat, message, (reason, Some(status)), Some(until))
    }

    fn defer_for(
        &mut self,
        beat: &mut Beat,
        message: &mut Message,
        (reason, status): (Reason, Option<Status>),
        until: Option<UnixMillis>,
    ) -> bool {
        let wait = until.map(|until| until.since(beat.now.steady));
        // What ends before that does not wait so long.
        let wait = wait.map(|wait| wait.min(message.expires.since(beat.now.wall)));
        let until = wait.map(|wait| beat.now.wall.after(wait));
        let last = message.progress.history.last_mut();
        if let Some(told) = last.filter(|told| told.reason == Some(reason)) {
            let before = std::mem::replace(&mut told.until, until);
            return before != until;
        }
        if wait.is_some_and(|wait| wait <= WORTH_TELLING) {
            return false;
        }
        self.tell(
            beat,
            message,
            State::Deferred,
            Some(reason),
            Details {
                until,
                code: status.map(|status| status.to_string().into()),
                ..Details::default()
            },
        );
        true
    }

    /// Tells the end of a message.
    pub(super) fn settle(
        &mut self,
        beat: &mut Beat,
        message: &mut Message,
        state: State,
        reason: Option<Reason>,
        details: Details,
    ) {
        message.progress.phase = Phase::Settled;
        message.progress.attempt.smsc_ids = Vec::new();
        self.tell(beat, message, state, reason, details);
    }
}

/// Has a message's history name the limit that it waits for, if its wait is told there.
pub(super) fn name_limit(message: &mut Message, limit: Option<Limit>) {
    let last = message.progress.history.last_mut();
    if let Some(told) = last.filter(|told| told.reason == Some(Reason::SubscriberLimit)) {
        told.limit = limit.map(|Limit { messages, per }| Box::new(Limited { messages, per }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Now, instant};
    use crate::journal::sample;

    #[test]
    fn a_longer_wait_for_the_same_reason_is_told_to_nobody_and_changes_the_history() {
        let now = Now {
            instant: instant(),
            steady: UnixMillis(0),
            wall: UnixMillis(0),
        };
        let (mut beat, mut message) = (Beat::new(now), sample::waiting(1));
        let mut teller = Teller::new(HashSet::from([State::Deferred]), 0, None);
        let mut is_another = |reason, seconds| {
            let until = UnixMillis(0).after(Duration::from_secs(seconds));
            teller.defer(&mut beat, &mut message, reason, Some(until))
        };
        assert!(!is_another(Reason::Retry, 60), "not worth telling");
        assert!(is_another(Reason::OperatorDown, 300));
        assert!(!is_another(Reason::OperatorDown, 300), "as it was");
        assert!(is_another(Reason::OperatorDown, 400));
        assert_eq!(beat.outgoing.len(), 1);
        let told = message.progress.history.last().unwrap();
        assert_eq!(told.until, Some(UnixMillis(400_000)));
    }
}
