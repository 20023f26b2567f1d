//! Words as they are compared: without case, accents and punctuation, Cyrillic letters that look like Latin
//! ones as these.
//!
//! Phones switch alphabets by themselves, so a citizen may well write `SТОР` in letters of both.

use xabar_sms::fold::{is_apostrophe, replacement};

/// The words of a text in capitals, with one space between them.
pub fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.chars().flat_map(char::to_uppercase) {
        if is_left_out(character) {
            continue;
        }
        let character = look_alike(character);
        if character.is_alphanumeric() {
            folded.push(character);
        } else if !folded.is_empty() && !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// An apostrophe, which is part of a letter in Uzbek, as in `toʻxtat`, and often left out; an accent; and what shows
/// nothing.
fn is_left_out(character: char) -> bool {
    let shows_nothing = || replacement(character) == Some("");
    is_apostrophe(character) || matches!(character, '\u{300}'..='\u{36F}') || shows_nothing()
}

/// The Latin capital that a capital looks like.
fn look_alike(letter: char) -> char {
    match letter {
        'А' | 'Á' | 'Ä' => 'A',
        'В' => 'B',
        'С' => 'C',
        'Е' | 'Ё' | 'É' => 'E',
        'Ǵ' | 'Ğ' => 'G',
        'Н' => 'H',
        'І' | 'Í' | 'İ' => 'I',
        'Ј' => 'J',
        'К' | 'Қ' => 'K',
        'М' => 'M',
        'Ń' | 'Ñ' => 'N',
        'О' | 'Ó' | 'Ö' => 'O',
        'Р' => 'P',
        'Ѕ' => 'S',
        'Т' => 'T',
        'Ú' | 'Ü' => 'U',
        'Х' | 'Ҳ' => 'X',
        'У' | 'Ў' => 'Y',
        'Ғ' => 'Г',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use xabar_sms::fold::RULES;

    use super::*;

    #[test]
    fn apostrophes_of_any_keyboard_and_what_shows_nothing_do_not_matter() {
        let rules = RULES.iter().filter(|rule| matches!(rule.to, "'" | ""));
        for character in rules.flat_map(|rule| rule.from.chars()) {
            let word = format!("to{character}xtat");
            assert_eq!(folded(&word), "TOXTAT", "U+{:04X}", u32::from(character));
        }
        assert_eq!(folded("to\u{201B}xta\u{200B}t"), "TOXTAT");
    }

    #[test]
    fn case_accents_punctuation_and_alphabet_do_not_matter() {
        for (one, other) in [
            ("stop", "STOP"),
            ("  Stop!!! ", "STOP"),
            ("SТОР", "STOP"),
            ("toʻxtat", "TO'XTAT"),
            ("to‘xtat", "toxtat"),
            ("тўхтат", "ТУХТАТ"),
            ("járdem", "JARDEM"),
            ("стоп.кадастр", "СТОП  Кадастр"),
        ] {
            assert_eq!(folded(one), folded(other), "{one}");
        }
        assert_eq!(folded("№ 4812-0973"), "4812 0973");
        assert_eq!(folded("?!"), "");
        assert_ne!(folded("СТОП"), folded("STOP"));
    }
}
