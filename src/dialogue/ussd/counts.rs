//! How much one subscriber may do, so that no program goes through the numbers of applications, and two gateways
//! that do not understand each other stop.

use std::cmp::Ordering;

use xabar_events::Msisdn;

use super::dialogue::Mark;
use crate::clock::UnixMillis;
use crate::dialogue::tally::Tally;

/// Counts what subscribers did within the last minutes.
#[derive(Debug, Default)]
pub struct Counts(Tally<Count>);

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    steps: u16,
    numbers: u16,
    /// The one that was looked for last.
    number: Option<Mark>,
}

/// Whether a step of a subscriber is to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    Left,
    /// By a last screen: what follows is not.
    JustSpent,
    Spent,
}

/// Steps of one subscriber that are answered in ten minutes: beyond, it is no person.
const MOST_STEPS: u16 = 200;

/// Numbers of applications that one subscriber may ask for in that time.
const MOST_NUMBERS: u16 = 20;

impl Counts {
    /// Counts a step that wants a screen.
    pub fn step(&mut self, msisdn: Msisdn, now: UnixMillis) -> Allowance {
        let count = self.0.of(msisdn, now);
        let before = count.steps;
        count.steps = before.saturating_add(1);
        match before.cmp(&MOST_STEPS) {
            Ordering::Less => Allowance::Left,
            Ordering::Equal => Allowance::JustSpent,
            Ordering::Greater => Allowance::Spent,
        }
    }

    /// Counts a number that is asked for; says whether it is to be looked for. Who is shown the same one again, on
    /// another page or in a dialogue that goes on, guesses nothing.
    pub fn number(&mut self, msisdn: Msisdn, number: &str, now: UnixMillis) -> bool {
        let count = self.0.of(msisdn, now);
        let number = Some(Mark::of(number));
        if count.number == number {
            return true;
        }
        if count.numbers == MOST_NUMBERS {
            return false;
        }
        count.numbers += 1;
        count.number = number;
        true
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
        let steps: Vec<_> = (0..2 * MOST_STEPS)
            .map(|_| counts.step(phone, start))
            .collect();
        let (answered, beyond) = steps.split_at(usize::from(MOST_STEPS));
        assert!(answered.iter().all(|it| *it == Allowance::Left));
        let [last, beyond @ ..] = beyond else {
            panic!("{steps:?}")
        };
        assert_eq!(*last, Allowance::JustSpent);
        assert!(beyond.iter().all(|it| *it == Allowance::Spent));
        let mut ask = |phone, number: u16, at| counts.number(phone, &number.to_string(), at);
        let numbers = (0..2 * MOST_NUMBERS).filter(|number| ask(phone, *number, start));
        assert_eq!(numbers.count(), usize::from(MOST_NUMBERS));
        let later = start.after(WINDOW);
        assert!(ask(other, 1, start) && ask(phone, 1, later));
        for phone in [other, phone] {
            assert_eq!(counts.step(phone, later), Allowance::Left);
        }
    }

    #[test]
    fn a_number_that_is_asked_for_again_counts_once_and_one_that_was_refused_stays_so() {
        let mut counts = Counts::default();
        let (phone, start) = (
            Msisdn::from_u64(998_930_000_001).unwrap(),
            UnixMillis(1_000),
        );
        let mut ask = |number: u16| counts.number(phone, &number.to_string(), start);
        for number in 1..=MOST_NUMBERS {
            assert!((0..3).all(|_| ask(number)), "{number}");
        }
        assert!(!ask(0) && !ask(0));
        assert!(ask(MOST_NUMBERS), "as before");
    }
}
