//! What agencies tell things apart by: numbers of applications and contracts, names of services and statuses.
//!
//! They stand where a citizen does not look for words, so a sentence with a number to call has no place there.

use std::borrow::Cow;

use xabar_sms::latin::uzbek_latin;

use super::contact::{begins_like_a_call, contact_in, has_link, is_year};
use super::line::{MAX_CHARACTERS, clean};
use super::top_level::is_top_level;
use super::words;

/// Stands for what nothing is left of: a suffix of the template may follow it.
const NOTHING: &str = "?";

/// Fewer letters in a row are of a series or a language, not a word.
const WORD: usize = 3;

/// The words of a number that has several are codes, such as those of regions, and no longer: TASH-YUN-0113.
const MOST_OF_A_WORD: usize = 4;

/// As many digits has a number to call that is whole but for the code of its country.
const NATIONAL_DIGITS: usize = 9;

/// Nine digits that begin so are those of a year, or filled up with zeros: no number to call does.
const OF_A_SERIES: [&str; 4] = ["0", "1", "202", "203"];

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
    if reads_like_a_number(&line) {
        return match line.contains(char::is_alphanumeric) {
            true => line,
            false => NOTHING.into(),
        };
    }
    something(with_digits(&line)).into()
}

/// 203.0.113.7 and `t me/a`, with blanks for the signs that make a link of them.
fn without_links(line: Cow<'_, str>) -> Cow<'_, str> {
    // Its full stops are blanks already.
    let is_path = |(before, _): (&str, &str)| {
        let name = before.rsplit_once(' ');
        name.is_some_and(|(_, name)| is_top_level(&name.chars().collect::<Vec<_>>()))
    };
    let leads = |line: &str| has_link(line) || line.split_once('/').is_some_and(is_path);
    if !leads(&line) && !leads(&uzbek_latin(&line)) {
        return line;
    }
    let line = line.replace(['.', '/'], " ");
    let line = clean(&line, MAX_CHARACTERS).text.into_owned();
    // A full stop that is spelled out is still there.
    match leads(&line) || leads(&uzbek_latin(&line)) {
        true => with_digits(&line).into(),
        false => line.into(),
    }
}

/// The words of a line that have digits.
fn with_digits(line: &str) -> String {
    let has_digits = |run: &&str| run.bytes().any(|octet| octet.is_ascii_digit());
    let runs: Vec<&str> = runs(line).filter(has_digits).collect();
    runs.join(" ")
}

fn without_signs(number: &str) -> String {
    let mut plain = String::with_capacity(number.len());
    let mut characters = number.chars().map(in_ascii).peekable();
    let is_sign = |each: char| matches!(each, '/' | ':');
    let mut is_after_a_sign = false;
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        let is_alone = !is_after_a_sign && !next.is_some_and(is_sign);
        let kept = character.is_alphanumeric()
            || "-_№ ".contains(character)
            || (is_sign(character) && is_alone)
            || (character == '.' && next.is_some_and(|it| it.is_ascii_digit()));
        is_after_a_sign = is_sign(character);
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
    let letters = clean(&letters, MAX_CHARACTERS).text.into_owned();
    // A full stop that is spelled out is a word of letters.
    match contact_in(&letters) {
        Some(_) => NOTHING.into(),
        None => something(letters).into(),
    }
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

/// Whether a line is a number with at most a few words to it, and none that says to call it. Several words are a sentence
/// where blanks part them, and codes where hyphens do.
fn reads_like_a_number(line: &str) -> bool {
    let words: Vec<&str> = runs(line).filter(|run| is_word(run)).collect();
    let digits = line.bytes().filter(u8::is_ascii_digit).count();
    let joined = !line.contains([' ', '_']);
    let is_series = |word| runs(line).next() == Some(word) && word.chars().all(char::is_uppercase);
    match *words {
        [] => true,
        // It may go out in Latin letters, whatever the language, where silent ones are left out.
        _ if has_number_to_call(line) || has_number_to_call(&uzbek_latin(line)) => false,
        [word] => joined || digits < NATIONAL_DIGITS || is_series(word),
        [_, _] | [_, _, _] => joined && (digits > SHORT_DIGITS || words.iter().all(is_short)),
        _ => false,
    }
}

/// 998901234567, 901234567, or either in groups, with whatever letters between them: 90-123-45-67, 90 UZ 1234567. One with a year
/// among them is of a register: 71-2026-113.
fn has_number_to_call(line: &str) -> bool {
    let all_digits = |run: &&str| run.bytes().all(|octet| octet.is_ascii_digit());
    let groups: Vec<&str> = runs(line).filter(all_digits).collect();
    let is_whole = |group: &&str| match group.len() {
        12 => group.starts_with("998"),
        NATIONAL_DIGITS => !OF_A_SERIES.iter().any(|it| group.starts_with(it)),
        _ => false,
    };
    let from = |first| groups.get(first..).unwrap_or_default();
    let begins = |groups: &[&str]| {
        (2..=groups.len()).any(|count| {
            let (number, _) = groups.split_at(count);
            let digits = number.concat();
            let national = digits.strip_prefix("998").unwrap_or(&digits);
            national.len() == NATIONAL_DIGITS
                && begins_like_a_call(national)
                && !number.iter().any(|group| is_year(group))
        })
    };
    groups.iter().any(is_whole) || (0..groups.len()).any(|first| begins(from(first)))
}

fn runs(line: &str) -> impl Iterator<Item = &str> {
    let runs = line.split(|each: char| !each.is_alphanumeric());
    runs.filter(|run| !run.is_empty())
}

fn is_word(run: &str) -> bool {
    run.chars().count() >= WORD && run.chars().all(char::is_alphabetic)
}

fn is_short(word: &&str) -> bool {
    word.chars().count() <= MOST_OF_A_WORD
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
            "REG-TASH-2026",
            "REG-SAM-2026",
            "TASH-YUN-0113",
            "ЧИРЧ-ЮН-0113",
            "ABC-DEF",
            "KAD-202600113",
            "KAD-000000113",
            "Yer-uchastkasi-2026-113",
            "Ariza 12/2026",
            "KAD-71-2026-113",
            "REG 90 12",
            "550e8400-dead-beef-a716-446655440000",
            "10:09:03:01:01:0234/0001",
            "4-1001-2605/1234",
            "№ 2-1234/2026",
            "1-1005-2604/45-son",
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
        for path in ["t mé/5", "t mě/5"] {
            assert!(!application(path).contains('/'), "{path}");
        }
        assert_eq!(application("2026/14"), "2026/14");
    }

    #[test]
    fn what_is_a_link_where_a_full_stop_is_spelled_out_is_none() {
        for number in ["evil-dot-uz-5", "evil[dot]uz 5", "t nuqta uz 5"] {
            assert_eq!(application(number), "5");
        }
        assert_eq!(application("DOT-2026-113"), "DOT-2026-113");
    }

    #[test]
    fn a_sentence_is_no_number() {
        for (sentence, left) in [
            ("Call 998901234567 now", "998901234567"),
            ("call-998901234567", "998901234567"),
            ("Call 90 123 45 67", "90 123 45 67"),
            ("You have won a prize", "?"),
            ("CALL OUR BANK 1093", "1093"),
            ("qarz bor 90123456", "90123456"),
            ("bank tel 5553535", "5553535"),
            ("CALL-BANK-901234567", "901234567"),
            ("TEL-901234567", "901234567"),
            ("TEL-90-123-45-67", "90 123 45 67"),
            ("TEL 901234567", "901234567"),
            ("TEL 90 1234567", "90 1234567"),
            ("CALL 998 90 1234567", "998 90 1234567"),
            ("TEL-71-234-5678", "71 234 5678"),
            ("TEL-998-90-1234567", "998 90 1234567"),
            ("BANK 90 UZ 1234567", "90 1234567"),
            ("Yutuq-bor-1093", "1093"),
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
            ("evil[dot]uz", "?"),
            ("evil-dot-uz", "?"),
        ] {
            assert_eq!(name(given), shown);
        }
    }
}
