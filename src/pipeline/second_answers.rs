//! What an operator answers once more: it took a segment that it had refused.

use super::beat::Beat;
use super::core::{Core, InFlight};
use crate::delivery::Token;
use crate::journal::{Ask, JournalError, Message, OperatorId, Phase, Segment};

impl Core {
    /// The operator took a segment after all. If it waits to be tried again it does not wait any more; if it went out again
    /// meanwhile, the operator has two copies, and the second one is a repeat.
    pub(super) fn taken_after_all(
        &mut self,
        beat: &mut Beat,
        operator: OperatorId,
        token: Token,
        smsc_id: &str,
    ) -> Result<(), JournalError> {
        if let Some(flight) = self.in_flight.get_mut(&token.message) {
            match flight.segment(token.segment) {
                Some(Segment::Waiting) => flight.taken = true,
                Some(Segment::Sent) => {
                    flight.repeated.push(token.segment);
                    count_repeat(&mut flight.message);
                }
                _ => {}
            }
            return self.copy_taken(beat, operator, token, smsc_id);
        }
        let Some(message) = self.as_it_stands(beat, token.message)? else {
            return Ok(());
        };
        let segments = &message.progress.attempt.segments;
        match segments.get(usize::from(token.segment)) {
            Some(Segment::Waiting) if may_be_taken(&message, operator) => {
                self.wait_no_more(beat, message, operator, token, smsc_id)
            }
            Some(Segment::Accepted) if message.progress.phase != Phase::Settled => {
                let mut message = message;
                count_repeat(&mut message);
                beat.put(message);
                self.copy_taken(beat, operator, token, smsc_id)
            }
            _ => self.copy_taken(beat, operator, token, smsc_id),
        }
    }

    /// What waited to be tried again is accepted. Segments that the operator has not taken wait on.
    fn wait_no_more(
        &mut self,
        beat: &mut Beat,
        mut message: Message,
        operator: OperatorId,
        token: Token,
        smsc_id: &str,
    ) -> Result<(), JournalError> {
        let due = message.progress.due;
        message.progress.operator = operator;
        if !message.progress.attempt.has_reached() {
            // It counts for its subscriber, which the refusal had taken back.
            let ask = Ask {
                key: &message.key,
                about: Some((message.thread, message.msisdn)),
            };
            let known = self.journal.facts(&[ask])?.pop().unwrap_or_default();
            let facts = self.pacer.count_again(&message, known.subscriber);
            beat.subscriber(message.msisdn, facts);
        }
        let mut flight = self.resume(beat, message, token.segment)?;
        flight.taken = true;
        flight.set(token.segment, Segment::Accepted);
        self.note_accepted(beat, &mut flight, operator, token, smsc_id)?;
        let attempt = &flight.message.progress.attempt;
        if attempt.segments.contains(&Segment::Waiting) && !attempt.withdrawn {
            self.wait_again(beat, &mut flight.message, due);
        } else {
            self.conclude_if_answered(beat, flight);
        }
        Ok(())
    }
}

/// Whether a message waits to be tried again by this operator; or by another one, none having a part of it.
fn may_be_taken(message: &Message, operator: OperatorId) -> bool {
    let progress = &message.progress;
    let attempt = &progress.attempt;
    progress.phase == Phase::Waiting
        && attempt.undelivered.is_none()
        && (progress.operator == operator || !attempt.uncertain && !attempt.has_reached())
}

fn count_repeat(message: &mut Message) {
    let attempt = &mut message.progress.attempt;
    attempt.repeats = attempt.repeats.saturating_add(1);
}

impl InFlight {
    fn segment(&self, segment: u8) -> Option<Segment> {
        let segments = &self.message.progress.attempt.segments;
        segments.get(usize::from(segment)).copied()
    }

    fn set(&mut self, segment: u8, state: Segment) {
        let segments = &mut self.message.progress.attempt.segments;
        if let Some(segment) = segments.get_mut(usize::from(segment)) {
            *segment = state;
        }
    }
}
