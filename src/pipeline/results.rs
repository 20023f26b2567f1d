//! What operators answered, or did not.

use std::cmp::Reverse;

use tracing::warn;
use xabar_events::{Reason, State};
use xabar_smpp::Status;
use xabar_smpp::message_id::{decimal_to_hex, hex_to_decimal};

use super::admission::withdrawn;
use super::beat::Beat;
use super::core::{Core, InFlight};
use super::inbound::apply_held;
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
        if let Some(segment) = sent_segment(&mut flight.message.record, token) {
            if status.is_ok() {
                *segment = Segment::Accepted;
            } else {
                *segment = Segment::Waiting;
                flight.unrepeat();
            }
        }
        if status.is_ok() {
            flight.taken = true;
            self.note_accepted(beat, &mut flight, operator, token, smsc_id)?;
        } else {
            flight.refused = Some(worse(flight.refused, status));
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
        let Some(mut flight) = self.current_flight(token) else {
            return;
        };
        if let Some(segment) = sent_segment(&mut flight.message.record, token) {
            *segment = Segment::Waiting;
            flight.unrepeat();
        }
        self.conclude_if_answered(beat, flight);
    }

    /// Ends the graces that are over: what is still without an answer may be repeated.
    pub(super) fn end_graces(&mut self, beat: &mut Beat) {
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
    }

    fn give_up_waiting(&mut self, beat: &mut Beat, flight: InFlight) {
        let mut record = flight.message.record;
        for segment in &mut record.progress.attempt.segments {
            if *segment == Segment::Sent {
                *segment = Segment::Waiting;
            }
        }
        record.progress.attempt.uncertain = true;
        let attempts = record.progress.attempt.attempts;
        match retry::repeat_after(attempts, self.settings.uncertain, record.id.0) {
            Some(pause) if !record.progress.attempt.withdrawn => {
                let due = beat.now.steady.after(pause);
                self.teller
                    .defer(beat, &mut record, Reason::Uncertain, Some(due));
                self.wait_again(beat, &mut record, due);
            }
            _ => self.end_unrepeated(beat, &mut record),
        }
    }

    /// The message of a token, if that is its current attempt.
    fn current_flight(&mut self, token: Token) -> Option<InFlight> {
        let flight = self.in_flight.get(&token.message)?;
        if attempt_octet(&flight.message.record) != token.attempt {
            return None;
        }
        self.in_flight.remove(&token.message)
    }

    /// The message of a token, if it is in flight; or if it waits to be repeated and the operator, late, took it after all.
    fn take_flight(
        &mut self,
        beat: &Beat,
        token: Token,
        status: Status,
    ) -> Result<Option<InFlight>, JournalError> {
        if self.in_flight.contains_key(&token.message) || !status.is_ok() {
            return Ok(self.current_flight(token));
        }
        let Some(mut message) = self.uncertain(beat, token.message)? else {
            return Ok(None);
        };
        let record = &mut message.record;
        if attempt_octet(record) != token.attempt {
            return Ok(None);
        }
        self.pacer.withdraw(token.message);
        let thread = match beat.thread_facts(record.thread) {
            Some(thread) => thread,
            None => self.thread_in_journal(record)?,
        };
        self.pacer.resume(record, thread);
        record.progress.phase = Phase::InFlight;
        let segments = &mut record.progress.attempt.segments;
        if let Some(segment) = segments.get_mut(usize::from(token.segment))
            && *segment == Segment::Waiting
        {
            *segment = Segment::Sent;
        }
        Ok(Some(InFlight::new(message, false)))
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

    /// Awaits the receipt of a segment, if the operator gives any; it may have come already.
    fn note_accepted(
        &mut self,
        beat: &mut Beat,
        flight: &mut InFlight,
        operator: OperatorId,
        token: Token,
        smsc_id: &str,
    ) -> Result<(), JournalError> {
        let rules = self.operators.get(&operator);
        if rules.is_some_and(|operator| !operator.receipts) {
            return Ok(());
        }
        let smsc_id = stored_id(smsc_id);
        // Without an id it is awaited too: in vain, but not for ever.
        beat.await_receipt(Awaiting {
            operator,
            smsc_id: (*smsc_id).into(),
            message: token.message,
            segment: token.segment,
            at: beat.now.steady,
        });
        if self.held == 0 || smsc_id.is_empty() {
            return Ok(());
        }
        let otherwise_spelled = [hex_to_decimal(&smsc_id), decimal_to_hex(&smsc_id)];
        let spellings = otherwise_spelled.iter().flatten().map(String::as_str);
        for spelling in std::iter::once(&*smsc_id).chain(spellings) {
            if self.release_held(beat, flight, operator, token, spelling)? {
                break;
            }
        }
        Ok(())
    }

    /// Applies the receipts held under an id; says whether there was one for this subscriber.
    fn release_held(
        &mut self,
        beat: &mut Beat,
        flight: &mut InFlight,
        operator: OperatorId,
        token: Token,
        smsc_id: &str,
    ) -> Result<bool, JournalError> {
        let mut found = false;
        let mut held = Vec::new();
        for peer in self.peers(operator) {
            held.extend(self.journal.held(peer, &[smsc_id])?);
        }
        for (number, held) in held {
            if !beat.released.contains(&number) && apply_held(flight, token.segment, &held) {
                beat.released.push(number);
                self.held = self.held.saturating_sub(1);
                found = true;
            }
        }
        Ok(found)
    }

    /// Decides what is next once every segment has its answer.
    pub(super) fn conclude_if_answered(&mut self, beat: &mut Beat, mut flight: InFlight) {
        if !flight.is_answered() {
            beat.put(&flight.message.record);
            self.in_flight.insert(flight.message.record.id, flight);
            return;
        }
        let attempt = &mut flight.message.record.progress.attempt;
        if !attempt.segments.contains(&Segment::Waiting) {
            self.submitted(beat, flight);
            return;
        }
        // What was not repeated after all is as uncertain as before.
        attempt.uncertain |= flight.repetition;
        if !flight.taken {
            let facts = self
                .pacer
                .give_back(flight.message.record.msisdn, attempt.at);
            beat.subscriber(flight.message.record.msisdn, facts);
        }
        match flight.refused {
            Some(status) => self.refused(beat, &mut flight.message.record, status),
            None => {
                attempt.attempts = attempt.attempts.saturating_sub(u16::from(!flight.taken));
                self.wait_unless_withdrawn(beat, &mut flight.message.record);
            }
        }
    }

    fn submitted(&mut self, beat: &mut Beat, flight: InFlight) {
        let mut record = flight.message.record;
        let record = &mut record;
        self.pacer.end(record);
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
        self.settle_by_receipts(beat, record, flight.notice.as_ref());
        beat.put(record);
    }

    fn refused(&mut self, beat: &mut Beat, record: &mut Record, status: Status) {
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
            Next::GiveUp => self.fail(beat, record, status, Reason::Attempts),
            Next::Refused => self.fail(beat, record, status, Reason::Refused),
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
        self.pacer.end(record);
        let (state, reason) = fate_so_far(record).unwrap_or((State::Failed, reason));
        let details = Details::code(status.to_string());
        self.teller
            .settle(beat, record, state, Some(reason), details);
        beat.put(record);
    }

    /// Not everything was written, or answered: the rest waits for another attempt, if there is to be one.
    fn wait_unless_withdrawn(&mut self, beat: &mut Beat, record: &mut Record) {
        if !record.progress.attempt.withdrawn {
            self.wait_again(beat, record, beat.now.steady);
            return;
        }
        self.end_unrepeated(beat, record);
    }

    /// Ends a message that is not to be submitted again.
    fn end_unrepeated(&mut self, beat: &mut Beat, record: &mut Record) {
        self.pacer.end(record);
        let (state, reason) = withdrawn(record);
        self.teller
            .settle(beat, record, state, Some(reason), Details::default());
        beat.put(record);
    }

    fn wait_again(&mut self, beat: &mut Beat, record: &mut Record, due: UnixMillis) {
        record.progress.phase = Phase::Waiting;
        record.progress.due = due.max(UnixMillis(beat.now.steady.0 + 1));
        beat.thread(record.thread, self.pacer.end_to_wait(record));
        self.wait(record);
        beat.put(record);
    }
}

/// The segment of a token, if its answer is outstanding.
fn sent_segment(record: &mut Record, token: Token) -> Option<&mut Segment> {
    let segments = &mut record.progress.attempt.segments;
    let segment = segments.get_mut(usize::from(token.segment))?;
    (*segment == Segment::Sent).then_some(segment)
}

/// How a message ends that is not to be sent again, as far as its attempts so far decide.
pub(super) fn fate_so_far(record: &Record) -> Option<(State, Reason)> {
    if record.progress.attempt.uncertain {
        Some((State::Unknown, Reason::Uncertain))
    } else if has_reached(record) {
        Some((State::Failed, Reason::Partial))
    } else {
        None
    }
}

/// Whether the operator took any segment.
pub(super) fn has_reached(record: &Record) -> bool {
    let segments = &record.progress.attempt.segments;
    segments
        .iter()
        .any(|segment| !matches!(segment, Segment::Waiting | Segment::Sent))
}

/// Which of two refusals decides for the whole message.
fn worse(one: Option<Status>, other: Status) -> Status {
    let rank = |status| match retry::class(status) {
        Class::Accepted => 0,
        Class::Throttled | Class::Session => 1,
        Class::RetrySoon => 2,
        Class::RetryElsewhere => 3,
        Class::Permanent => 4,
        Class::OurBug => 5,
    };
    one.filter(|one| rank(*one) >= rank(other)).unwrap_or(other)
}
