//! What operators answered, or did not.

use std::cmp::Reverse;

use tracing::warn;
use xabar_events::{Reason, State};
use xabar_smpp::Status;

use super::admission::withdrawn;
use super::beat::Beat;
use super::core::{Core, InFlight};
use super::sending::attempt_octet;
use super::telling::Details;
use crate::clock::UnixMillis;
use crate::delivery::Token;
use crate::delivery::receipt::stored_id;
use crate::delivery::retry::{self, Class, Next};
use crate::journal::{
    Awaiting, JournalError, Message, MessageId, OperatorId, Phase, Record, Segment,
};

impl Core {
    /// The operator answered a submission.
    pub(super) fn answered(
        &mut self,
        beat: &mut Beat,
        operator: OperatorId,
        token: Token,
        status: Status,
        smsc_id: &str,
    ) -> Result<(), JournalError> {
        let Some(mut flight) = self.take_flight(beat, token, status)? else {
            return Ok(());
        };
        let record = &mut flight.message.record;
        let Some(segment) = record
            .progress
            .attempt
            .segments
            .get_mut(usize::from(token.segment))
        else {
            return Ok(());
        };
        if *segment == Segment::Sent {
            *segment = if status.is_ok() {
                Segment::Accepted
            } else {
                Segment::Waiting
            };
        }
        if !status.is_ok() {
            flight.refused = Some(worse(flight.refused, status));
        } else if !smsc_id.is_empty()
            && self
                .operators
                .get(&operator)
                .is_some_and(|operator| operator.receipts)
        {
            let smsc_id = stored_id(smsc_id);
            self.note_accepted(beat, &mut flight, operator, token, &smsc_id)?;
        }
        self.conclude_if_answered(beat, flight);
        Ok(())
    }

    /// No answer came in time, or none will come: it waits for its grace to end.
    pub(super) fn unanswered(&mut self, beat: &mut Beat, token: Token) {
        let grace_ends = beat.now.steady.after(self.settings.uncertain);
        let Some(flight) = self.in_flight.get_mut(&token.message) else {
            return;
        };
        let record = &mut flight.message.record;
        let is_current = attempt_octet(record) == token.attempt;
        if !is_current || flight.grace_ends.is_some() {
            return;
        }
        flight.grace_ends = Some(grace_ends);
        self.graces.push(Reverse((grace_ends, token.message)));
        self.teller
            .defer(beat, record, Reason::Uncertain, Some(grace_ends));
        beat.put(record);
    }

    /// It was certainly not written: as if it had not been tried.
    pub(super) fn returned(&mut self, beat: &mut Beat, token: Token) {
        let Some(mut flight) = self.in_flight.remove(&token.message) else {
            return;
        };
        let attempt = &mut flight.message.record.progress.attempt;
        if let Some(segment) = attempt.segments.get_mut(usize::from(token.segment))
            && *segment == Segment::Sent
        {
            *segment = Segment::Waiting;
        }
        self.conclude_if_answered(beat, flight);
    }

    /// Ends the graces that are over: what is still without an answer may be repeated.
    pub(super) fn end_graces(&mut self, beat: &mut Beat) -> Result<(), JournalError> {
        while let Some(Reverse((at, id))) = self.graces.peek().copied() {
            if at > beat.now.steady {
                break;
            }
            self.graces.pop();
            let over = self
                .in_flight
                .get(&id)
                .is_some_and(|flight| flight.grace_ends == Some(at));
            if over && let Some(flight) = self.in_flight.remove(&id) {
                self.give_up_waiting(beat, flight);
            }
        }
        Ok(())
    }

    fn give_up_waiting(&mut self, beat: &mut Beat, flight: InFlight) {
        let mut record = flight.message.record;
        for segment in &mut record.progress.attempt.segments {
            if *segment == Segment::Sent {
                *segment = Segment::Waiting;
            }
        }
        record.progress.attempt.uncertain = true;
        self.pacer.end(&record);
        if record.progress.attempt.withdrawn {
            let (state, reason) = withdrawn(&record);
            self.teller
                .settle(beat, &mut record, state, Some(reason), Details::default());
            beat.put(&record);
        } else {
            self.wait_again(beat, &mut record, UnixMillis(beat.now.steady.0 + 1));
        }
    }

    /// The message of a token, if it is in flight; or if it waits to be repeated and the operator, late, took it after all.
    fn take_flight(
        &mut self,
        beat: &Beat,
        token: Token,
        status: Status,
    ) -> Result<Option<InFlight>, JournalError> {
        if let Some(flight) = self.in_flight.remove(&token.message) {
            if attempt_octet(&flight.message.record) == token.attempt {
                return Ok(Some(flight));
            }
            self.in_flight.insert(token.message, flight);
            return Ok(None);
        }
        if !status.is_ok() {
            return Ok(None);
        }
        let Some(mut message) = self.uncertain(beat, token.message)? else {
            return Ok(None);
        };
        if attempt_octet(&message.record) != token.attempt {
            return Ok(None);
        }
        self.pacer.withdraw(token.message);
        message.record.progress.phase = Phase::InFlight;
        if let Some(segment) = message
            .record
            .progress
            .attempt
            .segments
            .get_mut(usize::from(token.segment))
        {
            *segment = Segment::Sent;
        }
        Ok(Some(InFlight::new(message)))
    }

    /// A message that waits to be repeated since its last attempt has no answer.
    pub(super) fn uncertain(
        &mut self,
        beat: &Beat,
        id: MessageId,
    ) -> Result<Option<Message>, JournalError> {
        let Some(mut message) = self.journal.message(id)? else {
            return Ok(None);
        };
        if let Some(record) = beat.record(id) {
            message.record = record.clone();
        }
        let progress = &message.record.progress;
        let repeatable = progress.phase == Phase::Waiting && progress.attempt.uncertain;
        Ok(repeatable.then_some(message))
    }

    fn note_accepted(
        &mut self,
        beat: &mut Beat,
        flight: &mut InFlight,
        operator: OperatorId,
        token: Token,
        smsc_id: &str,
    ) -> Result<(), JournalError> {
        let awaiting = Awaiting {
            operator,
            smsc_id: smsc_id.into(),
            message: token.message,
            segment: token.segment,
            at: beat.now.steady,
        };
        beat.await_receipt(awaiting);
        if self.held == 0 {
            return Ok(());
        }
        for (number, held) in self.journal.held(operator, &[smsc_id])? {
            if self.apply_held(&mut flight.message.record, token.segment, &held) {
                beat.released.push(number);
                self.held = self.held.saturating_sub(1);
            }
        }
        Ok(())
    }

    /// Decides what is next once every segment has its answer.
    pub(super) fn conclude_if_answered(&mut self, beat: &mut Beat, mut flight: InFlight) {
        if !flight.is_answered() {
            beat.put(&flight.message.record);
            self.in_flight.insert(flight.message.record.id, flight);
            return;
        }
        let record = &mut flight.message.record;
        self.pacer.end(record);
        if !record.progress.attempt.segments.contains(&Segment::Waiting) {
            self.submitted(beat, record);
            return;
        }
        match flight.refused {
            Some(status) => self.refused(beat, record, status),
            None => self.unsent(beat, record),
        }
    }

    fn submitted(&mut self, beat: &mut Beat, record: &mut Record) {
        record.progress.phase = Phase::Submitted;
        self.teller
            .tell(beat, record, State::Submitted, None, Details::default());
        let receipts = self
            .operators
            .get(&record.progress.operator)
            .is_none_or(|operator| operator.receipts);
        if !receipts {
            self.teller.settle(
                beat,
                record,
                State::Unknown,
                Some(Reason::NoReceipts),
                Details::default(),
            );
        }
        self.settle_by_receipts(beat, record, None);
        beat.put(record);
    }

    fn refused(&mut self, beat: &mut Beat, record: &mut Record, status: Status) {
        let partly = has_reached(record);
        if !partly {
            let facts = self
                .pacer
                .give_back(record.msisdn, record.progress.attempt.at);
            beat.subscriber(record.msisdn, facts);
        }
        let attempt = &mut record.progress.attempt;
        let throttled = retry::class(status) == Class::Throttled;
        attempt.throttled = attempt.throttled.saturating_add(u16::from(throttled));
        let counted = attempt.attempts.saturating_sub(attempt.throttled);
        let next = if attempt.withdrawn {
            Next::Refused
        } else {
            retry::next(status, counted, record.id.0)
        };
        match next {
            Next::Retry(pause) => {
                let due = beat
                    .now
                    .steady
                    .after(pause)
                    .min(beat.now.steady_at(record.expires));
                let reason = if throttled {
                    Reason::Throttled
                } else {
                    Reason::Retry
                };
                self.teller.defer(beat, record, reason, Some(due));
                self.wait_again(beat, record, due);
            }
            Next::GiveUp => self.fail(
                beat,
                record,
                status,
                if partly {
                    Reason::Partial
                } else {
                    Reason::Attempts
                },
            ),
            Next::Refused => self.fail(
                beat,
                record,
                status,
                if partly {
                    Reason::Partial
                } else {
                    Reason::Refused
                },
            ),
        }
    }

    fn fail(&mut self, beat: &mut Beat, record: &mut Record, status: Status, reason: Reason) {
        if retry::class(status) == Class::OurBug {
            let operator = self
                .operators
                .get(&record.progress.operator)
                .map(|operator| &*operator.name);
            warn!(operator, message = %record.id, %status, "the operator refuses what we send: check the sender and the account's settings");
        }
        self.teller.settle(
            beat,
            record,
            State::Failed,
            Some(reason),
            Details::code(status.to_string()),
        );
        beat.put(record);
    }

    /// Nothing was refused, but not everything was written.
    fn unsent(&mut self, beat: &mut Beat, record: &mut Record) {
        if !has_reached(record) {
            let facts = self
                .pacer
                .give_back(record.msisdn, record.progress.attempt.at);
            beat.subscriber(record.msisdn, facts);
            record.progress.attempt.attempts = record.progress.attempt.attempts.saturating_sub(1);
        }
        self.wait_again(beat, record, UnixMillis(beat.now.steady.0 + 1));
    }

    fn wait_again(&mut self, beat: &mut Beat, record: &mut Record, due: UnixMillis) {
        record.progress.phase = Phase::Waiting;
        record.progress.due = due.max(UnixMillis(beat.now.steady.0 + 1));
        self.wait(record);
        beat.put(record);
    }
}

/// Whether the operator took any segment.
fn has_reached(record: &Record) -> bool {
    record
        .progress
        .attempt
        .segments
        .iter()
        .any(|segment| matches!(segment, Segment::Accepted | Segment::Delivered))
}

/// Which of two refusals decides for the whole message.
fn worse(one: Option<Status>, other: Status) -> Status {
    let rank = |status| match retry::class(status) {
        Class::Accepted => 0,
        Class::Throttled => 1,
        Class::RetrySoon => 2,
        Class::RetryElsewhere => 3,
        Class::Permanent => 4,
        Class::OurBug => 5,
    };
    one.filter(|one| rank(*one) >= rank(other)).unwrap_or(other)
}
