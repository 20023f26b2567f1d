//! Whether an SMSC that is there still answers what is submitted on a session.
//!
//! Some answer `enquire_link` and no submission. Only a new session helps then; but answers that are late settle what is
//! uncertain, and whoever leaves before they come sends it twice. So a session gets nothing more once several submissions in a
//! row were not answered within their grace, and is left only when no answer on it can settle anything any more.
//!
//! In: what is heard on one session and what is not, and the time. Out: the next [`Step`], and when it is due.

use std::time::{Duration, Instant};

#[cfg(test)]
mod tests;

/// So many submissions in a row without an answer say that there will be none. One, or two, may be lost by themselves.
const IN_A_ROW: u32 = 3;

/// What is known of one session's silence.
#[derive(Debug, Default)]
pub(super) struct Silence {
    /// When an answer or a request came last.
    heard: Option<Instant>,
    /// Overdue submissions since whose writing nothing came.
    in_a_row: u32,
    /// Since when these are enough.
    silent_since: Option<Instant>,
    /// When the last of all submissions was overdue.
    overdue_since: Option<Instant>,
    draining: bool,
}

/// What is done with a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It gets nothing more.
    Drain,
    /// It is closed.
    Leave,
}

/// What awaits its answer on a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unanswered {
    pub(super) in_flight: usize,
    /// Of these, how many have waited longer than an answer may take.
    pub(super) overdue: usize,
    /// How many there may be.
    pub(super) window: usize,
}

impl Silence {
    /// An answer came, or a receipt or text: more than a word on `enquire_link`.
    pub(super) fn heard(&mut self, now: Instant) {
        (self.heard, self.in_a_row, self.silent_since) = (Some(now), 0, None);
    }

    /// A submission that was written so long ago has no answer yet.
    pub(super) fn overdue(&mut self, waited: Duration, now: Instant) {
        self.overdue_since = Some(now);
        // Where something came meanwhile, this one was lost by itself.
        if self.heard.is_some_and(|heard| heard + waited > now) {
            return;
        }
        self.in_a_row += 1;
        if self.in_a_row == IN_A_ROW {
            self.silent_since = Some(now);
        }
    }

    /// The same of a question: some SMSCs answer every message, and no question.
    pub(super) fn question_overdue(&mut self, now: Instant) {
        self.overdue_since = Some(now);
    }

    /// It gets nothing more.
    pub(super) fn drain(&mut self) {
        self.draining = true;
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining
    }

    /// What is next, and when it is due; `grace` is how long a late answer still settles something.
    pub(super) fn next(&self, unanswered: Unanswered, grace: Duration) -> Option<(Instant, Step)> {
        let Unanswered {
            in_flight,
            overdue,
            window,
        } = unanswered;
        let last = self.overdue_since? + grace;
        // More than the window may be in flight, where that has shrunk.
        let all = overdue >= in_flight;
        // With no room for anything else it is of no use, whatever else is heard.
        let full = all && overdue > 0 && overdue >= window;
        if full || self.draining && all {
            return Some((last, Step::Leave));
        }
        let since = self.silent_since.filter(|_| !self.draining)?;
        Some((since + grace, Step::Drain))
    }
}
