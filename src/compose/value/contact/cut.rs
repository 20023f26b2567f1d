//! A number to call that words part: `+9989 N48120973`, `+998 90 UZ 1234567`, `90 AB 1234567`.
//!
//! Behind such words digits may stand in a text by right. A reader puts them behind those before the words all the same,
//! where these begin as a number to call does.

use super::Skeleton;
use super::call::{APPLICATIONS, INTERNATIONAL_DIGITS, NATIONAL, beside_dates_and_hours};
use super::disguise::digit;
use super::document::{CASES, DOCUMENTS, IDENTIFIERS, NATIONAL_DIGITS, is_year};
use super::grouped::CODES;
use super::naming::{in_capitals, is_of_a_number, letters, letters_before};
use super::norm::{LAWS, NORMS, STANDARDS};
use super::registered::{TAXPAYERS, is_series};

/// What words that ask for a call begin with, in capitals and without apostrophes; and short ones, as they are.
const CALLS: [&str; 11] = [
    "TELEFON",
    "ТЕЛЕФОН",
    "PHONE",
    "QONGIR",
    "ҚЎНҒИР",
    "QONIRAW",
    "ҚОҢЫРА",
    "ZVON",
    "POZVON",
    "ЗВОН",
    "ПОЗВОН",
];
const SHORT_CALLS: [&str; 5] = ["TEL", "ТЕЛ", "CALL", "MOB", "МОБ"];

/// Between such a word and the number: qo'ng'iroq qiling, позвоните по.
const TO_CALL: [&str; 4] = ["QILING", "ҚИЛИНГ", "PO", "ПО"];

/// Digits that stand together.
struct Part {
    /// What stands before them: a plus first of all, then a comma, then the first other sign.
    sign: char,
    /// Whether words for a number part them from those before.
    is_cut: bool,
    digits: String,
}

impl Skeleton {
    /// Whether digits with words for a number between them are one to call.
    pub(super) fn has_cut_number(&self) -> bool {
        let plain = self.0.iter().filter(|each| each.is_ascii_digit());
        if plain.count() < NATIONAL_DIGITS {
            return false;
        }
        let mut parts: Vec<Part> = Vec::new();
        // What a plus and the country's code begin goes on behind any words.
        let mut national = String::new();
        let (mut sign, mut is_cut, mut index) = (' ', false, 0);
        while index < self.0.len() {
            if self.is_digit(index) {
                let end = self.end_of_a_part(index);
                let read = self.0.get(index..end).unwrap_or_default();
                let read = read.iter().map(|each| digit(*each).unwrap_or(*each));
                let digits: String = read.collect();
                if sign == '+' {
                    national.clone_from(&digits);
                } else if !national.is_empty() {
                    national.push_str(&digits);
                }
                parts.push(Part {
                    sign,
                    is_cut,
                    digits,
                });
                if is_national(&national) || ends_with_a_number(&parts) {
                    return true;
                }
                (sign, is_cut, index) = (' ', false, end);
                continue;
            }
            let rest = self.0.get(index..).unwrap_or_default();
            let word = letters(rest);
            if word.is_empty() {
                sign = stronger(sign, self.at(index));
            } else if names_a_number(word) {
                is_cut = true;
            } else {
                parts.clear();
                sign = ' ';
            }
            // Stars mask the rest of a number that nobody can call.
            if self.at(index) == '*' {
                national.clear();
            }
            index += word.len().max(1);
        }
        false
    }

    /// Where the digits end that begin here, with letters at their end that are put for some: 9O.
    fn end_of_a_part(&self, start: usize) -> usize {
        let end = start + (start..).take_while(|at| self.is_digit(*at)).count();
        let word = letters(self.0.get(end..).unwrap_or_default());
        let is_put_for = word.iter().all(|each| digit(*each).is_some());
        end + if is_put_for { word.len() } else { 0 }
    }

    /// Whether a word that asks for a call stands before these digits, and at most what says that they are a number, or a
    /// series, between.
    pub(super) fn is_behind_a_call(&self, start: usize) -> bool {
        let mut before = self.0.get(..start).unwrap_or_default();
        loop {
            let (word, rest) = letters_before(before);
            let capitals = in_capitals(word);
            if CALLS.iter().any(|name| capitals.starts_with(name))
                || SHORT_CALLS.contains(&capitals.as_str())
            {
                return true;
            }
            let is_between = is_of_a_number(&capitals)
                || IDENTIFIERS.contains(&capitals.as_str())
                || TO_CALL.contains(&capitals.as_str())
                || is_series(word);
            if !is_between {
                return false;
            }
            before = rest;
        }
    }
}

fn stronger(sign: char, other: char) -> char {
    match (sign, other) {
        ('+', _) | (_, '+') => '+',
        (',' | ';', _) | (' ', _) if !matches!(other, ',' | ';') && sign != ' ' => sign,
        (_, ',' | ';') | (' ', _) => other,
        _ => sign,
    }
}

fn ends_with_a_number(parts: &[Part]) -> bool {
    (0..parts.len()).any(|start| {
        let [first, rest @ ..] = parts.get(start..).unwrap_or_default() else {
            return false;
        };
        // Without words between they are judged with what stands around them.
        if !rest.iter().any(|part| part.is_cut) {
            return false;
        }
        let all = parts.iter().skip(start);
        let digits: String = all.clone().map(|part| part.digits.as_str()).collect();
        let is_listed = rest.iter().any(|part| matches!(part.sign, ',' | ';'));
        let is_behind_a_plus = first.sign == '+'
            && digits.len() >= INTERNATIONAL_DIGITS
            && (!is_listed || digits.starts_with(NATIONAL.0));
        // 10:50 ends with no code, and 2026 begins with none.
        let begins = start == 0 || matches!(first.sign, ' ' | '(' | ',' | ';');
        let groups = || -> Vec<_> { all.map(|part| (part.sign, part.digits.clone())).collect() };
        let is_local = || {
            begins
                && !is_listed
                && !is_year(&first.digits)
                && is_of_an_operator(&digits)
                && beside_dates_and_hours(&groups()).digits == NATIONAL_DIGITS
        };
        is_behind_a_plus || is_national(&digits) || is_local()
    })
}

/// Whether these digits are a whole number, with the country's code, after 00 or 8 10 maybe, or without.
pub(super) fn is_whole_number(digits: &str) -> bool {
    is_national(digits) || is_of_an_operator(digits)
}

fn is_national(digits: &str) -> bool {
    let abroad = ["00", "810"].iter().find_map(|it| digits.strip_prefix(it));
    let number = abroad.unwrap_or(digits).strip_prefix(NATIONAL.0);
    number.is_some_and(is_of_an_operator)
}

/// 901234567
fn is_of_an_operator(digits: &str) -> bool {
    digits.len() == NATIONAL_DIGITS && CODES.iter().any(|code| digits.starts_with(code))
}

/// Whether digits behind such a word may stand in a text by right.
fn names_a_number(word: &[char]) -> bool {
    let capitals = in_capitals(word);
    let begins = |names: &[&str]| names.iter().any(|name| capitals.starts_with(name));
    let is = |names: &[&str]| names.contains(&capitals.as_str());
    is_of_a_number(&capitals)
        || is_series(word)
        || begins(&APPLICATIONS)
        || begins(&DOCUMENTS)
        || is(&CASES)
        || is(&IDENTIFIERS)
        || is(&TAXPAYERS)
        || is(&NORMS)
        || is(&LAWS)
        || STANDARDS.iter().any(|name| capitals.ends_with(name))
}

#[cfg(test)]
mod tests {
    use super::super::{Contact, contact_in};

    #[test]
    fn words_for_a_number_within_a_whole_one_hide_it() {
        for number in [
            "Bank: +9989 N48120973",
            "Qo'ng'iring +998 90 UZ 1234567",
            "Тел +9989 номер 48120973",
            "Tel: +998 (90) UZ 1234567",
            "+998 90 TT1234567",
            "Tel. +99890 AA 1234567",
            "+998 90 AAF 1234567",
            "+998 AB 9012345",
            "Tel +9989 raqami 48120973",
            "Murojaat uchun +998-9 raqam: 48120973",
            "+998 71 ID 2000-055",
            "+998, N90123456, 7",
            "+99890 mening pasportim AB 1234567, 12-xona",
            "+998 9O UZ 1234567",
            "00 998 90 AB 1234567",
            "998 9 N01234567",
            "998-901 shartnoma raqami 2026-34",
            "90 AB 1234567",
            "5 uy, (90) UZ1234567",
            "9 N01234567",
            "90 123 N45 № 67",
            "+48 601 N23456789",
            "PQ-9989 01.12.2034",
            "90 123 ish 4567",
            "90 123 дело 4567",
            "90 123 VMQ-4567",
            "90 123 ЎРҚ-4567",
            "90 123 SHNQ 4567",
            "90 id 1234-567",
            "+998 90 UZ l234567",
            "90 N123 l234",
            "+99890, N12345678",
        ] {
            assert_eq!(contact_in(number), Some(Contact::Phone), "{number}");
        }
        for words in [
            "2026-yil 12-son qaror, ariza N48120973",
            "71-maktab, ariza N48120973",
            "90, AB1234567",
            "20-sonli qaror AB1234567",
            "20 mart AB1234567",
            "20.03.2026 N 5",
            "2026 N 12345",
            "12:50 AB1234567",
            "5-yil +5 ball, N48120973",
            "Ball: +15, ariza N48120973",
            "15.03.2026, +15 N48",
            "AB1234567, N48120973; STIR 301234567",
            "+998 ** ***-**-67 raqamiga yuborildi: 12-xona, 20123-son",
        ] {
            assert_eq!(contact_in(words), None, "{words}");
        }
    }

    #[test]
    fn nothing_stands_by_right_behind_a_word_that_asks_for_a_call() {
        for number in [
            "Tel raqami 48120973",
            "Telefon: AB 1234567",
            "Тел. (N48120973)",
            "Qo'ng'iroq qiling: AB 1234567",
            "Звоните по номеру 48120973",
            "tel. ID 2000-055",
            "Tel. id 2000-055",
        ] {
            assert_eq!(contact_in(number), Some(Contact::Phone), "{number}");
        }
        for words in [
            "Telefon IMEI 356938035643809",
            "Telefon shartnomasi 2026/11-45",
            "Telefon orqali, ariza N48120973",
        ] {
            assert_eq!(contact_in(words), None, "{words}");
        }
    }

    #[test]
    fn what_goes_on_behind_a_comma_hides_no_whole_number() {
        for number in [
            "Tel raqami: 90123456,7",
            "Telefon raqami 90123456; 7",
            "N90123456, 7",
            "Ariza raqami (90123456) 7",
            "N90123456, 7, 15.03.2026",
            "N99890123, 4567",
            "N90123456, 7, 5-uy",
        ] {
            assert_eq!(contact_in(number), Some(Contact::Phone), "{number}");
        }
        for words in [
            "N90123456, 7-uy",
            "N90123456, 5.12.2026",
            "N90123456, 12",
            "N48120973, 5",
            "N90123456, 5000 so'm",
        ] {
            assert_eq!(contact_in(words), None, "{words}");
        }
    }
}
