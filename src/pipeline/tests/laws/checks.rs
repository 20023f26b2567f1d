//! What holds whenever a submission begins.

use std::collections::BTreeSet;
use std::time::Duration;

use xabar_events::Msisdn;

use super::{Attempt, Fate, Known, Laws, is_answer_to_go};
use crate::clock::{Now, UnixMillis};
use crate::delivery::{Submission, Token};
use crate::journal::{Lane, Message, MessageId, OperatorId};
use crate::numbers::Lists;

impl Laws {
    /// R4, `notBefore`, `expires`, cancellations and validity.
    pub(super) fn check_timing(&self, now: &Now, id: MessageId, submission: &Submission) {
        let message = &self.messages[&id].message;
        assert!(
            !self.withdrawn.contains(&message.key),
            "withdrawn: {message:?}"
        );
        assert!(
            message
                .not_before
                .is_none_or(|not_before| not_before <= now.wall),
            "before its time: {message:?}"
        );
        assert!(message.expires > now.wall, "too late: {message:?}");
        let minute = Duration::from_secs(60);
        let validity = match submission.token.is_push() {
            true => minute,
            false => message.expires.since(now.wall).max(minute),
        };
        assert_eq!(
            submission.validity, validity,
            "how long {id} is worth trying"
        );
        let quiet = self.rules.quiet_hours.as_ref();
        let asleep = quiet.is_some_and(|quiet| quiet.end(now.wall).is_some());
        assert!(
            !asleep || matches!(message.lane, Lane::Answers | Lane::Urgent),
            "at night: {message:?}"
        );
        let no_bulk = self.rules.no_bulk.as_ref();
        let closed = no_bulk.is_some_and(|hours| hours.end(now.wall).is_some());
        assert!(
            !closed || message.lane != Lane::Bulk,
            "bulk outside of its hours: {message:?}"
        );
    }

    /// R5: one at a time, and never back.
    pub(super) fn check_thread(&self, now: &Now, id: MessageId) {
        let message = &self.messages[&id].message;
        let (thread, order) = (message.thread, message.order());
        for other in self.threads[&thread].iter().filter(|other| **other != id) {
            let Some(last) = self.messages[other].attempts.last() else {
                continue;
            };
            let open = last.segments.iter().all(|(segment, fate)| match fate {
                Fate::Sent => false,
                Fate::Unanswered(since) => {
                    let receipted = self.receipted.contains(&(*other, last.octet, *segment));
                    receipted || since.after(self.uncertain) <= now.steady
                }
                Fate::Accepted | Fate::Nowhere | Fate::Unwritten => true,
            });
            assert!(
                open,
                "{id} while {other} is under way, attempt {} {:?} since {:?}, told {:?}: {:?}",
                last.octet,
                last.segments,
                now.steady.since(last.at),
                self.messages[other].told,
                self.messages[other].message
            );
        }
        let mut others = self.threads[&thread].iter();
        let newer = others.find(|other| {
            self.messages[other].message.order() > order
                && self.has_had(**other, |fate| fate != Fate::Unwritten)
        });
        assert_eq!(newer, None, "{id} after a newer one");
    }

    /// R2: nothing is repeated at once that has no result.
    pub(super) fn check_repetition(&self, now: &Now, message: MessageId) {
        let Some(last) = self.messages[&message].attempts.last() else {
            return;
        };
        let open = last.segments.iter().any(|(segment, fate)| match fate {
            Fate::Sent => true,
            Fate::Unanswered(since) => {
                let receipted = self.receipted.contains(&(message, last.octet, *segment));
                !receipted && since.after(self.uncertain) > now.steady
            }
            Fate::Accepted | Fate::Nowhere | Fate::Unwritten => false,
        });
        assert!(
            !open,
            "{message} again, though not answered: {:?}",
            self.messages[&message].attempts
        );
    }

    /// R2: what an operator took, be it after a refusal, is never repeated, or once where the policy says so. A copy that did
    /// not arrive says nothing of another one that has no answer. Nor is what arrived, as a receipt says of our reference.
    pub(super) fn check_segment(&self, message: MessageId, segment: u8) {
        assert!(
            !self.certain.contains(&(message, segment)),
            "segment {segment} of {message} again, which arrived: {:?}",
            self.messages[&message].attempts
        );
        let attempts = &self.messages[&message].attempts;
        let fate = |it: &Attempt| it.segments.get(&segment).copied();
        let lacks_answer = |it: &Attempt| matches!(fate(it), Some(Fate::Unanswered(_)));
        let any_lacks = attempts.iter().any(lacks_answer);
        let is_gone =
            |it: &Attempt| any_lacks && self.not_arrived.contains(&(message, it.octet, segment));
        let taken = attempts
            .iter()
            .filter(|it| fate(it) == Some(Fate::Accepted));
        let by: BTreeSet<OperatorId> = taken
            .filter(|it| !is_gone(it))
            .map(|it| it.operator)
            .collect();
        let most = usize::from(self.undelivered_elsewhere);
        assert!(
            by.len() <= most,
            "segment {segment} of {message} again, after {attempts:?}"
        );
    }

    /// R3. The rest of a text of which the operator has a part is no message more.
    pub(super) fn check_limits(&self, now: &Now, id: MessageId, is_rest: bool) {
        let message = &self.messages[&id].message;
        match message.lane {
            Lane::Answers => return,
            Lane::Urgent if !self.rules.urgent_limited => return,
            _ => {}
        }
        if is_rest {
            return;
        }
        let times = self.times_to(message.msisdn, |it| {
            let mut fates = it.segments.values();
            !it.is_rest && fates.any(|fate| !fate.is_nothing())
        });
        for limit in &self.rules.limits {
            let inside = times
                .iter()
                .filter(|at| at.after(limit.per) > now.steady)
                .count();
            assert!(
                inside < limit.messages as usize,
                "{inside} in {:?} before {id}",
                limit.per
            );
        }
    }

    /// R3: answers have limits of their own, by when they were written.
    pub(super) fn check_answers_limit(&self, now: &Now, message: &Message) {
        let others = self.phones.get(&message.msisdn).into_iter().flatten();
        let others = others.map(|other| &self.messages[other].message);
        let answers = others.filter(|it| is_answer_to_go(it));
        let times: Vec<_> = answers.map(|answer| answer.accepted_at).collect();
        for limit in &self.answer_limits {
            let inside = times.iter().filter(|at| at.after(limit.per) > now.steady);
            assert!(
                inside.count() < limit.messages as usize,
                "an answer too many in {:?}: {}",
                limit.per,
                message.id
            );
        }
    }

    /// When messages went to a phone, each once for all of its segments, of those attempts that count.
    pub(super) fn times_to(
        &self,
        msisdn: Msisdn,
        counts: impl Fn(&Attempt) -> bool,
    ) -> Vec<UnixMillis> {
        let others = self.phones[&msisdn].iter();
        let others = others.map(|other| &self.messages[other]);
        others
            .filter(|other| !other.message.is_answer())
            .flat_map(|other| &other.attempts)
            .filter(|it| counts(it))
            .map(|attempt| attempt.at)
            .collect()
    }

    /// Whether an attempt that has all segments of the text, or not, ends what the operator has a part of.
    pub(super) fn is_rest(&self, id: MessageId, is_whole: bool) -> bool {
        let is_taken = |attempt: &Attempt| {
            let mut segments = attempt.segments.iter();
            segments.any(|(segment, fate)| {
                let copy = (id, attempt.octet, *segment);
                // What had no answer and did not arrive was taken, too.
                let by_receipt = self.receipted.contains(&copy)
                    || self.certain.contains(&(id, *segment))
                    || *fate != Fate::Nowhere && self.not_arrived.contains(&copy);
                *fate == Fate::Accepted || by_receipt
            })
        };
        !is_whole && self.messages[&id].attempts.iter().any(is_taken)
    }

    /// What a phone says that it shows goes no other way as well; and only what is urgent by right is pushed.
    pub(super) fn check_screen(&self, id: MessageId, token: Token) {
        let Known {
            message, attempts, ..
        } = &self.messages[&id];
        let mut pushes = attempts
            .iter()
            .filter_map(|it| it.segments.get(&Token::PUSH));
        assert!(
            pushes.all(|fate| *fate != Fate::Accepted),
            "{id} is on the screen already"
        );
        let (agency, service) = (message.key.agency.name(), &message.content.service);
        let mut rights = self.pushing.iter();
        let by_right =
            message.lane == Lane::Urgent && rights.any(|right| right.allows(agency, service));
        assert!(
            !token.is_push() || by_right,
            "pushed without a right to it: {message:?}"
        );
    }

    /// Nothing goes to numbers that are blocked or belong to somebody else, not even an answer.
    pub(super) fn check_lists(&self, id: MessageId) {
        let message = &self.messages[&id].message;
        let what = if message.is_answer() {
            "an answer"
        } else {
            "a message"
        };
        assert!(
            !self.is_listed(message.msisdn),
            "{what} to a number that gets nothing: {message:?}"
        );
    }

    pub(super) fn is_listed(&self, msisdn: Msisdn) -> bool {
        let Lists {
            blocked,
            reassigned,
            ..
        } = &self.lists;
        blocked.has(msisdn) || reassigned.has(msisdn)
    }

    /// R9: once an opt-out is acknowledged nothing is begun; what the operator has a part of is finished.
    pub(super) fn check_choices(&self, id: MessageId) {
        let known = &self.messages[&id];
        let message = &known.message;
        let fates = known.attempts.iter().flat_map(|it| it.segments.values());
        let is_begun = fates.into_iter().any(|fate| *fate == Fate::Accepted);
        let wanted = message.content.legal
            || message.is_answer()
            || self
                .choices
                .hears(message.msisdn, message.key.agency.name());
        assert!(wanted || is_begun, "{id} after an opt-out: {message:?}");
    }
}
