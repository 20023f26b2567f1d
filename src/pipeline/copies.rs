//! Copies of a segment: the answer to one came after the next one was sent, so the operator has both. The segment
//! arrives if any of them does, and is not sent again while one may.

use xabar_smpp::receipt::Fate;

use super::beat::Beat;
use super::core::{Core, InFlight};
use super::inbound::may_be_told;
use crate::delivery::Token;
use crate::journal::{Attempt, Copies, JournalError, OperatorId, Phase, Segment};

impl Core {
    /// The operator took a copy after all for whose answer nobody waits any more: its receipt is awaited too.
    pub(super) fn copy_taken(
        &mut self,
        beat: &mut Beat,
        operator: OperatorId,
        token: Token,
        smsc_id: &str,
    ) -> Result<(), JournalError> {
        if let Some(mut flight) = self.in_flight.remove(&token.message) {
            if flight.message.progress.operator == operator {
                let attempt = &mut flight.message.progress.attempt;
                match attempt.segments.get_mut(usize::from(token.segment)) {
                    // The copy after it was refused, or not written, while other segments have no answer yet.
                    Some(state @ Segment::Waiting) => *state = Segment::Accepted,
                    _ => add(attempt, token.segment),
                }
                self.note_accepted(beat, &mut flight, operator, token, smsc_id)?;
                beat.put(flight.message.clone());
            }
            self.in_flight.insert(token.message, flight);
            return Ok(());
        }
        let message = self.as_it_stands(beat, token.message)?;
        let Some(message) = message.filter(|it| it.progress.operator == operator) else {
            return Ok(());
        };
        let waits = message.progress.phase == Phase::Waiting && message.progress.attempt.uncertain;
        let told = may_be_told(&message);
        let mut flight = InFlight::new(message, false);
        if waits || told {
            add(&mut flight.message.progress.attempt, token.segment);
        }
        self.note_accepted(beat, &mut flight, operator, token, smsc_id)?;
        let InFlight {
            mut message,
            notice,
            ..
        } = flight;
        if told {
            self.settle_by_receipts(beat, &mut message, notice.as_deref());
        } else if let Some(held) = self.pacer.held_message(message.id).filter(|_| waits) {
            held.progress.attempt = message.progress.attempt.clone();
        }
        if waits || told {
            beat.put(message);
        }
        Ok(())
    }
}

/// Notes one more copy of a segment that is sent or accepted.
fn add(attempt: &mut Attempt, segment: u8) {
    let state = attempt.segments.get(usize::from(segment));
    if !matches!(state, Some(Segment::Sent | Segment::Accepted)) {
        return;
    }
    match attempt.copies.iter_mut().find(|it| it.segment == segment) {
        Some(copies) => copies.others = copies.others.saturating_add(1),
        None => attempt.copies.push(Copies {
            segment,
            others: 1,
            failed: Vec::new(),
        }),
    }
}

/// What has become of a segment that is sent if the copy on its way is not taken, or has no answer.
pub(super) fn without_copy(attempt: &mut Attempt, segment: u8) {
    let place = attempt.copies.iter().position(|it| it.segment == segment);
    let mut state = Segment::Waiting;
    if let Some(place) = place
        && let Some(copies) = attempt.copies.get_mut(place)
    {
        if copies.is_open() {
            state = Segment::Accepted;
            copies.others -= 1;
        }
        if state == Segment::Waiting || copies.others == 0 {
            attempt.copies.remove(place);
        }
    }
    if let Some(segment) = attempt.segments.get_mut(usize::from(segment)) {
        *segment = state;
    }
}

/// Whether a receipt may tell a segment's fate.
pub(super) fn awaits_receipt(attempt: &Attempt, segment: u8) -> bool {
    match attempt.segments.get(usize::from(segment)) {
        Some(Segment::Accepted) => true,
        Some(Segment::Sent) => {
            let mut copies = attempt.copies.iter();
            copies.any(|it| it.segment == segment && it.is_open())
        }
        _ => false,
    }
}

/// Notes what a receipt says of the copy of this name. A final state never goes back.
pub(super) fn set_segment(attempt: &mut Attempt, segment: u8, fate: Fate, smsc_id: &str) {
    let copies = attempt.copies.iter_mut().find(|it| it.segment == segment);
    let Some(segment) = attempt.segments.get_mut(usize::from(segment)) else {
        return;
    };
    if matches!(segment, Segment::Delivered | Segment::Failed) {
        return;
    }
    if fate == Fate::Delivered {
        *segment = Segment::Delivered;
    } else if copies.is_none_or(|copies| copies.fail(smsc_id)) {
        *segment = Segment::Failed;
    }
}

impl Copies {
    /// Whether one of the others may arrive still.
    fn is_open(&self) -> bool {
        self.failed.len() < usize::from(self.others)
    }

    /// Notes that one did not arrive, which may be told twice; says whether none is left.
    fn fail(&mut self, smsc_id: &str) -> bool {
        if !self.failed.iter().any(|failed| **failed == *smsc_id) {
            self.failed.push(smsc_id.into());
        }
        self.failed.len() > usize::from(self.others)
    }
}
