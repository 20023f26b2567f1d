//! Which operators were bound when: what one left without an answer when it went is repeated once it could be heard again.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Fate, Laws};
use crate::clock::{Now, UnixMillis};
use crate::delivery::Token;
use crate::journal::{MessageId, OperatorId};

/// When each operator was bound: from when, and until when if that is over.
#[derive(Debug, Default)]
pub(super) struct Links(BTreeMap<OperatorId, Vec<(UnixMillis, Option<UnixMillis>)>>);

impl Links {
    fn note(&mut self, operator: OperatorId, is_bound: bool, now: UnixMillis) {
        let times = self.0.entry(operator).or_default();
        match times.last_mut() {
            Some((_, until @ None)) => *until = (!is_bound).then_some(now),
            _ if is_bound => times.push((now, None)),
            _ => {}
        }
    }

    pub(super) fn crashed(&mut self, at: UnixMillis) {
        for operator in self.0.keys().copied().collect::<Vec<_>>() {
            self.note(operator, false, at);
        }
    }

    /// For how long it was bound since it came back after something was submitted: of one that comes and goes each time counts
    /// as a twentieth of a grace at least. `None`: it was not gone since.
    fn heard_since(
        &self,
        operator: OperatorId,
        submitted: UnixMillis,
        grace: Duration,
        now: UnixMillis,
    ) -> Option<Duration> {
        let times = self.0.get(&operator)?;
        let stays = |(from, until): &(UnixMillis, Option<UnixMillis>)| {
            *from <= submitted && until.is_none()
        };
        if times.last().is_none_or(stays) {
            return None;
        }
        let since = times.iter().filter(|(from, _)| *from > submitted);
        let heard = since.map(|(from, until)| match until {
            Some(until) => until.since(*from).max(grace / 20),
            None => now.since(*from),
        });
        Some(heard.sum())
    }
}

impl Laws {
    /// An operator is bound at this moment, or is not.
    pub(in super::super) fn bound(&mut self, operator: OperatorId, is_bound: bool, at: UnixMillis) {
        self.links.note(operator, is_bound, at);
    }

    /// R2: what has no result since before an outage is repeated no sooner than its receipts could come for a grace, if its
    /// operator gives any.
    pub(super) fn check_hearing(&self, now: &Now, operator: OperatorId, id: MessageId) {
        let Some(last) = self.messages[&id].attempts.last() else {
            return;
        };
        // After a push there is the SMS, which waits for none.
        let unanswered = |(segment, fate): (&u8, &Fate)| {
            // What did not arrive has its receipt, and another operator may try it.
            let of_it = (id, last.octet, *segment);
            let receipted = self.receipted.contains(&of_it) || self.not_arrived.contains(&of_it);
            *segment != Token::PUSH && matches!(fate, Fate::Unanswered(_)) && !receipted
        };
        let gives_none = self.without_receipts.contains(&operator);
        if gives_none || !last.segments.iter().any(unanswered) {
            return;
        }
        let links = &self.links;
        let heard = links.heard_since(operator, last.at, self.uncertain, now.steady);
        assert!(
            heard.is_none_or(|heard| heard >= self.uncertain),
            "{id} again, though its operator is back for {heard:?} only"
        );
    }
}
