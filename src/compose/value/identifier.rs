//! What agencies tell things apart by: numbers of applications and contracts, names of services and statuses.
//!
//! They stand where a citizen does not look for words, so a sentence with a number to call has no place there.

use std::borrow::Cow;

use xabar_sms::latin::uzbek_latin;

use super::contact::has_link;
use super::line::{MAX_CHARACTERS, clean};
use super::top_level::is_top_level;
use super::words;

/// Stands for what nothing is left of: a suffix of the template may follow it.
const NOTHING: &str = "?";

/// Fewer letters in a row are of a series or a language, not a word.
const WORD: usize = 3;

/// As many digits has a number to call that is whole but for the code of its country.
const NATIONAL_DIGITS: usize = 9;

/// No number to call is shorter than a subscriber's and longer than this: 1093.
const SHORT_DIGITS: usize = 4;

const MOST_OF_A_CODE: usize = 40;

/// The longest code.
pub(super) fn longest_code() -> String {
    "X".repeat(MOST_OF_A_CODE)
}

/// Whether nothing is left of what an application's number or a name was.
pub(crate) fn is_nothing(shown: &str) -> bool {
    shown == NOTHING
}

/// An application's number: letters, digits and the signs that stand between them, digits of other scripts as ours. Of
/// a sentence only what has digits is left.
pub(crate) fn application(number: &str) -> Cow<'_, str> {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
    let line = match number.bytes().all(plain) {
        true => number.into(),
        false => Cow::Owned(without_signs(number)),
    };
    let line = without_links(line);
    // It may go out in Latin letters, whatever the language, where silent ones are left out.
    if reads_like_a_number(&line) && reads_like_a_number(&uzbek_latin(&line)) {
        return match line.contains(char::is_alphanumeric) {
            true => line,
            false => NOTHING.into(),
        };
    }
    let has_digits = |run: &&str| run.bytes().any(|octet| octet.is_ascii_digit());
    let runs: Vec<&str> = runs(&line).filter(has_digits).collect();
    something(runs.join(" ")).into()
}

/// 203.0.113.7 and `t me/a`, with blanks for the signs that make a link of them.
fn without_links(line: Cow<'_, str>) -> Cow<'_, str> {
    let is_path = |(before, _): (&str, &str)| {
        let name = before.rsplit_once(' ');
        name.is_some_and(|(_, name)| is_top_level(&name.chars().collect::<Vec<_>>()))
    };
    let leads = |line: &str| has_link(line) || line.split_once('/').is_some_and(is_path);
    if leads(&line) || leads(&uzbek_latin(&line)) {
        clean(&line.replace(['.', '/'], " "), MAX_CHARACTERS)
            .text
            .into_owned()
            .into()
    } else {
        line
    }
}

fn without_signs(number: &str) -> String {
    let mut plain = String::with_capacity(number.len());
    let mut characters = number.chars().map(in_ascii).peekable();
    while let Some(character) = characters.next() {
        let before_a_digit = characters.peek().is_some_and(char::is_ascii_digit);
        let after_a_sign = plain.ends_with(['/', ':']);
        let kept = character.is_alphanumeric()
            || "-_№ ".contains(character)
            || ("/:".contains(character) && !after_a_sign)
            || (character == '.' && before_a_digit);
        plain.push(if kept { character } else { ' ' });
    }
    clean(&plain, MAX_CHARACTERS).text.into_owned()
}

/// The digit that a full-width, an Arabic or a Persian one is.
fn in_ascii(character: char) -> char {
    let of = |zero: char| (u32::from(character)).wrapping_sub(u32::from(zero));
    let digit = ['\u{FF10}', '\u{660}', '\u{6F0}']
        .into_iter()
        .map(of)
        .find(|it| *it < 10);
    digit
        .and_then(|it| char::from_digit(it, 10))
        .unwrap_or(character)
}

/// A name that events call a service or a status by, where citizens know it by no other. One that leads elsewhere
/// loses all but its letters.
pub(crate) fn name(name: &str) -> Cow<'_, str> {
    if let Ok(words) = words(name, MAX_CHARACTERS) {
        return words.text;
    }
    let letters = |each: char| if each.is_alphabetic() { each } else { ' ' };
    let letters: String = name.chars().map(letters).collect();
    something(clean(&letters, MAX_CHARACTERS).text.into_owned()).into()
}

fn something(text: String) -> String {
    if text.is_empty() {
        NOTHING.to_owned()
    } else {
        text
    }
}

/// Whether a value is a code of at most 40 letters, digits and the signs between them.
pub(super) fn is_code(value: &str) -> bool {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-/:_ ".contains(&octet);
    (1..=MOST_OF_A_CODE).contains(&value.len())
        && value.bytes().all(plain)
        && value.bytes().any(|octet| octet.is_ascii_digit())
        && !value.contains(":/")
        && !value.contains("//")
        && reads_like_a_number(value)
}

/// Whether a line is a number with at most a few words to it, and none that says to call it.
fn reads_like_a_number(line: &str) -> bool {
    let words = runs(line).filter(|run| is_word(run)).count();
    if words == 0 {
        return true;
    }
    if runs(line).any(is_of_a_phone) {
        return false;
    }
    let digits = line.bytes().filter(u8::is_ascii_digit).count();
    let joined = !line.contains([' ', '_']);
    let series = runs(line).next();
    let series = series.is_some_and(|run| is_word(run) && run.chars().all(char::is_uppercase));
    // REG-TASH-2026-113, but not CALL-BANK-1093 or CALL-BANK-901234567.
    let joined_words = || {
        let called =
            |run: &str| run.len() == NATIONAL_DIGITS && run.bytes().all(|it| it.is_ascii_digit());
        joined && digits > SHORT_DIGITS && !runs(line).any(called)
    };
    match words {
        1 => joined || digits < NATIONAL_DIGITS || series,
        2 => joined_words() || (!joined && (1..NATIONAL_DIGITS).contains(&digits)),
        3 => joined_words(),
        _ => false,
    }
}

fn runs(line: &str) -> impl Iterator<Item = &str> {
    let runs = line.split(|each: char| !each.is_alphanumeric());
    runs.filter(|run| !run.is_empty())
}

fn is_word(run: &str) -> bool {
    run.chars().count() >= WORD && run.chars().all(char::is_alphabetic)
}

/// 998901234567
fn is_of_a_phone(run: &str) -> bool {
    run.len() == "998901234567".len()
        && run.starts_with("998")
        && run.bytes().all(|octet| octet.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_applications_and_contracts_stay_as_they_are() {
        for number in [
            "48120973",
            "998901234567",
            "REG-2026/17.3",
            "KAD 2026/000113",
            "KADASTR-12",
            "kad-2026-000113",
            "SERIYA AB 1234567",
            "REG-TASH-2026-113",
            "Ariza 12/2026",
            "550e8400-dead-beef-a716-446655440000",
            "10:09:03:01:01:0234/0001",
            "№ 12",
        ] {
            assert_eq!(application(number), number);
        }
    }

    #[test]
    fn digits_of_other_scripts_are_digits_and_nothing_is_told_as_such() {
        for (number, shown) in [
            ("４８１２０９７３", "48120973"),
            ("٤٨", "48"),
            ("۴۸-۱", "48-1"),
            ("", "?"),
            (" ", "?"),
            ("-", "?"),
            ("你好", "?"),
        ] {
            assert_eq!(application(number), shown);
            assert_eq!(is_nothing(&application(number)), shown == "?");
        }
    }

    #[test]
    fn what_is_a_link_where_a_sign_is_spelled_out_is_none() {
        assert_eq!(application("evil.203№/"), "evil 203№");
        assert_eq!(application("2026/14"), "2026/14");
    }

    #[test]
    fn a_sentence_is_no_number() {
        for (sentence, left) in [
            ("Call 998901234567 now", "998901234567"),
            ("call-998901234567", "998901234567"),
            ("Call 90 123 45 67", "90 123 45 67"),
            ("You have won a prize", "?"),
            ("CALL OUR BANK 1093", "1093"),
            ("CALL-BANK-1093", "1093"),
            ("CALL-BANK-901234567", "901234567"),
            ("Sizga-yutuq-bor-tel-1093", "1093"),
        ] {
            assert_eq!(application(sentence), left);
            assert!(!is_code(sentence), "{sentence}");
        }
    }

    #[test]
    fn a_name_leads_nowhere() {
        for (given, shown) in [
            ("land-registration", "land-registration"),
            ("evil.uz", "evil uz"),
            ("t.me-evil", "t me evil"),
            ("998901234567", "?"),
            ("call-998901234567", "call"),
        ] {
            assert_eq!(name(given), shown);
        }
    }
}
