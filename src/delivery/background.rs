//! What an operator throttles whatever the rate.
//!
//! Some SMSCs throttle a few in a hundred, for reasons of their own, however slow the link is. Who slows down for each
//! of these ends at a crawl. So the share that is still throttled after the rate was cut is learned, and only what
//! stands out from it says that the rate is too high.

/// No larger share is put down to anything but the rate.
const LARGEST: f64 = 0.05;

/// The share is that of about so many answers.
const MEMORY: f64 = 4000.0;

/// The same while little was answered.
const HARDLY: f64 = 2.0;

/// So few say nothing.
const SOME: f64 = 2.0;

/// Standard deviations by which chance alone seldom exceeds what is expected.
const SELDOM: f64 = 5.0;

/// The share of what was answered well below the limit that was throttled.
#[derive(Debug, Default)]
pub(super) struct Background {
    throttled: f64,
    answered: f64,
}

impl Background {
    /// One was taken, well below the limit.
    pub(super) fn accepted(&mut self) {
        self.answered += 1.0;
        if self.answered > MEMORY {
            self.answered /= 2.0;
            self.throttled /= 2.0;
        }
    }

    /// One was throttled, well below the limit.
    pub(super) fn throttled(&mut self) {
        self.throttled += 1.0;
        self.answered += 1.0;
    }

    /// Whether this could be the share that it throttles whatever the rate.
    pub(super) fn may_explain(throttled: f64, of: f64) -> bool {
        throttled <= LARGEST * of
    }

    /// The same of so few answers that chance may have added some.
    pub(super) fn may_explain_by_chance(throttled: f64, of: f64) -> bool {
        let expected = LARGEST * of;
        throttled <= expected + HARDLY * expected.sqrt()
    }

    /// Whether it is no more than usual that of late so many of so many were throttled.
    pub(super) fn explains(&self, throttled: f64, of: f64) -> bool {
        // One may have been for the rate after all.
        let share = match self.throttled >= SOME {
            true => self.throttled / self.answered,
            false => 0.0,
        };
        let expected = share.clamp(0.0, LARGEST) * of;
        // Rare events are Poisson's: their variance is their mean.
        throttled <= expected + SELDOM * expected.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After a thousand answers, every so-many-th of which was throttled.
    fn after_one_in(many: u32) -> Background {
        let mut background = Background::default();
        for answer in 0..1000 {
            match answer % many {
                0 => background.throttled(),
                _ => background.accepted(),
            }
        }
        background
    }

    #[test]
    fn the_first_says_that_the_rate_is_too_high() {
        assert!(!Background::default().explains(1.0, 1000.0));
    }

    #[test]
    fn what_stands_out_from_the_usual_share_is_not_explained_by_it() {
        for (throttled, explained) in [(6.0, true), (12.0, true), (30.0, false)] {
            let background = after_one_in(50);
            assert_eq!(
                background.explains(throttled, 300.0),
                explained,
                "{throttled}"
            );
        }
    }

    #[test]
    fn no_large_share_is_usual() {
        assert!(!after_one_in(2).explains(40.0, 300.0));
    }

    #[test]
    fn what_was_usual_long_ago_is_not_usual_now() {
        let mut background = after_one_in(50);
        assert!(background.explains(3.0, 100.0));
        (0..100_000).for_each(|_| background.accepted());
        assert!(!background.explains(3.0, 100.0));
    }
}
