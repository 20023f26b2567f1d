//! What goes out in a beat: whose turn it is, its text, its attempt.

use bytes::Bytes;
use xabar_events::{Priority, Reason, State};
use xabar_sms::{Concatenation, DataCoding, Encoding, Segments, segments};

use super::beat::Beat;
use super::core::{Core, InFlight};
use super::telling::Details;
use crate::clock::UnixMillis;
use crate::delivery::{Submission, Token};
use crate::journal::{JournalError, Message, OperatorId, Phase, Record, Segment, ThreadOrder};
use crate::pacing::Turn;

/// Turns taken on one operator in one beat, so that messages that cannot go do not hold up a commit.
const TURNS_A_BEAT: usize = 4000;

/// No SMSC is asked to try for less.
const SHORTEST_VALIDITY: std::time::Duration = std::time::Duration::from_secs(60);

impl Core {
    /// Gives every operator as much as its link takes now.
    pub(super) fn send_due(&mut self, beat: &mut Beat) -> Result<(), JournalError> {
        let operators: Vec<OperatorId> = self.operators.keys().copied().collect();
        for operator in operators {
            for _ in 0..TURNS_A_BEAT {
                if self
                    .operators
                    .get(&operator)
                    .is_none_or(|operator| operator.room() == 0)
                {
                    break;
                }
                let Some(turn) = self.pacer.next(operator, &beat.now) else {
                    break;
                };
                self.take_turn(beat, turn)?;
            }
        }
        Ok(())
    }

    fn take_turn(&mut self, beat: &mut Beat, turn: Turn) -> Result<(), JournalError> {
        match turn {
            Turn::Go(message) => self.send(beat, message),
            Turn::Contended(message) => return self.send_newest(beat, message),
            Turn::Defer {
                message,
                until,
                reason,
            } => self.defer(beat, message.record, until, reason),
            Turn::Expired(message) => self.expire(beat, message.record),
            Turn::Overtaken { message, by } => {
                let by = self.event_of(beat, by)?;
                self.overtaken(beat, message.record, by);
            }
        }
        Ok(())
    }

    /// Puts a message off. It is not kept waiting beyond its deadline.
    fn defer(&mut self, beat: &mut Beat, mut record: Record, until: UnixMillis, reason: Reason) {
        let deadline = beat.now.steady_at(record.expires);
        record.progress.due = until.min(deadline).max(UnixMillis(beat.now.steady.0 + 1));
        self.teller.defer(beat, &mut record, reason, Some(until));
        self.wait(&record);
        beat.put(&record);
    }

    pub(super) fn expire(&mut self, beat: &mut Beat, mut record: Record) {
        let (state, reason) = match record.progress.attempt.uncertain {
            true => (State::Unknown, Reason::Uncertain),
            false => (State::Expired, Reason::Deadline),
        };
        self.teller
            .settle(beat, &mut record, state, Some(reason), Details::default());
        beat.put(&record);
    }

    /// A newer one of the thread went, or goes now.
    fn overtaken(&mut self, beat: &mut Beat, mut record: Record, by: Option<Box<str>>) {
        let (state, reason) = match record.progress.attempt.uncertain {
            true => (State::Unknown, Reason::Uncertain),
            false => (State::Superseded, Reason::NewerStatus),
        };
        self.teller.settle(
            beat,
            &mut record,
            state,
            Some(reason),
            Details {
                by,
                ..Details::default()
            },
        );
        beat.put(&record);
    }

    fn event_of(
        &mut self,
        beat: &Beat,
        order: ThreadOrder,
    ) -> Result<Option<Box<str>>, JournalError> {
        if let Some(record) = beat.record(order.id) {
            return Ok(Some(record.key.id.as_str().into()));
        }
        let message = self.journal.message(order.id)?;
        Ok(message.map(|message| message.record.key.id.as_str().into()))
    }

    /// Of a thread's waiting messages the newest that is due, permitted and has a text goes; all older ones are superseded.
    fn send_newest(&mut self, beat: &mut Beat, turn: Message) -> Result<(), JournalError> {
        let mut siblings = self.pacer.held_siblings(turn.record.thread, turn.record.id);
        for message in self.journal.siblings(turn.record.thread)? {
            let id = message.record.id;
            if id != turn.record.id
                && !beat.touched(id)
                && siblings.iter().all(|held| held.record.id != id)
            {
                siblings.push(message);
            }
        }
        siblings.push(turn);
        siblings.sort_by_key(|message| message.record.order());
        let newest = siblings
            .iter()
            .rposition(|message| self.may_go(beat, message))
            .unwrap_or(0);
        let chosen = siblings.swap_remove(newest);
        self.pacer.withdraw(chosen.record.id);
        let by: Box<str> = chosen.record.key.id.as_str().into();
        for message in siblings
            .into_iter()
            .filter(|message| message.record.order() < chosen.record.order())
        {
            self.pacer.withdraw(message.record.id);
            self.overtaken(beat, message.record, Some(by.clone()));
        }
        self.send(beat, chosen);
        Ok(())
    }

    fn may_go(&mut self, beat: &Beat, message: &Message) -> bool {
        let record = &message.record;
        let wall = beat.now.wall;
        record
            .not_before
            .is_none_or(|not_before| not_before <= wall)
            && record.expires > wall
            && self.pacer.permits(record, &beat.now).is_ok()
            && self.text(message).is_some()
    }

    /// The text as it was first composed, as long as some of its segments are with the operator; else as it is composed now.
    fn text(&self, message: &Message) -> Option<String> {
        let kept = message.record.progress.attempt.text.as_deref();
        kept.map(str::to_owned).or_else(|| {
            let composed = self.catalog.compose(
                &message.record.application,
                &message.content,
                self.settings.default_language,
            );
            composed.ok().map(|text| text.text)
        })
    }

    fn send(&mut self, beat: &mut Beat, mut message: Message) {
        let Some(text) = self.text(&message) else {
            let record = &mut message.record;
            self.teller.settle(
                beat,
                record,
                State::Suppressed,
                Some(Reason::NoTemplate),
                Details::default(),
            );
            beat.put(record);
            return;
        };
        let Ok(segments) = segments(&text, Encoding::of(&text), Concatenation::Udh8) else {
            let record = &mut message.record;
            self.teller.settle(
                beat,
                record,
                State::Failed,
                Some(Reason::Refused),
                Details::code("text too long"),
            );
            beat.put(record);
            return;
        };
        begin_attempt(&mut message.record, &segments, text, beat.now.steady);
        self.submit(beat, &message.record, &segments);
        let facts = self.pacer.begin(&message.record, &beat.now);
        beat.subscriber(message.record.msisdn, facts);
        beat.thread(
            message.record.thread,
            self.pacer.thread(message.record.thread),
        );
        beat.put(&message.record);
        self.in_flight
            .insert(message.record.id, InFlight::new(message));
    }

    /// Hands the segments that are to be sent to the operator's link, once the beat is committed.
    fn submit(&mut self, beat: &mut Beat, record: &Record, segments: &Segments) {
        let progress = &record.progress;
        let validity = record.expires.since(beat.now.wall).max(SHORTEST_VALIDITY);
        let sent = progress
            .attempt
            .segments
            .iter()
            .zip(0u8..)
            .zip(segments.iter());
        for ((state, number), segment) in sent {
            if *state != Segment::Sent {
                continue;
            }
            let mut octets = Vec::with_capacity(xabar_sms::USER_DATA_OCTETS + 20);
            segment.write_user_data(progress.attempt.reference, &mut octets);
            let submission = Submission {
                decided: beat.now.instant,
                token: Token {
                    message: record.id,
                    segment: number,
                    attempt: attempt_octet(record),
                },
                msisdn: record.msisdn,
                octets: Bytes::from(octets),
                has_udh: segments.has_udh(),
                data_coding: xabar_smpp::values::DataCoding(
                    DataCoding::of(segments.encoding(), None).0,
                ),
                reference: progress.attempt.reference,
                validity,
                urgent: record.priority == Priority::Urgent,
            };
            beat.submit(progress.operator, submission);
            if let Some(operator) = self.operators.get_mut(&progress.operator) {
                operator.given += 1;
            }
        }
    }
}

/// Notes a new attempt at all segments that wait for one.
fn begin_attempt(record: &mut Record, segments: &Segments, text: String, at: UnixMillis) {
    record.progress.phase = Phase::InFlight;
    let attempt = &mut record.progress.attempt;
    if attempt.text.is_none() {
        attempt.segments = vec![Segment::Waiting; segments.total().into()];
        attempt.text = (segments.total() > 1).then(|| text.into());
    }
    let mut begun = 0;
    for segment in attempt
        .segments
        .iter_mut()
        .filter(|segment| **segment == Segment::Waiting)
    {
        *segment = Segment::Sent;
        begun += 1;
    }
    if attempt.attempts == 0 {
        // The low bits differ between neighbours, which is all that a phone needs.
        attempt.reference = u16::try_from(record.id.0 % 0xFFFF).unwrap_or(0) + 1;
    }
    if attempt.uncertain {
        attempt.repeats = attempt.repeats.saturating_add(begun);
    }
    attempt.attempts = attempt.attempts.saturating_add(1);
    attempt.uncertain = false;
    attempt.at = at;
}

/// Tells the attempts of one message apart.
pub(super) fn attempt_octet(record: &Record) -> u8 {
    let [_, low] = record.progress.attempt.attempts.to_be_bytes();
    low
}
