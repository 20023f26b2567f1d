//! Notes the stages of messages that are traced, as they come to their ends.
//!
//! A stage's beginning is in the message's history or its attempt, and so in the journal: a restart loses no stage that
//! was under way.

use std::time::Instant;

use xabar_events::{Reason, State};

use super::beat::Beat;
use super::telling::Teller;
use crate::clock::UnixMillis;
use crate::journal::{Message, Told};
use crate::traces::{Answer, Stage, TraceId, What};

impl Teller {
    /// The trace of a message, if it is in one.
    fn trace_of(&self, message: &Message) -> Option<TraceId> {
        let sampling = self.sampling.as_ref().filter(|_| !message.is_answer())?;
        sampling.trace_of(&message.origin().identity)
    }

    /// It was accepted, and its event was read at that time.
    pub(super) fn taken_in(&self, beat: &mut Beat, message: &Message, read: Instant) {
        let Some(trace) = self.trace_of(message) else {
            return;
        };
        let took = beat.now.instant.saturating_duration_since(read);
        note(
            beat,
            message,
            trace,
            beat.now.wall.before(took),
            What::Intake,
        );
    }

    /// An attempt was begun.
    pub(super) fn attempted(&self, beat: &mut Beat, message: &Message) {
        let Some(trace) = self.trace_of(message) else {
            return;
        };
        let Some(last) = message.progress.history.last() else {
            return;
        };
        if waits(last) && attempts_since(last, message) == 1 {
            waited(beat, message, trace, last);
        }
    }

    /// It is known what came of an attempt.
    pub(super) fn concluded(&self, beat: &mut Beat, message: &Message, answer: Answer) {
        let Some(trace) = self.trace_of(message) else {
            return;
        };
        let attempt = &message.progress.attempt;
        let what = What::Submit {
            attempt: attempt.attempts,
            operator: message.progress.operator,
            segments: attempt.segments.len(),
            answer,
        };
        note(beat, message, trace, beat.now.wall_at(attempt.at), what);
    }

    /// Its operator did not deliver it, and another one is to try.
    pub(super) fn undelivered(&self, beat: &mut Beat, message: &Message, code: Option<&str>) {
        let history = message.progress.history.iter();
        let Some((trace, submitted)) = self
            .trace_of(message)
            .zip(history.rev().find(|told| told.state == State::Submitted))
        else {
            return;
        };
        let what = What::Receipt {
            operator: message.progress.operator,
            state: State::Failed,
            reason: Some(Reason::Undelivered),
            code: code.map(Into::into),
        };
        note(beat, message, trace, submitted.at, what);
    }

    /// It comes to a state that its history does not have yet.
    pub(super) fn entered(&self, beat: &mut Beat, message: &Message, told: &Told) {
        let Some(trace) = self.trace_of(message) else {
            return;
        };
        let history = &message.progress.history;
        let Some((first, last)) = history.first().zip(history.last()) else {
            return;
        };
        if attempts_since(last, message) == 0 {
            if waits(last) {
                waited(beat, message, trace, last);
            } else if told.state != State::Deferred && told.reason != Some(Reason::NoReceipts) {
                let what = What::Receipt {
                    operator: message.progress.operator,
                    state: told.state,
                    reason: told.reason,
                    code: told.code.clone(),
                };
                note(beat, message, trace, last.at, what);
            }
        }
        if told.state.is_terminal() && !last.state.is_terminal() {
            let what = What::Message {
                state: told.state,
                reason: told.reason,
                attempted: told.attempted,
            };
            note(beat, message, trace, first.at, what);
        }
    }
}

/// Whether a message that was told this, and nothing since, waited.
fn waits(told: &Told) -> bool {
    matches!(told.state, State::Accepted | State::Deferred)
}

/// How many attempts were begun since that was told.
fn attempts_since(told: &Told, message: &Message) -> u16 {
    let by_then = told.attempted.map_or(0, |attempted| attempted.attempts);
    message.progress.attempt.attempts.saturating_sub(by_then)
}

fn waited(beat: &mut Beat, message: &Message, trace: TraceId, last: &Told) {
    let what = What::Wait {
        reason: last.reason,
    };
    note(beat, message, trace, last.at, what);
}

/// A stage from then until now.
fn note(beat: &mut Beat, message: &Message, trace: TraceId, from: UnixMillis, what: What) {
    beat.stages.push(Stage {
        trace,
        origin: message.origin().clone(),
        from,
        to: beat.now.wall,
        what,
    });
}
