//! The numbers under which people, firms, accounts and phones are registered, behind the word for it: `STIR 301234567`,
//! `JSHSHIR 31201901234567`, `h/r 20208000900123456001`; and what has a series: `AB1234567`, `RR-26 1204418`.

use super::document::begins_like_a_call;
use super::naming::Naming;
use super::{Skeleton, is_of_a_series};

/// A taxpayer's number.
pub(super) const TAXPAYERS: [&str; 5] = ["STIR", "INN", "TIN", "СТИР", "ИНН"];
const OF_A_TAXPAYER: usize = 9;

/// A person's number.
const PEOPLE: [&str; 5] = ["JSHSHIR", "PINFL", "ЖШШИР", "ПИНФЛ", "PIN"];
const OF_A_PERSON: usize = 14;

/// What words for an account begin with; and short ones, as they are and in letters of the same shape.
const ACCOUNTS: [&str; 9] = [
    "HISOB",
    "ҲИСОБ",
    "ESAP",
    "ЕСАП",
    "СЧЕТ",
    "СЧЁТ",
    "SCHET",
    "SCHYOT",
    "ACCOUNT",
];
const SHORT_ACCOUNTS: [&str; 8] = ["H/R", "X/R", "R/S", "Ҳ/Р", "Х/Р", "Р/С", "X/P", "P/C"];
const OF_AN_ACCOUNT: std::ops::RangeInclusive<usize> = 20..=27;

/// A phone's own number.
const PHONES: [&str; 1] = ["IMEI"];
const OF_A_PHONE: usize = 15;

/// The digits of a passport or of a fine behind their series, and of a year between.
const OF_A_SERIES: usize = 7;
const OF_A_YEAR: usize = 2;

/// Digits and stars of a card whose number is masked, and how many digits it ends with.
const OF_A_CARD: usize = 16;
const LAST_OF_A_CARD: usize = 4;

impl Skeleton {
    /// Where AB1234567, AB № 1234567 or AAF 1234567 ends, of a passport, or RR-26 1204418, of a fine.
    pub(super) fn end_of_a_series(&self, start: usize) -> Option<usize> {
        let length = self.plain_digits(start);
        let before = self.before_sign(start);
        let (end, is_series) = if length == OF_A_SERIES {
            (start + length, is_series(before))
        } else if length == OF_A_YEAR && self.at(start + length) == ' ' {
            let number = start + length + 1;
            let before = before.strip_suffix(&['-']).unwrap_or(before);
            let is_of_it = self.plain_digits(number) == OF_A_SERIES;
            (number + OF_A_SERIES, is_of_it && is_series(before))
        } else {
            return None;
        };
        let number: String = self.groups(start, end).into_iter().map(|it| it.1).collect();
        let may_go_on = !begins_like_a_call(&number);
        // Two digits and seven are a whole number to call.
        let is_call = length == OF_A_YEAR && !may_go_on;
        let is_whole = || self.is_whole(start, end, may_go_on || self.ends_before_a_date(end));
        (is_series && !is_call && is_whole()).then_some(end)
    }

    /// Where 8600 **** **** 1234 ends, a card of which few digits are shown: no number to call has as many places.
    pub(super) fn end_of_a_masked_card(&self, start: usize) -> Option<usize> {
        let rest = self.0.get(start..).unwrap_or_default();
        let of_a_card = |each: &&char| each.is_ascii_digit() || matches!(**each, '*' | ' ');
        let card: String = rest.iter().take_while(of_a_card).collect();
        let card = card.trim_end();
        let (first, last) = (card.split_once('*')?.0, card.rsplit_once('*')?.1);
        let places = card.bytes().filter(|each| *each != b' ').count();
        let is_digits = |part: &str, most: std::ops::RangeInclusive<usize>| {
            let digits = part.bytes().filter(u8::is_ascii_digit).count();
            most.contains(&digits)
        };
        let is_one = places == OF_A_CARD
            && is_digits(first, 4..=6)
            && is_digits(last, LAST_OF_A_CARD..=LAST_OF_A_CARD)
            && is_digits(card, 8..=10);
        let end = start + card.len();
        (is_one && self.is_whole(start, end, true)).then_some(end)
    }

    /// Where a number ends that is registered, of which these are the first digits, or the last one of several that commas
    /// part. It has no signs within, and but for the one of a taxpayer more digits than any number to call.
    pub(super) fn end_of_a_registered(&self, start: usize) -> Option<usize> {
        if self.plain_digits(start) < OF_A_TAXPAYER {
            return None;
        }
        let naming = self.naming(start);
        let mut begin = start;
        loop {
            let end = begin + self.plain_digits(begin);
            let number: String = self.0.get(begin..end)?.iter().collect();
            if !is_registered(&number, &naming) {
                return None;
            }
            if self.is_whole(start, end, true) {
                return Some(end);
            }
            begin = match self.0.get(end..)? {
                [',' | ';', ' ', ..] => end + 2,
                [',' | ';', ..] => end + 1,
                _ => return None,
            };
        }
    }
}

/// Whether a text ends with two capitals, or with three such as those of a car's passport: others may be a word.
pub(super) fn is_series(text: &[char]) -> bool {
    let letters = text.iter().rev().take_while(|each| each.is_alphanumeric());
    let letters: Vec<char> = letters.copied().collect();
    let is_first = |letter: char| matches!(letter, 'A' | 'А');
    match *letters {
        [_, one, two] if !(is_first(one) && is_first(two)) => false,
        [_, _] | [_, _, _] => letters.iter().all(|each| is_of_a_series(*each)),
        _ => false,
    }
}

/// Whether it is one of those that are so named.
fn is_registered(number: &str, naming: &Naming) -> bool {
    match number.len() {
        OF_A_TAXPAYER => naming.is_or_whose(&TAXPAYERS) && !begins_like_a_call(number),
        OF_A_PERSON => naming.is_or_whose(&PEOPLE) && is_of_a_person(number),
        OF_A_PHONE => naming.is_or_whose(&PHONES) && !begins_like_a_prefix(number),
        length => {
            OF_AN_ACCOUNT.contains(&length)
                && (naming.begins(&ACCOUNTS) || naming.is_or_whose(&SHORT_ACCOUNTS))
                && !begins_like_a_prefix(number)
        }
    }
}

/// The century and the sex, and the day and month of birth.
fn is_of_a_person(number: &str) -> bool {
    let two = |from: usize| {
        number
            .get(from..from + 2)
            .and_then(|it| it.parse::<u32>().ok())
    };
    let within = |from: usize, most: u32| two(from).is_some_and(|it| (1..=most).contains(&it));
    matches!(number.as_bytes(), [b'1'..=b'6', ..]) && within(1, 31) && within(3, 12)
}

/// Calls from the country to another, or to this one, begin so.
fn begins_like_a_prefix(number: &str) -> bool {
    ["00", "810", "998"].iter().any(|it| number.starts_with(it))
}

#[cfg(test)]
mod tests {
    use super::super::{Contact, contact_in};

    #[test]
    fn a_number_with_a_series_calls_nobody() {
        for words in [
            "AB1234567, 12-xona",
            "AB № 1234567 15.03.2026",
            "AB9012345, 15.03.2026",
            "tex.pasport AAF 1234567",
            "ААF1234567",
            "RR-26 1204418, 15.03.2026",
            "Jarima qarori RR26 1204418",
            "Pasport AB1234567, 2026-yil",
        ] {
            assert_eq!(contact_in(words), None, "{words}");
        }
        for number in [
            "AB 9012345, 67",
            "AB 9012345, 2026",
            "AB1234567 2026",
            "AB1234567, 2026, 12",
            "AB № 9300000/0/0/2026",
            "AB 9012345 6/7/2026",
            "AB 9012345 12:30",
            "AB1234567, 4567",
            "AB1234567 89",
            "AB: 1234567",
            "TEL 1234567",
            "RR-90 1234567",
            "RR-26 1204418 5",
            "Tel-26 1204418",
            "26 1204418",
        ] {
            assert_eq!(contact_in(number), Some(Contact::Phone), "{number}");
        }
    }

    #[test]
    fn what_is_registered_calls_nobody_behind_the_word_for_it() {
        for words in [
            "STIR: 301234567, JSHSHIR: 31201901234567",
            "STIR raqami 301234567, 12-xona",
            "СТИР 301234567",
            "ИНН 512345678",
            "INN 301234567",
            "ЖШШИР 31201901234567",
            "ПИНФЛ 31201901234567",
            "IMEI 356938035643809",
            "h/r 20208000900123456001, MFO 00014",
            "Hisob raqami: 23402000300100001010",
            "р/с 20208000900123456001",
            "ҳисоб рақами 20208000900123456001",
            "лицевой счёт 400021860262637079300075001",
            "8600 **** **** 1234",
            "Karta 8600 12** **** 1234, 15.03.2026",
            "860012******1234",
            "STIR (INN): 301234567",
            "ИНН организации 301234567",
            "STIR egasi: 301234567, 302345678",
            "IMEI 356938035643809, IMEI 356938035643817",
            "IMEI: 356938035643809, 356938035643817",
            "IMEI 356938035643809; 356938035643817, 2026-yil",
        ] {
            assert_eq!(contact_in(words), None, "{words}");
        }
        for number in [
            "STIR 901234567",
            "STIR 998901234567",
            "STIR 301234567 90",
            "STIR 301234567, 901234567",
            "STIR 301234567, 30123456",
            "STIR 301234567 302345678",
            "STIR (INN): 901234567",
            "ИНН организации 901234567",
            "ИНН. Звоните 301234567",
            "INN raqami. Bank 301234567",
            "IMEI 356938035643809, 998901234567",
            "STIR +301234567",
            "Tel 301234567",
            "JSHSHIR 90123456789012",
            "JSHSHIR 39990123456789",
            "JSHSHIR 00998901234567",
            "IMEI 810998901234567",
            "h/r 901234567",
            "h/r 00998901234567000000",
            "9012 **** **** 34567",
            "9012 **** 3456",
            "*8600 **** **** 1234#",
            "8600 **** **** 1234#",
        ] {
            assert_eq!(contact_in(number), Some(Contact::Phone), "{number}");
        }
    }
}
