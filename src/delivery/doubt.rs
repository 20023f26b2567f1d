//! A cut of the rate that may have been for nothing.
//!
//! Where an operator throttles a few in a hundred whatever the rate, that is learned only after some cuts. Once it is known,
//! those that it explains are taken back.

use std::time::{Duration, Instant};

use super::adaptation::Adaptation;
use super::background::Background;

/// What is not explained for so long was for the rate.
const LONGEST: Duration = Duration::from_secs(60);

/// The first cut that is in doubt.
#[derive(Debug)]
pub(super) struct Doubt {
    since: Instant,
    /// How fast the operator was written to before.
    before: Adaptation,
    /// Of those since then, the most that was throttled, and of how many.
    throttled: f64,
    of: f64,
}

impl Doubt {
    pub(super) fn new(before: Adaptation, now: Instant) -> Self {
        Self {
            since: now,
            before,
            throttled: 0.0,
            of: 1.0,
        }
    }

    /// A cut was made for so many throttled answers of so many.
    pub(super) fn note(&mut self, throttled: f64, of: f64) {
        if throttled * self.of > self.throttled * of {
            (self.throttled, self.of) = (throttled, of);
        }
    }

    /// Whether what is usual explains it.
    pub(super) fn is_explained(&self, background: &Background) -> bool {
        background.explains(self.throttled, self.of)
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        now >= self.since + LONGEST
    }

    /// How fast the operator was written to before.
    pub(super) fn before(self) -> Adaptation {
        self.before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::instant;

    #[test]
    fn all_cuts_in_doubt_are_explained_once_the_worst_is() {
        let start = instant();
        let mut doubt = Doubt::new(Adaptation::new(Some(300.0)), start);
        for (throttled, of) in [(1.0, 100.0), (6.0, 120.0), (2.0, 200.0)] {
            doubt.note(throttled, of);
        }
        let mut background = Background::default();
        (0..98).for_each(|_| background.accepted());
        background.throttled();
        assert!(!doubt.is_explained(&background), "one says nothing");
        background.throttled();
        assert!(
            doubt.is_explained(&background),
            "two in a hundred are usual"
        );
        doubt.note(20.0, 120.0);
        assert!(!doubt.is_explained(&background));
        assert!(!doubt.is_over(start + LONGEST / 2) && doubt.is_over(start + LONGEST));
        assert_eq!(doubt.before().current(), Some(300.0));
    }
}
