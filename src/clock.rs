//! Where time enters: the only place of the gateway that reads a clock.
//!
//! Everything that decides takes a [`Now`] as an argument.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::Serialize;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// Later than every instant that can be told.
    pub const NEVER: Self = Self(i64::MAX);

    /// The instant `wait` later; stays at the end of time rather than wrap.
    pub fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(millis(wait)))
    }

    /// The instant `wait` earlier.
    pub fn before(self, wait: Duration) -> Self {
        Self(self.0.saturating_sub(millis(wait)))
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// Times of the contracts are wall times.
impl From<xabar_events::UnixMillis> for UnixMillis {
    fn from(wall: xabar_events::UnixMillis) -> Self {
        Self(wall.0)
    }
}

impl From<UnixMillis> for xabar_events::UnixMillis {
    fn from(wall: UnixMillis) -> Self {
        Self(wall.0)
    }
}

fn millis(wait: Duration) -> i64 {
    i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)
}

/// One reading of the clock.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// The monotonic clock, for timers.
    pub instant: Instant,
    /// The monotonic clock counted from the wall time of the first start: what limits and
    /// due times run on, and what the journal keeps. It never steps, either way, and goes on after a restart.
    pub steady: UnixMillis,
    /// The wall time, for quiet hours, `notBefore` and `expires`.
    pub wall: UnixMillis,
}

impl Now {
    /// What a wall time will read on the steady clock.
    pub fn steady_at(&self, wall: UnixMillis) -> UnixMillis {
        UnixMillis(
            wall.0
                .saturating_sub(self.wall.0)
                .saturating_add(self.steady.0),
        )
    }

    /// What the wall clock reads, or read, at a time of the steady one, if it was never set.
    pub fn wall_at(&self, steady: UnixMillis) -> UnixMillis {
        UnixMillis(
            steady
                .0
                .saturating_sub(self.steady.0)
                .saturating_add(self.wall.0),
        )
    }

    /// When the steady clock will read `steady`.
    pub fn instant_at(&self, steady: UnixMillis) -> Instant {
        self.instant + steady.since(self.steady).min(Duration::from_secs(3600))
    }
}

/// What the wall clock read at steady times: how far it was ahead changes when it is set, or the machine sleeps.
///
/// Of a steady time that people or other systems are told, or that names a day, this is the only way to the wall time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WallTimes {
    /// By how many milliseconds it was ahead, since when, oldest first.
    ahead: Vec<(UnixMillis, i64)>,
}

/// Of a clock that is set more often than that the oldest are forgotten.
pub(crate) const MOST_SET: u16 = 1000;

impl WallTimes {
    /// It is ahead by so many milliseconds from this steady time on, which is none before those that are noted.
    pub(crate) fn note(&mut self, since: UnixMillis, ahead: i64) {
        while self.ahead.pop_if(|(other, _)| *other >= since).is_some() {}
        self.ahead.push((since, ahead));
        if self.ahead.len() > MOST_SET.into() {
            self.ahead.remove(0);
        }
    }

    /// What it reads, or read, at a steady time. It was not set before the first that is noted.
    pub fn at(&self, steady: UnixMillis) -> UnixMillis {
        let mut ahead = self.ahead.iter().rev();
        let ahead = ahead.find(|(since, _)| *since <= steady);
        UnixMillis(steady.0.saturating_add(ahead.map_or(0, |it| it.1)))
    }

    /// The day of a steady time, counted from 1970-01-01 UTC.
    pub fn day_of(&self, steady: UnixMillis) -> i64 {
        const MILLIS_A_DAY: i64 = 86_400_000;
        self.at(steady).0.div_euclid(MILLIS_A_DAY)
    }
}

/// Reads the clocks of the machine.
#[derive(Clone, Debug)]
pub struct Clock {
    start: Instant,
    steady_at_start: UnixMillis,
    /// By how many milliseconds the wall clock is ahead of the steady one.
    ahead: Arc<AtomicI64>,
}

/// Readings of two clocks differ by so many milliseconds though neither was set: each is cut to whole ones.
const JITTER: u64 = 2;

impl Clock {
    /// A clock whose steady time begins at the wall time, but not before `latest`.
    pub fn starting_after(latest: UnixMillis) -> Self {
        Self::going_on(latest, None)
    }

    /// A clock whose steady time goes on after that of before, see `steady_at_start`.
    #[expect(clippy::disallowed_methods, reason = "this is where time enters")]
    pub fn going_on(latest: UnixMillis, ahead: Option<i64>) -> Self {
        let wall = wall();
        let steady_at_start = steady_at_start(wall, latest, ahead);
        Self {
            start: Instant::now(),
            steady_at_start,
            ahead: Arc::new(AtomicI64::new(wall.0.saturating_sub(steady_at_start.0))),
        }
    }

    /// What the clocks read now. As long as the wall clock is not set, the two are equally far apart at every reading: so
    /// messages that wait for one wall time are due at one steady time, in their order.
    pub fn now(&self) -> Now {
        let kept = self.ahead.load(Ordering::Relaxed);
        let near = |(_, _, ahead): &(Instant, UnixMillis, i64)| ahead.abs_diff(kept) <= JITTER;
        let mut reading = self.read();
        if !near(&reading) {
            // Between the clocks the thread may have had to wait; a clock that was set stays so.
            reading = self.read();
        }
        let (instant, steady, read) = reading;
        let ahead = if near(&reading) { kept } else { read };
        self.ahead.store(ahead, Ordering::Relaxed);
        Now {
            instant,
            steady,
            wall: UnixMillis(steady.0.saturating_add(ahead)),
        }
    }

    /// Both clocks, and by how much the wall clock is ahead.
    #[expect(clippy::disallowed_methods, reason = "this is where time enters")]
    fn read(&self) -> (Instant, UnixMillis, i64) {
        let instant = Instant::now();
        let steady = self
            .steady_at_start
            .after(instant.saturating_duration_since(self.start));
        (instant, steady, wall().0.saturating_sub(steady.0))
    }
}

/// Where the steady clock of a gateway begins. `latest` is the last time that its journal holds, and `ahead` by how many
/// milliseconds the wall clock was ahead of the steady one then, if it is known.
///
/// Times in the journal are steady ones: a wall clock that was set forward is ahead of them for good, else each would
/// look older by the step after a restart. One that was set back, whenever that was, counts as no time passed
/// until it comes to `latest` again: by then it may have been set right, and the time would count twice.
pub(crate) fn steady_at_start(
    wall: UnixMillis,
    latest: UnixMillis,
    ahead: Option<i64>,
) -> UnixMillis {
    let ahead = ahead.unwrap_or_default().max(0);
    UnixMillis(wall.0.saturating_sub(ahead)).max(latest)
}

/// The monotonic clock, for drivers that wait; in tests it may be paused.
#[expect(clippy::disallowed_methods, reason = "this is where time enters")]
pub fn instant() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// What the wall clock reads, for those who note when something happened.
#[expect(clippy::disallowed_methods, reason = "this is where time enters")]
pub(crate) fn wall() -> UnixMillis {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    UnixMillis(millis(since))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wall_time_is_one_steady_time_whenever_it_is_asked_for() {
        let clock = Clock::starting_after(UnixMillis(0));
        let morning = clock.now().wall.after(Duration::from_secs(3600));
        let due = clock.now().steady_at(morning);
        for _ in 0..200_000 {
            assert_eq!(clock.now().steady_at(morning), due);
        }
    }

    #[test]
    fn a_time_of_the_past_is_told_as_the_wall_clock_read_then() {
        let mut wall_times = WallTimes::default();
        wall_times.note(UnixMillis(10), 0);
        wall_times.note(UnixMillis(20), 1000);
        wall_times.note(UnixMillis(30), -50);
        let read = |steady| wall_times.at(UnixMillis(steady)).0;
        assert_eq!([5, 10, 19].map(read), [5, 10, 19]);
        assert_eq!([20, 29, 30, 99].map(read), [1020, 1029, -20, 49]);
    }

    #[test]
    fn of_a_clock_that_is_set_all_the_time_the_oldest_are_forgotten() {
        let mut wall_times = WallTimes::default();
        for since in 0..=i64::from(MOST_SET) {
            wall_times.note(UnixMillis(since), 7);
        }
        assert_eq!(wall_times.ahead.len(), usize::from(MOST_SET));
        let read = |steady| wall_times.at(UnixMillis(steady)).0;
        assert_eq!([0, 1, 1000].map(read), [0, 8, 1007]);
    }

    #[test]
    fn a_wall_clock_that_was_set_is_followed() {
        let clock = Clock::starting_after(UnixMillis(0));
        let before = clock.now();
        // As if it had been an hour ahead until now.
        clock.ahead.fetch_add(3_600_000, Ordering::Relaxed);
        let after = clock.now();
        assert!(after.wall.since(before.wall) < Duration::from_secs(60));
    }

    #[test]
    fn the_steady_clock_goes_on_after_a_restart_whatever_the_wall_clock_was_set_to() {
        let latest = UnixMillis(5_000_000);
        let begins = |wall, ahead| steady_at_start(UnixMillis(wall), latest, ahead).0;
        for (wall, ahead, steady) in [
            // Nothing is known of the wall clock, or it was never set.
            (5_010_000, None, 5_010_000),
            (5_010_000, Some(0), 5_010_000),
            // It was set forward and is so still, or was set back since, to the right time or further.
            (8_610_000, Some(3_600_000), 5_010_000),
            (5_010_000, Some(3_600_000), 5_000_000),
            (1_010_000, Some(3_600_000), 5_000_000),
            // It was set back and is so still, or was set right since.
            (1_410_000, Some(-3_600_000), 5_000_000),
            (5_010_000, Some(-3_600_000), 5_010_000),
        ] {
            assert_eq!(begins(wall, ahead), steady, "{wall} {ahead:?}");
        }
    }
}
