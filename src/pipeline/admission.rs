//! New events: what is known already is answered, the rest becomes messages.

use std::borrow::Cow;
use std::time::Instant;

use xabar_events::{Cancel, Event, EventKey, Msisdn, Notification, Priority, Reason, State, Trace};

use super::beat::Beat;
use super::core::Core;
use super::results::fate_so_far;
use super::telling::Details;
use crate::clock::UnixMillis;
use crate::intake::{Batch, Verdict};
use crate::journal::{
    Arrival, Ask, Attempt, Content, Facts, Identity, JournalError, Lane, Message, MessageId,
    OperatorId, Origin, Phase, Progress, ThreadFacts, ThreadKey,
};
use crate::numbers::Lists;

/// What an agency may call a message only by right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    Urgent,
    Legal,
}

/// The operator of a message that none carries.
const NOBODY: OperatorId = OperatorId(0);

impl Core {
    /// Takes in batches of events. They are answered once this beat is committed.
    pub(super) fn admit(
        &mut self,
        beat: &mut Beat,
        batches: Vec<Batch>,
    ) -> Result<(), JournalError> {
        for batch in batches {
            let Batch {
                events,
                carriers,
                read,
                reply,
                octets: _,
            } = batch;
            let known = self.known(&events)?;
            let mut verdicts = Vec::with_capacity(events.len());
            for (event, facts) in events.into_iter().zip(known) {
                verdicts.push(match event {
                    Event::StatusChanged(notification) => {
                        let looked_up = carriers.get(&notification.msisdn).copied();
                        self.accept(beat, notification, (looked_up, read), facts)?
                    }
                    Event::Cancel(cancel) => self.cancel(beat, &cancel, &facts)?,
                });
            }
            beat.replies.push((reply, verdicts));
        }
        Ok(())
    }

    /// What the journal knows of each event; of a cancellation, of the event it withdraws.
    fn known(&mut self, events: &[Event]) -> Result<Vec<Facts>, JournalError> {
        let targets: Vec<Cow<'_, EventKey>> = events.iter().map(target).collect();
        let asks: Vec<Ask<'_>> = events
            .iter()
            .zip(&targets)
            .map(|(event, key)| match event {
                Event::StatusChanged(it) => Ask {
                    key,
                    about: Some((thread(it), it.msisdn)),
                },
                Event::Cancel(_) => Ask { key, about: None },
            })
            .collect();
        self.journal.facts(&asks)
    }

    fn accept(
        &mut self,
        beat: &mut Beat,
        notification: Notification,
        (looked_up, read): (Option<OperatorId>, Instant),
        facts: Facts,
    ) -> Result<Verdict, JournalError> {
        let earlier = facts
            .duplicate_of
            .or_else(|| beat.accepted_as(&notification.key));
        if let Some(id) = earlier {
            self.teller.tally.duplicates += 1;
            return Ok(Verdict::Accepted {
                id,
                duplicate: true,
            });
        }
        let id = MessageId(self.next_message);
        self.next_message += 1;
        let cancelled = facts.cancelled || beat.cancelled.contains(&notification.key);
        let notification = self.check_rights(notification);
        let mut message = self.message(beat, id, notification, looked_up);
        self.note_probe(&message);
        self.teller.tell(
            beat,
            &mut message,
            State::Accepted,
            None,
            Details::default(),
        );
        self.teller.taken_in(beat, &message, read);
        let thread = beat.thread_facts(message.thread).unwrap_or(facts.thread);
        let stale = thread
            .attempted
            .is_some_and(|attempted| attempted > message.order());
        let end = match self.ends_at_the_door(beat, &message, cancelled, stale) {
            None => self.opted_out(beat, &message)?,
            end => end,
        };
        match end {
            Some((state, reason)) => {
                self.teller
                    .settle(beat, &mut message, state, Some(reason), Details::default());
                beat.accept(message);
            }
            None => self.let_wait(beat, message, facts),
        }
        Ok(Verdict::Accepted {
            id,
            duplicate: false,
        })
    }

    /// What is urgent without the right to be so is normal, and an opt-out holds for what is legal without it.
    fn check_rights(&mut self, mut notification: Notification) -> Notification {
        let agency = notification.key.agency.name();
        if notification.priority == Priority::Urgent
            && !self
                .settings
                .urgent
                .allows(agency, notification.service.as_str())
        {
            let kind = (Right::Urgent, agency.into());
            self.not_entitled.count(kind, ());
            notification.priority = Priority::Normal;
        }
        if notification.legal && !self.settings.legal.contains(agency) {
            let kind = (Right::Legal, agency.into());
            self.not_entitled.count(kind, ());
            notification.legal = false;
        }
        notification
    }

    /// The agencies that are to be told to have called messages something without a right to it, and how many since.
    pub fn not_entitled(&mut self, now: UnixMillis) -> Vec<((Right, Box<str>), (), u64)> {
        self.not_entitled.due(now)
    }

    /// The agencies whose clocks are to be told to be ahead, each with its first such message and how many since.
    pub fn clocks_ahead(&mut self, now: UnixMillis) -> Vec<(Box<str>, MessageId, u64)> {
        self.clocks_ahead.due(now)
    }

    /// Why a number gets no messages, if so.
    pub(super) fn suppressed(&self, msisdn: Msisdn) -> Option<Reason> {
        let Lists {
            blocked,
            reassigned,
            ..
        } = &self.settings.lists;
        if blocked.has(msisdn) {
            Some(Reason::Blocked)
        } else if reassigned.has(msisdn) {
            Some(Reason::Reassigned)
        } else {
            None
        }
    }

    /// Why a new message will never go out, if so.
    fn ends_at_the_door(
        &self,
        beat: &Beat,
        message: &Message,
        cancelled: bool,
        stale: bool,
    ) -> Option<(State, Reason)> {
        if cancelled {
            Some((State::Cancelled, Reason::Event))
        } else if let Some(reason) = self.suppressed(message.msisdn) {
            Some((State::Suppressed, reason))
        } else if stale {
            Some((State::Suppressed, Reason::Stale))
        } else if message.progress.operator == NOBODY {
            Some((State::Failed, Reason::NoRoute))
        } else if message.expires <= beat.now.wall {
            Some((State::Expired, Reason::Deadline))
        } else {
            None
        }
    }

    pub(super) fn let_wait(&mut self, beat: &mut Beat, mut message: Message, facts: Facts) {
        self.pacer.sibling_waits(message.thread);
        let known = beat.thread_facts(message.thread).unwrap_or(facts.thread);
        let thread = ThreadFacts {
            waiting: known.waiting.saturating_add(1),
            ..known
        };
        beat.thread(message.thread, thread);
        if message
            .not_before
            .is_some_and(|not_before| not_before > beat.now.wall)
        {
            let due = message.progress.due;
            self.teller
                .defer(beat, &mut message, Reason::Scheduled, Some(due));
            self.wait(&message);
            beat.accept(message);
            return;
        }
        if let Some((reason, until)) = self.held_up(&message, beat) {
            self.teller.defer(beat, &mut message, reason, until);
        }
        if self.takes_directly(&message) {
            beat.accept(message.clone());
            self.hold(Arrival {
                message,
                thread,
                subscriber: facts.subscriber,
            });
        } else {
            self.fall_behind(&message);
            beat.accept(message);
        }
    }

    fn message(
        &mut self,
        beat: &Beat,
        id: MessageId,
        notification: Notification,
        looked_up: Option<OperatorId>,
    ) -> Message {
        let now = &beat.now;
        let thread = thread(&notification);
        let not_before = notification.not_before.map(UnixMillis::from);
        let (time, is_ahead) = notification.time.clamp_to_arrival(now.wall.into());
        if is_ahead {
            let agency = notification.key.agency.name().into();
            self.clocks_ahead.count(agency, id);
        }
        if notification.trace == Trace::Malformed {
            self.teller.tally.malformed_traces += 1;
        }
        let content = Content {
            service: notification.service.into(),
            status: notification.status.into(),
            language: notification.language,
            params: notification.params.into(),
            legal: notification.legal,
            extensions: notification.extensions.into(),
        };
        let identity = Identity {
            id,
            application: notification.application.into(),
            trace: notification.trace.into_context(),
            key: notification.key,
        };
        let origin = Origin {
            identity: identity.into(),
            thread,
            msisdn: notification.msisdn,
            lane: Lane::of(notification.priority),
            time: time.into(),
            accepted_at: now.steady,
            not_before,
            expires: notification.expires.map_or_else(
                || {
                    let from = not_before.map_or(now.wall, |it| it.max(now.wall));
                    from.after(self.settings.expires)
                },
                UnixMillis::from,
            ),
            content,
        };
        let progress = Progress {
            phase: Phase::Waiting,
            operator: self
                .carrier(notification.msisdn, looked_up)
                .unwrap_or(NOBODY),
            due: not_before
                .map_or(now.steady, |not_before| now.steady_at(not_before))
                .max(now.steady),
            dealt: None,
            attempt: Attempt::default(),
            history: Vec::with_capacity(3),
        };
        Message::new(origin, progress)
    }

    /// Withdraws a message that has no attempt; one that has is not repeated; one that is not known yet is remembered.
    fn cancel(
        &mut self,
        beat: &mut Beat,
        cancel: &Cancel,
        facts: &Facts,
    ) -> Result<Verdict, JournalError> {
        let target = cancel.target();
        let Some(id) = facts.duplicate_of.or_else(|| beat.accepted_as(&target)) else {
            if !facts.cancelled {
                beat.cancelled.push(target);
            }
            return Ok(Verdict::Cancelled);
        };
        if let Some(flight) = self.in_flight.get_mut(&id) {
            flight.message.progress.attempt.withdrawn = true;
            beat.put(flight.message.clone());
            return Ok(Verdict::Cancelled);
        }
        if let Some(mut message) = self.waiting(beat, id)? {
            self.pacer.withdraw(id);
            let end = withdrawn(&message, Reason::Event);
            self.end(beat, &mut message, end, Details::default());
        } else if self.settings.retry.undelivered_elsewhere
            && let Some(mut message) = self.as_it_stands(beat, id)?
            && message.progress.phase == Phase::Submitted
        {
            message.progress.attempt.withdrawn = true;
            // Of one that another operator might have tried, enough may be known now.
            self.settle_by_receipts(beat, &mut message, None);
            beat.put(message);
        }
        Ok(Verdict::Cancelled)
    }

    /// A message that waits, as it stands now.
    pub(super) fn waiting(
        &mut self,
        beat: &Beat,
        id: MessageId,
    ) -> Result<Option<Message>, JournalError> {
        let message = self.as_it_stands(beat, id)?;
        Ok(message.filter(|message| message.progress.phase == Phase::Waiting))
    }

    /// A message with what this beat has changed of it.
    pub(super) fn as_it_stands(
        &mut self,
        beat: &Beat,
        id: MessageId,
    ) -> Result<Option<Message>, JournalError> {
        match beat.message(id) {
            Some(message) => Ok(Some(message.clone())),
            None => self.journal.message(id),
        }
    }
}

/// How a message that waits ends when its agency, or staff, wants it no more.
pub(super) fn withdrawn(message: &Message, by: Reason) -> (State, Reason) {
    let fate = fate_so_far(message);
    fate.unwrap_or(if message.progress.attempt.attempts > 0 {
        (State::Failed, Reason::Refused)
    } else {
        (State::Cancelled, by)
    })
}

fn target(event: &Event) -> Cow<'_, EventKey> {
    match event {
        Event::StatusChanged(notification) => Cow::Borrowed(&notification.key),
        Event::Cancel(cancel) => Cow::Owned(cancel.target()),
    }
}

fn thread(notification: &Notification) -> ThreadKey {
    let agency = notification.key.agency.name();
    let application = notification.application.as_str();
    ThreadKey::of(agency, application, notification.msisdn)
}
