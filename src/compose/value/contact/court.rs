//! The number of a court's case, which has as many digits as a number to call: `4-1001-2605/1234`, `2-1234/2026`.
//!
//! First stands what kind of case it is, one digit. Nobody parts a number to call so.

use super::Skeleton;
use super::call::PHONE_DIGITS;
use super::document::{begins_like_a_call, is_year};

/// What kinds of cases there are.
const KINDS: std::ops::RangeInclusive<u8> = b'1'..=b'6';

/// A court's code begins with that of its region.
const REGIONS: std::ops::RangeInclusive<u32> = 10..=35;

/// In one year, and in one month, of one court.
const MOST_OF_A_YEAR: usize = 5;
const MOST_OF_A_MONTH: usize = 6;

/// 2-123/2026: with fewer digits it is as long as a number without the operator's code.
const LEAST_CHARACTERS: usize = 10;

impl Skeleton {
    /// Where the number of a case ends of which these are the first digits.
    pub(super) fn end_of_a_case(&self, start: usize) -> Option<usize> {
        let number = self.number_with_slashes(start);
        let end = start + number.len();
        // What follows the long one is read by itself, or with its last digits.
        let last = number.rfind('/').map_or(start, |slash| start + slash + 1);
        let goes_on = || self.is_number_to_call(last, self.end_of_number(end - 1), PHONE_DIGITS);
        let is_one = match is_of_a_month(&number) {
            true => self.is_unsigned(start, end) && !goes_on(),
            false => {
                is_of_a_year(&number)
                    && number.len() >= LEAST_CHARACTERS
                    && !begins_like_a_call(&number)
                    && self.is_whole(start, end, true)
            }
        };
        is_one.then_some(end)
    }

    /// Whether a long one stands there behind its sign, or in a list: digits before it are no part of it.
    pub(super) fn begins_a_case(&self, start: usize) -> bool {
        let before = self.0.get(..start).unwrap_or_default();
        let before = before.strip_suffix(&[' ']).unwrap_or(before);
        matches!(before, [.., '№' | ',' | ';']) && is_of_a_month(&self.number_with_slashes(start))
    }
}

/// 2-1234/2026
pub(super) fn is_of_a_year(number: &str) -> bool {
    let parts = number.split_once('-');
    parts.is_some_and(|(kind, rest)| {
        let rest = rest.split_once('/');
        let is_case =
            |(case, year): (&str, &str)| is_digits(case, 1..=MOST_OF_A_YEAR) && is_year(year);
        is_kind(kind) && rest.is_some_and(is_case)
    })
}

/// 4-1001-2605/1234, of May 2026
fn is_of_a_month(number: &str) -> bool {
    let Some((first, case)) = number.split_once('/') else {
        return false;
    };
    let [kind, court, month] = first.split('-').collect::<Vec<_>>()[..] else {
        return false;
    };
    let first_two = |part: &str| part.get(..2).and_then(|it| it.parse::<u32>().ok());
    let last_two = |part: &str| part.get(2..).and_then(|it| it.parse::<u32>().ok());
    is_kind(kind)
        && is_digits(court, 4..=4)
        && first_two(court).is_some_and(|region| REGIONS.contains(&region))
        && is_digits(month, 4..=4)
        && last_two(month).is_some_and(|month| (1..=12).contains(&month))
        && is_digits(case, 1..=MOST_OF_A_MONTH)
}

fn is_kind(part: &str) -> bool {
    matches!(part.as_bytes(), [kind] if KINDS.contains(kind))
}

fn is_digits(part: &str, lengths: std::ops::RangeInclusive<usize>) -> bool {
    lengths.contains(&part.len()) && part.bytes().all(|each| each.is_ascii_digit())
}
