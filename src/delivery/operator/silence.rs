//! Sessions that answer nothing are left in time.

use std::time::{Duration, Instant};

use super::Operator;
use super::unreported::Unreported;
use crate::clock::instant as now;
use crate::delivery::Token;
use crate::delivery::silence::{Step, Unanswered};

/// A session is kept no longer than this for answers that are late: what it could carry meanwhile matters, too.
pub(super) const LONGEST_GRACE: Duration = Duration::from_secs(60);

impl Operator {
    /// A response did not come in time.
    pub(super) fn overdue(&mut self, index: usize, token: Token) {
        if let Some(slot) = self.slots.get(index) {
            slot.timed_out.insert(token);
            slot.silence.overdue(self.response, now());
        }
    }

    /// The same of a question. Whether messages are answered it does not show, but it keeps its place in the window.
    pub(super) fn question_overdue(&mut self, index: usize, token: Token) {
        if let Some(slot) = self.slots.get(index) {
            slot.timed_out.insert(token);
            slot.silence.question_overdue(now());
        }
    }

    /// When a session is to be left, or to get nothing more.
    pub(super) fn silence_ends(&self) -> Option<Instant> {
        let next = (0..self.slots.len()).filter_map(|index| self.next_step(index));
        next.map(|(at, _)| at).min()
    }

    /// Leaves the sessions on which nothing is answered any more. Their last events tell of what is unanswered.
    pub(super) fn leave_silent(&mut self, events: &mut Unreported) {
        let now = now();
        for index in 0..self.slots.len() {
            match self.next_step(index) {
                Some((at, Step::Drain)) if at <= now => self.drain(index, events),
                Some((at, Step::Leave)) if at <= now => self.abandon(index),
                _ => {}
            }
        }
    }

    fn next_step(&self, index: usize) -> Option<(Instant, Step)> {
        let slot = self.slots.look(index).filter(|slot| slot.is_up())?;
        let unanswered = Unanswered {
            in_flight: self.dispatch.in_flight_on(index),
            overdue: slot.timed_out.len(),
            // What is kept may stay empty.
            window: self.dispatch.window_of_others(index),
        };
        slot.silence.next(unanswered, self.grace)
    }

    fn drain(&mut self, index: usize, events: &mut Unreported) {
        let Some(slot) = self.slots.get(index) else {
            return;
        };
        slot.silence.drain();
        self.leave(index, events);
        self.warn_of_giving_up(index, "none of its last submissions was answered");
    }

    fn abandon(&mut self, index: usize) {
        let Some(slot) = self.slots.get(index) else {
            return;
        };
        slot.drop_link();
        if !slot.silence.is_draining() {
            self.warn_of_giving_up(index, "nothing in its window was answered in time");
        }
    }
}
