//! What holds for why a message ends, or waits: its reason is one that there is.

use std::sync::LazyLock;

use xabar_events::{Outcome, Reason, State};

use super::{Fate, Laws};
use crate::clock::Now;
use crate::compose::Catalog;
use crate::delivery::Token;
use crate::journal::{Message, MessageId};

static TEXTS: LazyLock<Catalog> = LazyLock::new(Catalog::built_in);

impl Laws {
    pub(super) fn check_reason(&self, now: &Now, id: MessageId, outcome: &Outcome<'_>) {
        let message = &self.messages[&id].message;
        let (is_so, why_not) = match (outcome.state, outcome.reason) {
            (State::Cancelled, Some(Reason::Staff)) => {
                let is_unwanted = self.is_unwanted(message);
                (is_unwanted, "cancelled by nobody of staff")
            }
            (State::Cancelled, _) => {
                let is_withdrawn = self.withdrawn.contains(&message.key);
                (is_withdrawn, "cancelled by nobody")
            }
            (State::Expired, Some(Reason::Deadline)) => {
                (message.expires <= now.wall, "expired before its time")
            }
            (State::Superseded, _) => {
                let by = outcome.by.as_deref();
                let went = |id| self.has_had(id, |it| !matches!(it, Fate::Sent | Fate::Unwritten));
                let is_so = self.is_overtaken(message, by, went);
                (is_so, "no newer one was attempted")
            }
            (_, Some(Reason::Stale)) => {
                let begun = |id| self.begun_in_journal.contains(&id);
                let is_so = self.is_overtaken(message, None, begun);
                (is_so, "no newer one was attempted")
            }
            (_, Some(Reason::Blocked)) => {
                let is_listed = self.lists.blocked.has(message.msisdn);
                (is_listed, "blocked without being listed")
            }
            (_, Some(Reason::Reassigned)) => {
                let is_listed = self.lists.reassigned.has(message.msisdn);
                (is_listed, "reassigned without being listed")
            }
            (_, Some(Reason::OptedOut)) => {
                let agency = message.key.agency.name();
                let hears = self.choices.hears(message.msisdn, agency);
                (!hears && !message.content.legal, "without an opt-out")
            }
            (_, Some(Reason::NoTemplate)) => {
                let text = TEXTS.compose(message.into(), self.default_language);
                (text.is_err(), "though there is a text")
            }
            (State::Expired, Some(Reason::Operator))
            | (State::Failed, Some(Reason::Undelivered)) => {
                (self.has_not_arrived(id), "though no receipt says so")
            }
            (State::Failed, Some(Reason::Refused | Reason::Attempts)) => {
                let mut taken_now = self.taken_now.iter();
                let is_refused = taken_now.any(|(taken, ..)| *taken == id)
                    || self.has_had(id, |fate| fate == Fate::Nowhere);
                (
                    is_refused || !self.has_gone(id),
                    "though nothing was refused",
                )
            }
            (State::Failed, Some(Reason::Partial)) => {
                (self.is_of_several(id), "though it is of one segment")
            }
            (State::Failed, Some(Reason::NoRoute)) => (!self.has_gone(id), "though it went"),
            (State::Unknown, Some(Reason::NoReceipt)) => {
                let last = self.messages[&id].attempts.last();
                let is_late = last.is_some_and(|it| it.receipts_until <= now.steady);
                (is_late, "before its receipt is overdue")
            }
            (State::Unknown, Some(Reason::NoReceipts)) => {
                (!self.without_receipts.is_empty(), "though receipts come")
            }
            (State::Unknown, Some(Reason::Uncertain)) => {
                let was_open = self.once_unanswered.contains(&id);
                (was_open, "though it is answered")
            }
            (_, Some(reason)) if Self::ends_in_time(reason) => {
                (outcome.until.is_some(), "until nobody knows when")
            }
            _ => return,
        };
        let attempts = &self.messages[&id].attempts;
        assert!(is_so, "{why_not}: {outcome:?} after {attempts:?}");
    }

    /// Whether staff ordered that such messages are withdrawn.
    fn is_unwanted(&self, message: &Message) -> bool {
        let mut unwanted = self.unwanted.iter();
        unwanted.any(|(unwanted, at)| {
            let mut service = unwanted.service.iter();
            !unwanted.dry_run
                && unwanted.agency == message.key.agency.name()
                && service.all(|it| **it == *message.content.service)
                && message.accepted_at <= *at
        })
    }

    fn has_gone(&self, id: MessageId) -> bool {
        !self.messages[&id].attempts.is_empty()
    }

    /// Whether this became of a segment in one of its attempts.
    pub(super) fn has_had(&self, id: MessageId, is_it: impl Fn(Fate) -> bool) -> bool {
        let attempts = self.messages[&id].attempts.iter();
        let mut fates = attempts.flat_map(|it| it.segments.values());
        fates.any(|fate| is_it(*fate))
    }

    /// Whether a receipt says so of something that its operator took, or may have: some send them for what they refuse.
    fn has_not_arrived(&self, id: MessageId) -> bool {
        self.messages[&id].attempts.iter().any(|it| {
            let mut segments = it.segments.iter();
            segments.any(|(segment, fate)| {
                let may_be_there = matches!(fate, Fate::Accepted | Fate::Unanswered(_));
                may_be_there && self.not_arrived.contains(&(id, it.octet, *segment))
            })
        })
    }

    fn is_of_several(&self, id: MessageId) -> bool {
        let attempts = self.messages[&id].attempts.iter();
        let mut segments = attempts.flat_map(|it| it.segments.keys());
        segments.any(|segment| *segment > 0 && *segment != Token::PUSH)
    }

    /// Whether it is known until when a message waits for this reason.
    fn ends_in_time(reason: Reason) -> bool {
        matches!(
            reason,
            Reason::Scheduled
                | Reason::SubscriberLimit
                | Reason::QuietHours
                | Reason::BulkWindow
                | Reason::AgencyQuota
        )
    }

    /// Whether this is so of a newer status of its thread, and that is the one of which is told.
    fn is_overtaken(
        &self,
        message: &Message,
        by: Option<&str>,
        is_it: impl Fn(MessageId) -> bool,
    ) -> bool {
        self.threads[&message.thread].iter().any(|id| {
            let newer = &self.messages[id].message;
            newer.order() > message.order()
                && by.is_none_or(|by| by == newer.key.id.as_str())
                && is_it(*id)
        })
    }
}
