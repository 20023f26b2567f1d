//! What an operator takes late: nobody waits for its answer any more, or it had refused the segment before.

use indexmap::IndexSet;

use super::beat::Beat;
use super::copies::take;
use super::core::Core;
use super::in_flight::InFlight;
use super::inbound::may_be_told;
use super::sending::attempt_octet;
use crate::clock::UnixMillis;
use crate::delivery::Token;
use crate::journal::{Ask, Attempt, JournalError, Message, OperatorId, Phase, Segment};

/// What was heard of a submission before its operator says that it took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing in time, or its receipt: whatever went out since then counted as a repeat, and so did this for its subscriber.
    Nothing,
    /// It was refused, so that what went out since then was no repeat, and this did not count for its subscriber.
    Refusal,
}

/// Refusals that were no answers any more: a receipt had been the answer, or none had come in time. What they are of counts, and is
/// not to count once more if the operator says that it took it after all.
#[derive(Debug, Default)]
pub(super) struct Unheeded(IndexSet<Token>);

/// Of more, the oldest are forgotten. Second answers are known of a session's last refusals alone.
const MOST_UNHEEDED: usize = 5_000;

impl Unheeded {
    pub(super) fn note(&mut self, token: Token) {
        if self.0.len() >= MOST_UNHEEDED {
            self.0.shift_remove_index(0);
        }
        self.0.insert(token);
    }

    /// What was heard of a submission that its operator refused before it took it.
    pub(super) fn before(&mut self, token: Token) -> Before {
        match self.0.shift_remove(&token) {
            true => Before::Nothing,
            false => Before::Refusal,
        }
    }
}

impl Core {
    /// The operator took a segment late. One that waits to be tried again does not wait any more, whoever was to try it; of one
    /// that is sent, or has its answer, there is a copy more.
    pub(super) fn taken_late(
        &mut self,
        beat: &mut Beat,
        (operator, token): (OperatorId, Token),
        smsc_id: &str,
        before: Before,
    ) -> Result<(), JournalError> {
        if let Some(mut flight) = self.in_flight.remove(&token.message) {
            if may_have(&flight.message, operator) {
                self.taken_in_flight(beat, &mut flight, (operator, token), smsc_id, before)?;
            } else {
                self.await_receipt(beat, operator, token, smsc_id);
                if before == Before::Refusal {
                    self.count_taken(beat, &mut flight.message, true)?;
                    beat.put(flight.message.clone());
                }
            }
            self.in_flight.insert(token.message, flight);
            return Ok(());
        }
        let Some(mut message) = self.as_it_stands(beat, token.message)? else {
            return Ok(());
        };
        if !may_have(&message, operator) {
            // While the second operator has nothing of it, it may arrive by this one after all.
            self.await_receipt(beat, operator, token, smsc_id);
            if before == Before::Refusal {
                self.count_taken(beat, &mut message, true)?;
                self.note_in_line(&message);
                beat.put(message);
            }
            return Ok(());
        }
        if before == Before::Refusal {
            let attempt = &message.progress.attempt;
            let is_repeat = is_repeat(attempt, token.segment);
            self.count_taken(beat, &mut message, is_repeat)?;
        }
        let waits = message.progress.phase == Phase::Waiting;
        if waits && segment(&message, token) == Some(Segment::Waiting) {
            return self.waits_no_more(beat, message, (operator, token), smsc_id);
        }
        take(&mut message.progress.attempt, token.segment);
        let mut flight = InFlight::new(message);
        self.note_accepted(beat, &mut flight, operator, token, smsc_id)?;
        let (mut message, notice) = (flight.message, flight.notice);
        let is_open = may_be_told(&message);
        if is_open {
            self.settle_by_receipts(beat, &mut message, notice.as_deref());
        } else {
            self.note_in_line(&message);
        }
        if is_open || waits || before == Before::Refusal {
            beat.put(message);
        }
        Ok(())
    }

    /// Its copy in line for its turn is to know what is known of it.
    fn note_in_line(&mut self, message: &Message) {
        if let Some(held) = self.pacer.held_message(message.id) {
            held.progress.attempt = message.progress.attempt.clone();
        }
    }

    fn taken_in_flight(
        &mut self,
        beat: &mut Beat,
        flight: &mut InFlight,
        (operator, token): (OperatorId, Token),
        smsc_id: &str,
        before: Before,
    ) -> Result<(), JournalError> {
        if before == Before::Refusal {
            let attempt = &flight.message.progress.attempt;
            let is_repeat = is_repeat(attempt, token.segment);
            if attempt_octet(&flight.message) == token.attempt {
                // It counts already, and so it does from now on.
                flight.taken = true;
                count_repeat(&mut flight.message, is_repeat);
            } else {
                self.count_taken(beat, &mut flight.message, is_repeat)?;
            }
            if segment(&flight.message, token) == Some(Segment::Sent) {
                flight.repeated.push(token.segment);
            }
        }
        let progress = &mut flight.message.progress;
        if progress.operator != operator && !progress.attempt.has_reached() {
            flight.taken_by = Some(operator);
        }
        take(&mut progress.attempt, token.segment);
        self.note_accepted(beat, flight, operator, token, smsc_id)?;
        beat.put(flight.message.clone());
        Ok(())
    }

    /// What waited to be tried again is accepted. Segments that no operator has taken wait on.
    fn waits_no_more(
        &mut self,
        beat: &mut Beat,
        mut message: Message,
        (operator, token): (OperatorId, Token),
        smsc_id: &str,
    ) -> Result<(), JournalError> {
        let due = message.progress.due;
        if !message.progress.attempt.has_reached() {
            message.progress.operator = operator;
        }
        take(&mut message.progress.attempt, token.segment);
        let mut flight = self.resume(beat, message, token.segment)?;
        flight.taken = true;
        self.note_accepted(beat, &mut flight, operator, token, smsc_id)?;
        self.wait_on_or_conclude(beat, flight, due);
        Ok(())
    }

    /// Of a message that waited until then a segment is with its operator: the others wait on, if there are any.
    pub(super) fn wait_on_or_conclude(
        &mut self,
        beat: &mut Beat,
        mut flight: InFlight,
        due: UnixMillis,
    ) {
        let attempt = &flight.message.progress.attempt;
        if attempt.segments.contains(&Segment::Waiting) && !attempt.withdrawn {
            self.wait_again(beat, &mut flight.message, due);
        } else {
            self.conclude_if_answered(beat, flight);
        }
    }

    /// What a receipt says to have arrived counts, unless it does since it had no answer.
    pub(super) fn count_arrived(
        &mut self,
        beat: &mut Beat,
        message: &mut Message,
        segment: u8,
    ) -> Result<(), JournalError> {
        let attempt = &message.progress.attempt;
        if attempt.is_unanswered(segment) {
            return Ok(());
        }
        let is_repeat = is_repeat(attempt, segment);
        // Of a text of which some has no answer the subscriber's limits know.
        if attempt.unanswered.iter().any(|times| *times > 0) {
            count_repeat(message, is_repeat);
            return Ok(());
        }
        self.count_taken(beat, message, is_repeat)
    }

    /// A submission that had been refused counts after all: as a repeat, if its subscriber may have another copy, and for
    /// its subscriber's limits, from which it had been taken back.
    fn count_taken(
        &mut self,
        beat: &mut Beat,
        message: &mut Message,
        is_repeat: bool,
    ) -> Result<(), JournalError> {
        count_repeat(message, is_repeat);
        let attempt = &message.progress.attempt;
        // A segment of a text of which some is there is no message more.
        let is_part = attempt.has_reached() || !attempt.copies.is_empty();
        if attempt.segments.len() > 1 && is_part {
            return Ok(());
        }
        let ask = Ask {
            key: &message.key,
            about: Some((message.thread, message.msisdn)),
        };
        let known = self.journal.facts(&[ask])?.pop().unwrap_or_default();
        let facts = self.pacer.count_again(message, known.subscriber);
        beat.subscriber(message.msisdn, facts);
        Ok(())
    }
}

impl InFlight {
    /// Whoever took it carries it: the operator that had refused it, if this one takes nothing.
    pub(super) fn choose_carrier(&mut self) {
        if let Some(operator) = self.taken_by.take().filter(|_| !self.taken) {
            self.message.progress.operator = operator;
        }
    }
}

/// Whether what this operator has of a message bears on its fate: not what it did not deliver, since another one tries that.
pub(super) fn may_have(message: &Message, operator: OperatorId) -> bool {
    let progress = &message.progress;
    let first = progress.attempt.undelivered.as_ref();
    progress.operator == operator || first.is_none_or(|first| first.operator != operator)
}

/// Whether a subscriber may have another copy of a segment, an attempt without an answer included.
fn is_repeat(attempt: &Attempt, segment: u8) -> bool {
    match attempt.segments.get(usize::from(segment)) {
        Some(Segment::Waiting) => attempt.is_unanswered(segment) || attempt.undelivered.is_some(),
        _ => true,
    }
}

fn count_repeat(message: &mut Message, is_repeat: bool) {
    let attempt = &mut message.progress.attempt;
    attempt.repeats = attempt.repeats.saturating_add(u16::from(is_repeat));
}

fn segment(message: &Message, token: Token) -> Option<Segment> {
    let segments = &message.progress.attempt.segments;
    segments.get(usize::from(token.segment)).copied()
}
