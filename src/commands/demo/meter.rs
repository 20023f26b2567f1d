//! Counts something, and says how often it happens of late.

use std::collections::VecDeque;

use crate::clock::UnixMillis;

/// A total, and a count for each of the last half seconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter {
    pub(super) total: u64,
    /// Of this half second first.
    recent: VecDeque<u64>,
    /// The number of this half second.
    current: i64,
}

const STEP_MS: i64 = 500;
/// Two seconds: long enough to be calm, short enough to be now.
const OVER: usize = 4;
/// What a curve can show.
const KEPT: usize = 120;

impl Meter {
    pub(super) fn count(&mut self, now: UnixMillis, more: u64) {
        self.pass_to(now);
        self.total += more;
        if let Some(count) = self.recent.front_mut() {
            *count += more;
        }
    }

    /// Begins a new half second if it is time.
    pub(super) fn pass_to(&mut self, now: UnixMillis) {
        let step = now.0.div_euclid(STEP_MS);
        let passed = match self.recent.is_empty() {
            true => 1,
            false => usize::try_from(step - self.current).unwrap_or(0).min(KEPT),
        };
        for _ in 0..passed {
            self.recent.push_front(0);
        }
        self.recent.truncate(KEPT);
        self.current = self.current.max(step);
    }

    /// A second, over the last two seconds or as many as there were.
    pub(super) fn rate(&self) -> f64 {
        let whole = self.recent.iter().skip(1).take(OVER);
        let (count, steps) = whole.fold((0, 0), |(count, steps), more| (count + more, steps + 1));
        if steps == 0 {
            return 0.0;
        }
        let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        count * 1_000.0 / (f64::from(steps) * STEP_MS as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_two_seconds() {
        let mut meter = Meter::default();
        for tenth in 0..40 {
            meter.count(UnixMillis(1_000_000 + tenth * 100), 3);
        }
        meter.pass_to(UnixMillis(1_004_000));
        assert_eq!(meter.rate(), 30.0);
        meter.pass_to(UnixMillis(1_005_000));
        assert_eq!(meter.rate(), 15.0);
        meter.pass_to(UnixMillis(1_900_000));
        assert_eq!((meter.rate(), meter.total), (0.0, 120));
    }
}
