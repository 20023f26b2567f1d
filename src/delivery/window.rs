//! How many submissions may await a response on one session: the configured window, or less where the
//! operator takes less.
//!
//! Some SMSCs refuse what is beyond their own window (ESME_RMSGQFUL, or another status): more than they ever held at once
//! (`dispatch/held.rs`). Others let it queue, and answer ever later. Either makes the window smaller; while it is all in use and nothing of that kind happens,
//! it grows back. Behind ESME_RSUBMITFAIL operators hide a full window, but blacklists as well: what speaks for the
//! window is that more awaited a response than was ever held, and that they are many.

use std::time::{Duration, Instant};

use super::background::Background;

/// What is left of the window when the operator refuses for its sake.
const REFUSED: f64 = 0.7;

/// After a change, too long responses say nothing new for a while.
const CALM: Duration = Duration::from_secs(1);

/// A vague refusal weighs as much as so many other answers: of blacklists there is less than one in ten.
const VAGUE: u32 = 10;

/// As much as this many vague refusals, one after the other, is for the window's sake.
const SUSPICIOUS: u32 = 8 * VAGUE;

/// A vague refusal beside others, where as many were held before, weighs as much as so many other answers: where one in four
/// is such a one, an SMSC may have room again before its answers are read. Failures by chance are fewer.
const BESIDE: u32 = 3;

/// As much as this many of them, one after the other, is for the window's sake: enough that chance takes hours to look so.
const CROWDED: u32 = 30 * BESIDE;

/// After that it grows later: to see it again takes many refusals.
const LATER: i32 = -4;

/// How often it grows, while it is all in use: by a tenth, at least by one, and each time twice as much as long as it does not
/// shrink.
const STEP: Duration = Duration::from_secs(5);

/// The window of each session of one operator.
#[derive(Debug)]
pub(super) struct Window {
    /// The size, configured or set.
    ceiling: f64,
    current: f64,
    /// Whether it was all in use since the last step.
    used: bool,
    /// What refusals that may be for its sake weigh so far, less the other answers.
    suspicion: u32,
    /// The same of vague refusals beside others, where as many were held before.
    crowding: u32,
    changed: Instant,
    /// How often it grew since it shrank.
    steps: i32,
}

impl Window {
    pub(super) fn new(ceiling: usize, now: Instant) -> Self {
        let ceiling = f64::from(u32::try_from(ceiling).unwrap_or(u32::MAX));
        Self {
            ceiling,
            current: ceiling,
            used: false,
            suspicion: 0,
            crowding: 0,
            changed: now,
            steps: 0,
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and the configured size"
    )]
    pub(super) fn size(&self) -> usize {
        self.current as usize
    }

    /// The largest that it may be.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number that is at least 1"
    )]
    pub(super) fn ceiling(&self) -> usize {
        self.ceiling as usize
    }

    /// From now on it may be as large as this, and is at once.
    pub(super) fn tune(&mut self, ceiling: usize, now: Instant) {
        *self = Self::new(ceiling, now);
    }

    /// It is all in use, but for what is kept for others than those that wait.
    pub(super) fn note_full(&mut self) {
        self.used = true;
    }

    /// The operator refused because too much awaited a response: so many, of which it held so many at once. Says whether the
    /// window shrank: not for a few that it might have refused in any case, nor for a few vague refusals.
    pub(super) fn refused(
        &mut self,
        in_flight: usize,
        held: usize,
        vague: bool,
        now: Instant,
    ) -> bool {
        let [in_flight, held] =
            [in_flight, held].map(|pdus| f64::from(u32::try_from(pdus).unwrap_or(u32::MAX)));
        let may_be_chance = vague || Background::may_explain(in_flight - held, in_flight);
        if may_be_chance && !self.suspect() {
            return false;
        }
        self.suspicion = 0;
        let left = (self.current.min(in_flight) * REFUSED).max(held);
        let is_less = left < self.current;
        if is_less {
            self.shrink(left / self.current, now);
        }
        is_less
    }

    /// The operator refused vaguely, while so much awaited a response, what it held of late. Says whether the window shrank,
    /// which takes many that filled it.
    pub(super) fn refused_beside(&mut self, in_flight: usize, now: Instant) -> bool {
        if in_flight < self.size() {
            return false;
        }
        self.crowding = (self.crowding + BESIDE).min(CROWDED);
        let left = f64::from(u32::try_from(in_flight - 1).unwrap_or(u32::MAX));
        if self.crowding < CROWDED || left >= self.current {
            return false;
        }
        self.shrink(left / self.current, now);
        self.steps = LATER;
        true
    }

    /// Something was answered that was not too much at once.
    pub(super) fn answered(&mut self) {
        self.suspicion = self.suspicion.saturating_sub(1);
        self.crowding = self.crowding.saturating_sub(1);
    }

    /// Something was refused that may have been so for the window's sake; whether that is enough to believe it.
    fn suspect(&mut self) -> bool {
        self.suspicion = (self.suspicion + VAGUE).min(SUSPICIOUS);
        self.suspicion == SUSPICIOUS
    }

    /// Responses take too long, and no more than so many would be answered in a time that is not.
    pub(super) fn crowded(&mut self, fitting: f64, now: Instant) {
        if now >= self.changed + CALM && fitting < self.current {
            self.shrink(fitting / self.current, now);
        }
    }

    fn shrink(&mut self, share: f64, now: Instant) {
        self.current = (self.current * share).max(1.0);
        (self.changed, self.used, self.steps) = (now, false, 0);
        self.crowding = 0;
    }

    /// Grows if it is time to.
    pub(super) fn grow(&mut self, now: Instant) {
        if self.current >= self.ceiling || !self.used || now < self.changed + STEP {
            return;
        }
        let step = (self.current * 0.1).max(1.0) * f64::from(self.steps).exp2();
        self.current = (self.current + step).min(self.ceiling);
        (self.changed, self.used) = (now, false);
        self.steps += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::instant;

    #[test]
    fn it_shrinks_at_once_and_grows_back_while_it_is_in_use() {
        let start = instant();
        let mut window = Window::new(64, start);
        window.refused(64, 10, false, start);
        assert_eq!(window.size(), 44);
        window.grow(start + Duration::from_secs(3600));
        assert_eq!(window.size(), 44, "it was not in use");
        window.note_full();
        window.grow(start + Duration::from_secs(1));
        assert_eq!(window.size(), 44, "too soon");
        window.grow(start + STEP);
        assert_eq!(window.size(), 49);
        for step in 2..5 {
            window.note_full();
            window.grow(start + step * STEP);
        }
        assert_eq!(window.size(), 64);
    }

    #[test]
    fn it_is_never_smaller_than_one() {
        let start = instant();
        let mut window = Window::new(3, start);
        for _ in 0..10 {
            window.refused(window.size(), 0, false, start);
        }
        assert_eq!(window.size(), 1);
        window.note_full();
        window.grow(start + STEP);
        assert_eq!(window.size(), 2);
        window.note_full();
        window.grow(start + 2 * STEP);
        assert_eq!(window.size(), 3);
    }

    /// How large a window of 100 is after a thousand answers, of which so many of a hundred are vague refusals of what was
    /// too much at once.
    fn after_vague_refusals(of_a_hundred: u32) -> usize {
        let start = instant();
        let mut window = Window::new(100, start);
        for number in 0..1000 {
            match number % 100 * of_a_hundred % 100 < of_a_hundred {
                true => _ = window.refused(100, 20, true, start),
                false => window.answered(),
            }
        }
        window.size()
    }

    #[test]
    fn many_vague_refusals_shrink_it_and_a_blacklist_does_not() {
        assert_eq!(after_vague_refusals(30), 20);
        assert_eq!(after_vague_refusals(5), 100);
    }

    /// How large a window of 3 is after a thousand answers, of which one in so many is a vague refusal beside others.
    fn after_refusals_beside_others(one_in: u32) -> usize {
        let start = instant();
        let mut window = Window::new(3, start);
        for number in 0..1000 {
            match number % one_in == 0 && window.size() == 3 {
                true => _ = window.refused_beside(3, start),
                false => window.answered(),
            }
        }
        window.size()
    }

    #[test]
    fn a_third_refused_beside_others_shrinks_it_by_one_and_a_fifth_does_not() {
        assert_eq!(after_refusals_beside_others(3), 2);
        assert_eq!(after_refusals_beside_others(5), 3);
        let mut roomy = Window::new(10, instant());
        (0..1000).for_each(|_| _ = roomy.refused_beside(9, instant()));
        assert_eq!(roomy.size(), 10, "none of them filled it");
    }

    #[test]
    fn slow_responses_shrink_it_to_what_is_answered_in_time() {
        let start = instant();
        let mut window = Window::new(100, start);
        window.crowded(20.0, start + CALM);
        assert_eq!(window.size(), 20);
        window.crowded(5.0, start + CALM);
        assert_eq!(window.size(), 20, "too soon to know more");
        window.crowded(30.0, start + 2 * CALM);
        assert_eq!(window.size(), 20, "it never grows by that");
        window.crowded(0.0, start + 2 * CALM);
        assert_eq!(window.size(), 1);
    }
}
