//! How much is taken in: all there is, unless messages go out slower than they come.
//!
//! What is more than memory holds is carried into the journal and out again before its turn, which costs as much
//! as all else. So while messages go out and others wait in the journal, half as many are taken in as go out,
//! until none waits there. When nothing goes out, everything is taken in: then waiting is what the journal is for.

use std::time::Duration;

use crate::clock::UnixMillis;

#[derive(Debug, Default)]
pub(super) struct Appetite {
    /// Twice the events that may be taken in for what went out.
    credit: usize,
    last_out: UnixMillis,
}

/// More events would make a beat long.
const MOST: usize = 2000;

/// Without a submission for so long, nothing goes out.
const STALLED: Duration = Duration::from_millis(100);

impl Appetite {
    /// Notes what a beat took in and sent.
    pub(super) fn note(&mut self, now: UnixMillis, taken_in: usize, gone_out: usize) {
        let left = self.credit.saturating_sub(2 * taken_in);
        self.credit = (left + gone_out).min(2 * MOST);
        if gone_out > 0 {
            self.last_out = now;
        }
    }

    /// How many events the next beat should take in, given whether any message waits in the journal only.
    pub(super) fn events(&self, now: UnixMillis, behind: bool) -> usize {
        if behind && now.since(self.last_out) < STALLED {
            self.credit / 2
        } else {
            MOST
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixMillis = UnixMillis(1_795_000_000_000);

    #[test]
    fn half_of_what_goes_out_is_taken_in_while_some_wait_in_the_journal() {
        let mut appetite = Appetite::default();
        appetite.note(START, 700, 1000);
        assert_eq!(appetite.events(START, true), 500);
        appetite.note(START, 500, 0);
        assert_eq!(appetite.events(START, true), 0);
        assert_eq!(appetite.events(START, false), MOST);
    }

    #[test]
    fn all_is_taken_in_when_nothing_goes_out() {
        let mut appetite = Appetite::default();
        appetite.note(START, 0, 1);
        assert_eq!(appetite.events(START.after(STALLED / 2), true), 0);
        assert_eq!(appetite.events(START.after(STALLED), true), MOST);
    }
}
