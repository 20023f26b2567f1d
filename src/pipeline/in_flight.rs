//! What was submitted and has no result yet.

use xabar_smpp::Status;
use xabar_smpp::receipt::Fate;

use super::copies::without_copy;
use super::early::Early;
use crate::clock::UnixMillis;
use crate::delivery::Class;
use crate::delivery::receipt::Notice;
use crate::journal::{Message, OperatorId, Phase, Segment};

/// A message with segments that await an answer.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) message: Message,
    /// Whether it counted for its subscriber as it went: the rest of a text of which its operator had a part does not.
    counted: bool,
    /// How many segments went, and how many of them were refused or came back unwritten.
    sent: usize,
    fruitless: usize,
    /// When its grace ends, if a segment's answer did not come.
    pub(super) grace_ends: Option<UnixMillis>,
    /// The segments whose answers did not come; each is waited for from then on.
    pub(super) silent: Vec<u8>,
    /// Whether it went out in an alphabet other than UCS-2, which it might go in instead.
    pub(super) may_go_in_ucs2: bool,
    /// The worst status that one of its segments was refused with.
    pub(super) refused: Option<(Class, Status)>,
    /// Whether the operator took a segment in this attempt.
    pub(super) taken: bool,
    /// The operator that took some of it late, having refused it, while this one was to try it.
    pub(super) taken_by: Option<OperatorId>,
    /// Whether a segment came back unwritten, or as if it were.
    pub(super) returned: bool,
    /// Whether that was written all the same, and refused for what is no fault of the message's.
    pub(super) written: bool,
    /// Whether it was staff who withdrew it.
    pub(super) by_staff: bool,
    /// The segments of which it is a repeat only since the operator says that it took an earlier copy, which it had refused.
    pub(super) repeated: Vec<u8>,
    /// What was said of segments that may still be answered.
    pub(super) early: Vec<Early>,
    /// The receipt that overtook its response; of several, the last one that says that something did not arrive.
    pub(super) notice: Option<Box<Notice>>,
}

impl InFlight {
    pub(super) fn new(message: Message) -> Self {
        let attempt = &message.progress.attempt;
        let segments = attempt.segments.iter();
        Self {
            counted: !attempt.has_reached(),
            sent: segments.filter(|it| **it == Segment::Sent).count(),
            fruitless: 0,
            message,
            grace_ends: None,
            silent: Vec::new(),
            may_go_in_ucs2: false,
            refused: None,
            taken: false,
            taken_by: None,
            returned: false,
            written: false,
            by_staff: false,
            repeated: Vec::new(),
            early: Vec::new(),
            notice: None,
        }
    }

    /// The segments whose answers are outstanding.
    pub(super) fn outstanding(&self) -> impl Iterator<Item = u8> {
        let segments = (0..=u8::MAX).zip(&self.message.progress.attempt.segments);
        let sent = segments.filter(|(_, segment)| **segment == Segment::Sent);
        sent.map(|(index, _)| index)
    }

    /// Whether no answer is to be expected any more before the grace is over.
    pub(super) fn is_silent(&self) -> bool {
        self.outstanding()
            .all(|segment| self.silent.contains(&segment))
    }

    /// A segment of this attempt was certainly not sent, or refused: it was no repeat.
    pub(super) fn was_fruitless(&mut self, segment: u8) {
        self.fruitless += 1;
        let attempt = &mut self.message.progress.attempt;
        without_copy(attempt, segment);
        let repetition = attempt.is_unanswered(segment)
            || attempt.undelivered.is_some()
            || self.repeated.contains(&segment);
        attempt.repeats = attempt.repeats.saturating_sub(u16::from(repetition));
    }

    /// Whether it counted for its subscriber and came to nothing, whatever became of earlier attempts meanwhile.
    pub(super) fn counted_for_nothing(&self) -> bool {
        self.counted && !self.taken && self.fruitless == self.sent
    }

    /// Keeps a receipt that overtook its response.
    pub(super) fn overtaken_by(&mut self, notice: &Notice) {
        let arrived = |it: &Notice| it.receipt.fate() == Fate::Delivered;
        if !arrived(notice) || self.notice.as_deref().is_none_or(arrived) {
            self.notice = Some(notice.clone().into());
        }
    }

    /// Whether every segment has its answer.
    pub(super) fn is_answered(&self) -> bool {
        let progress = &self.message.progress;
        debug_assert_eq!(progress.phase, Phase::InFlight);
        !progress.attempt.segments.contains(&Segment::Sent)
    }
}
