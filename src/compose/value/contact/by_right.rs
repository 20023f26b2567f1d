//! Digits that are enough for a number to call, and stand in a text by right: the number of a decision with its date, a
//! sum with its currency, the number of a land parcel.

use super::{Skeleton, word};

/// How the number of a land parcel is parted: region, district, and so on down to the parcel.
const PARCEL: [usize; 6] = [2, 2, 2, 2, 2, 4];

/// The most digits of each number behind it, of a building and of a flat.
const WITHIN_A_PARCEL: usize = 4;

/// With more digits a sum has zeros at its end: it is as long as a number with the operator's code.
const DIGITS_OF_A_SUM: usize = 8;

/// The names of the country's currency, in each alphabet and in Latin letters of the shape of `сум`.
const CURRENCIES: [&str; 8] = ["so'm", "sum", "swm", "uzs", "сўм", "сум", "cўм", "cym"];

/// How the languages go on with such a name, so that summer is none.
const ENDINGS: [&str; 23] = [
    "", "ni", "ga", "da", "dan", "ning", "lik", "gacha", "i", "ı", "nı", "nıń", "ǵa", "ни", "га",
    "да", "дан", "нинг", "лик", "гача", "а", "ы", "ов",
];

impl Skeleton {
    /// Where 10:05:07:01:02:0123 ends, or 10:05:07:01:02:0123/0001, of which these are the first digits. It has more of
    /// them than any number to call, and begins as none does.
    pub(super) fn end_of_a_parcel(&self, start: usize) -> Option<usize> {
        let before = self.0.get(..start).unwrap_or_default();
        let before = before.iter().rev().find(|each| **each != ' ');
        if !matches!(self.at(start), '1' | '2') || before == Some(&'+') {
            return None;
        }
        let mut end = start;
        for (at, length) in PARCEL.into_iter().enumerate() {
            if at > 0 {
                end = (self.at(end) == ':').then_some(end + 1)?;
            }
            end = (self.plain_digits(end) == length).then_some(end + length)?;
        }
        while matches!(self.at(end), '/' | ':')
            && (1..=WITHIN_A_PARCEL).contains(&self.plain_digits(end + 1))
        {
            end += 1 + self.plain_digits(end + 1);
        }
        (!self.at(end).is_alphanumeric()).then_some(end)
    }

    /// Where (15.03.2024) ends, of a decision whose number stands before it: people part the digits of no number so.
    pub(super) fn end_of_a_date_in_brackets(&self, start: usize) -> Option<usize> {
        let rest = self.0.get(start..).unwrap_or_default();
        let rest = rest.strip_prefix(&['('])?;
        let of_a_date = |each: &&char| each.is_ascii_digit() || matches!(**each, '.' | '/' | '-');
        let date: String = rest.iter().take_while(of_a_date).collect();
        let end = start + 1 + date.len();
        let is_closed = self.at(end) == ')' && self.is_end_of_digits(end + 1);
        // Or the word for a year is in the brackets, too.
        let goes_on = || {
            let rest = rest.get(date.len()..).unwrap_or_default();
            let letters = rest.strip_prefix(&[' ']).unwrap_or(rest);
            letters.first().is_some_and(|each| each.is_alphabetic())
        };
        let is_date = is_date(date.trim_end_matches('-'));
        (is_date && (is_closed || goes_on())).then_some(end)
    }

    /// Whether no digit goes on with those before this place.
    fn is_end_of_digits(&self, place: usize) -> bool {
        let rest = self.0.get(place..).unwrap_or_default();
        let next = rest
            .iter()
            .find(|each| each.is_alphanumeric() || matches!(**each, ',' | ';'));
        next.is_none_or(|each| !each.is_numeric())
    }

    /// The groups of a run of digits that ends there, without the sum at its end, if its currency follows.
    pub(super) fn without_sum_of_money(
        &self,
        mut groups: Vec<(char, String)>,
        end: usize,
    ) -> Vec<(char, String)> {
        if self.is_before_a_currency(end) {
            let begins = |at: &usize| {
                let parted = groups
                    .get(*at)
                    .is_some_and(|(sign, _)| matches!(sign, ',' | ';'));
                (*at == 0 || parted) && groups.get(*at..).is_some_and(is_sum)
            };
            let sum = (0..groups.len()).find(begins);
            groups.truncate(sum.unwrap_or(groups.len()));
        }
        groups
    }

    pub(super) fn is_before_a_currency(&self, end: usize) -> bool {
        let rest = self.0.get(end..).unwrap_or_default();
        let word = word(rest.strip_prefix(&[' ']).unwrap_or(rest));
        let word: String = word.iter().flat_map(|each| each.to_lowercase()).collect();
        let mut endings = CURRENCIES.iter().filter_map(|name| word.strip_prefix(name));
        endings.any(|ending| ENDINGS.contains(&ending))
    }

    /// How many digits stand there.
    pub(super) fn plain_digits(&self, start: usize) -> usize {
        let rest = self.0.get(start..).unwrap_or_default();
        rest.iter().take_while(|each| each.is_ascii_digit()).count()
    }
}

/// 15.03.2024, 15/03/2024 or 2024-03-15, of our days.
pub(super) fn is_date(date: &str) -> bool {
    let Some(sign) = date.chars().find(|each| !each.is_ascii_digit()) else {
        return false;
    };
    let within = |part: &str, most: u32| {
        (1..=2).contains(&part.len()) && part.parse().is_ok_and(|it| (1..=most).contains(&it))
    };
    let year = |part: &str| part.len() == 4 && (part.starts_with("19") || part.starts_with("20"));
    match date.split(sign).collect::<Vec<_>>()[..] {
        [day, month, last] if year(last) => within(day, 31) && within(month, 12),
        [first, month, day] => year(first) && within(month, 12) && within(day, 31),
        _ => false,
    }
}

/// 1250000, 125 000 000, 1.250.000 or 1250000,50.
fn is_sum(groups: &[(char, String)]) -> bool {
    let whole = match groups {
        [whole @ .., ('.' | ',', fraction)] if !whole.is_empty() && fraction.len() <= 2 => whole,
        whole => whole,
    };
    let [(_, first), threes @ ..] = whole else {
        return false;
    };
    let mut signs = threes.iter().map(|(sign, _)| sign);
    let sign = signs.next();
    let of_one_sign = signs.all(|other| Some(other) == sign);
    let in_threes = threes
        .iter()
        .all(|(sign, group)| matches!(sign, ' ' | '.' | ',' | '\'') && group.len() == 3);
    let digits: String = whole.iter().map(|(_, group)| group.as_str()).collect();
    !first.starts_with('0')
        && (threes.is_empty() || first.len() <= 3)
        && of_one_sign
        && in_threes
        && (digits.len() <= DIGITS_OF_A_SUM || digits.ends_with("000"))
}
