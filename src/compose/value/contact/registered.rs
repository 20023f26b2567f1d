//! The numbers under which people, firms, accounts and phones are registered, behind the word for it: `STIR 301234567`,
//! `JSHSHIR 31201901234567`, `h/r 20208000900123456001`.

use super::Skeleton;
use super::document::begins_like_a_call;

/// A taxpayer's number.
const TAXPAYERS: [&str; 5] = ["STIR", "INN", "TIN", "СТИР", "ИНН"];
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

/// Digits and stars of a card whose number is masked, and how many digits it ends with.
const OF_A_CARD: usize = 16;
const LAST_OF_A_CARD: usize = 4;

impl Skeleton {
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

    /// Where a number ends that is registered, of which these are the first digits. It has no signs within, and but for the
    /// one of a taxpayer more digits than any number to call.
    pub(super) fn end_of_a_registered(&self, start: usize) -> Option<usize> {
        let rest = self.0.get(start..).unwrap_or_default();
        let of_it = rest.iter().take_while(|each| each.is_ascii_digit());
        let number: String = of_it.collect();
        if number.len() < OF_A_TAXPAYER {
            return None;
        }
        let naming = self.naming(start);
        let is_one = match number.len() {
            OF_A_TAXPAYER => naming.is(&TAXPAYERS) && !begins_like_a_call(&number),
            OF_A_PERSON => naming.is(&PEOPLE) && is_of_a_person(&number),
            OF_A_PHONE => naming.is(&PHONES) && !begins_like_a_prefix(&number),
            length => {
                OF_AN_ACCOUNT.contains(&length)
                    && (naming.begins(&ACCOUNTS) || naming.is(&SHORT_ACCOUNTS))
                    && !begins_like_a_prefix(&number)
            }
        };
        let end = start + number.len();
        (is_one && self.is_whole(start, end, true)).then_some(end)
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
        ] {
            assert_eq!(contact_in(words), None, "{words}");
        }
        for number in [
            "STIR 901234567",
            "STIR 998901234567",
            "STIR 301234567 90",
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
