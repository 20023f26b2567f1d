//! What each subscriber did within the last minutes, in bounded memory: beyond some of it, it is no person.

use std::time::Duration;

use rustc_hash::FxHashMap;
use xabar_events::Msisdn;

use crate::clock::UnixMillis;

/// A `T` for each subscriber, which begins anew now and then.
#[derive(Debug, Default)]
pub(super) struct Tally<T> {
    /// Those who did something last.
    recent: FxHashMap<Msisdn, T>,
    /// Those before them.
    before: FxHashMap<Msisdn, T>,
    since: Option<UnixMillis>,
}

/// After so long, counting begins anew.
pub(super) const WINDOW: Duration = Duration::from_secs(10 * 60);

/// Subscribers counted at once; beyond that, the half that did nothing for the longest time is forgotten.
const MOST_COUNTED: usize = 100_000;

impl<T: Default> Tally<T> {
    /// What is counted of one subscriber.
    pub(super) fn of(&mut self, msisdn: Msisdn, now: UnixMillis) -> &mut T {
        let since = *self.since.get_or_insert(now);
        if now.since(since) >= WINDOW {
            *self = Self {
                since: Some(now),
                ..Self::default()
            };
        }
        let before = self.before.remove(&msisdn);
        if self.recent.len() >= MOST_COUNTED / 2 && !self.recent.contains_key(&msisdn) {
            self.before = std::mem::take(&mut self.recent);
        }
        let recent = self.recent.entry(msisdn);
        recent.or_insert_with(|| before.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn msisdn(number: u64) -> Msisdn {
        Msisdn::from_u64(998_930_000_000 + number).unwrap()
    }

    #[test]
    fn what_one_subscriber_did_is_counted_for_ten_minutes() {
        let mut tally: Tally<u32> = Tally::default();
        let start = UnixMillis(1_000);
        for count in [1, 2] {
            *tally.of(msisdn(1), start) += 1;
            assert_eq!(*tally.of(msisdn(1), start), count);
        }
        assert_eq!(*tally.of(msisdn(2), start), 0);
        assert_eq!(*tally.of(msisdn(1), start.after(WINDOW)), 0);
    }

    #[test]
    fn who_did_something_of_late_is_still_counted_in_a_flood_of_others() {
        let mut tally: Tally<u32> = Tally::default();
        let start = UnixMillis(0);
        let mut others = 1..;
        for count in 1..=10 {
            *tally.of(msisdn(0), start) += 1;
            assert_eq!(*tally.of(msisdn(0), start), count);
            for number in others.by_ref().take(MOST_COUNTED / 2 - 1) {
                *tally.of(msisdn(number), start) += 1;
            }
        }
        for number in others.take(MOST_COUNTED) {
            *tally.of(msisdn(number), start) += 1;
        }
        assert_eq!(*tally.of(msisdn(0), start), 0);
    }

    #[test]
    fn however_many_are_counted_they_take_bounded_memory() {
        let mut tally: Tally<u32> = Tally::default();
        for number in 0..MOST_COUNTED as u64 + 10 {
            *tally.of(msisdn(number), UnixMillis(0)) += 1;
        }
        assert!(tally.recent.len() + tally.before.len() <= MOST_COUNTED);
    }
}
