//! How much one subscriber may do, so that no program goes through the numbers of applications, and two gateways
//! that do not understand each other stop.

use xabar_events::Msisdn;

use crate::clock::UnixMillis;
use crate::dialogue::tally::Tally;

/// Counts what subscribers did within the last minutes.
#[derive(Debug, Default)]
pub struct Counts(Tally<Count>);

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    steps: u16,
    numbers: u16,
}

/// Steps of one subscriber that are answered in ten minutes: beyond, it is no person.
const MOST_STEPS: u16 = 200;

/// Numbers of applications that one subscriber may ask for in that time.
const MOST_NUMBERS: u16 = 20;

impl Counts {
    /// Counts a step; says whether it is to be answered.
    pub fn step(&mut self, msisdn: Msisdn, now: UnixMillis) -> bool {
        let count = self.0.of(msisdn, now);
        count.steps = count.steps.saturating_add(1);
        count.steps <= MOST_STEPS
    }

    /// Counts a number that is asked for; says whether it is to be looked for.
    pub fn number(&mut self, msisdn: Msisdn, now: UnixMillis) -> bool {
        let count = self.0.of(msisdn, now);
        count.numbers = count.numbers.saturating_add(1);
        count.numbers <= MOST_NUMBERS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogue::tally::WINDOW;

    #[test]
    fn more_than_a_person_does_is_not_answered_until_some_time_has_passed() {
        let mut counts = Counts::default();
        let [phone, other] = [1, 2].map(|n| Msisdn::from_u64(998_930_000_000 + n).unwrap());
        let start = UnixMillis(1_000);
        let steps = (0..2 * MOST_STEPS).filter(|_| counts.step(phone, start));
        assert_eq!(steps.count(), usize::from(MOST_STEPS));
        let numbers = (0..2 * MOST_NUMBERS).filter(|_| counts.number(phone, start));
        assert_eq!(numbers.count(), usize::from(MOST_NUMBERS));
        assert!(counts.step(other, start) && counts.number(other, start));
        let later = start.after(WINDOW);
        assert!(counts.step(phone, later) && counts.number(phone, later));
    }
}
