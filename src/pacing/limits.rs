//! How many messages a subscriber gets in a time.
//!
//! A plain GCRA with a burst of N lets 2N−1 messages through in one window. So each tier is a
//! governor cell that holds *one* message per window, asked about the N-th last submission: one
//! more may go once that one has left the window. This is exact, needs no more
//! state than the last N submissions, and asking takes nothing.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::{Clock, Reference as _};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota, RateLimiter};

use crate::clock::UnixMillis;

/// At most `messages` in any window of length `per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub messages: u32,
    pub per: Duration,
}

/// All tiers of the subscribers' limits.
#[derive(Debug)]
pub struct Limits {
    tiers: Vec<Tier>,
    clock: Virtual,
}

#[derive(Debug)]
struct Tier {
    messages: usize,
    cell: RateLimiter<Option<u64>, NthLast, Virtual, NoOpMiddleware<Nanos>>,
    limit: Limit,
    /// For how long a submission counts.
    window: Duration,
}

impl Limits {
    pub fn new(limits: &[Limit]) -> Self {
        Self::with_lag(limits, Duration::ZERO)
    }

    /// Of submissions that may be written so much later than decided: a window is longer by that, so that the limit holds for
    /// what is written.
    pub fn with_lag(limits: &[Limit], lag: Duration) -> Self {
        // The cells are made while the clock reads zero, so that their times are absolute.
        let clock = Virtual::default();
        let tiers = limits
            .iter()
            .filter_map(|limit| Tier::new(*limit, lag, &clock))
            .collect();
        Self { tiers, clock }
    }

    /// How many past submissions have to be remembered.
    pub fn memory(&self) -> usize {
        self.tiers
            .iter()
            .map(|tier| tier.messages)
            .max()
            .unwrap_or(0)
    }

    /// After how long a submission matters no more.
    pub fn longest(&self) -> Duration {
        let windows = self.tiers.iter().map(|tier| tier.window);
        windows.max().unwrap_or_default()
    }

    /// When one more message may be submitted, at `now` or later, after those submitted
    /// before (oldest first). Every tier is asked; none is charged.
    pub fn earliest(&self, submitted: &[UnixMillis], now: UnixMillis) -> UnixMillis {
        self.clock.set(now);
        self.tiers
            .iter()
            .map(|tier| tier.earliest(submitted, now))
            .max()
            .unwrap_or(now)
    }

    /// The limit that holds for longest after those submitted before, if any does.
    pub fn holding(&self, submitted: &[UnixMillis], now: UnixMillis) -> Option<Limit> {
        self.clock.set(now);
        let tiers = self.tiers.iter();
        let holds = tiers.map(|tier| (tier.earliest(submitted, now), tier));
        let (_, tier) = holds
            .filter(|(until, _)| *until > now)
            .max_by_key(|(until, _)| *until)?;
        Some(tier.limit)
    }
}

impl Tier {
    fn new(limit: Limit, lag: Duration, clock: &Virtual) -> Option<Self> {
        let window = limit.per + lag;
        let quota = Quota::with_period(window)?.allow_burst(NonZeroU32::MIN);
        let messages = usize::try_from(limit.messages)
            .ok()
            .filter(|messages| *messages > 0)?;
        let cell = RateLimiter::new(quota, NthLast, clock.clone());
        Some(Self {
            messages,
            cell,
            limit,
            window,
        })
    }

    fn earliest(&self, submitted: &[UnixMillis], now: UnixMillis) -> UnixMillis {
        let nth_last = submitted
            .len()
            .checked_sub(self.messages)
            .and_then(|index| submitted.get(index));
        let arrival = nth_last.map(|at| (nanos(*at) + Nanos::from(self.window)).as_u64());
        match self.cell.check_key(&arrival) {
            Ok(()) => now,
            Err(not_until) => millis_up(not_until.earliest_possible()),
        }
    }
}

/// The state of a cell *is* the key: the theoretical arrival time after the N-th last submission.
/// Nothing is stored, so that asking changes nothing.
#[derive(Debug)]
struct NthLast;

impl StateStore for NthLast {
    type Key = Option<u64>;

    fn measure_and_replace<T, F, E>(&self, arrival: &Self::Key, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        measure(arrival.map(Nanos::from)).map(|(answer, _)| answer)
    }
}

/// A clock that reads what it was last set to.
#[derive(Clone, Debug, Default)]
struct Virtual(Arc<AtomicU64>);

impl Virtual {
    fn set(&self, now: UnixMillis) {
        self.0.store(nanos(now).as_u64(), Ordering::Relaxed);
    }
}

impl Clock for Virtual {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(self.0.load(Ordering::Relaxed))
    }
}

fn nanos(at: UnixMillis) -> Nanos {
    Nanos::from(u64::try_from(at.0).unwrap_or(0).saturating_mul(1_000_000))
}

/// The first whole millisecond that is not earlier.
fn millis_up(at: Nanos) -> UnixMillis {
    let millis = at
        .duration_since(Nanos::from(0))
        .as_u64()
        .div_ceil(1_000_000);
    UnixMillis(i64::try_from(millis).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn limits() -> Limits {
        Limits::new(&[
            Limit {
                messages: 3,
                per: 10 * MINUTE,
            },
            Limit {
                messages: 10,
                per: 24 * 60 * MINUTE,
            },
        ])
    }

    #[test]
    fn the_fourth_message_waits_until_the_first_leaves_the_window() {
        let start = UnixMillis(1_790_000_000_000);
        let submitted = [start, start.after(MINUTE), start.after(2 * MINUTE)];
        let now = start.after(3 * MINUTE);
        assert_eq!(limits().earliest(&submitted[..2], now), now);
        assert_eq!(limits().earliest(&submitted, now), start.after(10 * MINUTE));
        assert_eq!(
            limits().earliest(&submitted, start.after(10 * MINUTE)),
            start.after(10 * MINUTE)
        );
    }

    #[test]
    fn the_longest_wait_of_all_tiers_counts() {
        let start = UnixMillis(1_790_000_000_000);
        let submitted: Vec<_> = (0..10).map(|i| start.after(i * 20 * MINUTE)).collect();
        let now = start.after(10 * 20 * MINUTE);
        assert_eq!(
            limits().earliest(&submitted, now),
            start.after(24 * 60 * MINUTE)
        );
        let holding = |submitted: &[_], now| limits().holding(submitted, now).map(|it| it.messages);
        assert_eq!(holding(&submitted, now), Some(10));
        assert_eq!(holding(&[start; 3], start), Some(3));
        assert_eq!(holding(&[start; 3], start.after(10 * MINUTE)), None);
    }

    #[test]
    fn without_limits_everything_may_go_at_once() {
        let now = UnixMillis(5);
        assert_eq!(Limits::new(&[]).earliest(&[now; 50], now), now);
        assert_eq!(Limits::new(&[]).memory(), 0);
    }

    proptest! {
        /// Whatever the arrivals, no sliding window holds more than its tier allows, and a
        /// message that was told to wait may go exactly then.
        #[test]
        fn no_window_ever_holds_more_than_its_limit(gaps in prop::collection::vec(0u64..900_000, 1..200)) {
            let limits = limits();
            let mut now = UnixMillis(1_790_000_000_000);
            let mut submitted: Vec<UnixMillis> = Vec::new();
            for gap in gaps {
                now = now.after(Duration::from_millis(gap));
                let earliest = limits.earliest(&submitted, now);
                prop_assert_eq!(limits.earliest(&submitted, earliest), earliest);
                if earliest > now {
                    prop_assert!(limits.earliest(&submitted, UnixMillis(earliest.0 - 1)) == earliest);
                    now = earliest;
                }
                submitted.push(now);
            }
            for (per, most) in [(10 * MINUTE, 3), (24 * 60 * MINUTE, 10)] {
                for (i, first) in submitted.iter().enumerate() {
                    let inside = submitted.iter().skip(i).take_while(|at| at.since(*first) < per).count();
                    prop_assert!(inside <= most);
                }
            }
        }
    }
}
