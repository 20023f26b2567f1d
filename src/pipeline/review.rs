//! Goes once through all that waits for a time to come, when that time may be another by now.
//!
//! What waits for a wall time is kept by the steady clock's reading then. When the wall clock is set forward, or the
//! machine slept, that reading is too late; when rules change, so may be what they held back. So all that waits is gone through once,
//! the first due first: what waits for a wall time gets the new one, and of what the rules of before held back the turn comes again.
//! After a step back of the clock a message's turn comes too early, and it is deferred again then.

use xabar_events::Reason;

use super::beat::Beat;
use super::core::Core;
use super::telling::WORTH_TELLING;
use crate::clock::{Now, UnixMillis};
use crate::journal::{Cursor, JournalError, Message, Queue};
use crate::pacing::{Hold, Pacer};

/// The two clocks are read one after the other; a step is more than that, and than a message may be late.
const STEP: u64 = 1000;

/// Messages looked at in one beat.
const LOOKED_AT_ONCE: usize = 200;

/// What is gone through, and why.
#[derive(Debug)]
pub(super) struct Review {
    /// By how many milliseconds the wall clock was ahead of the steady one when last set.
    ahead: i64,
    /// These rules are others than when they held something back.
    changed: Vec<Hold>,
    /// It is to begin with the next beat.
    begins: bool,
    /// The queues that are to be gone through, each from this place on.
    left: Vec<(Queue, Cursor)>,
}

impl Review {
    pub(super) fn new(now: &Now) -> Self {
        Self {
            ahead: ahead(now),
            changed: Vec::new(),
            begins: false,
            left: Vec::new(),
        }
    }

    /// Whether queues are to be gone through yet.
    pub(super) fn is_under_way(&self) -> bool {
        self.begins || !self.left.is_empty()
    }

    /// These rules are others from now on.
    pub(super) fn rules_changed(&mut self, changed: Vec<Hold>) {
        self.begins |= !changed.is_empty();
        self.changed.extend(changed);
    }

    /// Notes the time; whatever is under way begins anew if the wall clock was set forward since it was noted last.
    fn note(&mut self, now: &Now) {
        let before = self.ahead;
        let is_set = ahead(now).abs_diff(before) > STEP;
        if is_set {
            self.ahead = ahead(now);
        }
        self.begins |= is_set && self.ahead > before;
    }
}

fn ahead(now: &Now) -> i64 {
    now.wall.0.saturating_sub(now.steady.0)
}

impl Core {
    /// Brings forward what waits for a time that is nearer than it was, or may be; gives what has a new due time. It is
    /// not in the journal yet.
    pub(super) fn review(&mut self, beat: &mut Beat) -> Result<Vec<Message>, JournalError> {
        self.review.note(&beat.now);
        if std::mem::take(&mut self.review.begins) {
            // What is due is read anyway.
            let from = Cursor {
                due: UnixMillis(beat.now.steady.0 + 1),
                id: 0,
            };
            let queues = self.journal.queues()?.into_iter();
            self.review.left = queues.map(|queue| (queue, from)).collect();
        }
        let mut earlier = Vec::new();
        let Some((queue, place)) = self.review.left.pop() else {
            self.review.changed.clear();
            return Ok(earlier);
        };
        let waiting = self
            .journal
            .due(queue, place, UnixMillis::NEVER, LOOKED_AT_ONCE)?;
        if let Some(last) = waiting.last()
            && waiting.len() == LOOKED_AT_ONCE
        {
            let place = last.message.cursor();
            self.review.left.push((queue, place));
        }
        for mut message in waiting.into_iter().map(|it| it.message) {
            // Not before the next millisecond: the queue's cursor may have passed this one.
            let soonest = UnixMillis(beat.now.steady.0 + 1);
            let hold = hold(&message, &beat.now);
            let is_judged_anew = hold.is_some_and(|it| self.review.changed.contains(&it));
            let due = match is_judged_anew {
                true => Some(soonest),
                false => waits_until(&message, &beat.now)
                    .map(|until| beat.now.steady_at(until).max(soonest)),
            };
            if let Some(due) = due.filter(|due| *due < message.progress.due) {
                message.progress.due = due;
                if hold == Some(Hold::Campaigns) {
                    // Its campaign deals out its times anew.
                    message.progress.dealt = None;
                }
                beat.put(message.clone());
                earlier.push(message);
            }
        }
        Ok(earlier)
    }
}

/// By which rules a message is held back.
fn hold(message: &Message, now: &Now) -> Option<Hold> {
    let told = message.progress.history.last();
    let reason = told.filter(|_| is_told(message, now))?.reason?;
    Hold::of(message, reason)
}

/// Whether a message waits for what was told last. A short wait is not told: after an attempt it may be for something else.
fn is_told(message: &Message, now: &Now) -> bool {
    let progress = &message.progress;
    progress.attempt.attempts == 0 || progress.due.since(now.steady) > WORTH_TELLING
}

/// Until which wall time a message waits, if it does for one.
fn waits_until(message: &Message, now: &Now) -> Option<UnixMillis> {
    if !is_told(message, now) {
        return None;
    }
    let progress = &message.progress;
    let is_first = progress.attempt.attempts == 0;
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

/// Whether nothing was told since it was scheduled, which is not told itself if it is for soon.
fn told_of_schedule(message: &Message) -> bool {
    let mut told = message.progress.history.iter();
    told.all(|told| matches!(told.reason, None | Some(Reason::Scheduled)))
}
