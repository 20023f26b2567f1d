//! Follows the wall clock where it is set forward.
//!
//! What waits for a wall time is kept by the steady clock's reading then. When the wall clock is set forward, or the
//! machine slept, that reading is too late: so all that waits for a wall time is gone through once, the first due
//! first, and gets the new one. After a step back a message's turn comes too early, and it is deferred again then.

use xabar_events::Reason;

use super::beat::Beat;
use super::core::Core;
use super::telling::WORTH_TELLING;
use crate::clock::{Now, UnixMillis};
use crate::journal::{Cursor, JournalError, Message, Queue};
use crate::pacing::Pacer;

/// The two clocks are read one after the other; a step is more than that, and than a message may be late.
const STEP: u64 = 1000;

/// Messages looked at in one beat.
const LOOKED_AT_ONCE: usize = 200;

/// How the wall clock stands to the steady one.
#[derive(Debug)]
pub(super) struct WallClock {
    /// By how many milliseconds it was ahead when last set.
    ahead: i64,
    /// The queues that are to be gone through, each from this place on.
    left: Vec<(Queue, Cursor)>,
}

impl WallClock {
    pub(super) fn new(now: &Now) -> Self {
        Self {
            ahead: ahead(now),
            left: Vec::new(),
        }
    }

    /// Whether queues are to be gone through yet.
    pub(super) fn was_set_forward(&self) -> bool {
        !self.left.is_empty()
    }

    /// Notes the time; says whether the wall clock was set forward since it was noted last.
    fn note(&mut self, now: &Now) -> bool {
        let before = self.ahead;
        let is_set = ahead(now).abs_diff(before) > STEP;
        if is_set {
            self.ahead = ahead(now);
        }
        is_set && self.ahead > before
    }
}

fn ahead(now: &Now) -> i64 {
    now.wall.0.saturating_sub(now.steady.0)
}

impl Core {
    /// Brings forward what waits for a wall time that is nearer than it was; gives what has a new due time. It is not
    /// in the journal yet.
    pub(super) fn follow_wall_clock(
        &mut self,
        beat: &mut Beat,
    ) -> Result<Vec<Message>, JournalError> {
        if self.wall_clock.note(&beat.now) {
            // What is due is read anyway.
            let from = Cursor {
                due: UnixMillis(beat.now.steady.0 + 1),
                id: 0,
            };
            let queues = self.journal.queues()?.into_iter();
            self.wall_clock.left = queues.map(|queue| (queue, from)).collect();
        }
        let mut earlier = Vec::new();
        let Some((queue, place)) = self.wall_clock.left.pop() else {
            return Ok(earlier);
        };
        let waiting = self
            .journal
            .due(queue, place, UnixMillis::NEVER, LOOKED_AT_ONCE)?;
        if let Some(last) = waiting.last()
            && waiting.len() == LOOKED_AT_ONCE
        {
            let place = last.message.cursor();
            self.wall_clock.left.push((queue, place));
        }
        for mut message in waiting.into_iter().map(|it| it.message) {
            let Some(until) = Self::waits_until(&message, &beat.now) else {
                continue;
            };
            // Not before the next millisecond: the queue's cursor may have passed this one.
            let due = beat
                .now
                .steady_at(until)
                .max(UnixMillis(beat.now.steady.0 + 1));
            if due < message.progress.due {
                message.progress.due = due;
                beat.put(message.clone());
                earlier.push(message);
            }
        }
        Ok(earlier)
    }

    /// Until which wall time a message waits, if it does for one.
    fn waits_until(message: &Message, now: &Now) -> Option<UnixMillis> {
        let progress = &message.progress;
        let is_first = progress.attempt.attempts == 0;
        // A short wait is not told: after an attempt it may be for something else than what was told last.
        if !is_first && progress.due.since(now.steady) <= WORTH_TELLING {
            return None;
        }
        let told = progress.history.last();
        let of_wall = told.and_then(|told| {
            let reason = told.reason?;
            let until = told.until.filter(|_| reason != Reason::Scheduled)?;
            Pacer::is_of_wall(message, reason).then_some(until)
        });
        of_wall.or_else(|| {
            message
                .not_before
                .filter(|_| is_first && told_of_schedule(message))
        })
    }
}

/// Whether nothing was told since it was scheduled, which is not told itself if it is for soon.
fn told_of_schedule(message: &Message) -> bool {
    let mut told = message.progress.history.iter();
    told.all(|told| matches!(told.reason, None | Some(Reason::Scheduled)))
}
