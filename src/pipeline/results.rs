//! What operators answered, or did not.

use std::cmp::Reverse;
use std::time::Duration;

use xabar_events::{Reason, State};
use xabar_smpp::Status;

use super::admission::withdrawn;
use super::beat::Beat;
use super::copies::without_answer;
use super::core::{Core, SWEEP};
use super::in_flight::InFlight;
use super::sending::attempt_octet;
use super::taken_late::Before;
use super::telling::Details;
use crate::clock::UnixMillis;
use crate::delivery::receipt::stored_id;
use crate::delivery::retry::{self, Next};
use crate::delivery::{Class, Token};
use crate::journal::{
    Awaiting, Fruitless, JournalError, Message, MessageId, OperatorId, Phase, Segment,
};
use crate::traces::Answer;

impl Core {
    /// The operator answered a submission.
    pub(super) fn answered(
        &mut self,
        beat: &mut Beat,
        operator: OperatorId,
        token: Token,
        (class, status): (Class, Status),
        smsc_id: &str,
    ) -> Result<(), JournalError> {
        let accepted = class == Class::Accepted;
        let Some(mut flight) = self.current_flight(token) else {
            if accepted {
                return self.taken_late(beat, (operator, token), smsc_id, Before::Nothing);
            }
            self.unheeded.note(token);
            return Ok(());
        };
        match sent_segment(&mut flight.message, token) {
            Some(segment) if accepted => *segment = Segment::Accepted,
            Some(_) => {
                flight.was_fruitless(token.segment);
                flight.refused = Some(worse(flight.refused, (class, status)));
                self.settle_early(beat, &mut flight, token.segment, false);
            }
            // Its receipt was its answer.
            None if accepted => {}
            None => self.unheeded.note(token),
        }
        if accepted {
            flight.taken = true;
            self.settle_early(beat, &mut flight, token.segment, true);
            self.note_accepted(beat, &mut flight, operator, token, smsc_id)?;
        }
        self.conclude_if_answered(beat, flight);
        Ok(())
    }

    /// No answer came in time, or none will come: it waits for its grace to end, and so does the whole attempt.
    pub(super) fn unanswered(&mut self, beat: &mut Beat, token: Token) -> Result<(), JournalError> {
        let grace_ends = beat.now.steady.after(self.settings.uncertain);
        let Some(flight) = self.in_flight.get_mut(&token.message) else {
            return Ok(());
        };
        let is_current = attempt_octet(&flight.message) == token.attempt;
        if !is_current || flight.silent.contains(&token.segment) {
            return Ok(());
        }
        flight.silent.push(token.segment);
        let is_first = flight.grace_ends.replace(grace_ends).is_none();
        self.graces.push(Reverse((grace_ends, token.message)));
        if !is_first {
            return Ok(());
        }
        self.settle_silent_by_held(beat, token.message)?;
        if let Some(flight) = self.in_flight.get_mut(&token.message) {
            let message = &mut flight.message;
            self.teller
                .defer(beat, message, Reason::Uncertain, Some(grace_ends));
            beat.put(message.clone());
        }
        Ok(())
    }

    /// It was certainly not written, as if it had not been tried; or it was, but refused for what is no fault of its own.
    pub(super) fn returned(&mut self, beat: &mut Beat, token: Token, was_written: bool) {
        let Some(mut flight) = self.current_flight(token) else {
            return;
        };
        if sent_segment(&mut flight.message, token).is_some() {
            flight.was_fruitless(token.segment);
            flight.returned = true;
            flight.written |= was_written;
            self.settle_early(beat, &mut flight, token.segment, false);
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
            let Some(flight) = self.in_flight.get_mut(&id) else {
                continue;
            };
            if flight.grace_ends != Some(at) {
                continue;
            }
            if !flight.is_silent() {
                // Another segment still has time for its answer.
                let again = beat.now.steady.after(self.settings.uncertain.max(SWEEP));
                flight.grace_ends = Some(again);
                self.graces.push(Reverse((again, id)));
                continue;
            }
            self.settle_silent_by_early(beat, id);
            self.settle_silent_by_held(beat, id)?;
            if let Some(flight) = self.in_flight.remove(&id) {
                self.give_up_waiting(beat, flight);
            }
        }
        Ok(())
    }

    fn give_up_waiting(&mut self, beat: &mut Beat, mut flight: InFlight) {
        if flight.message.progress.attempt.is_push() {
            self.pushes.give_up(&flight.message, beat.now.steady);
        }
        let outstanding: Vec<u8> = flight.outstanding().collect();
        let attempt = &mut flight.message.progress.attempt;
        for segment in outstanding {
            without_answer(attempt, segment);
            attempt.was_unanswered(segment);
        }
        if !attempt.is_uncertain() {
            // What has no answer is there already, as another copy.
            return self.conclude_if_answered(beat, flight);
        }
        flight.choose_carrier();
        self.teller
            .concluded(beat, &flight.message, Answer::Missing);
        let mut message = flight.message;
        let unanswered = message.progress.attempt.most_unanswered().into();
        match retry::repeat_after(unanswered, self.settings.uncertain, message.id.0) {
            Some(pause) if !message.progress.attempt.withdrawn => {
                note_fruitless(beat, &mut message, None);
                let due = beat.now.steady.after(pause);
                self.teller
                    .defer(beat, &mut message, Reason::Uncertain, Some(due));
                self.wait_again(beat, &mut message, due);
            }
            _ => self.end_unrepeated(beat, &mut message, Reason::Event),
        }
    }

    /// The message of a token, if that is its current attempt.
    fn current_flight(&mut self, token: Token) -> Option<InFlight> {
        let flight = self.in_flight.get(&token.message)?;
        if attempt_octet(&flight.message) != token.attempt {
            return None;
        }
        self.in_flight.remove(&token.message)
    }

    /// A message that waits to be tried again is in flight again, with a segment that was sent after all.
    pub(super) fn resume(
        &mut self,
        beat: &Beat,
        mut message: Message,
        segment: u8,
    ) -> Result<InFlight, JournalError> {
        self.pacer.withdraw(message.id);
        self.repeats.forget(message.id);
        let thread = match beat.thread_facts(message.thread) {
            Some(thread) => thread,
            None => self.thread_in_journal(&message)?,
        };
        self.pacer.resume(&message, thread);
        message.progress.phase = Phase::InFlight;
        let segments = &mut message.progress.attempt.segments;
        if let Some(segment) = segments.get_mut(usize::from(segment))
            && *segment == Segment::Waiting
        {
            *segment = Segment::Sent;
        }
        Ok(InFlight::new(message))
    }

    /// Awaits the receipt of a segment, if the operator gives any; it may have come already.
    pub(super) fn note_accepted(
        &mut self,
        beat: &mut Beat,
        flight: &mut InFlight,
        operator: OperatorId,
        token: Token,
        smsc_id: &str,
    ) -> Result<(), JournalError> {
        if !self.await_receipt(beat, operator, token, smsc_id) {
            return Ok(());
        }
        let rules = self.operators.get(&operator);
        if let Some(operator) = rules.filter(|_| operator == flight.message.progress.operator) {
            operator.keep_id(&mut flight.message, token.segment, smsc_id);
        }
        let given_id = smsc_id;
        let smsc_id = stored_id(given_id);
        if self.held == 0 || smsc_id.is_empty() {
            return Ok(());
        }
        let spellings = self.operators.get(&operator).map(|it| &it.spellings);
        let spellings = spellings.map(|it| it.in_receipts(&smsc_id).collect());
        let spellings: Vec<String> = spellings.unwrap_or_default();
        for spelling in spellings {
            if self.release_held(beat, flight, operator, (token.segment, given_id), &spelling)? {
                break;
            }
        }
        Ok(())
    }

    /// Notes by which id a receipt will name a segment, if its operator gives any.
    pub(super) fn await_receipt(
        &self,
        beat: &mut Beat,
        operator: OperatorId,
        token: Token,
        smsc_id: &str,
    ) -> bool {
        let rules = self.operators.get(&operator);
        if rules.is_some_and(|operator| !operator.receipts) {
            return false;
        }
        // Without an id it is awaited too: in vain, but not for ever.
        beat.await_receipt(Awaiting {
            operator,
            smsc_id: (*stored_id(smsc_id)).into(),
            message: token.message,
            segment: token.segment,
            at: beat.now.steady,
        });
        true
    }

    /// Decides what is next once every segment has its answer.
    pub(super) fn conclude_if_answered(&mut self, beat: &mut Beat, mut flight: InFlight) {
        if !flight.is_answered() {
            beat.put(flight.message.clone());
            self.in_flight.insert(flight.message.id, flight);
            return;
        }
        flight.choose_carrier();
        self.teller
            .concluded(beat, &flight.message, answer_of(&flight));
        if flight.counted_for_nothing() {
            let facts = self.pacer.give_back(&flight.message);
            beat.subscriber(flight.message.msisdn, facts);
        }
        if is_taken(&flight) {
            self.submitted(beat, flight);
            return;
        }
        match flight.refused {
            Some((class, status)) if flight.may_go_in_ucs2 && is_of_alphabet(class, status) => {
                self.alphabet_refused(beat, &mut flight.message, status);
            }
            Some(refusal) => self.refused(beat, &mut flight.message, refusal),
            None => {
                let attempt = &mut flight.message.progress.attempt;
                if !flight.taken && !flight.written {
                    attempt.attempts = attempt.attempts.saturating_sub(1);
                    self.pacer.uncount(&flight.message, &beat.now);
                } else if flight.returned {
                    // Nothing of it was refused for its own sake: the rest will take an attempt, as all at once would have.
                    attempt.uncounted = attempt.uncounted.saturating_add(1);
                }
                let by = match flight.by_staff {
                    true => Reason::Staff,
                    false => Reason::Event,
                };
                self.wait_unless_withdrawn(beat, &mut flight.message, by);
            }
        }
    }

    fn submitted(&mut self, beat: &mut Beat, flight: InFlight) {
        let mut message = flight.message;
        self.end_attempt(beat, &message);
        message.progress.phase = Phase::Submitted;
        // What waited to be repeated has its answer now, and what another operator makes of it is as certain.
        message.progress.attempt.unanswered.clear();
        self.teller.tell(
            beat,
            &mut message,
            State::Submitted,
            None,
            Details::default(),
        );
        let receipts = self
            .operators
            .get(&message.progress.operator)
            .is_none_or(|operator| operator.receipts);
        // That a push was shown, its phone has said.
        if !receipts && !message.progress.attempt.is_push() {
            self.teller.settle(
                beat,
                &mut message,
                State::Unknown,
                Some(Reason::NoReceipts),
                Details::default(),
            );
        }
        self.settle_by_receipts(beat, &mut message, flight.notice.as_deref());
        beat.put(message);
    }

    /// What the operator does not take in its own alphabet goes again at once in UCS-2. That costs more segments, so someone
    /// must look all the same. A text of which it has a part cannot be cut anew.
    fn alphabet_refused(&mut self, beat: &mut Beat, message: &mut Message, status: Status) {
        let attempt = &message.progress.attempt;
        if attempt.has_reached() || attempt.withdrawn {
            return self.refused(beat, message, (Class::OurBug, status));
        }
        let kind = (message.progress.operator, status.0);
        self.refusals.count(kind, message.id);
        message.progress.attempt.in_ucs2 = true;
        note_fruitless(beat, message, Some(status));
        self.wait_again(beat, message, beat.now.steady);
    }

    fn refused(
        &mut self,
        beat: &mut Beat,
        message: &mut Message,
        (class, status): (Class, Status),
    ) {
        let attempt = &mut message.progress.attempt;
        attempt.throttled = one_more(attempt.throttled, class == Class::Throttled);
        attempt.unbound = one_more(attempt.unbound, class == Class::Session);
        let throttled = class == Class::Throttled;
        let in_a_row = attempt.throttled.max(attempt.unbound);
        let uncounted = throttled || class == Class::Session;
        attempt.uncounted = attempt.uncounted.saturating_add(u16::from(uncounted));
        let counted = attempt.attempts.saturating_sub(attempt.uncounted);
        let next = if attempt.withdrawn {
            Next::Refused
        } else {
            let policy = &self.settings.retry;
            policy.next(class, counted, in_a_row, message.id.0)
        };
        match next {
            Next::Retry(pause) => {
                let elsewhere = self.elsewhere(class, message);
                // Two that both refuse it do not toss it to and fro.
                let at_once = elsewhere.is_some() && counted <= 1;
                let pause = if at_once { Duration::ZERO } else { pause };
                let due = beat
                    .now
                    .steady
                    .after(pause)
                    .min(beat.now.steady_at(message.expires));
                let reason = if throttled {
                    Reason::Throttled
                } else {
                    Reason::Retry
                };
                // Told of the operator that refused it.
                note_fruitless(beat, message, Some(status));
                self.teller
                    .defer_refused(beat, message, (reason, status), due);
                message.progress.operator = elsewhere.unwrap_or(message.progress.operator);
                self.wait_again(beat, message, due);
            }
            Next::GiveUp => self.fail(beat, message, status, Reason::Attempts),
            Next::Refused => {
                if class == Class::OurBug {
                    let kind = (message.progress.operator, status.0);
                    self.refusals.count(kind, message.id);
                }
                self.fail(beat, message, status, Reason::Refused);
            }
        }
    }

    /// The refusals that someone must look into and that are to be told: whose, which, the first message since they
    /// were told last, and how many.
    pub fn refusals(&mut self, now: UnixMillis) -> Vec<(Box<str>, Status, MessageId, u64)> {
        let due = self.refusals.due(now).into_iter();
        due.filter_map(|((operator, status), message, count)| {
            let name = self.operators.get(&operator)?.name.clone();
            Some((name, Status::from(status), message, count))
        })
        .collect()
    }

    fn fail(&mut self, beat: &mut Beat, message: &mut Message, status: Status, reason: Reason) {
        self.end_attempt(beat, message);
        let (state, reason) = fate_so_far(message).unwrap_or((State::Failed, reason));
        let details = Details::code(status.to_string());
        self.teller
            .settle(beat, message, state, Some(reason), details);
        beat.put(message.clone());
    }

    /// Not everything was written, or answered: the rest waits for another attempt, if there is to be one.
    pub(super) fn wait_unless_withdrawn(
        &mut self,
        beat: &mut Beat,
        message: &mut Message,
        by: Reason,
    ) {
        if !message.progress.attempt.withdrawn {
            // What waited to be repeated when another segment was settled waits on: its receipt may come, too.
            let due = match message.progress.attempt.is_uncertain() {
                true => message.progress.due,
                false => beat.now.steady,
            };
            self.wait_again(beat, message, due);
            return;
        }
        self.end_unrepeated(beat, message, by);
    }

    /// Ends a message that is not to be submitted again; of one that was not at all, it matters who withdrew it.
    fn end_unrepeated(&mut self, beat: &mut Beat, message: &mut Message, by: Reason) {
        if message.progress.attempt.attempts == 0 {
            // Older ones may go.
            let (facts, _) = self.pacer.end_to_wait(message);
            beat.thread(message.thread, facts);
        } else {
            self.end_attempt(beat, message);
        }
        let (state, reason) = withdrawn(message, by);
        self.teller
            .settle(beat, message, state, Some(reason), Details::default());
        beat.put(message.clone());
    }

    /// An attempt has its result: what it supersedes need not wait any more.
    fn end_attempt(&mut self, beat: &mut Beat, message: &Message) {
        let superseding = self.pacer.end(message);
        beat.superseding
            .extend(superseding.map(|newest| (message.thread, newest)));
    }

    pub(super) fn wait_again(&mut self, beat: &mut Beat, message: &mut Message, due: UnixMillis) {
        message.progress.phase = Phase::Waiting;
        message.progress.due = due.max(UnixMillis(beat.now.steady.0 + 1));
        self.pacer.wait_again(message, &beat.now);
        self.stands_elsewhere(message);
        let (facts, superseding) = self.pacer.end_to_wait(message);
        beat.thread(message.thread, facts);
        if facts.waiting > 1 {
            beat.waits_again.push((message.thread, message.id));
        }
        beat.superseding
            .extend(superseding.map(|newest| (message.thread, newest)));
        self.wait_out_of_turn(message);
        self.repeats.note(message);
        beat.put(message.clone());
    }
}

/// Notes for whoever asks that the last attempt came to nothing: a short wait is told to nobody.
fn note_fruitless(beat: &Beat, message: &mut Message, status: Option<Status>) {
    let operator = message.progress.operator;
    let attempt = &mut message.progress.attempt;
    attempt.was_fruitless(Fruitless {
        operator,
        attempt: attempt.attempts,
        at: beat.now.wall,
        status: status.map(|status| status.0),
    });
}

/// Whether the operator took all of it.
fn is_taken(flight: &InFlight) -> bool {
    let segments = &flight.message.progress.attempt.segments;
    !segments.contains(&Segment::Waiting)
}

/// What came of an attempt of which every segment has its answer.
fn answer_of(flight: &InFlight) -> Answer {
    match flight.refused {
        _ if is_taken(flight) => Answer::Accepted,
        Some((_, status)) => Answer::Refused(status),
        None => Answer::Unwritten,
    }
}

/// How many there are in a row, so many before: one more, or none.
fn one_more(before: u16, is_one: bool) -> u16 {
    if is_one { before.saturating_add(1) } else { 0 }
}

/// The segment of a token, if its answer is outstanding.
fn sent_segment(message: &mut Message, token: Token) -> Option<&mut Segment> {
    let segments = &mut message.progress.attempt.segments;
    let segment = segments.get_mut(usize::from(token.segment))?;
    (*segment == Segment::Sent).then_some(segment)
}

/// How a message ends that is not to be sent again, as far as its attempts so far decide.
pub(super) fn fate_so_far(message: &Message) -> Option<(State, Reason)> {
    if message.progress.attempt.is_uncertain() {
        Some((State::Unknown, Reason::Uncertain))
    } else if message.progress.attempt.has_reached() {
        Some((State::Failed, Reason::Partial))
    } else if message.progress.attempt.undelivered.is_some() {
        Some((State::Failed, Reason::Undelivered))
    } else {
        None
    }
}

/// Whether a refusal is for the sake of the text's alphabet; as a class of its own the operator may mean something else by it.
fn is_of_alphabet(class: Class, status: Status) -> bool {
    status == Status::RINVDCS && class == Class::OurBug
}

/// Which of two refusals decides for the whole message.
fn worse(one: Option<(Class, Status)>, other: (Class, Status)) -> (Class, Status) {
    one.filter(|(class, _)| class.severity() >= other.0.severity())
        .unwrap_or(other)
}
