//! Submissions that a receipt may be the answer to: those in flight, those that wait to be repeated, and those that were refused
//! and arrived all the same.

use std::collections::BTreeMap;

use xabar_events::Msisdn;
use xabar_smpp::receipt::Fate;

use super::beat::Beat;
use super::copies::set_segment;
use super::core::Core;
use super::in_flight::InFlight;
use super::looks::For;
use crate::clock::{Now, UnixMillis};
use crate::delivery::receipt::Notice;
use crate::delivery::segment_of;
use crate::journal::{Attempt, JournalError, Message, MessageId, OperatorId, Phase, Segment};

/// Messages that wait to be repeated; of more, the oldest are forgotten. They are as many as were in flight when
/// something broke.
const MOST: usize = 10_000;

/// What a receipt has to fit of messages that wait to be repeated. One that waits no more may be among them.
#[derive(Debug, Default)]
pub(super) struct Repeats(BTreeMap<MessageId, Submitted>);

/// A message with a segment that has no answer.
#[derive(Clone, Copy, Debug)]
struct Submitted {
    id: MessageId,
    operator: OperatorId,
    msisdn: Msisdn,
    named: Named,
    attempts: u16,
    /// When the last of them was begun, on the steady clock.
    at: UnixMillis,
    /// None has come in time.
    uncertain: bool,
}

impl Submitted {
    fn of(message: &Message, uncertain: bool) -> Self {
        let attempt = &message.progress.attempt;
        Self {
            id: message.id,
            operator: message.progress.operator,
            msisdn: message.msisdn,
            named: Named::of(attempt),
            attempts: attempt.attempts,
            at: attempt.at,
            uncertain,
        }
    }
}

/// By what a receipt names the segments of a message.
#[derive(Clone, Copy, Debug)]
struct Named {
    reference: u16,
    segments: usize,
}

impl Named {
    fn of(attempt: &Attempt) -> Self {
        Self {
            reference: attempt.reference,
            segments: attempt.segments.len(),
        }
    }

    /// The segment whose reference a receipt returns; or if it returns none, the only one.
    fn segment(self, notice: &Notice) -> Option<u8> {
        let segment = match notice.receipt.user_message_reference {
            Some(returned) => segment_of(self.reference, returned)?,
            None if self.segments == 1 => 0,
            None => return None,
        };
        (usize::from(segment) < self.segments).then_some(segment)
    }
}

/// The segment of a message that a receipt to its subscriber names by its reference; or if it returns none, the only one.
pub(super) fn segment_named(notice: &Notice, attempt: &Attempt) -> Option<u8> {
    Named::of(attempt).segment(notice)
}

/// A segment without an answer that a receipt may speak of.
pub(super) struct Candidate {
    /// Its message.
    pub(super) id: MessageId,
    pub(super) segment: u8,
    pub(super) msisdn: Msisdn,
    /// When it was submitted last, on the steady clock.
    pub(super) at: UnixMillis,
    /// The receipt returns our reference, so that nothing has to be asked.
    pub(super) by_reference: bool,
}

/// What is found of a segment that a receipt speaks of.
pub(super) enum Sought {
    /// It is settled by it.
    Settled,
    Nothing,
    /// The beat has no look left: the receipt is to come again.
    NoLook,
}

impl Repeats {
    /// Notes a message that waits, if its last attempt has no answer and is to be repeated.
    pub(super) fn note(&mut self, message: &Message) {
        let attempt = &message.progress.attempt;
        if !attempt.is_uncertain() {
            return;
        }
        self.0.insert(message.id, Submitted::of(message, true));
        if self.0.len() > MOST {
            self.0.pop_first();
        }
    }

    /// A message waits no more.
    pub(super) fn forget(&mut self, id: MessageId) {
        if !self.0.is_empty() {
            self.0.remove(&id);
        }
    }
}

impl Core {
    /// How many messages have an attempt whose answer is outstanding, or never came: those in flight, and those that wait to
    /// be repeated, whichever life of the gateway put them off.
    pub fn left_uncertain(&mut self) -> Result<u64, JournalError> {
        Ok(self.in_flight.len() as u64 + self.journal.uncertain()?)
    }

    /// What a receipt that comes is found to speak of, which is not waited for any more.
    pub(super) fn unanswered_of(
        &mut self,
        beat: &mut Beat,
        operator: OperatorId,
        notice: &Notice,
    ) -> Result<Sought, JournalError> {
        let any_uncertain = !self.graces.is_empty() || !self.repeats.0.is_empty();
        if notice.receipt.user_message_reference.is_none() && !any_uncertain {
            return Ok(Sought::Nothing);
        }
        let Some(candidate) = self.candidate(operator, notice) else {
            return Ok(Sought::Nothing);
        };
        if !candidate.by_reference {
            if !beat.looks.are_left(For::Receipt) {
                return Ok(Sought::NoLook);
            }
            let messages = self.messages_to(beat, candidate.msisdn)?;
            if !self.is_only_fitting(&beat.now, operator, &candidate, &messages, notice) {
                // What finds one costs nothing of the share: there are no more than were in flight.
                beat.looks.take(For::Receipt, messages.len());
                return Ok(Sought::Nothing);
            }
        }
        let of = (candidate.id, candidate.segment);
        Ok(match self.settle_unanswered(beat, operator, of, notice)? {
            true => Sought::Settled,
            false => Sought::Nothing,
        })
    }

    /// The one segment that has no answer and that the receipt may speak of: by the
    /// reference that it returns; or without one, by its subscriber, if it is the only one of its text, it is uncertain
    /// and [nothing else fits](Self::is_only_fitting).
    pub(super) fn candidate(&self, operator: OperatorId, notice: &Notice) -> Option<Candidate> {
        let by_reference = notice.receipt.user_message_reference.is_some();
        let (submitted, segment) = self.only_one(operator, notice)?;
        let may_be =
            may_be_of_the_last(notice, submitted.attempts) && (by_reference || submitted.uncertain);
        may_be.then_some(Candidate {
            id: submitted.id,
            segment,
            msisdn: submitted.msisdn,
            at: submitted.at,
            by_reference,
        })
    }

    /// Whether of all that went to the subscriber, whatever became of it, only this submission fits the receipt's date.
    pub(super) fn is_only_fitting(
        &self,
        now: &Now,
        operator: OperatorId,
        candidate: &Candidate,
        messages: &[Message],
        notice: &Notice,
    ) -> bool {
        let fitting = self.only_fitting(now, operator, messages, notice);
        fitting.is_some_and(|message| message.id == candidate.id)
    }

    /// The only segment that a receipt fits by subscriber and reference, and its message.
    fn only_one(&self, operator: OperatorId, notice: &Notice) -> Option<(Submitted, u8)> {
        let sent = self.in_flight.values().filter_map(|flight| {
            let message = &flight.message;
            let attempt = &message.progress.attempt;
            let segment = segment_named(notice, attempt)?;
            let submitted = || Submitted::of(message, flight.grace_ends.is_some());
            flight
                .lacks_answer(segment, notice)
                .then(|| (submitted(), segment))
        });
        let repeated = self.repeats.0.values();
        let repeated = repeated.filter_map(|it| Some((*it, it.named.segment(notice)?)));
        let peers = self.peers(operator);
        let mut fitting = sent.chain(repeated).filter(|(submitted, _)| {
            peers.contains(&submitted.operator) && notice.names(submitted.msisdn)
        });
        fitting.next().filter(|_| fitting.next().is_none())
    }

    /// A receipt of this operator's is the answer to a segment; says whether it could be.
    pub(super) fn settle_unanswered(
        &mut self,
        beat: &mut Beat,
        operator: OperatorId,
        (id, segment): (MessageId, u8),
        notice: &Notice,
    ) -> Result<bool, JournalError> {
        match self.in_flight.remove(&id) {
            Some(flight) => self.settle_in_flight(beat, operator, (flight, segment), notice)?,
            None => return self.settle_waiting(beat, operator, (id, segment), notice),
        }
        Ok(true)
    }

    fn settle_in_flight(
        &mut self,
        beat: &mut Beat,
        operator: OperatorId,
        (mut flight, segment): (InFlight, u8),
        notice: &Notice,
    ) -> Result<(), JournalError> {
        let attempt = &flight.message.progress.attempt;
        if attempt.is_push() {
            let is_shown = notice.receipt.fate() == Fate::Delivered;
            self.push_told(beat, flight, is_shown);
            return Ok(());
        }
        let peers = self.peers(operator);
        if peers.contains(&flight.message.progress.operator) {
            flight.taken = true;
        } else {
            // It is of an earlier attempt, and this one is at another operator.
            if !attempt.has_reached() {
                flight.taken_by = Some(tried(&peers, &flight.message));
            }
            self.count_arrived(beat, &mut flight.message, segment)?;
        }
        let attempt = &mut flight.message.progress.attempt;
        set_segment(attempt, segment, notice.receipt.fate(), (operator, ""));
        flight.overtaken_by(notice);
        self.conclude_if_answered(beat, flight);
        Ok(())
    }

    /// The operator had a segment that waits to be tried again; whoever was to try it.
    fn settle_waiting(
        &mut self,
        beat: &mut Beat,
        operator: OperatorId,
        (id, segment): (MessageId, u8),
        notice: &Notice,
    ) -> Result<bool, JournalError> {
        let waiting = self.as_it_stands(beat, id)?;
        let waiting = waiting.filter(|it| it.progress.phase == Phase::Waiting);
        if !waiting.as_ref().is_some_and(Message::waits_uncertain) {
            self.repeats.forget(id);
        }
        let Some(mut message) = waiting else {
            return Ok(false);
        };
        let attempt = &message.progress.attempt;
        let waits = attempt.segments.get(usize::from(segment)) == Some(&Segment::Waiting);
        // Some SMSCs send receipts for what they refused, too.
        let told = attempt.is_unanswered(segment)
            || (was_refused(&message) && arrived_for_certain(notice));
        if !waits || !told {
            return Ok(false);
        }
        self.count_arrived(beat, &mut message, segment)?;
        if !message.progress.attempt.has_reached() {
            message.progress.operator = tried(&self.peers(operator), &message);
        }
        let due = message.progress.due;
        let mut flight = self.resume(beat, message, segment)?;
        let attempt = &mut flight.message.progress.attempt;
        if attempt.is_push() {
            let is_shown = notice.receipt.fate() == Fate::Delivered;
            self.push_told(beat, flight, is_shown);
            return Ok(true);
        }
        set_segment(attempt, segment, notice.receipt.fate(), (operator, ""));
        flight.taken = true;
        flight.overtaken_by(notice);
        self.wait_on_or_conclude(beat, flight, due);
        Ok(true)
    }
}

impl InFlight {
    /// Whether a receipt may be the answer to a segment. One whose last copy was refused, or not written, may have arrived all the
    /// same, or as an earlier one that had no answer.
    pub(super) fn lacks_answer(&self, segment: u8, notice: &Notice) -> bool {
        let attempt = &self.message.progress.attempt;
        match attempt.segments.get(usize::from(segment)) {
            Some(Segment::Sent) => true,
            Some(Segment::Waiting) => arrived_for_certain(notice),
            _ => false,
        }
    }
}

/// Whether a receipt says that a segment arrived, and by our reference that it was ours: that is more than a refusal says.
fn arrived_for_certain(notice: &Notice) -> bool {
    notice.receipt.user_message_reference.is_some() && notice.receipt.fate() == Fate::Delivered
}

/// Whether a message that waits does so since an operator refused it.
fn was_refused(message: &Message) -> bool {
    let progress = &message.progress;
    progress.undelivered().is_none() && !progress.attempt.is_push()
}

/// Which of these operators a message went to last; or if that is not remembered, whoever is to try it.
fn tried(peers: &[OperatorId], message: &Message) -> OperatorId {
    let fruitless = message.progress.attempt.fruitless.iter();
    let last = fruitless
        .map(|it| it.operator)
        .rfind(|it| peers.contains(it));
    last.unwrap_or(message.progress.operator)
}

/// Whether a receipt may be of the last of so many attempts. Retries keep the reference, and some SMSCs send receipts for
/// what they refused (ksmppd #111): so a failure may be that of an earlier one.
pub(super) fn may_be_of_the_last(notice: &Notice, attempts: u16) -> bool {
    notice.receipt.fate() == Fate::Delivered || attempts == 1
}
