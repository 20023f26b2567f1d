//! Times that a reload changes, and what is from before: that keeps the time of then. A value that was mistyped would
//! otherwise end at once, for good, whatever waits.
//!
//! Kept in memory: after a restart what is configured holds for everything.

use std::time::Duration;

use crate::clock::UnixMillis;

/// The longest time that held before the last change.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Earlier(Option<Before>);

#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    /// When the last change was.
    pub(super) until: UnixMillis,
    pub(super) time: Duration,
}

impl Earlier {
    /// The time is another from now on.
    pub(super) fn changes(&mut self, now: UnixMillis, from: Duration, to: Duration) {
        if from != to {
            let longest = self.holds(now).map_or(from, |before| before.time.max(from));
            self.0 = Some(Before {
                until: now,
                time: longest,
            });
        }
    }

    /// What holds for what is from before, while there may be any.
    pub(super) fn holds(&self, now: UnixMillis) -> Option<Before> {
        self.0
            .filter(|before| before.until.after(before.time) > now)
    }

    /// The longest time that holds for anything.
    pub(super) fn longest(&self, now: UnixMillis, time: Duration) -> Duration {
        self.holds(now).map_or(time, |before| before.time.max(time))
    }
}
