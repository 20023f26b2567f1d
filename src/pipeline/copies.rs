//! Copies of a segment: the answer to one came after the next one was sent, so both were taken. The segment
//! arrives if any of them does, and is not sent again while one may.

use xabar_smpp::receipt::Fate;

use crate::journal::{Attempt, Copies, OperatorId, Segment};

/// Notes that the operator took a segment late: what waited is accepted, of all else there is a copy more.
pub(super) fn take(attempt: &mut Attempt, segment: u8) {
    match attempt.segments.get_mut(usize::from(segment)) {
        Some(state @ Segment::Waiting) => *state = Segment::Accepted,
        Some(Segment::Sent | Segment::Accepted) => add(attempt, segment),
        _ => {}
    }
}

/// Notes one more copy of a segment that is sent or accepted.
fn add(attempt: &mut Attempt, segment: u8) {
    match attempt.copies.iter_mut().find(|it| it.segment == segment) {
        Some(copies) => copies.others = copies.others.saturating_add(1),
        None => attempt.copies.push(Copies {
            segment,
            others: 1,
            failed: Vec::new(),
        }),
    }
}

/// What has become of a segment that is sent if the copy on its way is not taken: if no other arrived, it is not tried again.
pub(super) fn without_copy(attempt: &mut Attempt, segment: u8) {
    without_copy_or(attempt, segment, Segment::Failed);
}

/// The same if the copy on its way has no answer: that one may arrive, whatever the others came to.
pub(super) fn without_answer(attempt: &mut Attempt, segment: u8) {
    without_copy_or(attempt, segment, Segment::Waiting);
}

fn without_copy_or(attempt: &mut Attempt, segment: u8, none_arrived: Segment) {
    let place = attempt.copies.iter().position(|it| it.segment == segment);
    let mut state = Segment::Waiting;
    if let Some(place) = place
        && let Some(copies) = attempt.copies.get_mut(place)
    {
        state = none_arrived;
        if copies.is_open() {
            state = Segment::Accepted;
            copies.others -= 1;
        }
        if state != Segment::Accepted || copies.others == 0 {
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
pub(super) fn set_segment(
    attempt: &mut Attempt,
    segment: u8,
    fate: Fate,
    (operator, smsc_id): (OperatorId, &str),
) {
    let copies = attempt.copies.iter_mut().find(|it| it.segment == segment);
    let Some(segment) = attempt.segments.get_mut(usize::from(segment)) else {
        return;
    };
    if matches!(segment, Segment::Delivered | Segment::Failed) {
        return;
    }
    if fate == Fate::Delivered {
        *segment = Segment::Delivered;
    } else if copies.is_none_or(|copies| copies.fail(operator, smsc_id)) {
        *segment = Segment::Failed;
    }
}

impl Copies {
    /// Whether one of the others may arrive still.
    fn is_open(&self) -> bool {
        self.failed.len() < usize::from(self.others)
    }

    /// Notes that one did not arrive, which may be told twice; says whether none is left.
    fn fail(&mut self, operator: OperatorId, smsc_id: &str) -> bool {
        // Two operators may give one id.
        let name = format!("{}/{smsc_id}", operator.0);
        if !self.failed.iter().any(|failed| **failed == *name) {
            self.failed.push(name.into());
        }
        self.failed.len() > usize::from(self.others)
    }
}
