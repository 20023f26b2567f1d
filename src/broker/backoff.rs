//! How long to wait before the next attempt.

use std::time::Duration;

/// Doubles with each failure, and scatters, so that many gateways do not come back at once.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
    pause: Duration,
}

impl Backoff {
    /// Notes a failure and says how long to wait: between half and all of what it has grown to.
    pub(super) fn lengthen(&mut self, random: u64) -> Duration {
        let full = FIRST
            .saturating_mul(1 << self.failures.min(10))
            .min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let half = full / 2;
        let share = u32::try_from(random % 1024).unwrap_or_default();
        self.pause = half + half * share / 1024;
        self.pause
    }

    /// How long the last failure asks to wait.
    pub(super) fn pause(&self) -> Duration {
        self.pause
    }

    /// Notes that it works again.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }
}

const FIRST: Duration = Duration::from_millis(500);
/// A restart of the broker takes some seconds; outcomes and events wait no longer than they must.
const LONGEST: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_seconds_and_scatter() {
        let mut backoff = Backoff::default();
        let shortest: Vec<_> = (0..6).map(|_| backoff.lengthen(0).as_millis()).collect();
        assert_eq!(shortest, [250, 500, 1000, 2000, 2500, 2500]);
        assert!(backoff.lengthen(u64::MAX) > Duration::from_millis(4_980));
        assert!(backoff.lengthen(u64::MAX) <= Duration::from_secs(5));
        backoff.reset();
        assert_eq!(backoff.lengthen(0), Duration::from_millis(250));
    }
}
