//! How much one subscriber may do, so that no program goes through the numbers of applications, and two gateways
//! that do not understand each other stop.

use std::time::Duration;

use rustc_hash::FxHashMap;
use xabar_events::Msisdn;

use crate::clock::UnixMillis;

/// Counts what subscribers did within the last minutes.
#[derive(Debug, Default)]
pub struct Counts {
    of: FxHashMap<Msisdn, Count>,
    since: Option<UnixMillis>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    steps: u16,
    numbers: u16,
}

/// After so long, counting begins anew.
const WINDOW: Duration = Duration::from_secs(10 * 60);

/// Steps of one subscriber that are answered within that time: beyond, it is no person.
const MOST_STEPS: u16 = 200;

/// Numbers of applications that one subscriber may ask for within that time.
const MOST_NUMBERS: u16 = 20;

/// Subscribers counted at once; beyond that, counting begins anew.
const MOST_COUNTED: usize = 100_000;

impl Counts {
    /// Counts a step; says whether it is to be answered.
    pub fn step(&mut self, msisdn: Msisdn, now: UnixMillis) -> bool {
        let count = self.count(msisdn, now);
        count.steps = count.steps.saturating_add(1);
        count.steps <= MOST_STEPS
    }

    /// Counts a number that is asked for; says whether it is to be looked for.
    pub fn number(&mut self, msisdn: Msisdn, now: UnixMillis) -> bool {
        let count = self.count(msisdn, now);
        count.numbers = count.numbers.saturating_add(1);
        count.numbers <= MOST_NUMBERS
    }

    fn count(&mut self, msisdn: Msisdn, now: UnixMillis) -> &mut Count {
        let since = *self.since.get_or_insert(now);
        if now.since(since) >= WINDOW || self.of.len() >= MOST_COUNTED {
            self.of.clear();
            self.since = Some(now);
        }
        self.of.entry(msisdn).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_a_person_does_is_not_answered_until_some_time_has_passed() {
        let mut counts = Counts::default();
        let (phone, other) = (msisdn(1), msisdn(2));
        let start = UnixMillis(1_000);
        let steps = (0..2 * MOST_STEPS).filter(|_| counts.step(phone, start));
        assert_eq!(steps.count(), usize::from(MOST_STEPS));
        let numbers = (0..2 * MOST_NUMBERS).filter(|_| counts.number(phone, start));
        assert_eq!(numbers.count(), usize::from(MOST_NUMBERS));
        assert!(counts.step(other, start) && counts.number(other, start));
        let later = start.after(WINDOW);
        assert!(counts.step(phone, later) && counts.number(phone, later));
    }

    #[test]
    fn however_many_are_counted_they_take_bounded_memory() {
        let mut counts = Counts::default();
        for number in 0..MOST_COUNTED as u64 + 10 {
            counts.step(msisdn(number), UnixMillis(0));
        }
        assert!(counts.of.len() <= MOST_COUNTED);
    }

    fn msisdn(number: u64) -> Msisdn {
        Msisdn::from_u64(998_930_000_000 + number).unwrap()
    }
}
