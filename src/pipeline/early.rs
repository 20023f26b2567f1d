//! Receipts that say of a segment in flight that it did not arrive, before its operator said whether it took it at all. Some
//! SMSCs send them for what they refuse (ksmppd #111): so they are held until its answer is due. What was taken, or is never
//! answered, they settle; of what was refused they say nothing.

use xabar_smpp::Frame;
use xabar_smpp::receipt::Fate;

use super::beat::Beat;
use super::copies::set_segment;
use super::core::Core;
use super::in_flight::InFlight;
use crate::clock::UnixMillis;
use crate::delivery::receipt::Notice;
use crate::journal::{MessageId, OperatorId, Segment};

/// What is said of a segment in flight, and the number under which the journal holds it.
#[derive(Debug)]
pub(super) struct Early {
    segment: u8,
    number: u64,
    notice: Notice,
}

impl Core {
    /// Holds a receipt that says of a segment that it did not arrive, if that one may still be answered; says whether it was so.
    pub(super) fn hold_until_answered(
        &mut self,
        beat: &mut Beat,
        operator: OperatorId,
        notice: &Notice,
        frame: &Frame,
    ) -> bool {
        let Some((id, segment)) = self.spoken_of_early(beat, operator, notice) else {
            return false;
        };
        let number = self.next_held;
        if let Some(flight) = self.in_flight.get_mut(&id)
            && !flight.early.iter().any(|it| it.segment == segment)
        {
            flight.early.push(Early {
                segment,
                number,
                notice: notice.clone(),
            });
            self.hold_receipt(beat, operator, notice, frame);
        }
        true
    }

    fn spoken_of_early(
        &self,
        beat: &Beat,
        operator: OperatorId,
        notice: &Notice,
    ) -> Option<(MessageId, u8)> {
        // Without our reference it is looked for once there is no answer only.
        if is_delivered(notice) || notice.receipt.user_message_reference.is_none() {
            return None;
        }
        let candidate = self.candidate(operator, notice)?;
        let flight = self.in_flight.get(&candidate.id)?;
        let is_early = flight.is_early(candidate.segment, notice, beat.now.steady);
        is_early.then_some((candidate.id, candidate.segment))
    }

    /// A segment has its answer: what a receipt said before holds, if it was taken.
    pub(super) fn settle_early(
        &mut self,
        beat: &mut Beat,
        flight: &mut InFlight,
        segment: u8,
        is_taken: bool,
    ) {
        let mut early = flight.early.iter();
        let Some(place) = early.position(|it| it.segment == segment) else {
            return;
        };
        let early = flight.early.swap_remove(place);
        if is_taken {
            let fate = early.notice.receipt.fate();
            let operator = flight.message.progress.operator;
            let attempt = &mut flight.message.progress.attempt;
            set_segment(attempt, segment, fate, (operator, ""));
            flight.overtaken_by(&early.notice);
            self.release(beat, early.number);
        }
    }

    /// No answer is waited for any more: what receipts said holds.
    pub(super) fn settle_silent_by_early(&mut self, beat: &mut Beat, id: MessageId) {
        let is_any = |flight: &&InFlight| !flight.early.is_empty();
        if self.in_flight.get(&id).filter(is_any).is_none() {
            return;
        }
        let Some(mut flight) = self.in_flight.remove(&id) else {
            return;
        };
        let outstanding: Vec<u8> = flight.outstanding().collect();
        for segment in outstanding {
            self.settle_early(beat, &mut flight, segment, true);
        }
        flight.taken = true;
        self.conclude_if_answered(beat, flight);
    }
}

impl InFlight {
    /// Whether a receipt says of a segment that it did not arrive while it may turn out that the operator refused it.
    pub(super) fn is_early(&self, segment: u8, notice: &Notice, now: UnixMillis) -> bool {
        let attempt = &self.message.progress.attempt;
        let is_sent = attempt.segments.get(usize::from(segment)) == Some(&Segment::Sent);
        let may_be_answered = self.grace_ends.is_none_or(|at| at > now);
        // Whether a push is shown, no answer says.
        is_sent && may_be_answered && !is_delivered(notice) && !attempt.is_push()
    }
}

fn is_delivered(notice: &Notice) -> bool {
    notice.receipt.fate() == Fate::Delivered
}
