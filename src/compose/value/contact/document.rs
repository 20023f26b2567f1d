//! The number of a document, and the place on a map, which have as many digits as a number to call.
//!
//! A year behind or before a slash, `12-345/2026`, is not enough: a word has to say that it is a document's.

use super::call::beside_dates_and_hours;
use super::court::is_of_a_year;
use super::grouped::CODES;
use super::naming::in_capitals;
use super::{Skeleton, word};

/// What such words begin with, in capitals and without apostrophes. In Latin letters those of Russian are as a text may
/// spell them.
pub(super) const DOCUMENTS: [&str; 29] = [
    "SHARTNOMA",
    "QAROR",
    "BUYRUQ",
    "BUYRUG",
    "FARMON",
    "SHARTNAMA",
    "SHӘRTNAMA",
    "QARAR",
    "BUYRIQ",
    "DOGOVOR",
    "RESHENI",
    "PRIKAZ",
    "POSTANOVLENI",
    "KONTRAKT",
    "CONTRACT",
    "DECISION",
    "ORDER",
    "ШАРТНОМА",
    "ҚАРОР",
    "БУЙРУ",
    "ФАРМОН",
    "ШӘРТНАМА",
    "ҚАРАР",
    "БУЙРЫ",
    "ДОГОВОР",
    "КОНТРАКТ",
    "РЕШЕНИ",
    "ПРИКАЗ",
    "ПОСТАНОВЛЕНИ",
];

/// Words for a court's case, as they are.
pub(super) const CASES: [&str; 15] = [
    "ISH", "ISHI", "SUD", "IS", "ISI", "DELO", "DELA", "DELU", "CASE", "ИШ", "ИШИ", "СУД", "ДЕЛО",
    "ДЕЛА", "ДЕЛУ",
];

/// What the ending of such a number says, as in `12-345/2026-sonli qaror`.
const NUMBERED: [&str; 10] = [
    "SON",
    "SONLI",
    "RAQAMLI",
    "SANLI",
    "NOMERLI",
    "СОН",
    "СОНЛИ",
    "РАҚАМЛИ",
    "САНЛЫ",
    "НОМЕРЛИ",
];

/// Before a number such as 4021-887.
pub(super) const IDENTIFIERS: [&str; 1] = ["ID"];

/// The most digits beside the year, which stands first or last.
const BEFORE_A_YEAR: usize = 5;
const AFTER_A_YEAR: usize = 4;

/// The most that may stand behind a comma after it: of a house.
const OF_A_HOUSE: usize = 3;

/// As many digits has a number to call that is whole but for the code of its country.
pub(super) const NATIONAL_DIGITS: usize = 9;

/// Where the country lies, in degrees: no number to call begins with the first.
const LATITUDES: std::ops::RangeInclusive<u32> = 37..=45;
const LONGITUDES: std::ops::RangeInclusive<u32> = 56..=73;

impl Skeleton {
    /// Where the number of a document ends of which these are the first digits: `Shartnoma 2026/11-45`, `12-345/2026-sonli`,
    /// `ID 4021-887`.
    pub(super) fn end_of_a_document(&self, start: usize) -> Option<usize> {
        let number = self.number_with_slashes(start);
        let end = start + number.len();
        let is_named = || self.is_after_a_document(start) || self.is_before_a_document(start, end);
        let is_of_it = if is_with_a_year(&number) || is_of_a_year(&number) {
            is_named()
        } else {
            is_of_an_identifier(&number) && self.naming(start).is(&IDENTIFIERS)
        };
        // What begins as a number to call does may go on behind a comma.
        let may_go_on = !begins_like_a_call(&number);
        (is_of_it && self.is_whole(start, end, may_go_on)).then_some(end)
    }

    /// The digits from here on, with slashes and hyphens between them.
    pub(super) fn number_with_slashes(&self, start: usize) -> String {
        let rest = self.0.get(start..).unwrap_or_default();
        let of_a_number = |each: &&char| each.is_ascii_digit() || matches!(**each, '/' | '-');
        let mut number: String = rest.iter().take_while(of_a_number).collect();
        number.truncate(number.trim_end_matches(['/', '-']).len());
        number
    }

    /// Where 41.311081, 69.240562 ends, a place in the country.
    pub(super) fn end_of_a_place(&self, start: usize) -> Option<usize> {
        let middle = self.end_of_degrees(start, LATITUDES)?;
        let rest = self.0.get(middle..).unwrap_or_default();
        let second = match rest {
            [',', ' ', ..] => middle + 2,
            [',' | ' ', ..] => middle + 1,
            _ => return None,
        };
        let end = self.end_of_degrees(second, LONGITUDES)?;
        self.is_whole(start, end, true).then_some(end)
    }

    /// Where 41.311081 ends.
    fn end_of_degrees(&self, start: usize, within: std::ops::RangeInclusive<u32>) -> Option<usize> {
        let rest = self.0.get(start..).unwrap_or_default();
        let of_degrees = |each: &&char| each.is_ascii_digit() || **each == '.';
        let degrees: String = rest.iter().take_while(of_degrees).collect();
        let (whole, fraction) = degrees.trim_end_matches('.').split_once('.')?;
        let is_fine = (4..=6).contains(&fraction.len()) && !fraction.contains('.');
        let is_within = whole.len() == 2 && within.contains(&whole.parse::<u32>().ok()?);
        (is_fine && is_within).then_some(start + whole.len() + 1 + fraction.len())
    }

    /// Whether no other digits go on with these, nor a sign of a number to call: behind a comma there may be a house or a
    /// year, if they `may_go_on`, a date, and a sum.
    pub(super) fn is_whole(&self, start: usize, end: usize, may_go_on: bool) -> bool {
        let is_parted = matches!(self.at(end), ',' | ';' | ')');
        let run = self.end_of_number(end - 1);
        let beyond = self.without_sum_of_money(self.groups(end, run), run);
        let is_a_year = || matches!(&*beyond, [(_, year)] if is_year(year));
        let goes_on_at_most = |most: usize| match may_go_on {
            true => beside_dates_and_hours(&beyond).digits <= most || (is_parted && is_a_year()),
            false => beyond.is_empty(),
        };
        self.is_unsigned(start, end) && goes_on_at_most(if is_parted { OF_A_HOUSE } else { 0 })
    }

    /// Whether nothing but a whole date, parted from these digits, and a sum goes on with them.
    pub(super) fn ends_before_a_date(&self, end: usize) -> bool {
        let run = self.end_of_number(end - 1);
        let beyond = self.without_sum_of_money(self.groups(end, run), run);
        let lengths: Vec<usize> = beyond.iter().map(|(_, group)| group.len()).collect();
        let is_date = matches!(*lengths, [] | [2, 2, 4] | [4, 2, 2]);
        let is_parted = matches!(self.at(end), ' ' | ',' | ';' | ')');
        is_date && is_parted && beside_dates_and_hours(&beyond).digits == 0
    }

    /// Whether no sign of a number to call or of a code to dial stands around these digits, nor a letter behind them.
    pub(super) fn is_unsigned(&self, start: usize, end: usize) -> bool {
        let before = self.0.get(..start).unwrap_or_default();
        let last = before.iter().rposition(|each| *each != ' ');
        let before = last.and_then(|last| before.get(..=last));
        let after = self.at(end);
        // ± is read as the last of these.
        !matches!(before, Some([.., '+' | '*' | '#'] | [.., '+', '/', '-']))
            && !matches!(after, '*' | '#')
            && !after.is_alphabetic()
    }

    /// `Shartnoma 2026/11-45`, `qaror raqami: 2026/11`, `№ 2026/11`.
    fn is_after_a_document(&self, start: usize) -> bool {
        let naming = self.naming(start);
        naming.has_sign || naming.begins(&DOCUMENTS) || naming.is(&CASES)
    }

    /// `12-345/2026-sonli`, `12-345/2026 qaror`.
    fn is_before_a_document(&self, start: usize, end: usize) -> bool {
        let before = start.checked_sub(1).map_or(' ', |before| self.at(before));
        let Some(['-' | ' ', rest @ ..]) = self.0.get(end..) else {
            return false;
        };
        let word = in_capitals(word(rest));
        let is_named = DOCUMENTS.iter().any(|name| word.starts_with(name));
        let is_numbered = NUMBERED.iter().chain(&CASES).any(|it| *it == word);
        !before.is_alphanumeric() && (is_named || is_numbered)
    }
}

/// 2026/11-45 or 12-345/2026, and no number to call that is whole.
pub(super) fn is_with_a_year(number: &str) -> bool {
    let Some((first, last)) = number.split_once('/') else {
        return false;
    };
    (is_year(first) && is_number(last, AFTER_A_YEAR))
        || (is_year(last)
            && is_number(first, BEFORE_A_YEAR)
            && (digits(number) < NATIONAL_DIGITS || !begins_like_a_call(number)))
}

/// How many of these groups are the number of a document behind its sign; 0: they are none.
pub(super) fn groups_of_a_document(groups: &[(char, String)]) -> usize {
    let [('№', first), rest @ ..] = groups else {
        return 0;
    };
    let of_it = rest
        .iter()
        .take_while(|(sign, _)| matches!(sign, '/' | '-'));
    let number = of_it.clone().fold(first.clone(), |number, (sign, group)| {
        format!("{number}{sign}{group}")
    });
    match is_with_a_year(&number) {
        true => 1 + of_it.count(),
        false => 0,
    }
}

/// 11-45, of at most so many digits.
fn is_number(part: &str, most: usize) -> bool {
    let mut parts = part.split('-');
    let is_digits = |it: &str| !it.is_empty() && it.bytes().all(|each| each.is_ascii_digit());
    parts.clone().count() <= 2 && parts.all(is_digits) && digits(part) <= most
}

pub(super) fn digits(part: &str) -> usize {
    part.bytes().filter(u8::is_ascii_digit).count()
}

pub(in super::super) fn is_year(part: &str) -> bool {
    part.len() == 4 && (part.starts_with("19") || part.starts_with("20"))
}

/// 90-12/2034 and 9-0123/2026, but not 2026/11-45.
pub(in super::super) fn begins_like_a_call(number: &str) -> bool {
    let begins_with_a_year = number.split('/').next().is_some_and(is_year);
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    !begins_with_a_year && CODES.iter().any(|code| digits.starts_with(code))
}

/// 4021-887: nobody parts a number to call so.
fn is_of_an_identifier(number: &str) -> bool {
    let parts = number.split('-').map(str::len);
    parts.eq([4, 3]) && !number.contains('/')
}

#[cfg(test)]
mod tests {
    use super::super::{Contact, contact_in};

    #[test]
    fn the_number_of_a_document_is_known_behind_words_for_a_number() {
        for words in [
            "Contract No. 2026/11-45",
            "Contract No.: 2026/11-45, 15.03.2026",
            "Decision No 12-345/2026",
            "contract number 2026/11-45",
            "Order No. 12-345/2026",
            "Shartnoma raqami 2026/11-45",
            "Shartnomangiz raqami: 2026/11-45",
            "12-345/2026-raqamli qaror",
            "Kontrakt raqami 2026/11-45",
            "Шартнома рақами 2026/11-45",
            "Қарор рақами: 12-345/2026",
            "Договор номер 2026/11-45",
            "Номер договора: 2026/11-45",
            "Решение номер 12-345/2026",
            "Shártnama nomeri 2026/11-45",
            "Qarar nomeri 12-345/2026",
            "Шәртнама номери 2026/11-45",
            "Договор от 15.03.2026 № 2026/11-45",
            "qaror 15.03.2026 № 12-345/2026, 5-uy",
        ] {
            assert_eq!(contact_in(words), None, "{words}");
        }
        for number in [
            "Contract No. 90-123/2026",
            "Contract No. 901234567",
            "Contract No. 2026/11-45 67",
            "Shartnoma raqami 90-123-45-67",
            "Shartnoma raqami 123-45-67",
            "Shartnoma raqami 1234567",
            "Договор номер 2026/11-45-67",
            "Telefon raqami 2026/11-45",
            "90 15.03.2026 № 2026/11-45",
            "15.03.2026 № 2026/11-45 67",
            "15.03.2026 № 90-123/2026, 4567",
        ] {
            assert_eq!(contact_in(number), Some(Contact::Phone), "{number}");
        }
    }
}
